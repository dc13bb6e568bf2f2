//! `status --follow`: one JSON line for each label, and one more whenever it changes, until a signal or a closed reader.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use pinfold_core::name::Label;
use pinfold_store::{Access, Store};
use serde::Serialize;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::document::Server;
use crate::exit::Exit;
use crate::home;
use crate::output::{Output, Problem};
use crate::time;
use crate::waiting::labels;

const SCHEMA: &str = "pinfold/status-line/v1";
/// How often the store's files are looked at: three calls of stat(2).
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// A gate that was killed writes nothing, so the store is read anyhow this often.
const READ_EVERY: Duration = Duration::from_secs(2);

/// What is said about one label, or with the label `null` about the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Standing {
    label: Option<String>,
    /// `ok`, `held`, `waits` (its launch was never approved, or another one waits), `unknown` (nothing waits and nothing
    /// is approved), `gone` (nothing is known of it any more) or `unreadable` (the store).
    state: &'static str,
    /// Codes, ascending.
    reasons: Vec<String>,
    /// How many tools, prompts and other objects are approved, and how many are held.
    approved: usize,
    held: usize,
    /// Gates that run.
    running: usize,
}

#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    at: Option<String>,
    #[serde(flatten)]
    standing: &'a Standing,
}

/// Follows all labels, or one, until a signal comes or nobody reads any more. Both are done.
///
/// # Errors
/// Signals cannot be watched, or there is no home. What becomes of the store while it runs is a line and no error.
pub(super) fn follow(only: Option<&Label>, output: &mut Output<'_>) -> Result<Exit, Problem> {
    let places = home::places()?;
    let stop = signals()?;
    let mut known: BTreeMap<Option<String>, Standing> = BTreeMap::new();
    let mut stamp = None;
    let mut read_at: Option<Instant> = None;
    loop {
        let now = places.change_stamp();
        let due = read_at.is_none_or(|at| at.elapsed() >= READ_EVERY);
        if due || stamp.as_ref() != Some(&now) {
            stamp = Some(now);
            read_at = Some(Instant::now());
            let found = match Store::open(&places, Access::Read) {
                Ok(store) => standings(&store, only),
                Err(error) => Err(home::problem(&error)),
            };
            for standing in news(&mut known, found) {
                let line = Line { schema: SCHEMA, at: time::for_programs(time::now()), standing: &standing };
                if !output.json_line(&line) {
                    return Ok(Exit::Done);
                }
            }
        }
        match stop.recv_timeout(LOOK_EVERY) {
            Err(RecvTimeoutError::Timeout) => {}
            _ => return Ok(Exit::Done),
        }
    }
}

fn signals() -> Result<mpsc::Receiver<()>, Problem> {
    let mut signals =
        Signals::new([SIGTERM, SIGINT, SIGHUP]).map_err(|error| Problem::signals_unwatched(&error))?;
    let (sender, stop) = mpsc::channel();
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            let _ = sender.send(());
        }
    });
    Ok(stop)
}

fn standings(store: &Store, only: Option<&Label>) -> Result<Vec<Standing>, Problem> {
    let known = labels(store).map_err(|error| home::problem(&error))?;
    if let Some(only) = only.filter(|only| !known.iter().any(|label| only.key() == label.key())) {
        // Whoever mistyped a label must not wait for ever without a word.
        return Ok(vec![Standing { label: Some(only.to_string()), ..Standing::nothing("unknown") }]);
    }
    let wanted = known.iter().filter(|label| only.is_none_or(|only| only.key() == label.key()));
    wanted.map(|label| Server::of(store, label).map(|server| Standing::of(&server))).collect()
}

/// What is not as it was said last. A store that cannot be read is said once, and everything anew when it can be again.
fn news(
    known: &mut BTreeMap<Option<String>, Standing>,
    found: Result<Vec<Standing>, Problem>,
) -> Vec<Standing> {
    let found = match found {
        Ok(found) => found,
        Err(problem) => {
            let was_said = known.get(&None).is_some_and(|said| said.reasons == [problem.code.clone()]);
            known.clear();
            let standing = Standing::unreadable(problem.code);
            known.insert(None, standing.clone());
            return if was_said { Vec::new() } else { vec![standing] };
        }
    };
    known.remove(&None);
    let mut news = Vec::new();
    let gone = known.keys().filter(|label| !found.iter().any(|standing| standing.label == **label));
    for label in gone.cloned().collect::<Vec<_>>() {
        known.remove(&label);
        news.push(Standing { label, ..Standing::nothing("gone") });
    }
    for standing in found {
        if known.get(&standing.label) != Some(&standing) {
            known.insert(standing.label.clone(), standing.clone());
            news.push(standing);
        }
    }
    news
}

impl Standing {
    fn of(server: &Server) -> Standing {
        let requests = server.requests.iter().map(|one| one.reason);
        let holds = server.server_holds.iter().map(|one| one.reason);
        let held = server.held.iter().map(|one| one.object.reason);
        let asks = server.asks.iter().filter_map(|one| one.reason);
        let mut reasons: Vec<String> =
            requests.chain(holds).chain(held).chain(asks).map(|reason| reason.to_string()).collect();
        reasons.sort_unstable();
        reasons.dedup();
        let state = match (server.requests.is_empty(), server.is_held(), server.known) {
            (false, _, _) => "waits",
            (true, true, _) => "held",
            (true, false, true) => "ok",
            (true, false, false) => "unknown",
        };
        Standing {
            label: Some(server.label.clone()),
            state,
            reasons,
            approved: server.decided.iter().filter(|one| one.state == "approved").count(),
            held: server.held.len(),
            running: server.gates.len(),
        }
    }

    fn nothing(state: &'static str) -> Standing {
        Standing { label: None, state, reasons: Vec::new(), approved: 0, held: 0, running: 0 }
    }

    fn unreadable(code: String) -> Standing {
        Standing { reasons: vec![code], ..Standing::nothing("unreadable") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(label: &str, held: usize) -> Standing {
        Standing { label: Some(label.to_owned()), held, ..Standing::nothing("ok") }
    }

    fn failure() -> Problem {
        Problem::new(Exit::Refused, "PINSTORE_TAMPERED", "", "")
    }

    #[test]
    fn only_what_changed_is_said() {
        let mut known = BTreeMap::new();
        assert_eq!(news(&mut known, Ok(vec![standing("a", 0), standing("b", 0)])).len(), 2);
        assert_eq!(news(&mut known, Ok(vec![standing("a", 0), standing("b", 0)])), []);
        assert_eq!(news(&mut known, Ok(vec![standing("a", 1), standing("b", 0)])), [standing("a", 1)]);
        let gone = news(&mut known, Ok(vec![standing("a", 1)]));
        assert_eq!((gone[0].label.as_deref(), gone[0].state), (Some("b"), "gone"));
        assert_eq!(news(&mut known, Err(failure())), [Standing::unreadable("PINSTORE_TAMPERED".into())]);
        assert_eq!(news(&mut known, Err(failure())), []);
        assert_eq!(news(&mut known, Ok(vec![standing("a", 1)])), [standing("a", 1)]);
    }
}
