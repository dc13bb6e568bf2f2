//! Which logs and witnesses are relied on, and what their signatures on a checkpoint add up to.
//!
//! Source: `spec/tlog-policy.md`; C2SP tlog-policy. The meaning of times is ours.

mod judge;
mod parse;
mod quorum;
mod time;

pub use judge::{Judged, PolicyRefusal, Stamp};
pub use parse::{MAX_GROUPS, MAX_LOGS, MAX_POLICY_BYTES, MAX_WITNESSES, PolicyError, PolicyFault};
pub use time::{CLOCK_TOLERANCE_SECONDS, Times, clock_is_behind};

use self::quorum::Quorum;
use crate::note::VerifierKey;

/// A policy that was read: every name is defined, every key stands once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogPolicy {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    quorum: Quorum,
}

/// A log whose checkpoints are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyLog {
    /// The key; its name is the log's origin.
    pub key: VerifierKey,
    /// Where the log is read, if the policy says so. Not checked: that this is a URL.
    pub url: Option<String>,
}

/// A witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyWitness {
    /// Its name in this policy, which need not be its key's.
    pub name: String,
    /// The key that it cosigns with.
    pub key: VerifierKey,
    /// Where it takes checkpoints, if the policy says so. Not checked: that this is a URL.
    pub url: Option<String>,
}

impl TlogPolicy {
    /// The logs, in the order of the policy.
    pub fn logs(&self) -> &[PolicyLog] {
        &self.logs
    }

    /// The witnesses, in the order of the policy.
    pub fn witnesses(&self) -> &[PolicyWitness] {
        &self.witnesses
    }

    /// Whether cosignatures of exactly these witnesses (by their places in [`Self::witnesses`]) meet the quorum.
    pub fn is_met_by(&self, has: impl Fn(usize) -> bool) -> bool {
        self.quorum.is_met_by(&has)
    }

    /// Whether the quorum is `none`: every checkpoint meets it, and no time follows from it.
    pub fn needs_no_witness(&self) -> bool {
        self.quorum == Quorum::None
    }
}
