//! The vectors of `spec/strict-json.md`.
#![allow(clippy::unwrap_used)]

mod support;

use pinfold_core::json::{ReadLimits, canonical, read, read_canonical};
use support::{Vector, vectors};

#[test]
fn every_vector_of_strict_json_comes_out_as_expected() {
    let vectors = vectors("strict-json");
    let count = vectors.len();
    vectors.into_iter().for_each(check);
    println!("{count} vectors of strict-json");
}

fn check(mut vector: Vector) {
    let file = vector.file.clone();
    let mut limits = ReadLimits::LISTING;
    if let Some(limit) = vector.number("max-bytes") {
        limits.max_bytes = limit;
    }
    if let Some(limit) = vector.number("max-depth") {
        limits.max_depth = u8::try_from(limit).unwrap();
    }
    if let Some(limit) = vector.number("max-string-bytes") {
        limits.max_string_bytes = limit;
    }
    if let Some(limit) = vector.number("max-members") {
        limits.max_members = limit;
    }
    if let Some(limit) = vector.number("max-values") {
        limits.max_values = limit;
    }
    let expect = vector.need("expect");
    let input = std::mem::take(&mut vector.input);
    let reader = match vector.take("reader").as_deref() {
        None => read,
        Some("canonical") => read_canonical,
        Some(other) => panic!("{file}: reader {other}"),
    };
    let outcome = reader(&input, &limits);
    if expect == "ok" {
        let value = outcome.unwrap_or_else(|error| panic!("{file}: {error}"));
        let expected = vector.need("canonical");
        assert_eq!(String::from_utf8(canonical(&value)).unwrap(), expected, "{file}");
        let again = read(expected.as_bytes(), &limits).map(|again| canonical(&again));
        match vector.take("reread") {
            None => assert_eq!(again.unwrap(), expected.as_bytes(), "{file}: the canonical form is its own"),
            Some(code) => assert_eq!(again.unwrap_err().reason().as_str(), code, "{file}"),
        }
    } else {
        let error = outcome.err().unwrap_or_else(|| panic!("{file}: accepted"));
        assert_eq!(error.reason().as_str(), expect, "{file}: {error}");
        assert_eq!(error.refusal.as_str(), vector.need("refusal"), "{file}: {error}");
        assert_eq!(error.pointer, vector.need("pointer"), "{file}: {error}");
        assert_eq!(Some(error.offset), vector.number("offset"), "{file}: {error}");
    }
    vector.finish();
}
