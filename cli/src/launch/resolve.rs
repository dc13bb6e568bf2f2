//! The launch of an entry, and what starts it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use pinfold_core::launch::{
    Difference, EnvPin, Launch, LaunchDifference, Masked, ValueShape, loader_variable, mask_arguments,
    pin_variable, relative_names, value_shape,
};

use super::entry::{Entry, Surroundings};
use super::environment::{Environment, Withheld};
use super::file::DigestCache;
use super::folder::folder_counts;
use super::program::{LiveFile, Program, ResolveError, follow};
use super::trust::{InterpreterFile, trusted_place};

/// What is run, and how: the whole environment, nothing is inherited.
///
/// Holds secrets (arguments and variables); it is never stored or printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ExecPlan {
    /// Absolute path of the binary, without links.
    pub program: PathBuf,
    /// All arguments, the program's own name (the path by which it was found) first.
    pub argv: Vec<OsString>,
    /// All variables.
    pub env: Vec<(OsString, OsString)>,
    /// The working folder.
    pub folder: PathBuf,
}

/// A value that a person is shown with the launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownValue {
    /// Name of the variable.
    pub name: String,
    /// Form of the value; never [`ValueShape::Secret`].
    pub shape: ValueShape,
    /// The value, secrets inside it by place.
    pub text: Masked,
}

/// A pinned file that runs, although its name leads to another one now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathNow {
    /// The file that runs.
    pub pinned: String,
    /// What the name resolves to now.
    pub now: String,
}

/// An entry resolved at this moment.
pub struct ResolvedLaunch {
    /// The record: no secret is in it.
    pub launch: Launch,
    /// What would be run.
    pub exec: ExecPlan,
    /// Variables that are set and not passed on.
    pub withheld: Vec<Withheld>,
    /// Values that a person is shown.
    pub shown_values: Vec<ShownValue>,
    /// Where `PATH` or a link leads elsewhere now.
    pub path_now: Option<PathNow>,
    /// Interpreters and launchers among the program's files.
    pub interpreters: Vec<InterpreterFile>,
    pub(super) files: Vec<LiveFile>,
}

/// An entry compared with a launch that was approved.
pub enum PinnedStart {
    /// It is that launch, and may be started.
    Same(Box<ResolvedLaunch>),
    /// It is another one.
    Changed {
        /// In what it differs.
        differences: Vec<LaunchDifference>,
        /// The launch as it would be asked about.
        fresh: Result<Box<ResolvedLaunch>, ResolveError>,
    },
}

/// Resolves an entry as it stands.
///
/// # Errors
/// See [`ResolveError`]. Nothing is started or written; files are read.
pub fn resolve(
    entry: &Entry,
    around: &Surroundings,
    cache: &mut dyn DigestCache,
) -> Result<ResolvedLaunch, ResolveError> {
    build(entry, around, None, cache)
}

/// Resolves an entry by the files of an approved launch, whatever `PATH` says now, and compares the two.
///
/// # Errors
/// See [`ResolveError`]; a pinned file that is gone is a difference and no error.
pub fn resolve_pinned(
    pinned: &Launch,
    entry: &Entry,
    around: &Surroundings,
    cache: &mut dyn DigestCache,
) -> Result<PinnedStart, ResolveError> {
    let differences = match build(entry, around, Some(pinned), cache) {
        Ok(live) => {
            let differences = Launch::compare(pinned, &live.launch);
            if differences.is_empty() {
                return Ok(PinnedStart::Same(Box::new(live)));
            }
            differences
        }
        Err(ResolveError::Gone { file, now }) => vec![Difference::Gone { file, now }.into()],
        Err(other) => return Err(other),
    };
    let fresh = resolve(entry, around, cache).map(Box::new);
    Ok(PinnedStart::Changed { differences, fresh })
}

fn build(
    entry: &Entry,
    around: &Surroundings,
    pinned: Option<&Launch>,
    cache: &mut dyn DigestCache,
) -> Result<ResolvedLaunch, ResolveError> {
    let declared: BTreeSet<String> = entry.env_names.iter().cloned().collect();
    let passes: BTreeSet<String> =
        pinned.map(|pinned| pinned.passes.difference(&declared).cloned().collect()).unwrap_or_default();
    let (env, shown_values) = pin_variables(&declared, around)?;
    let (environment, withheld) = Environment::new(around, &declared, &passes);
    let pinned_files = pinned.map(|pinned| pinned.program.as_slice());
    let program = follow(&entry.command, &entry.args, &around.folder, environment, pinned_files, cache)?;
    let names = relative_names(&entry.command, &entry.args);
    let folder =
        folder_counts(&names, &around.folder, pinned).then(|| folder_text(&around.folder)).transpose()?;
    let launch = Launch {
        command: entry.command.clone(),
        program: program.files.iter().map(|file| file.record.clone()).collect(),
        args: mask_arguments(&entry.command, &entry.args),
        folder,
        env,
        passes,
    };
    launch.check()?;
    let interpreters = interpreters(&program, around.home.as_deref());
    let Program { files, binary, argv, environment, path_now } = program;
    let exec =
        ExecPlan { program: binary, argv, env: environment.into_variables(), folder: around.folder.clone() };
    let path_now = path_now.map(|(pinned, now)| PathNow { pinned, now });
    Ok(ResolvedLaunch { launch, exec, withheld, shown_values, path_now, interpreters, files })
}

type Pins = (BTreeMap<String, EnvPin>, Vec<ShownValue>);

/// What is pinned and shown of the declared variables. A value that is not UTF-8 is a secret, unless it is code.
fn pin_variables(declared: &BTreeSet<String>, around: &Surroundings) -> Result<Pins, ResolveError> {
    let mut pins = BTreeMap::new();
    let mut shown = Vec::new();
    for name in declared {
        let value = around.value(name);
        let text = value.and_then(|value| value.to_str());
        let pin = match (value, text) {
            (Some(_), None) if loader_variable(name) || name == "PATH" => {
                return Err(ResolveError::ValueNotText(name.clone()));
            }
            (Some(_), None) => EnvPin::Secret,
            _ => pin_variable(name, text),
        };
        if let (EnvPin::Value { .. }, Some(text)) = (pin, text) {
            let shape = value_shape(name, text);
            shown.push(ShownValue { name: name.clone(), shape, text: shape.shown(text) });
        }
        pins.insert(name.clone(), pin);
    }
    Ok((pins, shown))
}

fn folder_text(folder: &Path) -> Result<String, ResolveError> {
    let text = folder.to_str().map(str::to_owned);
    text.ok_or_else(|| ResolveError::NotUnicode(folder.to_string_lossy().into_owned()))
}

fn interpreters(program: &Program, home: Option<&Path>) -> Vec<InterpreterFile> {
    let shared = program.files.iter().filter(|file| file.record.digest.is_none());
    let described = shared.map(|file| InterpreterFile {
        path: file.record.file.clone(),
        digest: file.digest,
        trusted_place: trusted_place(Path::new(&file.record.file), home),
    });
    described.collect()
}
