//! The files of the repository, read once, so that a rule is a function of them and its test can make up its own.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// Every file by its path from the root, with `/` between the parts.
pub(crate) struct Tree {
    files: BTreeMap<String, Vec<u8>>,
}

impl Tree {
    /// Reads everything below `root` but build output, `.git` and installed packages.
    ///
    /// # Errors
    /// When a folder or file cannot be read.
    pub(crate) fn load(root: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        collect(root, "", &mut files)?;
        Ok(Self { files })
    }

    /// A made-up repository.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self { files: files.iter().map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec())).collect() }
    }

    /// A made-up repository in which these files have other texts, or are put in; one with an empty text is gone.
    #[cfg(test)]
    fn changed(files: &[(&str, &str)], change: &[(&str, &str)]) -> Self {
        let mut tree = Self::of(files);
        for (path, text) in change {
            match *text {
                "" => tree.files.remove(*path),
                text => tree.files.insert((*path).to_owned(), text.as_bytes().to_vec()),
            };
        }
        tree
    }

    /// What a rule finds in a repository that is changed so.
    #[cfg(test)]
    pub(super) fn found(
        rule: fn(&Tree) -> Vec<super::Finding>,
        files: &[(&str, &str)],
        change: &[(&str, &str)],
    ) -> Vec<String> {
        rule(&Self::changed(files, change)).iter().map(ToString::to_string).collect()
    }

    /// Whether there is a file, or a folder with files, at `path`.
    pub(crate) fn has(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.files.contains_key(path) || self.files.keys().any(|p| p.starts_with(&folder))
    }

    /// The text of one file; `None` where it is absent or not UTF-8.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).and_then(|bytes| std::str::from_utf8(bytes).ok())
    }

    /// Paths and bytes of all files.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// Paths and texts of the files whose path ends with `end`; those that are not UTF-8 are passed over.
    pub(crate) fn ending<'t>(&'t self, end: &'t str) -> impl Iterator<Item = (&'t str, &'t str)> {
        self.all()
            .filter(move |(path, _)| path.ends_with(end))
            .filter_map(|(path, bytes)| std::str::from_utf8(bytes).ok().map(|text| (path, text)))
    }
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type()?;
        let path = format!("{prefix}{name}");
        if kind.is_dir() {
            let built = prefix.is_empty() && name.starts_with("target");
            if !built && !matches!(name.as_str(), ".git" | "node_modules" | "__pycache__") {
                collect(&entry.path(), &format!("{path}/"), files)?;
            }
        } else if kind.is_file() {
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Tree;

    #[test]
    fn this_repository_is_read_without_its_build_output() {
        let tree = Tree::load(&crate::root()).unwrap();
        assert!(tree.has("Cargo.toml") && tree.has("xtask/src") && !tree.has("xtask/sr"));
        assert!(tree.all().all(|(path, _)| !path.starts_with("target/") && !path.starts_with(".git/")));
    }
}
