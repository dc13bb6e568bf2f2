//! Whose words are approved: the release of a publisher that stands behind a decision, and what a label knows of its
//! publisher from then on.

use super::fold::FoldRefusal;
use super::limits::MAX_HISTORY;
use super::state::UnixSeconds;
use crate::checkpoint::Origin;
use crate::digest::Digest;
use crate::document::{DocumentError, Fields, nullable_digest};
use crate::json::Value;
use crate::registry_name::RegistryName;
use crate::statement::{MAX_SEQUENCE, ReleaseVersion};

/// The verified release whose words a decision approves (spec/pins.md, member `claim`).
///
/// A value of this type is not checked: that the release was verified and has these words, whoever decides answers for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The publisher's claim: plain SHA-256 of its first keyset.
    pub claim: Digest,
    /// How many elements of the claim's keyset history were seen, 1 to 512.
    pub history: u64,
    /// The registry name of the release.
    pub name: RegistryName,
    /// The log that the claim stands in.
    pub origin: Origin,
    /// The claim that the label had before, where it is another one or the same under another name or in another log;
    /// `None`: the label had none, or this very one.
    pub replaces: Option<Digest>,
    /// The release's sequence in its claim, from 1.
    pub sequence: u64,
    /// The release's version, as it is written.
    pub version: ReleaseVersion,
}

/// Whom a label knows as its publisher: the last [`Publication`] of its decisions. It stays when the label is forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publisher {
    /// The publisher's claim.
    pub claim: Digest,
    /// The largest number of elements of the claim's keyset history that were seen.
    pub history: u64,
    /// The registry name of its releases.
    pub name: RegistryName,
    /// The log that the claim stands in.
    pub origin: Origin,
    /// The highest sequence of which words were approved.
    pub sequence: u64,
    /// The version with this sequence.
    pub version: ReleaseVersion,
    /// When a decision first named this claim, name and log for the label.
    pub since: UnixSeconds,
}

impl Publisher {
    /// Whether a publication is by this publisher: the same claim, log and name, case of the name not counted.
    pub fn is_of(&self, publication: &Publication) -> bool {
        self.claim == publication.claim
            && self.origin == publication.origin
            && self.name.lower() == publication.name.lower()
    }

    /// Whether a publication would say nothing new of this publisher.
    pub(super) fn covers(&self, publication: &Publication) -> bool {
        self.is_of(publication)
            && self.sequence == publication.sequence
            && self.history >= publication.history
    }
}

impl Publication {
    /// What a label knows after a decision with this publication.
    pub(super) fn follow(
        &self,
        known: Option<&Publisher>,
        at: UnixSeconds,
    ) -> Result<Publisher, FoldRefusal> {
        if !(1..=MAX_SEQUENCE).contains(&self.sequence) || !(1..=MAX_HISTORY).contains(&self.history) {
            return Err(FoldRefusal::OutOfRange);
        }
        let same = known.filter(|known| known.is_of(self));
        match (known, same, self.replaces) {
            (None, _, None) | (_, Some(_), None) => {}
            (Some(known), None, Some(replaced)) if replaced == known.claim => {}
            _ => return Err(FoldRefusal::OtherPublisher),
        }
        if let Some(known) = same.filter(|known| known.sequence > self.sequence) {
            return Err(FoldRefusal::OlderRelease { approved: known.sequence, found: self.sequence });
        }
        Ok(Publisher {
            claim: self.claim,
            history: same.map_or(self.history, |known| known.history.max(self.history)),
            name: self.name.clone(),
            origin: self.origin.clone(),
            sequence: self.sequence,
            version: self.version.clone(),
            since: same.map_or(at, |known| known.since),
        })
    }

    pub(super) fn to_value(&self) -> Value<'static> {
        let text = |text: &str| Value::string(text.to_owned());
        Value::object(vec![
            ("claim", text(&self.claim.to_string())),
            ("history", Value::uint(self.history)),
            ("name", text(self.name.as_str())),
            ("origin", text(self.origin.as_str())),
            ("replaces", nullable_digest(self.replaces)),
            ("sequence", Value::uint(self.sequence)),
            ("version", text(self.version.as_str())),
        ])
    }

    pub(super) fn read(fields: &Fields<'_, '_, '_>, member: &str) -> Result<Publication, DocumentError> {
        let names = ["claim", "history", "name", "origin", "replaces", "sequence", "version"];
        let fields = Fields::of(fields.value(member)?, fields.place_of(member), &names)?;
        Ok(Publication {
            claim: fields.digest("claim")?,
            history: fields.uint("history")?,
            name: fields.one_of("name", |text| text.parse().ok())?,
            origin: fields.one_of("origin", |text| text.parse().ok())?,
            replaces: fields.nullable("replaces", Fields::digest)?,
            sequence: fields.uint("sequence")?,
            version: fields.one_of("version", |text| text.parse().ok())?,
        })
    }
}
