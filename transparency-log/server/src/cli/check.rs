//! `pinfold-log check`.

use std::process::ExitCode;

use pinfold_service::{Problem, finish, print, say};

use super::args::CheckArgs;
use crate::check::{Verdict, check};

pub(super) fn run(args: &CheckArgs) -> ExitCode {
    let progress = |done: u64, all: u64| {
        if all > 50_000 && (done.is_multiple_of(53_248) || done == all) {
            say(format_args!("{done} of {all} entries"));
        }
    };
    let (verdict, problem) = match check(&args.dir, progress) {
        Ok(verdict) => {
            let problem = problem(&verdict);
            (verdict, problem)
        }
        Err(error) => (Verdict::default(), Some(error.problem())),
    };
    if !args.json {
        for finding in &verdict.findings {
            say(format_args!("does not add up: {finding}"));
        }
    }
    let said = match (&problem, args.json) {
        (None, false) => print(&sentence(&verdict)).err(),
        _ => None,
    };
    finish("pinfold-log/check/v1", args.json, &verdict, problem.as_ref().or(said.as_ref()))
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
