//! Lists of an administrator, off which a wrapped entry can fall.

use std::path::{Path, PathBuf};

use pinfold_clients::{AdminList, Client, Entry};

/// Largest list that is read, in bytes.
const MAX_LIST_BYTES: u64 = 1 << 20;

/// The file whose list lets the client start an entry as it was and not as it is, wrapped.
pub(super) fn dropping(client: Client, entry: &Entry) -> Option<PathBuf> {
    let wrapper = entry.wrapped.as_ref()?;
    let line = entry.command_line()?;
    let bare: Vec<String> = [line.command.clone()].into_iter().chain(line.args.iter().cloned()).collect();
    let mut words = vec![wrapper.program.clone(), "run".to_owned(), "--as".to_owned(), wrapper.label.clone()];
    if !wrapper.env_names.is_empty() {
        words.extend(["--env".to_owned(), wrapper.env_names.join(",")]);
    }
    words.extend(wrapper.other_words.iter().cloned());
    words.push("--".to_owned());
    words.extend(bare.iter().cloned());
    let falls_off = |list: &AdminList| !list.admits(&entry.key, &words) && list.admits(&entry.key, &bare);
    client
        .admin_files()
        .iter()
        .map(PathBuf::from)
        .find(|path| read(client, path).is_some_and(|list| falls_off(&list)))
}

/// `None`: there is none, or none that its client could read.
fn read(client: Client, path: &Path) -> Option<AdminList> {
    path.metadata().ok().filter(|about| about.is_file() && about.len() <= MAX_LIST_BYTES)?;
    AdminList::read(client, &std::fs::read(path).ok()?).ok()
}
