//! Entries of client configurations that start a server through the gate, with all that a start of them needs.

use std::path::{Path, PathBuf};

use pinfold_clients::{Base, Client, ConfigFile, Document, Entry as ClientEntry, Roots, Scope};
use pinfold_core::launch::Launch;
use pinfold_core::name::Label;
use pinfold_store::{Places, Wrapper};

use crate::elsewhere;
use crate::launch::{Entry, Surroundings};
use crate::protect::{ConfigHere, Files, files, roots, surroundings};

/// Most folders of projects that are looked at because something in them was wrapped before.
const MAX_PROJECTS: usize = 64;

/// Where clients of this process look.
pub(crate) fn own_roots(places: &Places) -> Roots {
    let project = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
    roots(places.home(), &project, |name| std::env::var_os(name))
}

/// The files of all clients of this home, of the project in which the command runs, and of projects in which Pinfold
/// wrapped something before.
pub(crate) fn all_files(places: &Places, wrappers: &[Wrapper]) -> Files {
    let mut roots = own_roots(places);
    let mut all = files(&Client::ALL, &roots, true);
    let known = |all: &Files, path: &Path| {
        all.read.iter().any(|file| file.path == path) || all.unreadable.iter().any(|file| file.path == path)
    };
    let mut looked = 0;
    for wrapper in wrappers {
        let path = Path::new(&wrapper.file);
        if known(&all, path) || looked == MAX_PROJECTS {
            continue;
        }
        let Some((client, project)) = project_file(wrapper, path) else { continue };
        looked += 1;
        roots.project = Some(project);
        let there = files(&[client], &roots, true);
        let new = |path: &Path, all: &Files| {
            path.starts_with(roots.project.as_deref().unwrap_or(path)) && !known(all, path)
        };
        for file in there.read {
            if new(&file.path, &all) {
                all.read.push(file);
            }
        }
        for file in there.unreadable {
            if new(&file.path, &all) {
                all.unreadable.push(file);
            }
        }
    }
    all
}

/// The client and the project's folder of a file that was wrapped, if it is one of a project.
fn project_file(wrapper: &Wrapper, path: &Path) -> Option<(Client, PathBuf)> {
    let client = Client::from_name(&wrapper.client)?;
    let kind = client.files().find(|kind| {
        let roots = Roots { project: folder_above(path, kind), ..Roots::default() };
        kind.base == Base::Project && kind.matches(path, &roots)
    })?;
    Some((client, folder_above(path, kind)?))
}

fn folder_above(path: &Path, kind: &ConfigFile) -> Option<PathBuf> {
    path.ancestors().nth(kind.path.split('/').count()).map(Path::to_owned)
}

/// The folder of the project that a file is of; of the person's own files, any folder will do.
pub(crate) fn project_of(file: &ConfigHere) -> PathBuf {
    folder_above(&file.path, file.kind).unwrap_or_else(|| PathBuf::from("/"))
}

/// A wrapped entry. Holds secrets; it is never stored or printed.
pub(crate) struct Configured {
    pub(crate) label: Label,
    /// The server's command as the gate gets it.
    pub(crate) entry: Entry,
    /// Client, file and the client's name for the server, as people read it.
    pub(crate) place: String,
    /// What the file does not say and the client alone has, in our words.
    pub(crate) missing: Vec<String>,
    client_entry: ClientEntry,
    /// The folder of the project in whose files it stands.
    project: PathBuf,
}

impl Configured {
    /// The wrapped entries of these files, those with a label that is none left out.
    pub(crate) fn all(files: &Files) -> Vec<Configured> {
        files.read.iter().flat_map(Configured::of_file).collect()
    }

    fn of_file(file: &ConfigHere) -> Vec<Configured> {
        let project = project_of(file);
        let entries = file.document.entries().iter();
        entries.filter_map(|entry| Configured::of(&file.path, &file.document, entry, &project)).collect()
    }

    fn of(path: &Path, document: &Document, entry: &ClientEntry, project: &Path) -> Option<Configured> {
        let wrapped = entry.wrapped.as_ref()?;
        let line = entry.command_line()?;
        let mut missing = Vec::new();
        if !entry.placeholders.is_empty() {
            missing.push("the client fills in variables before it starts the server".to_owned());
        }
        if let Some(file) = &entry.env_file {
            missing.push(format!("the client reads variables from {}", elsewhere::name(file)));
        }
        for name in &entry.passed_names {
            if std::env::var_os(name).is_none() {
                missing.push(format!("{} comes from the client and is not set here", elsewhere::name(name)));
            }
        }
        let without_value = entry.variables.iter().filter(|variable| variable.value.is_none());
        missing.extend(
            without_value.map(|one| format!("the value of {} is no text", elsewhere::name(&one.name))),
        );
        let folder = entry.cwd.as_deref().filter(|_| entry.scope == Scope::User).map(Path::new);
        if folder.is_some_and(|folder| !folder.is_absolute()) {
            missing.push("its working folder is relative to one that the client knows".to_owned());
        }
        Some(Configured {
            label: wrapped.label.parse().ok()?,
            entry: Entry {
                command: line.command.clone(),
                args: line.args.clone(),
                env_names: wrapped.env_names.clone(),
            },
            place: format!(
                "{} {} ({})",
                document.file().client.name(),
                elsewhere::name(&entry.key),
                elsewhere::file(path, document.file().scope)
            ),
            missing,
            client_entry: entry.clone(),
            project: project.to_owned(),
        })
    }

    /// What the client would give the gate: this process's variables under the entry's own, and its folder. Without one,
    /// the folder that the launch was approved in, or the one that the client is most likely to be started in: the home.
    pub(crate) fn around(&self, base: &Surroundings, launch: &Launch) -> Surroundings {
        let nowhere = launch.folder.as_ref().map(PathBuf::from).or_else(|| base.home.clone());
        let nowhere = nowhere.unwrap_or_else(|| base.folder.clone());
        surroundings(&self.client_entry, base, &nowhere, &self.project).0
    }
}
