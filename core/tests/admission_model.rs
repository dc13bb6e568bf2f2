//! Random histories, honest and hostile, offered to `admit` and to an independent model: one answer, and one index.
#![allow(clippy::unwrap_used)]

mod admission;

use std::collections::{BTreeMap, BTreeSet};

use admission::model::{Model, Wait, ranges};
use admission::world::{Dice, Keys, NAMES, ORIGIN, World};
use pinfold_core::admit::{ClaimHistory, EvidenceFact, Facts, LoggedEntry, PendingKind, State, admit};
use pinfold_core::checkpoint::Origin;
use pinfold_core::entry::{Entry, Payload};
use pinfold_core::index::{Index, IndexKey, IndexValue};
use pinfold_core::merkle::EMPTY_ROOT;
use pinfold_core::registry_name::RegistryName;

const HISTORIES: u64 = 40;
const OFFERS: usize = 140;

/// Every rule that a log can break; each must come up, or the histories are not what they should be.
const RULES: [&str; 27] = [
    "AlreadyWithdrawn",
    "ClaimInForce",
    "ClaimNotInForce",
    "ClaimPending",
    "EmptyBatch",
    "EvidenceDropped",
    "EvidenceNotAccepted",
    "EvidenceUnsigned",
    "ForeignOrigin",
    "KeyWithdrawn",
    "KeysetPrevious",
    "KeysetVersion",
    "MapHeadPrevious",
    "NoSuchKey",
    "NoSuchRelease",
    "NothingPending",
    "PreviousMismatch",
    "RecoveryPending",
    "SequenceGap",
    "SequenceTaken",
    "SignatureBad",
    "ThresholdNotMet",
    "TimeWentBack",
    "Unclaimed",
    "UnknownSigner",
    "VersionUsed",
    "WrongRole",
];

#[test]
fn admission_and_the_model_give_one_answer_over_random_histories() {
    let keys = Keys::new();
    let mut seen = BTreeMap::new();
    for seed in 0..HISTORIES {
        let mut history = History::new(&keys, seed);
        for _ in 0..OFFERS {
            history.step();
            history.let_time_pass_if_something_waits();
        }
        history.check_offline();
        for (what, count) in history.seen {
            *seen.entry(what).or_insert(0_u64) += count;
        }
    }
    println!("{seen:#?}");
    let missing: Vec<_> = RULES.iter().filter(|rule| !seen.contains_key(**rule)).collect();
    assert!(missing.is_empty(), "never refused for {missing:?}");
    for outcome in
        ["accepted", "claim waits", "by keys waits", "by evidence waits", "came into force", "earlier claim"]
    {
        assert!(seen.contains_key(outcome), "never saw: {outcome}");
    }
}

struct History<'w> {
    seed: u64,
    origin: Origin,
    world: World<'w>,
    model: Model,
    state: State,
    index: Index,
    values: BTreeMap<IndexKey, IndexValue>,
    /// What a log stores: only rows that were touched are written again.
    rows: BTreeMap<String, Vec<u8>>,
    payloads: BTreeSet<(&'static str, Vec<u8>)>,
    seen: BTreeMap<&'static str, u64>,
}

impl<'w> History<'w> {
    fn new(keys: &'w Keys, seed: u64) -> Self {
        let origin: Origin = ORIGIN.parse().unwrap();
        Self {
            seed,
            world: World { dice: Dice(seed), keys, time: 1_764_000_000, root: EMPTY_ROOT },
            model: Model::new(origin.clone(), keys.public()),
            origin,
            state: State::new(),
            index: Index::new(),
            values: BTreeMap::new(),
            rows: BTreeMap::new(),
            payloads: BTreeSet::new(),
            seen: BTreeMap::new(),
        }
    }

    fn step(&mut self) {
        if let Some(offer) = self.world.offer(&self.model) {
            self.offer(&offer.entry, offer.is_evidence_true);
        }
    }

    /// A day, again and again, so that what waits comes into force in some histories.
    fn let_time_pass_if_something_waits(&mut self) {
        let waits = |namespace| self.model.standing(namespace).pending.is_some();
        if self.model.namespaces().iter().any(waits) && self.world.dice.below(3) == 0 {
            let head = self.world.close(&self.model, 86_400);
            self.offer(&head, false);
        }
    }

    fn offer(&mut self, entry: &Entry, is_evidence_true: bool) {
        // Duplicates are the caller's matter: it gives the first answer again.
        let payload = (entry.kind().as_str(), entry.payload_bytes().to_vec());
        if self.payloads.contains(&payload) {
            return;
        }
        let at = format!("seed {}, entry {}: {:?}", self.seed, self.model.size(), entry.payload());
        let evidence = if is_evidence_true { EvidenceFact::Accepted } else { EvidenceFact::NotChecked };
        let facts = Facts { origin: &self.origin, index: self.model.size(), evidence };
        match (admit(&self.state, entry, &facts), self.model.offer(entry, is_evidence_true)) {
            (Ok(change), Ok(())) => {
                self.see("accepted");
                self.payloads.insert(payload);
                if let Payload::MapHead(head) = entry.payload() {
                    self.world.time = head.time;
                }
                let touched = self.state.apply(change);
                for key in &touched.rows {
                    match self.state.row(key) {
                        Some(row) => self.rows.insert(key.to_string(), row),
                        None => self.rows.remove(&key.to_string()),
                    };
                }
                self.check_values(&touched.keys, &at);
                self.check_standing(&at);
            }
            (Err(refusal), Err(broken)) => {
                assert!(broken.contains(refusal.name()), "{at}\n{refusal:?}, and the model: {broken:?}");
                self.see(refusal.name());
            }
            (answer, expected) => panic!("{at}\n{answer:?}, and the model: {expected:?}"),
        }
    }

    /// The index is the model's, and exactly the touched keys changed.
    fn check_values(&mut self, touched: &BTreeSet<IndexKey>, at: &str) {
        let values: BTreeMap<_, _> = self.state.values().collect();
        assert_eq!(values, self.model.index(), "{at}");
        for (key, value) in &values {
            assert_eq!(self.state.value(key).as_ref(), Some(value), "{at}");
            if self.values.get(key) != Some(value) {
                assert!(touched.contains(key), "{at}\n{key} changed and was not touched");
            }
        }
        for key in touched {
            self.index = self.index.with(*key, self.state.value(key).unwrap());
        }
        self.values = values;
    }

    fn check_standing(&mut self, at: &str) {
        for namespace in self.model.namespaces() {
            let standing = self.model.standing(&namespace);
            let keyset = standing.claim.as_ref().map(|claim| claim.keyset().digest());
            assert_eq!(self.state.keyset(&namespace).map(|keyset| keyset.digest()), keyset, "{at}");
            let expected = standing.pending.as_ref().map(|pending| {
                let kind = match pending.wait {
                    Wait::Claim => PendingKind::Claim,
                    Wait::ByKeys => PendingKind::RecoveryByKeys,
                    Wait::ByEvidence => PendingKind::RecoveryByEvidence,
                };
                (kind, pending.index, pending.digest())
            });
            let found = self.state.pending(&namespace);
            assert_eq!(found.map(|view| (view.kind, view.index, view.keyset)), expected, "{at}");
            match standing.pending.map(|pending| pending.wait) {
                Some(Wait::Claim) => self.see("claim waits"),
                Some(Wait::ByKeys) => self.see("by keys waits"),
                Some(Wait::ByEvidence) => self.see("by evidence waits"),
                None => {}
            }
            if let Some(claim) = standing.claim {
                if claim.steps.iter().any(|(index, since, _)| index != since) {
                    self.see("came into force");
                }
                if standing.earlier > 0 {
                    self.see("earlier claim");
                }
            }
        }
    }

    /// The state is read back from its rows, the trie from its values, and each claim from its few entries.
    fn check_offline(&self) {
        let at = format!("seed {}", self.seed);
        assert_eq!(State::from_rows(&self.rows).unwrap(), self.state, "{at}");
        let keys: Vec<_> = self.state.row_keys().map(|key| key.to_string()).collect();
        assert_eq!(keys.len(), self.rows.len(), "{at}");
        assert_eq!(
            Index::build(self.values.clone().into_iter().collect()).unwrap().root(),
            self.index.root(),
            "{at}"
        );
        for name in NAMES {
            let name: RegistryName = name.parse().unwrap();
            if let Some(IndexValue::Name(value)) = self.values.get(&IndexKey::name(&name)) {
                let withdrawn = ranges(&self.model.withdrawn_sequences(&name, value.claim));
                assert_eq!(self.state.withdrawn(&name), withdrawn, "{at}");
            }
        }
        for namespace in self.model.namespaces() {
            let Some(claim) = self.model.standing(&namespace).claim else { continue };
            let entries: Vec<LoggedEntry<'_>> = claim
                .steps
                .iter()
                .map(|(index, since, _)| LoggedEntry {
                    index: *index,
                    since: *since,
                    entry: self.model.entry(*index),
                })
                .collect();
            let history = ClaimHistory::fold(&entries, &self.origin)
                .unwrap_or_else(|refusal| panic!("{at}: {refusal:?}"));
            let Some(IndexValue::Namespace(value)) = self.values.get(&IndexKey::namespace(&namespace)) else {
                panic!("{at}")
            };
            assert_eq!((history.claim(), history.head()), (value.claim, value.keysets), "{at}");
            // A history from which something was left out, or that says another since, is refused or has another head.
            for at in 0..entries.len() {
                let mut shorter = entries.clone();
                shorter.remove(at);
                let mut later = entries.clone();
                later[at].since += 1;
                for other in [shorter, later] {
                    let other = ClaimHistory::fold(&other, &self.origin);
                    assert!(other.is_err() || other.is_ok_and(|other| other.head() != value.keysets));
                }
            }
            assert_eq!(history.newest_keyset().digest(), claim.keyset().digest(), "{at}");
            for index in 0..=self.model.size() {
                let in_force = claim.keysets.iter().rev().find(|(since, _)| *since < index);
                let found = history.keyset_in_force_at(index).map(|keyset| keyset.digest());
                assert_eq!(found, in_force.map(|(_, keyset)| keyset.digest()), "{at}: index {index}");
            }
            for name in NAMES {
                let name: RegistryName = name.parse().unwrap();
                for (index, _) in self.model.releases(&name, claim.id) {
                    let answer = history.check_release(self.model.entry(index), index);
                    assert_eq!(answer, Ok(()), "{at}: release at {index}");
                }
            }
        }
    }

    fn see(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }
}
