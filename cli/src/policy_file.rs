//! Reading a policy file from disk; what it means is `pinfold_verifier::policy`.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use pinfold_core::text::visible;
use pinfold_verifier::policy::{MAX_POLICY_BYTES, Policy, PolicyError};

use crate::exit::Exit;
use crate::output::Problem;

/// Why a policy file is not in force. Then nothing runs by a default instead.
#[derive(Debug, thiserror::Error)]
pub enum PolicyFault {
    /// There is none. Only for a file that was named; the user's own may be absent.
    #[error("there is no file {}", shown(.0))]
    Absent(PathBuf),
    /// It cannot be read, or is no plain file.
    #[error("{} cannot be read: {}", shown(.0), .1)]
    Unreadable(PathBuf, io::Error),
    /// It is longer than a policy may be.
    #[error("{} is larger than {} bytes", shown(.0), MAX_POLICY_BYTES)]
    TooLarge(PathBuf),
    /// Others could have written it.
    #[error("{} can be written by others (mode {:04o})", shown(.0), .1)]
    Writable(PathBuf, u32),
    /// It is no UTF-8.
    #[error("{} is not UTF-8 from byte {} on", shown(.0), .1)]
    NotUtf8(PathBuf, usize),
    /// It says something that cannot be meant.
    #[error("{}: {}", shown(.0), .1)]
    Invalid(PathBuf, PolicyError),
}

impl PolicyFault {
    /// The two lines for a person.
    pub fn problem(&self) -> Problem {
        let (exit, code, hint) = match self {
            PolicyFault::Absent(_) => (Exit::Undetermined, "POLICY_ABSENT", "check the name of the file"),
            PolicyFault::Unreadable(..) => {
                (Exit::Undetermined, "POLICY_UNREADABLE", "look at the file and its permissions")
            }
            PolicyFault::Writable(..) => (
                Exit::Undetermined,
                "POLICY_UNREADABLE",
                "look who wrote there, then take the permission away with `chmod go-w`",
            ),
            PolicyFault::TooLarge(_) | PolicyFault::NotUtf8(..) | PolicyFault::Invalid(..) => (
                Exit::Usage,
                "POLICY_INVALID",
                "correct the file; `pinfold policy check` says whether it is valid",
            ),
        };
        Problem::new(exit, code, self.to_string(), hint)
    }
}

/// The user's own policy; without a file, the default one.
///
/// # Errors
///
/// [`PolicyFault`]: a file that is there and is not valid is never taken for an absent one.
pub fn own(path: &Path) -> Result<Policy, PolicyFault> {
    match read(path) {
        Err(PolicyFault::Absent(_)) => Ok(Policy::default()),
        other => other,
    }
}

/// One policy file.
///
/// # Errors
///
/// [`PolicyFault`].
pub fn read(path: &Path) -> Result<Policy, PolicyFault> {
    let unreadable = |error| PolicyFault::Unreadable(path.to_owned(), error);
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(PolicyFault::Absent(path.to_owned()));
        }
        opened => opened.map_err(unreadable)?,
    };
    let about = file.metadata().map_err(unreadable)?;
    if !about.is_file() {
        return Err(unreadable(io::Error::other("it is not a plain file")));
    }
    if about.mode() & 0o022 != 0 {
        return Err(PolicyFault::Writable(path.to_owned(), about.mode() & 0o7777));
    }
    let mut bytes = Vec::new();
    file.take(MAX_POLICY_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > MAX_POLICY_BYTES {
        return Err(PolicyFault::TooLarge(path.to_owned()));
    }
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| PolicyFault::NotUtf8(path.to_owned(), error.valid_up_to()))?;
    Policy::parse(text).map_err(|error| PolicyFault::Invalid(path.to_owned(), error))
}

fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy())
}
