//! Where a session is lived: in the home of the approval, or under its lock in the home of another person.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pinfold_tests::home::of_the_account;
use serde_json::Value;
use tempfile::TempDir;

use super::day::Day;
use super::real;

/// A home, and how servers are started in it.
pub(crate) struct Place<'d> {
    day: &'d Day,
    other: Option<Other>,
}

/// A person who has the lock of the first one.
struct Other {
    home: TempDir,
    lock: PathBuf,
}

impl<'d> Place<'d> {
    /// The home in which the servers were approved.
    pub(crate) fn of_the_day(day: &'d Day) -> Self {
        Self { day, other: None }
    }

    /// Another home, whose policy names the lock of what was approved in the first one. `None`: this machine lets nobody
    /// say which home is the account's.
    ///
    /// # Errors
    /// When the lock or the home cannot be made.
    pub(crate) fn under_a_lock(day: &'d Day) -> Result<Option<Self>, String> {
        let home =
            tempfile::Builder::new().prefix("another-").tempdir().map_err(|error| error.to_string())?;
        day.settle(home.path())?;
        let lock = day.work().join("pinfold.lock");
        let mut command = Command::new(day.pinfold());
        command.args(["lock", "--json", "-o"]).arg(&lock);
        let here = Self::of_the_day(day);
        let written = here.document(command)?;
        let digest = written["sha256"].as_str().ok_or_else(|| format!("no lock: {written}"))?;
        let policy = format!("version = 1\n[locks]\nsha256 = [\"{digest}\"]\n");
        real::write(&home.path().join(".config/pinfold/policy.toml"), &policy)?;
        let there = Self { day, other: Some(Other { home, lock }) };
        // The first gate that runs makes the store, which `status` needs.
        let mut first = Command::new(day.pinfold());
        first.args(["run", "--as", "first", "--", "true"]);
        match there.placed(first) {
            Ok(mut first) => {
                first.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
                Ok(Some(there))
            }
            Err(_) => Ok(None),
        }
    }

    /// The gate of an entry's line, not placed yet.
    pub(crate) fn gate(&self, line: &[String]) -> Command {
        let mut command = Command::new(&line[0]);
        let is_run = |at: usize| at == 1 && line[at] == "run";
        for (at, word) in line.iter().enumerate().skip(1) {
            command.arg(word);
            if let (Some(other), true) = (&self.other, is_run(at)) {
                command.arg(format!("--locked={}", other.lock.display()));
            }
        }
        command
    }

    /// The same command in this place, with its variables beside those that the command has.
    ///
    /// # Errors
    /// When this machine lets nobody say which home is the account's.
    pub(crate) fn placed(&self, mut command: Command) -> Result<Command, String> {
        let own: Vec<_> = command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect();
        command.env_clear().envs(self.day.environment()).envs(own);
        if command.get_current_dir().is_none() {
            command.current_dir(self.work());
        }
        let Some(other) = &self.other else { return Ok(command) };
        command.env("HOME", other.home.path());
        of_the_account(other.home.path(), &command).ok_or_else(|| "no other home can be made".to_owned())
    }

    /// The working folder of the client.
    pub(crate) fn work(&self) -> &Path {
        self.day.work()
    }

    /// What `status` says of a label.
    ///
    /// # Errors
    /// When it prints no document.
    pub(crate) fn status(&self, label: &str) -> Result<Value, String> {
        let mut command = Command::new(self.day.pinfold());
        command.args(["status", label, "--json"]);
        self.document(command)
    }

    fn document(&self, command: Command) -> Result<Value, String> {
        let output = self.placed(command)?.output().map_err(|error| error.to_string())?;
        serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
    }
}
