//! The repository's own commands, run as `cargo xtask NAME` (and `cargo demo`).
//!
//! Each command is a module with `run(&[String]) -> ExitCode`; the table below is all that there is.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod clients;
mod compare;
mod demo;
mod dist;
mod long;
mod marked;
mod measure;
mod record;
mod relay;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// One command of `cargo xtask`.
pub(crate) struct Command {
    /// The word after `cargo xtask`.
    pub(crate) name: &'static str,
    /// One line for the list that is printed when no command is named.
    pub(crate) about: &'static str,
    run: fn(&[String]) -> ExitCode,
}

/// Every command; `tidy` checks that the documents name no other.
pub(crate) const COMMANDS: &[Command] = &[
    Command { name: "clients", about: "sessions of real clients through the gate", run: clients::run },
    Command {
        name: "compare",
        about: "published peers before the same scripted server, for docs/compare.md",
        run: compare::run,
    },
    Command {
        name: "day-one",
        about: "five real servers in each client, protected by one answer",
        run: clients::run_day,
    },
    Command {
        name: "demo",
        about: "the story of the README, played and checked (also `cargo demo`)",
        run: demo::run,
    },
    Command { name: "demo-session", about: "a small client; part of the demo", run: demo::run_own_session },
    Command { name: "dist", about: "packages for people without Rust: npm, Python, tarball", run: dist::run },
    Command {
        name: "honest-life",
        about: "servers that say other words each time, approved once and lived with",
        run: clients::run_honest,
    },
    Command {
        name: "idle",
        about: "memory of idle servers, bare and through the gate",
        run: clients::run_idle,
    },
    Command { name: "long", about: "tests that run for much longer", run: long::run },
    Command {
        name: "measure",
        about: "benches and the like, written into docs/measurements.md",
        run: measure::run,
    },
    Command {
        name: "record",
        about: "a session at a terminal with a real update, written into docs/session.md",
        run: record::run,
    },
    Command {
        name: "relay",
        about: "pass a server's bytes and change its words; part of the demo",
        run: relay::run,
    },
    Command {
        name: "sooner",
        about: "when a client's model has its tools, bare and through the gate",
        run: clients::run_sooner,
    },
    Command { name: "tidy", about: "check the rules of this repository", run: tidy::run },
];

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or_else(|| here.to_path_buf(), Path::to_path_buf)
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let named = args.first().map(String::as_str);
    if let Some(command) = COMMANDS.iter().find(|c| Some(c.name) == named) {
        return (command.run)(&args[1..]);
    }
    eprintln!("usage: cargo xtask NAME [ARGUMENTS]\n");
    for command in COMMANDS {
        eprintln!("  {:<12} {}", command.name, command.about);
    }
    ExitCode::from(2)
}
