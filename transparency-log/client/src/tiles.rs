//! The tiles of a log as a source for `pinfold_core::merkle::TileTree`, with a cache of what was authenticated.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};

use pinfold_core::merkle::{EntryTile, HASH_BYTES, HashTile, TileSource};

use crate::log::{LogClient, LogError};

/// Full tiles kept. A walk over a log uses one tile of each level again and again; 8 levels are a log of 2^64 entries.
const CACHED_TILES: usize = 64;

/// Tiles by HTTP. Only tiles that the tree has authenticated are kept, and only full ones: they never change.
#[derive(Debug)]
pub struct LogTiles<'a> {
    log: &'a LogClient,
    kept: RefCell<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    tiles: HashMap<HashTile, Vec<u8>>,
    oldest_first: VecDeque<HashTile>,
}

impl<'a> LogTiles<'a> {
    /// The tiles of this log. Fetches nothing yet.
    pub fn new(log: &'a LogClient) -> LogTiles<'a> {
        LogTiles { log, kept: RefCell::default() }
    }

    /// A path, or, where the log has deleted the partial tile, what of the full one belongs to it.
    fn get(
        &self,
        path: &str,
        full: Option<String>,
        fetch: impl Fn(&str) -> Result<Vec<u8>, LogError>,
        cut: impl Fn(Vec<u8>) -> Vec<u8>,
    ) -> Result<Vec<u8>, LogError> {
        match (fetch(path), full) {
            (Err(LogError::NotFound { .. }), Some(full)) => fetch(&full).map(cut),
            (answer, _) => answer,
        }
    }
}

impl TileSource for LogTiles<'_> {
    type Error = LogError;

    fn tile(&self, tile: HashTile) -> Result<Vec<u8>, LogError> {
        if let Some(bytes) = self.kept.borrow().tiles.get(&tile) {
            return Ok(bytes.clone());
        }
        let full = (!tile.width().is_full()).then(|| tile.full().to_string());
        let length = usize::from(tile.width().get()) * HASH_BYTES;
        self.get(
            &tile.to_string(),
            full,
            |path| self.log.hash_tile(path),
            |mut bytes| {
                bytes.truncate(length);
                bytes
            },
        )
    }

    fn entries(&self, tile: EntryTile) -> Result<Vec<u8>, LogError> {
        let full = (!tile.width().is_full()).then(|| tile.full().to_string());
        let width = tile.width().get();
        self.get(
            &tile.to_string(),
            full,
            |path| self.log.entry_tile(path),
            |bytes| first_entries(bytes, width),
        )
    }

    fn keep_tile(&self, tile: HashTile, bytes: &[u8]) {
        if !tile.width().is_full() {
            return;
        }
        let mut kept = self.kept.borrow_mut();
        if kept.tiles.insert(tile, bytes.to_vec()).is_none() {
            kept.oldest_first.push_back(tile);
        }
        if kept.oldest_first.len() > CACHED_TILES
            && let Some(oldest) = kept.oldest_first.pop_front()
        {
            kept.tiles.remove(&oldest);
        }
    }
}

/// The bytes of the first `width` entries; of fewer, whatever is there, which the reader of bundles refuses.
fn first_entries(mut bytes: Vec<u8>, width: u16) -> Vec<u8> {
    let mut end = 0_usize;
    for _ in 0..width {
        let Some(length) = bytes.get(end..end + 2) else { return bytes };
        end += 2 + usize::from(u16::from_be_bytes([length[0], length[1]]));
    }
    bytes.truncate(end);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_entries_of_a_full_bundle_are_those_of_the_partial_one() {
        let bundle = [0, 1, b'a', 0, 0, 0, 2, b'b', b'c', 0, 1, b'd'];
        assert_eq!(first_entries(bundle.to_vec(), 3), &bundle[..9]);
        assert_eq!(first_entries(bundle.to_vec(), 1), &bundle[..3]);
        assert_eq!(first_entries(bundle.to_vec(), 9), bundle);
        assert_eq!(first_entries(vec![0, 9, b'a'], 1), [0, 9, b'a']);
    }
}
