//! The log that is published to, and what is said when it gives no usable answer.

use std::time::Duration;

use pinfold_core::registry_name::Namespace;
use pinfold_core::text::visible;
use pinfold_log_client::{FetchError, LogError};
use pinfold_verifier::trust::{LogUrl, Trust, TrustedLog};

use crate::args::ToLog;
use crate::commands::log::certificate_hint;
use crate::exit::Exit;
use crate::known_log::{Basis, KnownLog, Seeker, bad_url, only};
use crate::output::Problem;

/// How often a busy log is asked.
pub(super) const TRIES: u32 = 6;
/// The longest pause between two of them, whatever the log asks for.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// The pause where the log names none.
const PAUSE: Duration = Duration::from_secs(2);

/// The log that the arguments mean. With neither a policy file nor a name it is the one that the trust file has for the
/// namespace, or its only one.
///
/// # Errors
/// As [`Seeker::find`]; and an address that a trust file would not take, because users are to trust this log.
pub(crate) fn choose(args: &ToLog, namespace: &Namespace) -> Result<KnownLog, Problem> {
    let seeker = Seeker {
        usual: &|trust| usual(trust, namespace),
        policy_of: &|client| {
            let client = client.clone().asked_once();
            patiently(|| client.policy()).map_err(|error| no_answer(&error))
        },
        garbage: &garbage,
    };
    let mut log = seeker.find(args.log.as_deref(), args.policy.as_deref())?;
    // `patiently` does the waiting.
    log.client = log.client.asked_once();
    let url = log.client.base().as_str();
    url.parse::<LogUrl>().map_err(|error| bad_url(url, &format!("{error}")))?;
    Ok(log)
}

/// The log in which the namespace's claim stands, else the only one.
fn usual<'t>(trust: &'t Trust, namespace: &Namespace) -> Result<&'t TrustedLog, Problem> {
    if let Some(log) = trust.claim(namespace).and_then(|claim| trust.log(&claim.log)) {
        return Ok(log);
    }
    only(trust, &format!(" and none for {}", namespace.as_str()), || {
        Problem::new(
            Exit::Usage,
            "LOG_NOT_CONFIGURED",
            "no log is configured, so there is nowhere to publish to",
            "name one: run the same command again with `--log URL`; after that `pinfold policy trust` keeps it",
        )
    })
}

/// Asks again, within bounds, while the log is busy: it may have been started this moment.
///
/// # Errors
/// Any other failure, or the log stays busy.
pub(crate) fn patiently<T>(mut ask: impl FnMut() -> Result<T, LogError>) -> Result<T, LogError> {
    for _ in 1..TRIES {
        match ask() {
            Err(LogError::Busy { retry_after_seconds, .. }) => std::thread::sleep(pause(retry_after_seconds)),
            answer => return answer,
        }
    }
    ask()
}

/// How long to wait for a busy log.
pub(super) fn pause(retry_after_seconds: Option<u64>) -> Duration {
    retry_after_seconds.map_or(PAUSE, Duration::from_secs).min(LONGEST_PAUSE)
}

/// A log that gave no usable answer.
pub(crate) fn no_answer(error: &LogError) -> Problem {
    let code = match error {
        LogError::Garbage { .. } => "LOG_GARBAGE",
        LogError::Fetch(FetchError::Certificate { .. }) => "LOG_CERTIFICATE",
        _ => "LOG_UNAVAILABLE",
    };
    let hint = match error {
        LogError::Busy { .. } => "nothing was written; run the same command again later".to_owned(),
        LogError::Fetch(FetchError::Certificate { .. }) => certificate_hint("nothing was written"),
        _ => "nothing was written; look at the address and run the same command again".to_owned(),
    };
    let message = format!("the log gave no usable answer: {}", visible(&error.to_string()));
    Problem::new(Exit::Undetermined, code, message, hint)
}

/// What failed after the log took an entry: that it is there is said with it.
pub(crate) fn after_logging(mut problem: Problem, log: &KnownLog, what: &str, index: u64) -> Problem {
    let again = "run the same command again: it gives the same entry";
    problem.hint = match problem.exit {
        Exit::Refused => format!("{}; the {what} is in {}, entry {index}", problem.hint, log.origin()),
        _ => format!("the {what} is in {} all the same, entry {index}; {again}", log.origin()),
    };
    problem
}

/// A log that answered with something that cannot be.
pub(crate) fn garbage(message: String) -> Problem {
    Problem::new(
        Exit::Undetermined,
        "LOG_GARBAGE",
        message,
        "that is no log, or a broken one; look at the address. Nothing was written",
    )
}

/// A log that nobody knows is no log for somebody who is not asked.
///
/// # Errors
/// `--yes` was said, and the log's key is its own word.
pub(crate) fn refuse_own_word(log: &KnownLog, is_yes: bool) -> Result<(), Problem> {
    if log.basis == Basis::OwnWord && is_yes {
        return Err(Problem::new(
            Exit::Waits,
            "LOG_NOT_TRUSTED",
            format!("nobody trusts {} yet, and `--yes` is no answer to that", log.origin()),
            format!(
                "look at {}/policy, keep it as a file, and name it with `--policy FILE`",
                log.client.base().as_str()
            ),
        ));
    }
    Ok(())
}
