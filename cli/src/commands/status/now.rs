//! An approved launch beside this machine as it is now. Files are read; nothing is started.

use std::io;
use std::path::Path;

use pinfold_core::launch::{Launch, Piece};
use pinfold_core::text::visible;
use pinfold_store::Store;

use crate::home;
use crate::launch::{Entry, FileFault, MemoryDigests, StoreDigests, Surroundings, hash_file, resolve};

/// The command line as it was approved, secrets by place.
pub(super) fn command_line(launch: &Launch) -> String {
    let word = |pieces: &Vec<Piece>| {
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Secret => "\u{2039}secret\u{203a}".to_owned(),
        };
        pieces.iter().map(text).collect::<String>()
    };
    launch.describe().command_line.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// In what an approved launch differs from what this machine has, in one line each.
pub(super) fn differences(store: &Store, launch: &Launch) -> Vec<String> {
    let mut found = Vec::new();
    for file in &launch.program {
        let shown = visible(&file.file);
        match (hash_file(Path::new(&file.file), &mut StoreDigests(store)), file.digest) {
            (Err(FileFault::Io(error)), _) if error.kind() == io::ErrorKind::NotFound => {
                found.push(format!("{shown} is gone; the next start is held"));
            }
            (Err(fault), _) => found.push(format!("{shown}: {fault}")),
            (Ok(now), Some(approved)) if now != approved => {
                found.push(format!("{shown} has other bytes; the next start is held"));
            }
            _ => {}
        }
    }
    found.extend(path_leads_elsewhere(launch));
    found
}

/// What `PATH` of this terminal finds for the command, where that is not the approved file.
fn path_leads_elsewhere(launch: &Launch) -> Option<String> {
    if launch.command.contains('/') {
        return None;
    }
    let around = Surroundings::of_process(home::of_account().as_deref()).ok()?;
    let entry = Entry { command: launch.command.clone(), args: Vec::new(), env_names: Vec::new() };
    let fresh = resolve(&entry, &around, &mut MemoryDigests::default()).ok()?;
    let (now, approved) = (fresh.launch.program.first()?, launch.program.first()?);
    (now.path != approved.path).then(|| {
        format!(
            "PATH here leads to {}; {} is started all the same",
            visible(&now.path),
            visible(&approved.path)
        )
    })
}
