//! What can be wrong with the log's folder and its database.

use std::io;
use std::path::{Path, PathBuf};

use pinfold_core::text::visible_path;
use pinfold_service::Problem;
use rusqlite::ErrorCode;
use thiserror::Error;

/// Why the database did not do what was asked. *Absent*, *unreadable* and *of a newer version* are three things.
#[derive(Debug, Error)]
pub(crate) enum StoreError {
    /// There is no log in the folder.
    #[error("there is no log in {}", visible_path(.0))]
    Absent(PathBuf),
    /// There is something in the way of a new log.
    #[error("{} exists", visible_path(.0))]
    Exists(PathBuf),
    /// A newer program wrote the database.
    #[error("the database in {} has version {found}, this program knows {}", visible_path(.folder), super::schema::SCHEMA_VERSION)]
    Newer {
        /// The log's folder.
        folder: PathBuf,
        /// The version found.
        found: i64,
    },
    /// The file is not a database of ours.
    #[error("{} is not a log's database: {what}", visible_path(.path))]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What shows it.
        what: &'static str,
    },
    /// A row that we did not write so.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// Another process serves the folder.
    #[error("another process serves the log in {}", visible_path(.0))]
    Locked(PathBuf),
    /// A reader keeps the write-ahead log from being moved.
    #[error("another program reads the database and does not end")]
    Held,
    /// Somewhere must be written and cannot.
    #[error("{} cannot be written: {error}", visible_path(.path))]
    NotWritable {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A file that cannot be read.
    #[error("{} cannot be read: {error}", visible_path(.path))]
    NotReadable {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// SQLite failed.
    #[error("the database failed: {0}")]
    Sqlite(rusqlite::Error),
}

impl StoreError {
    /// Reading `path` failed.
    pub(crate) fn reading(path: &Path, error: io::Error) -> StoreError {
        StoreError::NotReadable { path: path.to_owned(), error }
    }

    /// Writing `path` failed.
    pub(crate) fn writing(path: &Path, error: io::Error) -> StoreError {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
            _ => StoreError::NotWritable { path: path.to_owned(), error },
        }
    }

    /// The two lines for the operator.
    pub(crate) fn problem(&self) -> Problem {
        let (code, hint) = match self {
            StoreError::Absent(_) => (
                "LOG_ABSENT",
                "is its disk mounted? `serve` and `check` never make a log; `pinfold-log init` makes a new one, with a \
                 new key",
            ),
            StoreError::Exists(_) => {
                let hint = "a log is made once; choose an empty folder, or serve the log that is there";
                return Problem::refused("LOG_EXISTS", self.to_string(), hint);
            }
            StoreError::Newer { .. } => ("LOG_NEWER", "use the program that wrote it, or a newer one"),
            StoreError::Foreign { .. } => ("LOG_FOREIGN", "check --dir; nothing was changed"),
            StoreError::Damaged(_) => (
                "LOG_DAMAGED",
                "nothing was signed; look at the disk, and put back a backup if it is one that no head has left since; \
                 `pinfold-log check` names what does not add up, as far as it can be read",
            ),
            StoreError::Locked(_) => ("LOG_LOCKED", "one process serves a log; stop the other one first"),
            StoreError::Held => {
                ("LOG_HELD", "let `pinfold-log check` or the copying of a backup end, then start again")
            }
            StoreError::NotWritable { .. } => (
                "LOG_READ_ONLY",
                "is the disk mounted read-only, or the folder another user's? Give it to the user who serves",
            ),
            StoreError::NotReadable { .. } => ("LOG_UNREADABLE", "check the disk and the owner of the file"),
            StoreError::Full => ("LOG_DISK_FULL", "make room; nothing was signed"),
            StoreError::Sqlite(_) => {
                ("LOG_DATABASE", "look at the disk; a start recovers what was committed")
            }
        };
        Problem::undetermined(code, self.to_string(), hint)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                StoreError::Damaged(error.to_string())
            }
            _ => StoreError::Sqlite(error),
        }
    }
}
