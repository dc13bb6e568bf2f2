//! Which files of which clients are there, and what stands in them. Nothing is started and nothing is written.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use pinfold_clients::{AdminList, Client, ConfigFile, Document, ReadError, Roots, Scope, read};

use super::edit::{self, EditFault, OnDisk};
use crate::elsewhere;

/// Most files behind one pattern (`*.yaml` in a folder). Most seen: 4.
const MAX_FILES_OF_A_PATTERN: usize = 64;

/// A client's file that was read.
pub(crate) struct ConfigHere {
    pub(crate) kind: &'static ConfigFile,
    /// As a person knows it, links kept.
    pub(crate) path: PathBuf,
    pub(crate) disk: OnDisk,
    pub(crate) document: Document,
}

/// A client's file that is not touched because of what it is.
pub(crate) struct Unreadable {
    pub(crate) kind: &'static ConfigFile,
    pub(crate) path: PathBuf,
    pub(crate) why: WhyUnreadable,
}

impl ConfigHere {
    /// The path, as it may be printed anywhere.
    pub(crate) fn shown(&self) -> String {
        elsewhere::file(&self.path, self.kind.scope)
    }
}

impl Unreadable {
    /// The path, as it may be printed anywhere.
    pub(crate) fn shown(&self) -> String {
        elsewhere::file(&self.path, self.kind.scope)
    }
}

/// Why a file was not read.
pub(crate) enum WhyUnreadable {
    /// Its client would refuse it, too.
    Malformed(ReadError),
    /// The disk, its owner or its size.
    Disk(EditFault),
}

/// What was found.
#[derive(Default)]
pub(crate) struct Files {
    pub(crate) read: Vec<ConfigHere>,
    pub(crate) unreadable: Vec<Unreadable>,
    /// Clients that read an administrator's file and no other.
    pub(crate) exclusive: Vec<Client>,
    /// Lists of an administrator, each for one client.
    pub(crate) admin: Vec<(Client, AdminList)>,
    /// Files of the project in which the command runs, which were not asked for.
    pub(crate) of_project: Vec<(Client, PathBuf)>,
}

/// Where clients look, from their own variables.
pub(crate) fn roots(home: &Path, project: &Path, variable: impl Fn(&str) -> Option<OsString>) -> Roots {
    let folder = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    Roots {
        home: home.to_owned(),
        xdg_config: folder("XDG_CONFIG_HOME"),
        claude_config: folder("CLAUDE_CONFIG_DIR"),
        codex_home: folder("CODEX_HOME"),
        project: Some(project.to_owned()),
    }
}

/// Reads every file of these clients that is there; those of the project only if they are asked for.
pub(crate) fn files(clients: &[Client], roots: &Roots, with_project: bool) -> Files {
    let mut files = Files { admin: admin_lists(clients), exclusive: exclusive(clients), ..Files::default() };
    let mut seen = BTreeSet::new();
    for kind in own_first(clients) {
        for path in paths(kind, roots) {
            match edit::read(&path) {
                Ok(None) => {}
                // Two clients can share a file: the first one's rules count.
                Ok(Some(disk)) if !seen.insert(disk.real.clone()) => {}
                _ if kind.scope == Scope::Project && !with_project => {
                    files.of_project.push((kind.client, path));
                }
                Ok(Some(disk)) => match read(kind, &disk.bytes) {
                    Ok(document) => files.read.push(ConfigHere { kind, path, disk, document }),
                    Err(error) => {
                        files.unreadable.push(Unreadable {
                            kind,
                            path,
                            why: WhyUnreadable::Malformed(error),
                        });
                    }
                },
                Err(fault) => {
                    files.unreadable.push(Unreadable { kind, path, why: WhyUnreadable::Disk(fault) });
                }
            }
        }
    }
    files
}

/// The kinds of files of these clients, those of the project last: one of them can be a link to a file of the person's
/// own, which must not be taken for the project's.
fn own_first(clients: &[Client]) -> Vec<&'static ConfigFile> {
    let mut kinds: Vec<&'static ConfigFile> = clients.iter().flat_map(|client| client.files()).collect();
    kinds.sort_by_key(|kind| kind.scope == Scope::Project);
    kinds
}

/// Clients for which such a file is there, whatever is in it.
fn exclusive(clients: &[Client]) -> Vec<Client> {
    let is_there = |path: &str| Path::new(path).symlink_metadata().is_ok();
    clients.iter().copied().filter(|client| client.admin_exclusive_file().is_some_and(is_there)).collect()
}

/// What cannot be read here cannot be read by the client of the same person either, and one that is no JSON is none.
fn admin_lists(clients: &[Client]) -> Vec<(Client, AdminList)> {
    let of = |client: &Client| {
        let found = client.admin_files().iter().filter_map(|path| edit::read_of_root(Path::new(path)));
        found
            .filter_map(|bytes| AdminList::read(*client, &bytes).ok())
            .map(|list| (*client, list))
            .collect::<Vec<_>>()
    };
    clients.iter().flat_map(of).collect()
}

/// The paths that a kind of file stands for; of a pattern, those that are there, in order.
fn paths(kind: &'static ConfigFile, roots: &Roots) -> Vec<PathBuf> {
    let Some(pattern) = kind.pattern(roots) else { return Vec::new() };
    if !kind.is_pattern() {
        return vec![pattern];
    }
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        let text = part.as_os_str().to_string_lossy().into_owned();
        found = match text.strip_prefix('*') {
            None => found.into_iter().map(|path| path.join(part.as_os_str())).collect(),
            Some(ending) => found.iter().flat_map(|path| entries(path, ending)).collect(),
        };
        found.truncate(MAX_FILES_OF_A_PATTERN);
    }
    found.retain(|path| kind.matches(path, roots));
    found
}

/// Names in a folder with this ending, sorted.
fn entries(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| name.ends_with(ending)))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}
