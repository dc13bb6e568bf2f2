//! A Merkle-Patricia trie: a map from keys to values with one hash, and short proofs that a key has a value or is absent.
//!
//! Source: `spec/trie.md`, the encoding of Torchwood's `mpt`. A trie is *persistent*: [`Trie::with`] gives a new one that
//! shares all but one path with the old one, so that proofs can be given under an older root while a newer one is built.
//! Its shape depends on the set of keys alone, never on their history.
//!
//! What a proof does **not** show: that whoever made the root put the right values in. For that the map is replayed.

mod bits;
mod build;
mod error;
mod hash;
mod proof;
mod tree;
mod varint;

pub use error::{DuplicateKey, ProofError};
pub use hash::{EMPTY_ROOT, leaf_hash, node_hash};
pub use proof::{Absence, Neighbour, Path, Step};
pub use tree::{Answer, Trie, TrieValue};

/// Bytes of a key, at most.
pub const MAX_KEY_BYTES: usize = 1024;
/// Bytes of a value, at most.
pub const MAX_VALUE_BYTES: usize = 1024;
/// The largest position of a bit in which two keys can first differ: the first one after the longest key.
pub const MAX_BIT: u16 = 8 * MAX_KEY_BYTES as u16;
