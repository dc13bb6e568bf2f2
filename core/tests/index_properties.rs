//! What must hold for every index: its lists against sets, its proofs against every change of a bit.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use pinfold_core::digest::{Digest, file_digest};
use pinfold_core::entry::Entry;
use pinfold_core::index::{
    HistoryHead, Index, IndexKey, IndexProof, IndexValue, MAX_WITHDRAWN_RANGES, MapHead, NameStatus,
    NameValue, NamespaceValue, Newest, VerifiedIndex, WithdrawnError, WithdrawnRanges,
};
use pinfold_core::json::{ReadLimits, canonical, read_canonical};
use pinfold_core::merkle::{Frontier, Hash, InclusionPath, leaf_hash};
use pinfold_core::registry_name::RegistryName;
use pinfold_core::trie::TrieValue as _;
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #[test]
    fn withdrawn_ranges_are_the_set_in_whatever_order_it_grows(sequences in vec(1_u64..40, 0..40)) {
        let mut ranges = WithdrawnRanges::EMPTY;
        let mut set = BTreeSet::new();
        for sequence in sequences {
            ranges = ranges.with(sequence).unwrap();
            set.insert(sequence);
            prop_assert_eq!((1..42).filter(|&sequence| ranges.contains(sequence)).collect::<BTreeSet<_>>(), set.clone());
            prop_assert_eq!(ranges.count(), set.len() as u64);
            prop_assert_eq!(&WithdrawnRanges::from_value(&ranges.to_value()).unwrap(), &ranges);
        }
        let sorted = set.iter().fold(WithdrawnRanges::EMPTY, |ranges, &sequence| ranges.with(sequence).unwrap());
        prop_assert_eq!(sorted.digest(), ranges.digest());
        prop_assert_eq!(sorted, ranges);
    }

    #[test]
    fn a_history_is_its_entries_in_order(entries in vec((0..1_u64 << 53, any::<[u8; 32]>()), 1..8), at in any::<prop::sample::Index>()) {
        let head = |entries: &[(u64, [u8; 32])]| {
            entries.iter().fold(HistoryHead::EMPTY, |head, (index, leaf)| head.with(*index, &Hash::from_bytes(*leaf)))
        };
        let whole = head(&entries);
        let at = at.index(entries.len());
        let mut other = entries.clone();
        other[at].0 ^= 1;
        prop_assert_ne!(head(&other), whole);
        other = entries.clone();
        other.remove(at);
        prop_assert_ne!(head(&other), whole);
        other = entries.clone();
        other.rotate_left(at);
        prop_assert_eq!(head(&other) == whole, other == entries);
    }

    #[test]
    fn values_are_read_as_they_were_written(value in name_value(), namespace in namespace_value()) {
        prop_assert_eq!(NameValue::from_bytes(&value.to_bytes()).unwrap(), value.clone());
        prop_assert_eq!(NamespaceValue::from_bytes(&namespace.to_bytes()).unwrap(), namespace.clone());
        // A value of one kind is never one of the other.
        prop_assert!(NamespaceValue::from_bytes(&value.to_bytes()).is_err());
        prop_assert!(NameValue::from_bytes(&namespace.to_bytes()).is_err());
        prop_assert_eq!(value.to_bytes(), canonical(&value.to_value()));
        prop_assert_eq!(namespace.to_bytes(), canonical(&namespace.to_value()));
        let bytes = [value.to_bytes(), namespace.to_bytes()].concat();
        let mut encoded = Vec::new();
        IndexValue::Name(value).encode(&mut encoded);
        IndexValue::Namespace(namespace).encode(&mut encoded);
        prop_assert_eq!(encoded, bytes);
    }
}

/// One that touches a range is accepted where one more range is not.
#[test]
fn a_withdrawal_that_merges_is_always_accepted() {
    let full = (0..MAX_WITHDRAWN_RANGES as u64).map(|at| 3 * at + 1);
    let full = full.fold(WithdrawnRanges::EMPTY, |ranges, sequence| ranges.with(sequence).unwrap());
    assert_eq!(full.ranges().len(), MAX_WITHDRAWN_RANGES);
    let beyond = 3 * MAX_WITHDRAWN_RANGES as u64 + 7;
    assert_eq!(full.with(beyond), Err(WithdrawnError::TooMany));
    assert_eq!(full.with(1).unwrap(), full);
    let grown = full.with(2).unwrap();
    assert_eq!(grown.ranges().len(), MAX_WITHDRAWN_RANGES);
    let merged = grown.with(3).unwrap();
    assert_eq!(merged.ranges().len(), MAX_WITHDRAWN_RANGES - 1);
    assert!(merged.with(beyond).is_ok());
    for outside in [0, 1 << 53, u64::MAX] {
        assert_eq!(WithdrawnRanges::EMPTY.with(outside), Err(WithdrawnError::Form));
    }
}

/// A small log: two names of one namespace, one of them withdrawn, and names that are not there.
struct Log {
    index: Index,
    leaves: Vec<Hash>,
    entry: Entry,
    withdrawn: WithdrawnRanges,
}

fn log() -> Log {
    let withdrawn = WithdrawnRanges::EMPTY.with(1).unwrap().with(3).unwrap();
    let mut index = Index::new();
    for (name, status, ranges) in [
        ("io.github.acme/weather", NameStatus::Withdrawn, &withdrawn),
        ("io.github.acme/tides", NameStatus::Released, &WithdrawnRanges::EMPTY),
        ("io.github.other/weather", NameStatus::Released, &WithdrawnRanges::EMPTY),
    ] {
        let name: RegistryName = name.parse().unwrap();
        let claim = file_digest(name.namespace().as_str().as_bytes());
        let history = HistoryHead { count: 5, head: file_digest(b"history") };
        let newest = Newest { index: 6, leaf: leaf_hash(b"newest"), sequence: 3 };
        let value = NameValue { claim, history, newest, status, withdrawn: ranges.digest() };
        index = index.with(IndexKey::name(&name), IndexValue::Name(value));
        let names = HistoryHead { count: 2, head: file_digest(b"names") };
        let value = NamespaceValue { claim, earlier: 0, keysets: history, names };
        index = index.with(IndexKey::namespace(&name.namespace()), IndexValue::Namespace(value));
    }
    let head = MapHead { root: index.root(), previous: Some(4), time: 1_764_000_000 };
    let entry = Entry::sign(head, &[]).unwrap();
    let mut leaves: Vec<Hash> = (0..10_u8).map(|at| leaf_hash(&[at])).collect();
    leaves.push(entry.leaf_hash());
    Log { index, leaves, entry, withdrawn }
}

impl Log {
    fn root(&self) -> Hash {
        let mut frontier = Frontier::new();
        for leaf in &self.leaves {
            frontier.push(*leaf);
        }
        frontier.root()
    }

    fn state(&self, name: &str, withdrawn: &WithdrawnRanges) -> Vec<u8> {
        // Entry 10 of 11: the node over entries 8 and 9, then the one over the first eight.
        let pair = pinfold_core::merkle::node_hash(&self.leaves[8], &self.leaves[9]);
        let mut first = Frontier::new();
        for leaf in &self.leaves[..8] {
            first.push(*leaf);
        }
        let path = InclusionPath::new(vec![pair, first.root()]).unwrap();
        let proof =
            IndexProof::new(&self.index, &name.parse().unwrap(), withdrawn.clone(), &self.entry, path)
                .unwrap();
        canonical(&proof.to_value())
    }
}

fn verify(state: &[u8], name: &str, size: u64, root: &Hash) -> Option<VerifiedIndex> {
    let value = read_canonical(state, &ReadLimits::OWN).ok()?;
    IndexProof::from_value(&value, state).ok()?.verify(&name.parse().unwrap(), size, root).ok()
}

#[test]
fn a_state_shows_what_the_index_holds() {
    let log = log();
    let state = log.state("io.github.acme/weather", &log.withdrawn);
    let shown = verify(&state, "IO.github.acme/Weather", 11, &log.root()).unwrap();
    assert_eq!((shown.head_index(), shown.time(), shown.previous()), (10, 1_764_000_000, Some(4)));
    assert_eq!(shown.name().unwrap().withdrawn, log.withdrawn);
    assert_eq!(shown.current_name(), shown.name());
    for (name, in_namespace) in [("io.github.acme/none", true), ("io.github.none/weather", false)] {
        let shown = verify(&log.state(name, &WithdrawnRanges::EMPTY), name, 11, &log.root()).unwrap();
        assert_eq!((shown.name().is_some(), shown.namespace().is_some()), (false, in_namespace));
    }
}

/// No change of a bit gives another thing that is shown, and no state shows anything of another name or root.
#[test]
fn every_flipped_bit_of_a_state_is_refused() {
    let log = log();
    let root = log.root();
    for name in
        ["io.github.acme/weather", "io.github.acme/tides", "io.github.acme/none", "io.github.none/weather"]
    {
        let list = if name.ends_with("acme/weather") { &log.withdrawn } else { &WithdrawnRanges::EMPTY };
        let state = log.state(name, list);
        assert!(verify(&state, name, 11, &root).is_some());
        for at in 0..state.len() * 8 {
            let mut flipped = state.clone();
            flipped[at / 8] ^= 1 << (at % 8);
            assert_eq!(verify(&flipped, name, 11, &root), None, "{name}: bit {at}");
        }
        assert_eq!(verify(&state, name, 11, &log.leaves[0]), None);
    }
    let state = log.state("io.github.acme/weather", &log.withdrawn);
    assert_eq!(verify(&state, "io.github.acme/tides", 11, &root), None);
    assert_eq!(verify(&state, "io.github.other/weather", 11, &root), None);
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(Digest::from_bytes)
}

fn history() -> impl Strategy<Value = HistoryHead> {
    (1..1_u64 << 53, digest()).prop_map(|(count, head)| HistoryHead { count, head })
}

fn name_value() -> impl Strategy<Value = NameValue> {
    let newest = (0..1_u64 << 53, any::<[u8; 32]>(), 1..1_u64 << 53);
    (digest(), history(), newest, any::<bool>(), proptest::option::of(digest())).prop_map(
        |(claim, history, (index, leaf, sequence), is_withdrawn, withdrawn)| NameValue {
            claim,
            newest: Newest { index, leaf: Hash::from_bytes(leaf), sequence: sequence.min(history.count) },
            history,
            status: if is_withdrawn && withdrawn.is_some() {
                NameStatus::Withdrawn
            } else {
                NameStatus::Released
            },
            withdrawn,
        },
    )
}

fn namespace_value() -> impl Strategy<Value = NamespaceValue> {
    let names = proptest::option::of(history()).prop_map(Option::unwrap_or_default);
    (digest(), 0..1_u64 << 53, history(), names).prop_map(|(claim, earlier, keysets, names)| NamespaceValue {
        claim,
        earlier,
        keysets,
        names,
    })
}
