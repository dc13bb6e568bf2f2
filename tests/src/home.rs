//! A home folder of its own for each test, and the environment that its children get.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Variables by which coding agents mark the processes that they start. Pinfold refuses to approve under them, so a
/// test that is itself run by an agent must not hand them on. A name that ends in `*` stands for all that begin so.
pub const AGENT_MARKERS: &[&str] = &[
    "AGENT",
    "AGENT_*",
    "AI_AGENT",
    "ANTIGRAVITY_*",
    "AUGMENT_*",
    "CLAUDECODE",
    "CLAUDE_*",
    "CLINE_*",
    "CODEX_*",
    "COPILOT_*",
    "CRUSH",
    "CURSOR_*",
    "GEMINI_*",
    "GOOSE_*",
    "KILO_*",
    "OPENCODE*",
    "PI_CODING_AGENT",
    "QWEN_*",
    "TRAE_*",
];

/// Removes every agent's marker from the environment that `command` would hand on.
///
/// For programs that need the rest of the environment; [`Home::command`] starts from an empty one.
pub fn without_agent_markers(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_agent_marker) {
            command.env_remove(name);
        }
    }
}

fn is_agent_marker(name: &str) -> bool {
    AGENT_MARKERS.iter().any(|marker| match marker.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == *marker,
    })
}

/// The same command on a machine where `home` is the account's own home: that is looked up in the user database, over which
/// a file is mounted for this command alone. `None`, and a line on standard error: the machine lets nobody mount one.
pub fn of_the_account(home: &Path, command: &Command) -> Option<Command> {
    let passwd = home.join("passwd");
    let line = format!("root:x:0:0::{}:/bin/sh\n", home.display());
    // Once: another command may be reading it.
    if std::fs::read_to_string(&passwd).ok().as_deref() != Some(&*line) {
        std::fs::write(&passwd, line).expect("the user database is written");
    }
    const MOUNT: &str = "mount --bind \"$0\" /etc/passwd";
    let probe = Command::new("unshare").args(["-rm", "sh", "-c", MOUNT]).arg(&passwd).output();
    if !probe.is_ok_and(|probe| probe.status.success()) {
        // Past the capture of a test's output: what was not run is said.
        let _ = writeln!(std::io::stderr(), "\nNOT RUN: no mount over the user database here");
        return None;
    }
    let mut inside = Command::new("unshare");
    inside.args(["-rm", "sh", "-c"]).arg(format!("{MOUNT} && exec \"$@\"")).arg(&passwd);
    inside.arg(command.get_program()).args(command.get_args()).env_clear();
    inside.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        inside.current_dir(folder);
    }
    Some(inside)
}

/// A temporary home with its own Pinfold store, and a working folder outside of it. Both go when it is dropped.
pub struct Home {
    folder: TempDir,
    work: TempDir,
}

impl Home {
    /// An empty home.
    #[expect(clippy::new_without_default, reason = "it makes folders; a default value does nothing")]
    pub fn new() -> Home {
        let folder = tempfile::Builder::new().prefix("pinfold-home-").tempdir().expect("a temporary home");
        let work = tempfile::Builder::new().prefix("pinfold-work-").tempdir().expect("a working folder");
        Home { folder, work }
    }

    /// The path of the home.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The working folder of commands made by [`Home::command`].
    pub fn work(&self) -> &Path {
        self.work.path()
    }

    /// The folder of the store.
    pub fn store_folder(&self) -> PathBuf {
        self.path().join(".local/share/pinfold/store")
    }

    /// The file of the store.
    pub fn store_file(&self) -> PathBuf {
        self.store_folder().join("pinfold.db")
    }

    /// The marker beside the store, in another folder.
    pub fn marker_file(&self) -> PathBuf {
        self.path().join(".local/state/pinfold/marker.json")
    }

    /// The policy file.
    pub fn policy_file(&self) -> PathBuf {
        self.path().join(".config/pinfold/policy.toml")
    }

    /// Writes the policy file; `text` without the line `version = 1`.
    pub fn write_policy(&self, text: &str) {
        let file = self.policy_file();
        std::fs::create_dir_all(file.parent().expect("it has a folder")).expect("a folder for the policy");
        std::fs::write(file, format!("version = 1\n{text}\n")).expect("the policy is written");
    }

    /// A command with this home, its working folder, and an environment of six harmless variables.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.work()).env("HOME", self.path());
        command
            .env("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into()));
        command.env("LANG", "C.UTF-8").env("TERM", "xterm-256color").env("TZ", "UTC").env("USER", "tester");
        command
    }

    /// `pinfold` with this home.
    pub fn pinfold<I, S>(&self, arguments: I) -> Command
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut command = self.command(crate::binary::pinfold());
        command.args(arguments);
        command
    }
}
