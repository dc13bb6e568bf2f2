//! The right edge of a growing tree: all that is needed to append to it and to know its root.

use super::hash::{HASH_BYTES, Hash, node_hash};
use super::position::{MAX_TREE_SIZE, TreePosition, parts};
use super::prove::{HashReader, ProveError, fold_right};

/// The size of a tree and the hashes of its whole subtrees from left to right: one for each binary digit 1 of the
/// size, so at most 63.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Hash>,
}

/// Why bytes are no frontier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrontierError {
    /// Too short for a size.
    #[error("{found_bytes} bytes hold no size")]
    Short {
        /// Bytes found.
        found_bytes: usize,
    },
    /// A size above [`MAX_TREE_SIZE`].
    #[error("a tree of {size} leaves is larger than any log")]
    SizeTooLarge {
        /// The size found.
        size: u64,
    },
    /// Not as many hashes as the size has binary digits 1.
    #[error("a tree of {size} leaves needs {expected} bytes of hashes, found {found}")]
    Length {
        /// The size found.
        size: u64,
        /// Bytes that it needs.
        expected: usize,
        /// Bytes found after the size.
        found: usize,
    },
}

impl Frontier {
    /// The edge of the empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves in the tree.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root; [`super::EMPTY_ROOT`] without leaves. Costs one hash for each subtree but the last.
    pub fn root(&self) -> Hash {
        fold_right(&self.subtrees)
    }

    /// Appends a leaf hash and gives every subtree that became whole, the leaf first: exactly what is new in storage.
    pub fn push(&mut self, leaf: Hash) -> Vec<(TreePosition, Hash)> {
        let whole = self.size.trailing_ones();
        let mut completed = Vec::with_capacity(whole as usize + 1);
        let (mut hash, mut at) = (leaf, TreePosition::inside(0, self.size));
        completed.push((at, hash));
        for _ in 0..whole {
            let Some(left) = self.subtrees.pop() else { break };
            hash = node_hash(&left, &hash);
            at = TreePosition::inside(at.level() + 1, at.index() >> 1);
            completed.push((at, hash));
        }
        self.subtrees.push(hash);
        self.size += 1;
        completed
    }

    /// The positions of the subtrees, in the order of their hashes.
    pub fn positions(size: u64) -> Vec<TreePosition> {
        parts(0, size.min(MAX_TREE_SIZE))
    }

    /// Reads the edge of the tree of the first `size` leaves from stored hashes. Whether its root is the expected one
    /// is not checked.
    ///
    /// # Errors
    /// A size out of range, or the reader's error.
    pub fn read<R: HashReader>(reader: &R, size: u64) -> Result<Self, ProveError<R::Error>> {
        if size > MAX_TREE_SIZE {
            return Err(ProveError::SizeTooLarge { size });
        }
        let wanted = Self::positions(size);
        let subtrees = reader.hashes(&wanted)?;
        if subtrees.len() != wanted.len() {
            return Err(ProveError::WrongCount { wanted: wanted.len(), found: subtrees.len() });
        }
        Ok(Self { size, subtrees })
    }

    /// The size as 8 bytes, most significant first, then the hashes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        bytes.extend(self.subtrees.iter().flat_map(|hash| *hash.as_bytes()));
        bytes
    }

    /// Reads what [`Frontier::to_bytes`] wrote. Whether the root is the expected one is not checked.
    ///
    /// # Errors
    /// One variant for each reason.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FrontierError> {
        let Some((size, hashes)) = bytes.split_first_chunk::<8>() else {
            return Err(FrontierError::Short { found_bytes: bytes.len() });
        };
        let size = u64::from_be_bytes(*size);
        if size > MAX_TREE_SIZE {
            return Err(FrontierError::SizeTooLarge { size });
        }
        let expected = size.count_ones() as usize * HASH_BYTES;
        if hashes.len() != expected {
            return Err(FrontierError::Length { size, expected, found: hashes.len() });
        }
        Ok(Self { size, subtrees: Hash::many(hashes) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::hash::{EMPTY_ROOT, leaf_hash};
    use super::*;

    #[test]
    fn a_frontier_is_read_back_and_nothing_else_is() {
        let mut frontier = Frontier::new();
        assert_eq!(frontier.root(), EMPTY_ROOT);
        assert_eq!(Frontier::from_bytes(&frontier.to_bytes()), Ok(frontier.clone()));
        for leaf in 0..11_u8 {
            let completed = frontier.push(leaf_hash(&[leaf]));
            assert_eq!(completed[0], (TreePosition::leaf(u64::from(leaf)).unwrap(), leaf_hash(&[leaf])));
            assert_eq!(completed.len(), (leaf + 1).trailing_zeros() as usize + 1);
        }
        let bytes = frontier.to_bytes();
        assert_eq!(bytes.len(), 8 + 3 * HASH_BYTES);
        assert_eq!(Frontier::from_bytes(&bytes), Ok(frontier));
        assert_eq!(Frontier::from_bytes(&bytes[..7]), Err(FrontierError::Short { found_bytes: 7 }));
        let expected = FrontierError::Length { size: 11, expected: 96, found: 95 };
        assert_eq!(Frontier::from_bytes(&bytes[..bytes.len() - 1]), Err(expected));
        let large = (MAX_TREE_SIZE + 1).to_be_bytes();
        assert_eq!(
            Frontier::from_bytes(&large),
            Err(FrontierError::SizeTooLarge { size: MAX_TREE_SIZE + 1 })
        );
    }
}
