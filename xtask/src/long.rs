//! `cargo xtask long NAME [COUNT]`: tests of the workspace, run for much longer than `cargo test` does. Each prints what
//! it did and how to repeat a failure.

use std::process::{Command, ExitCode, Stdio};

/// A test that is worth repeating.
struct Long {
    name: &'static str,
    about: &'static str,
    /// What `COUNT` counts, and how much is done without it.
    unit: &'static str,
    usual: u64,
    tests: &'static [&'static str],
    effort: Effort,
}

/// How more is done.
enum Effort {
    /// One run, with `COUNT` in this variable.
    In(&'static str),
    /// `COUNT` runs, with another seed in this variable each.
    Seeds(&'static str),
}

const LONG: &[Long] = &[
    Long {
        name: "fuzz-json",
        about: "random documents through reader, writer and framing, beside independent implementations",
        unit: "cases a property",
        usual: 100_000,
        tests: &[
            "--release",
            "-p",
            "pinfold-core",
            "--test",
            "json_differential",
            "--test",
            "framing_properties",
        ],
        effort: Effort::In("PROPTEST_CASES"),
    },
    Long {
        name: "noise",
        about: "every release of real servers beside the one before it: questions, decisions, lines",
        unit: "run",
        usual: 1,
        tests: &["-p", "pinfold", "-p", "pinfold-verifier", "--test", "noise", "--test", "update_noise"],
        effort: Effort::In("PINFOLD_LONG"),
    },
    Long {
        name: "gate",
        about: "clients, servers and a person who say anything in any order, through the state machines of two gates",
        unit: "histories",
        usual: 100_000,
        tests: &["--release", "-p", "pinfold-gate", "--test", "hostile"],
        effort: Effort::In("GATE_HISTORIES"),
    },
    Long {
        name: "kills",
        about: "SIGKILL of gate, guardian, server and client at random moments, fifty times a run",
        unit: "runs, each with a seed of its own",
        usual: 20,
        tests: &["-p", "pinfold-tests", "--test", "lifetime", "no_orphan_outlives_a_killed_gate"],
        effort: Effort::Seeds("KILL_SEED"),
    },
    Long {
        name: "log-tiles",
        about: "a log that grows at random, read by its tiles at each size",
        unit: "leaves",
        usual: 5_000_000,
        tests: &["--release", "-p", "pinfold-core", "--test", "merkle_growth"],
        effort: Effort::In("LOG_LEAVES"),
    },
    Long {
        name: "log-kills",
        about: "SIGKILL of the log at random moments under load; what was acknowledged must be there and proven",
        unit: "kills",
        usual: 1_000,
        tests: &["-p", "pinfold-log", "--test", "crash"],
        effort: Effort::In("PINFOLD_KILLS"),
    },
    Long {
        name: "log-faults",
        about: "a disk that fails at every read, write and sync call of a round and of a start",
        unit: "run",
        usual: 1,
        tests: &["-p", "pinfold-log", "--test", "faults"],
        effort: Effort::In("PINFOLD_LONG"),
    },
];

/// Runs one; 0 when all held, 1 at the first failure, 2 for a name or count that does not exist.
pub(crate) fn run(args: &[String]) -> ExitCode {
    let long = args.first().and_then(|name| LONG.iter().find(|long| long.name == name));
    let count = args.get(1).map(|text| text.parse::<u64>());
    let (Some(long), None | Some(Ok(_)), None) = (long, &count, args.get(2)) else {
        eprintln!("usage: cargo xtask long NAME [COUNT]\n");
        for long in LONG {
            eprintln!("  {:<10} {} ({} {} without COUNT)", long.name, long.about, long.usual, long.unit);
        }
        return ExitCode::from(2);
    };
    let count = count.and_then(Result::ok).unwrap_or(long.usual);
    match long.effort {
        Effort::In(variable) => once(long, variable, count),
        Effort::Seeds(variable) => {
            let failed = (1..=count).find(|seed| once(long, variable, *seed) != ExitCode::SUCCESS);
            failed.map_or(ExitCode::SUCCESS, |_| ExitCode::FAILURE)
        }
    }
}

fn once(long: &Long, variable: &str, value: u64) -> ExitCode {
    println!("{}: {variable}={value}", long.name);
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(crate::root()).args(["test", "--locked"]).args(long.tests).args(["--", "--nocapture"]);
    match cargo.env(variable, value.to_string()).stdin(Stdio::null()).status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => {
            eprintln!("error: {} failed with {variable}={value}", long.name);
            ExitCode::FAILURE
        }
        Err(why) => {
            eprintln!("error: cargo does not start: {why}");
            ExitCode::from(3)
        }
    }
}
