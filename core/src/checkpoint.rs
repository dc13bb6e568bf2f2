//! Checkpoints: what a log says about its tree, signed by the log and cosigned by witnesses.
//!
//! Source: `spec/checkpoint.md`; C2SP tlog-checkpoint and tlog-cosignature.

mod cosignature;
mod origin;

use std::fmt::Write as _;

pub use cosignature::{CosignatureError, MAX_TIME_SECONDS, cosign};
pub use origin::{MAX_ORIGIN_BYTES, Origin, OriginError};

use crate::lines::decimal;
use crate::merkle::{Hash, MAX_TREE_SIZE};
use crate::note::{KeyName, Note, NoteError, NoteSignature, NoteSignatureError, VerifierKey, sign};
use crate::signature::SigningKey;

/// Extension lines of a checkpoint. None is known to be in use; ours have none.
pub const MAX_EXTENSION_LINES: usize = 16;

/// The state of a log: how many entries, and the hash over all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    extensions: Vec<String>,
}

/// A checkpoint with the note that it was read from. No signature has been verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    note: Note,
    checkpoint: Checkpoint,
}

/// Why bytes are no checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not even a note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Fewer than three lines.
    #[error("a checkpoint has three lines: origin, size, root")]
    Lines,
    /// A line is empty.
    #[error("line {line} of the checkpoint is empty")]
    EmptyLine {
        /// Counted from 1.
        line: usize,
    },
    /// The size is no decimal number in its one spelling, or above [`crate::merkle::MAX_TREE_SIZE`].
    #[error("the size is no decimal number up to 2^63 - 1 without leading zeros")]
    Size,
    /// The root is not standard base64 of 32 bytes.
    #[error("the root is not standard base64 of 32 bytes")]
    Root,
    /// More than [`MAX_EXTENSION_LINES`].
    #[error("more than {MAX_EXTENSION_LINES} extension lines")]
    TooManyExtensions,
}

/// Why a checkpoint is not one that a log has signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogSignatureError {
    /// The key's name is not the origin of the checkpoint.
    #[error("the checkpoint is of another origin")]
    OtherOrigin,
    /// The signature.
    #[error(transparent)]
    Signature(#[from] NoteSignatureError),
}

impl Checkpoint {
    /// The state of a log of our own. A size above [`crate::merkle::MAX_TREE_SIZE`] is taken and would not be read back.
    pub fn new(origin: &Origin, size: u64, root: Hash) -> Self {
        Self { origin: origin.as_str().to_owned(), size, root, extensions: Vec::new() }
    }

    /// Reads the text of a checkpoint, without signatures.
    ///
    /// # Errors
    /// See [`CheckpointError`]. Not checked: that the origin is an [`Origin`] (other logs have paths in theirs), and
    /// that an empty tree has the empty root.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let body = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?;
        let lines: Vec<&str> = body.split('\n').take(MAX_EXTENSION_LINES + 4).collect();
        if let Some(at) = lines.iter().position(|line| line.is_empty()) {
            return Err(CheckpointError::EmptyLine { line: at + 1 });
        }
        let [origin, size, root, extensions @ ..] = &lines[..] else { return Err(CheckpointError::Lines) };
        if extensions.len() > MAX_EXTENSION_LINES {
            return Err(CheckpointError::TooManyExtensions);
        }
        Ok(Self {
            origin: (*origin).to_owned(),
            size: decimal(size).filter(|size| *size <= MAX_TREE_SIZE).ok_or(CheckpointError::Size)?,
            root: root.parse().map_err(|_| CheckpointError::Root)?,
            extensions: extensions.iter().map(|&line| line.to_owned()).collect(),
        })
    }

    /// The log that speaks.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Entries of the tree.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hash over all of them.
    pub fn root(&self) -> &Hash {
        &self.root
    }

    /// Further lines, which mean nothing here.
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// The text that signatures cover.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, self.root);
        for line in &self.extensions {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{line}");
        }
        text
    }
}

impl SignedCheckpoint {
    /// Reads a note and the checkpoint that is its text.
    ///
    /// # Errors
    /// No note, or no checkpoint. Not checked: any signature.
    pub fn parse(bytes: &[u8]) -> Result<Self, CheckpointError> {
        Self::of_note(Note::parse(bytes)?)
    }

    /// Reads the checkpoint that is the text of a note.
    ///
    /// # Errors
    /// The text is no checkpoint.
    pub fn of_note(note: Note) -> Result<Self, CheckpointError> {
        let checkpoint = Checkpoint::parse(note.text())?;
        Ok(Self { note, checkpoint })
    }

    /// A checkpoint signed by its log, under its origin as the key's name (type 0x01).
    ///
    /// # Errors
    /// The text cannot be a note's: too long, or a control character in a line.
    pub fn sign(checkpoint: Checkpoint, name: &KeyName, key: &SigningKey) -> Result<Self, CheckpointError> {
        let text = checkpoint.to_text();
        let note = Note::unsigned(&text)?.with_signature(sign(name, key, &text))?;
        Ok(Self { note, checkpoint })
    }

    /// What the log says.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note with all signature lines.
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// The bytes of the note: exactly those it was read from.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.note.to_bytes()
    }

    /// With one more signature line; one of the same name and id is replaced.
    ///
    /// # Errors
    /// The note would have too many lines or too many bytes.
    pub fn with_signature(mut self, signature: NoteSignature) -> Result<Self, NoteError> {
        self.note = self.note.with_signature(signature)?;
        Ok(self)
    }

    /// With only those signature lines that `keep` says.
    #[must_use]
    pub fn only(mut self, keep: impl FnMut(&NoteSignature) -> bool) -> Self {
        self.note = self.note.only(keep);
        self
    }

    /// Verifies that the log whose key this is has signed the checkpoint, and that it speaks for itself.
    ///
    /// # Errors
    /// Another origin than the key's name, no line by the key, or one that does not verify.
    pub fn verify_log(&self, key: &VerifierKey) -> Result<(), LogSignatureError> {
        if key.name().as_str() != self.checkpoint.origin {
            return Err(LogSignatureError::OtherOrigin);
        }
        Ok(self.note.verify(key)?)
    }
}
