//! Within a session a name keeps its digest.

use std::collections::BTreeMap;

use pinfold_core::digest::{Digest, ObjectKind};

use super::Approved;

/// The names released in one session, each with the digest under which the client knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionNames {
    released: BTreeMap<(ObjectKind, String), Digest>,
}

impl SessionNames {
    /// The digest under which a name was released last; `None`: not in this session.
    pub fn released(&self, kind: ObjectKind, name: &str) -> Option<Digest> {
        self.released.get(&(kind, name.to_owned())).copied()
    }

    /// Whether a releasable digest may stand for the name in this session: it is the one the client knows, or a person
    /// approved it after the session began. Two digests approved long before, or one of these and a published update,
    /// could otherwise be played against each other, the harmless one for the first look.
    pub(super) fn may_stand(
        &self,
        kind: ObjectKind,
        name: &str,
        digest: &Digest,
        approved: &Approved,
    ) -> bool {
        match self.released(kind, name) {
            None => true,
            Some(known) => known == *digest || !approved.could_pass_at_start(kind, name, digest),
        }
    }

    pub(super) fn note(&mut self, kind: ObjectKind, name: &str, digest: Digest) {
        self.released.insert((kind, name.to_owned()), digest);
    }
}
