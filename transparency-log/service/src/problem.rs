//! What a command says when it did not do what it was asked: two lines for a person, one document for a program.

use std::io::Write;
use std::process::ExitCode;

use serde::Serialize;

/// What a command's end means to its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Refused, or a check that failed.
    Refused = 1,
    /// The command line says something that cannot be meant.
    Usage = 2,
    /// It could not be determined: input or output failed, or a state cannot be trusted.
    Undetermined = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why a command did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The exit status that goes with it.
    pub exit: Exit,
    /// A stable name for programs.
    pub code: &'static str,
    /// What happened, in one line.
    pub message: String,
    /// What to do about it, in one line.
    pub hint: String,
}

impl Problem {
    /// Something that could not be determined (exit status 3).
    pub fn undetermined(code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Problem {
        Problem { exit: Exit::Undetermined, code, message: message.into(), hint: hint.into() }
    }

    /// Something that was refused (exit status 1).
    pub fn refused(code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Problem {
        Problem { exit: Exit::Refused, code, message: message.into(), hint: hint.into() }
    }

    /// A command line that cannot be meant (exit status 2).
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Problem {
        Problem { exit: Exit::Usage, code: "USAGE", message: message.into(), hint: hint.into() }
    }
}

/// Ends a command that has no document: a problem's two lines on stderr.
pub fn end(problem: Option<&Problem>) -> ExitCode {
    let Some(problem) = problem else { return Exit::Done.into() };
    say(format_args!("error: {}", problem.message));
    if !problem.hint.is_empty() {
        say(format_args!("hint: {}", problem.hint));
    }
    problem.exit.into()
}

/// Ends a command: a problem's two lines on stderr; with `json` one document on stdout, of one shape in success and
/// failure. A stdout that cannot be written turns *done* into *undetermined*.
pub fn finish<T: Serialize>(schema: &str, json: bool, body: &T, problem: Option<&Problem>) -> ExitCode {
    let ended = end(problem);
    if !json {
        return ended;
    }
    let exit = problem.map_or(Exit::Done, |problem| problem.exit);
    let error = problem.map(|p| ErrorPart { code: p.code, message: &p.message, hint: &p.hint });
    let document = Document { schema, exit: exit as u8, error, body };
    // Serializing texts and numbers of our own types to a string cannot fail.
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    match print(&format!("{text}\n")) {
        Ok(()) => ended,
        Err(broken) => end(Some(&broken)),
    }
}

/// Text on stdout.
///
/// # Errors
/// A stdout that cannot be written; a reader that closed its end has seen enough.
pub fn print(text: &str) -> Result<(), Problem> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Problem::undetermined(
            "OUTPUT_FAILED",
            format!("the output could not be written: {error}"),
            "all else is done; make room, or send the output to a place that can be written",
        )),
        _ => Ok(()),
    }
}

/// One line on stderr. A stderr that cannot be written stops nothing.
pub fn say(line: std::fmt::Arguments<'_>) {
    let _ = std::io::stderr().lock().write_fmt(format_args!("{line}\n"));
}

#[derive(Serialize)]
struct Document<'a, T: Serialize> {
    schema: &'a str,
    exit: u8,
    error: Option<ErrorPart<'a>>,
    #[serde(flatten)]
    body: &'a T,
}

#[derive(Serialize)]
struct ErrorPart<'a> {
    code: &'a str,
    message: &'a str,
    hint: &'a str,
}
