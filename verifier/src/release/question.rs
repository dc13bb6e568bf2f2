//! What a verification is asked.

use pinfold_core::checkpoint::Origin;
use pinfold_core::digest::Digest;
use pinfold_core::merkle::ConsistencyProof;
use pinfold_core::pins::UnixSeconds;
use pinfold_core::registry_name::RegistryName;

use super::marks::Marks;
use crate::trust::Trust;

/// Everything beside the bundle that a verification depends on.
#[derive(Debug, Clone, Copy)]
pub struct Question<'q> {
    /// Logs and claims that the reader believes. Empty, it refuses every bundle.
    pub trust: &'q Trust,
    /// What was seen before.
    pub marks: &'q Marks,
    /// What the reader's policy asks beyond the rest.
    pub requirements: Requirements,
    /// The local time.
    pub now: UnixSeconds,
    /// The name that the release must have, where the reader expects one.
    pub expected_name: Option<&'q RegistryName>,
    /// Whom the reader's pin names as the publisher, where there is one.
    pub pinned: Option<&'q Identity>,
    /// From the head that the marks hold to the head of the bundle, or the other way round: whichever is smaller comes
    /// first.
    pub consistency: Option<&'q ConsistencyProof>,
}

/// A publisher: a claim in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The plain SHA-256 of the claim's first keyset.
    pub claim: Digest,
    /// The log that the claim stands in.
    pub origin: Origin,
    /// How many elements of its keyset history were seen; a recovery after them needs a person.
    pub history: u64,
}

/// What a policy may ask. By default nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Requirements {
    /// A fresh head.
    pub fresh: bool,
    /// A head that is not past its grace.
    pub within_grace: bool,
    /// The newest release of the name.
    pub newest: bool,
    /// A quorum of at least one witness.
    pub witnesses: bool,
    /// A smallest age of the release, in seconds.
    pub min_age_seconds: Option<u64>,
}
