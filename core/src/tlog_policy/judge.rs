//! A checkpoint's signatures against a policy.

use super::TlogPolicy;
use crate::checkpoint::{CosignatureError, SignedCheckpoint};
use crate::note::{KeyMaterial, NoteSignatureError};

/// What the signatures of one checkpoint are worth under a policy. Every signature that a key of the policy should have
/// made did verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged<'a> {
    pub(super) policy: &'a TlogPolicy,
    log: Option<usize>,
    pub(super) stamps: Vec<Stamp>,
}

/// One verified cosignature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The witness, by its place in [`TlogPolicy::witnesses`].
    pub witness: usize,
    /// When it cosigned, in seconds since 1970, as it says.
    pub time: u64,
}

/// A signature that a key of the policy should have made does not verify: the whole checkpoint is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRefusal {
    /// The log's.
    #[error("the log's signature does not verify (key {key})")]
    LogSignature {
        /// The verifier key.
        key: String,
    },
    /// A witness's.
    #[error("witness {witness}: {fault}")]
    Cosignature {
        /// The witness's name in the policy.
        witness: String,
        /// What is wrong.
        fault: CosignatureError,
    },
}

impl TlogPolicy {
    /// Verifies all signatures of a checkpoint that keys of this policy should have made; others are ignored. A key of a
    /// type that is not implemented has made none.
    ///
    /// A checkpoint that no log of the policy signed, or whose quorum is not met, is no error here: see
    /// [`Judged::log`] and [`Judged::quorum_is_met`].
    ///
    /// # Errors
    /// A line of a known name and id does not verify.
    pub fn judge(&self, checkpoint: &SignedCheckpoint) -> Result<Judged<'_>, PolicyRefusal> {
        let origin = checkpoint.checkpoint().origin();
        let mut log = None;
        for (at, listed) in self.logs.iter().enumerate() {
            let KeyMaterial::Ed25519(_) = listed.key.material() else { continue };
            match checkpoint.note().verify(&listed.key) {
                Ok(()) if listed.key.name().as_str() == origin => log = log.or(Some(at)),
                Ok(()) | Err(NoteSignatureError::Absent | NoteSignatureError::KeyType) => {}
                Err(NoteSignatureError::Bad) => {
                    return Err(PolicyRefusal::LogSignature { key: listed.key.to_string() });
                }
            }
        }
        let mut stamps = Vec::new();
        for (witness, listed) in self.witnesses.iter().enumerate() {
            match checkpoint.cosigned_at(&listed.key) {
                Ok(times) => stamps.extend(times.into_iter().map(|time| Stamp { witness, time })),
                Err(CosignatureError::KeyType) => {}
                Err(fault) => {
                    return Err(PolicyRefusal::Cosignature { witness: listed.name.clone(), fault });
                }
            }
        }
        Ok(Judged { policy: self, log, stamps })
    }
}

impl Judged<'_> {
    /// The log that signed the checkpoint, by its place in [`TlogPolicy::logs`]; its key's name is the origin.
    pub fn log(&self) -> Option<usize> {
        self.log
    }

    /// Whether enough witnesses cosigned, whatever times they state. Under `quorum none` it is met.
    pub fn quorum_is_met(&self) -> bool {
        self.policy.is_met_by(|at| self.stamps.iter().any(|stamp| stamp.witness == at))
    }

    /// The verified cosignatures, in the order of the policy's witnesses.
    pub fn stamps(&self) -> &[Stamp] {
        &self.stamps
    }

    /// The names of the witnesses that cosigned, in the order of the policy.
    pub fn cosigners(&self) -> impl Iterator<Item = &str> {
        let signed = |at: usize| self.stamps.iter().any(|stamp| stamp.witness == at);
        let named = self.policy.witnesses.iter().enumerate();
        named.filter(move |(at, _)| signed(*at)).map(|(_, witness)| witness.name.as_str())
    }
}
