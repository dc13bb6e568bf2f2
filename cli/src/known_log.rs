//! A log that a command asks or publishes to, and by whose word its key and its witnesses are known.

use std::path::Path;

use pinfold_core::checkpoint::Origin;
use pinfold_core::text::{visible, visible_path};
use pinfold_core::tlog_policy::{MAX_POLICY_BYTES, TlogPolicy};
use pinfold_log_client::{BaseUrl, LogClient};
use pinfold_verifier::trust::{Trust, TrustedLog};
use serde::Serialize;

use crate::exit::Exit;
use crate::home;
use crate::output::Problem;
use crate::own_file::{self, Writers};
use crate::trust_file;

/// By whose word a log's key and witnesses are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Basis {
    /// The person's trust file.
    Trust,
    /// A tlog-policy file that was named.
    PolicyFile,
    /// The log itself.
    OwnWord,
}

/// A log with its key, its witnesses and its quorum.
#[derive(Debug)]
pub(crate) struct KnownLog {
    pub(crate) client: LogClient,
    pub(crate) trusted: TrustedLog,
    pub(crate) basis: Basis,
}

/// What differs between those who look for a log.
pub(crate) struct Seeker<'a> {
    /// Which of the trusted logs is meant where none is named.
    pub(crate) usual: &'a dyn Fn(&Trust) -> Result<&TrustedLog, Problem>,
    /// Asks a log for its own policy.
    pub(crate) policy_of: &'a dyn Fn(&LogClient) -> Result<Vec<u8>, Problem>,
    /// An answer of a log that is none.
    pub(crate) garbage: &'a dyn Fn(String) -> Problem,
}

impl Seeker<'_> {
    /// The log that is meant: of a policy file, by the origin or URL of a trusted log, by a URL alone, or with neither the
    /// usual one. Opens a connection only for a log that is known by its URL alone.
    ///
    /// # Errors
    /// None is configured; a file cannot be read; or a log that is known by its URL alone does not say what it is.
    pub(crate) fn find(&self, log: Option<&str>, policy: Option<&Path>) -> Result<KnownLog, Problem> {
        if let Some(path) = policy {
            let bytes = own_file::read(path, MAX_POLICY_BYTES, Writers::Owner).map_err(|fault| {
                Problem::new(
                    Exit::Undetermined,
                    "POLICY_UNREADABLE",
                    fault.to_string(),
                    "name a tlog-policy that only you can write",
                )
            })?;
            return self.of_policy(&bytes, log, Basis::PolicyFile, &visible_path(path));
        }
        let trust = trust_file::own(&home::places()?).map_err(|fault| fault.problem())?.trust;
        let Some(text) = log else { return of_trust((self.usual)(&trust)?) };
        if let Some(log) = named(&trust, text) {
            return of_trust(log);
        }
        let url = base_url(text)?;
        let bytes = (self.policy_of)(&LogClient::new(&url))?;
        self.of_policy(&bytes, Some(text), Basis::OwnWord, &url.join("/policy"))
    }

    fn of_policy(
        &self,
        bytes: &[u8],
        url: Option<&str>,
        basis: Basis,
        from: &str,
    ) -> Result<KnownLog, Problem> {
        let bad = |message: String| match basis {
            Basis::OwnWord => (self.garbage)(format!("{from}: {message}")),
            _ => Problem::new(
                Exit::Usage,
                "POLICY_INVALID",
                format!("{from}: {message}"),
                "a tlog-policy has one `log` line, `witness` lines and a `quorum` line",
            ),
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
        // A trust file takes fewer addresses than may be asked: one that it does not take is left out.
        let kept = client.base().as_str().parse().ok();
        let text = String::from_utf8_lossy(bytes);
        let trusted =
            TrustedLog::new(origin, kept, &text).map_err(|error| bad(visible(&error.to_string())))?;
        Ok(KnownLog { client, trusted, basis })
    }
}

impl KnownLog {
    /// Its origin.
    pub(crate) fn origin(&self) -> &Origin {
        self.trusted.origin()
    }

    /// Its key, its witnesses and their quorum.
    pub(crate) fn policy(&self) -> &TlogPolicy {
        self.trusted.policy()
    }
}

/// The only log of a trust.
///
/// # Errors
/// There is none, for which the caller has the words; or there are several, and none `of` what is asked.
pub(crate) fn only<'t>(
    trust: &'t Trust,
    of: &str,
    none: impl FnOnce() -> Problem,
) -> Result<&'t TrustedLog, Problem> {
    let mut logs = trust.logs();
    match (logs.next(), logs.next()) {
        (Some(log), None) => Ok(log),
        (None, _) => Err(none()),
        (Some(_), Some(_)) => {
            let origins: Vec<&str> = trust.logs().map(|log| log.origin().as_str()).collect();
            Err(Problem::new(
                Exit::Usage,
                "LOG_NOT_CONFIGURED",
                format!("several logs are trusted{of}: {}", origins.join(", ")),
                "name one with `--log ORIGIN`",
            ))
        }
    }
}

fn named<'t>(trust: &'t Trust, text: &str) -> Option<&'t TrustedLog> {
    let plain = text.trim_end_matches('/');
    let is_it = |log: &&TrustedLog| {
        log.origin().as_str() == text || log.url().is_some_and(|url| url.as_str() == plain)
    };
    trust.logs().find(is_it)
}

/// A trusted log, to be asked.
///
/// # Errors
/// The trust file has no URL for it.
pub(crate) fn of_trust(log: &TrustedLog) -> Result<KnownLog, Problem> {
    let url = log.url().ok_or_else(|| {
        Problem::new(
            Exit::Usage,
            "LOG_NOT_CONFIGURED",
            format!("the trust file has no URL for the log {}", log.origin()),
            "add `url` to its section in ~/.config/pinfold/trust.toml",
        )
    })?;
    let client = LogClient::new(&base_url(url.as_str())?);
    Ok(KnownLog { client, trusted: log.clone(), basis: Basis::Trust })
}

fn base_url(text: &str) -> Result<BaseUrl, Problem> {
    text.parse().map_err(|error| bad_url(text, &format!("{error}")))
}

/// A text that is no address of a log.
pub(crate) fn bad_url(text: &str, why: &str) -> Problem {
    Problem::new(
        Exit::Usage,
        "LOG_URL_INVALID",
        format!("`{}` is no address of a log: {why}", visible(text)),
        "a log is named by its URL, such as https://log.example, or by the origin of a trusted log",
    )
}
