//! What can go wrong, each with one line of what happened and one of what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use pinfold_core::digest::Digest;
use pinfold_core::pins::{ChainRefusal, DocumentError, TamperReason};
use pinfold_core::reason::ReasonCode;
use thiserror::Error;

use crate::places::Places;

/// Why the store did not do what was asked. Every variant leaves store and marker as they were.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The store fails against its marker, or cannot be read. Nothing of it is used.
    #[error("{}{cause}", told(*.reason))]
    Tampered {
        /// One of five reasons.
        reason: TamperReason,
        /// What showed it.
        cause: TamperCause,
    },
    /// A newer Pinfold wrote the store.
    #[error("the store has version {found}, this program knows versions up to {}", crate::SCHEMA_VERSION)]
    Newer {
        /// The version found.
        found: u64,
    },
    /// Another process holds the store for longer than we wait.
    #[error("another process has locked the store")]
    Locked,
    /// No room on the disk.
    #[error("the disk is full")]
    Full,
    /// The disk did not take what was written although it has room: a quota, a limit of the process, or a failing disk.
    #[error("the disk did not take what was written")]
    NotWritten,
    /// The folder of the store cannot be written.
    #[error("the store is read-only")]
    ReadOnly,
    /// Between showing and deciding, another decision about the same thing was taken.
    #[error("something else was decided about this in the meantime; nothing was recorded")]
    Raced,
    /// The decision makes no sense where it would stand.
    #[error("the decision cannot be recorded: {0}")]
    Refused(ChainRefusal),
    /// No object with this digest is stored.
    #[error("the store has no object with the digest {0}")]
    ObjectMissing(Digest),
    /// Bytes that were given do not have the digest that they were given for.
    #[error("an object does not have the digest {0}")]
    ObjectWrong(Digest),
    /// HOME cannot be used.
    #[error("HOME is {0}")]
    Home(HomeFault),
    /// A folder or file of the store could be changed by others, or leads elsewhere.
    #[error("{} {fault}", shown(.path))]
    Unsafe {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong with it.
        fault: FolderFault,
    },
    /// A limit of spec/store.md is exceeded.
    #[error("over the limit: {0}")]
    TooLarge(&'static str),
    /// A system call failed.
    #[error("{}: {source}", shown(.path))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// SQLite failed in another way than those above.
    #[error("the database failed: {0}")]
    Sqlite(rusqlite::Error),
}

/// What showed that a store is not to be trusted.
#[derive(Debug)]
pub enum TamperCause {
    /// Store and marker do not fit.
    Marker,
    /// A stored decision does not continue the chain.
    Chain(ChainRefusal),
    /// The marker file is no marker.
    MarkerDocument(DocumentError),
    /// Tables, indexes or triggers are not those of this version.
    Schema,
    /// A row holds what no version of Pinfold writes; the table is named.
    Row(&'static str),
    /// A column holds what no version of Pinfold writes.
    Value,
    /// A stored object has another digest than the one under which it is stored.
    Object(Digest),
    /// The file is no database of Pinfold.
    NotOurs,
    /// The database is damaged, by SQLite's word.
    Sqlite(rusqlite::Error),
    /// The database is damaged, by SQLite's check of its pages.
    Damaged,
    /// A file may not be read.
    Permission(PathBuf),
}

/// Why HOME cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HomeFault {
    /// Not set.
    #[error("not set")]
    Absent,
    /// Set, and to nothing.
    #[error("empty")]
    Empty,
    /// A relative path, or one with a NUL.
    #[error("not an absolute path")]
    NotAbsolute,
    /// Too long.
    #[error("too long")]
    TooLong,
    /// There is no such folder.
    #[error("not a folder that is there")]
    NotAFolder,
}

/// What is wrong with a folder or file of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FolderFault {
    /// It is a symbolic link.
    #[error("is a symbolic link")]
    Symlink,
    /// It is something else than it should be.
    #[error("is no folder or no plain file, where the store has one")]
    WrongKind,
    /// It belongs to another user.
    #[error("belongs to user {uid}")]
    Owner {
        /// The owner.
        uid: u32,
    },
    /// Its group or everybody can write to it.
    #[error("can be written by others (mode {mode:04o})")]
    Writable {
        /// The permission bits.
        mode: u32,
    },
}

impl StoreError {
    /// One line of what to do.
    pub fn hint(&self) -> &'static str {
        match self {
            StoreError::Tampered { reason: TamperReason::Unreadable, cause: TamperCause::Permission(_) } => {
                "make the file readable again, or run `pinfold review --store` in your own terminal"
            }
            StoreError::Tampered { .. } => {
                "run `pinfold review --store` in your own terminal; until then nothing is approved"
            }
            StoreError::Newer { .. } => "install the newer Pinfold that wrote it",
            StoreError::Locked => "look for a stopped `pinfold` process, then try again",
            StoreError::Full => "free some space, then try again; nothing was lost",
            StoreError::NotWritten => {
                "look at quota, limits and the disk's health, then try again; nothing was lost"
            }
            StoreError::ReadOnly => "approved tools still run; decide where the home folder can be written",
            StoreError::Raced => "run `pinfold review` again to see what is left to decide",
            StoreError::Refused(_) => "run `pinfold review` again to see the present state",
            StoreError::ObjectMissing(_) | StoreError::ObjectWrong(_) => {
                "start the server once more from its client, then run `pinfold review` again"
            }
            StoreError::Home(_) => "set HOME to the absolute path of your home folder",
            StoreError::Unsafe { fault: FolderFault::Writable { .. }, .. } => {
                "look who wrote there, then take the permission away with `chmod go-w`"
            }
            StoreError::Unsafe { .. } => "look how that came about, then move it away",
            StoreError::TooLarge(_) => "this is a limit of Pinfold; it stands in spec/store.md",
            StoreError::Io { .. } | StoreError::Sqlite(_) => {
                "look at the disk and its permissions, then try again"
            }
        }
    }

    /// The reason code, where there is one.
    pub fn reason(&self) -> Option<ReasonCode> {
        match self {
            StoreError::Tampered { .. } | StoreError::Unsafe { .. } => Some(ReasonCode::PinstoreTampered),
            StoreError::Raced => Some(ReasonCode::PinRace),
            _ => None,
        }
    }

    /// Whether what was asked could not be determined or recorded (exit code 3) rather than being refused (1).
    pub fn is_undetermined(&self) -> bool {
        match self {
            StoreError::Tampered { reason, .. } => *reason == TamperReason::Unreadable,
            StoreError::Raced | StoreError::Refused(_) | StoreError::Unsafe { .. } => false,
            _ => true,
        }
    }

    /// Of the five reasons, the one that this is.
    pub fn tampered(&self) -> Option<TamperReason> {
        match self {
            StoreError::Tampered { reason, .. } => Some(*reason),
            _ => None,
        }
    }

    pub(crate) fn io(path: &Path, source: io::Error) -> StoreError {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                StoreError::Full
            }
            io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly,
            _ => StoreError::Io { path: path.to_owned(), source },
        }
    }

    /// For a file that is to be written.
    pub(crate) fn writing(path: &Path, source: io::Error) -> StoreError {
        match source.kind() {
            io::ErrorKind::PermissionDenied => StoreError::ReadOnly,
            _ => StoreError::io(path, source),
        }
    }

    /// For a file that is to be read and is there.
    pub(crate) fn reading(path: &Path, source: io::Error) -> StoreError {
        match source.kind() {
            io::ErrorKind::PermissionDenied => {
                StoreError::unreadable(TamperCause::Permission(path.to_owned()))
            }
            _ => StoreError::io(path, source),
        }
    }

    /// SQLite names a full disk in some places only; elsewhere a write fails without a reason.
    pub(crate) fn of_disk(self, places: &Places) -> StoreError {
        use rusqlite::ffi::{
            SQLITE_IOERR_FSYNC, SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_TRUNCATE, SQLITE_IOERR_WRITE,
        };
        const WRITES: [i32; 4] =
            [SQLITE_IOERR_WRITE, SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_TRUNCATE, SQLITE_IOERR_FSYNC];
        let StoreError::Sqlite(rusqlite::Error::SqliteFailure(failure, _)) = &self else { return self };
        if failure.code != rusqlite::ErrorCode::SystemIoFailure {
            return self;
        }
        let room = rustix::fs::statvfs(places.store_folder());
        match room.is_ok_and(|room| room.f_bavail == 0) {
            true => StoreError::Full,
            false if WRITES.contains(&failure.extended_code) => StoreError::NotWritten,
            false => self,
        }
    }

    pub(crate) fn unreadable(cause: TamperCause) -> StoreError {
        StoreError::Tampered { reason: TamperReason::Unreadable, cause }
    }

    pub(crate) fn edited(cause: TamperCause) -> StoreError {
        StoreError::Tampered { reason: TamperReason::Edited, cause }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        use rusqlite::{Error, ErrorCode};
        if let Error::InvalidColumnType(..)
        | Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::Utf8Error(..) = error
        {
            return StoreError::edited(TamperCause::Value);
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                StoreError::unreadable(TamperCause::Sqlite(error))
            }
            Some(ErrorCode::DiskFull) => StoreError::Full,
            Some(ErrorCode::ReadOnly) => StoreError::ReadOnly,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked,
            _ => StoreError::Sqlite(error),
        }
    }
}

fn told(reason: TamperReason) -> &'static str {
    match reason {
        TamperReason::Edited => "the store was edited",
        TamperReason::Older => "the store is older than it was",
        TamperReason::Other => "this is another store than the one that was used here",
        TamperReason::Absent => "the store is gone",
        TamperReason::Unreadable => "the store cannot be read",
    }
}

fn shown(path: &Path) -> String {
    pinfold_core::text::visible(&path.to_string_lossy()).to_string()
}

impl fmt::Display for TamperCause {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TamperCause::Marker => Ok(()),
            TamperCause::Chain(refusal) => write!(out, ": {refusal}"),
            TamperCause::MarkerDocument(error) => write!(out, ": the marker is {error}"),
            TamperCause::Schema => write!(out, ": its tables are not those of Pinfold"),
            TamperCause::Row(table) => write!(out, ": the table {table} holds what Pinfold does not write"),
            TamperCause::Value => write!(out, ": a row holds what Pinfold does not write"),
            TamperCause::Object(digest) => write!(out, ": the object {digest} has other bytes"),
            TamperCause::NotOurs => write!(out, ": it is no database of Pinfold"),
            TamperCause::Damaged => write!(out, ": the database is damaged"),
            TamperCause::Sqlite(error) => write!(out, ": {error}"),
            TamperCause::Permission(path) => write!(out, ": no permission to read {}", shown(path)),
        }
    }
}
