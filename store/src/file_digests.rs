//! Digests of files that did not change since they were hashed, so that a start does not hash a whole interpreter.
//!
//! A row is believed: whoever can write here can also write the marker. What it can cost is stated in spec/store.md;
//! what starts a server hashes the file itself wherever that is affordable.

use std::fs::Metadata;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use pinfold_core::digest::Digest;
use pinfold_core::pins::UnixSeconds;
use rusqlite::OptionalExtension;

use crate::error::StoreError;
use crate::open::Store;

/// Files that are remembered; a machine has a few dozen interpreters and servers.
const MAX_FILES: i64 = 4_096;

/// A file that was changed this recently is not remembered: it could change again within one tick of the file
/// system's clock and look the same.
const SETTLED_AFTER_SECONDS: i64 = 3;

/// By what a file is known to be unchanged: where it lies, and everything that changes when its bytes do. The time of
/// change (ctime) cannot be set back by whoever owns the file, other than by setting the machine's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileKey {
    path: PathBuf,
    device: u64,
    inode: u64,
    size: u64,
    mtime_nanoseconds: i64,
    ctime_nanoseconds: i64,
}

impl FileKey {
    /// The key of a file. Take the metadata from the descriptor that is hashed, before and after hashing: only if both
    /// keys are equal did the file stand still.
    ///
    /// `None` where a time does not fit into nanoseconds.
    pub fn new(path: &Path, metadata: &Metadata) -> Option<FileKey> {
        let nanoseconds = |seconds: i64, rest: i64| seconds.checked_mul(1_000_000_000)?.checked_add(rest);
        Some(FileKey {
            path: path.to_owned(),
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            mtime_nanoseconds: nanoseconds(metadata.mtime(), metadata.mtime_nsec())?,
            ctime_nanoseconds: nanoseconds(metadata.ctime(), metadata.ctime_nsec())?,
        })
    }

    fn is_settled(&self, now: UnixSeconds) -> bool {
        let latest = self.mtime_nanoseconds.max(self.ctime_nanoseconds) / 1_000_000_000;
        i64::try_from(now.0).is_ok_and(|now| latest + SETTLED_AFTER_SECONDS <= now)
    }
}

impl Store {
    /// The digest that a file with this very key had.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn file_digest(&self, key: &FileKey) -> Result<Option<Digest>, StoreError> {
        let Some(connection) = self.reading() else { return Ok(None) };
        let sql = "SELECT digest FROM file_digests WHERE path = ?1 AND device = ?2 AND inode = ?3 \
                   AND size = ?4 AND mtime = ?5 AND ctime = ?6";
        let found = connection.prepare_cached(sql)?.query_row(columns(key), |row| row.get(0));
        Ok(found.optional()?.map(Digest::from_bytes))
    }

    /// Notes the digest of a file. One that changed within the last seconds, or in the future, is not noted.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`], [`StoreError::Full`], [`StoreError::Locked`]: the file is hashed again next time.
    pub fn record_file_digest(
        &self,
        key: &FileKey,
        digest: &Digest,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        if !key.is_settled(now) {
            return Ok(());
        }
        let sql = "INSERT OR REPLACE INTO file_digests (path, device, inode, size, mtime, ctime, digest) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let trim = "DELETE FROM file_digests WHERE rowid IN (SELECT rowid FROM file_digests \
                    ORDER BY rowid DESC LIMIT -1 OFFSET ?1)";
        self.observing(|transaction| {
            let (path, device, inode, size, mtime, ctime) = columns(key);
            let row = (path, device, inode, size, mtime, ctime, digest.as_bytes());
            transaction.execute(sql, row)?;
            transaction.execute(trim, [MAX_FILES])?;
            Ok(())
        })
    }
}

/// Device, inode and size use all 64 bits of their columns.
fn columns(key: &FileKey) -> (&[u8], i64, i64, i64, i64, i64) {
    let FileKey { path, device, inode, size, mtime_nanoseconds, ctime_nanoseconds } = key;
    let path = path.as_os_str().as_bytes();
    (path, *device as i64, *inode as i64, *size as i64, *mtime_nanoseconds, *ctime_nanoseconds)
}
