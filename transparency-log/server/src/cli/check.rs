//! `pinfold-log check`.

use std::process::ExitCode;

use pinfold_service::{Problem, finish, print, say};
use serde::Serialize;

use super::args::CheckArgs;
use crate::check::{Verdict, check};

/// What `check --json` prints; `null`: it could not be read.
#[derive(Default, Serialize)]
struct Body {
    origin: Option<String>,
    entries: Option<u64>,
    heads: Option<u64>,
    names: Option<u64>,
    manifests: Option<u64>,
    findings: Vec<String>,
}

pub(super) fn run(args: &CheckArgs) -> ExitCode {
    let progress = |done: u64, all: u64| {
        if all > 50_000 && (done.is_multiple_of(53_248) || done == all) {
            say(format_args!("{done} of {all} entries"));
        }
    };
    let (body, problem) = match check(&args.dir, progress) {
        Ok(verdict) => {
            let problem = problem(&verdict);
            let said = if args.json { None } else { tell(&verdict).err() };
            (Body::of(verdict), problem.or(said))
        }
        Err(error) => (Body::default(), Some(error.problem())),
    };
    finish("pinfold-log/check/v1", args.json, &body, problem.as_ref())
}

impl Body {
    fn of(verdict: Verdict) -> Body {
        Body {
            origin: Some(verdict.origin),
            entries: Some(verdict.entries),
            heads: Some(verdict.heads),
            names: Some(verdict.names),
            manifests: Some(verdict.manifests),
            findings: verdict.findings,
        }
    }
}

/// The sentence of a good log, or each finding.
fn tell(verdict: &Verdict) -> Result<(), Problem> {
    for finding in &verdict.findings {
        say(format_args!("does not add up: {finding}"));
    }
    if verdict.findings.is_empty() { print(&sentence(verdict)) } else { Ok(()) }
}

/// The one sentence that a good log ends in.
fn sentence(verdict: &Verdict) -> String {
    let Verdict { origin, entries, heads, names, manifests, .. } = verdict;
    format!(
        "{origin} adds up, each part derived again from the entries: entries {entries}, published heads {heads}, \
         names {names}, manifests {manifests}\n"
    )
}

fn problem(verdict: &Verdict) -> Option<Problem> {
    let first = verdict.findings.first()?;
    let more = match verdict.findings.len() {
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    let message = format!("{} does not add up: {first}{more}", verdict.origin);
    Some(Problem::refused(
        "LOG_WRONG",
        message,
        "do not serve it: what was published and what is stored may contradict each other; put back the newest copy",
    ))
}
