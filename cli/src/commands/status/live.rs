//! `status --live`: starts every approved launch anew and compares what it says with what was approved.
//!
//! For cron and CI: it needs no terminal, decides nothing, and prints no word of a server. What is held is written down,
//! so that `review` shows it, and the person is told as by a gate.

use std::sync::{Arc, Mutex, PoisonError};

use pinfold_core::digest::Digest;
use pinfold_core::name::Label;
use pinfold_core::pins::LabelPins;
use pinfold_core::reason::ReasonCode;
use pinfold_store::{Access, Store};
use serde::Serialize;

use crate::capture::Interrupts;
use crate::commands::run::counted;
use crate::configured::{Configured, all_files};
use crate::elsewhere;
use crate::exit::Exit;
use crate::held_lines::{self, Held};
use crate::home;
use crate::launch::Surroundings;
use crate::live::{Found, Live, compare};
use crate::notify::Voice;
use crate::output::{Output, Problem, counted as count};
use crate::parts::WhyPart;
use crate::policy_file;
use crate::run::held_of;
use crate::still_waiting::StillWaiting;
use crate::time;

const SCHEMA: &str = "pinfold/status-live/v1";

#[derive(Default, Serialize)]
struct Body {
    servers: Vec<LivePart>,
}

/// One approved launch.
#[derive(Serialize)]
struct LivePart {
    label: String,
    launch: String,
    /// Client, name and file of the entry that it was started as; `null`: as it was approved.
    from: Option<String>,
    /// `same`, `changed`, `not-compared` or `failed`.
    verdict: &'static str,
    /// Codes, ascending.
    reasons: Vec<String>,
    /// How many names pass.
    passing: usize,
    held: Vec<WhyPart>,
    /// Approved and not listed; no alarm.
    missing: Vec<NamePart>,
    /// What is not known here, in words; only with `not-compared` and `failed`.
    not_compared: Vec<String>,
}

#[derive(Serialize)]
struct NamePart {
    kind: &'static str,
    name: String,
}

/// Compares all labels, or one.
pub(super) fn run(label: Option<&str>, output: &mut Output<'_>) -> Exit {
    let mut body = Body::default();
    let done = look(label, &mut body, output);
    output.end(SCHEMA, &body, done)
}

fn look(label: Option<&str>, body: &mut Body, output: &mut Output<'_>) -> Result<Exit, Problem> {
    let label = label.map(super::super::parse_label).transpose()?;
    let places = home::places()?;
    let policy = policy_file::own(&places.policy()).map_err(|fault| fault.problem())?;
    let store = Store::open(&places, Access::Observe).map_err(|error| home::problem(&error))?;
    let known = counted(&store).labels().filter(|known| known.is_known());
    let known =
        known.filter(|known| label.as_ref().is_none_or(|label| label.key() == known.spelling().key()));
    let labels: Vec<Label> = known.map(LabelPins::spelling).cloned().collect();
    if let (Some(label), []) = (&label, labels.as_slice()) {
        return Err(Problem::new(
            Exit::Usage,
            "LABEL_UNKNOWN",
            format!("no launch of `{label}` is approved, so nothing is started"),
            "`pinfold status` lists what is known",
        ));
    }
    let base = Surroundings::of_process(home::of_account().as_deref()).map_err(|error| {
        Problem::new(
            Exit::Undetermined,
            "START_FAILED",
            format!("the working folder cannot be used: {error}"),
            "look at the limits of this process",
        )
    })?;
    let interrupts = Interrupts::watch().map_err(|error| Problem::signals_unwatched(&error))?;
    let configured = Configured::all(&all_files(&places, &store.wrappers().unwrap_or_default()));
    let mut voice = Voice::in_home(&policy, store.home_standing());
    let store = Arc::new(Mutex::new(store));
    let mut exit = Exit::Done;
    for label in &labels {
        let told = StillWaiting::tell(format!("the server of `{label}`"));
        let found = compare(&store, label, &policy, &configured, &base, &interrupts);
        drop(told);
        for live in found {
            write_down(&store, label, &live);
            let part = LivePart::of(label, live);
            if part.verdict == "changed" {
                let reason = part.reasons.first().map_or("", String::as_str);
                let body =
                    format!("{label} is not what you approved ({reason}). Run: pinfold review {label}");
                voice.say(label.as_str(), reason, &body);
            }
            exit = worse(exit, part.exit());
            print(&part, output);
            body.servers.push(part);
        }
        if interrupts.seen() {
            return Err(Problem::new(
                Exit::Refused,
                "INTERRUPTED",
                "interrupted; not everything was compared",
                "run the same command again, or name one label",
            ));
        }
    }
    if labels.is_empty() {
        output.line("No server is approved yet, so there is nothing to compare.");
    }
    Ok(exit)
}

/// A change outweighs what could not be compared, and that outweighs what is the same.
fn worse(one: Exit, other: Exit) -> Exit {
    match (one, other) {
        (Exit::Refused, _) | (_, Exit::Refused) => Exit::Refused,
        (Exit::Done, other) => other,
        (one, _) => one,
    }
}

/// As a gate does: what is held waits for `review`. A store that cannot be written keeps nobody from the answer.
fn write_down(store: &Mutex<Store>, label: &Label, live: &Live) {
    let store = store.lock().unwrap_or_else(PoisonError::into_inner);
    match &live.found {
        Found::Heard(audit) if !audit.held.is_empty() => {
            let held: Vec<_> = audit.held.iter().cloned().map(held_of).collect();
            let _ = store.record_held(label, &live.launch, &held, time::now());
        }
        Found::Held(_, Some(request)) => {
            let _ = store.record_request(request);
        }
        _ => {}
    }
}

impl LivePart {
    fn of(label: &Label, live: Live) -> LivePart {
        let Live { launch, from, found } = live;
        let mut part = LivePart::new(label, &launch, from);
        match found {
            Found::Heard(audit) => {
                let codes = audit.held.iter().map(|held| held.reason).chain(audit.whole);
                part.reasons = ascending(codes);
                part.passing = audit.passing;
                part.held = audit.held.iter().map(WhyPart::reported).collect();
                let missing = audit.missing.iter();
                part.missing = missing
                    .map(|(kind, name)| NamePart { kind: kind.as_str(), name: elsewhere::name(name) })
                    .collect();
                part.verdict = if part.reasons.is_empty() { "same" } else { "changed" };
            }
            Found::Held(reason, _) => {
                part.verdict = "changed";
                part.reasons = ascending([reason].into_iter());
            }
            Found::NotCompared(parts) => {
                part.verdict = "not-compared";
                part.not_compared = parts;
            }
            Found::Failed(refusal) => {
                let problem = refusal.problem();
                // A listing that nobody can judge is a change; a server that does not answer is no answer.
                part.verdict = if problem.exit == Exit::Refused { "changed" } else { "failed" };
                part.reasons = vec![problem.code];
                part.not_compared = vec![problem.message];
            }
        }
        part
    }

    fn new(label: &Label, launch: &Digest, from: Option<String>) -> LivePart {
        LivePart {
            label: label.to_string(),
            launch: launch.to_string(),
            from,
            verdict: "failed",
            reasons: Vec::new(),
            passing: 0,
            held: Vec::new(),
            missing: Vec::new(),
            not_compared: Vec::new(),
        }
    }

    fn exit(&self) -> Exit {
        match self.verdict {
            "same" => Exit::Done,
            "changed" => Exit::Refused,
            _ => Exit::Undetermined,
        }
    }
}

fn ascending(codes: impl Iterator<Item = ReasonCode>) -> Vec<String> {
    let mut codes: Vec<String> = codes.map(|code| code.as_str().to_owned()).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn print(part: &LivePart, output: &mut Output<'_>) {
    let summary = match part.verdict {
        "same" => format!("same, {} approved", part.passing),
        "changed" => format!("CHANGED: {}", part.reasons.join(", ")),
        "not-compared" => "not compared".to_owned(),
        _ => format!("not compared: {}", part.reasons.join(", ")),
    };
    output.heading(format!("{}  {summary}", part.label));
    if let Some(from) = &part.from {
        output.line(format!("  as {from}"));
    }
    let held: Vec<Held<'_>> = part.held.iter().map(WhyPart::line).collect();
    held_lines::lines(&held).iter().for_each(|line| output.line(line));
    if !part.missing.is_empty() {
        output.line(format!("  {} not listed now", count(part.missing.len() as u64, "approved name")));
    }
    for words in &part.not_compared {
        output.line(format!("  {words}"));
    }
    if part.verdict == "changed" {
        output.line(format!("  decide: pinfold review {}", part.label));
    }
}
