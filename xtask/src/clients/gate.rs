//! The gate's side: building `pinfold`, the command line that a client is given, and the person at the terminal.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use pinfold_tests::terminal::Terminal;

use super::session::Bench;

/// The label of the scripted server.
pub(crate) const LABEL: &str = "demo";

/// Builds the program as users get it, and says where it lies.
///
/// # Errors
/// When it does not build.
pub(crate) fn build(target: &Path) -> Result<PathBuf, String> {
    eprintln!("clients: building pinfold");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--release", "-p", "pinfold", "--target-dir"])
        .arg(target)
        .current_dir(crate::root())
        .status()
        .map_err(|error| format!("cargo could not be started: {error}"))?;
    if !status.success() {
        return Err(format!("pinfold did not build: {status}"));
    }
    Ok(target.join("release/pinfold"))
}

/// The command line of the gate before `server`.
pub(crate) fn before(pinfold: &Path, server: &[OsString]) -> Vec<OsString> {
    let mut line: Vec<OsString> =
        vec![pinfold.into(), "run".into(), "--as".into(), LABEL.into(), "--".into()];
    line.extend_from_slice(server);
    line
}

/// A person reviews the label in a terminal and answers every challenge; gives what the screen showed.
///
/// # Errors
/// When the command shows no challenge or ends with another status than success.
pub(crate) fn approve(pinfold: &Path, bench: &Bench) -> Result<String, String> {
    answer(pinfold, bench, &["review".as_ref(), LABEL.as_ref()])
}

/// The same with any command that asks.
///
/// # Errors
/// As [`approve`].
pub(crate) fn answer(pinfold: &Path, bench: &Bench, arguments: &[&OsStr]) -> Result<String, String> {
    let mut command = Command::new(pinfold);
    command.args(arguments).env_clear().envs(bench.environment());
    command.env("TERM", "xterm-256color").current_dir(&bench.rooms.work);
    let line = format!("{command:?}");
    // The terminal panics, with what it shows, when a challenge does not come.
    let outcome = thread::spawn(|| Terminal::run(command).approve_all()).join().map_err(|panic| {
        let text = panic.downcast_ref::<String>().map_or("it did not end", String::as_str);
        format!("{line}: {text}")
    })?;
    if outcome.code() == 0 {
        Ok(outcome.text)
    } else {
        Err(format!("{line} ended with {}:\n{}", outcome.code(), outcome.text))
    }
}
