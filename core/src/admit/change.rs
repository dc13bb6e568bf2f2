//! What an admitted entry changes.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::keyring::Keyring;
use super::release_list::{Release, ReleaseList};
use super::rows::RowKey;
use super::state::{LastHead, NameState, NamespaceState, Pending, PendingKind, State};
use super::{MAX_CREDIT_SECONDS, WAITING_PERIOD_SECONDS};
use crate::digest::Digest;
use crate::index::{HistoryHead, IndexKey, Newest, WithdrawnRanges};
use crate::keyset::Keyset;
use crate::merkle::Hash;
use crate::signature::KeyId;
use crate::statement::ReleaseVersion;

/// What one entry changes; made by [`super::admit`] alone, and good for the very state that it was made for.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub(super) index: u64,
    pub(super) leaf: Hash,
    pub(super) effect: Effect,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Effect {
    /// A claim begins, or takes the place of a provisional one.
    Claim { namespace: IndexKey, keyset: Arc<Keyset> },
    /// The next keyset of a claim comes into force.
    Rotation { namespace: IndexKey, keyset: Arc<Keyset> },
    /// A keyset waits.
    Wait { namespace: IndexKey, keyset: Arc<Keyset>, kind: PendingKind },
    /// A release.
    Release { name: IndexKey, namespace: IndexKey, release: NewRelease },
    /// A release is withdrawn; these sequences are then.
    ReleaseWithdrawn { name: IndexKey, withdrawn: WithdrawnRanges },
    /// A key is withdrawn.
    KeyWithdrawn { namespace: IndexKey, key_id: KeyId },
    /// What waits is cancelled.
    Cancel { namespace: IndexKey },
    /// A batch is closed.
    MapHead { time: u64 },
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct NewRelease {
    pub(super) claim: Digest,
    pub(super) sequence: u64,
    pub(super) version: ReleaseVersion,
    pub(super) payload: Digest,
}

/// What a change touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Keys whose value in the index changed; ask [`State::value`].
    pub keys: BTreeSet<IndexKey>,
    /// Rows that changed or went; ask [`State::row`].
    pub rows: BTreeSet<RowKey>,
}

impl Touched {
    /// Adds what another change touched.
    pub fn extend(&mut self, other: Touched) {
        self.keys.extend(other.keys);
        self.rows.extend(other.rows);
    }

    fn namespace(&mut self, key: IndexKey, is_in_index: bool) {
        self.rows.insert(RowKey::Namespace(key));
        if is_in_index {
            self.keys.insert(key);
        }
    }

    fn name(&mut self, key: IndexKey) {
        self.rows.insert(RowKey::Name(key));
        self.keys.insert(key);
    }
}

impl Change {
    /// Whether the entry comes into force only after a wait.
    pub const fn waits(&self) -> bool {
        matches!(self.effect, Effect::Wait { .. })
    }
}

impl State {
    /// Takes an admitted entry in. Costs as much as the entry changes, whatever the size of the log.
    ///
    /// # Panics
    /// If the change was made for another state.
    pub fn apply(&mut self, change: Change) -> Touched {
        assert_eq!(change.index, self.size, "a change is applied to the state that it was made for");
        self.size += 1;
        let Change { index, leaf, effect } = change;
        let mut touched = Touched::default();
        touched.rows.insert(RowKey::Log);
        match effect {
            Effect::Claim { namespace, keyset } => {
                self.begin_claim(namespace, keyset, index, &leaf);
                touched.namespace(namespace, true);
            }
            Effect::Rotation { namespace, keyset } => {
                self.change(namespace, |state| {
                    state.ring = state.ring.followed_by(keyset);
                    state.keysets = state.keysets.with(index, &leaf);
                });
                touched.namespace(namespace, true);
            }
            Effect::Wait { namespace, keyset, kind } => {
                let pending = Pending { kind, index, leaf, keyset, ends: None };
                self.change(namespace, |state| state.pending = Some(pending));
                self.starting.insert(namespace);
                touched.namespace(namespace, false);
            }
            Effect::Release { name, namespace, release } => {
                self.release(name, namespace, release, index, &leaf, &mut touched);
            }
            Effect::ReleaseWithdrawn { name, withdrawn } => {
                let state = self.names.get_mut(&name).expect("judged in this state");
                state.withdrawn = withdrawn;
                state.history = state.history.with(index, &leaf);
                touched.name(name);
            }
            Effect::KeyWithdrawn { namespace, key_id } => {
                self.change(namespace, |state| {
                    state.ring.withdrawn.insert(key_id);
                    state.keysets = state.keysets.with(index, &leaf);
                });
                touched.namespace(namespace, true);
            }
            Effect::Cancel { namespace } => {
                self.drop_pending(namespace);
                touched.namespace(namespace, false);
            }
            Effect::MapHead { time } => self.close_batch(index, time, &mut touched),
        }
        touched
    }

    fn change(&mut self, namespace: IndexKey, change: impl FnOnce(&mut NamespaceState)) {
        change(self.namespaces.get_mut(&namespace).expect("judged in this state"));
    }

    /// A claim comes into force at `since`; what the one before had waiting is gone with it.
    fn begin_claim(&mut self, namespace: IndexKey, keyset: Arc<Keyset>, since: u64, leaf: &Hash) {
        self.drop_pending(namespace);
        let earlier = self.namespaces.get(&namespace).map_or(0, |state| state.earlier + 1);
        let state = NamespaceState {
            claim: keyset.claim(),
            earlier,
            ring: Keyring::first(keyset),
            keysets: HistoryHead::EMPTY.with(since, leaf),
            names: HistoryHead::EMPTY,
            pending: None,
        };
        self.namespaces.insert(namespace, state);
    }

    fn drop_pending(&mut self, namespace: IndexKey) -> Option<Pending> {
        let pending = self.namespaces.get_mut(&namespace)?.pending.take()?;
        self.starting.remove(&namespace);
        if let Some(ends) = pending.ends {
            self.waiting.remove(&(ends, namespace));
        }
        Some(pending)
    }

    fn release(
        &mut self,
        key: IndexKey,
        namespace: IndexKey,
        release: NewRelease,
        index: u64,
        leaf: &Hash,
        touched: &mut Touched,
    ) {
        let NewRelease { claim, sequence, version, payload } = release;
        touched.name(key);
        touched.rows.insert(RowKey::Release(key, version.clone()));
        let newest = Newest { index, leaf: *leaf, sequence };
        let release = Release { version, index };
        match self.names.get_mut(&key).filter(|name| name.claim == claim) {
            Some(name) => {
                name.releases.push(release);
                name.history = name.history.with(index, leaf);
                (name.newest, name.newest_payload) = (newest, payload);
            }
            None => {
                let name = NameState {
                    claim,
                    history: HistoryHead::EMPTY.with(index, leaf),
                    newest,
                    newest_payload: payload,
                    withdrawn: WithdrawnRanges::EMPTY,
                    releases: ReleaseList::of_one(release),
                };
                if let Some(old) = self.names.insert(key, name) {
                    let rows = old.releases.iter().map(|old| RowKey::Release(key, old.version.clone()));
                    touched.rows.extend(rows);
                }
                self.change(namespace, |state| state.names = state.names.with(index, leaf));
                touched.namespace(namespace, true);
            }
        }
    }

    fn close_batch(&mut self, index: u64, time: u64, touched: &mut Touched) {
        let passed = self.head.map_or(0, |head| time.saturating_sub(head.time));
        self.credited += passed.min(MAX_CREDIT_SECONDS);
        let mut brought = false;
        while let Some((_, namespace)) =
            self.waiting.first().copied().filter(|(ends, _)| *ends <= self.credited)
        {
            let Some(pending) = self.drop_pending(namespace) else { break };
            brought = true;
            match pending.kind {
                PendingKind::Claim => self.begin_claim(namespace, pending.keyset, index, &pending.leaf),
                PendingKind::RecoveryByKeys | PendingKind::RecoveryByEvidence => {
                    self.change(namespace, |state| {
                        state.ring = state.ring.followed_by(pending.keyset);
                        state.keysets = state.keysets.with(index, &pending.leaf);
                    });
                }
            }
            touched.namespace(namespace, true);
        }
        let ends = self.credited + WAITING_PERIOD_SECONDS;
        for namespace in std::mem::take(&mut self.starting) {
            self.change(namespace, |state| {
                if let Some(pending) = &mut state.pending {
                    pending.ends = Some(ends);
                }
            });
            self.waiting.insert((ends, namespace));
            touched.namespace(namespace, false);
        }
        self.head = Some(LastHead { index, time, brought });
    }
}
