//! A publisher's release as documents have it. Names, numbers and digests; the words of the release stay out.

use pinfold_core::manifest::SurfaceObject;
use pinfold_core::pins::{Publisher, UnixSeconds};
use pinfold_verifier::release::{FreshnessOutcome, Release};
use pinfold_verifier::update::{Asked, ReleaseRule};
use serde::Serialize;

use super::why::why;
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
    /// Kind and name of each object that passes in a gate that starts now, as it was signed.
    let_through: Vec<NamedPart>,
    /// Of each one in whose place the client is given what is approved.
    kept: Vec<NamedPart>,
    /// Of each new one that is not given to a client, and about which nobody is asked.
    unseen: Vec<NamedPart>,
    /// Of each one about which a person is asked nevertheless; empty where nothing of the release passes.
    asks: Vec<AskedPart>,
}

/// An object that asks, and why.
#[derive(Clone, Debug, Serialize)]
struct AskedPart {
    #[serde(flatten)]
    object: NamedPart,
    /// The code of `spec/updates.md`.
    because: &'static str,
    #[serde(skip)]
    words: &'static str,
}

/// An object by its name.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NamedPart {
    kind: &'static str,
    name: String,
}

impl UpdatePart {
    pub(crate) fn of(planned: &Planned) -> UpdatePart {
        let statement = planned.published.release.statement();
        UpdatePart {
            version: elsewhere::name(statement.version.as_str()),
            sequence: statement.sequence,
            refused: planned.plan.refused().map(ReleaseRule::as_str),
            let_through: planned.let_through().map(NamedPart::of).collect(),
            kept: planned.kept().map(NamedPart::of).collect(),
            unseen: planned.unseen().map(NamedPart::of).collect(),
            asks: planned.asking().map(|(object, asked)| AskedPart::of(object, asked)).collect(),
        }
    }

    /// For a person, about a label.
    pub(crate) fn lines(&self, label: &str) -> Vec<String> {
        let version = &self.version;
        if let Some(rule) = self.refused {
            return vec![format!("of release {version} nothing passes by your policy: {rule}")];
        }
        let mut lines = Vec::new();
        for (objects, words) in [
            (&self.let_through, format!("passing by your policy, of release {version}")),
            (&self.kept, format!("given in the words that you approved, in the place of release {version}")),
            (
                &self.unseen,
                format!(
                    "new in release {version}, not given and not asked about (`pinfold review {label} --unseen`)"
                ),
            ),
        ] {
            let names: Vec<String> = objects.iter().map(|one| format!("{} {}", one.kind, one.name)).collect();
            if !names.is_empty() {
                lines.push(format!("{words}: {}", names.join(", ")));
            }
        }
        if lines.is_empty() {
            lines.push(format!("of release {version} nothing passes without your yes"));
        }
        for AskedPart { object, because, words } in &self.asks {
            let NamedPart { kind, name } = object;
            lines.push(format!("{kind} {name} of release {version} asks ({because}): {words}"));
        }
        lines
    }

    /// The same with one name alone; `None`: nothing of that name passes or waits by it.
    pub(crate) fn only(mut self, name: &str) -> Option<UpdatePart> {
        self.asks.retain(|one| one.object.name == name);
        let parts = [&mut self.let_through, &mut self.kept, &mut self.unseen];
        let left = parts.into_iter().map(|part| {
            part.retain(|one| one.name == name);
            part.len()
        });
        (left.sum::<usize>() + self.asks.len() > 0).then_some(self)
    }
}

impl NamedPart {
    pub(crate) fn of(object: &SurfaceObject) -> NamedPart {
        NamedPart { kind: object.kind.as_str(), name: elsewhere::name(&object.name) }
    }
}

impl AskedPart {
    fn of(object: &SurfaceObject, asked: Asked) -> AskedPart {
        AskedPart { object: NamedPart::of(object), because: asked.as_str(), words: why(asked) }
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
