//! What a launch is resolved from.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fmt, io};

use pinfold_core::launch::mask_arguments;
use pinfold_core::text::visible;
use pinfold_core::volatile::Passed;
use thiserror::Error;

/// What stands behind `--` on the command line of `run`, and the names behind `--env`. The arguments may hold secrets;
/// the debug form has them by place.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The command as written.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Names of the variables that the client's entry declares; order and repetition do not matter.
    pub env_names: Vec<String>,
}

/// Why a command line is no entry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EntryError {
    /// No command.
    #[error("no command is given")]
    NoCommand,
    /// A launch is pinned as text.
    #[error("the command or an argument is not UTF-8: {}", visible(.0))]
    NotUnicode(String),
}

impl Entry {
    /// The entry of a command line: command first, then its arguments.
    ///
    /// # Errors
    /// An empty line, or a word that is not UTF-8.
    pub fn from_line(line: Vec<OsString>, env_names: Vec<String>) -> Result<Entry, EntryError> {
        let text = |word: OsString| {
            word.into_string().map_err(|word| EntryError::NotUnicode(word.to_string_lossy().into_owned()))
        };
        let mut words = line.into_iter().map(text).collect::<Result<Vec<_>, _>>()?.into_iter();
        let command = words.next().filter(|word| !word.is_empty()).ok_or(EntryError::NoCommand)?;
        Ok(Entry { command, args: words.collect(), env_names })
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Entry")
            .field("command", &self.command)
            .field("args", &mask_arguments(&self.command, &self.args))
            .field("env_names", &self.env_names)
            .finish()
    }
}

/// What a launch is resolved in: what the client gave to this process.
#[derive(Clone)]
pub struct Surroundings {
    /// All variables.
    pub environment: Vec<(OsString, OsString)>,
    /// The working folder, absolute and without symbolic links.
    pub folder: PathBuf,
    /// The account's home folder (not the variable, which an entry can set): see the rule on `PATH` members.
    pub home: Option<PathBuf>,
}

impl Surroundings {
    /// Those of this process.
    ///
    /// # Errors
    /// The working folder is gone or cannot be resolved.
    pub fn of_process(account_home: Option<&Path>) -> io::Result<Surroundings> {
        Ok(Surroundings {
            environment: std::env::vars_os().collect(),
            folder: std::env::current_dir()?.canonicalize()?,
            home: account_home.map(Path::to_owned),
        })
    }

    /// What a server gets of it that volatile rules know, with these arguments.
    pub(crate) fn passed(&self, args: &[String]) -> Passed {
        let home = self.value("HOME").and_then(|home| home.to_str());
        Passed {
            home: home.map(str::to_owned),
            folder: self.folder.to_str().map(str::to_owned),
            arguments: args.to_vec(),
        }
    }

    /// The value of a variable, if it is set. Of several, the last: it is the one that is passed on.
    pub(crate) fn value(&self, name: &str) -> Option<&OsString> {
        self.environment.iter().rev().find(|(found, _)| found == name).map(|(_, value)| value)
    }
}
