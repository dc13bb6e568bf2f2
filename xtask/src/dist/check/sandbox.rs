//! Somebody's machine with the packages and nothing else of this repository: no Rust, a home of its own, the system's
//! programs read-only, Node and Python wherever this machine has them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pinfold_tests::stage::{describe, run_to_end};
use tempfile::TempDir;

/// Where the home and the packages are seen.
const HOME: &str = "/home/me";
const PACKAGES: &str = "/packages";

/// Variables by which a network is reached; they are handed on, and no other is.
const OF_THE_NETWORK: &[&str] = &[
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NODE_EXTRA_CA_CERTS",
    "NO_PROXY",
    "https_proxy",
    "http_proxy",
    "no_proxy",
    "npm_config_cafile",
    "npm_config_registry",
    "NPM_CONFIG_REGISTRY",
];

/// What all machines share: the packages, and where this machine has Node and Python.
pub(super) struct Ground {
    packages: PathBuf,
    /// Folders outside of the system's that hold Node or Python, seen at the same place.
    tools: Vec<PathBuf>,
    path: String,
}

impl Ground {
    /// Looks for the tools. `None`: this machine lets nobody make a sandbox, and the reason.
    ///
    /// # Errors
    /// When there is no Node or no Python.
    pub(super) fn find(packages: &Path) -> Result<Result<Ground, String>, String> {
        let asked = |program: &str, arguments: &[&str]| {
            let output = Command::new(program).args(arguments).output();
            let output = output.ok().filter(|output| output.status.success());
            let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
            text.ok_or_else(|| format!("{program} is missing"))
        };
        let node = PathBuf::from(asked("node", &["-p", "process.execPath"])?);
        let node = node.parent().and_then(Path::parent).ok_or("node lies nowhere")?.to_owned();
        let python = PathBuf::from(asked("python3", &["-c", "import sys; print(sys.base_prefix)"])?);
        let prefixes = [node, python];
        let path = prefixes.iter().map(|prefix| format!("{}/bin:", prefix.display())).collect::<String>();
        let is_elsewhere = |prefix: &&PathBuf| !prefix.starts_with("/usr");
        let ground = Ground {
            packages: packages.to_owned(),
            tools: prefixes.iter().filter(is_elsewhere).cloned().collect(),
            path: format!("{HOME}/.local/bin:{path}/usr/local/bin:/usr/bin:/bin"),
        };
        let machine = Machine::new(&ground)?;
        let output = Command::new("bwrap").arg("--version").output();
        if output.is_err() {
            return Ok(Err("bubblewrap (bwrap) is missing".to_owned()));
        }
        let output = run_to_end(machine.shell("true"));
        if !output.status.success() {
            return Ok(Err(describe(&output)));
        }
        if let Ok(found) = machine.runs("command -v cargo rustc rustup") {
            return Err(format!("there is Rust on the machine without Rust: {found}"));
        }
        drop(machine);
        Ok(Ok(ground))
    }
}

/// A line of a page in which each package has the name that it has in `packages`: the page is written for one platform.
///
/// # Errors
/// When a package that the page names is not there.
fn with_names(lines: &str, packages: &Path) -> Result<String, String> {
    let there = fs::read_dir(packages).map_err(|error| format!("{}: {error}", packages.display()))?;
    let there: Vec<String> =
        there.flatten().map(|file| file.file_name().to_string_lossy().into_owned()).collect();
    let mut real = lines.to_owned();
    for word in lines.split_whitespace().map(|word| word.trim_start_matches("./")) {
        let Some(end) = [".tgz", ".whl", ".tar.gz"].into_iter().find(|end| word.ends_with(end)) else {
            continue;
        };
        let name = there.iter().find(|name| name.ends_with(end));
        real = real.replace(word, name.ok_or_else(|| format!("no package ends with {end}"))?);
    }
    Ok(real)
}

/// A machine of one person.
pub(super) struct Machine<'g> {
    ground: &'g Ground,
    folder: TempDir,
}

impl<'g> Machine<'g> {
    /// One with an empty home.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub(super) fn new(ground: &'g Ground) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("a machine: {error}");
        let folder = tempfile::Builder::new().prefix("pinfold-machine-").tempdir().map_err(failed)?;
        let machine = Machine { ground, folder };
        fs::create_dir(machine.home()).map_err(failed)?;
        let account = format!("me:x:1000:1000:me:{HOME}:/bin/sh\n");
        fs::write(machine.folder.path().join("passwd"), account).map_err(failed)?;
        Ok(machine)
    }

    /// The home, seen from outside.
    fn home(&self) -> PathBuf {
        self.folder.path().join("me")
    }

    /// A line for `sh` in the home.
    pub(super) fn shell(&self, line: &str) -> Command {
        self.command(&["sh", "-c", line])
    }

    /// What a line prints that is to end well.
    ///
    /// # Errors
    /// What it printed, where it does not.
    pub(super) fn runs(&self, line: &str) -> Result<String, String> {
        ended_well(line, self.shell(line))
    }

    /// Runs what a page says, line by line, in the folder with the packages.
    ///
    /// # Errors
    /// As [`Machine::runs`].
    pub(super) fn installs(&self, lines: &str) -> Result<String, String> {
        let lines = with_names(lines, &self.ground.packages)?;
        ended_well(&lines, self.in_folder(PACKAGES, &["sh", "-ec", &lines]))
    }

    /// A command in the home.
    pub(super) fn command(&self, line: &[&str]) -> Command {
        self.in_folder(HOME, line)
    }

    /// Writes a file of the home.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), String> {
        let file = self.home().join(name);
        let write = || {
            fs::create_dir_all(file.parent().unwrap_or(&file))?;
            fs::write(&file, text)
        };
        write().map_err(|error| format!("{name}: {error}"))
    }

    /// Reads a file of the home.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub(super) fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        fs::read(self.home().join(name)).map_err(|error| format!("{name}: {error}"))
    }

    /// Copies a file from another person's home into this one.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub(super) fn take(&self, from: &Machine<'_>, file: &str) -> Result<(), String> {
        let name = Path::new(file).file_name().unwrap_or_default();
        let copied = fs::copy(from.home().join(file), self.home().join(name));
        copied.map(drop).map_err(|error| format!("{file}: {error}"))
    }

    fn in_folder(&self, folder: &str, line: &[&str]) -> Command {
        let mut command = Command::new("bwrap");
        // Not the processes: the terminal belongs to a session outside.
        command.args(["--unshare-user", "--unshare-ipc", "--unshare-uts", "--die-with-parent"]);
        command.args(["--uid", "1000", "--gid", "1000", "--ro-bind", "/usr", "/usr"]);
        for name in ["bin", "sbin", "lib", "lib64"] {
            let place = format!("/{name}");
            if Path::new(&place).is_symlink() {
                command.args(["--symlink", &format!("usr/{name}"), &place]);
            } else {
                command.args(["--ro-bind-try", &place, &place]);
            }
        }
        command.args([
            "--ro-bind",
            "/etc",
            "/etc",
            "--ro-bind-try",
            "/run/systemd/resolve",
            "/run/systemd/resolve",
        ]);
        command.arg("--ro-bind").arg(self.folder.path().join("passwd")).arg("/etc/passwd");
        command.args(["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]);
        for tool in &self.ground.tools {
            command.arg("--ro-bind").args([tool, tool]);
        }
        command.arg("--bind").arg(self.home()).arg(HOME);
        command.arg("--ro-bind").arg(&self.ground.packages).arg(PACKAGES);
        command.args(["--chdir", folder]).args(line);
        command.env_clear().env("HOME", HOME).env("USER", "me").env("PATH", &self.ground.path);
        command.env("LANG", "C.UTF-8").env("TERM", "xterm-256color").env("TZ", "UTC");
        // What npm and pip say about themselves is not what is looked at.
        command.env("npm_config_update_notifier", "false").env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
        command.envs(OF_THE_NETWORK.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command
    }
}

fn ended_well(line: &str, command: Command) -> Result<String, String> {
    let output = run_to_end(command);
    if !output.status.success() {
        return Err(format!("{line}: {}", describe(&output)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_page_of_one_platform_is_followed_on_another() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["pinfold-linux-arm64-0.1.0.tgz", "pinfold-0.1.0-aarch64-unknown-linux-gnu.tar.gz"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let real = |lines| super::with_names(lines, folder.path());
        assert_eq!(real("npm install ./a.tgz\n").unwrap(), "npm install ./pinfold-linux-arm64-0.1.0.tgz\n");
        assert_eq!(
            real("tar -xzf a.tar.gz -C x").unwrap(),
            "tar -xzf pinfold-0.1.0-aarch64-unknown-linux-gnu.tar.gz -C x"
        );
        assert!(real("pip install ./a.whl").is_err());
    }
}
