//! Text files of the person's own that are believed: the policy, the trust. What they mean is the verifier's.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use pinfold_core::text::visible_path;

use crate::exit::Exit;
use crate::output::Problem;
use crate::own_file::{self, OwnFileFault, Writers};

/// Why a file is not in force. Then nothing runs by a default instead; whether an absent one may be, its reader says.
#[derive(Debug, thiserror::Error)]
pub enum Fault<E: Display> {
    /// It gives no bytes.
    #[error(transparent)]
    File(#[from] OwnFileFault),
    /// It is no UTF-8.
    #[error("{} is not UTF-8 from byte {} on", visible_path(.0), .1)]
    NotUtf8(PathBuf, usize),
    /// It says something that cannot be meant.
    #[error("{}: {}", visible_path(.0), .1)]
    Invalid(PathBuf, E),
}

/// How a fault of one kind of file is told.
pub(crate) struct Codes {
    pub(crate) absent: &'static str,
    pub(crate) unreadable: &'static str,
    pub(crate) invalid: &'static str,
    /// What to do about a file that says something wrong.
    pub(crate) correct: &'static str,
}

impl<E: Display> Fault<E> {
    /// Whether there is no file. No other failure may be taken for it.
    pub fn is_absent(&self) -> bool {
        matches!(self, Fault::File(OwnFileFault::Absent(_)))
    }

    /// The two lines for a person.
    pub(crate) fn told(&self, codes: &Codes) -> Problem {
        let (exit, code, hint) = match self {
            Fault::File(OwnFileFault::Absent(_)) => {
                (Exit::Undetermined, codes.absent, "check the name of the file")
            }
            Fault::File(OwnFileFault::Unreadable(..)) => {
                (Exit::Undetermined, codes.unreadable, "look at the file and its permissions")
            }
            Fault::File(OwnFileFault::Writable(..)) => (
                Exit::Undetermined,
                codes.unreadable,
                "look who wrote there, then take the permission away with `chmod go-w`",
            ),
            Fault::File(OwnFileFault::Owner(..)) => (
                Exit::Undetermined,
                codes.unreadable,
                "look who wrote it; a file that is believed belongs to you or to root",
            ),
            Fault::File(OwnFileFault::TooLarge(..)) | Fault::NotUtf8(..) | Fault::Invalid(..) => {
                (Exit::Usage, codes.invalid, codes.correct)
            }
        };
        Problem::new(exit, code, self.to_string(), hint)
    }
}

/// Reads a file that only its owner can write, and its meaning; the bytes stand beside it.
///
/// # Errors
///
/// [`Fault`].
pub(crate) fn read<T, E: Display>(
    path: &Path,
    max_bytes: usize,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<(T, Vec<u8>), Fault<E>> {
    let bytes = own_file::read(path, max_bytes, Writers::Owner)?;
    let text =
        std::str::from_utf8(&bytes).map_err(|error| Fault::NotUtf8(path.to_owned(), error.valid_up_to()))?;
    let meaning = parse(text).map_err(|error| Fault::Invalid(path.to_owned(), error))?;
    Ok((meaning, bytes))
}
