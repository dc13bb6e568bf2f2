//! The document of `verify`. Names, digests, sizes and times; never a server's words.

use pinfold_core::pins::UnixSeconds;
use pinfold_verifier::release::{Finding, Release, StepResult};
use serde::Serialize;

use crate::elsewhere;
use crate::time;

/// What was found.
#[derive(Default, Serialize)]
pub(super) struct Body {
    pub(super) file: Option<String>,
    /// Plain SHA-256 of the bundle that was judged.
    pub(super) bundle: Option<String>,
    /// `verified` or `refused`; `null` where it could not be determined.
    pub(super) verdict: Option<&'static str>,
    pub(super) steps: Vec<StepPart>,
    pub(super) release: Option<ReleasePart>,
    /// Whose release it would be, where the trust of its claim is all that is missing.
    pub(super) claimant: Option<ReleasePart>,
    /// `stored`, `unchanged` (an older head than one seen before) or `not-stored`.
    pub(super) marks: Option<&'static str>,
    /// Whether the file was written anew.
    pub(super) refreshed: bool,
    /// What a live server said, object by object; `null` where none was asked.
    pub(super) live: Option<Vec<LivePart>>,
}

/// One step.
#[derive(Serialize)]
pub(super) struct StepPart {
    /// `V1` and so on.
    step: String,
    title: &'static str,
    /// `passed`, `failed`, `not-required`, `not-reached`.
    result: &'static str,
    /// The code of a failure.
    code: Option<&'static str>,
    /// What was found, in words.
    detail: String,
}

impl StepPart {
    pub(super) fn of(finding: &Finding) -> StepPart {
        let failed = matches!(finding.result, StepResult::Failed(_));
        StepPart {
            step: finding.step.to_string(),
            title: finding.step.title(),
            result: finding.result.as_str(),
            code: failed.then(|| finding.step.code().as_str()),
            detail: finding.result.detail().to_owned(),
        }
    }

    /// The line for a person: number, result, and what was found or, where nothing was, what the step asks.
    pub(super) fn line(&self) -> String {
        let result = self.result.replace('-', " ");
        let detail = if self.detail.is_empty() { self.title } else { &self.detail };
        let code = self.code.map(|code| format!(" ({code})")).unwrap_or_default();
        format!("{:4}{result:14}{detail}{code}", self.step)
    }
}

/// A release.
#[derive(Serialize)]
pub(super) struct ReleasePart {
    name: String,
    version: String,
    sequence: u64,
    claim: String,
    earlier_claims: u64,
    keyset: u64,
    manifest: String,
    objects: usize,
    artifacts: Vec<ArtifactPart>,
    origin: String,
    index: u64,
    head_size: u64,
    head_root: String,
    witnesses: Vec<String>,
    witnessed_at: Option<String>,
    /// `fresh`, `stale` or `past-grace`.
    freshness: &'static str,
    head_age_seconds: Option<u64>,
    older_than_seen: bool,
    /// Age of the release, as far as witnesses prove one.
    age_seconds: Option<u64>,
    newest_sequence: u64,
}

#[derive(Serialize)]
struct ArtifactPart {
    file: String,
    sha256: String,
}

impl ReleasePart {
    pub(super) fn of(release: &Release) -> ReleasePart {
        let statement = release.statement();
        let freshness = release.freshness();
        let (size, root) = release.head();
        ReleasePart {
            name: statement.name.to_string(),
            version: elsewhere::name(statement.version.as_str()),
            sequence: statement.sequence,
            claim: release.claim().to_string(),
            earlier_claims: release.earlier_claims(),
            keyset: release.keyset_in_force(),
            manifest: statement.manifest.to_string(),
            objects: release.manifest().surface().len(),
            artifacts: statement
                .subjects
                .iter()
                .map(|subject| ArtifactPart {
                    file: elsewhere::name(&subject.file),
                    sha256: subject.sha256.to_string(),
                })
                .collect(),
            origin: release.origin().to_string(),
            index: release.index(),
            head_size: size,
            head_root: root.to_string(),
            witnesses: release.cosigners().to_vec(),
            witnessed_at: freshness.fresh_time.and_then(|at: UnixSeconds| time::for_programs(at)),
            freshness: freshness.outcome.as_str(),
            head_age_seconds: freshness.age,
            older_than_seen: freshness.older_than_seen,
            age_seconds: release.age_seconds(),
            newest_sequence: release.newest().sequence,
        }
    }
}

/// An object of a live server or of the release.
#[derive(Serialize)]
pub(super) struct LivePart {
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) digest: String,
    /// `same`, `changed`, `new` (not in the release), or `absent` (not said by the server; no failure).
    pub(super) result: &'static str,
}
