//! Which approved object a live one is equal to: by its digest, or by the volatile rules of a pin.

use std::sync::Arc;

use pinfold_core::digest::Digest;
use pinfold_core::json::{self, ReadLimits};
use pinfold_core::surface::{Received, read_object};
use pinfold_core::volatile::{self, Passed};

use super::{Approved, Memory, SessionNames};

/// An approved object that a live one is equal to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pinned {
    /// Its digest.
    pub(super) digest: Digest,
    /// Its bytes, which have that digest.
    pub(super) bytes: Arc<[u8]>,
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
            return Equal::To(Pinned { digest: object.digest, bytes: Arc::clone(&object.bytes) });
        }
    }
    for digest in approved.releasable(object.kind, &object.name).filter(|digest| *digest != object.digest) {
        let Some(bytes) = equal_by_rules(object, &digest, approved, memory, passed) else { continue };
        found = true;
        if may_stand(&digest) {
            return Equal::To(Pinned { digest, bytes });
        }
    }
    if found { Equal::ToOthers } else { Equal::ToNone }
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
    let bytes = memory.object(digest)?;
    if read_object(object.kind, &bytes).ok()?.digest != *digest {
        return None;
    }
    let pinned = json::read(&bytes, &ReadLimits::LISTING).ok()?;
    let live = json::read(&object.bytes, &ReadLimits::LISTING).ok()?;
    volatile::matches(object.kind, &pinned, rules, &live, passed).then(|| Arc::clone(&bytes))
}
