//! Where files of an operator lie if nothing else is said.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The home folder that the variable `HOME` names. A relative one would be another one in another folder, and so is none.
///
/// # Errors
/// What is wrong with the variable: not set, empty and relative are three things. Whether the folder is there is not asked.
pub fn home() -> Result<PathBuf, &'static str> {
    of(std::env::var_os("HOME"))
}

fn of(home: Option<OsString>) -> Result<PathBuf, &'static str> {
    match home {
        None => Err("HOME is not set"),
        Some(home) if home.is_empty() => Err("HOME is empty"),
        Some(home) if !Path::new(&home).is_absolute() => Err("HOME is not an absolute path"),
        Some(home) => Ok(home.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_set_empty_and_relative_are_three_things() {
        let of = |home: Option<&str>| of(home.map(OsString::from));
        assert_eq!(of(None), Err("HOME is not set"));
        assert_eq!(of(Some("")), Err("HOME is empty"));
        assert_eq!(of(Some("home")), Err("HOME is not an absolute path"));
        assert_eq!(of(Some("/home/log")), Ok(PathBuf::from("/home/log")));
    }
}
