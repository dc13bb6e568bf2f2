//! Reading a policy file from disk; what it means is `pinfold_verifier::policy`.

use std::path::Path;

use pinfold_verifier::policy::{MAX_POLICY_BYTES, Policy, PolicyError};

use crate::believed::{self, Codes, Fault};
use crate::output::Problem;

/// Why a policy file is not in force. Then nothing runs by a default instead.
pub type PolicyFault = Fault<PolicyError>;

const CODES: Codes = Codes {
    absent: "POLICY_ABSENT",
    unreadable: "POLICY_UNREADABLE",
    invalid: "POLICY_INVALID",
    correct: "correct the file; `pinfold policy check` says whether it is valid",
};

impl PolicyFault {
    /// The two lines for a person.
    pub fn problem(&self) -> Problem {
        self.told(&CODES)
    }
}

/// The user's own policy; without a file, the default one.
///
/// # Errors
///
/// [`PolicyFault`]: a file that is there and is not valid is never taken for an absent one.
pub fn own(path: &Path) -> Result<Policy, PolicyFault> {
    match read(path) {
        Err(fault) if fault.is_absent() => Ok(Policy::default()),
        other => other,
    }
}

/// One policy file.
///
/// # Errors
///
/// [`PolicyFault`].
pub fn read(path: &Path) -> Result<Policy, PolicyFault> {
    believed::read(path, MAX_POLICY_BYTES, Policy::parse).map(|(policy, _)| policy)
}
