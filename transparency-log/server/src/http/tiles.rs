//! C2SP tlog-tiles: the checkpoint, hash tiles and entry bundles.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use pinfold_core::merkle::{EntryTile, HASH_BYTES, HashTile, TilePath, append_entry};

use super::answer::{Refused, fixed, text};
use super::{Shared, read};
use crate::store::{Reader, StoreError};

const BYTES: &str = "application/octet-stream";

/// `GET /checkpoint`
pub(super) fn checkpoint(shared: &Shared) -> Result<Response<Body>, Refused> {
    Ok(text(shared.published()?.head.to_bytes()))
}

/// `GET /tile/…`: what the published tree has, under its one spelling.
pub(super) async fn tile(shared: &Arc<Shared>, path: &str) -> Result<Response<Body>, Refused> {
    let path: TilePath = path.trim_start_matches('/').parse().map_err(|_| Refused::not_found())?;
    if !path.is_in_tree(shared.published()?.size()) {
        return Err(Refused::not_found());
    }
    let bytes = read(shared, move |reader| match path {
        TilePath::Hash(tile) => hashes(reader, tile),
        TilePath::Entries(tile) => bundle(reader, tile),
    });
    Ok(fixed(BYTES, bytes.await?))
}

/// A tile is the beginning of what is stored of it.
fn hashes(reader: Reader<'_>, tile: HashTile) -> Result<Vec<u8>, StoreError> {
    let mut hashes = reader.tile(tile.level(), tile.index())?;
    let wanted = usize::from(tile.width().get()) * HASH_BYTES;
    if hashes.len() < wanted {
        return Err(StoreError::Damaged(format!("tile {}/{} is too short", tile.level(), tile.index())));
    }
    hashes.truncate(wanted);
    Ok(hashes)
}

/// A bundle is the entries, each after its length.
fn bundle(reader: Reader<'_>, tile: EntryTile) -> Result<Vec<u8>, StoreError> {
    let first = tile.first_entry();
    let mut bundle = Vec::new();
    reader.each_entry(first, first + u64::from(tile.width().get()), |index, _, entry| {
        append_entry(&mut bundle, entry)
            .map_err(|error| StoreError::Damaged(format!("entry {index}: {error}")))
    })?;
    Ok(bundle)
}
