//! What a client would start an entry in, as far as the entry says so.

use std::path::{Path, PathBuf};

use pinfold_clients::{Entry, Scope};

use super::model::Later;
use crate::launch::Surroundings;

/// The surroundings of an entry: its variables over those of this process, and its folder; `nowhere`, which need not be
/// there, if it names none, and `project` for an entry of that project's files. Beside it, why the client may start it
/// in something else than this.
pub(crate) fn surroundings(
    entry: &Entry,
    own: &Surroundings,
    nowhere: &Path,
    project: &Path,
) -> (Surroundings, Option<Later>) {
    let mut later = None;
    let mut around = own.clone();
    for variable in &entry.variables {
        around.environment.retain(|(name, _)| name.to_str() != Some(&variable.name));
        match &variable.value {
            Some(value) => around.environment.push((variable.name.clone().into(), value.into())),
            None => later = Some(Later::Placeholder),
        }
    }
    let base = match (entry.scope, &entry.project) {
        (Scope::Local, Some(folder)) => PathBuf::from(folder),
        (Scope::Project, _) => project.to_owned(),
        _ => nowhere.to_owned(),
    };
    let wanted = match entry.cwd.as_deref() {
        Some(folder) if entry.scope == Scope::User && !Path::new(folder).is_absolute() => {
            later = later.or(Some(Later::Folder));
            base
        }
        Some(folder) => base.join(folder),
        None => base,
    };
    around.folder = match wanted.canonicalize() {
        Ok(folder) => folder,
        Err(_) if wanted == nowhere => wanted,
        Err(_) => {
            later = later.or(Some(Later::Folder));
            nowhere.to_owned()
        }
    };
    (around, later)
}
