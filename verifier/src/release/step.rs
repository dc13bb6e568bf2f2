//! The steps of verification: number, what each asks, and its one code.

use std::fmt;

use pinfold_core::reason::ReasonCode;

macro_rules! steps {
    ($($variant:ident $code:ident $question:literal)*) => {
        /// One step of `spec/verification.md`, in the order in which they are taken.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Step {
            $(#[doc = $question] $variant,)*
        }

        impl Step {
            /// Every step, in order.
            pub const ALL: &'static [Step] = &[$(Step::$variant,)*];

            /// The code of a refusal at this step.
            pub const fn code(self) -> ReasonCode {
                match self { $(Step::$variant => ReasonCode::$code,)* }
            }

            /// What holds where the step passes, in a few fixed words.
            pub const fn title(self) -> &'static str {
                match self { $(Step::$variant => $question,)* }
            }
        }
    };
}

steps! {
    Bundle BundleInvalid "the bundle is well-formed"
    Manifest ManifestMismatch "the manifest is the statement's"
    Subject SubjectMismatch "the statement speaks of this"
    Keysets KeysetInvalid "the keysets are one chain"
    KeysetSignatures KeyDiscontinuity "each keyset was signed by those who may"
    Entry LogEntryMismatch "the proof is of this entry"
    Log LogUntrusted "a trusted log signed the head"
    Witnesses WitnessQuorum "enough witnesses signed"
    KeysetsLogged NotLogged "the keysets are logged"
    Clock ClockSkew "the clock is plausible"
    Freshness CheckpointStale "the head is fresh"
    IndexHead IndexStale "the index is that of the head"
    Index IndexProofBad "the index speaks of this release"
    KeysetHistory KeysetHistory "the keyset history is complete"
    KeyInForce KeyNotInForce "the keys were in force"
    Signatures SigBad "the release is signed"
    Newest VersionSuperseded "it is the newest release"
    Withdrawn Revoked "it is not withdrawn"
    Continuity KeyDiscontinuity "its publisher is the known one"
    LogHistory LogInconsistent "the log kept its history"
    Rollback VersionRollback "it is not older than one seen before"
    Claim ClaimUntrusted "the claim is trusted"
    Policy PolicyRefused "the policy agrees"
}

impl Step {
    /// Its number in the specification, from 1.
    pub const fn number(self) -> usize {
        self as usize + 1
    }
}

impl fmt::Display for Step {
    /// `V1` to `V23`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "V{}", self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_numbered_as_the_specification_does() {
        assert_eq!(Step::ALL.len(), 23);
        assert_eq!(Step::Bundle.to_string(), "V1");
        assert_eq!(Step::Policy.to_string(), "V23");
        assert!(Step::ALL.windows(2).all(|pair| pair[0].number() + 1 == pair[1].number()));
    }
}
