//! The publisher's key: where it lies, and its failures as two lines for a person.

use std::path::{Path, PathBuf};

use pinfold_core::text::visible_path;
use pinfold_keys::{CreateError, Key, ReadError, lies_among_login_keys};

use crate::args::PassphraseArgs;
use crate::exit::Exit;
use crate::home;
use crate::output::{Output, Problem};
use crate::passphrase::Source;

/// Where the key lies if no other file is named.
///
/// # Errors
///
/// HOME cannot be used.
pub(crate) fn usual_place() -> Result<PathBuf, Problem> {
    Ok(home::places()?.home().join(".config/pinfold/key"))
}

/// Reads the key that signs, and asks for its passphrase if it has one.
///
/// # Errors
///
/// The key cannot be used; nothing was signed.
pub(crate) fn read(
    file: Option<&Path>,
    passphrase: &PassphraseArgs,
    output: &mut Output<'_>,
) -> Result<Key, Problem> {
    let path = match file {
        Some(path) => path.to_owned(),
        None => usual_place()?,
    };
    if lies_among_login_keys(&path) {
        output.note(login_key_warning(&path));
    }
    pinfold_keys::read(&path, &mut Source(passphrase)).map_err(|error| read_problem(&error))
}

/// What is said about a key among the login keys.
pub(crate) fn login_key_warning(path: &Path) -> String {
    format!(
        "warning: {} lies among your login keys: an ssh agent that is forwarded to another machine would sign with it",
        visible_path(path)
    )
}

fn read_problem(error: &ReadError) -> Problem {
    let (exit, code) = match error {
        ReadError::Absent { .. } => (Exit::Undetermined, "KEY_ABSENT"),
        ReadError::Io { .. } => (Exit::Undetermined, "KEY_UNREADABLE"),
        ReadError::NoPassphrase { .. } => (Exit::Waits, "PASSPHRASE_NEEDED"),
        ReadError::WrongPassphrase { .. } => (Exit::Refused, "PASSPHRASE_WRONG"),
        ReadError::OpenToOthers { .. } => (Exit::Refused, "KEY_OPEN_TO_OTHERS"),
        _ => (Exit::Refused, "KEY_UNUSABLE"),
    };
    Problem::new(exit, code, error.to_string(), error.hint())
}

/// Why a key was not made.
pub(crate) fn create_problem(error: &CreateError) -> Problem {
    let (exit, code, hint) = match error {
        CreateError::Exists { .. } => (
            Exit::Refused,
            "KEY_EXISTS",
            "nothing is overwritten; name another file, or use the key that is there",
        ),
        CreateError::Comment => (Exit::Usage, "USAGE", "give a shorter comment on one line"),
        CreateError::NoFolder { .. } => (Exit::Undetermined, "KEY_NOT_WRITTEN", "make the folder first"),
        CreateError::NoName { .. } => (Exit::Usage, "USAGE", "name a file"),
        _ => (Exit::Undetermined, "KEY_NOT_WRITTEN", "nothing was made; look at the folder and the disk"),
    };
    Problem::new(exit, code, error.to_string(), hint)
}
