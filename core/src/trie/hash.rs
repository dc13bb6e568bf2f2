//! The three hashes of a trie.

use sha2::{Digest as _, Sha256};

use super::varint;
use crate::merkle::Hash;

/// The root of the trie without keys: SHA-256 of nothing.
pub const EMPTY_ROOT: Hash = crate::merkle::EMPTY_ROOT;

/// A leaf: SHA-256(0x00 ‖ varint(bytes of key) ‖ key ‖ varint(bytes of value) ‖ value).
///
/// # Panics
/// If the key or the value is longer than the limits of this module allow: callers have checked, or own the type.
pub fn leaf_hash(key: &[u8], value: &[u8]) -> Hash {
    assert!(key.len() <= super::MAX_KEY_BYTES, "a key of {} bytes", key.len());
    assert!(value.len() <= super::MAX_VALUE_BYTES, "a value of {} bytes", value.len());
    let mut bytes = Vec::with_capacity(key.len() + value.len() + 7);
    bytes.push(0x00);
    push_bytes(&mut bytes, key);
    push_bytes(&mut bytes, value);
    Hash::from_bytes(Sha256::digest(&bytes).into())
}

/// An inner node: SHA-256(0x01 ‖ varint(bit) ‖ left ‖ right), where `bit` is the first one in which the keys below differ
/// and those on the left have it clear.
pub fn node_hash(bit: u16, left: &Hash, right: &Hash) -> Hash {
    let mut bytes = Vec::with_capacity(68);
    bytes.push(0x01);
    varint::push(&mut bytes, bit);
    bytes.extend_from_slice(left.as_bytes());
    bytes.extend_from_slice(right.as_bytes());
    Hash::from_bytes(Sha256::digest(&bytes).into())
}

/// A length and that many bytes; lengths are at most 1,024.
pub(super) fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    varint::push(out, bytes.len() as u16);
    out.extend_from_slice(bytes);
}
