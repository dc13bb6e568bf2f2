//! The program `pinfold`: words, colours and questions around the crates below.
//!
//! [`run`] is the whole program. What it prints and how it ends is specified in `spec/command-line.md`, how it asks a
//! person in `spec/review.md`.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod args;
pub mod believed;
mod capture;
mod capturing;
pub mod challenge;
mod changed;
pub mod commands;
mod comparison;
mod configured;
mod decisions;
mod doctor;
pub mod elsewhere;
pub mod exit;
mod found;
mod held_lines;
pub mod home;
mod interpreters;
mod judging;
pub mod keys;
mod known_log;
pub mod launch;
mod live;
pub mod markers;
pub mod notify;
pub mod output;
pub mod own_file;
pub mod page;
mod parts;
mod passphrase;
pub mod policy_file;
mod protect;
mod published;
mod publishing;
pub mod rejected;
mod release;
mod release_file;
mod renames;
mod run;
mod sarif;
pub mod screen;
mod seen;
mod signing_key;
mod still_waiting;
pub mod terminal;
mod time;
mod trust_file;
mod usage;
mod waiting;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use args::{Command, CommandLine, KeyCommand, PolicyCommand};
use output::Output;
use pinfold_gate::guardian::GUARDIAN_VERB;

/// Runs the command of these arguments (the first one is the program's own name) and gives the exit status.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    // Of no use by hand and therefore not in the help.
    if args.get(1).is_some_and(|verb| verb == GUARDIAN_VERB) {
        return pinfold_gate::guardian::main();
    }
    let line = match CommandLine::try_parse_from(&args) {
        Ok(line) => line,
        Err(error) => return usage::answer(&args, &error).into(),
    };
    if let Some(exit) = usage::refuse_names(&args, line.command.declared_names()) {
        return exit.into();
    }
    let output = |json| Output::of_process(json);
    let exit = match &line.command {
        Command::Run(args) => commands::run::run(args, &mut output(false)),
        Command::Protect(args) => commands::protect::run(args, &mut output(args.which.form.json)),
        Command::Unprotect(args) => commands::unprotect::run(args, &mut output(args.which.form.json)),
        Command::Review(args) => commands::review::run(args, &mut output(args.form.json)),
        Command::Lock(args) => commands::lock::run(args, &mut output(args.form.json)),
        Command::Status(args) => commands::status::run(args, &mut output(args.form.json)),
        Command::Doctor(args) => commands::doctor::run(args.fix, &mut output(args.form.json)),
        Command::Policy(args) => match &args.command {
            PolicyCommand::Check { file, form } => {
                commands::policy::check(file.as_deref(), &mut output(form.json))
            }
            PolicyCommand::Trust { file, log, form } => {
                commands::policy::trust::run(file, log.as_deref(), &mut output(form.json))
            }
            PolicyCommand::Allow { label, tool, seconds, form } => {
                commands::policy::allow::run(label, tool, *seconds, &mut output(form.json))
            }
            PolicyCommand::Explain { label, form } => {
                commands::policy::explain(label.as_deref(), &mut output(form.json))
            }
        },
        Command::Key(args) => match &args.command {
            KeyCommand::New(args) => commands::key::new(args, &mut output(args.form.json)),
        },
        Command::Capture(args) => commands::capture::run(args, &mut output(args.form.json)),
        Command::Sign(args) => commands::sign::run(args, &mut output(args.form.json)),
        Command::Withdraw(args) => commands::withdraw::run(args, &mut output(args.form.json)),
        Command::Publish(args) => commands::publish::run(args, &mut output(args.form.json)),
        Command::Diff(args) => commands::diff::run(args, &mut output(args.form.json)),
        Command::Verify(args) => commands::verify::run(args, &mut output(args.form.json)),
        Command::Log(args) => commands::log::run(args),
        Command::Completions(args) => commands::completions::run(args, &mut output(args.form.json)),
    };
    exit.into()
}
