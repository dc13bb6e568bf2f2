//! `cargo demo`: a real server behind the gate, a session of a real client, and what a server does behind a person's back:
//! each is held while the rest works. Then the same with a publisher who answers for the words in a log with two
//! witnesses, and an auditor who believes nobody. The story checks itself: when it does not hold, the exit code says so.
//!
//! The person's part runs in a pseudo-terminal that the demo drives. Everything happens in a temporary home; the
//! caller's own store is not touched.

mod cast;
mod own_session;
mod session;
mod signed;
mod story;

use std::process::{Command, ExitCode, Stdio};

pub(crate) use self::own_session::run as run_own_session;

use self::cast::Cast;

/// Builds the program (not with `--built`), installs server and client, plays the story. 0 when it held, 1 when it did
/// not, 3 when it could not be played.
pub(crate) fn run(args: &[String]) -> ExitCode {
    let built = if args.iter().any(|arg| arg == "--built") { Ok(()) } else { build() };
    let cast = match built.and_then(|()| Cast::assemble()) {
        Ok(cast) => cast,
        Err(why) => {
            eprintln!("error: the demo could not begin: {why}");
            return ExitCode::from(3);
        }
    };
    // The helpers that drive terminal and client panic with what they saw; here that is one way for the story to fail.
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("error: {}", panic.payload_as_str().unwrap_or("a helper failed"))
    }));
    let played = std::thread::spawn(move || story::play(&cast)).join();
    match played {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(why)) => {
            eprintln!("\nerror: the story does not hold: {why}");
            ExitCode::FAILURE
        }
        Err(_) => {
            eprintln!("\nerror: the story does not hold");
            ExitCode::FAILURE
        }
    }
}

/// The release build of `pinfold`, the log and the witness, and the fixture server in case there is no registry.
fn build() -> Result<(), String> {
    println!("Building pinfold ...");
    let of_tests = ["-p", "pinfold-tests", "-p", "pinfold-log", "-p", "pinfold-witness", "--bins"];
    for arguments in [&["--release", "-p", "pinfold"][..], &of_tests] {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(crate::root()).args(["build", "--locked"]).args(arguments);
        let status = cargo.stdin(Stdio::null()).status().map_err(|e| format!("cargo does not start: {e}"))?;
        if !status.success() {
            return Err("cargo build failed".to_owned());
        }
    }
    Ok(())
}
