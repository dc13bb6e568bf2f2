//! Changed bytes: of an entry, and of the rows in which a log keeps its state.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use pinfold_core::admit::{EvidenceFact, Facts, RowError, RowKey, State, admit};
use pinfold_core::checkpoint::Origin;
use pinfold_core::digest::file_digest;
use pinfold_core::entry::{Entry, EntryError, MAX_SIGNATURES};
use pinfold_core::index::MapHead;
use pinfold_core::keyset::{Evidence, Keyset, KeysetKey, KeysetParts, Roles, Thresholds};
use pinfold_core::merkle::EMPTY_ROOT;
use pinfold_core::signature::SigningKey;
use pinfold_core::statement::{Statement, StatementError};
use pinfold_core::withdrawal::{ReleaseReason, Withdrawal};
use proptest::prelude::*;

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

fn statement(sequence: u64, previous: Option<&Entry>, claim: &Keyset) -> Statement {
    Statement {
        claim: claim.claim(),
        name: "io.github.acme/weather".parse().unwrap(),
        previous: previous.map(Entry::payload_digest),
        sequence,
        version: format!("1.{sequence}").parse().unwrap(),
        manifest: file_digest(b"manifest"),
        subjects: Vec::new(),
    }
}

fn claim(number: u8, owner_id: &str) -> Keyset {
    let evidence = Evidence::GithubOidc {
        owner: "acme".to_owned(),
        owner_id: owner_id.to_owned(),
        subject: "repo:acme/weather".to_owned(),
    };
    Keyset::build(KeysetParts {
        namespace: "io.github.acme".parse().unwrap(),
        origin: "log.example.org".parse().unwrap(),
        after: None,
        keys: vec![KeysetKey { key: key(number).public_key(), roles: Roles::ReleaseAndRoot }],
        thresholds: Thresholds { recovery: 0, release: 1, root: 1 },
        evidence,
        delegations: Vec::new(),
    })
    .unwrap()
}

/// A claim with three releases, one of them withdrawn, and another claim that waits.
fn state() -> State {
    let keyset = claim(1, "1");
    let sign = |statement: Statement| Entry::sign(statement, &[&key(1)]).unwrap();
    let first = sign(statement(1, None, &keyset));
    let second = sign(statement(2, Some(&first), &keyset));
    let third = sign(statement(3, Some(&second), &keyset));
    let (name, version) = ("io.github.acme/weather".parse().unwrap(), "1.2".parse().unwrap());
    let withdrawal = Withdrawal::of_release(keyset.claim(), name, 2, version, ReleaseReason::Vulnerable);
    let head = MapHead { root: EMPTY_ROOT, previous: None, time: 1_800_000_000 };
    let mut state = State::new();
    let origin: Origin = "log.example.org".parse().unwrap();
    for entry in [
        Entry::sign(keyset, &[&key(1)]).unwrap(),
        first,
        second,
        third,
        Entry::sign(withdrawal, &[&key(1)]).unwrap(),
        Entry::sign(claim(2, "2"), &[&key(2)]).unwrap(),
        Entry::assemble(head, Vec::new()).unwrap(),
    ] {
        let facts = Facts { origin: &origin, index: state.size(), evidence: EvidenceFact::Accepted };
        let change = admit(&state, &entry, &facts).unwrap();
        state.apply(change);
    }
    state
}

fn rows(state: &State) -> BTreeMap<String, Vec<u8>> {
    state.row_keys().map(|key| (key.to_string(), state.row(&key).unwrap())).collect()
}

proptest! {
    #[test]
    fn every_changed_byte_of_an_entry_shows(at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let signer = key(1);
        let entry = Entry::sign(statement(1, None, &claim(1, "1")), &[&signer]).unwrap();
        prop_assert!(entry.is_signed_by(&signer.public_key()));
        let mut bytes = entry.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(changed) = Entry::parse(&bytes) {
            prop_assert_eq!(changed.as_bytes(), &bytes[..]);
            prop_assert!(!changed.is_signed_by(&signer.public_key()));
            prop_assert_ne!(changed.leaf_hash(), entry.leaf_hash());
        }
    }

    #[test]
    fn every_changed_byte_of_a_row_shows(
        row in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), flip in 1..=255_u8,
    ) {
        let state = state();
        let mut rows = rows(&state);
        let row = row.index(rows.len());
        let bytes = rows.values_mut().nth(row).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert_ne!(State::from_rows(&rows), Ok(state));
    }

    #[test]
    fn any_bytes_are_an_entry_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Entry::parse(&bytes).is_err());
    }
}

#[test]
fn rows_that_do_not_fit_together_are_refused() {
    let state = state();
    let good = rows(&state);
    assert_eq!(State::from_rows(&good), Ok(state.clone()));
    assert_eq!(State::from_rows(BTreeMap::<String, Vec<u8>>::new()), Ok(State::new()));
    for missing in good.keys() {
        let mut rows = good.clone();
        rows.remove(missing);
        let read = State::from_rows(&rows);
        // Without its namespace a name belongs to no claim in force, which is no contradiction; the root of the index
        // tells.
        assert!(read.is_err() || missing.starts_with("namespace/"), "{missing}");
        assert_ne!(read, Ok(state.clone()), "{missing}");
    }
    let with = |key: &str, row: &[u8]| {
        let mut rows = good.clone();
        rows.insert(key.to_owned(), row.to_vec());
        State::from_rows(&rows)
    };
    let name = good.keys().find(|key| key.starts_with("name/")).unwrap().replacen("name", "release", 1);
    let namespace = good.keys().find(|key| key.starts_with("namespace/")).unwrap();
    let other = format!("namespace/{}", "00".repeat(32));
    for (key, row) in [
        (format!("{name}/1.4"), &br#"{"index":9,"sequence":4}"#[..]),
        (format!("{name}/9"), br#"{"index":2,"sequence":2}"#),
        (format!("release/{}/1", "00".repeat(32)), br#"{"index":2,"sequence":1}"#),
        (other, &good[namespace][..]),
    ] {
        assert!(with(&key, row).is_err(), "{key}");
    }
    let twice = |key: &str| {
        let again = good.iter().filter(|(other, _)| *other == key);
        State::from_rows(good.iter().chain(again))
    };
    for key in good.keys() {
        assert!(twice(key).is_err(), "{key}");
    }
    let log = String::from_utf8(good["log"].clone()).unwrap();
    assert!(
        with("log", log.replace("\"size\":7", "\"size\":3").as_bytes()).is_err(),
        "shorter than its entries"
    );
    for key in ["", "logs", "log/", "name/00", "names/x", &name, &format!("{name}/"), &format!("{name}/a b")]
    {
        assert_eq!(with(key, b"{}"), Err(RowError::Key { key: key.to_owned() }));
    }
    for key in state.row_keys() {
        assert_eq!(key.to_string().parse::<RowKey>(), Ok(key));
    }
}

#[test]
fn what_cannot_be_an_entry_is_not_made_one() {
    let statement = || statement(1, None, &claim(1, "1"));
    assert_eq!(Entry::sign(statement(), &[]), Err(EntryError::Unsigned));
    assert_eq!(Entry::sign(statement(), &[&key(1), &key(1)]), Err(EntryError::SignatureOrder));
    let keys: Vec<SigningKey> = (0..=MAX_SIGNATURES as u8).map(key).collect();
    let keys: Vec<&SigningKey> = keys.iter().collect();
    assert_eq!(Entry::sign(statement(), &keys), Err(EntryError::TooManySignatures));
    assert!(Entry::sign(statement(), &keys[1..]).is_ok());
    let zero = Statement { sequence: 0, ..statement() };
    assert_eq!(Entry::sign(zero, &[&key(1)]), Err(EntryError::Statement(StatementError::SequenceRange)));
    let head = MapHead { root: EMPTY_ROOT, previous: None, time: 1 };
    assert_eq!(Entry::sign(head, &[&key(1)]), Err(EntryError::MapHeadSigned));
    let entry = Entry::sign(head, &[]).unwrap();
    assert_eq!(Entry::parse(entry.as_bytes()), Ok(entry));
}
