//! Random histories, honest and hostile, replayed by an audit: it takes in what an independent model admits, and of what the
//! model refuses it names the entry and a rule that it breaks.
#![allow(clippy::unwrap_used)]

#[path = "../../../core/tests/admission/mod.rs"]
#[allow(dead_code, reason = "an audit asks a part of the model")]
mod admission;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use admission::model::Model;
use admission::world::{Dice, Keys, ORIGIN, World};
use pinfold_core::checkpoint::{Checkpoint, Origin, SignedCheckpoint};
use pinfold_core::entry::{Entry, Payload};
use pinfold_core::index::{Index, MapHead};
use pinfold_core::merkle::{
    EMPTY_ROOT, EntryTile, Hash, HashTile, MemoryTree, TileSource, TileTree, append_entry,
};
use pinfold_core::note::VerifierKey;
use pinfold_core::signature::SigningKey;
use pinfold_core::tlog_policy::TlogPolicy;
use pinfold_log_client::Head;
use pinfold_log_client::audit::{Audit, AuditError, Finding};

const HISTORIES: u64 = 12;
const OFFERS: usize = 100;

#[test]
fn an_audit_and_the_model_give_one_answer_over_random_histories() {
    let keys = Keys::new();
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 0..HISTORIES {
        let mut history = History::new(&keys, seed);
        for _ in 0..OFFERS {
            history.step();
        }
        for (what, count) in history.seen {
            *seen.entry(what).or_default() += count;
        }
    }
    println!("{seen:#?}");
    for what in
        ["goes on", "Twice", "WrongIndex", "SignatureBad", "ThresholdNotMet", "KeyWithdrawn", "EmptyBatch"]
    {
        assert!(seen.contains_key(what), "never saw: {what}");
    }
    assert!(seen.len() > 20, "only saw {seen:?}");
}

struct History<'w> {
    seed: u64,
    world: World<'w>,
    model: Model,
    log: Log,
    audit: Audit,
    seen: BTreeMap<String, u64>,
}

impl<'w> History<'w> {
    fn new(keys: &'w Keys, seed: u64) -> Self {
        let log = Log::new();
        Self {
            seed,
            world: World { dice: Dice(seed), keys, time: 1_764_000_000, root: EMPTY_ROOT },
            model: Model::new(log.origin.clone(), keys.public()),
            audit: log.audit(),
            log,
            seen: BTreeMap::new(),
        }
    }

    /// One offer, which a log that lies takes in whatever it is.
    fn step(&mut self) {
        self.world.root = self.root();
        let waits = |namespace| self.model.standing(namespace).pending.is_some();
        let entry = if self.model.namespaces().iter().any(waits) && self.world.dice.below(4) == 0 {
            self.world.close(&self.model, 86_400)
        } else if self.model.size() > 0 && self.world.dice.below(8) == 0 {
            // The log takes an old entry in again.
            self.model.entry(self.world.dice.below(self.model.size() as usize) as u64).clone()
        } else {
            let Some(offer) = self.world.offer(&self.model) else { return };
            offer.entry
        };
        let at = format!("seed {}, entry {}: {:?}", self.seed, self.model.size(), entry.payload());
        let is_twice = (0..self.model.size()).any(|index| {
            let other = self.model.entry(index);
            other.kind() == entry.kind() && other.payload_digest() == entry.payload_digest()
        });
        // What is logged was found true: that is the log's word, and the audit says so.
        let expected = self.model.judge(&entry, true);
        if is_twice || expected.is_err() {
            let finding =
                self.log.finding_with(&entry).unwrap_or_else(|| panic!("{at}\nthe audit finds nothing"));
            match finding {
                Finding::Twice { index } => {
                    assert!(is_twice && index == self.model.size(), "{at}");
                    self.see("Twice");
                }
                Finding::AgainstTheRules { index, refusal } => {
                    assert_eq!(index, self.model.size(), "{at}");
                    let broken = expected.err().unwrap_or_default();
                    assert!(broken.contains(refusal.name()), "{at}\n{refusal:?}, and the model: {broken:?}");
                    self.see(refusal.name());
                }
                other => panic!("{at}\n{other}"),
            }
            return;
        }
        if let Payload::MapHead(head) = entry.payload() {
            self.lie_about_the_index(head, &at);
            self.world.time = head.time;
        }
        self.model.offer(&entry, true).unwrap();
        self.log.push(entry.clone());
        if matches!(entry.payload(), Payload::MapHead(_)) && self.world.dice.below(3) == 0 {
            self.go_on(&at);
        }
    }

    /// The audit goes on from where it stopped, under the newest head.
    fn go_on(&mut self, at: &str) {
        let (head, tree) = (self.log.head(), self.log.tree());
        self.audit
            .replay(&head, &tree, |_| ControlFlow::Continue(()))
            .unwrap_or_else(|error| panic!("{at}\n{error}"));
        assert_eq!(self.audit.size(), self.model.size(), "{at}");
        self.see("goes on");
    }

    fn lie_about_the_index(&mut self, head: &MapHead, at: &str) {
        if self.world.dice.below(6) != 0 {
            return;
        }
        let mut root = *head.root.as_bytes();
        root[self.world.dice.below(32)] ^= 1;
        let lie = Entry::sign(MapHead { root: Hash::from_bytes(root), ..*head }, &[]).unwrap();
        match self.log.finding_with(&lie) {
            Some(Finding::WrongIndex { index, computed, .. }) => {
                assert_eq!((index, computed), (self.model.size(), head.root), "{at}");
                self.see("WrongIndex");
            }
            other => panic!("{at}\n{other:?}"),
        }
    }

    fn root(&self) -> Hash {
        Index::build(self.model.index().into_iter().collect()).unwrap().root()
    }

    fn see(&mut self, what: &str) {
        *self.seen.entry(what.to_owned()).or_default() += 1;
    }
}

/// A log in memory.
#[derive(Clone)]
struct Log {
    origin: Origin,
    key: Arc<SigningKey>,
    verifier: VerifierKey,
    tree: MemoryTree,
    entries: Vec<Entry>,
}

impl Log {
    fn new() -> Self {
        let (origin, key): (Origin, _) = (ORIGIN.parse().unwrap(), SigningKey::from_seed(&[99; 32]));
        let verifier = VerifierKey::ed25519(origin.key_name(), key.public_key());
        Self { origin, key: Arc::new(key), verifier, tree: MemoryTree::new(), entries: Vec::new() }
    }

    fn audit(&self) -> Audit {
        Audit::new(self.origin.clone(), self.verifier.clone())
    }

    fn push(&mut self, entry: Entry) {
        self.tree.push(entry.leaf_hash());
        self.entries.push(entry);
    }

    fn head(&self) -> Head {
        let checkpoint =
            Checkpoint::new(&self.origin, self.tree.frontier().size(), self.tree.frontier().root());
        let signed = SignedCheckpoint::sign(checkpoint, &self.origin.key_name(), &self.key).unwrap();
        let policy = format!("log {}\nquorum none\n", self.verifier);
        let policy = TlogPolicy::parse(policy.as_bytes()).unwrap();
        Head::judge(&signed.to_bytes(), &policy, self.origin.as_str(), 1_764_000_000).unwrap()
    }

    fn tree(&self) -> TileTree<&Self> {
        TileTree::open(self, self.tree.frontier().size(), self.tree.frontier().root()).unwrap()
    }

    /// What a new audit finds if the log holds this entry too.
    fn finding_with(&self, entry: &Entry) -> Option<Finding> {
        let mut log = self.clone();
        log.push(entry.clone());
        let (head, tree) = (log.head(), log.tree());
        match log.audit().replay(&head, &tree, |_| ControlFlow::Continue(())) {
            Ok(()) => None,
            Err(AuditError::Finding(finding)) => Some(finding),
            Err(other) => panic!("{other}"),
        }
    }
}

impl TileSource for &Log {
    type Error = String;

    fn tile(&self, tile: HashTile) -> Result<Vec<u8>, String> {
        self.tree.tile(tile).ok_or_else(|| format!("{tile} is not in the tree"))
    }

    fn entries(&self, tile: EntryTile) -> Result<Vec<u8>, String> {
        let first = usize::try_from(tile.first_entry()).unwrap();
        let mut bundle = Vec::new();
        for entry in &self.entries[first..first + usize::from(tile.width().get())] {
            append_entry(&mut bundle, entry.as_bytes()).unwrap();
        }
        Ok(bundle)
    }
}
