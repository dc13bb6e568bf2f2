//! How soon a client has its tools: from the start of the process to the answers of `initialize` and `tools/list`, of a
//! bare server, and of the gate that answers from the pins, in one run.
//!
//! `cargo bench -p pinfold-tests --bench answering`. The ways alternate, so that a machine whose speed drifts drifts for
//! all of them; what is printed are medians, as a table for docs/measurements.md. Nothing is asserted about time.
#![allow(clippy::unwrap_used)]

use std::process::Command;
use std::time::{Duration, Instant};

use pinfold_tests::client::Client;
use pinfold_tests::scenario::{Scenario, Step, tool};
use pinfold_tests::stage::{LABEL, Stage};

const STARTS: usize = 21;

/// How long a server takes before it answers `initialize`: none at all, and what a small one in Node takes.
const SERVERS: [(&str, u64); 2] = [("the server is there at once", 0), ("the server takes 400 ms", 400)];

fn main() {
    println!("== starts");
    println!(
        "| medians of {STARTS} alternating starts | tools | bare | gate, server started always | gate, server started on call |"
    );
    println!("|---|---|---|---|---|");
    for tools in [10, 100] {
        for (name, milliseconds) in SERVERS {
            compare(name, tools, milliseconds);
        }
    }
}

fn compare(name: &str, tools: usize, milliseconds: u64) {
    let tools_listed: Vec<String> = (0..tools).map(described).collect();
    let mut scenario = Scenario::of_tools(&tools_listed);
    if milliseconds > 0 {
        scenario = scenario.on("initialize", [Step::Sleep(milliseconds)]);
    }
    let stage = Stage::approved(&scenario);
    stage.session().close();
    let ways: [&dyn Fn() -> Command; 3] = [
        &|| stage.direct(),
        &|| {
            stage.home.write_policy("");
            stage.gate()
        },
        &|| {
            stage.home.write_policy(&format!("[server.{LABEL}]\nstart = \"on-call\""));
            stage.gate()
        },
    ];
    let mut times = ways.map(|_| Vec::new());
    for _ in 0..STARTS {
        for (command, times) in ways.iter().zip(&mut times) {
            let command = command();
            let began = Instant::now();
            let mut client = Client::connect(command);
            let names = client.names("tools/list");
            times.push(began.elapsed());
            assert_eq!(names.len(), tools);
            client.close();
        }
    }
    let base = median(&mut times[0]);
    let cell = |times: &mut [Duration]| {
        let mid = median(times).as_secs_f64();
        format!(" {:.2} ms ({:.2}x) |", mid * 1e3, mid / base.as_secs_f64())
    };
    let cells: String = times.iter_mut().skip(1).map(|times| cell(times)).collect();
    println!("| {name} | {tools} | {:.2} ms |{cells}", base.as_secs_f64() * 1e3);
}

/// A tool of ordinary size.
fn described(number: usize) -> String {
    let words =
        "Looks at one thing and says what it is, where it came from and what else may be of use. ".repeat(4);
    tool(&format!("tool_{number}"), words.trim())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}
