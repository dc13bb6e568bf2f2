//! What of a published update passes in one process, beside what is approved.

use std::collections::BTreeMap;

use pinfold_core::digest::{Digest, ObjectKind};

/// What a published update makes of the objects of a listing: [`crate::update::Plan::passing`] makes it, and nothing else
/// does, so that each object in it was signed.
///
/// It is no approval. What a person says about an object, or about the one that it was compared with, counts before it,
/// in the moment in which it is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passing(BTreeMap<(ObjectKind, String, Digest), Pass>);

/// How a published object passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// As it was signed.
    LetThrough {
        /// The approved object that it was compared with.
        base: Digest,
    },
    /// The approved object is given in its place.
    KeptWords {
        /// That one.
        base: Digest,
        /// Members of arguments that the approved schema does not name are refused.
        closed: bool,
    },
    /// It is not given, and nobody is asked.
    Unseen,
}

impl Pass {
    /// The approved object on which it rests.
    pub(crate) const fn base(self) -> Option<Digest> {
        match self {
            Self::LetThrough { base } | Self::KeptWords { base, .. } => Some(base),
            Self::Unseen => None,
        }
    }
}

impl Passing {
    /// Whether nothing passes by it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn insert(&mut self, kind: ObjectKind, name: &str, digest: Digest, pass: Pass) {
        self.0.insert((kind, name.to_owned(), digest), pass);
    }

    pub(super) fn of(&self, kind: ObjectKind, name: &str, digest: &Digest) -> Option<Pass> {
        self.0.get(&(kind, name.to_owned(), *digest)).copied()
    }
}
