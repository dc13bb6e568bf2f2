//! Which approved object a live one is equal to: by its digest, by the volatile rules of a pin, or because a published
//! update keeps the approved words in its place.

use std::sync::Arc;

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::json::{self, ReadLimits};
use pinfold_core::surface::{Received, read_object};
use pinfold_core::volatile::{self, Passed};

use super::passing::Pass;
use super::{Approved, Memory, SessionNames};

/// An approved object that a live one is equal to, or that is given in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pinned {
    /// Its digest.
    pub(super) digest: Digest,
    /// Its bytes, which have that digest.
    pub(super) bytes: Arc<[u8]>,
    /// What of the two goes to the client.
    pub(super) given: Given,
}

/// What goes to the client for a live object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    /// The live one.
    AsReceived,
    /// The approved one.
    AsApproved {
        /// Members of arguments that the approved schema does not name are refused.
        closed: bool,
    },
}

/// The approved object that a live one may stand for in this process; with a session, without changing what its client
/// was told.
pub(super) enum Equal {
    /// This one.
    To(Pinned),
    /// To approved ones, none of which may stand for the name in this session any more.
    ToOthers,
    /// To none.
    ToNone,
}

/// Compares a live object with what this process may release under its name. A digest that was rejected is equal to
/// nothing.
///
/// The bytes of a pinned object come from the memory and count only if they have the approved digest, so a wrong memory
/// makes nothing equal.
pub(super) fn equal(
    object: &Received,
    approved: &Approved,
    session: Option<&SessionNames>,
    memory: &dyn Memory,
    passed: &Passed,
) -> Equal {
    if approved.is_rejected(object.kind, &object.name, &object.digest) {
        return Equal::ToNone;
    }
    let may_stand = |digest: &Digest| {
        session.is_none_or(|session| session.may_stand(object.kind, &object.name, digest, approved))
    };
    let mut found = false;
    if approved.releases(object.kind, &object.name, &object.digest) {
        found = true;
        if may_stand(&object.digest) {
            let (digest, bytes) = (object.digest, Arc::clone(&object.bytes));
            return Equal::To(Pinned { digest, bytes, given: Given::AsReceived });
        }
    }
    for digest in approved.releasable(object.kind, &object.name).filter(|digest| *digest != object.digest) {
        let Some(bytes) = equal_by_rules(object, &digest, approved, memory, passed) else { continue };
        found = true;
        if may_stand(&digest) {
            return Equal::To(Pinned { digest, bytes, given: Given::AsReceived });
        }
    }
    if let Some(kept) = kept_words(object, approved, memory) {
        found = true;
        if may_stand(&kept.digest) {
            return Equal::To(kept);
        }
    }
    if found { Equal::ToOthers } else { Equal::ToNone }
}

/// The approved object that a published update leaves in the place of a live one.
fn kept_words(object: &Received, approved: &Approved, memory: &dyn Memory) -> Option<Pinned> {
    let pass = approved.pass(object.kind, &object.name, &object.digest)?;
    let Pass::KeptWords { base, closed } = pass else { return None };
    let bytes = bytes_of(object.kind, &base, memory)?;
    Some(Pinned { digest: base, bytes, given: Given::AsApproved { closed } })
}

/// The bytes of the pinned object, if the live one is equal to it under its rules.
fn equal_by_rules(
    object: &Received,
    digest: &Digest,
    approved: &Approved,
    memory: &dyn Memory,
    passed: &Passed,
) -> Option<Arc<[u8]>> {
    let rules = approved.rules(object.kind, &object.name, digest);
    if rules.is_empty() {
        return None;
    }
    let bytes = bytes_of(object.kind, digest, memory)?;
    let pinned = json::read(&bytes, &ReadLimits::LISTING).ok()?;
    let live = json::read(&object.bytes, &ReadLimits::LISTING).ok()?;
    volatile::matches(object.kind, &pinned, rules, &live, passed).then(|| Arc::clone(&bytes))
}

/// The bytes of an object, if they are at hand and have its digest.
fn bytes_of(kind: ObjectKind, digest: &Digest, memory: &dyn Memory) -> Option<Arc<[u8]>> {
    let bytes = memory.object(digest)?;
    (read_object(kind, &bytes).ok()?.digest == *digest).then_some(bytes)
}
