//! Answers to command lines that cannot be meant, and to `--help` and `--version`.

use std::ffi::{OsStr, OsString};
use std::io::Write;

use clap::error::ErrorKind;

use crate::exit::Exit;
use crate::output::{Output, Problem};

/// Prints help or version on stdout, or the fault in the two lines of every error.
pub(crate) fn answer(args: &[OsString], error: &clap::Error) -> Exit {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A reader that closed its end has seen enough.
            let _ = error.print();
            Exit::Done
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = writeln!(std::io::stderr(), "{}", error.render());
            Exit::Usage
        }
        _ => {
            let problem = problem(args, error);
            Output::of_process(asked_for_json(args)).finish(
                schema(args),
                &serde_json::json!({}),
                Exit::Usage,
                Some(&problem),
            )
        }
    }
}

fn problem(args: &[OsString], error: &clap::Error) -> Problem {
    let rendered = error.render().to_string();
    let (message, _) = rendered.split_once("\n\n").unwrap_or((&rendered, ""));
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let message: Vec<String> = message.lines().map(|line| pinfold_core::text::visible(line.trim())).collect();
    let verbs: Vec<&str> = verbs(args).collect();
    let help = [&["pinfold"], verbs.as_slice(), &["--help"]].concat().join(" ");
    Problem::new(Exit::Usage, "USAGE", message.join(" "), format!("`{help}` shows the usage and examples"))
}

/// The verbs of this program that the line begins with.
fn verbs(args: &[OsString]) -> impl Iterator<Item = &str> {
    const VERBS: &[&str] = &[
        "run",
        "protect",
        "unprotect",
        "review",
        "status",
        "policy",
        "check",
        "explain",
        "completions",
        "key",
        "new",
        "capture",
        "diff",
        "trust",
        "verify",
        "publish",
        "sign",
        "withdraw",
        "log",
        "info",
        "lookup",
        "history",
        "show",
        "consistency",
        "audit",
    ];
    const SECOND: &[&str] =
        &["check", "explain", "trust", "new", "info", "lookup", "history", "show", "consistency", "audit"];
    args.iter()
        .skip(1)
        .map_while(|arg| arg.to_str())
        .take_while(|arg| VERBS.contains(arg))
        .take(2)
        .enumerate()
        .filter(|(place, arg)| *place == 0 || SECOND.contains(arg))
        .map(|(_, arg)| arg)
}

/// `--json` before the server's own command.
fn asked_for_json(args: &[OsString]) -> bool {
    args.iter().take_while(|arg| arg.as_os_str() != OsStr::new("--")).any(|arg| arg == "--json")
}

/// The document of the command that was meant, as far as the line says so.
fn schema(args: &[OsString]) -> &'static str {
    let mut verbs = verbs(args);
    match (verbs.next(), verbs.next()) {
        (Some("protect"), _) => "pinfold/protect/v1",
        (Some("unprotect"), _) => "pinfold/unprotect/v1",
        (Some("review"), _) => "pinfold/review/v1",
        (Some("status"), _) => "pinfold/status/v1",
        (Some("policy"), Some("check")) => "pinfold/policy-check/v1",
        (Some("policy"), Some("trust")) => "pinfold/policy-trust/v1",
        (Some("policy"), Some("explain")) => "pinfold/policy-explain/v1",
        (Some("sign"), _) => "pinfold/sign/v1",
        (Some("withdraw"), _) => "pinfold/withdraw/v1",
        (Some("publish"), _) => "pinfold/publish/v1",
        (Some("capture"), _) => "pinfold/capture/v1",
        (Some("diff"), _) => "pinfold/diff/v1",
        (Some("verify"), _) => "pinfold/verify/v1",
        (Some("log"), Some("info")) => "pinfold/log-info/v1",
        (Some("log"), Some("lookup")) => "pinfold/log-lookup/v1",
        (Some("log"), Some("history")) => "pinfold/log-history/v1",
        (Some("log"), Some("show")) => "pinfold/log-show/v1",
        (Some("log"), Some("consistency")) => "pinfold/log-consistency/v1",
        (Some("log"), Some("audit")) => "pinfold/log-audit/v1",
        (Some("key"), Some("new")) => "pinfold/key-new/v1",
        (Some("completions"), _) => "pinfold/completions/v1",
        _ => "pinfold/usage/v1",
    }
}
