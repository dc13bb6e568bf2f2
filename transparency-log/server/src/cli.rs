//! The program's verbs.

mod args;
mod check;
mod init;
mod policy;
mod serve;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use pinfold_service::{completions, end, usage};

use self::args::{Command, CommandLine};

/// The command line, for those who write its manual.
pub fn command_line() -> clap::Command {
    CommandLine::command()
}

/// Runs the program with its arguments, the first being its name.
pub fn run(args: Vec<OsString>) -> ExitCode {
    match CommandLine::try_parse_from(&args) {
        Ok(line) => match line.command {
            Command::Init(args) => init::run(&args),
            Command::Serve(args) => end(serve::run(&args).err().as_ref()),
            Command::Check(args) => check::run(&args),
            Command::Completions(args) => end(completions::<CommandLine>(args.shell).err().as_ref()),
        },
        Err(error) => usage::<CommandLine>(&args, &error),
    }
}
