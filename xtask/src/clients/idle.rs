//! `cargo xtask idle`: the memory of five idle servers under two clients, bare, behind the gate, and behind the gate
//! started on call. Counted is the proportional share (PSS) of every process that a client's entry started.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, ExitCode};
use std::thread;
use std::time::Duration;

use super::client::Client;
use super::day::{self, Day};
use pinfold_tests::client::Client as Session;

/// How many clients have the five servers open at a time.
const CLIENTS: usize = 2;

/// Time for servers to come up and for what they needed only for that to be given back.
const SETTLE: Duration = Duration::from_secs(15);

const ON_CALL: &str = "version = 1\n\n[defaults]\nstart = \"on-call\"\n";

/// Measures and prints a table; 0 when every session was opened.
pub(crate) fn run(args: &[String]) -> ExitCode {
    day::outcome(if args.is_empty() { measure() } else { Err("it takes no arguments".to_owned()) })
}

fn measure() -> Result<String, String> {
    let bare = Day::new(Client::ClaudeCode, "idle-bare", None)?;
    let gated = Day::new(Client::ClaudeCode, "idle-gated", None)?;
    gated.protect()?;
    let mut table = String::from("== servers\n| way | processes | memory (PSS) |\n|---|---|---|\n");
    table.push_str(&row("bare", &bare)?);
    table.push_str(&row("gated, started always", &gated)?);
    gated.write_policy(ON_CALL)?;
    table.push_str(&row("gated, started on call", &gated)?);
    Ok(table)
}

fn row(way: &str, day: &Day) -> Result<String, String> {
    let entries = day.entries()?;
    let mut sessions = Vec::new();
    for _ in 0..CLIENTS {
        for entry in &entries {
            let mut command = Command::new(&entry.line[0]);
            command.args(&entry.line[1..]).env_clear().envs(day.environment()).current_dir(day.work());
            let mut session = Session::connect(command);
            session.list("tools/list");
            sessions.push(session);
        }
    }
    thread::sleep(SETTLE);
    let parents = parents();
    let mut count = 0;
    let mut kib = 0;
    for session in &sessions {
        for pid in tree(session.pid(), &parents) {
            count += 1;
            kib += pss_kib(pid);
        }
    }
    Ok(format!("| {way} | {count} | {:.0} MiB |\n", kib as f64 / 1024.0))
}

/// The parent of every process.
fn parents() -> BTreeMap<u32, u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return BTreeMap::new() };
    let parent = |entry: fs::DirEntry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        // `pid (name) state parent …`; a name may hold spaces and brackets.
        let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
        Some((pid, parent))
    };
    entries.flatten().filter_map(parent).collect()
}

/// A process and all below it.
fn tree(root: u32, parents: &BTreeMap<u32, u32>) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(pid) = found.get(next).copied() {
        found.extend(parents.iter().filter(|(_, parent)| **parent == pid).map(|(child, _)| *child));
        next += 1;
    }
    found
}

fn pss_kib(pid: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
