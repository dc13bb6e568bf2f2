//! `cargo xtask honest-life [SERVER…] [--pinfold PROGRAM]`: servers that do not say the same each time, protected by one
//! answer and then lived with: other clients, terminals, folders, zones, tokens, ten starts at once, and under a lock in
//! another home. Nothing may be held.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use pinfold_tests::answer::Line;
use pinfold_tests::client::Client as Session;
use serde_json::Value;

use super::client::Client;
use super::day::{self, Day, Entry};
use super::place::Place;
use super::real::{self, Real};

/// How long it may take until the gate has looked at everything that a server says, or gave up: that is after 600 s, which
/// ten starts at once on a busy machine can need.
const SETTLE_MAX: Duration = Duration::from_secs(660);

/// How many starts of one server happen at once.
const AT_ONCE: usize = 10;

/// How long a handshake may take, which the gate ends after 50 s, and how often it is tried.
const GREETING_MAX: Duration = Duration::from_secs(60);
const TRIES: usize = 4;

/// How often `status` is asked meanwhile: each question costs the machine a process.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What is different from the day of the approval.
struct Life {
    name: &'static str,
    version: &'static str,
    capabilities: &'static str,
    /// Variables of the client.
    around: &'static [(&'static str, &'static str)],
    /// Whether the client runs in another folder.
    elsewhere: bool,
    /// What becomes of the entry's secrets.
    secrets: Secrets,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Secrets {
    Same,
    Rotated,
    Fewer,
}

const CLAUDE: &str = r#"{"roots":{},"elicitation":{}}"#;

const fn life(name: &'static str) -> Life {
    Life {
        name,
        version: "2025-11-25",
        capabilities: CLAUDE,
        around: &[],
        elsewhere: false,
        secrets: Secrets::Same,
    }
}

const LIVES: &[Life] = &[
    life("as approved"),
    Life {
        version: "2025-06-18",
        capabilities: r#"{"elicitation":{"form":{},"url":{}},"experimental":{}}"#,
        ..life("Codex's capabilities")
    },
    Life { capabilities: r#"{"roots":{}}"#, ..life("OpenCode's capabilities") },
    Life {
        version: "2025-06-18",
        capabilities: r#"{"roots":{"listChanged":true}}"#,
        ..life("Gemini's capabilities")
    },
    Life { capabilities: "{}", ..life("no capabilities") },
    Life {
        capabilities: r#"{"roots":{"listChanged":true},"elicitation":{},"sampling":{}}"#,
        ..life("all capabilities")
    },
    Life { around: &[("TERM", "screen"), ("SHELL", "/bin/bash")], ..life("another terminal") },
    Life { elsewhere: true, ..life("another folder") },
    Life { around: &[("TZ", "Asia/Tokyo")], ..life("another time zone") },
    Life { secrets: Secrets::Rotated, ..life("rotated tokens") },
    Life { secrets: Secrets::Fewer, ..life("fewer credentials") },
];

/// Runs and prints a table; 3 when something was held or a session failed.
pub(crate) fn run(args: &[String]) -> ExitCode {
    day::outcome(parse(args).and_then(|(pinfold, servers)| live(pinfold, &servers)))
}

fn parse(args: &[String]) -> Result<(Option<PathBuf>, Vec<Real>), String> {
    let mut pinfold = None;
    let mut wanted = Vec::new();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match real::RESTLESS.into_iter().find(|real| real.key == arg) {
            Some(real) => wanted.push(real),
            None if arg == "--pinfold" => {
                pinfold = Some(PathBuf::from(args.next().ok_or("--pinfold needs the path of a program")?));
            }
            None => return Err(format!("{arg} is neither a server nor an option")),
        }
    }
    if wanted.is_empty() {
        wanted = real::RESTLESS.into();
    }
    Ok((pinfold, wanted))
}

fn live(pinfold: Option<PathBuf>, servers: &[Real]) -> Result<String, String> {
    let day = Day::with(Client::ClaudeCode, "honest", pinfold, servers)?;
    day.protect()?;
    let entries = day.entries()?;
    let here = Place::of_the_day(&day);
    let mut table = Table::of(&entries);
    for life in LIVES {
        let seen = at_once(entries.iter().map(|entry| (&here, entry, life)))?;
        table.row(life.name, &entries, seen);
    }
    let mut ten = Vec::new();
    for entry in &entries {
        let began = Instant::now();
        let seen = at_once((0..AT_ONCE).map(|_| (&here, entry, &LIVES[0])))?;
        eprintln!("honest life: {AT_ONCE} starts of {} settled in {:.1?}", entry.key, began.elapsed());
        let mut one = Seen { tools: seen[0].tools, held: Vec::new() };
        for other in seen {
            if other.tools != one.tools {
                one.held.push(format!("{} tools in one session and {} in another", one.tools, other.tools));
            }
            one.held.extend(other.held);
        }
        ten.push(one);
    }
    table.row("ten starts at once", &entries, ten);
    match Place::under_a_lock(&day)? {
        Some(there) => {
            let seen = at_once(entries.iter().map(|entry| (&there, entry, &LIVES[0])))?;
            table.row("another home, under the lock", &entries, seen);
        }
        None => table.text.push_str("\nAnother home: NOT RUN, see above.\n"),
    }
    table.end()
}

/// What was seen, for people.
struct Table {
    text: String,
    alarms: Vec<String>,
}

impl Table {
    fn of(entries: &[Entry]) -> Self {
        let keys: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
        let text = format!(
            "== lives\n| tools in | {} | held |\n|---{}|---|\n",
            keys.join(" | "),
            "|---".repeat(keys.len())
        );
        Self { text, alarms: Vec::new() }
    }

    fn row(&mut self, life: &str, entries: &[Entry], seen: Vec<Seen>) {
        let mut row = format!("| {life} ");
        let mut count = 0;
        for (entry, seen) in entries.iter().zip(seen) {
            let _ = write!(row, "| {} ", seen.tools);
            count += seen.held.len();
            self.alarms.extend(seen.held.into_iter().map(|held| format!("{life}, {}: {held}", entry.key)));
        }
        row = format!("{row}| {count} |\n");
        eprint!("honest life: {row}");
        self.text.push_str(&row);
    }

    fn end(self) -> Result<String, String> {
        match self.alarms.len() {
            0 => Ok(format!("{}\nNothing was held.", self.text)),
            count => Err(format!("{}\n{count} alarms:\n{}", self.text, self.alarms.join("\n"))),
        }
    }
}

struct Seen {
    tools: usize,
    /// Class and name of what is held.
    held: Vec<String>,
}

/// All these sessions at the same time; what was seen, in their order.
fn at_once<'d>(
    sessions: impl Iterator<Item = (&'d Place<'d>, &'d Entry, &'d Life)>,
) -> Result<Vec<Seen>, String> {
    thread::scope(|scope| {
        let started: Vec<_> =
            sessions.map(|(place, entry, life)| scope.spawn(move || session(place, entry, life))).collect();
        let joined =
            started.into_iter().map(|one| one.join().map_err(|_| "a session panicked".to_owned())?);
        joined.collect()
    })
}

/// One session, until the gate has looked at everything.
fn session(place: &Place<'_>, entry: &Entry, life: &Life) -> Result<Seen, String> {
    let elsewhere = tempfile::tempdir().map_err(|error| error.to_string())?;
    let folder = if life.elsewhere { elsewhere.path() } else { place.work() };
    let mut session = connected(place, entry, life, folder)?;
    session.list("tools/list");
    let (state, status) = settled(place, entry, session.pid())?;
    let names = session.names("tools/list");
    let mut held: Vec<String> = [&status["held"], &status["requests"], &status["server_holds"]]
        .into_iter()
        .flat_map(|list| list.as_array().into_iter().flatten())
        .map(|held| format!("{} {}", held["reason"], held["name"]))
        .collect();
    if names.iter().any(|name| name.starts_with("pinfold")) && held.is_empty() {
        held.push("the notice is offered".to_owned());
    }
    if state != "ready" {
        held.push(format!("the gate is {state}: {}", session.complaints().trim()));
    }
    Ok(Seen { tools: names.len(), held })
}

/// A client that shook hands. A question that was never asked before waits for the server itself, which can be too slow
/// for a client where much else runs: that is no alarm, and a person tries again.
fn connected(place: &Place<'_>, entry: &Entry, life: &Life, folder: &Path) -> Result<Session, String> {
    let mut said = String::new();
    for _ in 0..TRIES {
        let mut command = place.gate(&entry.line);
        command.envs(life.around.iter().copied()).envs(values(&entry.env, life.secrets)).current_dir(folder);
        let mut session = Session::start(place.placed(command)?);
        let greeting = format!(
            r#"{{"protocolVersion":"{}","capabilities":{},"clientInfo":{{"name":"life","version":"1"}}}}"#,
            life.version, life.capabilities
        );
        let id = session.ask("initialize", &greeting);
        let is_answer = |line: &Line| line.is_answer() && line.value.get("id") == Some(&id.into());
        let answer = session.wait_for(GREETING_MAX, is_answer);
        if answer.is_some_and(|answer| answer.value.get("result").is_some()) {
            session.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
            return Ok(session);
        }
        said = session.complaints();
    }
    Err(format!("{}, {}: no session in {TRIES} tries: {said}", life.name, entry.key))
}

/// Waits until the gate of this process says that it is done looking; gives its state and what `status` says of the
/// label.
fn settled(place: &Place<'_>, entry: &Entry, pid: u32) -> Result<(String, Value), String> {
    let label =
        entry.line.iter().skip_while(|part| *part != "--as").nth(1).ok_or("the entry has no label")?;
    let started = Instant::now();
    loop {
        let document = place.status(label)?;
        let server = &document["servers"][0];
        let gates = server["gates"].as_array().cloned().unwrap_or_default();
        let own = gates.iter().find(|gate| gate["pid"] == pid);
        match own.and_then(|gate| gate["state"].as_str()) {
            Some(state @ ("ready" | "waiting" | "failed")) => return Ok((state.to_owned(), server.clone())),
            _ if started.elapsed() > SETTLE_MAX => {
                return Err(format!("{} does not settle: {}", entry.key, server["gates"]));
            }
            _ => thread::sleep(LOOK_EVERY),
        }
    }
}

fn values(env: &BTreeMap<String, String>, secrets: Secrets) -> BTreeMap<String, String> {
    let mut values = env.clone();
    values.retain(|_, value| !(secrets == Secrets::Fewer && value.starts_with("secret")));
    for value in values.values_mut() {
        if secrets == Secrets::Rotated && value.starts_with("secret") {
            value.push_str("-rotated");
        }
    }
    values
}
