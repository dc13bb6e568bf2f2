//! The fixed places under HOME, and the store's failures as two lines for a person.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use pinfold_store::{Access, HomeFault, Places, Store, StoreError};

use crate::exit::Exit;
use crate::output::Problem;

/// The places of this process's HOME. No other variable moves them.
///
/// # Errors
///
/// HOME is not set, or is no folder; nothing is guessed instead.
pub fn places() -> Result<Places, Problem> {
    let unusable = |fault| problem(&StoreError::Home(fault));
    let home = std::env::var_os("HOME").map(PathBuf::from).ok_or_else(|| unusable(HomeFault::Absent))?;
    let places = Places::of_home(&home).map_err(|error| problem(&error))?;
    if !home.is_dir() {
        return Err(unusable(HomeFault::NotAFolder));
    }
    Ok(places)
}

/// Opens the store of this process's HOME.
///
/// # Errors
///
/// As [`places`], and whatever the store says.
pub fn store(access: Access) -> Result<Store, Problem> {
    Store::open(&places()?, access).map_err(|error| problem(&error))
}

/// The home folder that the user database gives the account; `None` if it knows none. HOME, which a client's entry can
/// set, is not asked.
pub fn of_account() -> Option<PathBuf> {
    let uid = rustix::process::geteuid().as_raw().to_string();
    let passwd = std::fs::read("/etc/passwd").ok()?;
    let home = passwd.split(|byte| *byte == b'\n').find_map(|line| {
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
        (fields.len() == 7 && fields[2] == uid.as_bytes()).then(|| fields[5].to_vec())
    })?;
    let home = PathBuf::from(OsString::from_vec(home));
    home.is_absolute().then_some(home)
}

/// A failure of the store as a problem. Its code is a reason code, or the name of the failure.
pub fn problem(error: &StoreError) -> Problem {
    let code = match error {
        StoreError::Newer { .. } => "STORE_NEWER",
        StoreError::Locked => "STORE_LOCKED",
        StoreError::Full => "STORE_FULL",
        StoreError::ReadOnly => "STORE_READ_ONLY",
        StoreError::Home(_) => "HOME_UNUSABLE",
        _ => error.reason().map_or("STORE_UNREADABLE", |reason| reason.as_str()),
    };
    // A store that is not to be trusted refuses; what could not be read or written is undetermined.
    let exit = if error.is_undetermined() { Exit::Undetermined } else { Exit::Refused };
    let message = pinfold_core::text::visible(&error.to_string());
    Problem::new(exit, code, message, error.hint())
}
