//! Bundles of entries: each entry after its length, as tlog-tiles has them.

use super::hash::{Hash, leaf_hash};
use super::tile_path::{EntryTile, FULL_WIDTH};

/// Bytes of the largest entry that a bundle can hold.
pub const MAX_ENTRY_BYTES: usize = u16::MAX as usize;

/// Bytes of the largest bundle: 256 entries, each of 65,535 bytes after a length of 2.
pub const MAX_BUNDLE_BYTES: usize = FULL_WIDTH as usize * (2 + MAX_ENTRY_BYTES);

/// A bundle with its entries. Whether a log has them is not known from the bundle alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryBundle {
    tile: EntryTile,
    bytes: Vec<u8>,
    /// Where each entry ends in `bytes`; its first byte is two after the end of the one before.
    ends: Vec<usize>,
}

/// The entry does not fit into a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an entry of {found_bytes} bytes; the largest has {MAX_ENTRY_BYTES}")]
pub struct EntryTooLarge {
    /// Bytes of the entry.
    pub found_bytes: usize,
}

/// Why bytes are not the bundle that they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntriesError {
    /// Longer than any bundle.
    #[error("a bundle of {found_bytes} bytes; none is longer than {MAX_BUNDLE_BYTES}")]
    TooLarge {
        /// Bytes found.
        found_bytes: usize,
    },
    /// The bytes end inside of an entry or its length, or before the last entry.
    #[error("the bundle ends in entry {entry} of {width}")]
    Short {
        /// The entry, from 0, that is not there whole.
        entry: usize,
        /// Entries that the bundle should have.
        width: u16,
    },
    /// Bytes follow the last entry.
    #[error("{found_bytes} bytes after the last entry")]
    Trailing {
        /// Bytes too many.
        found_bytes: usize,
    },
}

/// Appends an entry to the bytes of a bundle.
///
/// # Errors
/// An entry of more than [`MAX_ENTRY_BYTES`]; the bundle is left as it was.
pub fn append_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), EntryTooLarge> {
    let length = u16::try_from(entry.len()).map_err(|_| EntryTooLarge { found_bytes: entry.len() })?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

impl EntryBundle {
    /// Reads exactly as many entries as the bundle's width says.
    ///
    /// # Errors
    /// Fewer or more bytes than the entries need.
    pub fn parse(tile: EntryTile, bytes: Vec<u8>) -> Result<Self, EntriesError> {
        if bytes.len() > MAX_BUNDLE_BYTES {
            return Err(EntriesError::TooLarge { found_bytes: bytes.len() });
        }
        let width = tile.width().get();
        let mut ends = Vec::with_capacity(usize::from(width));
        let mut rest = bytes.as_slice();
        for entry in 0..usize::from(width) {
            let short = EntriesError::Short { entry, width };
            let (length, after) = rest.split_first_chunk::<2>().ok_or(short)?;
            rest = after.get(usize::from(u16::from_be_bytes(*length))..).ok_or(short)?;
            ends.push(bytes.len() - rest.len());
        }
        if !rest.is_empty() {
            return Err(EntriesError::Trailing { found_bytes: rest.len() });
        }
        Ok(Self { tile, bytes, ends })
    }

    /// Which bundle this is.
    pub fn name(&self) -> EntryTile {
        self.tile
    }

    /// The bytes as they are served.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The entries in order; the first is [`EntryTile::first_entry`] of the log.
    pub fn entries(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.bytes[start + 2..*end])
    }

    /// The leaf hashes of the entries, in order.
    pub fn leaf_hashes(&self) -> impl Iterator<Item = Hash> {
        self.entries().map(leaf_hash)
    }
}
