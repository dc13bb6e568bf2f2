//! What went wrong with a log, in the two lines of a problem.

use std::fmt::Display;

use pinfold_core::checkpoint::Origin;
use pinfold_core::merkle::{ProofError, ProveError, TileError};
use pinfold_core::text::visible;
use pinfold_log_client::{FetchError, HeadError, LogError};

use crate::exit::Exit;
use crate::output::Problem;

/// What is so where nothing was done before the log failed.
const UNCHANGED: &str = "nothing was changed";

/// What to do about a certificate that is not believed, and what is so.
pub(crate) fn certificate_hint(so: &str) -> String {
    format!(
        "check the URL and this machine's clock; else somebody stands between you and the log, or its operator let the \
         certificate run out; {so}"
    )
}

/// A log that gave no answer, or none that can be used.
pub(crate) fn unreachable(error: &LogError) -> Problem {
    unanswered(error, UNCHANGED)
}

/// The same after something was done: what is so now.
fn unanswered(error: &LogError, so: &str) -> Problem {
    let (code, hint) = match error {
        LogError::Busy { .. } => (
            "LOG_UNREACHABLE",
            format!(
                "the log has no place for this now, or does not publish yet: run the command again later; {so}"
            ),
        ),
        LogError::Fetch(FetchError::Unreachable { .. } | FetchError::TimedOut { .. }) => {
            ("LOG_UNREACHABLE", format!("check the URL and the connection, then run the command again; {so}"))
        }
        LogError::Fetch(FetchError::Certificate { .. }) => ("LOG_CERTIFICATE", certificate_hint(so)),
        LogError::NotFound { .. } => {
            ("LOG_ANSWER", "check that this is the URL of a log, and what was asked of it".to_owned())
        }
        _ => ("LOG_ANSWER", "this is not how a log answers; check the URL, or ask its operator".to_owned()),
    };
    Problem::new(Exit::Undetermined, code, visible(&error.to_string()), hint)
}

/// An answer that is not what it must be.
pub(crate) fn garbage(message: impl Into<String>) -> Problem {
    Problem::new(
        Exit::Undetermined,
        "LOG_ANSWER",
        message,
        "this is not how a log answers; check the URL, or ask its operator",
    )
}

/// Why a tree could not be read from tiles, or says something else than it must.
pub(super) trait TreeFault: Display {
    /// Where nobody gave an answer that could be one of the log's: what was in the way.
    fn unanswered(&self) -> Option<&LogError> {
        None
    }
}

impl TreeFault for TileError<LogError> {
    fn unanswered(&self) -> Option<&LogError> {
        let TileError::Source { error, .. } = self else { return None };
        let nobody = matches!(
            error,
            LogError::Busy { .. }
                | LogError::Fetch(
                    FetchError::Unreachable { .. }
                        | FetchError::TimedOut { .. }
                        | FetchError::Certificate { .. }
                )
        );
        nobody.then_some(error)
    }
}

impl TreeFault for ProveError<TileError<LogError>> {
    fn unanswered(&self) -> Option<&LogError> {
        if let ProveError::Read(error) = self { error.unanswered() } else { None }
    }
}

impl TreeFault for ProofError {}

/// A tree that could not be read from tiles: of no answer, or of tiles that are not the tree's.
pub(super) fn tiles_failed(origin: &Origin, error: &impl TreeFault) -> Problem {
    tiles_failed_after(origin, error, UNCHANGED)
}

/// The same after something was done: what is so now.
pub(super) fn tiles_failed_after(origin: &Origin, error: &impl TreeFault, so: &str) -> Problem {
    if let Some(error) = error.unanswered() {
        return unanswered(error, so);
    }
    Problem::new(
        Exit::Undetermined,
        "LOG_ANSWER",
        format!("the tiles of {origin} do not give the tree that it signed: {}", visible(&error.to_string())),
        "run the command again; if it stays so, the log or something before it serves wrong tiles",
    )
}

/// A head that is not to be relied on.
pub(super) fn untrusted(origin: &Origin, error: &HeadError) -> Problem {
    let (exit, code, hint) = match error {
        HeadError::Quorum { .. } => {
            (Exit::Refused, "WITNESS_QUORUM", "wait for the log to be witnessed, or look at its policy")
        }
        HeadError::Unreadable(_) => (
            Exit::Undetermined,
            "LOG_ANSWER",
            "this is not how a log answers; check the URL, or ask its operator",
        ),
        _ => (
            Exit::Refused,
            "LOG_UNTRUSTED",
            "another log answers at this URL, or its key is another than the one that is trusted",
        ),
    };
    Problem::new(exit, code, format!("{origin}: {}", visible(&error.to_string())), hint)
}
