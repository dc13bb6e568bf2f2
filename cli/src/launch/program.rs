//! From a command to the binary that the system runs: through `env`, scripts and their interpreters.

use std::ffi::OsString;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use pinfold_core::digest::Digest;
use pinfold_core::launch::limits::MAX_PROGRAM_FILES;
use pinfold_core::launch::{
    EnvRefusal, LaunchError, ProgramFile, ShebangRefusal, is_launcher, parse_env_arguments, parse_shebang,
};
use pinfold_core::text::visible;
use thiserror::Error;

use super::environment::Environment;
use super::file::{DigestCache, FileFault, read_file};
use super::find::{FindFault, Found, absolute, find, is_program};
use crate::elsewhere;

/// Why a command cannot be resolved. It can be told to anybody: nobody approved the words of the entry yet.
#[derive(Debug, Error)]
pub enum ResolveError {
    /// No such file, or none in `PATH`.
    #[error("{} is not found", elsewhere::name(.0))]
    NotFound(String),
    /// A folder or something else that is no file.
    #[error("{} is not a file", elsewhere::name(.0))]
    NotAFile(String),
    /// A file that may not be run.
    #[error("{} is not executable", elsewhere::name(.0))]
    NotExecutable(String),
    /// A path that is not UTF-8.
    #[error("the path of {} is not UTF-8", elsewhere::name(.0))]
    NotUnicode(String),
    /// A file that could not be read.
    #[error("{}: {fault}", elsewhere::name(file))]
    File {
        /// The file.
        file: String,
        /// What is wrong with it.
        fault: FileFault,
    },
    /// A script whose first line cannot be followed.
    #[error("{}: {refusal}", elsewhere::name(file))]
    Shebang {
        /// The script.
        file: String,
        /// Why.
        refusal: ShebangRefusal,
    },
    /// A call of `env` that cannot be followed.
    #[error(transparent)]
    Env(#[from] EnvRefusal),
    /// Scripts that run scripts, too many or in a circle.
    #[error("more than {MAX_PROGRAM_FILES} scripts run each other")]
    TooDeep,
    /// A declared variable that is code and not UTF-8.
    #[error("the value of {} is not UTF-8", elsewhere::name(.0))]
    ValueNotText(String),
    /// Over a limit of a launch.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// A pinned file is no longer there.
    #[error("{} is gone", visible(file))]
    Gone {
        /// The pinned file.
        file: String,
        /// What the same name resolves to now.
        now: Option<String>,
    },
}

impl ResolveError {
    /// What to do about it, in one line.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotFound(_) => {
                "check the command and PATH; members of PATH inside the working folder do not count"
            }
            Self::NotAFile(_) | Self::NotExecutable(_) => "name an executable file",
            Self::NotUnicode(_) | Self::ValueNotText(_) => "rename it, or write the value, in UTF-8",
            Self::File { .. } => "make the file readable, so that its digest can be checked",
            Self::Shebang { .. } => "correct the #! line, or name the interpreter as the command",
            Self::Env(_) => "write the command without env, and its variables into the entry",
            Self::TooDeep => "name the interpreter as the command",
            Self::Launch(_) => "shorten the entry",
            Self::Gone { .. } => "review the launch as it is now",
        }
    }
}

/// A program that was followed down to its binary.
pub(super) struct Program {
    pub(super) files: Vec<LiveFile>,
    pub(super) binary: PathBuf,
    /// From the name of the binary on.
    pub(super) argv: Vec<OsString>,
    pub(super) environment: Environment,
    /// The first pinned file that the same name would no longer resolve to: the file, and what it would be now.
    pub(super) path_now: Option<(String, String)>,
}

/// One file of a program, as it was hashed.
pub(super) struct LiveFile {
    pub(super) record: ProgramFile,
    pub(super) digest: Digest,
    pub(super) metadata: Metadata,
    /// Whether the path with its links, and not the file itself, is handed on.
    pub(super) runs_by_path: bool,
}

/// Follows a command. With `pinned` files, those are used wherever the same name leads to one, whatever `PATH` and links
/// say now.
pub(super) fn follow(
    command: &str,
    args: &[String],
    folder: &Path,
    environment: Environment,
    pinned: Option<&[ProgramFile]>,
    cache: &mut dyn DigestCache,
) -> Result<Program, ResolveError> {
    let mut walk = Walk { folder, environment, pinned, files: Vec::new(), path_now: None };
    let (mut name, mut tail) = (command.to_owned(), args.to_vec());
    for _ in 0..=MAX_PROGRAM_FILES {
        if is_env(&name) {
            (name, tail) = walk.behind_env(&tail)?;
            continue;
        }
        if walk.files.len() == MAX_PROGRAM_FILES {
            break;
        }
        let located = walk.locate(&name)?;
        let script = match walk.read(&located, cache)? {
            None => {
                let binary = PathBuf::from(&located.file);
                let argv = std::iter::once(located.path).chain(tail).map(OsString::from).collect();
                let Walk { files, environment, path_now, .. } = walk;
                return Ok(Program { files, binary, argv, environment, path_now });
            }
            Some(script) => script,
        };
        tail.insert(0, script.handed_on);
        tail.splice(0..0, script.argument);
        name = script.interpreter;
    }
    Err(ResolveError::TooDeep)
}

struct Walk<'w> {
    folder: &'w Path,
    environment: Environment,
    pinned: Option<&'w [ProgramFile]>,
    files: Vec<LiveFile>,
    path_now: Option<(String, String)>,
}

struct Script {
    /// The script as the interpreter is given it.
    handed_on: String,
    interpreter: String,
    argument: Option<String>,
}

impl Walk<'_> {
    fn behind_env(&mut self, args: &[String]) -> Result<(String, Vec<String>), ResolveError> {
        let command = parse_env_arguments(args)?;
        self.environment.apply(&command);
        Ok((command.command, command.args))
    }

    fn locate(&mut self, name: &str) -> Result<Found, ResolveError> {
        let fresh = find(name, self.folder, &self.environment.search());
        let Some(pinned) = self.pinned.and_then(|files| files.get(self.files.len())) else {
            return fresh.map_err(|fault| fault_of(name, fault));
        };
        if !self.leads_to(name, pinned) {
            return fresh.map_err(|fault| fault_of(name, fault));
        }
        let now = fresh.ok().filter(|found| found.file != pinned.file);
        let shown_now = now.map(|found| found.file);
        if !is_program(Path::new(&pinned.file)) {
            return Err(ResolveError::Gone { file: pinned.file.clone(), now: shown_now });
        }
        if let Some(now) = shown_now {
            self.path_now.get_or_insert_with(|| (pinned.file.clone(), now));
        }
        Ok(Found { path: pinned.path.clone(), file: pinned.file.clone() })
    }

    fn leads_to(&self, name: &str, pinned: &ProgramFile) -> bool {
        if name.contains('/') {
            return absolute(name, self.folder).to_str() == Some(pinned.path.as_str());
        }
        Path::new(&pinned.path).file_name().is_some_and(|last| last == name)
    }

    /// Hashes a file and reads its `#!` line.
    fn read(&mut self, found: &Found, cache: &mut dyn DigestCache) -> Result<Option<Script>, ResolveError> {
        let file = || found.file.clone();
        let hashed = read_file(Path::new(&found.file), cache)
            .map_err(|fault| ResolveError::File { file: file(), fault })?;
        let shebang = parse_shebang(&hashed.start)
            .map_err(|refusal| ResolveError::Shebang { file: file(), refusal })?;
        // What a script names as its interpreter is one; of the command itself the name decides.
        let is_interpreter = !self.files.is_empty() || is_launcher(&found.path) || is_launcher(&found.file);
        let leads_there =
            Path::new(&found.path).canonicalize().is_ok_and(|real| real == Path::new(&found.file));
        let runs_by_path = shebang.is_some() && leads_there;
        let digest = (!is_interpreter).then_some(hashed.digest);
        self.files.push(LiveFile {
            record: ProgramFile { path: found.path.clone(), file: file(), digest },
            digest: hashed.digest,
            metadata: hashed.metadata,
            runs_by_path,
        });
        let handed_on = if runs_by_path { found.path.clone() } else { file() };
        Ok(shebang.map(|line| Script { handed_on, interpreter: line.interpreter, argument: line.argument }))
    }
}

/// `env` by name or at its usual places; another program of that name is run as it is.
fn is_env(name: &str) -> bool {
    matches!(name, "env" | "/usr/bin/env" | "/bin/env")
}

fn fault_of(name: &str, fault: FindFault) -> ResolveError {
    let name = name.to_owned();
    match fault {
        FindFault::NotFound => ResolveError::NotFound(name),
        FindFault::NotAFile => ResolveError::NotAFile(name),
        FindFault::NotExecutable => ResolveError::NotExecutable(name),
        FindFault::NotUnicode => ResolveError::NotUnicode(name),
    }
}
