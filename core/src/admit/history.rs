//! The fold without a log: the keys of one claim from the few entries that changed them.

use std::sync::Arc;

use super::keyring::{Keyring, Succession};
use super::{EvidenceFact, Refusal};
use crate::checkpoint::Origin;
use crate::digest::Digest;
use crate::entry::{Entry, Payload};
use crate::index::HistoryHead;
use crate::keyset::{Keyset, MAX_KEYSET_VERSION};
use crate::merkle::Hash;
use crate::registry_name::{Namespace, RegistryName};
use crate::signature::KeyId;
use crate::withdrawal::{Withdrawal, Withdrawn};

/// Withdrawals of keys in one claim, at most.
pub(super) const MAX_WITHDRAWN_KEYS: usize = 256;

/// Entries of one claim's keysets history, at most.
pub const MAX_HISTORY_ENTRIES: usize = MAX_KEYSET_VERSION as usize + MAX_WITHDRAWN_KEYS;

/// An entry with its place in the log.
#[derive(Clone, Copy, Debug)]
pub struct LoggedEntry<'a> {
    /// The index at which it stands.
    pub index: u64,
    /// The index from which it is in force: its own, or that of the map-head that ended its wait.
    pub since: u64,
    /// The entry.
    pub entry: &'a Entry,
}

/// The keys of one claim through time, folded from the entries of its keysets history by the rules of [`super::admit`].
///
/// What only a whole log shows is taken as the log's word: that evidence was true, that waits were as long as they must
/// be, and that nothing was left out (the head of the history in the index tells the latter).
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimHistory {
    claim: Digest,
    namespace: Namespace,
    head: HistoryHead,
    steps: Vec<Step>,
    /// The keys from after each step on.
    rings: Vec<Keyring>,
}

/// One step of a claim's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where its entry stands.
    pub index: u64,
    /// From where it is in force.
    pub since: u64,
    /// Leaf hash of its entry.
    pub leaf: Hash,
    /// What it is.
    pub kind: StepKind,
}

/// What a step of a claim's history is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Keyset 1.
    First,
    /// A keyset signed by the root before it.
    Rotation,
    /// A keyset by the recovery threshold, after a wait. For whoever trusted the keys before, a person decides.
    RecoveryByKeys,
    /// A keyset by evidence, after a wait. For whoever trusted the keys before, a person decides.
    RecoveryByEvidence,
    /// A key was withdrawn.
    KeyWithdrawn {
        /// The key.
        key_id: KeyId,
    },
}

impl StepKind {
    /// Whether the step went around the root that stood before it.
    pub const fn is_recovery(self) -> bool {
        matches!(self, Self::RecoveryByKeys | Self::RecoveryByEvidence)
    }
}

impl ClaimHistory {
    /// Folds the entries of one claim's keysets history, in the order in which they came into force.
    ///
    /// # Errors
    /// The first rule that an entry breaks.
    pub fn fold(entries: &[LoggedEntry<'_>], origin: &Origin) -> Result<Self, Refusal> {
        let (first, rest) = entries.split_first().ok_or(Refusal::HistoryStart)?;
        if entries.len() > MAX_HISTORY_ENTRIES {
            return Err(Refusal::HistoryTooLong);
        }
        let Payload::Keyset(keyset) = first.entry.payload() else { return Err(Refusal::HistoryStart) };
        if keyset.version() != 1 {
            return Err(Refusal::HistoryStart);
        }
        check_origin(keyset, origin)?;
        if first.since < first.index {
            return Err(Refusal::HistorySince);
        }
        Keyring::check_first(first.entry, keyset, EvidenceFact::Accepted)?;
        let leaf = first.entry.leaf_hash();
        let step = Step { index: first.index, since: first.since, leaf, kind: StepKind::First };
        let mut history = Self {
            claim: keyset.claim(),
            namespace: keyset.namespace().clone(),
            head: HistoryHead::EMPTY.with(first.since, &leaf),
            steps: vec![step],
            rings: vec![Keyring::first(Arc::new((**keyset).clone()))],
        };
        for logged in rest {
            history.follow(logged, origin)?;
        }
        Ok(history)
    }

    /// The claim's id.
    pub const fn claim(&self) -> Digest {
        self.claim
    }

    /// What it claims.
    pub const fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// Count and head, to compare with what the index says.
    pub const fn head(&self) -> HistoryHead {
        self.head
    }

    /// The steps, in the order in which they came into force.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The keyset in force after the last step.
    pub fn newest_keyset(&self) -> &Keyset {
        &self.last().keyset
    }

    /// The keyset by which an entry at `index` is judged: the one in force after the entry before it.
    pub fn keyset_in_force_at(&self, index: u64) -> Option<&Keyset> {
        self.ring_at(index).map(|ring| &*ring.keyset)
    }

    /// Whether a release, or the withdrawal of one, at `index` is of this claim and signed as it must be: every signature
    /// verifies, and the release threshold or the name's delegate is among the signers.
    ///
    /// # Errors
    /// A [`Refusal`].
    ///
    /// Not checked: sequence, predecessor, version, and that the entry stands there.
    pub fn check_release(&self, entry: &Entry, index: u64) -> Result<(), Refusal> {
        let (claim, name) = release_of(entry).ok_or(Refusal::HistoryEntry)?;
        if claim != self.claim || !self.namespace.holds(name) {
            return Err(Refusal::ClaimNotInForce { in_force: self.claim });
        }
        self.ring_at(index).ok_or(Refusal::NotInForce)?.check_release(entry, name)
    }

    fn follow(&mut self, logged: &LoggedEntry<'_>, origin: &Origin) -> Result<(), Refusal> {
        let last_since = self.steps.last().map_or(0, |step| step.since);
        if logged.since <= last_since {
            return Err(Refusal::HistoryOrder);
        }
        let (kind, ring) = match logged.entry.payload() {
            Payload::Keyset(keyset) => self.judge_keyset(logged, keyset, origin)?,
            Payload::Withdrawal(withdrawal) => self.judge_withdrawal(logged.entry, withdrawal)?,
            _ => return Err(Refusal::HistoryEntry),
        };
        let is_in_force_when_it_says =
            if kind.is_recovery() { logged.since > logged.index } else { logged.since == logged.index };
        if !is_in_force_when_it_says {
            return Err(Refusal::HistorySince);
        }
        let leaf = logged.entry.leaf_hash();
        self.head = self.head.with(logged.since, &leaf);
        self.steps.push(Step { index: logged.index, since: logged.since, leaf, kind });
        self.rings.push(ring);
        Ok(())
    }

    /// A keyset that waited was judged by the keys of its own index; keys withdrawn while it waited stay withdrawn.
    fn judge_keyset(
        &self,
        logged: &LoggedEntry<'_>,
        keyset: &Keyset,
        origin: &Origin,
    ) -> Result<(StepKind, Keyring), Refusal> {
        check_origin(keyset, origin)?;
        if keyset.version() == 1 || keyset.claim() != self.claim {
            return Err(Refusal::HistoryEntry);
        }
        if keyset.namespace().lower() != self.namespace.lower() {
            return Err(Refusal::HistoryEntry);
        }
        let last = self.last();
        let then = self.ring_at(logged.index).ok_or(Refusal::NotInForce)?;
        if then.keyset.digest() != last.keyset.digest() {
            return Err(Refusal::HistoryOrder);
        }
        let kind = match then.judge_next(logged.entry, keyset, EvidenceFact::Accepted)? {
            Succession::Rotation => StepKind::Rotation,
            Succession::RecoveryByKeys => StepKind::RecoveryByKeys,
            Succession::RecoveryByEvidence => StepKind::RecoveryByEvidence,
        };
        Ok((kind, last.followed_by(Arc::new(keyset.clone()))))
    }

    fn judge_withdrawal(
        &self,
        entry: &Entry,
        withdrawal: &Withdrawal,
    ) -> Result<(StepKind, Keyring), Refusal> {
        let Withdrawn::Key { key_id, .. } = withdrawal.subject else { return Err(Refusal::HistoryEntry) };
        let is_ours = withdrawal.namespace.lower() == self.namespace.lower();
        if withdrawal.claim != self.claim || !is_ours {
            return Err(Refusal::HistoryEntry);
        }
        let mut ring = self.last().clone();
        ring.check_key_withdrawal(entry, key_id)?;
        ring.withdrawn.insert(key_id);
        Ok((StepKind::KeyWithdrawn { key_id }, ring))
    }

    fn ring_at(&self, index: u64) -> Option<&Keyring> {
        let before = self.steps.partition_point(|step| step.since < index);
        self.rings.get(before.checked_sub(1)?)
    }

    fn last(&self) -> &Keyring {
        self.rings.last().expect("a history begins with keyset 1")
    }
}

fn check_origin(keyset: &Keyset, origin: &Origin) -> Result<(), Refusal> {
    if keyset.origin() == origin {
        return Ok(());
    }
    Err(Refusal::ForeignOrigin { named: keyset.origin().clone() })
}

/// Claim and name of a release, or of the release that is withdrawn.
fn release_of(entry: &Entry) -> Option<(Digest, &RegistryName)> {
    match entry.payload() {
        Payload::Release(statement) => Some((statement.claim, &statement.name)),
        Payload::Withdrawal(withdrawal) => withdrawal.name().map(|name| (withdrawal.claim, name)),
        _ => None,
    }
}
