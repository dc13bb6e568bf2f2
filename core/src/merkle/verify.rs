//! Verifying inclusion and consistency, as RFC 9162 sections 2.1.3.2 and 2.1.4.2 do. How many hashes a proof must have
//! follows from the sizes alone and is checked before the first hash is computed.

use super::hash::{EMPTY_ROOT, Hash, node_hash};
use super::position::MAX_TREE_SIZE;
use super::proof::{ConsistencyProof, InclusionPath};

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// A size above [`MAX_TREE_SIZE`].
    #[error("a tree of {size} leaves is larger than any log")]
    SizeTooLarge {
        /// The size claimed.
        size: u64,
    },
    /// The tree has no leaf of this index.
    #[error("a tree of {size} leaves has no leaf {index}")]
    IndexOutOfTree {
        /// The index claimed.
        index: u64,
        /// The size claimed.
        size: u64,
    },
    /// The older tree is larger than the newer one.
    #[error("the older tree has {old_size} leaves, the newer one {new_size}")]
    OldLargerThanNew {
        /// The older size claimed.
        old_size: u64,
        /// The newer size claimed.
        new_size: u64,
    },
    /// The older tree is empty and the newer one is not: every tree follows, so a proof would prove nothing.
    #[error("every tree follows the empty one; there is nothing to prove")]
    OldIsEmpty,
    /// The proof has more or fewer hashes than these sizes need.
    #[error("a proof of {found} hashes, where these sizes need {expected}")]
    WrongLength {
        /// Hashes needed.
        expected: usize,
        /// Hashes found.
        found: usize,
    },
    /// The leaf and the path lead to another root.
    #[error("the path leads to another root")]
    RootMismatch,
    /// A tree of size 0 was claimed with another root than that of nothing.
    #[error("the root of an empty tree is the hash of nothing")]
    NotTheEmptyRoot,
    /// Two trees of one size have different roots: if both are signed, the log has forked.
    #[error("two trees of one size have different roots")]
    SameSizeOtherRoot,
    /// The proof leads to another older root.
    #[error("the proof leads to another older root")]
    OldRootMismatch,
    /// The proof leads to another newer root.
    #[error("the proof leads to another newer root")]
    NewRootMismatch,
}

/// The root to which a leaf hash and its path lead. Compare it with a root that somebody answers for.
///
/// `leaf` must come from [`super::leaf_hash`] over the entry itself: a hash taken from the proof's sender could be a
/// node's.
///
/// # Errors
/// A size or index out of range, or a path whose length is not the one that they need.
pub fn root_of_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    path: &InclusionPath,
) -> Result<Hash, ProofError> {
    check_size(size)?;
    if index >= size {
        return Err(ProofError::IndexOutOfTree { index, size });
    }
    let way = Way::new(0, index, size);
    check_length(way.hashes(), path.hashes().len())?;
    Ok(way.climb(leaf, path.hashes()))
}

/// Verifies that the tree of this size and root has this leaf at this index.
///
/// # Errors
/// Those of [`root_of_inclusion`], and [`ProofError::RootMismatch`].
pub fn verify_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    path: &InclusionPath,
    root: &Hash,
) -> Result<(), ProofError> {
    let found = root_of_inclusion(leaf, index, size, path)?;
    if found == *root { Ok(()) } else { Err(ProofError::RootMismatch) }
}

/// Verifies that the newer tree begins with all leaves of the older one.
///
/// Trees of one size need an empty proof and one root. An older tree of size 0 under a larger one is refused
/// ([`ProofError::OldIsEmpty`]): a caller for whom that is fine decides so before it asks.
///
/// # Errors
/// One variant for each reason.
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    new_size: u64,
    new_root: &Hash,
    proof: &ConsistencyProof,
) -> Result<(), ProofError> {
    let hashes = proof.hashes();
    check_size(new_size)?;
    if old_size > new_size {
        return Err(ProofError::OldLargerThanNew { old_size, new_size });
    }
    if (old_size == 0 && *old_root != EMPTY_ROOT) || (new_size == 0 && *new_root != EMPTY_ROOT) {
        return Err(ProofError::NotTheEmptyRoot);
    }
    if old_size == new_size {
        check_length(0, hashes.len())?;
        return if old_root == new_root { Ok(()) } else { Err(ProofError::SameSizeOtherRoot) };
    }
    if old_size == 0 {
        return Err(ProofError::OldIsEmpty);
    }
    // The older tree's last whole subtree is the start of both ways up. If it is the whole older tree, its hash is the
    // older root and the proof leaves it out.
    let level = old_size.trailing_zeros() as u8;
    let way = Way::new(level, (old_size - 1) >> level, new_size);
    let is_whole = old_size.is_power_of_two();
    check_length(way.hashes() + usize::from(!is_whole), hashes.len())?;
    let (start, rest) = match hashes.split_first() {
        Some((first, rest)) if !is_whole => (*first, rest),
        _ => (*old_root, hashes),
    };
    if way.climb_left(start, rest) != *old_root {
        return Err(ProofError::OldRootMismatch);
    }
    if way.climb(start, rest) != *new_root {
        return Err(ProofError::NewRootMismatch);
    }
    Ok(())
}

/// The way from a whole subtree to the root of a tree that has it: first `inner` steps at which the sibling may stand
/// on either side, then, on the tree's right edge, one step for each subtree to the left.
pub(super) struct Way {
    /// Number of the subtree in its level.
    index: u64,
    /// Steps until the way meets the right edge.
    pub(super) inner: u32,
    /// Steps after that.
    border: u32,
}

impl Way {
    /// `index << level` must be inside of the tree.
    pub(super) fn new(level: u8, index: u64, size: u64) -> Self {
        let last = (size - 1) >> level;
        let inner = u64::BITS - (index ^ last).leading_zeros();
        // A shift by all 64 bits cannot happen: sizes stay below 2^63.
        Self { index, inner, border: (index >> inner).count_ones() }
    }

    fn hashes(&self) -> usize {
        (self.inner + self.border) as usize
    }

    /// The hash of the whole tree. `hashes` must be [`Way::hashes`] long.
    fn climb(&self, start: Hash, hashes: &[Hash]) -> Hash {
        hashes.iter().enumerate().fold(start, |below, (step, sibling)| {
            if self.sibling_is_left(step) { node_hash(sibling, &below) } else { node_hash(&below, sibling) }
        })
    }

    /// The hash of the tree that ends with the subtree: only what stands to the left.
    fn climb_left(&self, start: Hash, hashes: &[Hash]) -> Hash {
        let left = hashes.iter().enumerate().filter(|(step, _)| self.sibling_is_left(*step));
        left.fold(start, |below, (_, sibling)| node_hash(sibling, &below))
    }

    fn sibling_is_left(&self, step: usize) -> bool {
        step >= self.inner as usize || self.index >> step & 1 == 1
    }
}

fn check_size(size: u64) -> Result<(), ProofError> {
    if size > MAX_TREE_SIZE { Err(ProofError::SizeTooLarge { size }) } else { Ok(()) }
}

fn check_length(expected: usize, found: usize) -> Result<(), ProofError> {
    if expected == found { Ok(()) } else { Err(ProofError::WrongLength { expected, found }) }
}
