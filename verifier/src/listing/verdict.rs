//! What a decision says.

use std::sync::Arc;

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::reason::ReasonCode;
use pinfold_core::surface::{Fault, Received};

use super::equal::{Given, Pinned};

/// An object that may go to the client. Only a decision of this crate makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedObject {
    received: Received,
    pinned: Pinned,
}

impl VerifiedObject {
    pub(super) fn new(received: Received, pinned: Pinned) -> Self {
        Self { received, pinned }
    }

    /// What it is.
    pub fn kind(&self) -> ObjectKind {
        self.received.kind
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.received.name
    }

    /// The digest that a person approved, or that an update lets through. It stands for this object everywhere: in a
    /// session, for a call, in what is announced. What was received has another one where volatile rules made it equal, and
    /// where the approved words of a published update are kept.
    pub fn digest(&self) -> Digest {
        self.pinned.digest
    }

    /// The bytes that go to the client: those received, or, where approved words are kept, those that a person approved.
    pub fn bytes(&self) -> &Arc<[u8]> {
        match self.pinned.given {
            Given::AsReceived => &self.received.bytes,
            Given::AsApproved { .. } => &self.pinned.bytes,
        }
    }

    /// The bytes that have the digest. Calls are checked by them.
    pub fn pinned_bytes(&self) -> &Arc<[u8]> {
        &self.pinned.bytes
    }

    /// The bytes as received, which are not given where approved words are kept: then calls have to fit them too.
    pub fn received_bytes(&self) -> &Arc<[u8]> {
        &self.received.bytes
    }

    /// The digest of the bytes as received.
    pub fn received_digest(&self) -> Digest {
        self.received.digest
    }

    /// Whether the client is given the approved words in the place of a published update.
    pub fn keeps_words(&self) -> bool {
        matches!(self.pinned.given, Given::AsApproved { .. })
    }

    /// Whether members of arguments that the approved schema does not name are refused: the server knows more parameters
    /// than the client was told of.
    pub fn is_closed(&self) -> bool {
        self.pinned.given == Given::AsApproved { closed: true }
    }

    /// Its place in the listing, from 0.
    pub fn index(&self) -> usize {
        self.received.index
    }
}

/// An object that does not go to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldObject {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name, foreign text; empty where it has none.
    pub name: String,
    /// Its digest, which is what a person approves or rejects.
    pub digest: Digest,
    /// Its bytes as received.
    pub bytes: Arc<[u8]>,
    /// Why it is held.
    pub hold: Hold,
    /// The surface rule that it breaks, if it is held for that.
    pub fault: Option<Fault>,
}

/// An object that is new in a published update and waits without a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnseenObject {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name, which was signed.
    pub name: String,
    /// Its digest.
    pub digest: Digest,
}

/// Why something is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The code.
    pub reason: ReasonCode,
    /// JSON Pointer to the place that the reason speaks of; `""` is the whole object. Foreign text.
    pub pointer: String,
    /// The digest that it was compared with.
    pub compared_with: Option<Digest>,
}

impl Hold {
    pub(super) fn whole(reason: ReasonCode) -> Self {
        Self { reason, pointer: String::new(), compared_with: None }
    }
}

impl UnseenObject {
    pub(super) fn new(received: &Received) -> Self {
        Self { kind: received.kind, name: received.name.clone(), digest: received.digest }
    }
}

impl HeldObject {
    pub(super) fn new(received: Received, hold: Hold) -> Self {
        Self {
            kind: received.kind,
            name: received.name,
            digest: received.digest,
            bytes: received.bytes,
            hold,
            fault: received.fault,
        }
    }
}

/// What becomes of one listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingVerdict {
    /// The objects that go to the client, in the order received. Empty if the server is held.
    pub released: Vec<VerifiedObject>,
    /// The objects that do not, in the order received.
    pub held: Vec<HeldObject>,
    /// The objects of a published update that are not given either, and about which nobody is asked, in the order
    /// received.
    pub unseen: Vec<UnseenObject>,
    /// The names of which something is approved and nothing was listed, ascending. No alarm.
    pub missing: Vec<String>,
    /// Set if the listing itself is a reason to hold the whole server.
    pub server_hold: Option<Hold>,
}
