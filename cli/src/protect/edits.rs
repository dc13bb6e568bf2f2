//! The edits of a plan: the new text of each file, and how it is written over the old one.

use std::path::PathBuf;

use pinfold_clients::{Document, Place, Wrapping, read};
use pinfold_core::name::Label;
use pinfold_core::pins::UnixSeconds;
use pinfold_core::text::{visible, visible_path};
use pinfold_store::{Places, Wrapper};

use super::edit::{self, EditFault, OnDisk};
use super::find::{ConfigHere, Files};
use super::model::{Change, Server, Spot};

/// How often a file that its client writes all the time is tried.
const TRIES: usize = 5;

/// A file that is to be changed.
pub(crate) struct FileEdit {
    /// Index into [`Files::read`].
    pub(crate) file: usize,
    pub(crate) wishes: Vec<Wish>,
    /// The text as it would be written over the one that was read.
    pub(crate) new: Vec<u8>,
}

/// One entry, and how it is to be written.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    place: Place,
    change: Change,
    wrapping: Wrapping,
}

/// What became of a file.
#[derive(Debug)]
pub(crate) enum Written {
    /// It is changed; the old one is here.
    Done { backup: PathBuf },
    /// One of the entries is another one now. The file stands as it is.
    Changed,
    /// The disk.
    Failed(String),
}

/// The edits that put these servers behind the gate, by file.
///
/// # Errors
/// The words of an edit that a second look refuses, with the file; each entry alone was tried before.
pub(crate) fn edits(files: &Files, servers: &[Server], program: &str) -> Result<Vec<FileEdit>, String> {
    let mut edits = Vec::new();
    for (index, file) in files.read.iter().enumerate() {
        let mut wishes = Vec::new();
        for server in servers {
            let spots = server.spots.iter();
            let spots = spots.filter(|spot| spot.file == index && spot.change != Change::Nothing);
            wishes.extend(spots.map(|spot| wish(spot, &server.label, program)));
        }
        if wishes.is_empty() {
            continue;
        }
        let new = apply(&file.document, &wishes)
            .map_err(|words| format!("{}: {words}", visible_path(&file.path)))?;
        edits.push(FileEdit { file: index, wishes, new });
    }
    Ok(edits)
}

fn wish(spot: &Spot, label: &Label, program: &str) -> Wish {
    let wrapping =
        Wrapping { program: program.to_owned(), label: label.clone(), env_names: spot.env_names.clone() };
    Wish { place: spot.place.clone(), change: spot.change, wrapping }
}

/// The text with every wish carried out.
fn apply(document: &Document, wishes: &[Wish]) -> Result<Vec<u8>, String> {
    let of = |change: Change| -> Vec<(Place, Wrapping)> {
        let wishes = wishes.iter().filter(|wish| wish.change == change);
        wishes.map(|wish| (wish.place.clone(), wish.wrapping.clone())).collect()
    };
    let words = |error: pinfold_clients::EditError| visible(&error.to_string());
    let wrapped = document.wrap(&of(Change::Wrap)).map_err(words)?;
    let again = of(Change::Rewrap);
    if again.is_empty() {
        return Ok(wrapped);
    }
    let document = read(document.file(), &wrapped).map_err(|error| visible(&error.to_string()))?;
    document.rewrap(&again).map_err(words)
}

impl FileEdit {
    /// Writes the file. What its client wrote meanwhile beside the entries stays; an entry that is another one now, or
    /// gone, stops it.
    pub(crate) fn write(&self, here: &ConfigHere, places: &Places, at: UnixSeconds) -> Written {
        let backups = backups(places);
        let name = backup_name(here, at);
        for _ in 0..TRIES {
            let (disk, new) = match self.text_now(here) {
                Ok(Some(now)) => now,
                Ok(None) => return Written::Changed,
                Err(fault) => return Written::Failed(fault.to_string()),
            };
            match edit::replace(&disk, &new, &backups, &name) {
                Ok(backup) => return Written::Done { backup },
                Err(EditFault::Changed(_)) => continue,
                Err(fault) => return Written::Failed(fault.to_string()),
            }
        }
        Written::Changed
    }

    /// The file as it is now, and the text to be written over it; `None`: it is no longer what was shown.
    fn text_now(&self, here: &ConfigHere) -> Result<Option<(OnDisk, Vec<u8>)>, EditFault> {
        let Some(disk) = edit::read(&here.path)? else { return Ok(None) };
        if disk.bytes == here.disk.bytes {
            return Ok(Some((disk, self.new.clone())));
        }
        let Ok(now) = read(here.kind, &disk.bytes) else { return Ok(None) };
        let is_same = |wish: &Wish| {
            let entries = here.document.entry(&wish.place).zip(now.entry(&wish.place));
            entries.is_some_and(|(before, after)| {
                before.kind == after.kind
                    && before.wrapped == after.wrapped
                    && before.variables == after.variables
                    && before.passed_names == after.passed_names
                    && before.cwd == after.cwd
            })
        };
        if !self.wishes.iter().all(is_same) {
            return Ok(None);
        }
        Ok(apply(&now, &self.wishes).ok().map(|new| (disk, new)))
    }

    /// What is remembered of it.
    pub(crate) fn wrappers(&self, here: &ConfigHere, at: UnixSeconds) -> Vec<Wrapper> {
        let wrapper = |wish: &Wish| Wrapper {
            client: here.kind.client.name().to_owned(),
            file: here.path.to_string_lossy().into_owned(),
            place: wish.place.as_str().to_owned(),
            label: wish.wrapping.label.clone(),
            since: at,
        };
        self.wishes.iter().map(wrapper).collect()
    }
}

/// The folder of the files that were replaced. They hold what the clients' files hold, secrets too.
pub(crate) fn backups(places: &Places) -> PathBuf {
    places.state_folder().join("backups")
}

/// `claude-code-20261126T024414Z-.claude.json`.
pub(crate) fn backup_name(here: &ConfigHere, at: UnixSeconds) -> String {
    let time = crate::time::for_programs(at).unwrap_or_default();
    let time: String = time.chars().filter(|letter| letter.is_ascii_alphanumeric()).collect();
    let name = here.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    format!("{}-{time}-{name}", here.kind.client.name())
}
