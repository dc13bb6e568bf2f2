//! What a command writes: lines for people, or with `--json` one document, never both on one stream.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::exit::Exit;

/// Why a command did not do what it was asked, in two lines for a person and a name for a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The exit status that goes with it.
    pub exit: Exit,
    /// A stable name: a reason code of the catalogue, or one of the names in `spec/command-line.md`.
    pub code: String,
    /// What happened; one line, our words only, foreign names made visible.
    pub message: String,
    /// What to do about it; one line.
    pub hint: String,
}

impl Problem {
    /// Puts the four parts together.
    pub fn new(
        exit: Exit,
        code: impl Into<String>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Problem {
        Problem { exit, code: code.into(), message: message.into(), hint: hint.into() }
    }

    /// The terminal of a question went away; `outcome` says what of the question came about.
    pub(crate) fn terminal_lost(error: &io::Error, outcome: &str) -> Problem {
        Problem::new(
            Exit::Undetermined,
            "TERMINAL_LOST",
            format!("the terminal went away: {error}; {outcome}"),
            "run the same command again in another terminal",
        )
    }

    /// The signals that end a command in order cannot be watched; nothing was started.
    pub(crate) fn signals_unwatched(error: &io::Error) -> Problem {
        Problem::new(
            Exit::Undetermined,
            "START_FAILED",
            format!("signals cannot be watched: {error}"),
            "look at the limits of this process",
        )
    }
}

/// Where a command's words go. Lines for people reach stdout only without `--json`; the document only with it.
pub struct Output<'a> {
    json: bool,
    colour: bool,
    out: Box<dyn Write + 'a>,
    err: Box<dyn Write + 'a>,
    broken: Option<io::Error>,
}

impl Output<'static> {
    /// The process's own streams. Colour: only where stdout is a terminal and neither `NO_COLOR` nor `TERM=dumb` says no.
    pub fn of_process(json: bool) -> Output<'static> {
        let colour = !json && io::stdout().is_terminal() && colour_wanted(|name| std::env::var_os(name));
        Output { json, colour, out: Box::new(io::stdout().lock()), err: Box::new(io::stderr()), broken: None }
    }
}

impl<'a> Output<'a> {
    /// Streams of the caller's choice, without colour; for tests and for embedding.
    pub fn to(json: bool, out: impl Write + 'a, err: impl Write + 'a) -> Output<'a> {
        Output { json, colour: false, out: Box::new(out), err: Box::new(err), broken: None }
    }

    /// Whether the caller asked for a document.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// One line for a person on stdout; nothing with `--json`.
    pub fn line(&mut self, text: impl AsRef<str>) {
        if !self.json {
            let result = writeln!(self.out, "{}", text.as_ref());
            self.keep_first_failure(result);
        }
    }

    /// A heading: bold where colour is on.
    pub fn heading(&mut self, text: impl AsRef<str>) {
        if self.colour {
            self.line(format!("\x1b[1m{}\x1b[0m", text.as_ref()));
        } else {
            self.line(text);
        }
    }

    /// Bytes as they are on stdout (a completion script); nothing with `--json`.
    pub fn raw(&mut self, bytes: &[u8]) {
        if !self.json {
            let result = self.out.write_all(bytes);
            self.keep_first_failure(result);
        }
    }

    /// One JSON line on stdout in both forms, for commands that go on; false: nobody reads it any more.
    pub fn json_line<T: Serialize>(&mut self, line: &T) -> bool {
        let mut text = serde_json::to_vec(line).unwrap_or_default();
        text.push(b'\n');
        let written = self.out.write_all(&text).and_then(|()| self.out.flush());
        let is_read = written.is_ok();
        self.keep_first_failure(written);
        is_read
    }

    /// The end of a command that printed lines of its own: the problem on stderr, and the exit status.
    pub fn ended(&mut self, exit: Exit, problem: Option<&Problem>) -> Exit {
        if let Some(problem) = problem {
            self.problem(problem);
        }
        match self.broken.take() {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Exit::Undetermined,
            _ => problem.map_or(exit, |problem| problem.exit),
        }
    }

    /// Progress and warnings, on stderr in both forms. A stderr that cannot be written is not a failure.
    pub fn note(&mut self, text: impl AsRef<str>) {
        let _ = writeln!(self.err, "{}", text.as_ref());
    }

    /// Ends a command: the problem on stderr, with `--json` the document on stdout, and the exit status.
    ///
    /// `body`'s members stand beside `schema`, `exit` and `error`; on failure it is whatever was known until then, so
    /// the document has one shape. A stdout that could not be written turns *done* into *undetermined*.
    pub fn finish<T: Serialize>(
        &mut self,
        schema: &'static str,
        body: &T,
        exit: Exit,
        problem: Option<&Problem>,
    ) -> Exit {
        if let Some(problem) = problem {
            self.problem(problem);
        }
        let exit = problem.map_or(exit, |p| p.exit);
        if self.json {
            let error = problem.map(|p| ErrorPart { code: &p.code, message: &p.message, hint: &p.hint });
            let document = Document { schema, exit: exit.code(), error, body };
            let written = serde_json::to_writer_pretty(&mut self.out, &document).map_err(io::Error::from);
            let ended = self.out.write_all(b"\n");
            self.keep_first_failure(written.and(ended));
        }
        let flushed = self.out.flush();
        self.keep_first_failure(flushed);
        match self.broken.take() {
            // A reader that closed its end (`| head`) has what it wanted.
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                let room = "make room, or send the output to a place that can be written";
                let hint = match problem {
                    None => format!("all else is done; {room}"),
                    Some(_) => room.to_owned(),
                };
                let message = format!("the output could not be written: {error}");
                self.problem(&Problem::new(Exit::Undetermined, "OUTPUT_FAILED", message, hint));
                Exit::Undetermined
            }
            _ => exit,
        }
    }

    /// [`Output::finish`] with what became of a command.
    pub fn end<T: Serialize>(&mut self, schema: &'static str, body: &T, done: Result<Exit, Problem>) -> Exit {
        match done {
            Ok(exit) => self.finish(schema, body, exit, None),
            Err(problem) => self.finish(schema, body, problem.exit, Some(&problem)),
        }
    }

    /// The two lines of a problem on stderr.
    pub fn problem(&mut self, problem: &Problem) {
        self.note(format!("error: {}", problem.message));
        if !problem.hint.is_empty() {
            self.note(format!("hint: {}", problem.hint));
        }
    }

    fn keep_first_failure(&mut self, result: io::Result<()>) {
        if let Err(error) = result
            && self.broken.is_none()
        {
            self.broken = Some(error);
        }
    }
}

/// Whether the environment allows colour on a terminal (<https://no-color.org>: set and not empty means no).
pub(crate) fn colour_wanted(variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> bool {
    let no_color = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = variable("TERM").is_none_or(|value| value == "dumb" || value.is_empty());
    !no_color && !dumb
}

/// `1 release`, `2 releases`; the plural has an `s`.
pub(crate) fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[derive(Serialize)]
struct Document<'a, T: Serialize> {
    schema: &'static str,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Body {
        items: Vec<String>,
    }

    fn finish(json: bool, problem: Option<&Problem>) -> (String, String, Exit) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let exit = {
            let mut output = Output::to(json, &mut out, &mut err);
            output.line("for people");
            output.finish("pinfold/test/v1", &Body { items: vec![] }, Exit::Done, problem)
        };
        (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap(), exit)
    }

    #[test]
    fn json_is_one_document_of_one_shape_in_success_and_failure() {
        let problem = Problem::new(Exit::Refused, "DESC_CHANGED", "it changed", "look at it");
        let (good, _, exit) = finish(true, None);
        assert_eq!(exit, Exit::Done);
        let (bad, err, exit) = finish(true, Some(&problem));
        assert_eq!(exit, Exit::Refused);
        assert_eq!(err, "error: it changed\nhint: look at it\n");
        let keys = |text: &str| {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            value.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(keys(&good), keys(&bad));
        assert!(good.starts_with("{\n  \"schema\": \"pinfold/test/v1\",\n  \"exit\": 0,\n  \"error\": null"));
        assert!(!good.contains("for people"));
    }

    #[test]
    fn people_get_lines_and_no_document() {
        let (out, err, _) = finish(false, None);
        assert_eq!((out.as_str(), err.as_str()), ("for people\n", ""));
    }

    #[test]
    fn a_full_output_is_undetermined_and_a_closed_one_is_not() {
        struct Failing(io::ErrorKind);
        impl Write for Failing {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(self.0.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for (kind, expected) in
            [(io::ErrorKind::StorageFull, Exit::Undetermined), (io::ErrorKind::BrokenPipe, Exit::Done)]
        {
            let mut err = Vec::new();
            let exit = Output::to(true, Failing(kind), &mut err).finish(
                "pinfold/test/v1",
                &Body { items: vec![] },
                Exit::Done,
                None,
            );
            assert_eq!(exit, expected);
            assert_eq!(err.is_empty(), expected == Exit::Done);
        }
    }

    #[test]
    fn colour_obeys_no_color_and_dumb_terminals() {
        let with = |pairs: &'static [(&str, &str)]| {
            colour_wanted(move |name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| v.into()))
        };
        assert!(with(&[("TERM", "xterm")]));
        assert!(with(&[("TERM", "xterm"), ("NO_COLOR", "")]));
        assert!(!with(&[("TERM", "xterm"), ("NO_COLOR", "1")]));
        assert!(!with(&[("TERM", "dumb")]));
        assert!(!with(&[]));
    }
}
