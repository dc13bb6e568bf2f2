//! The file's format. The structures here are what TOML is read into, member by member, unknown ones refused.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use pinfold_core::checkpoint::Origin;
use pinfold_core::digest::Digest;
use pinfold_core::registry_name::Namespace;
use pinfold_core::text::visible;
use pinfold_core::tlog_policy::TlogPolicy;
use serde::Deserialize;
use toml::Spanned;

use super::{
    AddError, Duration, LogUrl, MAX_CLAIMS, MAX_HISTORY, MAX_LOGS, MAX_TRUST_BYTES, Trust, TrustError,
    TrustRefusal as Refusal, TrustedClaim, TrustedLog,
};
use crate::strict_toml;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: Spanned<i64>,
    #[serde(default)]
    log: Vec<Spanned<Log>>,
    #[serde(default)]
    claim: Vec<Spanned<Claim>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Log {
    origin: Spanned<String>,
    url: Option<Spanned<String>>,
    policy: Spanned<String>,
    max_age: Option<Spanned<String>>,
    grace: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claim {
    namespace: Spanned<String>,
    log: Spanned<String>,
    claim: Spanned<String>,
    history: Option<Spanned<i64>>,
}

/// What is wrong, and at which bytes.
type Fault = (Refusal, Range<usize>, String);

pub(super) fn parse(text: &str) -> Result<Trust, TrustError> {
    read(text).map_err(|(refusal, at, message)| {
        let (line, column) = strict_toml::place(text, at.start);
        TrustError { refusal, line, column, message }
    })
}

fn read(text: &str) -> Result<Trust, Fault> {
    if text.len() > MAX_TRUST_BYTES {
        let message = format!("the file has {} bytes, {MAX_TRUST_BYTES} are allowed", text.len());
        return Err((Refusal::Size, 0..0, message));
    }
    let file: File = toml::from_str(text).map_err(|error| {
        let (offset, message) = strict_toml::fault(&error);
        (Refusal::Format, offset..offset, message)
    })?;
    if *file.version.get_ref() != 1 {
        let message = format!("version {} is not known, only 1 is", file.version.get_ref());
        return Err((Refusal::Version, file.version.span(), message));
    }
    if file.log.len() > MAX_LOGS {
        return Err((Refusal::Size, file.log[MAX_LOGS].span(), format!("more than {MAX_LOGS} logs")));
    }
    if file.claim.len() > MAX_CLAIMS {
        return Err((Refusal::Size, file.claim[MAX_CLAIMS].span(), format!("more than {MAX_CLAIMS} claims")));
    }
    let mut trust = Trust::default();
    for section in file.log {
        let at = section.get_ref().origin.span();
        trust = trust.with_log(read_log(section.into_inner())?).map_err(|error| placed(error, at))?;
    }
    for section in file.claim {
        let section = section.into_inner();
        let (at, log_at) = (section.namespace.span(), section.log.span());
        let claim = TrustedClaim {
            namespace: of::<Namespace>(&section.namespace, Refusal::Namespace)?,
            log: of::<Origin>(&section.log, Refusal::ClaimLog)?,
            claim: of::<Digest>(&section.claim, Refusal::Claim)?,
            history: read_history(section.history.as_ref())?,
        };
        if trust.claim(&claim.namespace).is_some() {
            let message = format!("the namespace {} comes twice; case does not count", claim.namespace);
            return Err((Refusal::NamespaceTwice, at, message));
        }
        trust = trust.with_claim(claim).map_err(|error| placed(error, log_at))?;
    }
    Ok(trust)
}

fn read_history(stated: Option<&Spanned<i64>>) -> Result<u64, Fault> {
    let Some(stated) = stated else { return Ok(1) };
    let history = u64::try_from(*stated.get_ref()).ok().filter(|history| (1..=MAX_HISTORY).contains(history));
    history.ok_or_else(|| (Refusal::History, stated.span(), format!("history is from 1 to {MAX_HISTORY}")))
}

fn read_log(section: Log) -> Result<TrustedLog, Fault> {
    let origin = of::<Origin>(&section.origin, Refusal::Origin)?;
    let url = section.url.as_ref().map(|url| of::<LogUrl>(url, Refusal::Url)).transpose()?;
    let duration = |stated: Option<Spanned<String>>, default| {
        stated.map_or(Ok(default), |stated| of::<Duration>(&stated, Refusal::Duration))
    };
    let max_age = duration(section.max_age, Duration::DEFAULT_MAX_AGE)?;
    let grace = duration(section.grace, Duration::DEFAULT_GRACE)?;
    log(origin, url, section.policy.get_ref(), max_age, grace)
        .map_err(|(refusal, message)| (refusal, section.policy.span(), message))
}

/// A log whose policy was checked.
pub(super) fn log(
    origin: Origin,
    url: Option<LogUrl>,
    policy_text: &str,
    max_age: Duration,
    grace: Duration,
) -> Result<TrustedLog, (Refusal, String)> {
    let policy = TlogPolicy::parse(policy_text.as_bytes())
        .map_err(|error| (Refusal::Policy, format!("the policy: {}", visible(&error.to_string()))))?;
    let [log] = policy.logs() else {
        let message = format!("the policy has {} log lines, and must have exactly one", policy.logs().len());
        return Err((Refusal::PolicyLog, message));
    };
    if log.key.name().as_str() != origin.as_str() {
        let name = visible(log.key.name().as_str());
        return Err((Refusal::PolicyLog, format!("the policy is of the log {name}, not of {origin}")));
    }
    Ok(TrustedLog { origin, url, policy_text: policy_text.to_owned(), policy, max_age, grace })
}

fn of<T: FromStr<Err: fmt::Display>>(stated: &Spanned<String>, refusal: Refusal) -> Result<T, Fault> {
    stated.get_ref().parse().map_err(|error: T::Err| {
        (refusal, stated.span(), format!("{:?}: {error}", visible(stated.get_ref())))
    })
}

fn placed(error: AddError, at: Range<usize>) -> Fault {
    (error.refusal, at, error.message)
}
