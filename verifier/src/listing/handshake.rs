//! The decision on a handshake.

use pinfold_core::reason::ReasonCode;
use pinfold_core::surface::{Handshake, Received};
use pinfold_core::volatile::Passed;

use super::equal::{Equal, Pinned, equal};
use super::judge::{added, changed, waits_unseen};
use super::{Approved, HeldObject, Hold, Memory, VerifiedObject};

/// What becomes of the words of a handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandshakeVerdict {
    /// The instructions, which go into the model's system prompt.
    pub instructions: Instructions,
    /// What the server says about itself besides name and version.
    pub server_words: ServerWords,
}

/// What becomes of the instructions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instructions {
    /// The server gave none, which is in order whatever was approved.
    Absent,
    /// They go to the client, or the approved ones in their place.
    Verified(VerifiedObject),
    /// They are new in a published update, and are left out without a question.
    Unseen,
    /// They hold the whole server.
    Hold(HeldObject),
}

/// What becomes of the server's words about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerWords {
    /// It has none.
    Absent,
    /// They go to the client, or the approved ones in their place.
    Verified(VerifiedObject),
    /// They are new in a published update, and are left out without a question.
    Unseen,
    /// They are left out of the handshake and shown in review; nothing else is held for them.
    LeftOut(HeldObject),
}

/// Decides on the words of a handshake. `passed` is what was passed to the server that gave it.
pub fn judge_handshake(
    handshake: &Handshake,
    approved: &Approved,
    memory: &dyn Memory,
    passed: &Passed,
) -> HandshakeVerdict {
    let judge = |received: &Received| judge(received, approved, memory, passed);
    let instructions =
        handshake.instructions.clone().map_or(Instructions::Absent, |received| match judge(&received) {
            Ok(pinned) => Instructions::Verified(VerifiedObject::new(received, pinned)),
            Err(hold) if waits_unseen(&received, &hold, approved) => Instructions::Unseen,
            Err(hold) => Instructions::Hold(HeldObject::new(received, hold)),
        });
    let server_words =
        handshake.server_words.clone().map_or(ServerWords::Absent, |received| match judge(&received) {
            Ok(pinned) => ServerWords::Verified(VerifiedObject::new(received, pinned)),
            Err(hold) if waits_unseen(&received, &hold, approved) => ServerWords::Unseen,
            Err(hold) => ServerWords::LeftOut(HeldObject::new(received, hold)),
        });
    HandshakeVerdict { instructions, server_words }
}

fn judge(
    object: &Received,
    approved: &Approved,
    memory: &dyn Memory,
    passed: &Passed,
) -> Result<Pinned, Hold> {
    if let Some(fault) = &object.fault {
        return Err(Hold { reason: fault.reason, pointer: fault.pointer.clone(), compared_with: None });
    }
    if let Equal::To(pinned) = equal(object, approved, None, memory, passed) {
        return Ok(pinned);
    }
    let base = approved.base(object.kind, &object.name);
    if approved.is_rejected(object.kind, &object.name, &object.digest) {
        return Err(Hold { compared_with: base, ..Hold::whole(ReasonCode::PreviouslyRejected) });
    }
    Err(match base {
        None => Hold::whole(added(object.kind)),
        Some(base) => changed(object, base, approved, memory),
    })
}
