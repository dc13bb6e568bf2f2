//! `cargo xtask sooner [RUNS] [claude|codex …]`: when a client's model has its tools, with five servers as they are
//! configured and through Pinfold. Runs alternate, so that what else the machine does falls on both.

use std::process::ExitCode;
use std::time::Duration;

use super::client::Client;
use super::day::{self, Day};
use super::eye;
use super::model::Step;
use super::real;
use super::session::Outcome;

const RUNS: usize = 20;

/// What one session shows.
#[derive(Debug, Clone, Copy)]
struct Shown {
    /// From the client's start to its first request to the model.
    first: Duration,
    /// Servers whose tools stand in that request.
    servers: usize,
    /// From the client's start to the first request with the tools of all; `None`: no request had them.
    all: Option<Duration>,
}

/// Runs and prints a table; 0 when every session worked, whatever the times were.
pub(crate) fn run(args: &[String]) -> ExitCode {
    day::outcome(measure(args))
}

fn measure(args: &[String]) -> Result<String, String> {
    let mut runs = RUNS;
    let mut clients = Vec::new();
    for arg in args {
        match Client::ALL.into_iter().find(|client| client.name() == arg) {
            Some(client) => clients.push(client),
            None => runs = arg.parse().map_err(|_| format!("{arg} is neither a client nor a number"))?,
        }
    }
    if clients.is_empty() {
        clients = vec![Client::ClaudeCode, Client::Codex];
    }
    let mut table = String::from(
        "== clients\n| client | way | first request (median) | servers in it (median) | all five there (median) | sessions |\n\
         |---|---|---|---|---|---|\n",
    );
    for client in clients {
        let bare = Day::new(client, "bare", None)?;
        let gated = Day::new(client, "gated", None)?;
        gated.protect()?;
        // The first sessions fill the clients' own caches.
        show(&bare)?;
        show(&gated)?;
        let mut shown = [Vec::new(), Vec::new()];
        for run in 0..runs {
            for (day, kept) in [&bare, &gated].into_iter().zip(&mut shown) {
                let one = show(day)?;
                eprintln!("sooner: {:<9} {:<6} run {run}: {one:?}", client.name(), day.way);
                kept.push(one);
            }
        }
        for (day, shown) in [&bare, &gated].into_iter().zip(&shown) {
            table.push_str(&row(client, day.way, shown));
        }
    }
    Ok(table)
}

fn show(day: &Day) -> Result<Shown, String> {
    // One call, so that a client whose first request lacked the tools makes a second one.
    let step = Step { key: "memory", tool: "read_graph", pause: Duration::ZERO };
    let outcome = day.session(&[step])?;
    shown(day.client(), &outcome)?
        .ok_or_else(|| format!("no request reached the model: {:?}", outcome.failure))
}

fn shown(client: Client, outcome: &Outcome) -> Result<Option<Shown>, String> {
    let mut shown: Option<Shown> = None;
    for turn in eye::raw_turns(client, &outcome.requests)? {
        let has = |key: &&str| !eye::offered_by(client, key, &turn.body).is_empty();
        let servers = real::keys().iter().filter(|key| has(key)).count();
        let at = turn.request.arrived.duration_since(outcome.started);
        let shown = shown.get_or_insert(Shown { first: at, servers, all: None });
        if servers == real::FIVE.len() && shown.all.is_none() {
            shown.all = Some(at);
        }
    }
    Ok(shown)
}

fn row(client: Client, way: &str, shown: &[Shown]) -> String {
    let all: Vec<Duration> = shown.iter().filter_map(|one| one.all).collect();
    let median = |mut times: Vec<Duration>| {
        times.sort();
        times
            .get(times.len() / 2)
            .map_or_else(|| "never".to_owned(), |time| format!("{:.2} s", time.as_secs_f64()))
    };
    let mut servers: Vec<usize> = shown.iter().map(|one| one.servers).collect();
    servers.sort_unstable();
    let there = if all.len() == shown.len() {
        median(all)
    } else {
        format!("{} (in {} of {})", median(all.clone()), all.len(), shown.len())
    };
    format!(
        "| {} | {way} | {} | {} of {} | {there} | {} |\n",
        client.name(),
        median(shown.iter().map(|one| one.first).collect()),
        servers.get(servers.len() / 2).copied().unwrap_or_default(),
        real::FIVE.len(),
        shown.len(),
    )
}
