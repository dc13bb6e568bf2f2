//! Why a server was not captured, each as two lines for a person.

use std::io;

use pinfold_core::digest::ObjectKind;
use pinfold_core::reason::ReasonCode;
use pinfold_gate::gate::ReportedObject;
use pinfold_gate::guardian::ServerExit;

use super::stability::Unstable;
use crate::elsewhere;
use crate::exit::Exit;
use crate::output::Problem;

/// Why nothing was captured.
#[derive(Debug)]
pub(crate) enum CaptureRefusal {
    /// A pipe could not be had.
    Pipe(io::Error),
    /// The program could not be run: the system's error number.
    NotStarted(i32),
    /// Its guardian could not be started.
    Guardian(String),
    /// A signal ended the command.
    Interrupted,
    /// No handshake, or no listing, in time.
    Silent,
    /// A line longer than any that is read.
    LineTooLong,
    /// The server ended by itself.
    Ended {
        /// How.
        exit: ServerExit,
        /// It had not completed the handshake.
        early: bool,
    },
    /// The handshake breaks a rule.
    Handshake(ReasonCode),
    /// A whole listing breaks a rule.
    Listing(ObjectKind, ReasonCode),
    /// A listing was answered with an error, or not in time.
    NoListing(ObjectKind, ReasonCode),
    /// The server breaks a rule as a whole.
    Whole(ReasonCode),
    /// An object breaks a rule, or stands beside one that looks like it.
    Object(Box<ReportedObject>),
    /// Two processes with the same capabilities said two things.
    Unstable(Vec<Unstable>),
}

impl CaptureRefusal {
    /// What differs between two processes, if that is the reason.
    pub(crate) fn unstable(&self) -> &[Unstable] {
        match self {
            CaptureRefusal::Unstable(differences) => differences,
            _ => &[],
        }
    }

    /// The two lines.
    pub(crate) fn problem(&self) -> Problem {
        let (exit, code, message, hint) = match self {
            CaptureRefusal::Pipe(error) => (
                Exit::Undetermined,
                "START_FAILED",
                format!("no pipe for the server could be had: {error}"),
                "look at the limits of this process".to_owned(),
            ),
            CaptureRefusal::NotStarted(errno) => (
                Exit::Undetermined,
                "START_FAILED",
                format!("the server could not be started: {}", io::Error::from_raw_os_error(*errno)),
                "correct the command behind `--`".to_owned(),
            ),
            CaptureRefusal::Guardian(words) => (
                Exit::Undetermined,
                "START_FAILED",
                pinfold_core::text::visible(words),
                "look at the limits of this process".to_owned(),
            ),
            CaptureRefusal::Interrupted => (
                Exit::Refused,
                "INTERRUPTED",
                "interrupted; the server was ended and nothing was written".to_owned(),
                "run the command again".to_owned(),
            ),
            CaptureRefusal::Silent => (
                Exit::Undetermined,
                ReasonCode::ServerSilent.as_str(),
                "the server did not answer in time".to_owned(),
                "start it by hand: it must answer `initialize` and its listings on standard output"
                    .to_owned(),
            ),
            CaptureRefusal::LineTooLong => (
                Exit::Refused,
                ReasonCode::LimitBytes.as_str(),
                "the server wrote a line longer than any that is read".to_owned(),
                "users' gates would end the session too".to_owned(),
            ),
            CaptureRefusal::Ended { exit, early } => (
                Exit::Undetermined,
                ReasonCode::ServerEnded.as_str(),
                format!("the server {exit}{}", if *early { " before its handshake" } else { "" }),
                "its own words are above, on standard error; variables that it needs are named with `--env`"
                    .to_owned(),
            ),
            CaptureRefusal::Handshake(reason) => (
                Exit::Refused,
                reason.as_str(),
                format!("the server's handshake breaks a rule: {}", reason.meaning()),
                "users' gates would hold the server; correct it and capture again".to_owned(),
            ),
            CaptureRefusal::Listing(kind, reason) => (
                Exit::Refused,
                reason.as_str(),
                format!("the listing of {kind}s breaks a rule: {}", reason.meaning()),
                "users' gates would hold it; correct the server and capture again".to_owned(),
            ),
            CaptureRefusal::NoListing(kind, reason) => (
                Exit::Undetermined,
                reason.as_str(),
                match reason {
                    ReasonCode::ServerSilent => format!("the server did not list its {kind}s in time"),
                    _ => format!("the server answered the question for its {kind}s with an error"),
                },
                "look at its own messages and at what it needs, such as a service or a variable".to_owned(),
            ),
            CaptureRefusal::Whole(reason) => (
                Exit::Refused,
                reason.as_str(),
                format!("the server breaks a rule: {}", reason.meaning()),
                "users' gates would hold the server; correct it and capture again".to_owned(),
            ),
            CaptureRefusal::Object(object) => return object_problem(object),
            CaptureRefusal::Unstable(differences) => unstable_problem(differences),
        };
        Problem::new(exit, code, message, hint)
    }
}

fn object_problem(object: &ReportedObject) -> Problem {
    let what = match &object.fault {
        Some(fault) => pinfold_core::text::visible(fault),
        None => object.reason.meaning().to_owned(),
    };
    let place = match object.pointer.as_str() {
        "" => String::new(),
        pointer => format!(" at {}", elsewhere::pointer(pointer)),
    };
    Problem::new(
        Exit::Refused,
        object.reason.as_str(),
        format!("{} {}{place}: {what}", object.kind, elsewhere::name(&object.name)),
        "users' gates would hold it whatever was signed; correct the server and capture again",
    )
}

fn unstable_problem(differences: &[Unstable]) -> (Exit, &'static str, String, String) {
    const NAMED: usize = 8;
    let mut named: Vec<String> = differences.iter().take(NAMED).map(Unstable::to_string).collect();
    if differences.len() > NAMED {
        named.push(format!("and {} more", differences.len() - NAMED));
    }
    (
        Exit::Refused,
        ReasonCode::ListUnstable.as_str(),
        format!("two processes of the server said two things: {}", named.join("; ")),
        "make the listing the same at every start: no clocks, random values or unordered sets in it"
            .to_owned(),
    )
}
