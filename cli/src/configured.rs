//! Entries of client configurations that start a server through the gate, with all that a start of them needs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use pinfold_clients::{Client, Document, Entry as ClientEntry};
use pinfold_core::launch::Launch;
use pinfold_core::name::Label;
use pinfold_core::text::{visible, visible_path};
use pinfold_store::Places;

use crate::launch::{Entry, Surroundings};
use crate::protect::{files, roots};

/// A wrapped entry. Holds secrets; it is never stored or printed.
pub(crate) struct Configured {
    pub(crate) label: Label,
    /// The server's command as the gate gets it.
    pub(crate) entry: Entry,
    /// Client, file and the client's name for the server, as people read it.
    pub(crate) place: String,
    /// What the file does not say and the client alone has, in our words.
    pub(crate) missing: Vec<String>,
    variables: Vec<(OsString, OsString)>,
    folder: Option<PathBuf>,
}

impl Configured {
    /// Those of all clients of this home, and of the project in which the command runs. Files that cannot be
    /// read are left out here; `doctor` tells of them.
    pub(crate) fn all(places: &Places) -> Vec<Configured> {
        let project = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
        let roots = roots(places.home(), &project, |name| std::env::var_os(name));
        let here = files(&Client::ALL, &roots, true);
        here.read.iter().flat_map(|file| Configured::of_file(&file.path, &file.document)).collect()
    }

    /// The wrapped entries of a file, those with a label that is none left out.
    pub(crate) fn of_file(path: &Path, document: &Document) -> Vec<Configured> {
        document.entries().iter().filter_map(|entry| Configured::of(path, document, entry)).collect()
    }

    fn of(path: &Path, document: &Document, entry: &ClientEntry) -> Option<Configured> {
        let wrapped = entry.wrapped.as_ref()?;
        let line = entry.command_line()?;
        let mut missing = Vec::new();
        if !entry.placeholders.is_empty() {
            missing.push("the client fills in variables before it starts the server".to_owned());
        }
        if let Some(file) = &entry.env_file {
            missing.push(format!("the client reads variables from {}", visible(file)));
        }
        for name in &entry.passed_names {
            if std::env::var_os(name).is_none() {
                missing.push(format!("{} comes from the client and is not set here", visible(name)));
            }
        }
        let mut variables = Vec::new();
        for variable in &entry.variables {
            match &variable.value {
                Some(value) => variables.push((variable.name.clone().into(), value.clone().into())),
                None => missing.push(format!("the value of {} is no text", visible(&variable.name))),
            }
        }
        let folder = entry.cwd.as_deref().or(entry.project.as_deref()).map(PathBuf::from);
        if folder.as_ref().is_some_and(|folder| !folder.is_absolute()) {
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
                visible(&entry.key),
                visible_path(path)
            ),
            missing,
            variables,
            folder,
        })
    }

    /// What the client would give the gate: this process's variables under the entry's own, and its folder. Without one,
    /// the folder that the launch was approved in, or the one that the client is most likely to be started in: the home.
    pub(crate) fn around(&self, base: &Surroundings, launch: &Launch) -> Surroundings {
        let mut around = base.clone();
        around.environment.retain(|(name, _)| !self.variables.iter().any(|(own, _)| own == name));
        around.environment.extend(self.variables.iter().cloned());
        let pinned = launch.folder.as_ref().map(PathBuf::from);
        let folder = self.folder.clone().or(pinned).or_else(|| base.home.clone());
        if let Some(folder) = folder {
            around.folder = folder.canonicalize().unwrap_or(folder);
        }
        around
    }
}
