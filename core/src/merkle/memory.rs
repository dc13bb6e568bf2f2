//! A whole tree in memory: about 64 bytes a leaf.

use super::frontier::Frontier;
use super::hash::Hash;
use super::position::TreePosition;
use super::prove::HashReader;
use super::tile_path::HashTile;

/// A tree with the hash of every whole subtree at hand, for small logs, for tests, and to compute tiles.
#[derive(Debug, Clone, Default)]
pub struct MemoryTree {
    frontier: Frontier,
    /// `levels[l][i]` is the hash at level `l`, number `i`.
    levels: Vec<Vec<Hash>>,
}

/// The tree has no such subtree, or not yet whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tree has no whole subtree {} of level {}", self.0.index(), self.0.level())]
pub struct NotInMemory(pub TreePosition);

impl MemoryTree {
    /// A tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a leaf hash.
    pub fn push(&mut self, leaf: Hash) {
        for (position, hash) in self.frontier.push(leaf) {
            let level = usize::from(position.level());
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            self.levels[level].push(hash);
        }
    }

    /// Its right edge, with size and root.
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The bytes of a hash tile, if the tree has all its hashes.
    pub fn tile(&self, tile: HashTile) -> Option<Vec<u8>> {
        let level = self.levels.get(8 * usize::from(tile.level()))?;
        let first = usize::try_from(tile.index()).ok()?.checked_mul(256)?;
        let hashes = level.get(first..first.checked_add(usize::from(tile.width().get()))?)?;
        Some(hashes.iter().flat_map(|hash| *hash.as_bytes()).collect())
    }
}

impl FromIterator<Hash> for MemoryTree {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut tree = Self::new();
        leaves.into_iter().for_each(|leaf| tree.push(leaf));
        tree
    }
}

impl HashReader for MemoryTree {
    type Error = NotInMemory;

    fn hashes(&self, wanted: &[TreePosition]) -> Result<Vec<Hash>, NotInMemory> {
        let at = |position: &TreePosition| {
            let level = self.levels.get(usize::from(position.level()))?;
            level.get(usize::try_from(position.index()).ok()?).copied()
        };
        wanted.iter().map(|position| at(position).ok_or(NotInMemory(*position))).collect()
    }
}
