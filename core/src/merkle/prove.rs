//! Making proofs, and roots, from the stored hashes of whole subtrees.

use super::hash::{EMPTY_ROOT, Hash, node_hash};
use super::position::{MAX_TREE_SIZE, TreePosition, parts};
use super::proof::{ConsistencyProof, InclusionPath};
use super::verify::Way;

/// Where the hashes of whole subtrees come from: tiles, a database, or memory.
///
/// What it answers is believed: [`super::TileTree`] is one that checks first.
pub trait HashReader {
    /// Why hashes could not be read.
    type Error;

    /// The hashes at these positions, in this order; all are inside of the tree that the caller named. At most
    /// 128 positions are asked for at once by the functions here.
    ///
    /// # Errors
    /// What the implementation says; a missing hash is an error, never a made-up value.
    fn hashes(&self, wanted: &[TreePosition]) -> Result<Vec<Hash>, Self::Error>;
}

/// Why there is no proof or root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProveError<E> {
    /// A size above [`MAX_TREE_SIZE`].
    #[error("a tree of {size} leaves is larger than any log")]
    SizeTooLarge {
        /// The size asked for.
        size: u64,
    },
    /// The tree has no leaf of this index.
    #[error("a tree of {size} leaves has no leaf {index}")]
    IndexOutOfTree {
        /// The index asked for.
        index: u64,
        /// The size asked for.
        size: u64,
    },
    /// The older tree is larger than the newer one.
    #[error("the older tree has {old_size} leaves, the newer one {new_size}")]
    OldLargerThanNew {
        /// The older size asked for.
        old_size: u64,
        /// The newer size asked for.
        new_size: u64,
    },
    /// Every tree follows the empty one; no proof exists.
    #[error("every tree follows the empty one; there is nothing to prove")]
    OldIsEmpty,
    /// The reader answered with another number of hashes than it was asked for.
    #[error("asked for {wanted} hashes, got {found}")]
    WrongCount {
        /// Hashes asked for.
        wanted: usize,
        /// Hashes answered.
        found: usize,
    },
    /// The reader failed.
    #[error(transparent)]
    Read(#[from] E),
}

/// The root of the tree of the first `size` leaves; [`EMPTY_ROOT`] for none.
///
/// # Errors
/// A size out of range, or the reader's error.
pub fn root<R: HashReader>(reader: &R, size: u64) -> Result<Hash, ProveError<R::Error>> {
    check_size(size)?;
    if size == 0 {
        return Ok(EMPTY_ROOT);
    }
    Ok(read_ranges(reader, &[parts(0, size)])?[0])
}

/// The path by which anybody can check that leaf `index` is in the tree of the first `size` leaves.
///
/// # Errors
/// A size or index out of range, or the reader's error.
pub fn prove_inclusion<R: HashReader>(
    reader: &R,
    size: u64,
    index: u64,
) -> Result<InclusionPath, ProveError<R::Error>> {
    check_size(size)?;
    if index >= size {
        return Err(ProveError::IndexOutOfTree { index, size });
    }
    read_ranges(reader, &siblings(0, index, size)).map(InclusionPath::of_tree)
}

/// The proof by which anybody can check that the tree of `new_size` leaves begins with that of `old_size`. It is empty
/// if the sizes are equal.
///
/// # Errors
/// Sizes out of range or order, an older tree without leaves, or the reader's error.
pub fn prove_consistency<R: HashReader>(
    reader: &R,
    old_size: u64,
    new_size: u64,
) -> Result<ConsistencyProof, ProveError<R::Error>> {
    check_size(new_size)?;
    if old_size > new_size {
        return Err(ProveError::OldLargerThanNew { old_size, new_size });
    }
    if old_size == new_size {
        return Ok(ConsistencyProof::default());
    }
    if old_size == 0 {
        return Err(ProveError::OldIsEmpty);
    }
    let level = old_size.trailing_zeros() as u8;
    let index = (old_size - 1) >> level;
    let mut ranges = siblings(level, index, new_size);
    if !old_size.is_power_of_two() {
        ranges.insert(0, vec![TreePosition::inside(level, index)]);
    }
    read_ranges(reader, &ranges).map(ConsistencyProof::of_tree)
}

/// For each step from a whole subtree to the root, the whole subtrees of which the sibling is made.
fn siblings(level: u8, index: u64, size: u64) -> Vec<Vec<TreePosition>> {
    let inner = Way::new(level, index, size).inner;
    let mut ranges = Vec::new();
    // No way has more steps than the index or the last leaf has bits.
    for step in 0..63 - u32::from(level) {
        let at = level + step as u8;
        let sibling = (index >> step) ^ 1;
        if step < inner {
            // Only the topmost inner sibling can be cut off by the end of the tree.
            let first = sibling << at;
            ranges.push(parts(first, size.min(first + (1 << at))));
        } else if index >> step & 1 == 1 {
            ranges.push(vec![TreePosition::inside(at, sibling)]);
        }
    }
    ranges
}

/// The hash of each range, asking the reader once.
fn read_ranges<R: HashReader>(
    reader: &R,
    ranges: &[Vec<TreePosition>],
) -> Result<Vec<Hash>, ProveError<R::Error>> {
    let wanted = ranges.concat();
    let found = reader.hashes(&wanted)?;
    if found.len() != wanted.len() {
        return Err(ProveError::WrongCount { wanted: wanted.len(), found: found.len() });
    }
    let mut rest = found.as_slice();
    let mut hashes = Vec::with_capacity(ranges.len());
    for range in ranges {
        let (these, later) = rest.split_at(range.len());
        hashes.push(fold_right(these));
        rest = later;
    }
    Ok(hashes)
}

/// The hash of a range from those of its whole subtrees, left to right.
pub(super) fn fold_right(parts: &[Hash]) -> Hash {
    match parts.split_last() {
        Some((last, before)) => before.iter().rev().fold(*last, |right, left| node_hash(left, &right)),
        None => EMPTY_ROOT,
    }
}

fn check_size<E>(size: u64) -> Result<(), ProveError<E>> {
    if size > MAX_TREE_SIZE { Err(ProveError::SizeTooLarge { size }) } else { Ok(()) }
}
