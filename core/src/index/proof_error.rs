//! Why an index proof is refused.

use std::fmt;

use thiserror::Error;

use super::withdrawn::WithdrawnError;
use crate::document::DocumentError;
use crate::entry::EntryError;
use crate::merkle::ProofBytesError;
use crate::trie::ProofError;

/// Why a document is no index proof, or does not show what is claimed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum IndexError {
    /// Not the document.
    #[error("the index proof is not readable: {0}")]
    Document(#[from] DocumentError),
    /// The entry of the map-head is none.
    #[error("the map-head's entry is not readable: {0}")]
    Entry(#[from] EntryError),
    /// The entry is of another kind.
    #[error("the entry that should be a map-head is of another kind")]
    NotMapHead,
    /// The path of the map-head has a length that no path has.
    #[error("the path of the map-head is not readable: {0}")]
    HeadPath(#[from] ProofBytesError),
    /// The withdrawn sequences are none.
    #[error(transparent)]
    Withdrawn(#[from] WithdrawnError),
    /// The bytes for a key are no proof, or it does not show what is claimed.
    #[error("the proof for the {of} fails: {error}")]
    Trie {
        /// Which key.
        of: KeyOf,
        /// Why.
        error: ProofError,
    },
    /// A proof goes deeper than 32-byte keys do, or has a neighbour with another length of key.
    #[error("the proof for the {of} is of another trie: its keys are not 32 bytes long")]
    KeyLength {
        /// Which key.
        of: KeyOf,
    },
    /// The index from which a proof is made has the value of a namespace under the key of a name, or the other way round.
    #[error("the index has a value of another kind for the {of}")]
    OtherValue {
        /// Which key.
        of: KeyOf,
    },
    /// The map-head is not the last entry of the tree that the checkpoint is of.
    #[error("the map-head is not the last entry under the checkpoint")]
    HeadNotLast,
    /// The map-head names a map-head before it that does not stand before it.
    #[error("the map-head at {index} names {previous} as the map-head before it")]
    HeadPrevious {
        /// Where it stands.
        index: u64,
        /// What it names.
        previous: u64,
    },
    /// The withdrawn sequences are not those of the name's value.
    #[error("the withdrawn sequences have another digest than the name's value says")]
    WithdrawnMismatch,
    /// The name's status says otherwise than the withdrawn sequences, or a sequence is withdrawn that was never released.
    #[error("the withdrawn sequences contradict the name's newest release")]
    WithdrawnContradiction,
    /// The newest release does not stand before the map-head.
    #[error("the newest release stands at {newest}, not before the map-head at {index}")]
    NewestAfterHead {
        /// Index of the newest release.
        newest: u64,
        /// Index of the map-head.
        index: u64,
    },
}

/// The two keys of an index proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOf {
    /// The name's.
    Name,
    /// The namespace's.
    Namespace,
}

impl KeyOf {
    /// The member of the document under which it stands.
    pub(super) const fn member(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Namespace => "namespace",
        }
    }
}

impl fmt::Display for KeyOf {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.member())
    }
}

impl IndexError {
    /// The name of the refusal in spec/index.md.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Document(error) => error.name(),
            Self::Entry(error) => error.name(),
            Self::NotMapHead => "NOT_MAP_HEAD",
            Self::HeadPath(_) => "HEAD_PATH",
            Self::Withdrawn(error) => error.name(),
            Self::Trie { error, .. } => error.name(),
            Self::KeyLength { .. } => "KEY_LENGTH",
            Self::OtherValue { .. } => "OTHER_VALUE",
            Self::HeadNotLast => "HEAD_NOT_LAST",
            Self::HeadPrevious { .. } => "HEAD_PREVIOUS",
            Self::WithdrawnMismatch => "WITHDRAWN_MISMATCH",
            Self::WithdrawnContradiction => "WITHDRAWN_CONTRADICTION",
            Self::NewestAfterHead { .. } => "NEWEST_AFTER_HEAD",
        }
    }
}
