//! Installing the clients at exact versions, from the committed lock into `target/clients/install`, about 1 GB. The
//! lock names versions and digests but no registry; npm asks the one that the machine is set up for.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::client::Client;

/// OpenCode's provider for Chat Completions; this version carries it inside and asks no registry for it.
pub(crate) const OPENCODE_PROVIDER: &str = "@ai-sdk/openai-compatible";

const PACKAGE: &str = include_str!("../../clients_assets/package.json");
const LOCK: &str = include_str!("../../clients_assets/package-lock.json");

/// The steps of two packages that npm's install scripts would do: putting the binary of this platform in its place.
/// They are named here, and no other script runs, because newer versions of npm run none unasked.
const SCRIPTS: [(&str, &str); 2] = [
    ("node_modules/@anthropic-ai/claude-code", "install.cjs"),
    ("node_modules/opencode-ai", "postinstall.mjs"),
];

/// Waits before the second and each further try of a registry that failed.
const RETRY_AFTER: [Duration; 3] = [Duration::from_secs(3), Duration::from_secs(15), Duration::from_secs(45)];

/// Written after the last step, with the lock that was installed: an interrupted install is begun again.
const STAMP: &str = "installed-from.json";

/// The installed clients.
#[derive(Debug, Clone)]
pub(crate) struct Installed {
    folder: PathBuf,
}

impl Installed {
    /// The client's program.
    pub(crate) fn program(&self, client: Client) -> PathBuf {
        self.folder.join("node_modules/.bin").join(client.name())
    }

    /// The exact version that the committed package file names.
    pub(crate) fn version(client: Client) -> String {
        let package: serde_json::Value = serde_json::from_str(PACKAGE).unwrap_or_default();
        package["dependencies"][client.package()].as_str().unwrap_or("unnamed").to_owned()
    }
}

/// Installs what is not there yet.
///
/// # Errors
/// When npm is missing, the registry fails four times, or a client is not the version it should be.
pub(crate) fn install(root: &Path) -> Result<Installed, String> {
    let folder = root.join("install");
    let installed = Installed { folder: folder.clone() };
    if fs::read(folder.join(STAMP)).is_ok_and(|lock| lock == LOCK.as_bytes()) {
        return Ok(installed);
    }
    eprintln!("clients: installing four clients, about 1 GB, into {}", folder.display());
    prepare(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    npm_install(&folder)?;
    for (package, script) in SCRIPTS {
        let step = Command::new("node").arg(script).current_dir(folder.join(package)).output();
        finish(&format!("{package}/{script}"), step)?;
    }
    for client in Client::ALL {
        check_version(&installed, client)?;
    }
    fs::write(folder.join(STAMP), LOCK).map_err(|error| format!("{STAMP}: {error}"))?;
    Ok(installed)
}

fn prepare(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("package.json"), PACKAGE)?;
    fs::write(folder.join("package-lock.json"), LOCK)
}

/// Not `npm ci`, which refuses a lock without an optional package of some other platform that this registry lacks.
fn npm_install(folder: &Path) -> Result<(), String> {
    let mut waits = RETRY_AFTER.iter();
    loop {
        let npm = Command::new("npm")
            .args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress"])
            .current_dir(folder)
            .output();
        match (finish("npm install", npm), waits.next()) {
            (Ok(()), _) => return Ok(()),
            (Err(error), None) => return Err(error),
            (Err(error), Some(wait)) => {
                eprintln!("clients: {error}\nclients: trying again in {} s", wait.as_secs());
                thread::sleep(*wait);
            }
        }
    }
}

fn finish(what: &str, output: io::Result<std::process::Output>) -> Result<(), String> {
    let output = output.map_err(|error| format!("{what} could not be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    Err(format!("{what} failed with {}:\n{}", output.status, String::from_utf8_lossy(&text)))
}

fn check_version(installed: &Installed, client: Client) -> Result<(), String> {
    let home = tempfile::tempdir().map_err(|error| format!("a temporary home: {error}"))?;
    let program = installed.program(client);
    let output = Command::new(&program)
        .arg("--version")
        .env("HOME", home.path())
        .current_dir(home.path())
        .output()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let wanted = Installed::version(client);
    if said.split_whitespace().any(|word| word == wanted) {
        return Ok(());
    }
    Err(format!("{} should be {wanted} and says {:?}", client.name(), said.trim()))
}
