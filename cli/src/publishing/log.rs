//! Which log is published to, and by whose word its key is known.

use std::time::Duration;

use pinfold_core::checkpoint::Origin;
use pinfold_core::registry_name::Namespace;
use pinfold_core::text::{visible, visible_path};
use pinfold_core::tlog_policy::{MAX_POLICY_BYTES, TlogPolicy};
use pinfold_log_client::{BaseUrl, LogClient, LogError};
use pinfold_verifier::trust::{LogUrl, Trust, TrustedLog};

use crate::args::ToLog;
use crate::exit::Exit;
use crate::home;
use crate::output::Problem;
use crate::own_file::{self, Writers};
use crate::trust_file;

/// How often a busy log is asked.
pub(super) const TRIES: u32 = 6;
/// The longest pause between two of them, whatever the log asks for.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// The pause where the log names none.
const PAUSE: Duration = Duration::from_secs(2);

/// A log that is published to.
#[derive(Debug)]
pub(crate) struct PublisherLog {
    pub(crate) client: LogClient,
    /// Key, witnesses and quorum, as a verifier would believe them.
    pub(crate) trusted: TrustedLog,
    /// Its key is its own word: a person has to say yes to it.
    pub(crate) is_own_word: bool,
}

impl PublisherLog {
    /// The log that the arguments mean: of a policy file, by the origin or URL of a trusted log, by a URL alone, or, with
    /// neither, the one that the trust file has for the namespace, or its only one.
    ///
    /// # Errors
    /// None is configured; a file cannot be read; or a log that is known by its URL alone does not say what it is.
    pub(crate) fn choose(args: &ToLog, namespace: &Namespace) -> Result<PublisherLog, Problem> {
        if let Some(path) = &args.policy {
            let bytes = own_file::read(path, MAX_POLICY_BYTES, Writers::Owner).map_err(|fault| {
                Problem::new(
                    Exit::Undetermined,
                    "POLICY_UNREADABLE",
                    fault.to_string(),
                    "name a tlog-policy that only you can write",
                )
            })?;
            return of_policy(&bytes, args.log.as_deref(), false, &visible_path(path));
        }
        let trust = trust_file::own(&home::places()?).map_err(|fault| fault.problem())?.trust;
        match &args.log {
            None => of_trust(usual(&trust, namespace)?),
            Some(text) => match named(&trust, text) {
                Some(log) => of_trust(log),
                None => of_own_word(text),
            },
        }
    }

    /// Its origin.
    pub(crate) fn origin(&self) -> &Origin {
        self.trusted.origin()
    }
}

/// The log in which the namespace's claim stands, else the only one.
fn usual<'t>(trust: &'t Trust, namespace: &Namespace) -> Result<&'t TrustedLog, Problem> {
    if let Some(log) = trust.claim(namespace).and_then(|claim| trust.log(&claim.log)) {
        return Ok(log);
    }
    let mut logs = trust.logs();
    match (logs.next(), logs.next()) {
        (Some(log), None) => Ok(log),
        (None, _) => Err(Problem::new(
            Exit::Usage,
            "LOG_NOT_CONFIGURED",
            "no log is configured, so there is nowhere to publish to",
            "name one: run the same command again with `--log URL`; after that `pinfold policy trust` keeps it",
        )),
        (Some(_), Some(_)) => {
            let origins: Vec<&str> = trust.logs().map(|log| log.origin().as_str()).collect();
            Err(Problem::new(
                Exit::Usage,
                "LOG_NOT_CONFIGURED",
                format!(
                    "several logs are trusted and none for {}: {}",
                    namespace.as_str(),
                    origins.join(", ")
                ),
                "name one with `--log ORIGIN`",
            ))
        }
    }
}

fn named<'t>(trust: &'t Trust, text: &str) -> Option<&'t TrustedLog> {
    let plain = text.trim_end_matches('/');
    trust
        .logs()
        .find(|log| log.origin().as_str() == text || log.url().is_some_and(|url| url.as_str() == plain))
}

fn of_trust(log: &TrustedLog) -> Result<PublisherLog, Problem> {
    let url = log.url().ok_or_else(|| {
        Problem::new(
            Exit::Usage,
            "LOG_NOT_CONFIGURED",
            format!("the trust file has no URL for the log {}", log.origin()),
            "add `url` to its section in ~/.config/pinfold/trust.toml",
        )
    })?;
    let client = LogClient::new(&base_url(url.as_str())?);
    Ok(PublisherLog { client, trusted: log.clone(), is_own_word: false })
}

fn of_own_word(text: &str) -> Result<PublisherLog, Problem> {
    let url = base_url(text)?;
    let bytes = patiently(|| LogClient::new(&url).policy()).map_err(|error| no_answer(&error))?;
    of_policy(&bytes, Some(text), true, &format!("{}/policy", url.as_str()))
}

fn of_policy(
    bytes: &[u8],
    url: Option<&str>,
    is_own_word: bool,
    from: &str,
) -> Result<PublisherLog, Problem> {
    let bad = |message: String| {
        let message = format!("{from}: {message}");
        match is_own_word {
            true => garbage(message),
            false => Problem::new(
                Exit::Usage,
                "POLICY_INVALID",
                message,
                "a tlog-policy has one `log` line, `witness` lines and a `quorum` line",
            ),
        }
    };
    let policy = TlogPolicy::parse(bytes).map_err(|error| bad(visible(&error.to_string())))?;
    let [log] = policy.logs() else {
        return Err(bad(format!("it has {} `log` lines, and must have one", policy.logs().len())));
    };
    let name = log.key.name().as_str();
    let origin: Origin = name.parse().map_err(|_| bad(format!("{} is no origin", visible(name))))?;
    let url = url.or(log.url.as_deref()).ok_or_else(|| {
        Problem::new(
            Exit::Usage,
            "LOG_NOT_CONFIGURED",
            format!("{from} has no URL for the log {origin}"),
            "name it with `--log URL`",
        )
    })?;
    let client = LogClient::new(&base_url(url)?);
    let url: LogUrl = url.trim_end_matches('/').parse().map_err(|error| bad_url(url, &format!("{error}")))?;
    let text = String::from_utf8_lossy(bytes);
    let trusted =
        TrustedLog::new(origin, Some(url), &text).map_err(|error| bad(visible(&error.to_string())))?;
    Ok(PublisherLog { client, trusted, is_own_word })
}

fn base_url(text: &str) -> Result<BaseUrl, Problem> {
    text.parse().map_err(|error| bad_url(text, &format!("{error}")))
}

fn bad_url(text: &str, why: &str) -> Problem {
    Problem::new(
        Exit::Usage,
        "LOG_URL_INVALID",
        format!("`{}` is no address of a log: {why}", visible(text)),
        "a log is named by its URL, such as https://log.example, or by the origin of a trusted log",
    )
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
        _ => "LOG_UNAVAILABLE",
    };
    Problem::new(
        Exit::Undetermined,
        code,
        format!("the log gave no usable answer: {}", visible(&error.to_string())),
        "nothing was written; look at the address and run the same command again",
    )
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
pub(crate) fn refuse_own_word(log: &PublisherLog, is_yes: bool) -> Result<(), Problem> {
    if log.is_own_word && is_yes {
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
