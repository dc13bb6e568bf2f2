//! `cargo demo`: a real server behind the gate, a session of a real client, and what a server does behind a person's back:
//! each is held while the rest works. Then the same with a publisher who answers for the words in a log with two
//! witnesses, and an auditor who believes nobody. The story checks itself: when it does not hold, the exit code says so.
//!
//! The person's part runs in a pseudo-terminal that the demo drives. Everything happens in a temporary home; the
//! caller's own store is not touched. Pieces of what the person sees stand in the README.

mod cast;
mod own_session;
mod readme;
mod session;
mod signed;
mod story;

use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

pub(crate) use self::own_session::run as run_own_session;

use self::cast::Cast;
use self::readme::Readme;

const USAGE: &str = "usage: cargo xtask demo [--built | --pinfold PROGRAM] [--check | --write]";

/// What the command line asks for.
struct Options {
    /// The program is not built but taken from here; `Some(None)`: from where a release build leaves it.
    built: Option<Option<PathBuf>>,
    readme: Readme,
}

/// Builds the program (not with `--built` or `--pinfold`), installs server and client, plays the story; then compares the
/// README with it (`--check`) or writes what it shows otherwise (`--write`). 0 when the story held, 1 when it did not or the
/// README shows something else, 2 for a wrong command line, 3 when it could not be played.
pub(crate) fn run(args: &[String]) -> ExitCode {
    let Some(options) = parse(args) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let built = if options.built.is_some() { Ok(()) } else { build() };
    let cast = match built.and_then(|()| Cast::assemble(options.built.flatten())) {
        Ok(cast) if options.readme != Readme::Leave && !cast.real => {
            eprintln!("error: the README shows the real server, which could not be installed");
            return ExitCode::from(3);
        }
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
    let played = std::thread::spawn(move || story::play(&cast).map(|()| cast.seen())).join();
    match played {
        Ok(Ok(seen)) => match readme::settle(options.readme, &seen) {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("\nerror: {why}");
                ExitCode::FAILURE
            }
        },
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

fn parse(args: &[String]) -> Option<Options> {
    let mut options = Options { built: None, readme: Readme::Leave };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--built" if options.built.is_none() => options.built = Some(None),
            "--pinfold" if options.built.is_none() => options.built = Some(Some(args.next()?.into())),
            "--check" if options.readme == Readme::Leave => options.readme = Readme::Check,
            "--write" if options.readme == Readme::Leave => options.readme = Readme::Write,
            _ => return None,
        }
    }
    Some(options)
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
