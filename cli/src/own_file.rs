//! Small files of the person's own: read with a limit, and written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use pinfold_core::text::visible_path;

/// Why a file gives no bytes. *Absent* is its own case: no other failure may be taken for it.
#[derive(Debug, thiserror::Error)]
pub enum OwnFileFault {
    /// There is none.
    #[error("there is no file {}", visible_path(.0))]
    Absent(PathBuf),
    /// It cannot be read, or is no plain file.
    #[error("{} cannot be read: {}", visible_path(.0), .1)]
    Unreadable(PathBuf, io::Error),
    /// It is longer than it may be.
    #[error("{} is larger than {} bytes", visible_path(.0), .1)]
    TooLarge(PathBuf, usize),
    /// Others could have written it.
    #[error("{} can be written by others (mode {:04o})", visible_path(.0), .1)]
    Writable(PathBuf, u32),
    /// It is another user's.
    #[error("{} belongs to the user with the number {}", visible_path(.0), .1)]
    Owner(PathBuf, u32),
}

/// Who may have written a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writers {
    /// The person alone, or root: the file is believed.
    Owner,
    /// Anybody: what stands in it is verified.
    Anybody,
}

/// The bytes of a file.
///
/// # Errors
///
/// [`OwnFileFault`].
pub fn read(path: &Path, max_bytes: usize, writers: Writers) -> Result<Vec<u8>, OwnFileFault> {
    let unreadable = |error| OwnFileFault::Unreadable(path.to_owned(), error);
    let file = match open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(match broken_link(path) {
                // A policy behind a link that leads nowhere is one that cannot be read, and not the lack of one.
                Some(link) => {
                    let words = format!("{} is a link that leads nowhere", visible_path(link));
                    unreadable(io::Error::other(words))
                }
                None => OwnFileFault::Absent(path.to_owned()),
            });
        }
        opened => opened.map_err(unreadable)?,
    };
    let about = file.metadata().map_err(unreadable)?;
    if !about.is_file() {
        return Err(unreadable(io::Error::other("it is not a plain file")));
    }
    if writers == Writers::Owner {
        if about.mode() & 0o022 != 0 {
            return Err(OwnFileFault::Writable(path.to_owned(), about.mode() & 0o7777));
        }
        // Who can write the folder can put a file of their own there.
        if about.uid() != 0 && about.uid() != rustix::process::geteuid().as_raw() {
            return Err(OwnFileFault::Owner(path.to_owned(), about.uid()));
        }
    }
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0).min(max_bytes));
    file.take(max_bytes as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > max_bytes {
        return Err(OwnFileFault::TooLarge(path.to_owned(), max_bytes));
    }
    Ok(bytes)
}

/// Opens a file for reading without waiting: a pipe of that name would block until somebody writes to it.
///
/// # Errors
///
/// Whatever the disk says. That it is a plain file is not checked.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    fs::OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// The file itself, or the folder above it, that is a link to what is not there.
fn broken_link(path: &Path) -> Option<&Path> {
    path.ancestors().find(|part| part.is_symlink() && !part.exists())
}

/// Who may do what with a file that is replaced: its mode, and the group that the mode speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rights {
    mode: u32,
    group: u32,
}

impl Rights {
    pub(crate) fn of(about: &fs::Metadata) -> Rights {
        Rights { mode: about.mode() & 0o7777, group: about.gid() }
    }

    /// Gives them to the file that takes the other's place. Where the group cannot be given, no group has rights: another
    /// one than before must not read what the first was meant to.
    pub(crate) fn give(self, file: &File) -> io::Result<()> {
        let given = file.metadata()?.gid() == self.group || fchown(file, None, Some(self.group)).is_ok();
        let mode = if given { self.mode } else { self.mode & !0o2070 };
        file.set_permissions(fs::Permissions::from_mode(mode))
    }
}

/// Replaces a file by these bytes, or leaves it as it was: a reader sees the old or the new, never a part. Folders above
/// it are made for the owner alone. A folder, a device or a pipe of that name is not replaced.
///
/// # Errors
///
/// Whatever the disk says; then the old file still stands.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    write_as(path, bytes, mode, None)
}

fn write_as(path: &Path, bytes: &[u8], mode: u32, rights: Option<Rights>) -> io::Result<()> {
    let folder = writable(path)?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    // A name of its own for each process: two writers do not write into one file.
    name.push(format!(".new-{}", std::process::id()));
    let draft = folder.join(name);
    let written = (|| {
        // A draft that an ended process of the same number left behind is not one that anybody reads.
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft)?;
        file.write_all(bytes)?;
        rights.map_or(Ok(()), |rights| rights.give(&file))?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        File::open(folder)?.sync_all()
    })();
    if written.is_err() {
        // The failure that is told is the first one.
        let _ = fs::remove_file(&draft);
    }
    written
}

/// The same of a file that may lie behind a link, as files of people who keep their settings elsewhere do: the link stays,
/// and the file at its end is replaced, with the rights that it had. Gives the path of what was replaced.
///
/// # Errors
///
/// As [`write()`]; the link leads nowhere, or to what is no file of the user's own.
pub fn write_behind_links(path: &Path, bytes: &[u8], mode: u32) -> io::Result<PathBuf> {
    if !path.is_symlink() {
        return write(path, bytes, mode).map(|()| path.to_owned());
    }
    let real = fs::canonicalize(path)?;
    let about = fs::metadata(&real)?;
    let shown = || visible_path(&real);
    if !about.is_file() {
        return Err(io::Error::other(format!("it is a link to {}, which is not a plain file", shown())));
    }
    // Root's file in a folder of the user's own could be replaced; it is root's all the same.
    if about.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other(format!("it is a link to {}, which belongs to another user", shown())));
    }
    let written = write_as(&real, bytes, 0o600, Some(Rights::of(&about)));
    written.map_err(|error| {
        io::Error::new(error.kind(), format!("{}, where its link leads: {error}", shown()))
    })?;
    Ok(real)
}

/// Whether [`write()`] may put a file there: nothing stands there but a plain file, and the folder, if there is one, takes
/// files. A device, a pipe or a link would be replaced by a file, which nobody means. Gives the folder.
///
/// # Errors
///
/// What stands in the way.
pub fn writable(path: &Path) -> io::Result<&Path> {
    let folder = match path.parent() {
        Some(here) if here.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return Err(io::Error::other("the path names no file")),
    };
    match fs::metadata(folder) {
        Ok(about) if about.is_dir() => rustix::fs::access(folder, rustix::fs::Access::WRITE_OK)?,
        Ok(_) => return Err(io::Error::other(format!("{} is no folder", visible_path(folder)))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    match fs::symlink_metadata(path) {
        Ok(about) if about.is_dir() => Err(io::Error::other("it is a folder")),
        Ok(about) if about.is_symlink() => {
            Err(io::Error::other("it is a symbolic link; name the file itself"))
        }
        Ok(about) if !about.is_file() => Err(io::Error::other("it is not a plain file")),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(folder),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_empty_too_large_and_a_folder_are_four_things() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        assert!(matches!(read(&path, 9, Writers::Owner), Err(OwnFileFault::Absent(_))));
        write(&path, b"", 0o600).unwrap();
        assert_eq!(read(&path, 9, Writers::Owner).unwrap(), b"");
        write(&path, b"0123456789", 0o600).unwrap();
        assert_eq!(read(&path, 10, Writers::Owner).unwrap().len(), 10);
        assert!(matches!(read(&path, 9, Writers::Owner), Err(OwnFileFault::TooLarge(_, 9))));
        assert!(matches!(read(folder.path(), 9, Writers::Owner), Err(OwnFileFault::Unreadable(..))));
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path().join("nowhere"), &link).unwrap();
        for path in [&link, &link.join("below")] {
            assert!(matches!(read(path, 9, Writers::Owner), Err(OwnFileFault::Unreadable(..))));
        }
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(matches!(read(&pipe, 9, Writers::Owner), Err(OwnFileFault::Unreadable(..))));
    }

    #[test]
    fn what_others_can_write_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write(&path, b"x", 0o600).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o620)).unwrap();
        assert!(matches!(read(&path, 9, Writers::Owner), Err(OwnFileFault::Writable(_, 0o620))));
        assert_eq!(read(&path, 9, Writers::Anybody).unwrap(), b"x");
    }

    #[test]
    fn what_another_user_wrote_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write(&path, b"x", 0o600).unwrap();
        if std::os::unix::fs::chown(&path, Some(12_345), None).is_err() {
            eprintln!("NOT RUN: only root can give a file to another user");
            return;
        }
        assert!(matches!(read(&path, 9, Writers::Owner), Err(OwnFileFault::Owner(_, 12_345))));
        assert_eq!(read(&path, 9, Writers::Anybody).unwrap(), b"x");
    }

    #[test]
    fn what_is_no_plain_file_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (pipe, link) = (folder.path().join("pipe"), folder.path().join("link"));
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        std::os::unix::fs::symlink(&pipe, &link).unwrap();
        for path in [folder.path(), &pipe, &link] {
            assert!(write(path, b"new", 0o600).is_err(), "{path:?}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn the_file_behind_a_link_is_replaced_and_the_link_stays() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let (real, link, second) = (at("real"), at("link"), at("second"));
        fs::write(&real, b"old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("real", &link).unwrap();
        std::os::unix::fs::symlink(&link, &second).unwrap();
        let real = real.canonicalize().unwrap();
        assert_eq!(write_behind_links(&second, b"new", 0o600).unwrap(), real);
        assert!(link.is_symlink() && second.is_symlink());
        assert_eq!(
            (fs::read(&real).unwrap().as_slice(), real.metadata().unwrap().mode() & 0o777),
            (&b"new"[..], 0o640)
        );
        let plain = at("plain");
        assert_eq!(write_behind_links(&plain, b"x", 0o600).unwrap(), plain);
        assert_eq!(plain.metadata().unwrap().mode() & 0o777, 0o600);
        // What is no file of the user's own stays, and no link becomes a file.
        for (name, to) in
            [("nowhere", "absent"), ("itself", "itself"), ("device", "/dev/null"), ("folder", ".")]
        {
            std::os::unix::fs::symlink(to, at(name)).unwrap();
            assert!(write_behind_links(&at(name), b"new", 0o600).is_err(), "{name}");
            assert!(at(name).is_symlink(), "{name}");
        }
        if std::os::unix::fs::chown(&real, Some(12_345), None).is_err() {
            eprintln!("NOT RUN: only root can give a file to another user");
            return;
        }
        assert!(write_behind_links(&link, b"newer", 0o600).is_err());
        assert_eq!(fs::read(&real).unwrap(), b"new");
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_draft() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write(&path, b"old", 0o600).unwrap();
        // A folder stands where the file should be renamed to.
        let taken = folder.path().join("taken");
        fs::create_dir(&taken).unwrap();
        fs::write(taken.join("in"), b"").unwrap();
        assert!(write(&taken, b"new", 0o600).is_err());
        for (name, make) in [("pipe", "mkfifo"), ("link", "ln -s a")] {
            let make = format!("{make} {name}");
            let made =
                std::process::Command::new("sh").args(["-c", &make]).current_dir(folder.path()).status();
            assert!(made.unwrap().success());
            assert!(write(&folder.path().join(name), b"new", 0o600).is_err(), "{name}");
            fs::remove_file(folder.path().join(name)).unwrap();
        }
        assert!(write(&path.join("b"), b"new", 0o600).unwrap_err().to_string().ends_with("a is no folder"));
        let mut names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a", "taken"]);
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }
}
