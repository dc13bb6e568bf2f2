//! What a log's entries add up to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::change::Touched;
use super::keyring::Keyring;
use super::release_list::ReleaseList;
use crate::digest::Digest;
use crate::index::{
    HistoryHead, Index, IndexKey, IndexValue, NameStatus, NameValue, NamespaceValue, Newest, WithdrawnRanges,
};
use crate::keyset::Keyset;
use crate::merkle::Hash;
use crate::registry_name::{Namespace, RegistryName};

/// What a log's entries add up to: every name and namespace, and what waits. Made by [`super::admit`] and
/// [`State::apply`], or read back from rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub(super) size: u64,
    /// The last map-head.
    pub(super) head: Option<LastHead>,
    /// Credited time in seconds: what all map-heads together added.
    pub(super) credited: u64,
    pub(super) namespaces: BTreeMap<IndexKey, NamespaceState>,
    pub(super) names: BTreeMap<IndexKey, NameState>,
    /// Namespaces in which something waits, by the credited time at which the wait ends.
    pub(super) waiting: BTreeSet<(u64, IndexKey)>,
    /// Namespaces in which something waits whose batch is not closed yet.
    pub(super) starting: BTreeSet<IndexKey>,
}

/// The last map-head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LastHead {
    pub(super) index: u64,
    pub(super) time: u64,
    /// Whether it brought something into force, which the index of the next one tells.
    pub(super) brought: bool,
}

/// One namespace with a claim in force.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NamespaceState {
    pub(super) claim: Digest,
    pub(super) earlier: u64,
    pub(super) ring: Keyring,
    pub(super) keysets: HistoryHead,
    pub(super) names: HistoryHead,
    pub(super) pending: Option<Pending>,
}

/// A keyset that waits.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pending {
    pub(super) kind: PendingKind,
    pub(super) index: u64,
    pub(super) leaf: Hash,
    pub(super) keyset: Arc<Keyset>,
    /// Credited time at which it comes into force; `None` until the map-head that closes its batch.
    pub(super) ends: Option<u64>,
}

/// Why a keyset waits, which decides who may cancel it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PendingKind {
    /// It begins another claim; the root of the claim in force may cancel.
    Claim,
    /// The recovery threshold replaces the root; that threshold alone may cancel.
    RecoveryByKeys,
    /// Evidence replaces the root; root or recovery may cancel.
    RecoveryByEvidence,
}

/// A keyset that waits, for people and programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingView {
    /// Why it waits.
    pub kind: PendingKind,
    /// Index of its entry.
    pub index: u64,
    /// Digest of its payload.
    pub keyset: Digest,
    /// Seconds of credited time until it comes into force; `None` until the map-head that closes its batch.
    pub remaining_seconds: Option<u64>,
}

/// One name, within the claim under which it was released last.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NameState {
    pub(super) claim: Digest,
    pub(super) history: HistoryHead,
    pub(super) newest: Newest,
    pub(super) newest_payload: Digest,
    pub(super) withdrawn: WithdrawnRanges,
    /// Every release.
    pub(super) releases: ReleaseList,
}

impl State {
    /// The state of an empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of entries: the index that comes next.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Index and time of the last map-head.
    pub fn last_map_head(&self) -> Option<(u64, u64)> {
        self.head.map(|head| (head.index, head.time))
    }

    /// Whether any keyset waits, so that a map-head alone may be needed to let time pass.
    pub fn anything_waits(&self) -> bool {
        !self.waiting.is_empty() || !self.starting.is_empty()
    }

    /// Number of names that were released.
    pub fn names(&self) -> usize {
        self.names.len()
    }

    /// What the index says under a key.
    pub fn value(&self, key: &IndexKey) -> Option<IndexValue> {
        if let Some(name) = self.names.get(key) {
            return Some(IndexValue::Name(name.value()));
        }
        self.namespaces.get(key).map(|namespace| IndexValue::Namespace(namespace.value()))
    }

    /// Every key of the index with its value, in the order of keys.
    pub fn values(&self) -> impl Iterator<Item = (IndexKey, IndexValue)> {
        let mut names = self.names.iter().peekable();
        let mut namespaces = self.namespaces.iter().peekable();
        std::iter::from_fn(move || {
            let is_name = match (names.peek(), namespaces.peek()) {
                (Some((name, _)), Some((namespace, _))) => name < namespace,
                (name, _) => name.is_some(),
            };
            if is_name {
                names.next().map(|(key, name)| (*key, IndexValue::Name(name.value())))
            } else {
                namespaces.next().map(|(key, namespace)| (*key, IndexValue::Namespace(namespace.value())))
            }
        })
    }

    /// Says in the index what a change touched, so that it says of every key what this state does.
    pub fn say_in(&self, index: &mut Index, touched: &Touched) {
        for key in &touched.keys {
            let value = self.value(key).expect("a touched key has a value: nothing is deleted");
            *index = index.with(*key, value);
        }
    }

    /// The keyset in force in a namespace.
    pub fn keyset(&self, namespace: &Namespace) -> Option<&Keyset> {
        self.namespaces.get(&IndexKey::namespace(namespace)).map(|state| &*state.ring.keyset)
    }

    /// What waits in a namespace.
    pub fn pending(&self, namespace: &Namespace) -> Option<PendingView> {
        let pending = self.namespaces.get(&IndexKey::namespace(namespace))?.pending.as_ref()?;
        Some(PendingView {
            kind: pending.kind,
            index: pending.index,
            keyset: pending.keyset.digest(),
            remaining_seconds: pending.ends.map(|ends| ends.saturating_sub(self.credited)),
        })
    }

    /// The withdrawn sequences of a name, in the claim under which it was released last; empty for an unknown one.
    pub fn withdrawn(&self, name: &RegistryName) -> WithdrawnRanges {
        self.withdrawn_under(&IndexKey::name(name))
    }

    /// The same, by the key of the name.
    pub fn withdrawn_under(&self, key: &IndexKey) -> WithdrawnRanges {
        self.names.get(key).map_or(WithdrawnRanges::EMPTY, |state| state.withdrawn.clone())
    }

    /// A name as admission sees it: one whose claim is not its namespace's counts as absent.
    pub(super) fn name_in(&self, key: &IndexKey, claim: &Digest) -> Option<&NameState> {
        self.names.get(key).filter(|name| name.claim == *claim)
    }
}

impl NamespaceState {
    fn value(&self) -> NamespaceValue {
        NamespaceValue { claim: self.claim, earlier: self.earlier, keysets: self.keysets, names: self.names }
    }
}

impl NameState {
    pub(super) fn value(&self) -> NameValue {
        let is_withdrawn = self.withdrawn.contains(self.newest.sequence);
        NameValue {
            claim: self.claim,
            history: self.history,
            newest: self.newest,
            status: if is_withdrawn { NameStatus::Withdrawn } else { NameStatus::Released },
            withdrawn: self.withdrawn.digest(),
        }
    }
}
