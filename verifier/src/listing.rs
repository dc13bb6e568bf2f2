//! The decision on a listing and on a handshake: each object passes as it was received, or is held with a reason.
//!
//! Source: `spec/decision.md`. What goes in: objects that the surface reader judged, what a person approved, what this
//! session has released already, and a memory of old objects and of names that were gone. What comes out says of every
//! object what becomes of it; nothing is dropped in between.
//!
//! A listing that lacks approved objects is in order: what a server offers depends on credentials and capabilities.
//! Volatile rules (exceptions to equality of digests) stand beside the digests in [`Approved`], and so does what of a
//! published update passes by the person's policy ([`Passing`]).

mod approved;
mod equal;
mod handshake;
mod judge;
mod lookalike;
mod passing;
mod session;
mod verdict;

use std::sync::Arc;

use pinfold_core::digest::{Digest, ObjectKind};

pub use approved::Approved;
pub use handshake::{HandshakeVerdict, Instructions, ServerWords, judge_handshake};
pub use judge::{added, judge_listing};
pub(crate) use passing::Pass;
pub use passing::Passing;
pub use session::SessionNames;
pub use verdict::{HeldObject, Hold, ListingVerdict, UnseenObject, VerifiedObject};

/// What the decision asks about the past. Wrong answers change the *reason* of a hold, or hold what would pass by a
/// volatile rule; they never make an object pass.
pub trait Memory {
    /// The bytes of an approved object, for the comparison. `None`: they are not at hand, and the reason stays general.
    fn object(&self, digest: &Digest) -> Option<Arc<[u8]>>;

    /// Whether the name was seen to be absent from a listing after it had been approved.
    fn was_absent(&self, kind: ObjectKind, name: &str) -> bool;
}

/// A memory of nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMemory;

impl Memory for NoMemory {
    fn object(&self, _: &Digest) -> Option<Arc<[u8]>> {
        None
    }

    fn was_absent(&self, _: ObjectKind, _: &str) -> bool {
        false
    }
}
