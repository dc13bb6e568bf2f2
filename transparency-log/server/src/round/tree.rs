//! The right edge of the tree in memory, and what a batch of leaves adds to it.

use std::collections::{BTreeMap, HashMap};

use pinfold_core::merkle::{
    Frontier, HASH_BYTES, Hash, HashReader, HashTile, ProveError, Tile, TileWidth, TreePosition,
};

use crate::store::{Reader, StoreError};

/// The hashes of whole subtrees by their places.
pub(crate) type Nodes = HashMap<TreePosition, Hash>;

/// The tree of all entries, as far as it can still change. Cheap to clone: a batch grows a clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    frontier: Frontier,
    /// For each level of tiles the partial tile on its right edge; empty where the last one is full.
    edge: Vec<Edge>,
}

#[derive(Clone, Debug, Default)]
struct Edge {
    index: u64,
    hashes: Vec<u8>,
}

/// What a batch adds.
#[derive(Debug)]
pub(crate) struct Grown {
    /// The tree after it.
    pub(crate) tree: Tree,
    /// Level, number and hashes of every tile that changed, whole.
    pub(crate) tiles: BTreeMap<(u8, u64), Vec<u8>>,
    /// Every subtree that became whole, and those of the edge before: enough for a proof of any new leaf.
    pub(crate) nodes: Nodes,
}

impl Tree {
    /// Reads the edge of the tree of `size` leaves from stored tiles. Whether its root is the signed one is for the
    /// caller to compare.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if a tile is missing or too short.
    pub(crate) fn load(reader: Reader<'_>, size: u64) -> Result<Tree, StoreError> {
        let frontier = Frontier::read(&StoredTree(reader), size).map_err(prove_error)?;
        let mut edge = Vec::new();
        for level in 0_u8.. {
            let count = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
            if count == 0 {
                break;
            }
            let (index, width) = (count / 256, (count % 256) as usize);
            let mut hashes = if width == 0 { Vec::new() } else { reader.tile(level, index)? };
            if hashes.len() < width * HASH_BYTES {
                return Err(StoreError::Damaged(format!("tile {level}/{index} is too short")));
            }
            hashes.truncate(width * HASH_BYTES);
            edge.push(Edge { index, hashes });
        }
        Ok(Tree { frontier, edge })
    }

    /// Leaves in the tree.
    pub(crate) fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Its root.
    pub(crate) fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The tree with these leaves appended.
    pub(crate) fn grow(&self, leaves: impl IntoIterator<Item = Hash>) -> Grown {
        let mut tree = self.clone();
        let mut nodes = self.edge_nodes();
        let mut tiles = BTreeMap::new();
        for leaf in leaves {
            for (position, hash) in tree.frontier.push(leaf) {
                nodes.insert(position, hash);
                if position.level() % 8 == 0 {
                    tree.append(position.level() / 8, hash, &mut tiles);
                }
            }
        }
        for (level, edge) in tree.edge.iter().enumerate() {
            // An edge that did not grow is stored already.
            let is_old = self.edge.get(level).is_some_and(|old| old.hashes == edge.hashes);
            if !edge.hashes.is_empty() && !is_old {
                tiles.insert((level as u8, edge.index), edge.hashes.clone());
            }
        }
        Grown { tree, tiles, nodes }
    }

    /// The whole subtrees on the right edge.
    pub(crate) fn edge_nodes(&self) -> Nodes {
        let bytes = self.frontier.to_bytes();
        let hashes = bytes[8..].as_chunks::<HASH_BYTES>().0.iter().map(|hash| Hash::from_bytes(*hash));
        Frontier::positions(self.size()).into_iter().zip(hashes).collect()
    }

    fn append(&mut self, level: u8, hash: Hash, tiles: &mut BTreeMap<(u8, u64), Vec<u8>>) {
        let at = usize::from(level);
        if self.edge.len() <= at {
            self.edge.resize_with(at + 1, Edge::default);
        }
        let edge = &mut self.edge[at];
        edge.hashes.extend_from_slice(hash.as_bytes());
        if edge.hashes.len() == 256 * HASH_BYTES {
            tiles.insert((level, edge.index), std::mem::take(&mut edge.hashes));
            edge.index += 1;
        }
    }
}

/// The stored tiles as a source of hashes for proofs.
pub(crate) struct StoredTree<'a>(pub(crate) Reader<'a>);

impl HashReader for StoredTree<'_> {
    type Error = StoreError;

    fn hashes(&self, wanted: &[TreePosition]) -> Result<Vec<Hash>, StoreError> {
        let mut tiles: HashMap<(u8, u64), Tile> = HashMap::new();
        let mut hashes = Vec::with_capacity(wanted.len());
        for position in wanted {
            let level = position.level() / 8;
            let index = (position.index() << (position.level() % 8)) / 256;
            let damaged = || StoreError::Damaged(format!("tile {level}/{index} is missing or too short"));
            let tile = match tiles.entry((level, index)) {
                std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::hash_map::Entry::Vacant(place) => place.insert(self.tile(level, index)?),
            };
            hashes.push(tile.hash_at(*position).ok_or_else(damaged)?);
        }
        Ok(hashes)
    }
}

impl StoredTree<'_> {
    fn tile(&self, level: u8, index: u64) -> Result<Tile, StoreError> {
        let hashes = self.0.tile(level, index)?;
        let damaged = || StoreError::Damaged(format!("tile {level}/{index} is missing or garbled"));
        let width = u16::try_from(hashes.len() / HASH_BYTES).ok().and_then(TileWidth::new);
        let name = width.and_then(|width| HashTile::new(level, index, width)).ok_or_else(damaged)?;
        Tile::parse(name, &hashes).map_err(|_| damaged())
    }
}

/// New leaves are proven from what their round left in memory; everything else from the tiles.
pub(crate) struct RecentTree<'a> {
    /// What the newest round left.
    pub(crate) nodes: &'a Nodes,
    /// The tiles.
    pub(crate) stored: StoredTree<'a>,
}

impl HashReader for RecentTree<'_> {
    type Error = StoreError;

    fn hashes(&self, wanted: &[TreePosition]) -> Result<Vec<Hash>, StoreError> {
        let known: Option<Vec<Hash>> = wanted.iter().map(|at| self.nodes.get(at).copied()).collect();
        match known {
            Some(hashes) => Ok(hashes),
            None => self.stored.hashes(wanted),
        }
    }
}

/// What a round left in memory, alone.
pub(crate) struct RoundTree<'a>(pub(crate) &'a Nodes);

/// The hash of another round.
#[derive(Debug)]
pub(crate) struct OfAnotherRound;

impl HashReader for RoundTree<'_> {
    type Error = OfAnotherRound;

    fn hashes(&self, wanted: &[TreePosition]) -> Result<Vec<Hash>, OfAnotherRound> {
        wanted.iter().map(|at| self.0.get(at).copied().ok_or(OfAnotherRound)).collect()
    }
}

/// A proof that our own tiles do not give means that they are damaged.
pub(crate) fn prove_error(error: ProveError<StoreError>) -> StoreError {
    match error {
        ProveError::Read(error) => error,
        other => StoreError::Damaged(other.to_string()),
    }
}
