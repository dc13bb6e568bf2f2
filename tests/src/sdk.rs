//! The official SDKs and six real servers, installed once below `target/sdk`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::binary::{target_folder, workspace};
use crate::home::without_agent_markers;

/// Where the installed packages are.
#[derive(Debug)]
pub struct Sdk {
    folder: PathBuf,
}

impl Sdk {
    /// The packages, installed now if they were not. They are installed from exact versions: npm's lock and a complete
    /// list of requirements, both in `tests/sdk`.
    ///
    /// # Errors
    /// When Node, Python or a registry is missing, the reason in one line. Asked again, it gives the same answer.
    pub fn installed() -> Result<&'static Sdk, &'static str> {
        static SDK: OnceLock<Result<Sdk, String>> = OnceLock::new();
        SDK.get_or_init(install).as_ref().map_err(String::as_str)
    }

    /// The folder that holds `node_modules`.
    pub fn npm(&self) -> PathBuf {
        self.folder.join("npm")
    }

    /// A program of an npm package.
    pub fn npm_program(&self, name: &str) -> PathBuf {
        self.npm().join("node_modules/.bin").join(name)
    }

    /// A program of the Python environment, `python` among them.
    pub fn python_program(&self, name: &str) -> PathBuf {
        self.folder.join("python/bin").join(name)
    }

    /// `tests/sdk`, with the scripts of the two clients.
    pub fn scripts() -> PathBuf {
        workspace().join("tests/sdk")
    }
}

fn install() -> Result<Sdk, String> {
    let folder = target_folder().join("sdk");
    std::fs::create_dir_all(&folder)
        .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    // Test processes that run side by side install one after the other, the later ones find it done.
    let turn = File::create(folder.join("lock"))
        .map_err(|error| format!("no lock in {}: {error}", folder.display()))?;
    rustix::fs::flock(&turn, rustix::fs::FlockOperation::LockExclusive).map_err(|error| error.to_string())?;
    let sdk = Sdk { folder };
    install_once(&Sdk::scripts().join("package-lock.json"), &sdk.npm(), || {
        for file in ["package.json", "package-lock.json"] {
            std::fs::copy(Sdk::scripts().join(file), sdk.npm().join(file))
                .map_err(|error| error.to_string())?;
        }
        let ci = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        run(Command::new("npm").args(ci).current_dir(sdk.npm()))
    })?;
    let requirements = Sdk::scripts().join("requirements.txt");
    let environment = sdk.folder.join("python");
    install_once(&requirements, &environment, || {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
        let pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "-r"];
        run(Command::new(sdk.python_program("python")).args(pip).arg(&requirements))
    })?;
    Ok(sdk)
}

/// Installs unless the folder was made from the same list of versions.
fn install_once(list: &Path, folder: &Path, make: impl Fn() -> Result<(), String>) -> Result<(), String> {
    let wanted =
        std::fs::read(list).map_err(|error| format!("{} cannot be read: {error}", list.display()))?;
    let stamp = folder.join(".installed");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    make()?;
    std::fs::write(stamp, wanted).map_err(|error| error.to_string())
}

fn run(command: &mut Command) -> Result<(), String> {
    without_agent_markers(command);
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{program} does not run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    // npm says what happened first, pip says it last.
    let told = lines.iter().take(3).chain(lines.iter().skip(3).next_back());
    Err(format!("{program} failed: {}", told.copied().collect::<Vec<_>>().join(" / ")))
}
