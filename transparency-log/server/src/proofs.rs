//! Proofs of entries, under the published head and under the one that first published them.

use pinfold_core::checkpoint::SignedCheckpoint;
use pinfold_core::merkle::{InclusionPath, prove_inclusion};
use pinfold_core::tlog_proof::TlogProof;

use crate::published::Published;
use crate::round::tree::{RecentTree, RoundTree, StoredTree, prove_error};
use crate::store::{Reader, StoreError};

/// The proof of an entry under the published head.
pub(crate) fn current(
    reader: Reader<'_>,
    published: &Published,
    index: u64,
) -> Result<TlogProof, StoreError> {
    let path = path(reader, published, index, published.size())?;
    Ok(TlogProof::new(index, path, published.head.clone()))
}

/// The proof of an entry that the newest round appended, from memory alone; `None` for any other.
pub(crate) fn just_now(published: &Published, index: u64) -> Option<TlogProof> {
    if !published.first_covers(index) {
        return None;
    }
    let path = prove_inclusion(&RoundTree(&published.nodes), published.size(), index).ok()?;
    Some(TlogProof::new(index, path, (*published.first).clone()))
}

/// The proof of an entry under the head that first published it. It never changes.
pub(crate) fn first(reader: Reader<'_>, published: &Published, index: u64) -> Result<TlogProof, StoreError> {
    if published.first_covers(index) {
        let path = path(reader, published, index, published.size())?;
        return Ok(TlogProof::new(index, path, (*published.first).clone()));
    }
    let (size, note) = reader
        .first_published(index)?
        .ok_or_else(|| StoreError::Damaged(format!("no published head covers entry {index}")))?;
    let head = SignedCheckpoint::parse(&note)
        .map_err(|error| StoreError::Damaged(format!("the published head of size {size}: {error}")))?;
    Ok(TlogProof::new(index, path(reader, published, index, size)?, head))
}

/// The path of an entry in the tree of the first `size` entries.
pub(crate) fn path(
    reader: Reader<'_>,
    published: &Published,
    index: u64,
    size: u64,
) -> Result<InclusionPath, StoreError> {
    let tree = RecentTree { nodes: &published.nodes, stored: StoredTree(reader) };
    prove_inclusion(&tree, size, index).map_err(prove_error)
}
