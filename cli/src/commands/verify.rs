//! `verify`: judges a release, step by step, with no network (`spec/verification.md`).
//!
//! Nothing here decides: steps, codes and words of a refusal are the verifier's. With `--refresh` the log is asked for new
//! proofs, which are judged like any other; with a command a live server is compared with what was verified.

mod document;
mod inspect;
mod live;
mod refresh;
mod words;

use pinfold_core::text::visible_path;
use pinfold_verifier::release::{Opened, Question, Requirements};

use super::log::parse_name;
use crate::args::VerifyArgs;
use crate::exit::Exit;
use crate::home;
use crate::judging::{self, marks_of};
use crate::output::{Output, Problem};
use crate::release_file;
use crate::seen::Seen;
use crate::time;
use crate::trust_file::{self, TrustFile};
use document::{Body, StepPart};

const SCHEMA: &str = "pinfold/verify/v1";

/// Runs the command.
pub fn run(args: &VerifyArgs, output: &mut Output<'_>) -> Exit {
    if args.inspect {
        return inspect::run(&args.file, output);
    }
    let mut body = Body { file: Some(visible_path(&args.file)), ..Body::default() };
    let done = judge(args, &mut body, output);
    output.end(SCHEMA, &body, done)
}

fn judge(args: &VerifyArgs, body: &mut Body, output: &mut Output<'_>) -> Result<Exit, Problem> {
    let expected = args.name.as_deref().map(parse_name).transpose()?;
    let places = home::places()?;
    let trust = trust_of(args)?;
    let mut bytes = release_file::bytes(&args.file)?;
    let mut opened = Opened::read(&bytes);
    let mut seen = Seen::open(&places)?;
    let mut marks = marks_of(&seen, &trust.trust, &opened)?;
    let mut consistency = None;
    if args.refresh {
        // Nobody waits for the lock while the log is asked.
        drop(seen);
        let renewed = refresh::fetch(&bytes, &opened, &trust.trust, &marks, output)?;
        seen = Seen::open(&places)?;
        let now = marks_of(&seen, &trust.trust, &renewed.opened)?;
        // A proof from a head that is no longer the newest one seen says nothing.
        consistency = renewed.consistency.filter(|_| now == marks);
        (bytes, opened, marks) = (renewed.bytes, renewed.opened, now);
    }
    let question = Question {
        trust: &trust.trust,
        marks: &marks,
        requirements: Requirements::default(),
        now: time::now(),
        expected_name: expected.as_ref(),
        pinned: None,
        consistency: consistency.as_ref(),
    };
    let head = opened.bundle().ok().map(|bundle| bundle.proof().checkpoint().clone());
    let report = opened.judge(&question);
    body.bundle = Some(pinfold_core::digest::file_digest(&bytes).to_string());
    body.steps = report.findings().iter().map(StepPart::of).collect();
    body.steps.iter().for_each(|step| output.line(step.line()));
    output.line("");
    let release = match report.outcome() {
        Ok(release) => release,
        Err(rejection) => {
            body.verdict = Some("refused");
            let claimant = report.claimant();
            body.claimant = claimant.map(|claimant| document::ReleasePart::of(claimant.release()));
            let (file, head) = (&args.file, head.as_ref());
            return Err(judging::refused(rejection, claimant.is_some(), file, head, &trust, &marks));
        }
    };
    (body.verdict, body.release) = (Some("verified"), Some(document::ReleasePart::of(release)));
    body.marks = Some(judging::keep(&seen, release, output));
    // Held until what was seen is stored, and not while a server runs.
    drop(seen);
    if args.refresh {
        refresh::write(&args.file, &bytes)?;
        body.refreshed = true;
        output.line(format!("The proofs in {} were renewed.", visible_path(&args.file)));
    }
    output.line(words::verified(release));
    if args.command.is_empty() {
        return Ok(Exit::Done);
    }
    live::compare(release.manifest(), args, body, output)
}

/// The person's own trust, or the file that was named.
fn trust_of(args: &VerifyArgs) -> Result<TrustFile, Problem> {
    let read = match &args.policy {
        Some(path) => trust_file::read(path),
        None => trust_file::own(&home::places()?),
    };
    read.map_err(|fault| fault.problem())
}
