//! What must hold for every trie, against a model that is written from the rules alone: it splits the whole set of keys
//! at the first bit in which they differ, again and again, and keeps nothing.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use pinfold_core::merkle::Hash;
use pinfold_core::trie::{Absence, Answer, DuplicateKey, Path, Trie};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

type Map = BTreeMap<Vec<u8>, Vec<u8>>;

proptest! {
    #[test]
    fn roots_are_the_models_in_whatever_order_keys_come(map in map(), seed in any::<u64>()) {
        let expected = model::root(&map);
        let mut entries: Vec<_> = map.clone().into_iter().collect();
        shuffle(&mut entries, seed);
        let mut trie = Trie::new();
        for (key, value) in &entries {
            // Values that are put in and replaced leave no trace.
            let first = trie.with(key.clone(), b"first".to_vec());
            prop_assert_eq!(first.len(), trie.len() + 1);
            trie = first.with(key.clone(), value.clone());
        }
        prop_assert_eq!(trie.len(), map.len());
        prop_assert_eq!(*trie.root().as_bytes(), expected);
        prop_assert_eq!(*Trie::build(entries).unwrap().root().as_bytes(), expected);
        for (key, value) in &map {
            prop_assert_eq!(trie.get(key), Some(value));
        }
    }

    #[test]
    fn proofs_are_the_models_and_are_verified(map in map(), asked in key()) {
        let trie = Trie::build(map.clone().into_iter().collect()).unwrap();
        let root = trie.root();
        for key in map.keys().chain([&asked]) {
            match (trie.prove(key), map.get(key)) {
                (Answer::Present { value, path }, Some(expected)) => {
                    prop_assert_eq!(value, expected);
                    prop_assert_eq!(path.to_bytes(), model::present(&map, key));
                    prop_assert_eq!(Path::parse(&path.to_bytes()), Ok(path.clone()));
                    prop_assert_eq!(path.verify(key, value, &root), Ok(()));
                }
                (Answer::Absent { proof }, None) => {
                    prop_assert_eq!(proof.to_bytes(), model::absent(&map, key));
                    prop_assert_eq!(Absence::parse(&proof.to_bytes()), Ok(proof.clone()));
                    prop_assert_eq!(proof.verify(key, &root), Ok(()));
                }
                (answer, _) => prop_assert!(false, "{:?}", answer),
            }
        }
    }

    #[test]
    fn no_leaf_of_a_trie_shows_that_a_present_key_is_absent(map in map()) {
        let trie = Trie::build(map.clone().into_iter().collect()).unwrap();
        for key in map.keys() {
            for neighbour in map.keys() {
                let mut bytes = Vec::new();
                model::push_bytes(&mut bytes, neighbour);
                model::push_bytes(&mut bytes, &map[neighbour]);
                bytes.extend(model::present(&map, neighbour));
                let proof = Absence::parse(&bytes).unwrap();
                prop_assert!(proof.verify(key, &trie.root()).is_err(), "{:?} by {:?}", key, neighbour);
            }
            prop_assert!(Absence::parse(&[]).unwrap().verify(key, &trie.root()).is_err());
        }
    }

    #[test]
    fn every_flipped_bit_of_a_proof_is_refused(map in map(), asked in key()) {
        let trie = Trie::build(map.clone().into_iter().collect()).unwrap();
        let root = trie.root();
        for key in map.keys().take(3).chain([&asked]) {
            match trie.prove(key) {
                Answer::Present { value, path } => every_flip(&path.to_bytes(), |bytes| {
                    Path::parse(bytes).is_ok_and(|path| path.verify(key, value, &root).is_ok())
                }),
                Answer::Absent { proof } => every_flip(&proof.to_bytes(), |bytes| {
                    Absence::parse(bytes).is_ok_and(|proof| proof.verify(key, &root).is_ok())
                }),
            }
        }
    }

    #[test]
    fn a_proof_shows_nothing_of_another_key_value_or_root(map in map(), other in key(), value in vec(any::<u8>(), 0..4)) {
        let trie = Trie::build(map.clone().into_iter().collect()).unwrap();
        let root = trie.root();
        for (key, own) in &map {
            let Answer::Present { path, .. } = trie.prove(key) else { unreachable!() };
            prop_assert_eq!(path.verify(key, &value, &root).is_ok(), *own == value);
            if map.get(&other) != Some(own) {
                prop_assert!(path.verify(&other, own, &root).is_err());
            }
            let grown = trie.with(key.clone(), [own.as_slice(), b"!"].concat());
            prop_assert!(path.verify(key, own, &grown.root()).is_err());
        }
    }

    /// An older trie keeps its root and its proofs while newer ones are made of it.
    #[test]
    fn a_snapshot_stays_as_it_was(map in map(), later in map()) {
        let old = Trie::build(map.clone().into_iter().collect()).unwrap();
        let root = old.root();
        let new = later.iter().fold(old.clone(), |trie, (key, value)| trie.with(key.clone(), value.clone()));
        prop_assert_eq!(old.root(), root);
        for (key, value) in &map {
            let Answer::Present { path, .. } = old.prove(key) else { unreachable!() };
            prop_assert_eq!(path.verify(key, value, &root), Ok(()));
        }
        let both = map.into_iter().chain(later).collect();
        prop_assert_eq!(*new.root().as_bytes(), model::root(&both));
    }

    #[test]
    fn what_is_read_is_what_is_written(bytes in vec(any::<u8>(), 0..120)) {
        if let Ok(path) = Path::parse(&bytes) {
            prop_assert_eq!(path.to_bytes(), bytes.clone());
        }
        if let Ok(proof) = Absence::parse(&bytes) {
            prop_assert_eq!(proof.to_bytes(), bytes);
        }
    }

    #[test]
    fn a_key_that_comes_twice_is_refused(map in map(), at in any::<prop::sample::Index>()) {
        let mut entries: Vec<_> = map.into_iter().collect();
        prop_assume!(!entries.is_empty());
        entries.push((entries[at.index(entries.len())].0.clone(), b"again".to_vec()));
        prop_assert_eq!(Trie::build(entries).err(), Some(DuplicateKey));
    }
}

fn every_flip(bytes: &[u8], verifies: impl Fn(&[u8]) -> bool) {
    assert!(verifies(bytes));
    for at in 0..bytes.len() * 8 {
        let mut flipped = bytes.to_vec();
        flipped[at / 8] ^= 1 << (at % 8);
        assert!(!verifies(&flipped), "bit {at}");
    }
    for end in 0..bytes.len() {
        assert!(!verifies(&bytes[..end]), "cut at {end}");
    }
    for more in 0..=255 {
        assert!(!verifies(&[bytes, &[more]].concat()), "with {more} behind it");
    }
}

/// Keys of all lengths that share much, keys of 32 bytes, and keys that are each other's padding.
fn key() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(prop_oneof![Just(0x00), Just(0xff), Just(0x80), Just(0x01)], 0..5),
        vec(any::<u8>(), 0..3),
        any::<u64>().prop_map(|number| Sha256::digest(number.to_be_bytes()).to_vec()),
        (0_u8..4).prop_map(|last| [vec![0x55; 31], vec![last]].concat()),
    ]
}

fn map() -> impl Strategy<Value = Map> {
    btree_map(key(), vec(any::<u8>(), 0..4), 0..16)
}

/// Fisher and Yates, with a generator of Lehmer's.
fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = u128::from(seed) | 1;
    for last in (1..items.len()).rev() {
        state = state.wrapping_mul(0xda94_2042_e4dd_58b5);
        items.swap(last, (state >> 64) as usize % (last + 1));
    }
}

#[test]
fn hashes_of_the_trie_are_not_those_of_the_log() {
    let trie = Trie::new().with(b"key".to_vec(), b"value".to_vec());
    assert_ne!(trie.root(), pinfold_core::merkle::leaf_hash(b"keyvalue"));
    assert_ne!(trie.root(), Hash::from_bytes(Sha256::digest(b"\x00keyvalue").into()));
}

mod model {
    use super::*;

    pub(super) fn root(map: &Map) -> [u8; 32] {
        let mut entries = map.iter();
        match (entries.next(), entries.next()) {
            (None, _) => sha(&[]),
            (Some((key, value)), None) => leaf(key, value),
            _ => {
                let bit = first_difference(map);
                let (left, right) = split(map, bit);
                node(bit, root(&left), root(&right))
            }
        }
    }

    pub(super) fn present(map: &Map, key: &[u8]) -> Vec<u8> {
        lookup(map, key).1
    }

    pub(super) fn absent(map: &Map, key: &[u8]) -> Vec<u8> {
        if map.is_empty() {
            return Vec::new();
        }
        let (neighbour, path) = lookup(map, key);
        let mut proof = Vec::new();
        push_bytes(&mut proof, &neighbour);
        push_bytes(&mut proof, &map[&neighbour]);
        proof.extend(path);
        proof
    }

    /// The leaf at which a lookup ends, and its path.
    fn lookup(map: &Map, key: &[u8]) -> (Vec<u8>, Vec<u8>) {
        if map.len() == 1 {
            return (map.keys().next().unwrap().clone(), Vec::new());
        }
        let bit = first_difference(map);
        let (left, right) = split(map, bit);
        let (near, far) = if is_set(key, bit) { (right, left) } else { (left, right) };
        let (neighbour, mut path) = lookup(&near, key);
        push_number(&mut path, bit);
        path.extend(root(&far));
        (neighbour, path)
    }

    fn split(map: &Map, bit: usize) -> (Map, Map) {
        map.clone().into_iter().partition(|(key, _)| !is_set(key, bit))
    }

    fn first_difference(map: &Map) -> usize {
        let first = map.keys().next().unwrap();
        (0..).find(|&bit| map.keys().any(|key| is_set(key, bit) != is_set(first, bit))).unwrap()
    }

    fn is_set(key: &[u8], bit: usize) -> bool {
        let mut padded = key.iter().copied().chain([0x00]).chain(std::iter::repeat(0xff));
        padded.nth(bit / 8).unwrap() & (0x80 >> (bit % 8)) != 0
    }

    fn leaf(key: &[u8], value: &[u8]) -> [u8; 32] {
        let mut bytes = vec![0x00];
        push_bytes(&mut bytes, key);
        push_bytes(&mut bytes, value);
        sha(&bytes)
    }

    fn node(bit: usize, left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
        let mut bytes = vec![0x01];
        push_number(&mut bytes, bit);
        bytes.extend([left, right].concat());
        sha(&bytes)
    }

    pub(super) fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
        push_number(out, bytes.len());
        out.extend(bytes);
    }

    fn push_number(out: &mut Vec<u8>, number: usize) {
        if number < 128 {
            out.push(number as u8);
        } else {
            out.push((number % 128 + 128) as u8);
            push_number(out, number / 128);
        }
    }

    fn sha(bytes: &[u8]) -> [u8; 32] {
        Sha256::digest(bytes).into()
    }
}
