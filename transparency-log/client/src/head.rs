//! A published checkpoint, judged by a policy: only then is it used for anything.

use pinfold_core::checkpoint::{CheckpointError, SignedCheckpoint};
use pinfold_core::merkle::{EMPTY_ROOT, Hash};
use pinfold_core::tlog_policy::{PolicyRefusal, Times, TlogPolicy};

/// A checkpoint that a log of the policy signed and whose witnesses meet the quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    signed: SignedCheckpoint,
    cosigners: Vec<String>,
    times: Times,
}

/// Why a checkpoint is not a head.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// No checkpoint at all.
    #[error("the checkpoint cannot be read: {0}")]
    Unreadable(#[from] CheckpointError),
    /// It speaks for another log.
    #[error("the checkpoint is of another log")]
    OtherOrigin,
    /// A signature of a known key does not verify.
    #[error("{0}")]
    BadSignature(#[from] PolicyRefusal),
    /// No line of the log's key.
    #[error("the checkpoint is not signed by the log's key")]
    Unsigned,
    /// Too few witnesses.
    #[error("the checkpoint lacks its quorum of witnesses; there are {}", said(.cosigners))]
    Quorum {
        /// The witnesses that signed.
        cosigners: Vec<String>,
    },
    /// Size 0 with the root of a tree that has leaves.
    #[error("the checkpoint is of an empty tree and has another root than that")]
    EmptyRoot,
}

impl Head {
    /// Reads and judges a note. Cosignatures that are ahead of `now` by more than the tolerance give no time, but count
    /// for the quorum.
    ///
    /// # Errors
    ///
    /// [`HeadError`]. Not checked: consistency with any other head.
    pub fn judge(note: &[u8], policy: &TlogPolicy, origin: &str, now: u64) -> Result<Head, HeadError> {
        let signed = SignedCheckpoint::parse(note)?;
        let checkpoint = signed.checkpoint();
        if checkpoint.origin() != origin {
            return Err(HeadError::OtherOrigin);
        }
        if checkpoint.size() == 0 && *checkpoint.root() != EMPTY_ROOT {
            return Err(HeadError::EmptyRoot);
        }
        let judged = policy.judge(&signed)?;
        if judged.log().is_none() {
            return Err(HeadError::Unsigned);
        }
        let cosigners: Vec<String> = judged.cosigners().map(str::to_owned).collect();
        if !judged.quorum_is_met() {
            return Err(HeadError::Quorum { cosigners });
        }
        let times = judged.times_at(now);
        Ok(Head { signed, cosigners, times })
    }

    /// The note as it was read.
    pub fn signed(&self) -> &SignedCheckpoint {
        &self.signed
    }

    /// Entries of the tree.
    pub fn size(&self) -> u64 {
        self.signed.checkpoint().size()
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        *self.signed.checkpoint().root()
    }

    /// Names of the witnesses of the policy that cosigned.
    pub fn cosigners(&self) -> &[String] {
        &self.cosigners
    }

    /// What the cosignatures say about time.
    pub fn times(&self) -> Times {
        self.times
    }
}

fn said(cosigners: &[String]) -> String {
    if cosigners.is_empty() { "none".to_owned() } else { cosigners.join(", ") }
}
