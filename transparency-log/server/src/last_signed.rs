//! The last-signed record: the newest head that was signed, kept outside the database and its backups, so that an old
//! backup put back is noticed (spec/log.md, Rollback protection).
//!
//! The file has two slots of one size. A head is written over the older one and synced, so a torn write leaves the
//! other; no rename and no folder has to be synced.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use pinfold_core::text::visible_path;
use pinfold_service::{Problem, home};
use thiserror::Error;

/// Bytes of a slot: a note with one signature, and zero bytes after it.
const SLOT_BYTES: usize = 4096;

/// Why the record cannot be used. *Absent* and *unreadable* are two things.
#[derive(Debug, Error)]
pub(crate) enum LastSignedError {
    /// There is none.
    #[error("the last-signed record {} does not exist", visible_path(.0))]
    Absent(PathBuf),
    /// There is one already.
    #[error("the last-signed record {} exists", visible_path(.0))]
    Exists(PathBuf),
    /// It is there, and neither slot holds a head that this log signed.
    #[error("the last-signed record {} holds no head of this log", visible_path(.0))]
    Garbled(PathBuf),
    /// It stands inside the log's folder, and so in its backups.
    #[error("the last-signed record {} stands in the log's folder", visible_path(.0))]
    Inside(PathBuf),
    /// Reading or writing failed.
    #[error("the last-signed record {} cannot be used: {error}", visible_path(.path))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl LastSignedError {
    /// The two lines for the operator.
    pub(crate) fn problem(&self) -> Problem {
        let (code, hint) = match self {
            LastSignedError::Absent(_) => (
                "LAST_SIGNED_ABSENT",
                "give its place with --last-signed, or start with --witness-policy: witnesses know the newest head too",
            ),
            LastSignedError::Exists(_) => {
                let hint = "a log of this origin has signed here; choose another origin, or another file with --last-signed";
                return Problem::refused("LAST_SIGNED_EXISTS", self.to_string(), hint);
            }
            LastSignedError::Garbled(_) => (
                "LAST_SIGNED_UNREADABLE",
                "is it another log's, or damaged? Put the right one back, or give its place with --last-signed. Where none is \
                 left, remove it and start with --witness-policy: witnesses know the newest head too",
            ),
            LastSignedError::Inside(_) => (
                "LAST_SIGNED_INSIDE",
                "choose a place outside --dir: a record that is restored with the database protects nothing",
            ),
            LastSignedError::Io { .. } => ("LAST_SIGNED_IO", "check the disk and the owner of the file"),
        };
        Problem::undetermined(code, self.to_string(), hint)
    }
}

/// The open record.
#[derive(Debug)]
pub(crate) struct LastSigned {
    file: File,
    path: PathBuf,
    /// The slot that the next head goes into.
    next: u64,
}

/// Where the record of a log stands if nothing else is said: under the home of the user who serves.
///
/// # Errors
/// What is wrong with `HOME`.
pub(crate) fn default_path(origin: &str) -> Result<PathBuf, &'static str> {
    Ok(home()?.join(".local/state/pinfold-log").join(format!("{origin}.last")))
}

impl LastSigned {
    /// Makes the record of a new log, holding its first signed head.
    ///
    /// # Errors
    /// [`LastSignedError::Exists`], [`LastSignedError::Inside`], or it cannot be written.
    pub(crate) fn create(path: &Path, log_folder: &Path, note: &[u8]) -> Result<(), LastSignedError> {
        let io = |error| LastSignedError::Io { path: path.to_owned(), error };
        LastSigned::may_stand_at(path, log_folder)?;
        let folder = parent(path);
        fs::create_dir_all(folder).map_err(io)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let mut file = options.open(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => LastSignedError::Exists(path.to_owned()),
            _ => io(error),
        })?;
        let mut slots = vec![0; 2 * SLOT_BYTES];
        slots[..note.len()].copy_from_slice(note);
        file.write_all(&slots).and_then(|()| file.sync_all()).map_err(io)?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)
    }

    /// Whether a record would outlive the log's folder there.
    ///
    /// # Errors
    /// [`LastSignedError::Inside`], or the places cannot be looked at.
    pub(crate) fn may_stand_at(path: &Path, log_folder: &Path) -> Result<(), LastSignedError> {
        match is_inside(path, log_folder) {
            Ok(false) => Ok(()),
            Ok(true) => Err(LastSignedError::Inside(path.to_owned())),
            Err(error) => Err(LastSignedError::Io { path: path.to_owned(), error }),
        }
    }

    /// Opens the record and reads the larger of its heads. `size_of` says the size of a note that this log signed, and
    /// nothing for any other bytes.
    ///
    /// # Errors
    /// See [`LastSignedError`].
    pub(crate) fn open(
        path: &Path,
        log_folder: &Path,
        size_of: impl Fn(&[u8]) -> Option<u64>,
    ) -> Result<(LastSigned, Vec<u8>), LastSignedError> {
        let io = |error| LastSignedError::Io { path: path.to_owned(), error };
        if is_inside(path, log_folder).map_err(io)? {
            return Err(LastSignedError::Inside(path.to_owned()));
        }
        let file =
            OpenOptions::new().read(true).write(true).open(path).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => LastSignedError::Absent(path.to_owned()),
                _ => io(error),
            })?;
        if file.metadata().map_err(io)?.len() != 2 * SLOT_BYTES as u64 {
            return Err(LastSignedError::Garbled(path.to_owned()));
        }
        let mut slots = vec![0; 2 * SLOT_BYTES];
        file.read_exact_at(&mut slots, 0).map_err(io)?;
        let notes = slots.chunks(SLOT_BYTES).map(|slot| {
            let end = slot.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            &slot[..end]
        });
        let known = notes.enumerate().filter_map(|(slot, note)| Some((size_of(note)?, slot, note)));
        let Some((_, slot, note)) = known.max_by_key(|(size, slot, _)| (*size, *slot)) else {
            return Err(LastSignedError::Garbled(path.to_owned()));
        };
        let note = note.to_vec();
        Ok((LastSigned { file, path: path.to_owned(), next: 1 - slot as u64 }, note))
    }

    /// Writes a head over the older one and syncs it.
    ///
    /// # Errors
    /// [`LastSignedError::Io`]: whether it is on the disk is not known then.
    pub(crate) fn write(&mut self, note: &[u8]) -> Result<(), LastSignedError> {
        let io = |error| LastSignedError::Io { path: self.path.clone(), error };
        if note.len() > SLOT_BYTES {
            return Err(io(io::Error::other("the head is longer than a slot")));
        }
        let mut slot = [0; SLOT_BYTES];
        slot[..note.len()].copy_from_slice(note);
        let at = self.next * SLOT_BYTES as u64;
        self.file.write_all_at(&slot, at).and_then(|()| self.file.sync_data()).map_err(io)?;
        self.next = 1 - self.next;
        Ok(())
    }
}

/// Whether `path` would be copied together with `folder`.
fn is_inside(path: &Path, folder: &Path) -> io::Result<bool> {
    // What does not exist yet is judged by the nearest folder above it that does.
    let resolved = |path: &Path| -> io::Result<PathBuf> {
        let path = std::path::absolute(path)?;
        let exists = path.ancestors().find(|above| above.exists()).unwrap_or(&path);
        let rest = path.strip_prefix(exists).unwrap_or(Path::new(""));
        Ok(fs::canonicalize(exists)?.join(rest))
    };
    Ok(resolved(parent(path))?.starts_with(resolved(folder)?))
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of(note: &[u8]) -> Option<u64> {
        std::str::from_utf8(note).ok()?.strip_prefix("head ")?.parse().ok()
    }

    #[test]
    fn the_larger_head_is_read_and_a_torn_write_leaves_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let (path, log) = (folder.path().join("state/log.last"), folder.path().join("log"));
        fs::create_dir(&log).unwrap();
        LastSigned::create(&path, &log, b"head 0").unwrap();
        assert!(matches!(LastSigned::create(&path, &log, b"head 0"), Err(LastSignedError::Exists(_))));
        let (mut record, note) = LastSigned::open(&path, &log, size_of).unwrap();
        assert_eq!(note, b"head 0");
        for size in [3, 5, 700] {
            record.write(format!("head {size}").as_bytes()).unwrap();
            let (_, note) = LastSigned::open(&path, &log, size_of).unwrap();
            assert_eq!(note, format!("head {size}").as_bytes());
        }
        let newest = 1 - record.next;
        record.file.write_all_at(b"torn", newest * SLOT_BYTES as u64).unwrap();
        let (record, note) = LastSigned::open(&path, &log, size_of).unwrap();
        assert_eq!(note, b"head 5");
        assert_eq!(record.next, newest);
    }

    #[test]
    fn absent_garbled_and_inside_are_three_things() {
        let folder = tempfile::tempdir().unwrap();
        let (path, log) = (folder.path().join("log.last"), folder.path().join("log"));
        fs::create_dir(&log).unwrap();
        let open = |path: &Path| LastSigned::open(path, &log, size_of).map(|_| ());
        assert!(matches!(open(&path), Err(LastSignedError::Absent(_))));
        fs::write(&path, "short").unwrap();
        assert!(matches!(open(&path), Err(LastSignedError::Garbled(_))));
        fs::write(&path, vec![0; 2 * SLOT_BYTES]).unwrap();
        assert!(matches!(open(&path), Err(LastSignedError::Garbled(_))));
        let inside = log.join("log.last");
        assert!(matches!(LastSigned::create(&inside, &log, b"head 0"), Err(LastSignedError::Inside(_))));
        assert!(matches!(open(&inside), Err(LastSignedError::Inside(_))));
    }
}
