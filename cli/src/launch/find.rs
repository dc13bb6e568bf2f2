//! Finding the file of a command.

use std::path::{Path, PathBuf};

use rustix::fs::Access;

/// A program file: where it was found, and what file that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Absolute, symbolic links kept.
    pub(super) path: String,
    /// Absolute, symbolic links resolved.
    pub(super) file: String,
}

/// Why a command has no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::enum_variant_names, reason = "each says what the file is not")]
pub(super) enum FindFault {
    NotFound,
    NotAFile,
    NotExecutable,
    NotUnicode,
}

/// Finds a command as the system would: by path, relative to the folder, if it has a slash; in the search path otherwise.
pub(super) fn find(command: &str, folder: &Path, search: &[PathBuf]) -> Result<Found, FindFault> {
    if command.contains('/') {
        return found(&absolute(command, folder));
    }
    search
        .iter()
        .map(|member| found(&member.join(command)))
        .find(Result::is_ok)
        .unwrap_or(Err(FindFault::NotFound))
}

/// The absolute path of a command with a slash; `./` at its beginning is nothing.
pub(super) fn absolute(command: &str, folder: &Path) -> PathBuf {
    let mut relative = command;
    while let Some(rest) = relative.strip_prefix("./") {
        relative = rest.trim_start_matches('/');
    }
    // A path that is absolute takes the place of the folder.
    folder.join(relative)
}

/// Whether a file is there, at just this path without links, and may be run.
pub(super) fn is_program(file: &Path) -> bool {
    found(file).is_ok_and(|found| Path::new(&found.file) == file)
}

fn found(path: &Path) -> Result<Found, FindFault> {
    let metadata = path.metadata().map_err(|_| FindFault::NotFound)?;
    if !metadata.is_file() {
        return Err(FindFault::NotAFile);
    }
    if rustix::fs::access(path, Access::EXEC_OK).is_err() {
        return Err(FindFault::NotExecutable);
    }
    let file = path.canonicalize().map_err(|_| FindFault::NotFound)?;
    match (path.to_str(), file.to_str()) {
        (Some(path), Some(file)) => Ok(Found { path: path.to_owned(), file: file.to_owned() }),
        _ => Err(FindFault::NotUnicode),
    }
}
