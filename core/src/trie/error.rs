//! Why a proof is refused.

use thiserror::Error;

/// Why bytes are no proof, or a proof does not show what is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProofError {
    /// The bytes end inside a number, a key, a value or a hash.
    #[error("the proof ends in the middle of a part")]
    Truncated,
    /// A number has a longer form than it needs.
    #[error("a number of the proof is not in its shortest form")]
    VarintNotMinimal,
    /// A number is larger than any that can stand here.
    #[error("a number of the proof is larger than any that can stand there")]
    VarintTooLarge,
    /// The neighbour's key is longer than [`MAX_KEY_BYTES`](super::MAX_KEY_BYTES).
    #[error("a key of {bytes} bytes is too long")]
    KeyTooLong {
        /// Its length.
        bytes: usize,
    },
    /// The neighbour's value is longer than [`MAX_VALUE_BYTES`](super::MAX_VALUE_BYTES).
    #[error("a value of {bytes} bytes is too long")]
    ValueTooLong {
        /// Its length.
        bytes: usize,
    },
    /// A step's position lies beyond [`MAX_BIT`](super::MAX_BIT).
    #[error("bit {bit} is beyond every key")]
    BitTooLarge {
        /// The position.
        bit: u16,
    },
    /// The positions do not fall from the leaf to the root.
    #[error("bit {bit} follows bit {before}, but positions fall from the leaf to the root")]
    BitsNotFalling {
        /// The position before.
        before: u16,
        /// The one that is not below it.
        bit: u16,
    },
    /// The path does not lead to the root.
    #[error("the path leads to another root")]
    RootMismatch,
    /// An empty proof of absence, under a root that is not the empty trie's.
    #[error("an empty proof shows absence in the empty trie only")]
    NotEmpty,
    /// The neighbour is the very key that is said to be absent.
    #[error("the key that is said to be absent is there")]
    KeyPresent,
    /// The neighbour is not where a lookup of the key ends.
    #[error("a lookup of the key leaves the path at bit {bit}")]
    OffPath {
        /// The first such position, counted from the leaf.
        bit: u16,
    },
}

impl ProofError {
    /// The name of the refusal in spec/trie.md.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Truncated => "TRUNCATED",
            Self::VarintNotMinimal => "VARINT_NOT_MINIMAL",
            Self::VarintTooLarge => "VARINT_TOO_LARGE",
            Self::KeyTooLong { .. } => "KEY_TOO_LONG",
            Self::ValueTooLong { .. } => "VALUE_TOO_LONG",
            Self::BitTooLarge { .. } => "BIT_TOO_LARGE",
            Self::BitsNotFalling { .. } => "BITS_NOT_FALLING",
            Self::RootMismatch => "ROOT_MISMATCH",
            Self::NotEmpty => "NOT_EMPTY",
            Self::KeyPresent => "KEY_PRESENT",
            Self::OffPath { .. } => "OFF_PATH",
        }
    }
}

/// A key stands twice among the entries of which a trie is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a key stands twice")]
pub struct DuplicateKey;
