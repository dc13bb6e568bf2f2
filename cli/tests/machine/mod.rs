//! A machine in a folder, for tests of launches.
#![allow(clippy::unwrap_used)]
#![allow(dead_code, reason = "each test file uses its own part")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use pinfold_cli::launch::{
    Entry, MemoryDigests, PinnedStart, ResolveError, ResolvedLaunch, Surroundings, resolve, resolve_pinned,
};
use pinfold_core::launch::{Launch, LaunchDifference};

/// A machine in a folder: programs in `bin`, a project in `work`.
pub(crate) struct Machine {
    folder: tempfile::TempDir,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) work: PathBuf,
}

impl Machine {
    pub(crate) fn new() -> Machine {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for name in ["bin", "work", "home"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        let path = format!("{}:/usr/bin:/bin", root.join("bin").display());
        Machine { work: root.join("work"), environment: vec![("PATH".into(), path)], folder }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    pub(crate) fn at(&self, path: &str) -> String {
        self.root().join(path).to_str().unwrap().to_owned()
    }

    /// Writes an executable file; by renaming, so that a running one is not in the way.
    pub(crate) fn program(&self, path: &str, bytes: &str) -> String {
        let file = self.root().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let new = file.with_extension("new");
        fs::write(&new, bytes).unwrap();
        fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(&new, &file).unwrap();
        self.at(path)
    }

    pub(crate) fn link(&self, path: &str, to: &str) {
        let link = self.root().join(path);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        let _ = fs::remove_file(&link);
        symlink(to, link).unwrap();
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn around(&self) -> Surroundings {
        let variable = |(name, value): &(String, String)| (name.into(), value.into());
        Surroundings {
            environment: self.environment.iter().map(variable).collect(),
            folder: self.work.clone(),
            home: Some(self.root().join("home")),
        }
    }

    pub(crate) fn resolve(&self, entry: &Entry) -> ResolvedLaunch {
        resolve(entry, &self.around(), &mut MemoryDigests::default()).unwrap()
    }

    pub(crate) fn refusal(&self, entry: &Entry) -> ResolveError {
        resolve(entry, &self.around(), &mut MemoryDigests::default()).err().expect("resolved")
    }

    pub(crate) fn start(&self, pinned: &Launch, entry: &Entry) -> PinnedStart {
        resolve_pinned(pinned, entry, &self.around(), &mut MemoryDigests::default()).unwrap()
    }

    #[track_caller]
    pub(crate) fn same(&self, pinned: &Launch, entry: &Entry) -> ResolvedLaunch {
        match self.start(pinned, entry) {
            PinnedStart::Same(live) => *live,
            PinnedStart::Changed { differences, .. } => panic!("{differences:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn changed(&self, pinned: &Launch, entry: &Entry) -> Vec<LaunchDifference> {
        match self.start(pinned, entry) {
            PinnedStart::Same(_) => panic!("no difference"),
            PinnedStart::Changed { differences, .. } => differences,
        }
    }
}

pub(crate) fn entry(line: &[&str]) -> Entry {
    declaring(line, &[])
}

pub(crate) fn declaring(line: &[&str], names: &[&str]) -> Entry {
    let words = line.iter().map(Into::into).collect();
    Entry::from_line(words, names.iter().map(|&name| name.to_owned()).collect()).unwrap()
}

pub(crate) fn codes(differences: &[LaunchDifference]) -> Vec<&'static str> {
    differences.iter().map(|found| found.reason.as_str()).collect()
}

pub(crate) fn argv(resolved: &ResolvedLaunch) -> Vec<String> {
    resolved.exec.argv.iter().map(|word| word.to_str().unwrap().to_owned()).collect()
}

pub(crate) fn files(resolved: &ResolvedLaunch) -> Vec<&str> {
    resolved.launch.program.iter().map(|file| file.file.as_str()).collect()
}

pub(crate) const NATIVE: &str = "\u{7f}ELF pretended";
