//! Histories drawn at random of clients, servers that say anything at any time and end whenever they like, and a person who
//! decides meanwhile by what any of their gates showed. After each word: nothing reaches the client that may not, no call
//! reaches the server that may not, what changed is told, what is remembered is how a session began, and in the end every
//! question was answered once. Rules: `spec/gate.md`, `spec/decision.md`, `spec/answers.md`, `spec/updates.md`,
//! `spec/volatile-rules.md`.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that takes its size from a variable"
)]

mod dice;
mod hears;
mod home;
mod news;
mod play;
#[path = "../../../verifier/tests/published/mod.rs"]
mod published;
mod reports;
mod server;
#[path = "../support/mod.rs"]
mod support;
mod tally;
mod things;
#[path = "../../../verifier/tests/tiny_log/mod.rs"]
mod tiny_log;
mod turns;
mod world;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use home::Releases;
use tally::Tally;

/// How many histories are drawn without `GATE_HISTORIES`.
const USUAL_HISTORIES: u64 = 120;

/// The turns of one history.
const TURNS: usize = 240;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn nothing_passes_that_may_not_and_every_question_is_answered_once() {
    let first = number("GATE_SEED").unwrap_or(1);
    let count = number("GATE_HISTORIES").unwrap_or(USUAL_HISTORIES);
    let releases = Releases::publish();
    let tally = Rc::new(RefCell::new(Tally::default()));
    for seed in first..first + count {
        let story = Rc::new(RefCell::new(Vec::new()));
        let played =
            catch_unwind(AssertUnwindSafe(|| turns::history(seed, TURNS, &releases, &tally, &story)));
        if played.is_err() {
            let story = story.borrow().join("\n");
            panic!("{story}\nthe history of GATE_SEED={seed} GATE_HISTORIES=1");
        }
    }
    let tally = tally.borrow();
    println!("{count} histories: {tally:#?}");
    assert!(count < USUAL_HISTORIES || tally.never().is_empty(), "never happened: {:?}", tally.never());
}
