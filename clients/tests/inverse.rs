//! Wrapping and unwrapping give back every byte, for real files and their variants.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests read files")]

mod support;

use pinfold_clients::{ConfigFile, Document, Place, Wrapping, read};

fn wrapping(label: &str, env_names: Vec<String>) -> Wrapping {
    Wrapping { program: "/opt/my tools/pinfold".to_owned(), label: label.parse().unwrap(), env_names }
}

fn wrappings(document: &Document) -> Vec<(Place, Wrapping)> {
    let entries = document.entries().iter().enumerate().filter(|(_, entry)| entry.obstacle.is_none());
    entries
        .map(|(index, entry)| (entry.place.clone(), wrapping(&format!("l-{index}"), entry.declared_names())))
        .collect()
}

/// Wraps everything, all at once and one by one, and takes it back. How many were wrapped.
fn there_and_back(what: &str, file: &'static ConfigFile, bytes: &[u8]) -> usize {
    let document = read(file, bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
    let all = wrappings(&document);
    let wrapped = document.wrap(&all).unwrap_or_else(|error| panic!("{what}: {error}"));
    let again = read(file, &wrapped).unwrap_or_else(|error| panic!("{what}, wrapped: {error}"));
    assert_eq!(again.entries().iter().filter(|entry| entry.wrapped.is_some()).count(), all.len(), "{what}");
    assert_eq!(again.unwrap_all().unwrap(), bytes, "{what}");
    for (place, wrapping) in &all {
        let one = document.wrap(&[(place.clone(), wrapping.clone())]).unwrap();
        assert_ne!(one, bytes, "{what} {place}");
        assert_eq!(
            read(file, &one).unwrap().unwrap(std::slice::from_ref(place)).unwrap(),
            bytes,
            "{what} {place}"
        );
        let bare = again.unwrap(std::slice::from_ref(place)).unwrap();
        assert_eq!(read(file, &bare).unwrap().unwrap_all().unwrap(), bytes, "{what} {place}");
    }
    all.len()
}

#[test]
fn every_real_file_and_its_variants_come_back() {
    for real in support::real_files() {
        if real.index["expected"]["result"] == "error" {
            continue;
        }
        for (variant, bytes) in support::variants(real.kind.syntax, &real.bytes) {
            let what = format!("{} ({variant})", real.name);
            let wrapped = there_and_back(&what, real.kind, &bytes);
            let expected = real.index["expected"]["wrapped"].as_u64().unwrap_or(0);
            assert_eq!(wrapped as u64, expected, "{what}");
        }
    }
}
