//! Hashes of the tree, RFC 6962 section 2.1: a leaf and a node are hashed apart, so neither can pass for the other.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// Bytes of a hash.
pub const HASH_BYTES: usize = 32;

/// A hash of the tree: SHA-256 over a leaf, over two hashes, or over nothing. Written in base64 with padding.
///
/// The type does not tell a leaf from a node: whoever names a leaf must compute it by [`leaf_hash`] from the entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; HASH_BYTES]);

/// The root of the tree without leaves: SHA-256 of nothing.
pub const EMPTY_ROOT: Hash = Hash([
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

/// SHA-256(0x00 ‖ entry).
pub fn leaf_hash(entry: &[u8]) -> Hash {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(entry);
    Hash(hash.finalize().into())
}

/// SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [1; 1 + 2 * HASH_BYTES];
    bytes[1..=HASH_BYTES].copy_from_slice(&left.0);
    bytes[1 + HASH_BYTES..].copy_from_slice(&right.0);
    Hash(Sha256::digest(bytes).into())
}

impl Hash {
    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; HASH_BYTES] {
        &self.0
    }

    /// A hash computed or stored elsewhere.
    pub const fn from_bytes(bytes: [u8; HASH_BYTES]) -> Self {
        Self(bytes)
    }

    /// Hashes that stand one after the other; the length must be checked before.
    pub(super) fn many(bytes: &[u8]) -> Vec<Self> {
        let (chunks, _) = bytes.as_chunks::<HASH_BYTES>();
        chunks.iter().copied().map(Self).collect()
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// Why a text is no hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashTextError {
    /// Not 44 bytes long, which 32 bytes in padded base64 are.
    #[error("a hash is written in 44 characters, not in {found_bytes}")]
    Length {
        /// Bytes of the text.
        found_bytes: usize,
    },
    /// Not the one standard base64 form of 32 bytes: another alphabet, no padding, or stray bits.
    #[error("a hash is written in standard base64 with padding")]
    Base64,
}

impl FromStr for Hash {
    type Err = HashTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 44 {
            return Err(HashTextError::Length { found_bytes: text.len() });
        }
        let bytes = STANDARD.decode(text).map_err(|_| HashTextError::Base64)?;
        bytes.try_into().map(Self).map_err(|_| HashTextError::Base64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_root_is_the_hash_of_nothing() {
        assert_eq!(EMPTY_ROOT.0, <[u8; 32]>::from(Sha256::digest([])));
    }

    /// A leaf whose entry is the bytes of a node must not have the node's hash, and the other way round.
    #[test]
    fn a_leaf_cannot_pass_for_a_node() {
        let (left, right) = (leaf_hash(b"left"), leaf_hash(b"right"));
        let both = [left.0, right.0].concat();
        assert_ne!(leaf_hash(&both), node_hash(&left, &right));
        assert_eq!(node_hash(&left, &right).0, <[u8; 32]>::from(Sha256::digest([&[1][..], &both].concat())));
        assert_ne!(node_hash(&left, &right), node_hash(&right, &left));
    }

    #[test]
    fn reads_only_what_it_writes() {
        let hash = leaf_hash(b"");
        let text = hash.to_string();
        assert_eq!(text, "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=");
        assert_eq!(text.parse(), Ok(hash));
        assert_eq!(text[..43].parse::<Hash>(), Err(HashTextError::Length { found_bytes: 43 }));
        for bad in [text.replace('+', "-"), text.replace("0=", "1="), format!("{}==", &text[..42])] {
            assert_eq!(bad.parse::<Hash>(), Err(HashTextError::Base64), "{bad}");
        }
    }
}
