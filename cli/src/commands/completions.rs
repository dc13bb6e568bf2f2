//! `completions`: a script by which a shell completes our verbs and options.

use clap::CommandFactory;
use serde::Serialize;

use crate::args::{CommandLine, CompletionsArgs};
use crate::exit::Exit;
use crate::output::Output;

#[derive(Serialize)]
struct Body {
    shell: String,
    script: String,
}

/// Prints the script, or puts it into the document.
pub fn run(args: &CompletionsArgs, output: &mut Output<'_>) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut CommandLine::command(), "pinfold", &mut script);
    output.raw(&script);
    let body = Body { shell: args.shell.to_string(), script: String::from_utf8_lossy(&script).into_owned() };
    output.finish("pinfold/completions/v1", &body, Exit::Done, None)
}
