//! The vectors of `spec/index.md`, whose hashes come from another program.
#![allow(clippy::unwrap_used)]

mod support;

use pinfold_core::hex;
use pinfold_core::index::{
    HistoryHead, IndexKey, IndexProof, MapHead, NameValue, NamespaceValue, VerifiedIndex, WithdrawnRanges,
};
use pinfold_core::json::{ReadLimits, canonical, read, read_canonical};
use pinfold_core::merkle::Hash;
use support::{Vector, vectors};

#[test]
fn every_vector_of_the_index_comes_out_as_expected() {
    let vectors = vectors("index");
    let count = vectors.len();
    vectors.into_iter().for_each(check);
    println!("{count} vectors of the index");
}

fn check(mut vector: Vector) {
    let input = std::mem::take(&mut vector.input);
    let file = vector.file.clone();
    let text = std::str::from_utf8(&input).unwrap();
    let written = |bytes: Vec<u8>| assert_eq!(String::from_utf8(bytes).unwrap(), text, "{file}");
    let outcome = match vector.need("kind").as_str() {
        "name" => {
            assert_eq!(IndexKey::name(&text.parse().unwrap()).to_string(), vector.need("key"), "{file}");
            "ok"
        }
        "namespace" => {
            assert_eq!(IndexKey::namespace(&text.parse().unwrap()).to_string(), vector.need("key"), "{file}");
            "ok"
        }
        "history" => {
            let history = text.lines().fold(HistoryHead::EMPTY, |history, line| {
                let (index, leaf) = line.split_once(' ').unwrap();
                history.with(index.parse().unwrap(), &Hash::from_bytes(hex::decode(leaf).unwrap()))
            });
            assert_eq!(hex::encode(history.head.as_bytes()), vector.need("head"), "{file}");
            assert_eq!(history.count, text.lines().count() as u64, "{file}");
            "ok"
        }
        "withdrawn" => match WithdrawnRanges::from_value(&read(&input, &ReadLimits::OWN).unwrap()) {
            Ok(ranges) => {
                let digest =
                    ranges.digest().map_or("none".to_owned(), |digest| hex::encode(digest.as_bytes()));
                assert_eq!(digest, vector.need("digest"), "{file}");
                written(canonical(&ranges.to_value()));
                "ok"
            }
            Err(error) => error.name(),
        },
        "name-value" => NameValue::from_bytes(&input).map_or_else(
            |error| error.name(),
            |value| {
                written(value.to_bytes());
                "ok"
            },
        ),
        "namespace-value" => NamespaceValue::from_bytes(&input).map_or_else(
            |error| error.name(),
            |value| {
                written(value.to_bytes());
                "ok"
            },
        ),
        "map-head" => match MapHead::from_bytes(&input) {
            Ok(head) => {
                written(head.to_bytes());
                "ok"
            }
            Err(error) => error.name(),
        },
        "state" => check_state(&mut vector, &input),
        kind => panic!("{file}: kind {kind}"),
    };
    assert_eq!(outcome, vector.need("expect"), "{file}");
    vector.finish();
}

fn check_state(vector: &mut Vector, input: &[u8]) -> &'static str {
    let (name, root) = (vector.need("name").parse().unwrap(), vector.need("root").parse().unwrap());
    let size = vector.need("size").parse().unwrap();
    let value = read_canonical(input, &ReadLimits::OWN).unwrap();
    let proof = match IndexProof::from_value(&value, input) {
        Ok(proof) => proof,
        Err(error) => return error.name(),
    };
    assert_eq!(canonical(&proof.to_value()), input, "{}", vector.file);
    match proof.verify(&name, size, &root) {
        Ok(index) => {
            assert_eq!(shows(&index), vector.need("shows"), "{}", vector.file);
            "ok"
        }
        Err(error) => error.name(),
    }
}

/// What was shown, as the vectors write it.
fn shows(index: &VerifiedIndex) -> String {
    let name = index.name().map_or("no name".to_owned(), |state| {
        let claim = if index.current_name().is_some() { "current" } else { "earlier" };
        format!("name {} {} {claim}", state.value.newest.sequence, state.value.status.as_str())
    });
    let namespace = index.namespace();
    let namespace =
        namespace.map_or("no namespace".to_owned(), |value| format!("namespace {} earlier", value.earlier));
    format!("{} {} {name}, {namespace}", index.head_index(), index.time())
}
