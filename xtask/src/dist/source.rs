//! What is built: one commit, laid out anew in a folder of its own, so that nothing uncommitted is handed out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::said;

/// The tree of one commit.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Where it was laid out.
    pub(super) folder: PathBuf,
    /// The version of the workspace.
    pub(super) version: String,
    /// The only time in what is made: that of the commit, or `SOURCE_DATE_EPOCH`; seconds since 1970.
    pub(super) epoch: u32,
}

impl Source {
    /// Lays out a commit of the repository in `root`.
    ///
    /// # Errors
    /// Without git, with a clock before 1980 (a wheel cannot hold it), and whatever the disk says.
    pub(super) fn lay_out(root: &Path, commit: &str, folder: &Path) -> Result<Source, String> {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let archive = git(root, &["archive", "--format=tar", commit])?;
        let mut archive = tar::Archive::new(archive.as_slice());
        // With the times of now: cargo takes a file that is older than its last build for built.
        archive.set_preserve_mtime(false);
        archive.unpack(folder).map_err(|e| format!("the commit cannot be laid out: {e}"))?;
        Ok(Source {
            folder: folder.to_owned(),
            version: version(&folder.join("Cargo.toml"))?,
            epoch: epoch(root, commit)?,
        })
    }

    /// A file of the commit.
    pub(super) fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        fs::read(self.folder.join(path)).map_err(|e| format!("{path}: {e}"))
    }
}

/// The commit that is checked out, by its name, and whether the tree has changes that are not in it.
pub(super) fn commit(root: &Path) -> Result<(String, bool), String> {
    let name = git(root, &["rev-parse", "HEAD"])?;
    let changes = git(root, &["status", "--porcelain"])?;
    Ok((String::from_utf8_lossy(&name).trim().to_owned(), !changes.is_empty()))
}

fn epoch(root: &Path, commit: &str) -> Result<u32, String> {
    /// 1980-01-01: the first moment that a zip file can name.
    const FIRST: u32 = 315_532_800;
    let text = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text,
        Err(_) => String::from_utf8_lossy(&git(root, &["log", "-1", "--format=%ct", commit])?).into_owned(),
    };
    let epoch = text.trim().parse().map_err(|_| format!("{:?} is no time in seconds", text.trim()))?;
    if epoch < FIRST {
        return Err(format!("{epoch} is before 1980, and a wheel cannot hold it"));
    }
    Ok(epoch)
}

fn version(manifest: &Path) -> Result<String, String> {
    let text = fs::read_to_string(manifest).map_err(|e| format!("{}: {e}", manifest.display()))?;
    let table: toml::Table = text.parse().map_err(|e| format!("Cargo.toml: {e}"))?;
    let version = table.get("workspace").and_then(|w| w.get("package")).and_then(|p| p.get("version"));
    Ok(version.and_then(toml::Value::as_str).ok_or("Cargo.toml names no version")?.to_owned())
}

fn git(root: &Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    said(Command::new("git").arg("-C").arg(root).args(arguments), "git")
}
