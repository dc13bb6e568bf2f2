//! The last-signed record: how often the witness's database had changed when a cosignature last left, kept outside of
//! the folder and its backups. A database that counted less is an old one that was put back.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use pinfold_core::note::VerifierKey;
use pinfold_core::text::visible_path;
use pinfold_service::{Problem, home};
use rustix::fs::OFlags;
use thiserror::Error;

/// The first line.
const FIRST_LINE: &str = "pinfold-witness last-signed record, version 1";
/// Bytes of the file: less than a sector, so that it is written whole or not at all.
const FILE_BYTES: usize = 512;

/// An open record.
#[derive(Debug)]
pub(crate) struct Record {
    file: File,
    path: PathBuf,
    key: VerifierKey,
}

/// Why a record does not let the witness start.
#[derive(Debug, Error)]
pub(crate) enum RecordError {
    /// There is none, and the database says that there was one.
    #[error("the last-signed record {} is not there", visible_path(.0))]
    Absent(PathBuf),
    /// It is something else, or another witness's.
    #[error("{} is not the last-signed record of this witness", visible_path(.0))]
    Foreign(PathBuf),
    /// It counts more than the database.
    #[error(
        "the database is an old one: it changed {database} times, and a cosignature left after change {record} ({})",
        visible_path(.path)
    )]
    Ahead {
        /// The record.
        path: PathBuf,
        /// What it counts.
        record: u64,
        /// What the database counts.
        database: u64,
    },
    /// It lies in the witness's folder.
    #[error("the last-signed record {} lies in the witness's own folder", visible_path(.0))]
    Inside(PathBuf),
    /// A new one was asked for and there is one.
    #[error("there is a last-signed record already: {}", visible_path(.0))]
    Exists(PathBuf),
    /// No place for it is known.
    #[error("{0}, so the last-signed record has no place")]
    NoPlace(&'static str),
    /// Reading or writing failed.
    #[error("the last-signed record {}: {}", visible_path(.0), .1)]
    Io(PathBuf, io::Error),
}

/// Where the record of a witness stands if nothing else is said: under the home of the user who serves.
///
/// # Errors
/// [`RecordError::NoPlace`].
pub(crate) fn default_path(key: &VerifierKey) -> Result<PathBuf, RecordError> {
    let home = home().map_err(RecordError::NoPlace)?;
    let name = format!("{}.last", pinfold_core::hex::encode(key.key_bytes()));
    Ok(home.join(".local/state/pinfold-witness").join(name))
}

impl Record {
    /// Opens the record and compares it with the database, which counts `counter`. Without a record a database that
    /// never changed gets one; another one only if `is_new`, which the operator has to say.
    ///
    /// # Errors
    /// See [`RecordError`].
    pub(crate) fn open(
        path: &Path,
        folder: &Path,
        key: &VerifierKey,
        counter: u64,
        is_new: bool,
    ) -> Result<Record, RecordError> {
        let failed = |error| RecordError::Io(path.to_owned(), error);
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(failed)?;
        if parent.canonicalize().map_err(failed)?.starts_with(folder.canonicalize().map_err(failed)?) {
            return Err(RecordError::Inside(path.to_owned()));
        }
        let mut options = OpenOptions::new();
        // A pipe of that name is no record, and is not waited for.
        options.read(true).write(true).mode(0o600).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
        let (file, is_made) = match options.open(path) {
            Ok(_) if is_new => return Err(RecordError::Exists(path.to_owned())),
            Ok(file) => (file, false),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            Err(_) if counter > 0 && !is_new => return Err(RecordError::Absent(path.to_owned())),
            Err(_) => (options.create_new(true).open(path).map_err(failed)?, true),
        };
        let mut record = Record { file, path: path.to_owned(), key: key.clone() };
        if is_made {
            record.write(counter)?;
            record.file.sync_all().map_err(failed)?;
            File::open(parent).and_then(|parent| parent.sync_all()).map_err(failed)?;
            return Ok(record);
        }
        let found = record.read()?;
        if found > counter {
            return Err(RecordError::Ahead { path: path.to_owned(), record: found, database: counter });
        }
        Ok(record)
    }

    /// Writes what the database counts and syncs it.
    ///
    /// # Errors
    /// [`RecordError::Io`]: whether it is on the disk is not known then.
    pub(crate) fn write(&mut self, counter: u64) -> Result<(), RecordError> {
        let mut bytes = self.text(counter).into_bytes();
        bytes.resize(FILE_BYTES.max(bytes.len()), b'\n');
        let written = self.file.write_all_at(&bytes, 0).and_then(|()| self.file.sync_data());
        written.map_err(|error| RecordError::Io(self.path.clone(), error))
    }

    fn text(&self, counter: u64) -> String {
        let key = pinfold_core::hex::encode(self.key.key_bytes());
        format!("{FIRST_LINE}\nkey {key}\nchanges {counter:020}\n")
    }

    fn read(&mut self) -> Result<u64, RecordError> {
        let foreign = || RecordError::Foreign(self.path.clone());
        let failed = |error| RecordError::Io(self.path.clone(), error);
        if !self.file.metadata().map_err(failed)?.is_file() {
            return Err(foreign());
        }
        let mut bytes = Vec::new();
        (&self.file).take(2 * FILE_BYTES as u64).read_to_end(&mut bytes).map_err(failed)?;
        let text = String::from_utf8(bytes).map_err(|_| foreign())?;
        let number =
            text.lines().nth(2).and_then(|line| line.strip_prefix("changes ")).ok_or_else(foreign)?;
        let counter = number.parse().map_err(|_| foreign())?;
        if text.trim_end() == self.text(counter).trim_end() { Ok(counter) } else { Err(foreign()) }
    }
}

impl RecordError {
    /// The same for the operator, with what to do.
    pub(crate) fn problem(&self) -> Problem {
        let (code, hint) = match self {
            RecordError::Absent(_) => (
                "RECORD_ABSENT",
                "put it back, or say --last-signed FILE; if you know that no newer database exists, --new-record",
            ),
            RecordError::Foreign(_) => (
                "RECORD_FOREIGN",
                "say --last-signed FILE with the right one; if it is damaged and you know that no newer database exists, \
                 remove it and say --new-record",
            ),
            RecordError::Ahead { .. } => (
                "WITNESS_ROLLED_BACK",
                "put the newest database back; if it is lost, make a new witness under another name and key",
            ),
            RecordError::Inside(_) => {
                ("RECORD_INSIDE", "choose a place that is not copied together with the database")
            }
            RecordError::Exists(_) => ("RECORD_EXISTS", "leave --new-record out"),
            RecordError::NoPlace(_) => ("HOME_UNUSABLE", "set HOME, or say --last-signed FILE"),
            RecordError::Io(..) => ("RECORD_UNREADABLE", "look at the disk and at the rights of the file"),
        };
        Problem::undetermined(code, self.to_string(), hint)
    }
}

#[cfg(test)]
mod tests {
    use pinfold_core::signature::SigningKey;

    use super::*;

    fn key(seed: u8) -> VerifierKey {
        VerifierKey::cosigner("w.example".parse().unwrap(), SigningKey::from_seed(&[seed; 32]).public_key())
    }

    #[test]
    fn absent_foreign_behind_and_ahead_are_four_things() {
        let room = tempfile::tempdir().unwrap();
        let (folder, path) = (room.path().join("w"), room.path().join("state/w.last"));
        fs::create_dir(&folder).unwrap();
        let open = |counter, is_new| Record::open(&path, &folder, &key(1), counter, is_new);
        assert!(matches!(open(3, false), Err(RecordError::Absent(_))));
        let mut record = open(0, false).unwrap();
        record.write(7).unwrap();
        assert!(matches!(open(6, false), Err(RecordError::Ahead { record: 7, database: 6, .. })));
        assert!(open(7, false).is_ok());
        assert!(open(9, false).is_ok());
        assert!(matches!(open(9, true), Err(RecordError::Exists(_))));
        let other = Record::open(&path, &folder, &key(2), 9, false);
        assert!(matches!(other, Err(RecordError::Foreign(_))));
        fs::remove_file(&path).unwrap();
        assert!(open(9, true).is_ok());
        for text in ["", "changes 3", &"\n".repeat(512)] {
            fs::write(&path, text).unwrap();
            assert!(matches!(open(9, false), Err(RecordError::Foreign(_))), "{text:?}");
        }
        let inside = Record::open(&folder.join("w.last"), &folder, &key(1), 0, false);
        assert!(matches!(inside, Err(RecordError::Inside(_))));
    }
}
