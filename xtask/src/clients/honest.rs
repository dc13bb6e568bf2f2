//! `cargo xtask honest-life [--pinfold PROGRAM]`: servers that do not say the same each time, protected by one answer and
//! then lived with: other clients, terminals, folders, zones, tokens, ten starts at once. Nothing may be held.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use pinfold_tests::client::Client as Session;
use serde_json::Value;

use super::client::Client;
use super::day::{self, Day, Entry};
use super::real;

/// How long a server may take until the gate has looked at everything that it says.
const SETTLE_MAX: Duration = Duration::from_secs(120);

/// How many starts happen at once.
const AT_ONCE: usize = 10;

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
    let pinfold = match args {
        [] => None,
        [option, program] if option == "--pinfold" => Some(PathBuf::from(program)),
        _ => return day::outcome(Err("usage: cargo xtask honest-life [--pinfold PROGRAM]".to_owned())),
    };
    day::outcome(live(pinfold))
}

fn live(pinfold: Option<PathBuf>) -> Result<String, String> {
    let day = Day::with(Client::ClaudeCode, "honest", pinfold, &real::RESTLESS)?;
    day.protect()?;
    let entries = day.entries()?;
    let mut table = String::from("| life | server | tools | held |\n|---|---|---|---|\n");
    let mut alarms = Vec::new();
    for life in LIVES {
        for entry in &entries {
            let seen = session(&day, entry, life)?;
            eprintln!(
                "honest life: {:<24} {:<10} {} tools, held: {:?}",
                life.name, entry.key, seen.tools, seen.held
            );
            table.push_str(&format!(
                "| {} | {} | {} | {} |\n",
                life.name,
                entry.key,
                seen.tools,
                seen.held.len()
            ));
            alarms.extend(seen.held.into_iter().map(|held| format!("{}, {}: {held}", life.name, entry.key)));
        }
    }
    for entry in &entries {
        let seen = thread::scope(|scope| {
            let starts: Vec<_> =
                (0..AT_ONCE).map(|_| scope.spawn(|| session(&day, entry, &LIVES[0]))).collect();
            starts
                .into_iter()
                .map(|start| start.join().map_err(|_| "a session panicked".to_owned())?)
                .collect::<Result<Vec<_>, String>>()
        })?;
        let held: Vec<String> = seen.iter().flat_map(|seen| seen.held.clone()).collect();
        table.push_str(&format!(
            "| ten starts at once | {} | {} | {} |\n",
            entry.key,
            seen[0].tools,
            held.len()
        ));
        alarms.extend(held);
    }
    if alarms.is_empty() {
        table.push_str("\nNothing was held.\n");
        Ok(table)
    } else {
        Err(format!("{table}\n{} alarms:\n{}", alarms.len(), alarms.join("\n")))
    }
}

struct Seen {
    tools: usize,
    /// Class and name of what is held.
    held: Vec<String>,
}

/// One session, until the gate has looked at everything.
fn session(day: &Day, entry: &Entry, life: &Life) -> Result<Seen, String> {
    let elsewhere = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut command = Command::new(&entry.line[0]);
    command.args(&entry.line[1..]).env_clear().envs(day.environment());
    command.envs(life.around.iter().copied()).envs(values(&entry.env, life.secrets));
    command.current_dir(if life.elsewhere { elsewhere.path() } else { day.work() });
    let mut session = Session::start(command);
    session.shake_hands_as(life.version, life.capabilities);
    session.list("tools/list");
    let status = settled(day, entry, session.pid())?;
    let names = session.names("tools/list");
    let mut held: Vec<String> = [&status["held"], &status["requests"], &status["server_holds"]]
        .into_iter()
        .flat_map(|list| list.as_array().into_iter().flatten())
        .map(|held| format!("{} {}", held["reason"], held["name"]))
        .collect();
    if names.iter().any(|name| name.starts_with("pinfold")) && held.is_empty() {
        held.push("the notice is offered".to_owned());
    }
    Ok(Seen { tools: names.len(), held })
}

/// Waits until the gate of this process says that it is done looking; gives what `status` says of the label.
fn settled(day: &Day, entry: &Entry, pid: u32) -> Result<Value, String> {
    let label =
        entry.line.iter().skip_while(|part| *part != "--as").nth(1).ok_or("the entry has no label")?;
    let started = Instant::now();
    loop {
        let mut command = Command::new(day.pinfold());
        command.args(["status", label, "--json"]).env_clear().envs(day.environment());
        let output = command.output().map_err(|error| error.to_string())?;
        let document: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
        let server = &document["servers"][0];
        let gates = server["gates"].as_array().cloned().unwrap_or_default();
        let own = gates.iter().find(|gate| gate["pid"] == pid);
        match own.and_then(|gate| gate["state"].as_str()) {
            Some("ready" | "waiting" | "failed") => return Ok(server.clone()),
            _ if started.elapsed() > SETTLE_MAX => {
                return Err(format!("{} does not settle: {server}", entry.key));
            }
            _ => thread::sleep(Duration::from_millis(100)),
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
