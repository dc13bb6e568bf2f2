//! A proof that an entry is in a log, as one text that needs no network: index, path, checkpoint.
//!
//! Source: `spec/tlog-proof.md`; C2SP tlog-proof.

use crate::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::lines::{HashLinesError, hash_lines, next_line, number_after, write_hash_lines};
use crate::merkle::{Hash, InclusionPath, MAX_PROOF_HASHES, MAX_TREE_SIZE, ProofError, verify_inclusion};
use crate::note::MAX_NOTE_BYTES;

/// The first line.
pub const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// Bytes of a proof: its lines above the checkpoint have less than 4 KiB.
pub const MAX_TLOG_PROOF_BYTES: usize = MAX_NOTE_BYTES + 4096;

/// An entry's place and its path to the root of a checkpoint. Nothing has been verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    index: u64,
    path: InclusionPath,
    checkpoint: SignedCheckpoint,
}

/// Why bytes are no proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// More than [`MAX_TLOG_PROOF_BYTES`].
    #[error("a proof of more than {MAX_TLOG_PROOF_BYTES} bytes")]
    TooLong,
    /// The first line is another.
    #[error("the first line is not \"{FIRST_LINE}\"")]
    FirstLine,
    /// A line `extra`: bytes that nothing authenticates.
    #[error("an `extra` line, which nothing authenticates")]
    Extra,
    /// No line `index` with a decimal number below the largest size of a tree.
    #[error("no line `index` with a decimal number without leading zeros")]
    Index,
    /// More hashes than any path has.
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

impl TlogProof {
    /// A proof of its parts. Not checked: that they belong together.
    pub fn new(index: u64, path: InclusionPath, checkpoint: SignedCheckpoint) -> Self {
        Self { index, path, checkpoint }
    }

    /// Reads a proof.
    ///
    /// # Errors
    /// See [`TlogProofError`]. Not checked: path and signatures.
    pub fn parse(bytes: &[u8]) -> Result<Self, TlogProofError> {
        if bytes.len() > MAX_TLOG_PROOF_BYTES {
            return Err(TlogProofError::TooLong);
        }
        let mut rest = bytes;
        if next_line(&mut rest) != Some(FIRST_LINE.as_bytes()) {
            return Err(TlogProofError::FirstLine);
        }
        let line = next_line(&mut rest).ok_or(TlogProofError::Index)?;
        if line.starts_with(b"extra ") {
            return Err(TlogProofError::Extra);
        }
        let index = number_after("index", line).filter(|index| *index < MAX_TREE_SIZE);
        let index = index.ok_or(TlogProofError::Index)?;
        let hashes = hash_lines(&mut rest).map_err(|error| match error {
            HashLinesError::TooMany => TlogProofError::TooManyHashes,
            // Two lines stand above the first hash.
            HashLinesError::NotAHash(place) => TlogProofError::Hash { line: place + 3 },
            HashLinesError::NoEmptyLine => TlogProofError::NoSeparator,
        })?;
        let path = InclusionPath::new(hashes).map_err(|_| TlogProofError::TooManyHashes)?;
        let checkpoint = SignedCheckpoint::parse(rest).map_err(TlogProofError::Checkpoint)?;
        Ok(Self { index, path, checkpoint })
    }

    /// The place of the entry in the log.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The hashes beside the way from the entry to the root.
    pub fn path(&self) -> &InclusionPath {
        &self.path
    }

    /// The checkpoint whose root is meant.
    pub fn checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }

    /// Verifies that `leaf`, which the caller computed from the entry itself, stands at the proof's index under the
    /// checkpoint's root. Not checked: that anybody signed the checkpoint.
    ///
    /// # Errors
    /// The path does not lead there.
    pub fn verify_path(&self, leaf: Hash) -> Result<(), ProofError> {
        let checkpoint = self.checkpoint.checkpoint();
        verify_inclusion(leaf, self.index, checkpoint.size(), &self.path, checkpoint.root())
    }

    /// The text of the proof: exactly the bytes it was read from.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut head = format!("{FIRST_LINE}\nindex {}\n", self.index);
        write_hash_lines(self.path.hashes(), &mut head);
        [head.into_bytes(), self.checkpoint.to_bytes()].concat()
    }
}
