//! The vectors of `spec/digests.md`, whose digests come from another program.
#![allow(clippy::unwrap_used)]

mod support;

use pinfold_core::digest::{Digest, DigestError, ObjectKind, file_digest, interop_digest, object_digest};
use pinfold_core::hex::HexError;
use pinfold_core::json::{ReadLimits, read};
use support::{Vector, vectors};

#[test]
fn every_vector_of_digests_comes_out_as_expected() {
    let vectors = vectors("digests");
    let count = vectors.len();
    vectors.into_iter().for_each(check);
    println!("{count} vectors of digests");
}

fn check(mut vector: Vector) {
    let file = vector.file.clone();
    let input = std::mem::take(&mut vector.input);
    let expect = vector.need("expect");
    if let Some(kind) = vector.take("kind") {
        let kind: ObjectKind = kind.parse().unwrap();
        let object = read(&input, &ReadLimits::LISTING).unwrap();
        assert_eq!(object_digest(kind, &object).to_string(), vector.need("digest"), "{file}");
        assert_eq!(interop_digest(&object).to_string(), vector.need("interop"), "{file}");
        assert_eq!(expect, "ok", "{file}");
    } else if vector.take("file").is_some() {
        assert_eq!(file_digest(&input).to_string(), vector.need("digest"), "{file}");
        assert_eq!(expect, "ok", "{file}");
    } else {
        assert_eq!(vector.need("written"), "yes", "{file}");
        let text = std::str::from_utf8(&input).unwrap();
        let outcome = match text.parse::<Digest>() {
            Ok(digest) => {
                assert_eq!(digest.to_string(), text, "{file}");
                assert_eq!(digest.short(), vector.need("short"), "{file}");
                "ok"
            }
            Err(DigestError::Algorithm) => "algorithm",
            Err(DigestError::Hex(HexError::Length { .. })) => "length",
            Err(DigestError::Hex(HexError::Digit { .. })) => "digit",
        };
        assert_eq!(outcome, expect, "{file}");
    }
    vector.finish();
}

/// What the vectors state beside each other: pairs that must and must not share a digest.
#[test]
fn digests_tell_values_apart_and_forms_not() {
    let digest = |name: &str| {
        let file = format!("{name}.vector");
        vectors("digests").into_iter().find(|vector| vector.file == file).unwrap().need("digest")
    };
    for other in ["a-tool-with-white-space", "a-tool-with-other-member-order", "a-tool-with-escapes"] {
        assert_eq!(digest("a-tool"), digest(other), "{other}");
    }
    let numbers = ["a-tool-with-numbers-as-whole-ones", "a-tool-with-numbers-in-other-forms"].map(digest);
    assert_eq!(numbers[0], numbers[1]);
    for other in [
        "the-same-object-as-a-prompt",
        "a-tool-with-one-more-letter",
        "a-tool-with-an-unknown-member",
        "a-tool-with-a-null-member",
        "a-tool-with-meta",
    ] {
        assert_ne!(digest("a-tool"), digest(other), "{other}");
    }
    assert_ne!(digest("a-tool-with-a-list"), digest("a-tool-with-the-list-in-other-order"));
    assert_ne!(digest("a-tool-with-a-composed-letter"), digest("a-tool-with-the-letter-decomposed"));
}
