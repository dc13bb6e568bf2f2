//! Where a whole subtree stands in the tree, and of which whole subtrees a range of leaves is made.

/// The largest size of a tree, in leaves: with one more, a proof could be longer than 63 hashes.
pub const MAX_TREE_SIZE: u64 = (1 << 63) - 1;

/// A whole (perfect) subtree: at level `l` it covers the 2^l leaves from `index << l` on. A leaf is at level 0.
///
/// The hash at a position never changes once all its leaves are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreePosition {
    level: u8,
    index: u64,
}

impl TreePosition {
    /// The subtree number `index` of `level`, if a tree of at most [`MAX_TREE_SIZE`] leaves can have it.
    pub const fn new(level: u8, index: u64) -> Option<Self> {
        // The end of the range, (index + 1) << level, must not pass the largest size.
        if level > 62 || index >= MAX_TREE_SIZE >> level {
            return None;
        }
        Some(Self { level, index })
    }

    /// The leaf of an index.
    pub const fn leaf(index: u64) -> Option<Self> {
        Self::new(0, index)
    }

    /// The level: 0 for leaves.
    pub const fn level(self) -> u8 {
        self.level
    }

    /// The number of the subtree in its level, from the left.
    pub const fn index(self) -> u64 {
        self.index
    }

    /// The first leaf that it covers.
    pub const fn first_leaf(self) -> u64 {
        self.index << self.level
    }

    /// The leaf after the last that it covers; the smallest size of a tree that has this subtree whole.
    pub const fn end(self) -> u64 {
        (self.index + 1) << self.level
    }

    /// Without the check of [`TreePosition::new`]: for positions inside of a tree whose size was checked.
    pub(super) const fn inside(level: u8, index: u64) -> Self {
        Self { level, index }
    }
}

/// The whole subtrees of which the leaves `first..end` are made, from left to right: RFC 6962 splits a range at the
/// largest power of two, so folding them from the right gives its hash.
///
/// `first` must be a multiple of the largest power of two below `end - first`, as every part of a tree is.
pub(super) fn parts(first: u64, end: u64) -> Vec<TreePosition> {
    let mut parts = Vec::new();
    let mut at = first;
    while at < end {
        let level = 63 - (end - at).leading_zeros() as u8;
        parts.push(TreePosition::inside(level, at >> level));
        at += 1 << level;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_end_at_the_largest_size() {
        assert_eq!(TreePosition::leaf(MAX_TREE_SIZE - 1).map(TreePosition::end), Some(MAX_TREE_SIZE));
        assert_eq!(TreePosition::leaf(MAX_TREE_SIZE), None);
        assert_eq!(TreePosition::new(62, 0).map(TreePosition::end), Some(1 << 62));
        assert_eq!(TreePosition::new(62, 1), None);
        assert_eq!(TreePosition::new(63, 0), None);
        assert_eq!(TreePosition::new(200, 0), None);
    }

    #[test]
    fn a_range_is_made_of_its_binary_digits() {
        let parts = |first, end| parts(first, end).iter().map(|p| (p.level, p.index)).collect::<Vec<_>>();
        assert_eq!(parts(0, 0), []);
        assert_eq!(parts(0, 7), [(2, 0), (1, 2), (0, 6)]);
        assert_eq!(parts(4, 7), [(1, 2), (0, 6)]);
        assert_eq!(parts(0, MAX_TREE_SIZE).len(), 63);
    }
}
