//! One entry of a log in words and in documents. Nothing in it is text of a server: entries hold none.

use pinfold_core::entry::{Entry, Payload};
use pinfold_core::keyset::Evidence;
use pinfold_core::merkle::leaf_hash;
use pinfold_core::pins::UnixSeconds;
use pinfold_core::withdrawal::Withdrawn;
use serde::Serialize;

use crate::elsewhere;
use crate::time;

/// An entry in a document; what its kind does not have is `null`.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct EntryPart {
    pub(crate) index: u64,
    pub(crate) leaf: String,
    /// `release`, `keyset`, `withdrawal`, `map-head`, or `null` where the bytes are no entry.
    pub(crate) kind: Option<&'static str>,
    pub(crate) payload: Option<String>,
    pub(crate) signatures: usize,
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) claim: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) sequence: Option<u64>,
    pub(crate) manifest: Option<String>,
    pub(crate) keyset_version: Option<u64>,
    pub(crate) evidence: Option<String>,
    pub(crate) reason: Option<&'static str>,
    pub(crate) time: Option<String>,
    #[serde(skip)]
    pub(crate) words: String,
}

impl EntryPart {
    /// What stands at an index.
    pub(crate) fn of(index: u64, bytes: &[u8]) -> EntryPart {
        let mut part = EntryPart { index, leaf: leaf_hash(bytes).to_string(), ..EntryPart::default() };
        match Entry::parse(bytes) {
            Ok(entry) => part.fill(&entry),
            Err(error) => part.words = format!("no entry of this format: {error}"),
        }
        part
    }

    fn fill(&mut self, entry: &Entry) {
        self.payload = Some(entry.payload_digest().to_string());
        self.signatures = entry.signatures().len();
        match entry.payload() {
            Payload::Release(statement) => {
                self.kind = Some("release");
                self.namespace = Some(statement.name.namespace().to_string());
                self.name = Some(statement.name.to_string());
                self.claim = Some(statement.claim.to_string());
                self.version = Some(elsewhere::name(statement.version.as_str()));
                self.sequence = Some(statement.sequence);
                self.manifest = Some(statement.manifest.to_string());
                self.words = format!(
                    "release {} {}, number {} of its claim",
                    statement.name,
                    elsewhere::name(statement.version.as_str()),
                    statement.sequence
                );
            }
            Payload::Keyset(keyset) => {
                self.kind = Some("keyset");
                self.namespace = Some(keyset.namespace().to_string());
                self.claim = Some(keyset.claim().to_string());
                self.keyset_version = Some(keyset.version());
                self.evidence = Some(evidence_words(keyset.evidence()));
                self.words = format!(
                    "keyset {} of {}, {}",
                    keyset.version(),
                    keyset.namespace(),
                    evidence_words(keyset.evidence())
                );
            }
            Payload::Withdrawal(withdrawal) => {
                self.kind = Some("withdrawal");
                self.namespace = Some(withdrawal.namespace.to_string());
                self.claim = Some(withdrawal.claim.to_string());
                let (what, reason) = match &withdrawal.subject {
                    Withdrawn::Release { name, sequence, version, reason } => {
                        self.name = Some(name.to_string());
                        self.version = Some(elsewhere::name(version.as_str()));
                        self.sequence = Some(*sequence);
                        (format!("{name} {}", elsewhere::name(version.as_str())), reason.as_str())
                    }
                    Withdrawn::Key { key_id, reason } => (format!("the key {key_id}"), reason.as_str()),
                    Withdrawn::Pending { keyset, reason } => {
                        (format!("the waiting keyset {}", keyset.short()), reason.as_str())
                    }
                };
                self.reason = Some(reason);
                self.words = format!("withdrawal of {what}: {reason}");
            }
            Payload::MapHead(head) => {
                self.kind = Some("map-head");
                self.time = time::for_programs(UnixSeconds(head.time));
                self.words = format!("map-head of {}", time::for_people(UnixSeconds(head.time)));
            }
        }
    }
}

/// Evidence of a claim in our words; its own texts only where they are names.
pub(crate) fn evidence_words(evidence: &Evidence) -> String {
    match evidence {
        Evidence::None => "no evidence that the namespace is the publisher's".to_owned(),
        Evidence::RegistryKey { domain, method, .. } => {
            format!("by the log's word {} names its key ({})", elsewhere::name(domain), method.as_str())
        }
        Evidence::GithubOidc { owner, owner_id, .. } => format!(
            "by the log's word the GitHub account {} (number {}) asked for it",
            elsewhere::name(owner),
            elsewhere::name(owner_id)
        ),
    }
}
