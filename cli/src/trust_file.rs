//! Reading and writing the trust file; what it means is `pinfold_verifier::trust`.

use std::io;
use std::path::{Path, PathBuf};

use pinfold_core::digest::{Digest, file_digest};
use pinfold_store::Places;
use pinfold_verifier::trust::{MAX_TRUST_BYTES, Trust, TrustError};

use crate::exit::Exit;
use crate::output::Problem;
use crate::own_file::{self, OwnFileFault, Writers, shown};

/// Why nothing can be trusted by a file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TrustFault {
    /// It gives no bytes.
    #[error(transparent)]
    File(#[from] OwnFileFault),
    /// It is no UTF-8.
    #[error("{} is not UTF-8 from byte {} on", shown(.0), .1)]
    NotUtf8(PathBuf, usize),
    /// It says something that cannot be meant.
    #[error("{}: {}", shown(.0), .1)]
    Invalid(PathBuf, TrustError),
}

impl TrustFault {
    /// The two lines for a person.
    pub(crate) fn problem(&self) -> Problem {
        let (exit, code, hint) = match self {
            TrustFault::File(OwnFileFault::Absent(_)) => {
                (Exit::Undetermined, "TRUST_ABSENT", "check the name of the file")
            }
            TrustFault::File(OwnFileFault::Writable(..)) => (
                Exit::Undetermined,
                "TRUST_UNREADABLE",
                "look who wrote there, then take the permission away with `chmod go-w`",
            ),
            TrustFault::File(OwnFileFault::Unreadable(..)) => {
                (Exit::Undetermined, "TRUST_UNREADABLE", "look at the file and its permissions")
            }
            TrustFault::File(OwnFileFault::TooLarge(..))
            | TrustFault::NotUtf8(..)
            | TrustFault::Invalid(..) => {
                (Exit::Usage, "TRUST_INVALID", "correct the file; spec/trust.md says what may stand in it")
            }
        };
        Problem::new(exit, code, self.to_string(), hint)
    }
}

/// A trust file as it was read.
#[derive(Debug)]
pub(crate) struct TrustFile {
    /// Where it lies.
    pub path: PathBuf,
    /// What it says; nothing, where there is no file.
    pub trust: Trust,
    /// SHA-256 of its bytes; `None`: there is no file.
    pub digest: Option<Digest>,
}

/// The place of the person's own trust file.
pub(crate) fn place(places: &Places) -> PathBuf {
    places.policy().with_file_name("trust.toml")
}

/// The person's own trust; without a file nothing is trusted.
///
/// # Errors
///
/// [`TrustFault`]: a file that is there and is not valid is never taken for an absent one.
pub(crate) fn own(places: &Places) -> Result<TrustFile, TrustFault> {
    let path = place(places);
    match read(&path) {
        Err(TrustFault::File(OwnFileFault::Absent(_))) => {
            Ok(TrustFile { path, trust: Trust::default(), digest: None })
        }
        read => read,
    }
}

/// One trust file.
///
/// # Errors
///
/// [`TrustFault`].
pub(crate) fn read(path: &Path) -> Result<TrustFile, TrustFault> {
    let bytes = own_file::read(path, MAX_TRUST_BYTES, Writers::Owner)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| TrustFault::NotUtf8(path.to_owned(), error.valid_up_to()))?;
    let trust = Trust::parse(text).map_err(|error| TrustFault::Invalid(path.to_owned(), error))?;
    Ok(TrustFile { path: path.to_owned(), trust, digest: Some(file_digest(&bytes)) })
}

/// Writes a trust in the place of the one that was read.
///
/// # Errors
///
/// The file changed since; or whatever the disk says. Then it stands as it was.
pub(crate) fn replace(seen: &TrustFile, trust: &Trust) -> Result<(), ReplaceError> {
    let now = match read(&seen.path) {
        Ok(file) => file.digest,
        Err(TrustFault::File(OwnFileFault::Absent(_))) => None,
        Err(_) => return Err(ReplaceError::Changed),
    };
    if now != seen.digest {
        return Err(ReplaceError::Changed);
    }
    own_file::write(&seen.path, trust.to_text().as_bytes(), 0o600).map_err(ReplaceError::Write)
}

/// Why a trust file was not replaced.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplaceError {
    /// Somebody else wrote it meanwhile.
    #[error("the file changed meanwhile")]
    Changed,
    /// It cannot be written.
    #[error("it cannot be written: {0}")]
    Write(io::Error),
}
