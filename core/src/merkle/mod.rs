//! The log's tree: RFC 6962 hashes, proofs made and verified, and the tiles in which it is served (spec/merkle.md).
//!
//! In scope: leaf and node hashes, inclusion and consistency proofs, the right edge of a growing tree, C2SP tlog-tiles
//! (paths, hash tiles, entry bundles) and a reader that checks every tile before it is used. Out of scope: what an
//! entry says, who signed a root (notes and checkpoints), and where tiles lie or travel.
//!
//! A tree of size n has leaves 0 to n − 1. Sizes go to 2^63 − 1, so that no proof is longer than 63 hashes.

mod entries;
mod frontier;
mod hash;
mod memory;
mod position;
mod proof;
mod prove;
mod reader;
mod tile;
mod tile_path;
mod verify;

pub use entries::{
    EntriesError, EntryBundle, EntryTooLarge, MAX_BUNDLE_BYTES, MAX_ENTRY_BYTES, append_entry,
};
pub use frontier::{Frontier, FrontierError};
pub use hash::{EMPTY_ROOT, HASH_BYTES, Hash, HashTextError, leaf_hash, node_hash};
pub use memory::{MemoryTree, NotInMemory};
pub use position::{MAX_TREE_SIZE, TreePosition};
pub use proof::{ConsistencyProof, InclusionPath, MAX_PROOF_HASHES, ProofBytesError};
pub use prove::{HashReader, ProveError, prove_consistency, prove_inclusion, root};
pub use reader::{TileError, TileSource, TileTree};
pub use tile::{Tile, TileBytesError};
pub use tile_path::{
    EntryTile, FULL_WIDTH, HashTile, TilePath, TilePathError, TileWidth, tiles_between, tiles_needed,
};
pub use verify::{ProofError, root_of_inclusion, verify_consistency, verify_inclusion};
