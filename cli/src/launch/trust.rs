//! Interpreters and launchers: one digest for all servers, and whose word a change needs.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use pinfold_core::digest::Digest;

/// An interpreter or launcher of a launch, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterpreterFile {
    /// Absolute path of the file, links resolved.
    pub path: String,
    /// Plain SHA-256.
    pub digest: Digest,
    /// Whether only root can change it: see [`trusted_place`].
    pub trusted_place: bool,
}

/// What an interpreter's bytes are, compared with those that a person accepted last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InterpreterStanding {
    /// The accepted ones.
    Accepted,
    /// Others or none yet, in a place that only root can change: recorded, and passes.
    Recorded,
    /// None were accepted yet: accepted with the launch that uses it.
    New,
    /// Others, in a place that the user can write: one question for all servers.
    Changed,
}

impl InterpreterFile {
    /// How these bytes stand to those that were accepted last at this path.
    pub fn standing(&self, accepted: Option<Digest>) -> InterpreterStanding {
        match accepted {
            Some(digest) if digest == self.digest => InterpreterStanding::Accepted,
            _ if self.trusted_place => InterpreterStanding::Recorded,
            None => InterpreterStanding::New,
            Some(_) => InterpreterStanding::Changed,
        }
    }
}

/// Whether only root can change a file: it and every folder above it belong to root, and neither group nor others may
/// write (the sticky bit of `/tmp` does not help). A file under the account's home is never in such a place, so that
/// root's own version managers ask too.
///
/// `file` is absolute and without links. Access control lists and mounts are not looked at.
pub fn trusted_place(file: &Path, home: Option<&Path>) -> bool {
    let is_roots = |path: &Path| {
        path.symlink_metadata().is_ok_and(|found| found.uid() == 0 && found.mode() & 0o022 == 0)
    };
    let real_home = home.map(|home| home.canonicalize().unwrap_or_else(|_| PathBuf::from(home)));
    let in_home = real_home.is_some_and(|home| home != Path::new("/") && file.starts_with(home));
    file.is_absolute() && !in_home && file.ancestors().all(is_roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_root_alone_can_change() {
        assert!(trusted_place(Path::new("/usr/bin/env").canonicalize().unwrap().as_path(), None));
        assert!(!trusted_place(Path::new("/usr/bin/does-not-exist"), None));
        assert!(!trusted_place(Path::new("bin/env"), None));
        assert!(!trusted_place(Path::new("/usr/bin/env"), Some(Path::new("/usr"))));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().canonicalize().unwrap().join("node");
        std::fs::write(&file, "x").unwrap();
        assert!(!trusted_place(&file, None), "a folder that everyone can write lies above");
    }

    #[test]
    fn a_change_is_one_question_only_where_the_user_can_write() {
        let digest = |byte| Digest::from_bytes([byte; 32]);
        let file = |trusted_place| InterpreterFile { path: "/x".into(), digest: digest(1), trusted_place };
        assert_eq!(file(false).standing(Some(digest(1))), InterpreterStanding::Accepted);
        assert_eq!(file(false).standing(Some(digest(2))), InterpreterStanding::Changed);
        assert_eq!(file(false).standing(None), InterpreterStanding::New);
        assert_eq!(file(true).standing(Some(digest(2))), InterpreterStanding::Recorded);
        assert_eq!(file(true).standing(None), InterpreterStanding::Recorded);
    }
}
