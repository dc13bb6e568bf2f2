//! A release that is in a log: its bundle, verified before anything relies on it.

use std::path::PathBuf;

use pinfold_core::bundle::BundleParts;
use pinfold_core::digest::Digest;
use pinfold_core::entry::{Entry, Payload};
use pinfold_core::hex;
use pinfold_core::manifest::Manifest;
use pinfold_core::registry_name::RegistryName;
use pinfold_core::statement::Statement;
use pinfold_core::text::visible;
use pinfold_log_client::LogError;
use pinfold_verifier::release::{Marks, Question, Requirements, verify};
use pinfold_verifier::trust::{Trust, TrustedClaim};

use super::log::{garbage, no_answer, patiently};
use crate::exit::Exit;
use crate::known_log::KnownLog;
use crate::output::Problem;
use crate::time;

/// A release in a log.
#[derive(Debug)]
pub(crate) struct LoggedRelease {
    pub(crate) index: u64,
    pub(crate) statement: Statement,
    /// SHA-256 of the statement: what the next one names as the one before.
    pub(crate) payload: Digest,
    /// Its proofs, as the log gave them.
    pub(crate) parts: BundleParts,
    /// The words; `None`: the log does not keep them any more.
    pub(crate) manifest: Option<Manifest>,
}

/// The release at an index; `None`: the entry is no release of this name.
///
/// # Errors
/// The log does not answer.
pub(crate) fn release_at(
    log: &KnownLog,
    name: &RegistryName,
    index: u64,
) -> Result<Option<Statement>, Problem> {
    let answer = match patiently(|| log.client.bundle_parts(index)) {
        Err(LogError::NotFound { .. }) => return Ok(None),
        answer => answer.map_err(|error| no_answer(&error))?,
    };
    let parts = BundleParts::parse(&answer).ok().and_then(|parts| Entry::parse(&parts.entry).ok());
    let entry = parts.ok_or_else(|| garbage(format!("entry {index} of the log is unusable")))?;
    match entry.payload() {
        Payload::Release(statement) if statement.name.lower() == name.lower() => {
            Ok(Some(Statement::clone(statement)))
        }
        _ => Ok(None),
    }
}

/// Fetches a release by its index. Not verified yet: [`bundle_of`] does that once the words are known.
///
/// # Errors
/// The log does not answer, or not with a release of this name.
pub(crate) fn logged_release(
    log: &KnownLog,
    name: &RegistryName,
    index: u64,
) -> Result<LoggedRelease, Problem> {
    let answer = patiently(|| log.client.bundle_parts(index)).map_err(|error| no_answer(&error))?;
    let bad = |why: String| garbage(format!("entry {index} of the log is unusable: {why}"));
    let parts = BundleParts::parse(&answer).map_err(|error| bad(visible(&error.to_string())))?;
    let entry = Entry::parse(&parts.entry).map_err(|error| bad(visible(&error.to_string())))?;
    let Payload::Release(statement) = entry.payload() else {
        return Err(bad("it is no release".to_owned()));
    };
    let statement = Statement::clone(statement);
    if statement.name.lower() != name.lower() {
        return Err(bad("it is a release of another name".to_owned()));
    }
    let manifest = manifest_of(log, &statement)?;
    Ok(LoggedRelease { index, payload: entry.payload_digest(), statement, parts, manifest })
}

/// The words of a release. Their digest is the statement's.
fn manifest_of(log: &KnownLog, statement: &Statement) -> Result<Option<Manifest>, Problem> {
    let digest = hex::encode(statement.manifest.as_bytes());
    let bytes = match patiently(|| log.client.manifest(&digest)) {
        Err(LogError::NotFound { .. }) => return Ok(None),
        answer => answer.map_err(|error| no_answer(&error))?,
    };
    let manifest = Manifest::from_bytes(&bytes).map_err(|error| {
        garbage(format!("the log's manifest is unusable: {}", visible(&error.to_string())))
    })?;
    statement
        .check_manifest(&manifest)
        .map_err(|error| garbage(format!("the log gives another manifest than was asked for: {error}")))?;
    Ok(Some(manifest))
}

/// The bundle of a release in a log with these words, verified as anybody would who trusts the log and the claim.
///
/// # Errors
/// It does not verify: then no file of it is written.
pub(crate) fn bundle_of(
    log: &KnownLog,
    release: &LoggedRelease,
    manifest: &Manifest,
) -> Result<Vec<u8>, Problem> {
    let bundle = release.parts.with_manifest(manifest.as_bytes());
    let statement = &release.statement;
    let claim = TrustedClaim {
        namespace: statement.name.namespace(),
        log: log.origin().clone(),
        claim: statement.claim,
        history: (release.parts.keysets.len() as u64).max(1),
    };
    let trust = Trust::default()
        .with_log(log.trusted.clone())
        .and_then(|trust| trust.with_claim(claim))
        .map_err(|error| garbage(visible(&error.to_string())))?;
    let question = Question {
        trust: &trust,
        marks: &Marks::default(),
        requirements: Requirements::default(),
        now: time::now(),
        expected_name: Some(&statement.name),
        pinned: None,
        consistency: None,
    };
    match verify(&bundle, &question).into_outcome() {
        Ok(_) => Ok(bundle),
        Err(rejection) => Err(Problem::new(
            Exit::Refused,
            rejection.code().as_str(),
            format!(
                "the log's bundle of entry {} does not verify: {}",
                release.index,
                visible(&rejection.to_string())
            ),
            format!("{}; no file was written", rejection.hint()),
        )),
    }
}

/// `weather-1.2.0.pinfold` in this folder.
pub(crate) fn bundle_path(manifest: &Manifest) -> PathBuf {
    let plain = |text: &str| -> String {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
        text.chars().map(|c| if allowed(c) { c } else { '_' }).collect()
    };
    let name = format!("{}-{}", plain(manifest.name().local()), plain(manifest.version().as_str()));
    // A name that begins with a dot would be hidden, one with a hyphen taken for an option.
    PathBuf::from(format!("{}.pinfold", name.trim_start_matches(['.', '-'])))
}

#[cfg(test)]
mod tests {
    use pinfold_core::digest::ObjectKind;
    use pinfold_core::manifest::{Capture, CapturedObject};

    use super::*;

    fn path(name: &str, version: &str) -> String {
        let tool = CapturedObject {
            kind: ObjectKind::Tool,
            bytes: br#"{"name":"look","inputSchema":{"type":"object"}}"#.to_vec(),
        };
        let capture = Capture {
            capabilities: Vec::new(),
            era: "2025-11-25".to_owned(),
            variables: Vec::new(),
            objects: vec![tool],
        };
        let manifest =
            Manifest::build(&name.parse().unwrap(), &version.parse().unwrap(), &[], &[], &[capture]).unwrap();
        bundle_path(&manifest).to_str().unwrap().to_owned()
    }

    #[test]
    fn the_name_of_a_bundle_is_a_plain_file_name() {
        assert_eq!(path("io.github.acme/demo", "1.0.0+b"), "demo-1.0.0+b.pinfold");
        assert_eq!(path("a/demo", "../../etc/x"), "demo-.._.._etc_x.pinfold");
        assert_eq!(path("a/..", "1"), "1.pinfold");
        assert_eq!(path("a/-rf", "1"), "rf-1.pinfold");
        assert_eq!(path("a/demo", "$(x);'\""), "demo-__x____.pinfold");
    }
}
