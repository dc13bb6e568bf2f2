//! The bytes of a hash tile, and the hashes of the tree that can be computed from them.

use super::hash::{HASH_BYTES, Hash, node_hash};
use super::position::TreePosition;
use super::tile_path::{FULL_WIDTH, HashTile};

/// A hash tile with its hashes. Whether they are those of a tree is not known from the tile alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    tile: HashTile,
    hashes: Vec<Hash>,
}

/// The bytes are not 32 for each hash of the tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tile of this width has {expected} bytes, found {found}")]
pub struct TileBytesError {
    /// Bytes that the width needs.
    pub expected: usize,
    /// Bytes found.
    pub found: usize,
}

impl Tile {
    /// Reads the hashes of a tile: 32 bytes each, in order, nothing else.
    ///
    /// # Errors
    /// Any other number of bytes than the width needs.
    pub fn parse(tile: HashTile, bytes: &[u8]) -> Result<Self, TileBytesError> {
        let expected = usize::from(tile.width().get()) * HASH_BYTES;
        if bytes.len() != expected {
            return Err(TileBytesError { expected, found: bytes.len() });
        }
        Ok(Self { tile, hashes: Hash::many(bytes) })
    }

    /// Which tile this is.
    pub fn name(&self) -> HashTile {
        self.tile
    }

    /// Its hashes, left to right.
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// The bytes as they are served.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
    }

    /// The hash at a position, if this tile has all that it is computed from.
    pub fn hash_at(&self, position: TreePosition) -> Option<Hash> {
        let spot = Spot::of(position);
        if spot.level != self.tile.level() || spot.index != self.tile.index() {
            return None;
        }
        self.hashes.get(spot.first..spot.first + spot.count).map(whole)
    }

    /// The hash of the full tile's subtree, which the tile above it has; none for a partial tile.
    pub fn subtree_hash(&self) -> Option<Hash> {
        self.tile.width().is_full().then(|| whole(&self.hashes))
    }
}

/// Where a position's hash comes from: a run of hashes of one tile. The eight levels 8 × l to 8 × l + 7 of the tree are
/// computed from the tiles of level l.
pub(super) struct Spot {
    pub(super) level: u8,
    pub(super) index: u64,
    first: usize,
    count: usize,
}

impl Spot {
    pub(super) fn of(position: TreePosition) -> Self {
        let height = position.level() % 8;
        let start = position.index() << height;
        Self {
            level: position.level() / 8,
            index: start / u64::from(FULL_WIDTH),
            first: (start % u64::from(FULL_WIDTH)) as usize,
            count: 1 << height,
        }
    }
}

/// The hash over a power of two of hashes.
fn whole(hashes: &[Hash]) -> Hash {
    match hashes {
        [hash] => *hash,
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            node_hash(&whole(left), &whole(right))
        }
    }
}
