//! `cargo xtask day-one [CLIENT…] [--pinfold PROGRAM]`: five real servers in a client's own file, one `pinfold protect`,
//! one answer; then the client's own list and a whole session must show all five, and `unprotect` must give the file
//! back as it was.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::thread;
use std::time::Duration;

use pinfold_tests::terminal::{Outcome as Screen, Terminal};
use serde_json::Value;

use super::client::{Client, Rooms};
use super::eye;
use super::gate;
use super::install;
use super::model::Step;
use super::processes;
use super::real::{self, Launchers, Real};
use super::session::{Bench, Outcome};

/// How long the client's own list may take.
const LIST_MAX: Duration = Duration::from_secs(90);

/// One user with one client and five servers.
pub(crate) struct Day {
    /// How its servers are started: `bare` or `gated`.
    pub(crate) way: &'static str,
    bench: Bench,
    pinfold: PathBuf,
    launchers: Launchers,
    // Not below the repository: clients read instructions from the folders above their working folder.
    _work: tempfile::TempDir,
}

/// Runs the day of each client.
pub(crate) fn run(args: &[String]) -> ExitCode {
    outcome(days(args))
}

/// Prints a table or an error; 0 or 3.
pub(crate) fn outcome(result: Result<String, String>) -> ExitCode {
    match result {
        Ok(table) => {
            println!("{table}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::from(3)
        }
    }
}

fn days(args: &[String]) -> Result<String, String> {
    let mut clients = Vec::new();
    let mut pinfold = None;
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match Client::ALL.into_iter().find(|client| client.name() == arg) {
            Some(client) => clients.push(client),
            None if arg == "--pinfold" => {
                pinfold = Some(PathBuf::from(args.next().ok_or("--pinfold needs the path of a program")?));
            }
            None => return Err(format!("{arg} is neither a client nor an option")),
        }
    }
    if clients.is_empty() {
        clients = Client::ALL.to_vec();
    }
    let mut told = String::new();
    for client in clients {
        let day = Day::new(client, "gated", pinfold.clone())?;
        let lines = day.live().map_err(|why| format!("{}: {why}", client.name()))?;
        for line in lines {
            eprintln!("day one: {:<9} {line}", client.name());
            told.push_str(&format!("{:<9} {line}\n", client.name()));
        }
    }
    Ok(told)
}

impl Day {
    /// A fresh home with the client's file that names five servers, and the program that will protect it; it is built
    /// unless it is given.
    ///
    /// # Errors
    /// When something cannot be installed, built or written.
    pub(crate) fn new(client: Client, way: &'static str, pinfold: Option<PathBuf>) -> Result<Self, String> {
        Day::with(client, way, pinfold, &real::FIVE)
    }

    /// The same with other servers.
    ///
    /// # Errors
    /// As [`Day::new`].
    pub(crate) fn with(
        client: Client,
        way: &'static str,
        pinfold: Option<PathBuf>,
        servers: &[Real],
    ) -> Result<Self, String> {
        processes::end_with_us().map_err(|error| error.to_string())?;
        let target = pinfold_tests::binary::target_folder();
        let root = target.join("clients");
        fs::create_dir_all(&root).map_err(|error| error.to_string())?;
        let installed = install::install(&root)?;
        let launchers = Launchers::prepare(&root)?;
        launchers.fetch(servers)?;
        let pinfold = pinfold.map_or_else(|| gate::build(&target), Ok)?;
        let home = root.join(format!("day-{}-{way}", client.name()));
        super::clear(&home)?;
        let work = tempfile::Builder::new().prefix("day-").tempdir().map_err(|error| error.to_string())?;
        let rooms = Rooms { home: home.clone(), work: work.path().join("project") };
        let bench = Bench::new(client, installed, rooms).map_err(|error| error.to_string())?;
        let bench = bench.with_programs(launchers.programs());
        launchers.settle(&home, false)?;
        client
            .configure(&bench.rooms, bench.model.port(), &real::entries(servers, &bench.rooms))
            .map_err(|error| error.to_string())?;
        Ok(Self { way, bench, pinfold, launchers, _work: work })
    }

    /// The client.
    pub(crate) fn client(&self) -> Client {
        self.bench.client
    }

    /// A session with the five servers.
    ///
    /// # Errors
    /// When it cannot be set up.
    pub(crate) fn session(&self, plan: &[Step]) -> Result<Outcome, String> {
        self.bench.session(&real::keys(), plan).map_err(|error| error.to_string())
    }

    /// `pinfold protect` at a terminal, every challenge answered.
    ///
    /// # Errors
    /// When it ends with another status than 0.
    pub(crate) fn protect(&self) -> Result<Screen, String> {
        self.at_terminal("protect")
    }

    fn file(&self) -> PathBuf {
        self.bench.rooms.home.join(self.client().own_file())
    }

    /// The entries in the client's file, where that is JSON with `mcpServers`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn entries(&self) -> Result<Vec<Entry>, String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let entry = |(key, entry): (&String, &Value)| Entry {
            key: key.clone(),
            line: std::iter::once(text(&entry["command"]))
                .chain(entry["args"].as_array().into_iter().flatten().map(text))
                .collect(),
            env: entry["env"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.clone(), text(value)))
                .collect(),
        };
        let servers = entries(&read(&self.file())?)?;
        Ok(servers.as_object().into_iter().flatten().map(entry).collect())
    }

    /// The program under test.
    pub(crate) fn pinfold(&self) -> &Path {
        &self.pinfold
    }

    /// The variables of the client.
    pub(crate) fn environment(&self) -> Vec<(&'static str, OsString)> {
        self.bench.environment()
    }

    /// Gives another home the caches of this day.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(crate) fn settle(&self, home: &Path) -> Result<(), String> {
        self.launchers.settle(home, false)
    }

    /// The working folder of the client.
    pub(crate) fn work(&self) -> &Path {
        &self.bench.rooms.work
    }

    /// Gives the user a policy.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write_policy(&self, text: &str) -> Result<(), String> {
        real::write(&self.bench.rooms.home.join(".config/pinfold/policy.toml"), text)
    }

    fn live(&self) -> Result<Vec<String>, String> {
        let mut lines = Vec::new();
        let bare = offered(self.client(), &self.session(&calls())?)?;
        lines.push(format!("bare: the first request offers {}", list(&bare.first)));
        // Only now: at its first start a client brings its own file up to date.
        let before = read(&self.file())?;
        let screen = self.protect()?;
        let questions = screen.text.matches(" to approve").count();
        lines.push(format!("protect: done, {questions} question(s)"));
        if let Some(listed) = self.own_list()? {
            let missing: Vec<_> = real::keys().into_iter().filter(|key| !listed.contains(key)).collect();
            if !missing.is_empty() {
                return Err(format!("the client's own list lacks {missing:?}:\n{listed}"));
            }
            lines.push("its own list names all five".to_owned());
        }
        let outcome = self.session(&calls())?;
        if let Some(why) = outcome.failure {
            return Err(format!("the session behind the gate failed: {why}"));
        }
        let gated = offered(self.client(), &outcome)?;
        if gated.first.len() != real::FIVE.len() {
            return Err(format!("behind the gate the first request offers {} only", list(&gated.first)));
        }
        // A server that was too slow for the bare session has nothing to compare with.
        let has = |key: &str, tools: &[String]| tools.iter().any(|tool| tool.starts_with(&format!("{key}/")));
        let of_both = |tool: &&String| {
            let key = tool.split('/').next().unwrap_or_default();
            has(key, &bare.last) && has(key, &gated.last)
        };
        let one: Vec<&String> = bare.last.iter().filter(of_both).collect();
        let other: Vec<&String> = gated.last.iter().filter(of_both).collect();
        if one != other {
            return Err(format!("other tools: {one:?} without the gate, {other:?} behind it"));
        }
        lines.push(format!(
            "gated: the first request offers {}; the {} tools that were there without are the same",
            list(&gated.first),
            one.len()
        ));

        self.at_terminal("unprotect")?;
        let after = read(&self.file())?;
        let is_back = match self.client() {
            // It writes its own state into that file all the time.
            Client::ClaudeCode => entries(&after)? == entries(&before)?,
            _ => after == before,
        };
        if !is_back {
            return Err(format!(
                "unprotect did not give the file back:\n{}",
                String::from_utf8_lossy(&after)
            ));
        }
        lines.push("unprotect: the entries are as they were".to_owned());
        Ok(lines)
    }

    fn at_terminal(&self, verb: &'static str) -> Result<Screen, String> {
        let mut command = Command::new(&self.pinfold);
        command.args([verb, self.client().protect_name()]).env_clear().envs(self.bench.environment());
        command.env("TERM", "xterm-256color").current_dir(&self.bench.rooms.work);
        // The terminal panics, with what it shows, when the command does not end.
        let screen = thread::spawn(|| Terminal::run(command).approve_all()).join().map_err(|panic| {
            panic.downcast_ref::<String>().map_or("the command did not end", String::as_str).to_owned()
        })?;
        match screen.code() {
            0 => Ok(screen),
            code => Err(format!("pinfold {verb} ended with {code}:\n{}", screen.text)),
        }
    }

    /// What the client itself says about its servers; `None` for a client that has no such command.
    fn own_list(&self) -> Result<Option<String>, String> {
        if self.client() == Client::OpenCode {
            return Ok(None);
        }
        let mut command = self.bench.command();
        command.args(["mcp", "list"]).envs(self.client().invocation(self.bench.model.port(), &[]).env);
        command.stdin(Stdio::null());
        let output = bounded(command)?;
        let said = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said)).join("\n");
        // Codex lists what is configured; the other two connect.
        let connected = said.matches("onnected").count();
        if self.client() != Client::Codex && connected < real::FIVE.len() {
            return Err(format!("the client connects to {connected} servers only:\n{said}"));
        }
        Ok(Some(said))
    }
}

/// One entry of a client's file.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Its key.
    pub(crate) key: String,
    /// Program and arguments.
    pub(crate) line: Vec<String>,
    /// Variables that it sets.
    pub(crate) env: BTreeMap<String, String>,
}

/// The servers and tools of a session.
struct Offered {
    /// Servers whose tools stand in the first request.
    first: Vec<&'static str>,
    /// All tools in the last request.
    last: Vec<String>,
}

fn offered(client: Client, outcome: &Outcome) -> Result<Offered, String> {
    let turns = eye::raw_turns(client, &outcome.requests)?;
    let (Some(first), Some(last)) = (turns.first(), turns.last()) else {
        return Err(format!("no request reached the model: {:?}", outcome.failure));
    };
    let named = |turn: &eye::RawTurn<'_>, key: &str| eye::offered_by(client, key, &turn.body);
    let of_key = |key: &'static str| named(last, key).into_iter().map(move |tool| format!("{key}/{tool}"));
    let mut tools: Vec<String> = real::keys().into_iter().flat_map(of_key).collect();
    tools.sort();
    let first = real::keys().into_iter().filter(|key| !named(first, key).is_empty()).collect();
    Ok(Offered { first, last: tools })
}

/// A call of every server that has a tool without arguments, with time for the slower ones in between.
fn calls() -> Vec<Step> {
    let step = |key, tool| Step { key, tool, pause: Duration::from_secs(2) };
    real::FIVE.iter().filter_map(|real| real.tool.map(|tool| step(real.key, tool))).collect()
}

fn list(keys: &[&str]) -> String {
    if keys.is_empty() {
        "none of the five".to_owned()
    } else {
        format!("{} of 5 ({})", keys.len(), keys.join(", "))
    }
}

fn entries(file: &[u8]) -> Result<Value, String> {
    let document: Value = serde_json::from_slice(file).map_err(|error| error.to_string())?;
    Ok(document["mcpServers"].clone())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn bounded(command: Command) -> Result<Output, String> {
    let mut line = Command::new("timeout");
    line.arg(LIST_MAX.as_secs().to_string()).arg(command.get_program()).args(command.get_args());
    line.env_clear();
    line.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        line.current_dir(folder);
    }
    line.stdin(Stdio::null()).output().map_err(|error| error.to_string())
}
