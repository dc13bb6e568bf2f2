//! The README's transcripts are what the demo shows: the story is played with the real server and the real client of npm,
//! and compared with the page.

use std::process::Command;

use pinfold_tests::binary::{fixture, pinfold, pinfold_log, pinfold_witness};
use pinfold_tests::home::without_agent_markers;
use pinfold_tests::stage::{describe, run_to_end};

/// How the demo ends when it could not be played.
const UNDETERMINED: i32 = 3;

#[test]
fn the_readme_shows_what_the_demo_shows() {
    // Built here where they are not: what the demo starts has no Cargo.
    let _ = (fixture(), pinfold_log(), pinfold_witness());
    let mut demo = Command::new(env!("CARGO_BIN_EXE_xtask"));
    demo.args(["demo", "--check", "--pinfold"]).arg(pinfold());
    without_agent_markers(&mut demo);
    let output = run_to_end(demo);
    if output.status.code() == Some(UNDETERMINED) {
        return pinfold_tests::absent("the demo's packages of npm", "the transcripts of the README");
    }
    assert!(output.status.success(), "{}", describe(&output));
}
