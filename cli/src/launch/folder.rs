//! Whether the working folder is part of a launch.

use std::path::Path;

use pinfold_core::launch::{Launch, RelativeName, Role};

/// Whether what a command line names makes the folder part of the launch.
///
/// At approval, that something it names exists there does. Later a pinned folder stays pinned, whatever is in it; and
/// where none was pinned, code of that name that appeared makes another launch, data does not (a server may have made
/// it).
pub(super) fn folder_counts(names: &[RelativeName], folder: &Path, pinned: Option<&Launch>) -> bool {
    match pinned {
        Some(pinned) if pinned.folder.is_some() => true,
        Some(_) => names.iter().any(|name| name.role != Role::Data && exists(name, folder)),
        None => names.iter().any(|name| exists(name, folder)),
    }
}

fn exists(name: &RelativeName, folder: &Path) -> bool {
    // A dangling link will be followed when something appears at its end.
    let is_there = |folder: &Path| folder.join(&name.path).symlink_metadata().is_ok();
    match name.role {
        Role::Project => folder.ancestors().any(is_there),
        Role::Code | Role::Data => is_there(folder),
    }
}
