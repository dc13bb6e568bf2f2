//! What went wrong with a log, in the two lines of a problem.

use pinfold_core::checkpoint::Origin;
use pinfold_core::text::visible;
use pinfold_log_client::{FetchError, HeadError, LogError};

use crate::exit::Exit;
use crate::output::Problem;

/// What to do about a certificate that is not believed.
pub(crate) const CERTIFICATE_HINT: &str = "check the URL and this machine's clock; else somebody stands between you and \
                                           the log, or its operator let the certificate run out. Nothing was changed";

/// A log that gave no answer, or none that can be used.
pub(crate) fn unreachable(error: &LogError) -> Problem {
    let (code, hint) = match error {
        LogError::Busy { .. } => (
            "LOG_UNREACHABLE",
            "the log has no place for this now, or does not publish yet: run the command again later; nothing was changed",
        ),
        LogError::Fetch(FetchError::Unreachable { .. } | FetchError::TimedOut { .. }) => (
            "LOG_UNREACHABLE",
            "check the URL and the connection, then run the command again; nothing was changed",
        ),
        LogError::Fetch(FetchError::Certificate { .. }) => ("LOG_CERTIFICATE", CERTIFICATE_HINT),
        LogError::NotFound { .. } => {
            ("LOG_ANSWER", "check that this is the URL of a log, and what was asked of it")
        }
        _ => ("LOG_ANSWER", "this is not how a log answers; check the URL, or ask its operator"),
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

/// A tree that could not be read from tiles: of no answer, or of tiles that are not the tree's.
pub(super) fn tiles_failed(origin: &Origin, error: &dyn std::error::Error) -> Problem {
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
