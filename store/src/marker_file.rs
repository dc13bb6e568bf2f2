//! The marker as a file: read whole, replaced atomically.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;

use pinfold_core::pins::{DocumentFault, MAX_MARKER_BYTES, Marker};
use rustix::fs::OFlags;

use crate::error::{StoreError, TamperCause};
use crate::folder;
use crate::places::Places;

/// Reads the marker; `None` if there is none.
///
/// # Errors
/// [`StoreError::Tampered`] (unreadable) for anything that is there and is no marker; [`StoreError::Newer`].
pub(crate) fn read(places: &Places) -> Result<Option<Marker>, StoreError> {
    let path = places.marker();
    if !folder::is_own_file(&path)? {
        return Ok(None);
    }
    let file = folder::open_own(&path).map_err(|error| StoreError::reading(&path, error))?;
    let mut bytes = Vec::new();
    file.take(MAX_MARKER_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| StoreError::reading(&path, error))?;
    Marker::from_bytes(&bytes).map(Some).map_err(|error| match error.fault {
        DocumentFault::Newer { found } => StoreError::Newer { found },
        _ => StoreError::unreadable(TamperCause::MarkerDocument(error)),
    })
}

/// Replaces the marker: a new file, synced, renamed over the old one, the folder synced. A crash leaves the old or the
/// new one, never a part. Only under the exclusive lock.
///
/// # Errors
/// [`StoreError::Full`], [`StoreError::ReadOnly`]; the old marker stands.
pub(crate) fn write(places: &Places, marker: &Marker) -> Result<(), StoreError> {
    let path = places.marker();
    let fresh = places.state_folder().join("marker.json.new");
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .custom_flags(OFlags::NOFOLLOW.bits() as i32)
        .open(&fresh)
        .and_then(|mut file| {
            file.write_all(&marker.to_bytes())?;
            file.sync_all()
        });
    written.map_err(|error| StoreError::writing(&fresh, error))?;
    fs::rename(&fresh, &path).map_err(|error| StoreError::writing(&path, error))?;
    folder::sync(&places.state_folder())
}
