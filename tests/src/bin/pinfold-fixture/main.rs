//! A scripted MCP server: says and does what `scenario.json` in its folder says.
//!
//! `pinfold-fixture FOLDER` serves on standard input and output. The script's language is
//! `pinfold_tests::scenario`. `pinfold-fixture --grandchild FOLDER` is the process of the step `grandchild`.

mod restless;
mod server;
mod wire;

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use pinfold_tests::scenario::Scenario;

use crate::server::Server;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    match (arguments.next(), arguments.next()) {
        (Some(flag), Some(folder)) if flag == "--grandchild" => grandchild(&PathBuf::from(folder)),
        (Some(folder), _) => serve(&PathBuf::from(folder)),
        (None, _) => {
            eprintln!("usage: pinfold-fixture FOLDER");
            ExitCode::from(2)
        }
    }
}

fn serve(folder: &Path) -> ExitCode {
    append(folder, "pids", &std::process::id().to_string());
    append(folder, "starts", &std::process::id().to_string());
    let text = std::fs::read(folder.join("scenario.json")).expect("the folder has a scenario");
    let scenario: Scenario = serde_json::from_slice(&text).expect("the scenario is well formed");
    if scenario.ignore_sigterm {
        ignore_sigterm();
    }
    let ignore_end = scenario.ignore_end;
    let server = Arc::new(Server::new(folder.to_owned(), scenario));
    server.start();
    let mut input = std::io::stdin().lock();
    loop {
        let mut line = Vec::new();
        match input.read_until(b'\n', &mut line) {
            Ok(1..) => server.receive(&line),
            Ok(0) | Err(_) if ignore_end => sleep_for_ever(),
            Ok(0) | Err(_) => return ExitCode::SUCCESS,
        }
    }
}

/// Leaves the session and outlives every polite end.
fn grandchild(folder: &Path) -> ExitCode {
    ignore_sigterm();
    rustix::process::setsid().expect("a child that leads no group may leave the session");
    append(folder, "pids", &std::process::id().to_string());
    sleep_for_ever()
}

fn ignore_sigterm() {
    // A handler that only sets a flag that nobody reads.
    let flag = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGTERM, flag).expect("a handler for SIGTERM");
}

fn sleep_for_ever() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(3600));
    }
}

/// Adds a line to a file of the folder in one write, so that processes do not mix their lines.
fn append(folder: &Path, file: &str, line: &str) {
    let file = std::fs::OpenOptions::new().create(true).append(true).open(folder.join(file));
    file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()))
        .expect("the folder takes a line");
}
