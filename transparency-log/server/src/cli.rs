//! The program's verbs.

mod args;
mod check;
mod init;
mod policy;
pub(crate) mod problem;
mod serve;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use self::args::{Command, CommandLine};
use self::problem::{Exit, Problem, finish};

/// The command line, for those who write its manual.
pub fn command_line() -> clap::Command {
    CommandLine::command()
}

/// Runs the program with its arguments, the first being its name.
pub fn run(args: Vec<OsString>) -> ExitCode {
    match CommandLine::try_parse_from(&args) {
        Ok(line) => match line.command {
            Command::Init(args) => init::run(&args),
            Command::Serve(args) => ended(serve::run(&args)),
            Command::Check(args) => check::run(&args),
            Command::Completions(args) => {
                let mut script = Vec::new();
                clap_complete::generate(args.shell, &mut CommandLine::command(), "pinfold-log", &mut script);
                ended(problem::print(&String::from_utf8_lossy(&script)))
            }
        },
        Err(error) => usage(&args, &error),
    }
}

fn ended(result: Result<(), Problem>) -> ExitCode {
    let problem = result.err();
    finish("pinfold-log/end/v1", false, &serde_json::json!({}), problem.as_ref())
}

fn usage(args: &[OsString], error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A reader that closed its end has seen enough.
            let _ = error.print();
            Exit::Done.into()
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = writeln!(std::io::stderr(), "{}", error.render());
            Exit::Usage.into()
        }
        _ => {
            let rendered = error.render().to_string();
            let first = rendered.split("\n\n").next().unwrap_or_default();
            let first = first.strip_prefix("error: ").unwrap_or(first);
            let words: Vec<String> =
                first.lines().map(|line| pinfold_core::text::visible(line.trim())).collect();
            let verb = args.get(1).and_then(|verb| verb.to_str());
            let verb = verb.filter(|verb| CommandLine::command().find_subcommand(verb).is_some());
            let help = ["pinfold-log"].into_iter().chain(verb).collect::<Vec<_>>().join(" ");
            let hint = format!("`{help} --help` shows the usage and examples");
            let json = args.iter().any(|arg| arg == "--json");
            let problem = Problem::usage(words.join(" "), hint);
            finish("pinfold-log/end/v1", json, &serde_json::json!({}), Some(&problem))
        }
    }
}
