//! Manifests that are built of captures, and their limits.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use pinfold_core::digest::{ObjectKind, file_digest, object_digest};
use pinfold_core::document::{DocumentError, DocumentFault};
use pinfold_core::json::{ReadLimits, ReadRefusal, read};
use pinfold_core::manifest::{
    Capture, CapturedObject, MAX_MANIFEST_BYTES, MAX_MANIFEST_RULES, MAX_SURFACE_OBJECTS, Manifest,
    ManifestError,
};
use pinfold_core::statement::{Artifact, Statement};
use pinfold_core::surface::{read_object, read_page};
use pinfold_core::volatile::{MAX_RULES_AN_OBJECT, Rule, RuleKind};
use proptest::prelude::*;

fn capture(objects: Vec<CapturedObject>) -> Capture {
    Capture { capabilities: Vec::new(), era: "2025-11-25".to_owned(), variables: Vec::new(), objects }
}

fn tool(text: &str) -> CapturedObject {
    CapturedObject { kind: ObjectKind::Tool, bytes: text.as_bytes().to_vec() }
}

fn build(captures: &[Capture]) -> Result<Manifest, ManifestError> {
    let (name, version) = ("io.github.acme/weather".parse().unwrap(), "1.0.0".parse().unwrap());
    let file = file_digest(b"file");
    let artifact = Artifact::new("pkg:npm/weather@1.0.0", "weather-1.0.0.tgz", file, None).unwrap();
    Manifest::build(&name, &version, &[artifact], &["https://mcp.acme.example/".to_owned()], captures)
}

#[test]
fn a_listing_becomes_a_manifest_whose_digests_are_those_of_the_live_objects() {
    let listing = br#"{"tools":[ {"name":"b", "inputSchema":{"type":"object"}},
        {"inputSchema": {"type":"object"},"name":"a","x":1e0,"title":"\u0041"} ]}"#;
    let page = read_page(ObjectKind::Tool, listing).unwrap();
    let objects: Vec<CapturedObject> = page.objects.iter().map(CapturedObject::from).collect();
    let with_key = Capture {
        capabilities: vec!["roots".to_owned(), "elicitation".to_owned(), "roots".to_owned()],
        variables: vec!["API_KEY".to_owned()],
        ..capture(objects[1..].to_vec())
    };
    let manifest = build(&[capture(objects), with_key]).unwrap();
    assert_eq!(manifest.surface().len(), 2, "each object once");
    for received in &page.objects {
        let object = manifest.object(received.kind, &received.digest).unwrap();
        assert_eq!(object.name, received.name);
        let value = read(manifest.object_bytes(object), &ReadLimits::LISTING).unwrap();
        assert_eq!(object_digest(received.kind, &value), received.digest);
    }
    let names = |condition: usize| -> Vec<&str> {
        let objects = &manifest.conditions()[condition].objects;
        objects.iter().map(|index| manifest.surface()[*index].name.as_str()).collect()
    };
    assert_eq!(names(0), ["b", "a"], "the order of the listing is kept");
    assert_eq!(names(1), ["a"]);
    assert_eq!(manifest.conditions()[1].capabilities, ["elicitation", "roots"]);
    let statement = Statement::build(&manifest, file_digest(b"claim"), None);
    assert_eq!(statement.check_manifest(&manifest), Ok(()));
    assert_eq!(Statement::from_bytes(&statement.to_bytes()), Ok(statement));
}

#[test]
fn an_object_that_cannot_be_read_again_is_refused_at_capture() {
    let unrepeatable = Err(ManifestError::Unrepeatable { kind: ObjectKind::Tool });
    for text in [r#"{"name":"a","max":1e20}"#, r#"{"name":"a","max":9007199254740992.0}"#, r#"{"name":"a""#] {
        assert_eq!(build(&[capture(vec![tool(text)])]), unrepeatable, "{text}");
    }
    assert!(
        build(&[capture(vec![tool(r#"{"name":"a","max":1e21}"#)])]).is_ok(),
        "has an exponent in its form"
    );
}

#[test]
fn a_manifest_has_limits() {
    let many = |count: usize| {
        let objects = (0..count).map(|number| tool(&format!(r#"{{"inputSchema":{{}},"name":"t{number}"}}"#)));
        build(&[capture(objects.collect())]).map(|manifest| manifest.surface().len())
    };
    assert_eq!(many(MAX_SURFACE_OBJECTS), Ok(MAX_SURFACE_OBJECTS));
    assert_eq!(many(MAX_SURFACE_OBJECTS + 1), Err(ManifestError::TooManyObjects));
    let long = "x".repeat(200_000);
    let large = (0..22).map(|number| tool(&format!(r#"{{"description":"{long}","name":"t{number}"}}"#)));
    let Err(ManifestError::Document(DocumentError { fault: DocumentFault::Json(error), .. })) =
        build(&[capture(large.collect())])
    else {
        panic!("too large");
    };
    assert_eq!(error.refusal, ReadRefusal::TooLarge { limit_bytes: MAX_MANIFEST_BYTES });
    assert_eq!(with_rules(MAX_MANIFEST_RULES), Ok(MAX_MANIFEST_RULES));
    assert_eq!(with_rules(MAX_MANIFEST_RULES + 1), Err(ManifestError::TooManyRules));
}

/// A manifest with so many rules, 64 an object.
fn with_rules(count: usize) -> Result<usize, ManifestError> {
    let days = ["2026-01-02"; MAX_RULES_AN_OBJECT].join(" ");
    let objects = (0..count.div_ceil(MAX_RULES_AN_OBJECT))
        .map(|number| tool(&format!(r#"{{"description":"{days}","inputSchema":{{}},"name":"t{number}"}}"#)));
    let objects: Vec<CapturedObject> = objects.collect();
    let day = |number: usize| Rule {
        pointer: "/description".to_owned(),
        start: 11 * number,
        end: 11 * number + 10,
        kind: RuleKind::Date,
    };
    let mut rules = BTreeMap::new();
    let mut left = count;
    for object in &objects {
        let digest = read_object(object.kind, &object.bytes).unwrap().digest;
        let of_object = left.min(MAX_RULES_AN_OBJECT);
        rules.insert(digest, (0..of_object).map(day).collect::<Vec<_>>());
        left -= of_object;
    }
    let (name, version) = ("io.github.acme/weather".parse().unwrap(), "1.0.0".parse().unwrap());
    let manifest = Manifest::build_with_rules(&name, &version, &[], &[], &[capture(objects)], &rules)?;
    Ok(rules.keys().map(|digest| manifest.rules(digest).len()).sum())
}

proptest! {
    /// A byte changed anywhere: what is still a manifest has another digest.
    #[test]
    fn every_changed_byte_of_a_manifest_shows(at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let objects = vec![tool(r#"{"description":"Weather.","inputSchema":{},"name":"weather"}"#)];
        let manifest = build(&[capture(objects)]).unwrap();
        let mut bytes = manifest.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(changed) = Manifest::from_bytes(&bytes) {
            prop_assert_ne!(changed.digest(), manifest.digest());
        }
    }
}
