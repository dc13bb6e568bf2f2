//! Lists of an administrator, off which a wrapped entry can fall.

use std::path::{Path, PathBuf};

use pinfold_clients::{AdminList, Client, Entry};
use pinfold_core::name::Label;

use super::Ward;

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

/// Entries of a label that their clients drop, in words, for `status`.
pub(crate) fn dropped(ward: &Ward, label: &Label) -> Vec<String> {
    let mut all = Vec::new();
    for file in &ward.files.read {
        for entry in file.document.entries() {
            let is_of_label = entry.wrapped.as_ref().is_some_and(|wrapper| {
                wrapper.label.parse::<Label>().is_ok_and(|of| of.key() == label.key())
            });
            if let (true, Some(list)) = (is_of_label, dropping(file.kind.client, entry)) {
                all.push(format!(
                    "{} drops it: the list in {} does not match its wrapped command; Pinfold does not hold it for that",
                    file.kind.client.title(),
                    list.display()
                ));
            }
        }
    }
    all
}

/// `None`: there is none, or none that its client could read.
fn read(client: Client, path: &Path) -> Option<AdminList> {
    let about = path.metadata().ok().filter(|about| about.is_file() && about.len() <= MAX_LIST_BYTES)?;
    let _ = about;
    AdminList::read(client, &std::fs::read(path).ok()?).ok()
}
