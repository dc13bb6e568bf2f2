//! The scratch home, and the mount namespace in which it is the home of an account.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::registry::said;

/// Where the scratch home is seen.
const HOME: &str = "/home/me";

/// Where Node is seen: a place that the account does not own in a real system.
const NODE: &str = "/opt/node/bin";

/// A home with one client's file, and the account whose home it is.
pub(super) struct Room {
    folder: TempDir,
    node: PathBuf,
}

impl Room {
    /// An empty home with the program and a file of Claude Code that names one server.
    ///
    /// # Errors
    /// When something cannot be written.
    pub(super) fn new(node: &Path, pinfold: &Path, package: &str) -> Result<Room, String> {
        let failed = |error: std::io::Error| format!("the scratch home: {error}");
        let folder = tempfile::Builder::new().prefix("record-").tempdir().map_err(failed)?;
        let room = Room { folder, node: node.to_owned() };
        fs::create_dir_all(room.home().join(".cargo/bin")).map_err(failed)?;
        fs::create_dir_all(room.home().join("project")).map_err(failed)?;
        fs::copy(pinfold, room.home().join(".cargo/bin/pinfold"))
            .map_err(|error| format!("{}: {error}", pinfold.display()))?;
        let entry = format!(
            "{{\n  \"mcpServers\": {{\n    \"{}\": {{ \"command\": \"npx\", \"args\": [\"-y\", \"{package}@latest\"] }}\n  }}\n}}\n",
            super::LABEL
        );
        fs::write(room.file(), entry).map_err(failed)?;
        let uid = rustix::process::getuid().as_raw();
        let account = format!("me:x:{uid}:{uid}:me:{HOME}:/bin/bash\n");
        fs::write(room.folder.path().join("passwd"), account).map_err(failed)?;
        Ok(room)
    }

    /// The client's file as it is now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn entry(&self) -> Result<String, String> {
        fs::read_to_string(self.file()).map_err(|error| format!("{}: {error}", self.file().display()))
    }

    /// From now on npm sees the registry as it was at this moment.
    ///
    /// # Errors
    /// When npm does not say which registry it asks, or its file cannot be written.
    pub(super) fn set_day(&self, moment: &str) -> Result<(), String> {
        let mut text = format!("before={moment}\nupdate-notifier=false\n");
        // What this machine's npm is set up for; the other Node looks elsewhere for it.
        for name in ["registry", "cafile"] {
            let value = said(Command::new("npm").args(["config", "get", name]))?;
            if value != "null" {
                text.push_str(&format!("{name}={value}\n"));
            }
        }
        fs::write(self.home().join(".npmrc"), text).map_err(|error| format!(".npmrc: {error}"))
    }

    /// Fails unless this version of the package is what `npx` runs here.
    ///
    /// # Errors
    /// When it is another one, or none.
    pub(super) fn check_installed(&self, package: &str, version: &str) -> Result<(), String> {
        let folders = fs::read_dir(self.home().join(".npm/_npx"))
            .map_err(|error| format!("npx installed nothing: {error}"))?;
        let found: Vec<String> = folders
            .flatten()
            .filter_map(|folder| {
                let file = folder.path().join("node_modules").join(package).join("package.json");
                let package: serde_json::Value = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
                package["version"].as_str().map(str::to_owned)
            })
            .collect();
        if found == [version] {
            return Ok(());
        }
        Err(format!("npx runs {package} {found:?} where {version} was expected"))
    }

    /// A shell of this account, in an environment of its own.
    pub(super) fn shell(&self) -> Command {
        let mut command = Command::new("bwrap");
        command.args(["--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]);
        command.args(["--tmpfs", "/tmp", "--tmpfs", "/home", "--tmpfs", "/opt"]);
        command.arg("--bind").arg(self.home()).arg(HOME);
        command.arg("--ro-bind").arg(self.folder.path().join("passwd")).arg("/etc/passwd");
        command.arg("--ro-bind").arg(&self.node).arg(format!("{NODE}/node"));
        command.args(["--chdir", &format!("{HOME}/project")]);
        command.args(["bash", "--norc", "--noprofile", "--noediting"]);
        command.env_clear().env("HOME", HOME).env("USER", "me").env("PATH", path());
        command.env("LANG", "C.UTF-8").env("TERM", "xterm-256color").env("TZ", "UTC").env("PS1", "$ ");
        command
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("me")
    }

    fn file(&self) -> PathBuf {
        self.home().join(".claude.json")
    }
}

/// The program's folder, Node 22, then what this machine has: npm's own programs run on the first Node in it.
fn path() -> OsString {
    let mut path: OsString = format!("{HOME}/.cargo/bin:{NODE}:").into();
    path.push(std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into()));
    path
}
