//! What a project can put in the gate's place, or into the gate, by the file that it brings.

use std::path::Path;

use pinfold_clients::{Entry, Scope};

use super::find::ConfigHere;
use super::program::is_own;
use crate::configured::project_of;

/// What the dynamic linker's variables begin with: those that name code to load and those that say where it lies.
const LINKER_PREFIX: &str = "LD_";

/// Whether the program of an entry's wrapper is one that somebody else can choose: named by a relative path or one below
/// `/proc`, a file in the folder of the project whose file names it, or looked up in a `PATH` that the project sets. A bare
/// name is else for the client's own search, and our own bytes are ours wherever they lie.
pub(crate) fn is_foreign(file: &ConfigHere, entry: &Entry, home: Option<&Path>) -> bool {
    let Some(wrapper) = &entry.wrapped else { return false };
    let (program, path) = (&wrapper.program, Path::new(&wrapper.program));
    if !path.is_absolute() {
        return program.contains('/')
            || (sets(entry, |name| name == "PATH").is_some() && is_of_project(file, home));
    }
    if path.starts_with("/proc") {
        // It is another file for each process that asks.
        return true;
    }
    is_of_project(file, home) && real(path).starts_with(real(&project_of(file))) && !is_own(path)
}

/// The variable by which an entry of a project brings code into whatever its client starts for it: into the gate too, before
/// the gate can ask anybody. An entry of the person's own does what the person wants.
pub(crate) fn loads_into_gate<'e>(
    file: &ConfigHere,
    entry: &'e Entry,
    home: Option<&Path>,
) -> Option<&'e str> {
    sets(entry, |name| name.starts_with(LINKER_PREFIX)).filter(|_| is_of_project(file, home))
}

fn sets(entry: &Entry, is_one: impl Fn(&str) -> bool) -> Option<&str> {
    entry.variables.iter().map(|variable| variable.name.as_str()).find(|name| is_one(name))
}

/// Whether a file is one that a project brings. A folder that holds the home is no project.
fn is_of_project(file: &ConfigHere, home: Option<&Path>) -> bool {
    file.kind.scope == Scope::Project && {
        let project = real(&project_of(file));
        !home.is_some_and(|home| real(home).starts_with(project))
    }
}

fn real(path: &Path) -> std::path::PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
