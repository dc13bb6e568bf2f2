//! A home, a scripted server and a label together: what nearly every test needs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::PATIENCE;
use crate::client::Client;
use crate::home::Home;
use crate::scenario::Scenario;
use crate::terminal::{Outcome, Terminal};

/// The label that the stage's server has.
pub const LABEL: &str = "demo";

/// The folder of a scripted server.
pub struct Folder {
    folder: TempDir,
}

impl Folder {
    /// A folder with this scenario, in state 0.
    pub fn new(scenario: &Scenario) -> Folder {
        let folder =
            tempfile::Builder::new().prefix("pinfold-server-").tempdir().expect("a folder for the server");
        let folder = Folder { folder };
        folder.play(scenario);
        folder
    }

    /// Replaces the scenario; a server that runs keeps the one that it read.
    pub fn play(&self, scenario: &Scenario) {
        let text = serde_json::to_string_pretty(scenario).expect("a scenario is JSON");
        std::fs::write(self.file("scenario.json"), text).expect("the scenario is written");
    }

    /// Its path, the only argument of the server.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Writes the `state` file, also for a server that runs: it looks at each request, and, where a listing is
    /// announced, every 20 ms.
    pub fn set_state(&self, state: u32) {
        let new = self.file("state.new");
        std::fs::write(&new, state.to_string()).expect("the state is written");
        std::fs::rename(new, self.file("state")).expect("the state is put in place");
    }

    /// All lines that the servers in this folder received, over all their lives.
    pub fn received(&self) -> Vec<String> {
        let log = std::fs::read(self.file("received.log")).unwrap_or_default();
        String::from_utf8_lossy(&log).lines().map(str::to_owned).collect()
    }

    /// The lines received that call this tool.
    pub fn calls_of(&self, tool: &str) -> Vec<String> {
        self.requests("tools/call").into_iter().filter(|line| has_name(line, tool)).collect()
    }

    /// The lines received with this method.
    pub fn requests(&self, method: &str) -> Vec<String> {
        let is = |line: &String| read(line).get("method").and_then(Value::as_str) == Some(method);
        self.received().into_iter().filter(is).collect()
    }

    /// The ids of all processes that the servers in this folder started, themselves included.
    pub fn pids(&self) -> Vec<u32> {
        let text = std::fs::read_to_string(self.file("pids")).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }

    /// Those of [`Folder::pids`] that still run.
    pub fn alive(&self) -> Vec<u32> {
        self.pids().into_iter().filter(|pid| is_alive(*pid)).collect()
    }

    /// Waits until none of them runs any more.
    #[track_caller]
    pub fn expect_nothing_alive(&self) {
        let end = Instant::now() + PATIENCE;
        while !self.alive().is_empty() {
            assert!(Instant::now() < end, "processes {:?} are left over", self.alive());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// How many servers were started in this folder.
    pub fn starts(&self) -> usize {
        std::fs::read_to_string(self.file("starts")).unwrap_or_default().lines().count()
    }
}

/// Whether a process runs and is no zombie.
pub fn is_alive(pid: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    !matches!(state, Some('Z' | 'X') | None)
}

/// A home in which one scripted server has the label [`LABEL`].
pub struct Stage {
    /// The home.
    pub home: Home,
    /// The server's folder.
    pub server: Folder,
    /// Further variables of the gate's environment.
    pub variables: Vec<(String, String)>,
    /// Further arguments of `run` before `--` (`--env NAME`).
    pub options: Vec<String>,
}

impl Stage {
    /// A new home and server. Nothing is approved and nothing runs.
    pub fn new(scenario: &Scenario) -> Stage {
        Stage { home: Home::new(), server: Folder::new(scenario), variables: Vec::new(), options: Vec::new() }
    }

    /// The same with everything approved that the server lists at first.
    pub fn approved(scenario: &Scenario) -> Stage {
        let stage = Stage::new(scenario);
        stage.approve();
        stage
    }

    /// The command line of the server without the gate.
    pub fn server_command(&self) -> Vec<OsString> {
        vec![crate::binary::fixture().into(), self.server.path().into()]
    }

    /// The server without the gate, in the same environment.
    pub fn direct(&self) -> Command {
        let line = self.server_command();
        let mut command = self.home.command(&line[0]);
        command.args(&line[1..]).envs(self.variables.iter().cloned());
        command
    }

    /// `pinfold run --as demo … -- SERVER`.
    pub fn gate(&self) -> Command {
        self.gate_as(LABEL)
    }

    /// The same with another label.
    pub fn gate_as(&self, label: &str) -> Command {
        let mut command = self.home.pinfold(["run", "--as", label]);
        command.args(&self.options).arg("--").args(self.server_command());
        command.envs(self.variables.iter().cloned());
        command
    }

    /// A client that shook hands with the gate, and whose server was looked at: until then the gate may answer from the
    /// pins.
    pub fn session(&self) -> Client {
        let mut client = self.early_session();
        client.until_verified();
        client
    }

    /// A client that shook hands with the gate, whatever answered.
    pub fn early_session(&self) -> Client {
        Client::connect(self.gate())
    }

    /// A client that asks what the harness's own does not, so that nothing is remembered the first time and the gate asks
    /// the server.
    pub fn new_kind_of_session(&self) -> Client {
        let mut client = Client::start(self.gate());
        client.shake_hands_as("2025-06-18", "{}");
        client
    }

    /// The same as [`Stage::session`], and the gate has left its request for a person, which it says on standard error.
    pub fn waiting_session(&self) -> Client {
        let client = self.session();
        client.complaint("pinfold review");
        client
    }

    /// `pinfold review demo` in a terminal.
    pub fn review(&self) -> Terminal {
        Terminal::run(self.home.pinfold(["review", LABEL]))
    }

    /// A stage whose server has objects that nobody can approve: the others are.
    pub fn approved_in_part(scenario: &Scenario) -> Stage {
        let stage = Stage::new(scenario);
        stage.first_use(1);
        stage
    }

    /// First use: a client's gate waits, a person approves launch and words at a terminal, and the client ends.
    pub fn approve(&self) {
        self.first_use(0);
    }

    fn first_use(&self, code: i32) {
        let client = self.waiting_session();
        self.review().approve_all().expect_code(code);
        client.close();
    }

    /// Approves what is held, as a person would; no gate needs to run.
    pub fn approve_changes(&self) -> Outcome {
        self.review().approve_all().expect_code(0)
    }

    /// `pinfold status demo --json`.
    pub fn status(&self) -> Value {
        self.status_of(&["status", LABEL, "--json"])
    }

    /// A command that prints one JSON document, whatever its exit code.
    pub fn status_of(&self, arguments: &[&str]) -> Value {
        let output = self.output(arguments);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!("{arguments:?} prints one JSON document ({error}), not {}", describe(&output));
        })
    }

    /// Runs `pinfold` to its end, without a terminal.
    pub fn output(&self, arguments: &[&str]) -> Output {
        run_to_end(self.home.pinfold(arguments))
    }
}

/// Runs a command to its end with nothing on its standard input, in a session without a terminal.
pub fn run_to_end(command: Command) -> Output {
    let mut detached = Command::new("setsid");
    detached.arg("--wait").arg(command.get_program()).args(command.get_args()).env_clear();
    if let Some(folder) = command.get_current_dir() {
        detached.current_dir(folder);
    }
    detached.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    detached.stdin(std::process::Stdio::null()).output().expect("the command runs")
}

/// An output for messages.
pub fn describe(output: &Output) -> String {
    format!(
        "{}\n-- standard output\n{}\n-- standard error\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn has_name(line: &str, name: &str) -> bool {
    read(line).pointer("/params/name").and_then(Value::as_str) == Some(name)
}

fn read(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or(Value::Null)
}
