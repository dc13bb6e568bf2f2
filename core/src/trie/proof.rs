//! Proofs: the path from a leaf to the root, and what it shows.

use super::bits::bit;
use super::hash::{EMPTY_ROOT, leaf_hash, node_hash, push_bytes};
use super::{MAX_BIT, MAX_KEY_BYTES, MAX_VALUE_BYTES, ProofError, varint};
use crate::merkle::Hash;

/// One step of a path: an inner node, seen from the side of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The bit in which the keys below the node first differ.
    pub bit: u16,
    /// The hash of the child on the other side.
    pub sibling: Hash,
}

/// The steps from a leaf to the root; positions fall. With a key and its value it proves that the key is present.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Path(Vec<Step>);

/// The leaf at which a lookup ends, and its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    key: Vec<u8>,
    value: Vec<u8>,
    path: Path,
}

/// A proof that a key is absent: the neighbour that stands where a lookup of the key ends, or `None` in the empty trie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence(Option<Neighbour>);

impl Path {
    /// The steps, from the leaf to the root.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Checks that `key` has `value` in the trie of that root. The path belongs to one key; another key of the same
    /// value has another path.
    ///
    /// # Errors
    /// [`ProofError::RootMismatch`]; [`ProofError::KeyTooLong`] and [`ProofError::ValueTooLong`] for what no trie holds.
    pub fn verify(&self, key: &[u8], value: &[u8], root: &Hash) -> Result<(), ProofError> {
        check_lengths(key.len(), value.len())?;
        if self.root(key, leaf_hash(key, value)) == *root { Ok(()) } else { Err(ProofError::RootMismatch) }
    }

    /// Reads `varint(bit) ‖ hash`, again and again, to the end of the bytes.
    ///
    /// # Errors
    /// A [`ProofError`]: the form, or positions that do not fall.
    pub fn parse(mut bytes: &[u8]) -> Result<Self, ProofError> {
        let mut steps: Vec<Step> = Vec::new();
        while !bytes.is_empty() {
            let bit = varint::take(&mut bytes)?;
            if bit > MAX_BIT {
                return Err(ProofError::BitTooLarge { bit });
            }
            if let Some(before) = steps.last().map(|step| step.bit).filter(|&before| before <= bit) {
                return Err(ProofError::BitsNotFalling { before, bit });
            }
            let (hash, rest) = bytes.split_first_chunk().ok_or(ProofError::Truncated)?;
            steps.push(Step { bit, sibling: Hash::from_bytes(*hash) });
            bytes = rest;
        }
        Ok(Self(steps))
    }

    /// The bytes that [`Path::parse`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * 34);
        self.write(&mut bytes);
        bytes
    }

    /// From steps whose positions fall, which the trie guarantees.
    pub(super) fn new(steps: Vec<Step>) -> Self {
        Self(steps)
    }

    fn write(&self, out: &mut Vec<u8>) {
        for step in &self.0 {
            varint::push(out, step.bit);
            out.extend_from_slice(step.sibling.as_bytes());
        }
    }

    fn root(&self, key: &[u8], leaf: Hash) -> Hash {
        self.0.iter().fold(leaf, |below, step| match bit(key, step.bit) {
            false => node_hash(step.bit, &below, &step.sibling),
            true => node_hash(step.bit, &step.sibling, &below),
        })
    }
}

impl Neighbour {
    /// The key that is there.
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// Its value.
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// The steps from it to the root.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Absence {
    /// The neighbour; `None` in the empty trie.
    pub fn neighbour(&self) -> Option<&Neighbour> {
        self.0.as_ref()
    }

    /// Checks that `key` is absent from the trie of that root.
    ///
    /// # Errors
    /// A [`ProofError`]: the key is there, or the neighbour is not the leaf at which a lookup of the key ends, or the
    /// path leads elsewhere.
    pub fn verify(&self, key: &[u8], root: &Hash) -> Result<(), ProofError> {
        let Some(neighbour) = &self.0 else {
            return if *root == EMPTY_ROOT { Ok(()) } else { Err(ProofError::NotEmpty) };
        };
        check_lengths(key.len(), 0)?;
        if neighbour.key == key {
            return Err(ProofError::KeyPresent);
        }
        let on_path = |step: &&Step| bit(key, step.bit) != bit(&neighbour.key, step.bit);
        if let Some(step) = neighbour.path.0.iter().find(on_path) {
            return Err(ProofError::OffPath { bit: step.bit });
        }
        neighbour.path.verify(&neighbour.key, &neighbour.value, root)
    }

    /// Reads nothing, or `varint ‖ key ‖ varint ‖ value ‖ path`.
    ///
    /// # Errors
    /// A [`ProofError`]: the form, a limit, or positions that do not fall.
    pub fn parse(mut bytes: &[u8]) -> Result<Self, ProofError> {
        if bytes.is_empty() {
            return Ok(Self(None));
        }
        let key = take_bytes(&mut bytes, MAX_KEY_BYTES, |bytes| ProofError::KeyTooLong { bytes })?;
        let value = take_bytes(&mut bytes, MAX_VALUE_BYTES, |bytes| ProofError::ValueTooLong { bytes })?;
        Ok(Self(Some(Neighbour { key, value, path: Path::parse(bytes)? })))
    }

    /// The bytes that [`Absence::parse`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if let Some(neighbour) = &self.0 {
            push_bytes(&mut bytes, &neighbour.key);
            push_bytes(&mut bytes, &neighbour.value);
            neighbour.path.write(&mut bytes);
        }
        bytes
    }

    /// In the empty trie.
    pub(super) const fn in_empty_trie() -> Self {
        Self(None)
    }

    /// Beside a leaf of the trie.
    pub(super) fn beside(key: &[u8], value: Vec<u8>, path: Path) -> Self {
        Self(Some(Neighbour { key: key.to_vec(), value, path }))
    }
}

fn check_lengths(key_bytes: usize, value_bytes: usize) -> Result<(), ProofError> {
    if key_bytes > MAX_KEY_BYTES {
        return Err(ProofError::KeyTooLong { bytes: key_bytes });
    }
    if value_bytes > MAX_VALUE_BYTES {
        return Err(ProofError::ValueTooLong { bytes: value_bytes });
    }
    Ok(())
}

/// A length within its limit, and that many bytes.
fn take_bytes(
    bytes: &mut &[u8],
    max: usize,
    too_long: impl FnOnce(usize) -> ProofError,
) -> Result<Vec<u8>, ProofError> {
    let length = usize::from(varint::take(bytes)?);
    if length > max {
        return Err(too_long(length));
    }
    let (taken, rest) = bytes.split_at_checked(length).ok_or(ProofError::Truncated)?;
    *bytes = rest;
    Ok(taken.to_vec())
}
