//! What a person waits for: `pinfold verify FILE` as a process of its own, beside a process that does nothing
//! (`pinfold --version`), in the same run. With the file's marks on disk, as at every verification but the first.
#![allow(clippy::unwrap_used)]

#[path = "../../verifier/tests/tiny_log/mod.rs"]
mod tiny_log;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use pinfold_tests::home::Home;
use tiny_log::{Publisher, TinyLog, manifest_of};

const ROUNDS: usize = 200;
const NAME: &str = "io.github.acme/files";

fn main() {
    // Cargo's own arguments (`--bench`) say nothing here; `cargo test --benches` must not run for long.
    let rounds = if std::env::args().any(|argument| argument == "--bench") { ROUNDS } else { 3 };
    println!("== processes");
    println!("| tools, {rounds} processes each | bytes | `--version`, p50 | `verify`, p50 | p95 | ratio |");
    println!("|---|---|---|---|---|---|");
    for tools in [1, 15, 400] {
        let home = Home::new();
        let bytes = publish(&home, tools);
        let nothing = time(rounds, || home.pinfold(["--version"]));
        let verify = time(rounds, || home.pinfold(["verify", "release.pinfold"]));
        println!(
            "| {tools} | {bytes} | {} | {} | {} | {:.2}x |",
            milliseconds(nothing[rounds / 2]),
            milliseconds(verify[rounds / 2]),
            milliseconds(verify[rounds * 95 / 100]),
            verify[rounds / 2].as_secs_f64() / nothing[rounds / 2].as_secs_f64(),
        );
    }
}

/// Puts a release with so many tools of a usual size into the home's working folder, and trust into its home. The size of
/// the bundle in bytes.
fn publish(home: &Home, tools: usize) -> usize {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs();
    let mut log = TinyLog::new("log.example", 3, 2);
    let publisher = Publisher::claim(&mut log, "io.github.acme", "acme");
    let words = "Looks up what is known about the thing and answers with a summary of it. ".repeat(8);
    let tools: Vec<String> = (0..tools)
        .map(|number| {
            format!(
                r#"{{"description":"{words}","inputSchema":{{"properties":{{"about":{{"description":"What to look up.","type":"string"}}}},"type":"object"}},"name":"tool_{number}"}}"#
            )
        })
        .collect();
    let manifest = manifest_of(NAME, "1.0.0", &tools);
    log.submit(&publisher.release(&manifest, None));
    log.publish(now);
    let bundle = log.bundle(1, manifest.as_bytes());
    std::fs::write(home.work().join("release.pinfold"), &bundle).expect("the bundle is written");
    let (policy, claim) = (log.policy(), publisher.claim_id());
    let trust = format!(
        "version = 1\n[[log]]\norigin = \"log.example\"\npolicy = \"\"\"\n{policy}\"\"\"\n[[claim]]\nnamespace = \
         \"io.github.acme\"\nlog = \"log.example\"\nclaim = \"{claim}\"\n"
    );
    let file = home.path().join(".config/pinfold/trust.toml");
    std::fs::create_dir_all(file.parent().expect("it has a folder")).expect("a folder for the trust file");
    std::fs::write(file, trust).expect("the trust file is written");
    bundle.len()
}

/// How long each of so many processes took, the shortest first.
fn time(rounds: usize, command: impl Fn() -> Command) -> Vec<Duration> {
    let run = || {
        let mut command = command();
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let status = command.status().expect("it starts");
        assert!(status.success(), "it ended with {status}");
        start.elapsed()
    };
    run();
    let mut times: Vec<Duration> = (0..rounds).map(|_| run()).collect();
    times.sort();
    times
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}
