//! Why the database does not say what it should.

use std::io;
use std::path::{Path, PathBuf};

use pinfold_core::text::{visible, visible_path};
use pinfold_service::Problem;
use rusqlite::ErrorCode;
use thiserror::Error;

/// One variant for each thing that an operator does something else about.
#[derive(Debug, Error)]
pub(crate) enum DatabaseError {
    /// `init` found one.
    #[error("there is a witness already: {}", visible_path(.0))]
    Exists(PathBuf),
    /// The folder holds none.
    #[error("there is no witness in {}", visible_path(.0))]
    Absent(PathBuf),
    /// It is ours and from a later program.
    #[error("{} was written by a newer pinfold-witness (version {version} of its tables)", visible_path(.path))]
    Newer {
        /// The database.
        path: PathBuf,
        /// Of its tables.
        version: i64,
    },
    /// It cannot be read as what it should be.
    #[error("{} is damaged: {}", visible_path(.0), visible(.1))]
    Damaged(PathBuf, String),
    /// Another file is at its place while it is in use.
    #[error("{} was replaced or removed while in use", visible_path(.0))]
    Replaced(PathBuf),
    /// The disk is mounted read-only, or the file may not be written.
    #[error("{} cannot be written: read-only", visible_path(.0))]
    ReadOnly(PathBuf),
    /// No room.
    #[error("no room on the disk of {}", visible_path(.0))]
    Full(PathBuf),
    /// Another process holds it.
    #[error("another process uses {}", visible_path(.0))]
    Busy(PathBuf),
    /// Reading or writing failed.
    #[error("{}: {}", visible_path(.0), visible(.1))]
    Failed(PathBuf, String),
    /// A commit failed in a way that leaves open what is on the disk.
    #[error("{}: a commit failed: {}", visible_path(.0), visible(.1))]
    Commit(PathBuf, String),
}

impl DatabaseError {
    pub(crate) fn io(path: &Path, error: io::Error) -> DatabaseError {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                DatabaseError::ReadOnly(path)
            }
            io::ErrorKind::StorageFull => DatabaseError::Full(path),
            _ => DatabaseError::Failed(path, error.to_string()),
        }
    }

    pub(crate) fn sqlite(path: &Path, error: rusqlite::Error) -> DatabaseError {
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::ReadOnly) => DatabaseError::ReadOnly(path),
            Some(ErrorCode::DiskFull) => DatabaseError::Full(path),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => DatabaseError::Busy(path),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                DatabaseError::Damaged(path, error.to_string())
            }
            None => DatabaseError::Damaged(path, error.to_string()),
            Some(_) => DatabaseError::Failed(path, error.to_string()),
        }
    }

    /// The same error, met while committing.
    pub(super) fn of_commit(self) -> DatabaseError {
        match self {
            DatabaseError::Failed(path, what) => DatabaseError::Commit(path, what),
            other => other,
        }
    }

    /// Whether nothing more may be decided on what is read from the file: the process ends.
    pub(crate) fn is_fatal(&self) -> bool {
        matches!(self, DatabaseError::Commit(..) | DatabaseError::Replaced(_) | DatabaseError::Damaged(..))
    }

    /// The same for the operator, with what to do.
    pub(crate) fn problem(&self) -> Problem {
        let (code, hint) = match self {
            DatabaseError::Exists(_) => {
                let hint = "`pinfold-witness serve` uses it; a new one needs another folder";
                return Problem::refused("WITNESS_EXISTS", self.to_string(), hint);
            }
            DatabaseError::Absent(_) => (
                "WITNESS_ABSENT",
                "is its disk mounted? `pinfold-witness init` makes a new witness, which knows no log",
            ),
            DatabaseError::Newer { .. } => {
                ("WITNESS_NEWER", "use the newer program; an older one would misread it")
            }
            DatabaseError::Damaged(..) => (
                "WITNESS_DAMAGED",
                "nothing is cosigned on a state that cannot be read; put the right file back, or make a new witness under \
                 another name and key",
            ),
            DatabaseError::Replaced(_) => {
                ("WITNESS_REPLACED", "stop the witness before its files are touched")
            }
            DatabaseError::ReadOnly(_) => {
                ("WITNESS_READ_ONLY", "mount the disk for writing, and let this user own the folder")
            }
            DatabaseError::Full(_) => ("WITNESS_FULL", "make room, then start again"),
            DatabaseError::Busy(_) => ("WITNESS_BUSY", "stop the other process, or wait for it"),
            DatabaseError::Failed(..) | DatabaseError::Commit(..) => {
                ("WITNESS_UNREADABLE", "look at the disk and at the rights of the folder, then start again")
            }
        };
        Problem::undetermined(code, self.to_string(), hint)
    }
}
