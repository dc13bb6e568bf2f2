//! A publisher's release as documents have it. Names, numbers and digests; the words of the release stay out.

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::pins::{Publisher, UnixSeconds};
use pinfold_verifier::release::{FreshnessOutcome, Release};
use pinfold_verifier::update::ReleaseRule;
use serde::Serialize;

use super::{Published, Source};
use crate::elsewhere;
use crate::run::Planned;
use crate::time;

/// Whom a label knows as its publisher.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PublisherPart {
    name: String,
    claim: String,
    log: String,
    /// The highest sequence of which words were approved, and its version.
    sequence: u64,
    version: String,
    since: Option<String>,
}

impl PublisherPart {
    /// For a person: who, where, up to which release, since when.
    pub(crate) fn line(&self) -> String {
        let since = time::read_for_people(self.since.as_deref());
        let PublisherPart { name, log, version, claim, .. } = self;
        format!("{name} up to {version}, in {log}, since {since}\n    claim {claim}")
    }

    pub(crate) fn of(publisher: &Publisher) -> PublisherPart {
        PublisherPart {
            name: publisher.name.to_string(),
            claim: publisher.claim.to_string(),
            log: publisher.origin.to_string(),
            sequence: publisher.sequence,
            version: elsewhere::name(publisher.version.as_str()),
            since: time::for_programs(publisher.since),
        }
    }
}

/// What of a newer release passes without a question, by the person's policy.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct UpdatePart {
    version: String,
    sequence: u64,
    /// The rule of `spec/updates.md` by which nothing of the release passes; `null`: some of it may.
    refused: Option<&'static str>,
    /// Kind and name of each object that passes in a gate that starts now.
    let_through: Vec<NamedPart>,
}

#[derive(Clone, Debug, Serialize)]
struct NamedPart {
    kind: &'static str,
    name: String,
}

impl UpdatePart {
    pub(crate) fn of(planned: &Planned) -> UpdatePart {
        let statement = planned.published.release.statement();
        let named = |(kind, name, _, _): (ObjectKind, &str, Digest, Digest)| NamedPart {
            kind: kind.as_str(),
            name: elsewhere::name(name),
        };
        UpdatePart {
            version: elsewhere::name(statement.version.as_str()),
            sequence: statement.sequence,
            refused: planned.plan.refused().map(ReleaseRule::as_str),
            let_through: planned.let_through().map(named).collect(),
        }
    }

    /// For a person.
    pub(crate) fn line(&self) -> String {
        let version = &self.version;
        if let Some(rule) = self.refused {
            return format!("of release {version} nothing passes by your policy: {rule}");
        }
        let names: Vec<String> =
            self.let_through.iter().map(|one| format!("{} {}", one.kind, one.name)).collect();
        match names.as_slice() {
            [] => format!("of release {version} nothing passes without your yes"),
            names => format!("passing by your policy, of release {version}: {}", names.join(", ")),
        }
    }
}

/// A verified release that was found for a label.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PublishedPart {
    /// `file` or `log`.
    source: &'static str,
    name: String,
    version: String,
    sequence: u64,
    claim: String,
    log: String,
    index: u64,
    /// Whether the log's index knows no newer one.
    newest: bool,
    /// Since when witnesses prove that it is logged.
    logged_since: Option<String>,
    freshness: &'static str,
    /// The claim of the publisher that the label knows, where this is another one.
    another_publisher_than: Option<String>,
}

impl PublishedPart {
    pub(crate) fn of(published: &Published) -> PublishedPart {
        let release = &published.release;
        let statement = release.statement();
        PublishedPart {
            source: match published.source {
                Source::File => "file",
                Source::Log => "log",
            },
            name: statement.name.to_string(),
            version: elsewhere::name(statement.version.as_str()),
            sequence: statement.sequence,
            claim: release.claim().to_string(),
            log: release.origin().to_string(),
            index: release.index(),
            newest: release.is_newest(),
            logged_since: logged_since(release).and_then(time::for_programs),
            freshness: match release.freshness().outcome {
                FreshnessOutcome::Fresh => "fresh",
                FreshnessOutcome::Stale => "stale",
                FreshnessOutcome::PastGrace => "past-grace",
            },
            another_publisher_than: published.replaces.map(|claim| claim.to_string()),
        }
    }
}

/// Since when a quorum of witnesses proves that a release is in its log; `None`: nobody does.
pub(crate) fn logged_since(release: &Release) -> Option<UnixSeconds> {
    let fresh = release.freshness().fresh_time?;
    Some(UnixSeconds(fresh.0.saturating_sub(release.age_seconds()?)))
}
