//! The last look before a start.

use std::path::Path;

use pinfold_core::launch::{Difference, LaunchDifference};
use pinfold_core::text::visible;
use thiserror::Error;

use super::file::{DigestCache, FileFault, read_file, same_identity};
use super::program::LiveFile;
use super::resolve::ResolvedLaunch;

/// Why a resolved launch may not be started any more.
#[derive(Debug, Error)]
pub enum StartRefusal {
    /// The launch is another one now.
    #[error("{0}")]
    Changed(LaunchDifference),
    /// The bytes of an interpreter or launcher changed since they were judged.
    #[error("the bytes of {} changed", visible(.0))]
    InterpreterChanged(String),
    /// A file cannot be read.
    #[error("{}: {fault}", visible(file))]
    File {
        /// The file.
        file: String,
        /// What is wrong with it.
        fault: FileFault,
    },
}

/// Looks at every file of a resolved launch again: same place, same identity, or the same digest after all.
///
/// Time passes between resolving and starting (a person thinks); this is called right before. Between this look and the
/// start remains the time of a system call or two, which is named in the threat model.
///
/// # Errors
/// See [`StartRefusal`].
pub fn check_again(resolved: &ResolvedLaunch, cache: &mut dyn DigestCache) -> Result<(), StartRefusal> {
    resolved.files.iter().try_for_each(|file| check_file(file, cache))
}

fn check_file(file: &LiveFile, cache: &mut dyn DigestCache) -> Result<(), StartRefusal> {
    let pinned = Path::new(&file.record.file);
    let through = if file.runs_by_path { Path::new(&file.record.path) } else { pinned };
    let now = through.canonicalize().ok();
    if now.as_deref() != Some(pinned) {
        let now = now.map(|path| path.to_string_lossy().into_owned());
        let gone = Difference::Gone { file: file.record.file.clone(), now };
        return Err(StartRefusal::Changed(gone.into()));
    }
    if pinned.metadata().is_ok_and(|metadata| same_identity(&file.metadata, &metadata)) {
        return Ok(());
    }
    let hashed = read_file(pinned, cache)
        .map_err(|fault| StartRefusal::File { file: file.record.file.clone(), fault })?;
    if hashed.digest == file.digest {
        return Ok(());
    }
    match file.record.digest {
        None => Err(StartRefusal::InterpreterChanged(file.record.file.clone())),
        Some(before) => {
            let file = file.record.file.clone();
            Err(StartRefusal::Changed(
                Difference::Binary { file, pinned: before, live: hashed.digest }.into(),
            ))
        }
    }
}
