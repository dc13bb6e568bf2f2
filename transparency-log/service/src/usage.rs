//! Command lines that ask for help, or that cannot be meant.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::ErrorKind;
use clap_complete::Shell;
use pinfold_core::text::visible;
use serde::Serialize;

use crate::problem::{Exit, Problem, finish, print};

/// The body of a document that has none.
#[derive(Serialize)]
struct Nothing {}

/// Answers a command line that is none: help and version on stdout, everything else in two lines and exit status 2.
///
/// With `--json` among the arguments, the document of a line that cannot be meant has no members of its own.
pub fn usage<C: CommandFactory>(args: &[OsString], error: &clap::Error) -> ExitCode {
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
            let command = C::command();
            let program = command.get_name();
            let rendered = error.render().to_string();
            let first = rendered.split("\n\n").next().unwrap_or_default();
            let first = first.strip_prefix("error: ").unwrap_or(first);
            let words: Vec<String> = first.lines().map(|line| visible(line.trim())).collect();
            let verb = args.get(1).and_then(|verb| verb.to_str());
            let verb = verb.filter(|verb| command.find_subcommand(verb).is_some());
            let help = [program].into_iter().chain(verb).collect::<Vec<_>>().join(" ");
            let hint = format!("`{help} --help` shows the usage and examples");
            let json = args.iter().any(|arg| arg == "--json");
            let problem = Problem::usage(words.join(" "), hint);
            finish(&format!("{program}/usage/v1"), json, &Nothing {}, Some(&problem))
        }
    }
}

/// Prints the completion script of a program.
///
/// # Errors
/// A stdout that cannot be written.
pub fn completions<C: CommandFactory>(shell: Shell) -> Result<(), Problem> {
    let mut command = C::command();
    let program = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, program, &mut script);
    print(&String::from_utf8_lossy(&script))
}
