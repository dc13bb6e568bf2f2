//! A client's file on the disk: read whole, replaced whole, and never over a change of somebody else's.
//!
//! Clients, extensions and generators write these files too. The new text takes the place of exactly the bytes that were
//! read: the two files change places in one step, and if what came out is not what was read, they change back.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use pinfold_core::text::visible_path;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::own_file::{self, Rights};

/// Largest configuration that is read, in bytes. Largest real one: 55,000, the state of a whole client.
const MAX_BYTES: usize = 16 << 20;

/// A file as it was read.
#[derive(Clone, Debug)]
pub(crate) struct OnDisk {
    /// Where links end: the file that is replaced. Dotfiles are often links.
    pub(crate) real: PathBuf,
    /// Everything in it. Holds secrets.
    pub(crate) bytes: Vec<u8>,
    rights: Rights,
}

/// Why a file was not read or not replaced; it stands as it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EditFault {
    /// It cannot be read, or not written.
    #[error("{}: {}", visible_path(.0), .1)]
    Io(PathBuf, io::Error),
    /// A folder, a pipe or a device.
    #[error("{} is not a plain file", visible_path(.0))]
    NotAFile(PathBuf),
    /// Over the limit.
    #[error("{} is larger than {MAX_BYTES} bytes", visible_path(.0))]
    TooLarge(PathBuf),
    /// It would change its owner.
    #[error("{} belongs to another user", visible_path(.0))]
    Owner(PathBuf),
    /// It changed places with a draft and could not be changed back: what others wrote lies there now.
    #[error("{}: it was written by another program meanwhile, and what that wrote is in {} now", visible_path(.0), visible_path(.1))]
    Stranded(PathBuf, PathBuf),
    /// Somebody wrote it since it was read.
    #[error("{} was written by another program meanwhile", visible_path(.0))]
    Changed(PathBuf),
}

impl EditFault {
    /// What is wrong, where the path is said beside it.
    pub(crate) fn without_path(&self) -> String {
        match self {
            EditFault::Io(_, error) => error.to_string(),
            EditFault::NotAFile(_) => "it is not a plain file".to_owned(),
            EditFault::TooLarge(_) => format!("it is larger than {MAX_BYTES} bytes"),
            EditFault::Owner(_) => "it belongs to another user".to_owned(),
            EditFault::Stranded(..) | EditFault::Changed(_) => {
                "it was written by another program meanwhile".to_owned()
            }
        }
    }
}

/// Reads a file; `None`: there is none.
///
/// # Errors
/// [`EditFault`]. Only a file that the system says is not there is absent.
pub(crate) fn read(path: &Path) -> Result<Option<OnDisk>, EditFault> {
    let io_fault = |error| EditFault::Io(path.to_owned(), error);
    let real = match path.canonicalize() {
        Err(error) if is_absent(&error) => return Ok(None),
        found => found.map_err(io_fault)?,
    };
    let (bytes, about) = contents(&real).map_err(io_fault)?.ok_or(EditFault::NotAFile(real.clone()))?;
    if bytes.len() > MAX_BYTES {
        return Err(EditFault::TooLarge(real));
    }
    if about.uid() != rustix::process::geteuid().as_raw() {
        return Err(EditFault::Owner(real));
    }
    Ok(Some(OnDisk { real, bytes, rights: Rights::of(&about) }))
}

/// The bytes of a small file that somebody else may own; `None` if it is not there or cannot be read.
pub(crate) fn read_of_root(path: &Path) -> Option<Vec<u8>> {
    let (bytes, _) = contents(path).ok()??;
    (bytes.len() <= MAX_BYTES).then_some(bytes)
}

/// A path that leads through a file is no path of a file that is there.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// At most one byte more than the limit; `None`: no plain file. Without waiting: a pipe of that name would block.
fn contents(real: &Path) -> io::Result<Option<(Vec<u8>, Metadata)>> {
    let file = own_file::open(real)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(Some((bytes, about)))
}

/// Puts `new` in the place of the file as it was read, with its mode and group, and keeps the old file under a new name in
/// `backups`, which is given.
///
/// # Errors
/// [`EditFault`]; then the file stands as it was, with whatever others wrote.
pub(crate) fn replace(old: &OnDisk, new: &[u8], backups: &Path, name: &str) -> Result<PathBuf, EditFault> {
    let fault = |error| EditFault::Io(old.real.clone(), error);
    let folder = old.real.parent().unwrap_or(Path::new("/"));
    close(backups).map_err(fault)?;
    let mut draft_name = std::ffi::OsString::from(".");
    draft_name.push(old.real.file_name().unwrap_or_default());
    draft_name.push(format!(".pinfold-{}", std::process::id()));
    let draft = Draft(folder.join(draft_name));
    draft.write(new, old.rights).map_err(fault)?;
    if let Err(refusal) = exchange(&draft.0, old) {
        if matches!(refusal, EditFault::Stranded(..)) {
            draft.leave();
        }
        return Err(refusal);
    }
    // From here on the draft is the old file.
    let kept = match keep(&draft.0, &old.bytes, backups, name) {
        Ok(kept) => kept,
        Err(error) => {
            // Without a backup nothing is changed.
            if fs::rename(&draft.0, &old.real).is_err() {
                draft.leave();
            }
            return Err(fault(error));
        }
    };
    drop(draft);
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(fault)?;
    Ok(kept)
}

/// Makes the folder of the backups, and takes the rights of others from one that was made by something else: what lies in
/// it has the rights that it had in a folder that others may have been kept out of.
fn close(backups: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(backups)?;
    if fs::metadata(backups)?.mode() & 0o077 == 0 {
        return Ok(());
    }
    fs::set_permissions(backups, fs::Permissions::from_mode(0o700))
}

/// A file beside the one that it is to replace; it goes with this.
struct Draft(PathBuf);

impl Draft {
    fn write(&self, bytes: &[u8], rights: Rights) -> io::Result<()> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.0)?;
        file.write_all(bytes)?;
        rights.give(&file)?;
        file.sync_all()
    }

    /// It is somebody's only copy now.
    fn leave(self) {
        std::mem::forget(self);
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // What is not there any more is what should not be.
        let _ = fs::remove_file(&self.0);
    }
}

/// The draft and the file change places, if the file is as it was read.
fn exchange(draft: &Path, old: &OnDisk) -> Result<(), EditFault> {
    let fault = |error| EditFault::Io(old.real.clone(), error);
    let is_as_read =
        |path: &Path| contents(path).is_ok_and(|found| found.is_some_and(|(now, _)| now == old.bytes));
    if !is_as_read(&old.real) {
        return Err(EditFault::Changed(old.real.clone()));
    }
    match renameat_with(CWD, draft, CWD, &old.real, RenameFlags::EXCHANGE) {
        Ok(()) if is_as_read(draft) => Ok(()),
        Ok(()) => match renameat_with(CWD, draft, CWD, &old.real, RenameFlags::EXCHANGE) {
            Ok(()) => Err(EditFault::Changed(old.real.clone())),
            Err(_) => Err(EditFault::Stranded(old.real.clone(), draft.to_owned())),
        },
        // A file system that cannot do it: the old file gets a second name, then the new one takes its place.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::OPNOTSUPP) => {
            let aside = draft.with_extension("old");
            let swapped = fs::hard_link(&old.real, &aside)
                .and_then(|()| fs::rename(draft, &old.real))
                .and_then(|()| fs::rename(&aside, draft));
            swapped.map_err(fault)
        }
        Err(error) => Err(fault(error.into())),
    }
}

/// Gives the old file a name among the backups: the file itself, or, on another disk, a copy for its owner alone.
fn keep(old: &Path, bytes: &[u8], backups: &Path, name: &str) -> io::Result<PathBuf> {
    for number in 1..=9_999 {
        let place = backups.join(if number == 1 { name.to_owned() } else { format!("{name}-{number}") });
        match fs::hard_link(old, &place) {
            Ok(()) => return Ok(place),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(_) => {}
        }
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&place) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            opened => {
                let mut copy = opened?;
                copy.write_all(bytes)?;
                copy.sync_all()?;
                return Ok(place);
            }
        }
    }
    Err(io::Error::other("too many backups of one name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place {
        folder: tempfile::TempDir,
    }

    impl Place {
        fn new(text: &str) -> Place {
            let place = Place { folder: tempfile::tempdir().unwrap() };
            fs::write(place.file(), text).unwrap();
            fs::set_permissions(place.file(), fs::Permissions::from_mode(0o640)).unwrap();
            place
        }

        fn file(&self) -> PathBuf {
            self.folder.path().join("c.json")
        }

        fn backups(&self) -> PathBuf {
            self.folder.path().join("state/backups")
        }

        fn text(&self) -> String {
            fs::read_to_string(self.file()).unwrap()
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(self.folder.path()).unwrap();
            let mut names: Vec<_> =
                entries.map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    #[test]
    fn a_file_is_replaced_with_its_mode_and_the_old_one_is_kept() {
        let place = Place::new("old");
        let old = read(&place.file()).unwrap().unwrap();
        let kept = replace(&old, b"new", &place.backups(), "c.json").unwrap();
        assert_eq!((place.text().as_str(), fs::read_to_string(&kept).unwrap().as_str()), ("new", "old"));
        assert_eq!(fs::metadata(place.file()).unwrap().mode() & 0o7777, 0o640);
        assert_eq!(fs::metadata(place.backups()).unwrap().mode() & 0o777, 0o700);
        let again = read(&place.file()).unwrap().unwrap();
        let second = replace(&again, b"newer", &place.backups(), "c.json").unwrap();
        assert_ne!(kept, second);
        assert_eq!(fs::read_to_string(second).unwrap(), "new");
        assert_eq!(place.names(), ["c.json", "state"]);
    }

    #[test]
    fn what_another_program_wrote_meanwhile_stays() {
        let place = Place::new("old");
        let old = read(&place.file()).unwrap().unwrap();
        fs::write(place.file(), "other").unwrap();
        assert!(matches!(replace(&old, b"new", &place.backups(), "c"), Err(EditFault::Changed(_))));
        assert_eq!(
            (place.text().as_str(), place.names()),
            ("other", vec!["c.json".to_owned(), "state".to_owned()])
        );
    }

    #[test]
    fn the_file_behind_a_link_is_replaced_and_the_link_stays() {
        let place = Place::new("old");
        let link = place.folder.path().join("link");
        std::os::unix::fs::symlink("c.json", &link).unwrap();
        let old = read(&link).unwrap().unwrap();
        replace(&old, b"new", &place.backups(), "c").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(place.text(), "new");
    }

    #[test]
    fn absent_and_unreadable_are_two_things() {
        let place = Place::new("old");
        assert!(read(&place.folder.path().join("none")).unwrap().is_none());
        assert!(read(&place.file().join("none")).unwrap().is_none());
        assert!(matches!(read(place.folder.path()), Err(EditFault::NotAFile(_))));
        fs::write(place.file(), vec![b'x'; MAX_BYTES + 1]).unwrap();
        assert!(matches!(read(&place.file()), Err(EditFault::TooLarge(_))));
    }
}
