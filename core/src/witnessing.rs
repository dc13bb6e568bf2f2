//! What a log asks of a witness, and what the witness decides.
//!
//! Source: `spec/witness.md`; C2SP tlog-witness. The decision is a function: who keeps the state must check and store in
//! one atomic step, durably, before the answer leaves.

mod decision;

pub use decision::{Refusal, authenticate, continues, decide};

use crate::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::lines::{HashLinesError, hash_lines, next_line, number_after, write_hash_lines};
use crate::merkle::{ConsistencyProof, MAX_PROOF_HASHES, MAX_TREE_SIZE};

/// Bytes of a request that are read. Other witnesses stop at 10 KiB.
pub const MAX_REQUEST_BYTES: usize = 64 << 10;

/// The content type of an answer 409, whose body is the size cosigned last and a line feed.
pub const SIZE_CONTENT_TYPE: &str = "text/x.tlog.size";

/// A request to cosign: the size that the log believes the witness to have seen, the proof from there, the checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size of the last checkpoint that the witness cosigned, as the log believes; 0 if none.
    pub old_size: u64,
    /// That the tree of `old_size` is the beginning of the checkpoint's. Not verified.
    pub proof: ConsistencyProof,
    /// The checkpoint. Its signatures are not verified.
    pub checkpoint: SignedCheckpoint,
}

/// Why bytes are no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// More than [`MAX_REQUEST_BYTES`].
    #[error("a request of more than {MAX_REQUEST_BYTES} bytes")]
    TooLong,
    /// The first line is not `old` and a decimal number.
    #[error("the first line is not `old` and a decimal number without leading zeros")]
    OldSize,
    /// More hashes than any proof has.
    #[error("more than {MAX_PROOF_HASHES} hashes")]
    TooManyHashes,
    /// A line that is not standard base64 of 32 bytes.
    #[error("line {line} is no hash")]
    Hash {
        /// Counted from 1.
        line: usize,
    },
    /// No empty line follows the hashes.
    #[error("no empty line before the checkpoint")]
    NoSeparator,
    /// What follows the empty line.
    #[error("the checkpoint: {0}")]
    Checkpoint(CheckpointError),
}

impl AddCheckpoint {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// See [`RequestError`].
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        if body.len() > MAX_REQUEST_BYTES {
            return Err(RequestError::TooLong);
        }
        let mut rest = body;
        let old_size = next_line(&mut rest).and_then(|line| number_after("old", line));
        let old_size = old_size.filter(|size| *size <= MAX_TREE_SIZE).ok_or(RequestError::OldSize)?;
        let hashes = hash_lines(&mut rest).map_err(|error| match error {
            HashLinesError::TooMany => RequestError::TooManyHashes,
            // One line stands above the first hash.
            HashLinesError::NotAHash(place) => RequestError::Hash { line: place + 2 },
            HashLinesError::NoEmptyLine => RequestError::NoSeparator,
        })?;
        let proof = ConsistencyProof::new(hashes).map_err(|_| RequestError::TooManyHashes)?;
        let checkpoint = SignedCheckpoint::parse(rest).map_err(RequestError::Checkpoint)?;
        Ok(Self { old_size, proof, checkpoint })
    }

    /// The body of the request.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut head = format!("old {}\n", self.old_size);
        write_hash_lines(self.proof.hashes(), &mut head);
        [head.into_bytes(), self.checkpoint.to_bytes()].concat()
    }
}
