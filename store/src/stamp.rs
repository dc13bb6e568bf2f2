//! A cheap look whether anything may have been written, for gates that wait.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::open::Store;
use crate::places::Places;

/// Identity, size and time of the files of a store. Equal stamps: nothing was decided in between. Different ones:
/// something may have been, so call [`Store::refresh`]. It says nothing about whether the store is sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeStamp([Option<FileStamp>; 3]);

type FileStamp = (u64, u64, i64, i64);

impl Places {
    /// The present stamp: three calls of stat(2).
    pub fn change_stamp(&self) -> ChangeStamp {
        let database = self.database();
        let mut log = database.clone().into_os_string();
        log.push("-wal");
        ChangeStamp([stamp(&self.marker()), stamp(&database), stamp(&PathBuf::from(log))])
    }
}

impl Store {
    /// The present stamp of the store's files.
    pub fn change_stamp(&self) -> ChangeStamp {
        self.places.change_stamp()
    }
}

fn stamp(path: &Path) -> Option<FileStamp> {
    let found = fs::symlink_metadata(path).ok()?;
    Some((found.ino(), found.size(), found.mtime(), found.mtime_nsec()))
}
