//! The decision on a listing.

use std::collections::BTreeSet;

use pinfold_core::diff;
use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::json::{self, ReadLimits};
use pinfold_core::pins::ApprovalState;
use pinfold_core::reason::ReasonCode;
use pinfold_core::surface::Received;
use pinfold_core::volatile::Passed;

use super::equal::{Equal, Pinned, equal};
use super::lookalike::{Lookalikes, first_duplicate};
use super::{Approved, HeldObject, Hold, ListingVerdict, Memory, SessionNames, UnseenObject, VerifiedObject};

/// Decides on one whole listing: every page of it, in order. Objects of another kind than `kind` are not expected and
/// decided on as what they are.
///
/// `session` learns what is released. Where one listing is decided on twice, the second decision is the same. `passed` is
/// what was passed to the server that gave the listing.
pub fn judge_listing(
    kind: ObjectKind,
    received: Vec<Received>,
    approved: &Approved,
    session: &mut SessionNames,
    memory: &dyn Memory,
    passed: &Passed,
) -> ListingVerdict {
    let missing = missing(kind, &received, approved);
    if let Some(duplicate) = first_duplicate(&received) {
        let hold = Hold { pointer: format!("/{}", duplicate.index), ..Hold::whole(ReasonCode::DupToolName) };
        let held = received.into_iter().map(|object| HeldObject::new(object, hold_beside(&hold)));
        return ListingVerdict {
            released: Vec::new(),
            held: held.collect(),
            unseen: Vec::new(),
            missing,
            server_hold: Some(hold.clone()),
        };
    }
    let lookalikes = Lookalikes::of(&received);
    let (released, held, unseen) = (Vec::new(), Vec::new(), Vec::new());
    let mut verdict = ListingVerdict { released, held, unseen, missing, server_hold: None };
    for object in received {
        match judge(&object, &lookalikes, approved, session, memory, passed) {
            Ok(pinned) => {
                session.note(object.kind, &object.name, pinned.digest);
                verdict.released.push(VerifiedObject::new(object, pinned));
            }
            Err(hold) if waits_unseen(&object, &hold, approved) => {
                verdict.unseen.push(UnseenObject::new(&object));
            }
            Err(hold) => verdict.held.push(HeldObject::new(object, hold)),
        }
    }
    verdict
}

/// Whether a published update says of an object that would be held as a new one that nobody is to be asked about it.
pub(super) fn waits_unseen(object: &Received, hold: &Hold, approved: &Approved) -> bool {
    hold.reason == added(object.kind) && approved.waits_unseen(object.kind, &object.name, &object.digest)
}

/// The approved object that an object is equal to, or why it is held.
fn judge(
    object: &Received,
    lookalikes: &Lookalikes,
    approved: &Approved,
    session: &SessionNames,
    memory: &dyn Memory,
    passed: &Passed,
) -> Result<Pinned, Hold> {
    if let Some(fault) = &object.fault {
        return Err(Hold { reason: fault.reason, pointer: fault.pointer.clone(), compared_with: None });
    }
    match equal(object, approved, Some(session), memory, passed) {
        Equal::To(pinned) => return Ok(pinned),
        Equal::ToOthers => {
            let compared_with = session.released(object.kind, &object.name);
            return Err(Hold { compared_with, ..Hold::whole(ReasonCode::MidsessionChange) });
        }
        Equal::ToNone => {}
    }
    let base = approved.base(object.kind, &object.name);
    if approved.is_rejected(object.kind, &object.name, &object.digest) {
        return Err(Hold { compared_with: base, ..Hold::whole(ReasonCode::PreviouslyRejected) });
    }
    Err(match base {
        None if lookalikes.confuses(object.kind, &object.name, approved) => {
            Hold::whole(ReasonCode::NameConfusable)
        }
        None => Hold::whole(added(object.kind)),
        Some(base) => changed(object, base, approved, memory),
    })
}

/// A name that a person approved, with words that they did not.
pub(super) fn changed(object: &Received, base: Digest, approved: &Approved, memory: &dyn Memory) -> Hold {
    let (class, pointer) = difference(object, &base, memory);
    let hold = |reason| Hold { reason, pointer: pointer.clone(), compared_with: Some(base) };
    if approved.state(object.kind, &object.name, &object.digest) == Some(ApprovalState::Retired) {
        return hold(ReasonCode::RetiredReturned);
    }
    if memory.was_absent(object.kind, &object.name) {
        return hold(ReasonCode::ToolReappearedChanged);
    }
    hold(class)
}

/// The most dangerous difference to the object approved last, and where it stands. Without that object, or if it cannot
/// be read, the general class of the kind.
fn difference(object: &Received, base: &Digest, memory: &dyn Memory) -> (ReasonCode, String) {
    let general = (diff::generic_class(object.kind), String::new());
    let Some(old) = memory.object(base) else { return general };
    let limits = ReadLimits::LISTING;
    let (Ok(old), Ok(new)) = (json::read(&old, &limits), json::read(&object.bytes, &limits)) else {
        return general;
    };
    let changes = diff::changes(object.kind, &old, &new);
    diff::headline(&changes).map_or(general, |change| (change.class, change.pointer.clone()))
}

/// The code of an object of a kind of which nothing was approved under its name.
pub fn added(kind: ObjectKind) -> ReasonCode {
    match kind {
        ObjectKind::Tool => ReasonCode::ToolAdded,
        ObjectKind::Prompt => ReasonCode::PromptAdded,
        ObjectKind::ResourceTemplate => ReasonCode::TemplateAdded,
        ObjectKind::Resource => ReasonCode::ResourceAdded,
        ObjectKind::Instructions => ReasonCode::InstructionsChanged,
        ObjectKind::ServerInfo => ReasonCode::ServerWordsChanged,
    }
}

/// Every object of a held server is held with it; the place is that of the duplicate in the listing.
fn hold_beside(server: &Hold) -> Hold {
    Hold { pointer: String::new(), ..server.clone() }
}

fn missing(kind: ObjectKind, received: &[Received], approved: &Approved) -> Vec<String> {
    let listed: BTreeSet<&str> = received.iter().map(|object| object.name.as_str()).collect();
    approved.names(kind).filter(|name| !listed.contains(name)).map(str::to_owned).collect()
}
