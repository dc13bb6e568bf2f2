//! The vectors of `spec/admission.md`, which another program made.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;

use pinfold_core::admit::{ClaimHistory, EvidenceFact, Facts, LoggedEntry, State, admit, profile};
use pinfold_core::checkpoint::Origin;
use pinfold_core::entry::Entry;
use pinfold_core::index::{IndexKey, IndexValue};
use pinfold_core::json::{ReadLimits, Value, canonical, read_canonical};
use support::{Vector, vectors};

#[test]
fn every_vector_of_admission_comes_out_as_expected() {
    for mut vector in vectors("admission") {
        match vector.need("input").as_str() {
            "log" => check_log(&mut vector),
            "history" => check_history(&mut vector),
            "profile" => {
                let entry = Entry::parse(&vector.input).unwrap();
                let outcome = profile(&entry).map_or_else(|unsupported| unsupported.name(), |()| "ok");
                assert_eq!(outcome, vector.need("expect"), "{}", vector.file);
            }
            other => panic!("{}: input {other}", vector.file),
        }
        vector.finish();
    }
}

/// Entries with the outcome of each, then values of the index. Rows are kept beside the fold as a log keeps them.
fn check_log(vector: &mut Vector) {
    assert_eq!(vector.need("expect"), "ok", "{}", vector.file);
    let document = read_canonical(&vector.input, &ReadLimits::OWN).unwrap();
    let origin: Origin = text(&document, "origin").parse().unwrap();
    let mut state = State::new();
    let mut rows: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut values: BTreeMap<IndexKey, IndexValue> = BTreeMap::new();
    for (number, row) in document.get("entries").unwrap().as_array().unwrap().iter().enumerate() {
        let place = format!("{}, entry {number}", vector.file);
        let entry = Entry::from_value(row.get("entry").unwrap(), &vector.input).unwrap();
        let evidence = match text(row, "evidence") {
            "accepted" => EvidenceFact::Accepted,
            "not-checked" => EvidenceFact::NotChecked,
            other => panic!("{place}: evidence {other}"),
        };
        let index = row.get("index").map_or(state.size(), |index| index.as_uint().unwrap());
        let facts = Facts { origin: &origin, index, evidence };
        let outcome = match admit(&state, &entry, &facts) {
            Ok(change) => {
                let waits = change.waits();
                let touched = state.apply(change);
                for key in &touched.rows {
                    match state.row(key) {
                        Some(bytes) => rows.insert(key.to_string(), bytes),
                        None => rows.remove(&key.to_string()),
                    };
                }
                values.extend(touched.keys.iter().map(|key| (*key, state.value(key).unwrap())));
                if waits { "waits" } else { "ok" }
            }
            Err(refusal) => {
                let winner = row.get("winner").map(|winner| winner.as_uint().unwrap());
                assert_eq!(refusal.winner(), winner, "{place}");
                refusal.name()
            }
        };
        assert_eq!(outcome, text(row, "outcome"), "{place}");
    }
    assert!(state.values().eq(values), "{}: what was touched is what changed", vector.file);
    assert_eq!(State::from_rows(&rows).unwrap(), state, "{}", vector.file);
    assert!(rows.keys().cloned().eq(state_rows(&state)), "{}: no row is left over", vector.file);
    for member in document.get("values").unwrap().as_object().unwrap() {
        let key = match member.name.parse() {
            Ok(name) => IndexKey::name(&name),
            Err(_) => IndexKey::namespace(&member.name.parse().unwrap()),
        };
        let value = match state.value(&key) {
            None => Value::null(),
            Some(IndexValue::Name(value)) => value.to_value(),
            Some(IndexValue::Namespace(value)) => value.to_value(),
        };
        assert_eq!(shown(&value), shown(&member.value), "{}: {}", vector.file, member.name);
    }
}

fn state_rows(state: &State) -> impl Iterator<Item = String> {
    let mut keys: Vec<String> = state.row_keys().map(|key| key.to_string()).collect();
    keys.sort();
    keys.into_iter()
}

/// The keysets history of a claim, and releases judged by it.
fn check_history(vector: &mut Vector) {
    let expect = vector.need("expect");
    let document = read_canonical(&vector.input, &ReadLimits::OWN).unwrap();
    let origin: Origin = text(&document, "origin").parse().unwrap();
    let parsed: Vec<(u64, u64, Entry)> = document
        .get("history")
        .unwrap()
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let entry = Entry::from_value(row.get("entry").unwrap(), &vector.input).unwrap();
            (uint(row, "index"), uint(row, "since"), entry)
        })
        .collect();
    let logged: Vec<LoggedEntry<'_>> = parsed
        .iter()
        .map(|(index, since, entry)| LoggedEntry { index: *index, since: *since, entry })
        .collect();
    let history = match ClaimHistory::fold(&logged, &origin) {
        Ok(history) => history,
        Err(refusal) => {
            return assert_eq!(refusal.name(), expect, "{}: {refusal}", vector.file);
        }
    };
    assert_eq!("ok", expect, "{}", vector.file);
    let head = document.get("head").unwrap();
    assert_eq!(history.head().count, uint(head, "count"), "{}", vector.file);
    assert_eq!(history.head().head.to_string(), format!("sha256:{}", text(head, "head")), "{}", vector.file);
    for (number, row) in document.get("releases").unwrap().as_array().unwrap().iter().enumerate() {
        let entry = Entry::from_value(row.get("entry").unwrap(), &vector.input).unwrap();
        let outcome = history.check_release(&entry, uint(row, "index"));
        let outcome = outcome.as_ref().map_or_else(|refusal| refusal.name(), |()| "ok");
        assert_eq!(outcome, text(row, "outcome"), "{}, release {number}", vector.file);
    }
}

fn text<'v>(value: &'v Value<'_>, name: &str) -> &'v str {
    value.get(name).unwrap().as_str().unwrap()
}

fn uint(value: &Value<'_>, name: &str) -> u64 {
    value.get(name).unwrap().as_uint().unwrap()
}

fn shown(value: &Value<'_>) -> String {
    String::from_utf8(canonical(value)).unwrap()
}
