//! Answers to command lines that cannot be meant, and to `--help` and `--version`.

use std::ffi::{OsStr, OsString};
use std::io::Write;

use clap::CommandFactory;
use clap::error::ErrorKind;
use pinfold_core::launch::limits::MAX_VARIABLE_NAME_BYTES;
use pinfold_core::launch::{NameFault, variable_name};
use pinfold_core::text::{visible, visible_char};

use crate::args::CommandLine;
use crate::exit::Exit;
use crate::output::{Output, Problem};

/// Prints help or version on stdout, or the fault in the two lines of every error.
pub(crate) fn answer(args: &[OsString], error: &clap::Error) -> Exit {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            match error.print() {
                // A reader that closed its end has seen enough.
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Exit::Undetermined,
                _ => Exit::Done,
            }
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = writeln!(std::io::stderr(), "{}", error.render());
            Exit::Usage
        }
        _ => told(args, &problem(args, error)),
    }
}

/// Says which of the names after `--env` is none; nothing, where all are.
pub(crate) fn refuse_names(args: &[OsString], names: &[String]) -> Option<Exit> {
    let (name, fault) = names.iter().find_map(|name| Some((name, variable_name(name).err()?)))?;
    let problem = Problem::new(
        Exit::Usage,
        "USAGE",
        no_name(name, fault),
        "`--env` takes names alone, separated by commas and without blanks: --env TOKEN,HOST",
    );
    Some(told(args, &problem))
}

/// What is wrong with a name. It is printed up to what no name has: a value may stand behind that.
fn no_name(name: &str, fault: NameFault) -> String {
    match fault {
        NameFault::Empty => "an empty name stands after `--env`".to_owned(),
        NameFault::TooLong => {
            format!(
                "a name of {} bytes stands after `--env`; {MAX_VARIABLE_NAME_BYTES} may stand there",
                name.len()
            )
        }
        NameFault::Beginning => {
            "a name after `--env` begins with something else than a letter or `_`".to_owned()
        }
        NameFault::Letter(at, letter) => {
            let what = match letter {
                '=' => "a value".to_owned(),
                ' ' => "a blank".to_owned(),
                other => format!("`{}`", visible_char(other)),
            };
            format!("`{}…` after `--env` is no name of a variable: {what} follows", &name[..at])
        }
    }
}

fn told(args: &[OsString], problem: &Problem) -> Exit {
    let nothing = serde_json::json!({});
    Output::of_process(asked_for_json(args)).finish(schema(args), &nothing, Exit::Usage, Some(problem))
}

fn problem(args: &[OsString], error: &clap::Error) -> Problem {
    let rendered = error.render().to_string();
    let (message, _) = rendered.split_once("\n\n").unwrap_or((&rendered, ""));
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let message: Vec<String> = message.lines().map(|line| visible(line.trim())).collect();
    let help = format!("pinfold {}", [verbs(args), vec!["--help".to_owned()]].concat().join(" "));
    let hint = if lacks_the_dashes(args, error) {
        format!("the server's command stands behind `--`; `{help}` shows the usage and examples")
    } else {
        format!("`{help}` shows the usage and examples")
    };
    Problem::new(Exit::Usage, "USAGE", message.join(" "), hint)
}

/// The verbs of this program that the line begins with.
fn verbs(args: &[OsString]) -> Vec<String> {
    let mut known = CommandLine::command();
    let mut verbs = Vec::new();
    for arg in args.iter().skip(1).map_while(|arg| arg.to_str()) {
        let Some(verb) = known.find_subcommand(arg).cloned() else { break };
        verbs.push(verb.get_name().to_owned());
        known = verb;
    }
    verbs
}

/// Whether somebody wrote a server's command without what parts it from our own words.
fn lacks_the_dashes(args: &[OsString], error: &clap::Error) -> bool {
    let takes_a_command =
        verbs(args).first().is_some_and(|verb| ["run", "review", "capture"].contains(&&**verb));
    let fits = matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::MissingRequiredArgument);
    takes_a_command && fits && args.iter().all(|arg| arg != "--")
}

/// `--json` before the server's own command.
fn asked_for_json(args: &[OsString]) -> bool {
    args.iter().take_while(|arg| arg.as_os_str() != OsStr::new("--")).any(|arg| arg == "--json")
}

/// The document of the command that was meant, as far as the line says so.
fn schema(args: &[OsString]) -> &'static str {
    let verbs = verbs(args);
    match (verbs.first().map(String::as_str), verbs.get(1).map(String::as_str)) {
        (Some("protect"), _) => "pinfold/protect/v1",
        (Some("unprotect"), _) => "pinfold/unprotect/v1",
        (Some("review"), _) => "pinfold/review/v1",
        (Some("status"), _) => "pinfold/status/v1",
        (Some("doctor"), _) => "pinfold/doctor/v1",
        (Some("lock"), _) => "pinfold/lock-written/v1",
        (Some("policy"), Some("allow")) => "pinfold/policy-allow/v1",
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

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &[&str]) -> Vec<OsString> {
        ["pinfold"].iter().chain(words).map(OsString::from).collect()
    }

    #[test]
    fn each_command_has_a_document_of_its_own_and_its_own_help() {
        let known = CommandLine::command();
        for verb in known.get_subcommands().filter(|verb| verb.get_name() != "run") {
            let of: Vec<Vec<&str>> = match verb.has_subcommands() {
                true => verb.get_subcommands().map(|one| vec![verb.get_name(), one.get_name()]).collect(),
                false => vec![vec![verb.get_name()]],
            };
            for words in of {
                let args = line(&[words.as_slice(), &["--no-such-option"]].concat());
                assert_ne!(schema(&args), "pinfold/usage/v1", "{words:?}");
                assert_eq!(verbs(&args), words);
            }
        }
        assert_eq!(schema(&line(&["nonsense"])), "pinfold/usage/v1");
    }

    #[test]
    fn a_server_s_command_without_dashes_is_told_what_is_missing() {
        let hint = |words: &[&str]| {
            let args = line(words);
            problem(&args, &CommandLine::command().try_get_matches_from(&args).unwrap_err()).hint
        };
        for words in
            [&["run", "--as", "a", "npx", "-y", "b"][..], &["run", "--as", "a"], &["review", "a", "npx"]]
        {
            assert!(
                hint(words).starts_with("the server's command stands behind `--`; `pinfold "),
                "{words:?}"
            );
        }
        assert_eq!(
            hint(&["run", "--nonsense", "--", "a"]),
            "`pinfold run --help` shows the usage and examples"
        );
        assert_eq!(hint(&["doctor", "b"]), "`pinfold doctor --help` shows the usage and examples");
    }
}
