//! Submitting, and asking again where the log is busy.

use pinfold_core::entry::Entry;
use pinfold_core::manifest::Manifest;
use pinfold_log_client::SubmitError;

use super::log::{TRIES, no_answer, pause};
use crate::exit::Exit;
use crate::known_log::KnownLog;
use crate::output::{Output, Problem};

/// What the log says to an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is in the log at this index; of the same entry sent before, at that one's.
    Logged(u64),
    /// The log's rules refuse it.
    Refused {
        /// The name of the refusal.
        name: String,
        /// The log's words, made visible.
        message: String,
        /// The entry that stands in the way.
        index: Option<u64>,
    },
}

impl Outcome {
    /// The index, or the refusal as a problem.
    ///
    /// # Errors
    /// The refusal.
    pub(crate) fn accepted(self) -> Result<u64, Problem> {
        match self {
            Outcome::Logged(index) => Ok(index),
            Outcome::Refused { name, message, index } => Err(Problem::new(
                Exit::Refused,
                name.clone(),
                format!("the log refuses it ({name}): {message}"),
                match index {
                    Some(index) => {
                        format!("entry {index} stands in the way; `pinfold log show {index}` shows it")
                    }
                    None => "nothing was published".to_owned(),
                },
            )),
        }
    }
}

/// Sends an entry, with the words of a release.
///
/// # Errors
/// No usable answer, or the log stays busy. Sending the same again later gives the same index.
pub(crate) fn submit(
    log: &KnownLog,
    entry: &Entry,
    manifest: Option<&Manifest>,
    output: &mut Output<'_>,
) -> Result<Outcome, Problem> {
    let mut left = TRIES;
    loop {
        left -= 1;
        match log.client.submit(entry.as_bytes(), manifest.map(Manifest::as_bytes)) {
            Ok(submitted) => return Ok(Outcome::Logged(submitted.index)),
            Err(SubmitError::Refused { refusal, message, index }) => {
                return Ok(Outcome::Refused { name: refusal, message, index });
            }
            Err(SubmitError::Busy { retry_after_seconds }) if left > 0 => {
                let pause = pause(retry_after_seconds);
                output.note(format!(
                    "the log is busy; asking again in {} s ({left} times at most)",
                    pause.as_secs()
                ));
                std::thread::sleep(pause);
            }
            Err(SubmitError::Busy { .. }) => {
                return Err(Problem::new(
                    Exit::Undetermined,
                    "LOG_BUSY",
                    "the log stays busy",
                    "run the same command again later; it gives the same entry",
                ));
            }
            Err(SubmitError::Unknown(error)) => {
                let mut problem = no_answer(&error);
                problem.hint =
                    "it may be in the log all the same: run the same command again, it gives the same entry and index"
                        .to_owned();
                return Err(problem);
            }
        }
    }
}
