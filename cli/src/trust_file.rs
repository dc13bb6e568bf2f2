//! Reading and writing the trust file; what it means is `pinfold_verifier::trust`.

use std::io;
use std::path::{Path, PathBuf};

use pinfold_core::digest::{Digest, file_digest};
use pinfold_store::Places;
use pinfold_verifier::trust::{MAX_TRUST_BYTES, Trust, TrustError};

use crate::believed::{self, Codes, Fault};
use crate::output::Problem;
use crate::own_file;

/// Why nothing can be trusted by a file.
pub(crate) type TrustFault = Fault<TrustError>;

const CODES: Codes = Codes {
    absent: "TRUST_ABSENT",
    unreadable: "TRUST_UNREADABLE",
    invalid: "TRUST_INVALID",
    correct: "correct the file; spec/trust.md says what may stand in it",
};

impl TrustFault {
    /// The two lines for a person.
    pub(crate) fn problem(&self) -> Problem {
        self.told(&CODES)
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
        Err(fault) if fault.is_absent() => Ok(TrustFile { path, trust: Trust::default(), digest: None }),
        read => read,
    }
}

/// One trust file.
///
/// # Errors
///
/// [`TrustFault`].
pub(crate) fn read(path: &Path) -> Result<TrustFile, TrustFault> {
    let (trust, bytes) = believed::read(path, MAX_TRUST_BYTES, Trust::parse)?;
    Ok(TrustFile { path: path.to_owned(), trust, digest: Some(file_digest(&bytes)) })
}

/// Writes a trust in the place of the one that was read, behind links that lead to it. Gives the path of the file.
///
/// # Errors
///
/// The file changed since; or whatever the disk says. Then it stands as it was.
pub(crate) fn replace(seen: &TrustFile, trust: &Trust) -> Result<PathBuf, ReplaceError> {
    let now = match read(&seen.path) {
        Ok(file) => file.digest,
        Err(fault) if fault.is_absent() => None,
        Err(_) => return Err(ReplaceError::Changed),
    };
    if now != seen.digest {
        return Err(ReplaceError::Changed);
    }
    own_file::write_behind_links(&seen.path, trust.to_text().as_bytes(), 0o600).map_err(ReplaceError::Write)
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
