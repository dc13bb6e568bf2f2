//! What is wrong with how servers are configured, started and watched on this machine, each with what mends it.
//!
//! Files are read; nothing is started, and nothing is written before somebody asks for it. What is found may be read by an
//! agent: no word of a server and no value of a configuration is in it.

mod edited;
mod entries;
mod files;
mod finding;
mod http;
mod launches;
mod lists;
mod own;
mod together;

use std::path::{Path, PathBuf};

use pinfold_clients::{Client, Scope, StandingPermission, permission_files, standing_permissions};
use pinfold_core::name::Label;
use pinfold_core::pins::Pins;
use pinfold_store::{Access, Places, Store, Wrapper};

pub(crate) use finding::{Finding, Remedy};

use crate::commands::run::counted;
use crate::configured::{all_files, own_roots};
use crate::home;
use crate::output::Problem;
use crate::own_file::{self, Writers};
use crate::protect::{ConfigHere, Files};
use finding::Code;

/// Everything that is looked at.
pub(crate) struct Ward {
    pub(crate) places: Places,
    /// `None`: the store cannot be read, which is a finding.
    store: Option<Store>,
    pins: Pins,
    wrappers: Vec<Wrapper>,
    files: Files,
    /// What clients let run without a question in files of their own, with the file.
    permissions: Vec<(Client, PathBuf, StandingPermission)>,
}

impl Ward {
    /// Reads the files of all clients of this home, those of the project in which the command runs, and those that
    /// Pinfold wrapped before.
    ///
    /// # Errors
    /// There is no home, or no working folder.
    pub(crate) fn of_process() -> Result<(Ward, Vec<Finding>), Problem> {
        let places = home::places()?;
        let mut found = Vec::new();
        let store = match Store::open(&places, Access::Read) {
            Ok(store) => Some(store),
            Err(error) => {
                found.push(own::store_fails(&home::problem(&error)));
                None
            }
        };
        let pins = store.as_ref().map(|store| counted(store).clone()).unwrap_or_default();
        let wrappers = store.as_ref().and_then(|store| store.wrappers().ok()).unwrap_or_default();
        let files = all_files(&places, &wrappers);
        let permissions = permissions(&places);
        Ok((Ward { places, store, pins, wrappers, files, permissions }, found))
    }

    /// The files that were read.
    pub(crate) fn file_names(&self) -> Vec<String> {
        self.files.read.iter().map(ConfigHere::shown).collect()
    }

    /// What is found about the entries of one label that keeps the gate from it.
    pub(crate) fn of_label(&self, label: &Label) -> Vec<Finding> {
        const OF_STATUS: &[Code] = &[
            Code::WrapperRemoved,
            Code::DroppedByList,
            Code::GateProgramGone,
            Code::GateProgramForeign,
            Code::EnvNotDeclared,
            Code::OtherStore,
        ];
        let is_of_label =
            |finding: &Finding| finding.labels.iter().any(|one| one.eq_ignore_ascii_case(label.as_str()));
        let mut found = self.of_entries();
        found.retain(|finding| OF_STATUS.contains(&finding.kind) && is_of_label(finding));
        found
    }

    fn of_entries(&self) -> Vec<Finding> {
        let entries = self.files.read.iter().flat_map(|file| {
            file.document.entries().iter().flat_map(move |entry| entries::findings(self, file, entry))
        });
        entries.collect()
    }

    /// Everything that is found, problems first, in the order of the files.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let mut found = own::policy(self);
        found.extend(launches::findings(self));
        found.extend(files::findings(self));
        found.extend(self.of_entries());
        found.extend(together::findings(self));
        found.sort_by_key(|finding| finding.kind.weight());
        found
    }
}

/// Largest file of permissions that is read, in bytes.
const MAX_PERMISSIONS_BYTES: usize = 1 << 20;

/// What clients let run without a question, as their own files beside the entries say.
pub(crate) fn permissions(places: &Places) -> Vec<(Client, PathBuf, StandingPermission)> {
    let mut all = Vec::new();
    for (client, _, path) in permission_files(&own_roots(places)) {
        let Ok(bytes) = own_file::read(&path, MAX_PERMISSIONS_BYTES, Writers::Anybody) else { continue };
        let found = standing_permissions(&bytes).unwrap_or_default();
        all.extend(found.into_iter().map(|permission| (client, path.clone(), permission)));
    }
    all
}

/// A finding about a file, or about an entry in it.
fn at(mut finding: Finding, file: &ConfigHere) -> Finding {
    finding.client = Some(file.kind.client.name());
    finding.file = Some(file.shown());
    finding
}

fn shown(path: &Path) -> String {
    pinfold_core::text::visible_path(path)
}

/// The command that puts the entries of a file behind the gate.
fn protect_command(file: &ConfigHere) -> String {
    let option = if file.kind.scope == Scope::Project { " --project" } else { "" };
    format!("run `pinfold protect {}{option}` in a terminal", file.kind.client.name())
}

fn is_plain(name: &str) -> bool {
    crate::elsewhere::name(name) == name
}

/// A finding in one place of a file.
fn in_entry(finding: Finding, file: &ConfigHere, entry: &pinfold_clients::Entry) -> Finding {
    let mut finding = at(finding, file);
    finding.line = Some(entry.position.line);
    finding.key = is_plain(&entry.key).then(|| entry.key.clone());
    if let (true, Some(wrapped)) = (finding.labels.is_empty(), &entry.wrapped) {
        finding.labels = vec![crate::elsewhere::name(&wrapped.label)];
    }
    finding
}

/// A finding of this code in an entry.
fn found(
    code: Code,
    file: &ConfigHere,
    entry: &pinfold_clients::Entry,
    words: impl Into<String>,
    fix: impl Into<String>,
) -> Finding {
    in_entry(Finding::new(code, words, fix), file, entry)
}
