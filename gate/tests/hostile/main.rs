//! Histories drawn at random of a client, a server that says anything at any time, and a person who decides meanwhile.
//! After each word: nothing reaches the client that may not, no call reaches the server that may not, and in the end
//! every question was answered once. Rules: `spec/gate.md`, `spec/decision.md`, `spec/answers.md`.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that takes its size from a variable"
)]

mod play;
#[path = "../support/mod.rs"]
mod support;
mod turns;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use play::Play;

/// How many histories are drawn without `GATE_HISTORIES`.
const USUAL_HISTORIES: u64 = 500;

/// The most turns of one history.
const TURNS: usize = 90;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn nothing_passes_that_may_not_and_every_question_is_answered_once() {
    let first = number("GATE_SEED").unwrap_or(1);
    let count = number("GATE_HISTORIES").unwrap_or(USUAL_HISTORIES);
    for seed in first..first + count {
        let mut play = Play::new(seed);
        let played = catch_unwind(AssertUnwindSafe(|| {
            turns::turns(&mut play, TURNS);
            turns::end(&mut play);
        }));
        if played.is_err() {
            let story = play.story.join("\n");
            panic!("{story}\nthe history of GATE_SEED={seed} GATE_HISTORIES=1");
        }
    }
}
