//! `cargo xtask compare [--show] [PEER…]`: the published peers of Pinfold and Pinfold itself, each before the same scripted
//! server, written down for `docs/compare.md`.
//!
//! The peers come from PyPI at exact versions, each in a folder of its own below the target folder, and are set up as their
//! own documents say. Every run has a scratch home; nothing leaves the machine but the installation.

mod cases;
mod page;
mod peers;
mod session;

use std::process::ExitCode;

use self::cases::CASES;
use self::peers::{Outcome, PEERS, Peer};

/// Measures the named peers, or all, and writes the record and the page's tables. 0 when that was done, 2 for a wrong name, 3
/// when a program could not be installed or an approval failed.
pub(crate) fn run(args: &[String]) -> ExitCode {
    let show = args.iter().any(|arg| arg == "--show");
    let named: Vec<&str> = args.iter().map(String::as_str).filter(|arg| *arg != "--show").collect();
    if let Some(unknown) = named.iter().find(|name| !PEERS.iter().any(|peer| peer.key == **name)) {
        let keys: Vec<&str> = PEERS.iter().map(|peer| peer.key).collect();
        eprintln!("error: {unknown} is not compared\nhint: these are: {}", keys.join(", "));
        return ExitCode::from(2);
    }
    let peers: Vec<&Peer> =
        PEERS.iter().filter(|peer| named.is_empty() || named.contains(&peer.key)).collect();
    let before = if named.is_empty() { Ok(page::Record::default()) } else { page::Record::load() };
    match before.and_then(|record| measured(&peers, record, show)).and_then(|record| page::write(&record)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::from(3)
        }
    }
}

/// Plays every case before every peer, into what was recorded before.
fn measured(peers: &[&Peer], mut record: page::Record, show: bool) -> Result<page::Record, String> {
    let below = pinfold_tests::binary::target_folder().join("compare");
    std::fs::create_dir_all(&below).map_err(|error| format!("{}: {error}", below.display()))?;
    for peer in peers {
        let programs = peer.install(&below)?;
        let mut passed = Vec::new();
        for case in CASES {
            let outcome =
                peer.play(case, &programs).map_err(|why| format!("{}, {}: {why}", peer.key, case.key))?;
            let mut cell = page::cell(outcome.as_ref(), case.when);
            if let (Some(Outcome::Session(seen)), "same") = (&outcome, case.key) {
                passed = vec![("prompt", seen.prompt), ("instructions", seen.instructions)];
            }
            // What never comes through is not held because it changed.
            if passed.contains(&(case.key, false)) {
                "not passed on, changed or not".clone_into(&mut cell);
            }
            println!("{:<18} {:<14} {cell}", peer.key, case.key);
            if show && let Some(outcome) = &outcome {
                println!("{}", told(outcome));
            }
            if case.key == "same" && !matches!(&*cell, "works" | "passes") {
                return Err(format!(
                    "{}: what was approved does not work, so no other cell means anything",
                    peer.key
                ));
            }
            record.add(peer, case.key, &cell, outcome.as_ref());
        }
    }
    Ok(record)
}

/// What the program itself said, for a person who wonders about a cell.
fn told(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Session(seen) => &seen.errors,
        Outcome::Check { said, .. } => said,
    }
}
