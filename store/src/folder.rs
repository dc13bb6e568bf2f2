//! Folders that are ours alone: made with mode 0700, refused when others could have written there.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use pinfold_core::pins::BirthTime;
use rustix::fs::{AtFlags, CWD, OFlags, StatxFlags};

use crate::error::{FolderFault, HomeFault, StoreError};
use crate::places::Places;

/// What the names of identity files begin with; see spec/store.md, Marker.
const IDENTITY_PREFIX: &str = "folder-";

/// Whether the folders of store and state are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Presence {
    pub(crate) store: bool,
    pub(crate) state: bool,
}

/// Examines every folder of ours that is there.
///
/// # Errors
/// One of them is a link, no folder, or could be written by others.
pub(crate) fn examine(places: &Places) -> Result<Presence, StoreError> {
    if !places.home().is_dir() {
        return Err(StoreError::Home(HomeFault::NotAFolder));
    }
    let [parent, store, state] = places.own_folders();
    let parent = is_own_folder(&parent)?;
    Ok(Presence { store: parent && is_own_folder(&store)?, state: is_own_folder(&state)? })
}

/// Makes the folders that are missing and examines all.
///
/// # Errors
/// As [`examine`]; [`StoreError::ReadOnly`], [`StoreError::Full`].
pub(crate) fn ensure(places: &Places) -> Result<(), StoreError> {
    examine(places)?;
    for folder in places.own_folders() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .map_err(|error| StoreError::writing(&folder, error))?;
    }
    examine(places).map(|_| ())
}

/// Whether a file of ours is there; it must be a plain file that only we can write.
pub(crate) fn is_own_file(path: &Path) -> Result<bool, StoreError> {
    own(path, |kind| kind.is_file())
}

/// Opens a file of ours for reading; never through a link.
pub(crate) fn open_own(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(OFlags::NOFOLLOW.bits() as i32).open(path)
}

/// Makes entries of a folder durable.
pub(crate) fn sync(folder: &Path) -> Result<(), StoreError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| StoreError::io(folder, error))
}

/// The inode of a folder and, where the file system keeps one, its time of birth.
pub(crate) fn identity(folder: &Path) -> Result<(u64, Option<BirthTime>), StoreError> {
    let mask = StatxFlags::INO | StatxFlags::BTIME;
    let found = rustix::fs::statx(CWD, folder, AtFlags::SYMLINK_NOFOLLOW, mask)
        .map_err(|error| StoreError::reading(folder, error.into()))?;
    let has_birth = found.stx_mask & StatxFlags::BTIME.bits() != 0;
    let birth = u64::try_from(found.stx_btime.tv_sec)
        .ok()
        .filter(|seconds| has_birth && *seconds > 0)
        .map(|seconds| BirthTime { seconds, nanoseconds: found.stx_btime.tv_nsec });
    Ok((found.stx_ino, birth))
}

/// The names of the identity files in a folder, sorted.
pub(crate) fn identity_files(folder: &Path) -> Result<Vec<String>, StoreError> {
    let entries = fs::read_dir(folder).map_err(|error| StoreError::reading(folder, error))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| StoreError::io(folder, error))?;
        if let Some(name) = entry.file_name().to_str().filter(|name| name.starts_with(IDENTITY_PREFIX)) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Makes an identity file with a random name.
pub(crate) fn new_identity_file(folder: &Path) -> Result<String, StoreError> {
    let name = format!("{IDENTITY_PREFIX}{}", pinfold_core::hex::encode(&crate::open::random_bytes()?));
    let path = folder.join(&name);
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    made.map_err(|error| StoreError::writing(&path, error))?;
    sync(folder)?;
    Ok(name)
}

fn is_own_folder(path: &Path) -> Result<bool, StoreError> {
    own(path, |kind| kind.is_dir())
}

fn own(path: &Path, is_right: impl Fn(fs::FileType) -> bool) -> Result<bool, StoreError> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(StoreError::reading(path, error)),
    };
    let kind = found.file_type();
    let fault = if kind.is_symlink() {
        FolderFault::Symlink
    } else if !is_right(kind) {
        FolderFault::WrongKind
    } else if found.uid() != rustix::process::geteuid().as_raw() {
        FolderFault::Owner { uid: found.uid() }
    } else if found.mode() & 0o022 != 0 {
        FolderFault::Writable { mode: found.mode() & 0o7777 }
    } else {
        return Ok(true);
    };
    Err(StoreError::Unsafe { path: path.to_owned(), fault })
}
