//! A whole log in memory, with witnesses, publishers and releases, that gives bundles. Everything in it is determined by
//! its arguments: keys are made of names, times are given.
//!
//! It can lie where a test needs a lie: take in what admission refuses, say something else in its index, sign what never
//! was.
#![allow(dead_code, reason = "each test file uses its own part")]

mod publisher;

use std::collections::BTreeMap;

use pinfold_core::admit::{EvidenceFact, Facts, State, admit};
use pinfold_core::bundle::{BundleParts, KeysetPart};
use pinfold_core::checkpoint::{Checkpoint, Origin, SignedCheckpoint, cosign};
use pinfold_core::digest::file_digest;
use pinfold_core::entry::{Entry, Payload};
use pinfold_core::index::{Index, IndexKey, IndexProof, IndexValue, MapHead, WithdrawnRanges};
use pinfold_core::json::canonical;
use pinfold_core::merkle::{ConsistencyProof, MemoryTree, prove_consistency, prove_inclusion};
use pinfold_core::note::{KeyName, VerifierKey};
use pinfold_core::registry_name::{Namespace, RegistryName};
use pinfold_core::signature::SigningKey;
use pinfold_core::tlog_proof::TlogProof;

#[allow(unused_imports, reason = "each test file uses its own part")]
pub(crate) use publisher::{Publisher, manifest, manifest_of, manifest_with};

/// A key that depends on a word alone.
pub(crate) fn key(word: &str) -> SigningKey {
    SigningKey::from_seed(file_digest(word.as_bytes()).as_bytes())
}

/// The log.
pub(crate) struct TinyLog {
    pub(crate) origin: Origin,
    witnesses: Vec<(KeyName, SigningKey)>,
    quorum: usize,
    pub(crate) state: State,
    pub(crate) index: Index,
    /// Values that the index says instead of the state's.
    lies: BTreeMap<IndexKey, IndexValue>,
    withdrawn_lies: BTreeMap<String, WithdrawnRanges>,
    tree: MemoryTree,
    pub(crate) entries: Vec<Entry>,
    pub(crate) heads: Vec<Head>,
    /// By namespace in lower case: since, and place of the entry.
    histories: BTreeMap<String, Vec<(u64, u64)>>,
    /// Whether entries were taken in that admission does not know of.
    is_honest: bool,
}

/// A published head.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) size: u64,
    pub(crate) checkpoint: SignedCheckpoint,
    said: Said,
}

/// What is true, or said, under a head.
#[derive(Clone)]
struct Said {
    index: Index,
    state: State,
    withdrawn_lies: BTreeMap<String, WithdrawnRanges>,
    histories: BTreeMap<String, Vec<(u64, u64)>>,
}

impl TinyLog {
    /// A log with witnesses `w1.example` …, of which `quorum` must sign; 0 is `quorum none`.
    pub(crate) fn new(origin: &str, witnesses: usize, quorum: usize) -> Self {
        let witnesses = (1..=witnesses).map(|number| format!("w{number}.example"));
        Self {
            origin: origin.parse().unwrap(),
            witnesses: witnesses.map(|name| (name.parse().unwrap(), key(&name))).collect(),
            quorum,
            state: State::new(),
            index: Index::new(),
            lies: BTreeMap::new(),
            withdrawn_lies: BTreeMap::new(),
            tree: MemoryTree::new(),
            entries: Vec::new(),
            heads: Vec::new(),
            histories: BTreeMap::new(),
            is_honest: true,
        }
    }

    /// The log and its witnesses as a trust names them.
    pub(crate) fn policy(&self) -> String {
        let log = VerifierKey::ed25519(self.origin.key_name(), key(self.origin.as_str()).public_key());
        let mut text = format!("log {log}\n");
        for (name, witness) in &self.witnesses {
            let key = VerifierKey::cosigner(name.clone(), witness.public_key());
            text.push_str(&format!("witness {} {key}\n", name.as_str()));
        }
        if self.quorum == 0 {
            text.push_str("quorum none\n");
        } else {
            let names: Vec<&str> = self.witnesses.iter().map(|(name, _)| name.as_str()).collect();
            text.push_str(&format!("group all {} {}\nquorum all\n", self.quorum, names.join(" ")));
        }
        text
    }

    /// Takes an entry in as an honest log does; its index.
    pub(crate) fn submit(&mut self, entry: &Entry) -> u64 {
        assert!(self.is_honest, "a log that took in a lie cannot go on honestly");
        let index = self.state.size();
        let facts = Facts { origin: &self.origin, index, evidence: EvidenceFact::Accepted };
        let change = admit(&self.state, entry, &facts).unwrap_or_else(|refusal| panic!("{refusal}"));
        let before = self.waiting();
        let waits = change.waits();
        let touched = self.state.apply(change);
        self.state.say_in(&mut self.index, &touched);
        self.note_history(entry, index, waits, &before);
        self.append(entry);
        index
    }

    /// Takes an entry in without asking admission, and says nothing of it in the index; its index.
    pub(crate) fn smuggle(&mut self, entry: &Entry) -> u64 {
        self.is_honest = false;
        self.append(entry);
        self.entries.len() as u64 - 1
    }

    /// Says another value in the index from the next head on.
    pub(crate) fn lie(&mut self, key: IndexKey, value: IndexValue) {
        self.lies.insert(key, value);
    }

    /// Says other withdrawn sequences beside a name's value from the next head on.
    pub(crate) fn lie_withdrawn(&mut self, name: &RegistryName, ranges: WithdrawnRanges) {
        self.withdrawn_lies.insert(name.lower(), ranges);
    }

    /// Closes a batch with a map-head and publishes it, witnessed by all at that time; the number of the head.
    pub(crate) fn publish(&mut self, time: u64) -> usize {
        let times = vec![time; self.witnesses.len()];
        self.publish_at(time, &times)
    }

    /// The same with a time for each witness; 0: it does not sign.
    pub(crate) fn publish_at(&mut self, time: u64, times: &[u64]) -> usize {
        let mut index = self.index.clone();
        for (key, value) in &self.lies {
            index = index.with(*key, value.clone());
        }
        let previous = self.last_map_head();
        let head = Entry::sign(MapHead { root: index.root(), previous, time }, &[]).unwrap();
        // What the map-head brings into force stands in the index of the next one.
        let said = Said {
            index,
            state: self.state.clone(),
            withdrawn_lies: self.withdrawn_lies.clone(),
            histories: self.histories.clone(),
        };
        if self.is_honest {
            self.submit(&head);
        } else {
            self.append(&head);
        }
        self.cosigned(times, said)
    }

    /// The newest head once more, witnessed anew.
    pub(crate) fn witness_again(&mut self, times: &[u64]) -> usize {
        let said = self.heads.last().unwrap().said.clone();
        self.cosigned(times, said)
    }

    fn last_map_head(&self) -> Option<u64> {
        let is_head = |entry: &Entry| matches!(entry.payload(), Payload::MapHead(_));
        self.entries.iter().rposition(is_head).map(|index| index as u64)
    }

    fn cosigned(&mut self, times: &[u64], said: Said) -> usize {
        let frontier = self.tree.frontier();
        let checkpoint = Checkpoint::new(&self.origin, frontier.size(), frontier.root());
        let checkpoint = self.sign(checkpoint, times);
        self.heads.push(Head { size: frontier.size(), checkpoint, said });
        self.heads.len() - 1
    }

    /// A checkpoint signed by the log, and by the witnesses at these times.
    pub(crate) fn sign(&self, checkpoint: Checkpoint, times: &[u64]) -> SignedCheckpoint {
        let name = self.origin.key_name();
        let mut signed = SignedCheckpoint::sign(checkpoint, &name, &key(self.origin.as_str())).unwrap();
        for ((name, witness), time) in self.witnesses.iter().zip(times) {
            if *time > 0 {
                let cosignature = cosign(name, witness, *time, &signed);
                signed = signed.with_signature(cosignature).unwrap();
            }
        }
        signed
    }

    /// The bundle of a release under the newest head.
    pub(crate) fn bundle(&self, index: u64, manifest: &[u8]) -> Vec<u8> {
        self.parts(index, self.heads.len() - 1).with_manifest(manifest)
    }

    /// The bundle of a release under a head.
    pub(crate) fn bundle_under(&self, index: u64, head: usize, manifest: &[u8]) -> Vec<u8> {
        self.parts(index, head).with_manifest(manifest)
    }

    /// The parts of the bundle of a release under a head.
    pub(crate) fn parts(&self, index: u64, head: usize) -> BundleParts {
        let Payload::Release(statement) = self.entries[index as usize].payload() else {
            panic!("entry {index} is no release")
        };
        let history = self.heads[head].said.histories.get(&statement.name.namespace().lower()).cloned();
        self.parts_with(index, head, &history.unwrap_or_default())
    }

    /// The same with other keysets: since, and index of the entry.
    pub(crate) fn parts_with(&self, index: u64, head: usize, keysets: &[(u64, u64)]) -> BundleParts {
        let Payload::Release(statement) = self.entries[index as usize].payload() else {
            panic!("entry {index} is no release")
        };
        let first = self.heads.iter().position(|head| head.size > index).unwrap();
        BundleParts {
            entry: self.entries[index as usize].as_bytes().to_vec(),
            first: self.proof(index, first),
            keysets: keysets
                .iter()
                .map(|(since, place)| KeysetPart {
                    entry: self.entries[*place as usize].as_bytes().to_vec(),
                    proof: self.proof(*place, head),
                    since: *since,
                })
                .collect(),
            proof: self.proof(index, head),
            state: self.index_proof(&statement.name, head),
        }
    }

    /// The proof text of an entry under a head.
    pub(crate) fn proof(&self, index: u64, head: usize) -> String {
        let head = &self.heads[head];
        let path = prove_inclusion(&self.tree, head.size, index).unwrap();
        String::from_utf8(TlogProof::new(index, path, head.checkpoint.clone()).to_bytes()).unwrap()
    }

    /// The index proof of a name under a head.
    pub(crate) fn index_proof(&self, name: &RegistryName, head: usize) -> Vec<u8> {
        let head = &self.heads[head];
        let map_head = &self.entries[head.size as usize - 1];
        let path = prove_inclusion(&self.tree, head.size, head.size - 1).unwrap();
        let lie = head.said.withdrawn_lies.get(&name.lower()).cloned();
        let withdrawn = lie.unwrap_or_else(|| head.said.state.withdrawn(name));
        let proof = IndexProof::new(&head.said.index, name, withdrawn, map_head, path).unwrap();
        canonical(&proof.to_value())
    }

    /// The consistency proof between two heads, the smaller one first.
    pub(crate) fn consistency(&self, old: usize, new: usize) -> ConsistencyProof {
        prove_consistency(&self.tree, self.heads[old].size, self.heads[new].size).unwrap()
    }

    fn append(&mut self, entry: &Entry) {
        self.tree.push(entry.leaf_hash());
        self.entries.push(entry.clone());
    }

    /// What waits, by namespace.
    fn waiting(&self) -> Vec<(Namespace, u64)> {
        let names = self.histories.keys().map(|name| name.parse::<Namespace>().unwrap());
        names.filter_map(|name| self.state.pending(&name).map(|pending| (name, pending.index))).collect()
    }

    fn note_history(&mut self, entry: &Entry, index: u64, waits: bool, before: &[(Namespace, u64)]) {
        let namespace = match entry.payload() {
            Payload::Keyset(keyset) if !waits => {
                let namespace = keyset.namespace().lower();
                if keyset.version() == 1 {
                    self.histories.remove(&namespace);
                }
                Some(namespace)
            }
            Payload::Withdrawal(withdrawal) if withdrawal.name().is_none() => {
                let is_cancel = before.iter().any(|(name, _)| name.lower() == withdrawal.namespace.lower());
                (!is_cancel).then(|| withdrawal.namespace.lower())
            }
            _ => None,
        };
        if let Some(namespace) = namespace {
            self.histories.entry(namespace).or_default().push((index, index));
        }
        for (name, place) in before {
            if matches!(entry.payload(), Payload::MapHead(_)) && self.state.pending(name).is_none() {
                let Payload::Keyset(keyset) = self.entries[*place as usize].payload() else { continue };
                if keyset.version() == 1 {
                    self.histories.remove(&name.lower());
                }
                self.histories.entry(name.lower()).or_default().push((index, *place));
            }
        }
    }
}
