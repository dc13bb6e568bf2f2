//! Whom a person believes: logs with their witnesses, and which claim speaks for which namespace.
//!
//! Source: `spec/trust.md`. One file, strict TOML, one reader. Absent, unreadable and empty are three things: without a
//! file [`Trust::default`] holds, which believes nothing; an empty file lacks its version and is an error.

mod duration;
mod file;
mod url;
mod write;

use std::collections::BTreeMap;

use pinfold_core::checkpoint::Origin;
use pinfold_core::digest::Digest;
use pinfold_core::registry_name::Namespace;
use pinfold_core::tlog_policy::TlogPolicy;

pub use duration::{Duration, DurationError, MAX_DURATION_DAYS};
pub use url::{LogUrl, LogUrlError};

/// The longest trust file, in bytes. A thousand claims take about 170,000.
pub const MAX_TRUST_BYTES: usize = 1 << 20;

/// The most logs in one file.
pub const MAX_LOGS: usize = 32;

/// The most claims in one file.
pub const MAX_CLAIMS: usize = 4_096;

/// Elements of a claim's keyset history, at most.
pub const MAX_HISTORY: u64 = 512;

/// What was read. By default nothing and nobody is believed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trust {
    logs: BTreeMap<Origin, TrustedLog>,
    /// By the namespace in lower case.
    claims: BTreeMap<String, TrustedClaim>,
}

/// A log that is believed, as far as its witnesses say so.
#[derive(Debug, Clone, PartialEq)]
pub struct TrustedLog {
    origin: Origin,
    url: Option<LogUrl>,
    policy: TlogPolicy,
    policy_text: String,
    max_age: Duration,
    grace: Duration,
}

/// Who speaks for a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedClaim {
    /// The namespace, as it was spelled.
    pub namespace: Namespace,
    /// The log that the claim stands in.
    pub log: Origin,
    /// Plain SHA-256 of the claim's first keyset.
    pub claim: Digest,
    /// How many elements of the claim's keyset history the person was shown, 1 to [`MAX_HISTORY`].
    pub history: u64,
}

/// Why a trust file is not one, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct TrustError {
    /// Which rule it breaks.
    pub refusal: TrustRefusal,
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// What is wrong, one line. May quote the file, made visible.
    pub message: String,
}

/// The rule that a trust file, a log or a claim breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrustRefusal {
    /// More than [`MAX_TRUST_BYTES`], [`MAX_LOGS`] or [`MAX_CLAIMS`].
    Size,
    /// It is no TOML, lacks a member, or has a section, a member or a value that is not listed.
    Format,
    /// A version other than 1.
    Version,
    /// The origin is no bare host name.
    Origin,
    /// The address is none that a log may have.
    Url,
    /// The policy is none.
    Policy,
    /// The policy has not one log, or its key has another name than the origin.
    PolicyLog,
    /// A duration without a unit, or out of bounds.
    Duration,
    /// Two logs of one origin.
    LogTwice,
    /// The namespace is none.
    Namespace,
    /// The claim's log is not one of the file.
    ClaimLog,
    /// The claim is no digest.
    Claim,
    /// `history` is out of bounds.
    History,
    /// Two claims of one namespace; case does not count.
    NamespaceTwice,
}

/// Why a log or a claim cannot be added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AddError {
    /// Which rule would be broken.
    pub refusal: TrustRefusal,
    /// What is wrong, one line.
    pub message: String,
}

impl Trust {
    /// Reads a trust file.
    ///
    /// # Errors
    /// What is wrong first; see [`TrustRefusal`].
    pub fn parse(text: &str) -> Result<Self, TrustError> {
        file::parse(text)
    }

    /// The file that says this; [`Trust::parse`] reads it back.
    pub fn to_text(&self) -> String {
        write::to_text(self)
    }

    /// The log of an origin, if it is believed.
    pub fn log(&self, origin: &Origin) -> Option<&TrustedLog> {
        self.logs.get(origin)
    }

    /// Every log that is believed, by origin.
    pub fn logs(&self) -> impl Iterator<Item = &TrustedLog> {
        self.logs.values()
    }

    /// The claim that speaks for a namespace, if one is believed. Case does not count.
    pub fn claim(&self, namespace: &Namespace) -> Option<&TrustedClaim> {
        self.claims.get(&namespace.lower())
    }

    /// Every claim that is believed, by namespace.
    pub fn claims(&self) -> impl Iterator<Item = &TrustedClaim> {
        self.claims.values()
    }

    /// This trust and one more log. Only after a person's yes.
    ///
    /// # Errors
    /// The origin is there already, or there are [`MAX_LOGS`].
    pub fn with_log(mut self, log: TrustedLog) -> Result<Self, AddError> {
        if self.logs.contains_key(&log.origin) {
            return Err(AddError {
                refusal: TrustRefusal::LogTwice,
                message: format!("the log {} comes twice", log.origin),
            });
        }
        if self.logs.len() == MAX_LOGS {
            return Err(AddError {
                refusal: TrustRefusal::Size,
                message: format!("more than {MAX_LOGS} logs"),
            });
        }
        self.logs.insert(log.origin.clone(), log);
        Ok(self)
    }

    /// This trust and one more claim. Only after a person's yes. Of the same claim, the longer history stays.
    ///
    /// # Errors
    /// Another claim is trusted for the namespace, the log is not, or there are [`MAX_CLAIMS`].
    pub fn with_claim(mut self, claim: TrustedClaim) -> Result<Self, AddError> {
        if !self.logs.contains_key(&claim.log) {
            return Err(AddError {
                refusal: TrustRefusal::ClaimLog,
                message: format!("the log {} is not one of the trusted logs", claim.log),
            });
        }
        if !(1..=MAX_HISTORY).contains(&claim.history) {
            return Err(AddError {
                refusal: TrustRefusal::History,
                message: format!("history is from 1 to {MAX_HISTORY}"),
            });
        }
        let key = claim.namespace.lower();
        match self.claims.get(&key) {
            Some(known) if known.claim == claim.claim && known.log == claim.log => {
                let history = known.history.max(claim.history);
                self.claims.insert(key, TrustedClaim { history, ..claim });
                return Ok(self);
            }
            Some(known) => {
                return Err(AddError {
                    refusal: TrustRefusal::NamespaceTwice,
                    message: format!(
                        "for {} the claim {} in {} is trusted already",
                        known.namespace, known.claim, known.log
                    ),
                });
            }
            None if self.claims.len() == MAX_CLAIMS => {
                return Err(AddError {
                    refusal: TrustRefusal::Size,
                    message: format!("more than {MAX_CLAIMS} claims"),
                });
            }
            None => {}
        }
        self.claims.insert(key, claim);
        Ok(self)
    }

    /// This trust without the claim for a namespace.
    pub fn without_claim(mut self, namespace: &Namespace) -> Self {
        self.claims.remove(&namespace.lower());
        self
    }
}

impl TrustedLog {
    /// A log with the durations that hold where none are stated: a day, and two weeks.
    ///
    /// # Errors
    /// The policy is none, has not exactly one log, or its key has another name than the origin.
    pub fn new(origin: Origin, url: Option<LogUrl>, policy: &str) -> Result<Self, AddError> {
        file::log(origin, url, policy, Duration::DEFAULT_MAX_AGE, Duration::DEFAULT_GRACE)
            .map_err(|(refusal, message)| AddError { refusal, message })
    }

    /// The same log with other durations.
    pub fn with_durations(mut self, max_age: Duration, grace: Duration) -> Self {
        (self.max_age, self.grace) = (max_age, grace);
        self
    }

    /// The log's origin.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Where it answers.
    pub fn url(&self) -> Option<&LogUrl> {
        self.url.as_ref()
    }

    /// Its key, its witnesses and their quorum.
    pub fn policy(&self) -> &TlogPolicy {
        &self.policy
    }

    /// The same in the words of the file.
    pub fn policy_text(&self) -> &str {
        &self.policy_text
    }

    /// A head witnessed less long ago is fresh.
    pub fn max_age(&self) -> Duration {
        self.max_age
    }

    /// How long a stale head stays within grace.
    pub fn grace(&self) -> Duration {
        self.grace
    }
}

impl TrustRefusal {
    /// The name in vectors.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Format => "format",
            Self::Version => "version",
            Self::Origin => "origin",
            Self::Url => "url",
            Self::Policy => "policy",
            Self::PolicyLog => "policy-log",
            Self::Duration => "duration",
            Self::LogTwice => "log-twice",
            Self::Namespace => "namespace",
            Self::ClaimLog => "claim-log",
            Self::Claim => "claim",
            Self::History => "history",
            Self::NamespaceTwice => "namespace-twice",
        }
    }
}
