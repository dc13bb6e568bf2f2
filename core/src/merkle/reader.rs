//! Reading a tree from tiles that somebody else serves: nothing is used before it is known to belong to the root.
//!
//! The tiles on the right edge give the root together, so they are checked first and at once. Every other tile is full,
//! and its hash stands in the tile above it: it is checked against that one, from the top down.

use std::collections::{BTreeMap, BTreeSet};

use super::entries::{EntriesError, EntryBundle};
use super::hash::Hash;
use super::position::{MAX_TREE_SIZE, TreePosition, parts};
use super::prove::{HashReader, fold_right};
use super::tile::{Spot, Tile, TileBytesError};
use super::tile_path::{EntryTile, HashTile, TilePath};

/// Where the bytes of tiles come from: a server, a cache, a folder. What it gives is not believed.
pub trait TileSource {
    /// Why a tile could not be had.
    type Error;

    /// The bytes of a tile. A log may have deleted a partial tile once it was full: then the source asks for
    /// [`HashTile::full`] and gives the first `32 × width` bytes of that.
    ///
    /// # Errors
    /// What the implementation says.
    fn tile(&self, tile: HashTile) -> Result<Vec<u8>, Self::Error>;

    /// The bytes of a bundle of entries; as with tiles, the first `width` entries of the full one will do.
    ///
    /// # Errors
    /// What the implementation says.
    fn entries(&self, tile: EntryTile) -> Result<Vec<u8>, Self::Error>;

    /// Told of the bytes of each tile after it was found to belong to the tree: only these may be cached.
    fn keep_tile(&self, _tile: HashTile, _bytes: &[u8]) {}

    /// The same for bundles of entries.
    fn keep_entries(&self, _tile: EntryTile, _bytes: &[u8]) {}
}

/// Tiles by level and number.
type Loaded = BTreeMap<(u8, u64), Tile>;

/// Why a tree could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TileError<E> {
    /// A size above [`MAX_TREE_SIZE`].
    #[error("a tree of {size} leaves is larger than any log")]
    SizeTooLarge {
        /// The size asked for.
        size: u64,
    },
    /// Something was asked for that a tree of this size does not have.
    #[error("a tree of {size} leaves has not all that was asked for")]
    NotInTree {
        /// The size of the tree.
        size: u64,
    },
    /// The source failed.
    #[error("{name}: {error}")]
    Source {
        /// The tile that was asked for.
        name: TilePath,
        /// What the source said.
        error: E,
    },
    /// The bytes are no tile of this width.
    #[error("{tile}: {error}")]
    Tile {
        /// The tile.
        tile: HashTile,
        /// What is wrong with it.
        error: TileBytesError,
    },
    /// The bytes are no bundle of this width.
    #[error("{tile}: {error}")]
    Entries {
        /// The bundle.
        tile: EntryTile,
        /// What is wrong with it.
        error: EntriesError,
    },
    /// The tiles of the right edge do not give the root: one of them, the size, or the root is another tree's.
    #[error("the right edge of the tiles gives another root")]
    RootMismatch,
    /// A full tile is not the one that the tile above it has.
    #[error("{tile} is not the tile of this tree")]
    TileMismatch {
        /// The tile.
        tile: HashTile,
    },
    /// An entry is not the one whose hash the tree has.
    #[error("entry {index} is not the entry of this tree")]
    EntryMismatch {
        /// Index of the entry in the log.
        index: u64,
    },
}

/// A tree of known size and root, read from tiles that are checked before they are used. It keeps the right edge in
/// memory and nothing else; caching is the source's.
#[derive(Debug)]
pub struct TileTree<S> {
    source: S,
    size: u64,
    root: Hash,
    edge: Loaded,
}

impl<S: TileSource> TileTree<S> {
    /// Fetches the right edge (one partial tile for each level that has one, at most 8) and checks it against the root.
    ///
    /// # Errors
    /// A size out of range, a tile that cannot be had or is malformed, or [`TileError::RootMismatch`].
    pub fn open(source: S, size: u64, root: Hash) -> Result<Self, TileError<S::Error>> {
        if size > MAX_TREE_SIZE {
            return Err(TileError::SizeTooLarge { size });
        }
        let mut tree = Self { source, size, root, edge: BTreeMap::new() };
        let edge: Vec<TreePosition> = parts(0, size);
        for position in &edge {
            let tile = tree.tile_of(*position)?;
            if !tree.edge.contains_key(&key(tile)) {
                let fetched = tree.fetch(tile)?;
                tree.edge.insert(key(tile), fetched);
            }
        }
        let mut hashes = Vec::with_capacity(edge.len());
        for position in edge {
            hashes.push(tree.hash_in(&tree.edge, position)?);
        }
        if fold_right(&hashes) != root {
            return Err(TileError::RootMismatch);
        }
        for tile in tree.edge.values() {
            tree.source.keep_tile(tile.name(), &tile.to_bytes());
        }
        Ok(tree)
    }

    /// Leaves in the tree.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root against which everything is checked.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Where its tiles come from.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// Bundle number `index` as this tree has it, each entry checked.
    ///
    /// # Errors
    /// No such bundle, one that cannot be had or is malformed, or entries of another tree.
    pub fn entries(&self, index: u64) -> Result<EntryBundle, TileError<S::Error>> {
        let tile = EntryTile::in_tree(index, self.size).ok_or(TileError::NotInTree { size: self.size })?;
        let tiles = self.load(BTreeSet::from([key(tile.hashes())]))?;
        let hashes = self.tile_in(&tiles, tile.hashes())?.hashes();
        let name = TilePath::Entries(tile);
        let bytes = self.source.entries(tile).map_err(|error| TileError::Source { name, error })?;
        let bundle = EntryBundle::parse(tile, bytes).map_err(|error| TileError::Entries { tile, error })?;
        for (index, (found, expected)) in (tile.first_entry()..).zip(bundle.leaf_hashes().zip(hashes)) {
            if found != *expected {
                return Err(TileError::EntryMismatch { index });
            }
        }
        self.source.keep_entries(tile, bundle.as_bytes());
        Ok(bundle)
    }

    /// The tile that has what the hash at a position is computed from, as this tree has it.
    fn tile_of(&self, position: TreePosition) -> Result<HashTile, TileError<S::Error>> {
        let spot = Spot::of(position);
        let found =
            HashTile::in_tree(spot.level, spot.index, self.size).filter(|_| position.end() <= self.size);
        found.ok_or(TileError::NotInTree { size: self.size })
    }

    /// Fetches and checks tiles and all tiles above them that are not on the edge.
    fn load(&self, wanted: BTreeSet<(u8, u64)>) -> Result<Loaded, TileError<S::Error>> {
        let mut needed = BTreeSet::new();
        for mut name in wanted {
            // Every tile that is not on the edge is full, so its hash stands in a tile above, until the edge.
            while !self.edge.contains_key(&name) && needed.insert(name) {
                name = (name.0 + 1, name.1 >> 8);
            }
        }
        let mut loaded: Loaded = BTreeMap::new();
        for (level, index) in needed.into_iter().rev() {
            let full = HashTile::in_tree(level, index, self.size).filter(|tile| tile.width().is_full());
            let tile = full.ok_or(TileError::NotInTree { size: self.size })?;
            let fetched = self.fetch(tile)?;
            // The subtree of a tile that is not on the edge is whole, so it has a position in the tile above.
            let expected = self.hash_in(&loaded, TreePosition::inside(8 * (level + 1), index))?;
            if fetched.subtree_hash() != Some(expected) {
                return Err(TileError::TileMismatch { tile });
            }
            self.source.keep_tile(tile, &fetched.to_bytes());
            loaded.insert((level, index), fetched);
        }
        Ok(loaded)
    }

    fn fetch(&self, tile: HashTile) -> Result<Tile, TileError<S::Error>> {
        let name = TilePath::Hash(tile);
        let bytes = self.source.tile(tile).map_err(|error| TileError::Source { name, error })?;
        Tile::parse(tile, &bytes).map_err(|error| TileError::Tile { tile, error })
    }

    /// The hash at a position, from loaded tiles or the edge.
    fn hash_in(&self, loaded: &Loaded, position: TreePosition) -> Result<Hash, TileError<S::Error>> {
        let tile = self.tile_in(loaded, self.tile_of(position)?)?;
        tile.hash_at(position).ok_or(TileError::NotInTree { size: self.size })
    }

    fn tile_in<'a>(&'a self, loaded: &'a Loaded, tile: HashTile) -> Result<&'a Tile, TileError<S::Error>> {
        let found = loaded.get(&key(tile)).or_else(|| self.edge.get(&key(tile)));
        found.ok_or(TileError::NotInTree { size: self.size })
    }
}

impl<S: TileSource> HashReader for TileTree<S> {
    type Error = TileError<S::Error>;

    fn hashes(&self, wanted: &[TreePosition]) -> Result<Vec<Hash>, Self::Error> {
        let mut names = BTreeSet::new();
        for position in wanted {
            names.insert(key(self.tile_of(*position)?));
        }
        let loaded = self.load(names)?;
        wanted.iter().map(|position| self.hash_in(&loaded, *position)).collect()
    }
}

fn key(tile: HashTile) -> (u8, u64) {
    (tile.level(), tile.index())
}
