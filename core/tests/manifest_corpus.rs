//! Real listings become manifests, and every object is found again by the digest that a gate computes.
//!
//! The listings are the text of others and not part of the repository; without them this test says so and checks
//! nothing.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod support;

use pinfold_core::digest::{ObjectKind, object_digest};
use pinfold_core::json::{self, ReadLimits, Value};
use pinfold_core::manifest::{Capture, CapturedObject, MAX_MANIFEST_BYTES, MAX_SURFACE_OBJECTS, Manifest};
use pinfold_core::statement::{MAX_STATEMENT_BYTES, Statement};
use support::{data_folder, files_of};

const LISTS: [(&str, ObjectKind); 3] = [
    ("tools", ObjectKind::Tool),
    ("prompts", ObjectKind::Prompt),
    ("resourceTemplates", ObjectKind::ResourceTemplate),
];

#[test]
fn every_real_listing_becomes_a_manifest() {
    let Some(folder) = data_folder("corpus") else { return };
    let (mut servers, mut largest, mut most) = (0, 0, 0);
    for path in files_of(&folder) {
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let server = json::read(&bytes, &ReadLimits::LISTING).unwrap();
        let objects = objects(&server);
        let captured = objects
            .iter()
            .map(|(kind, object)| CapturedObject { kind: *kind, bytes: object.slice(&bytes).to_vec() });
        let capture = Capture {
            capabilities: Vec::new(),
            era: "2025-11-25".to_owned(),
            variables: Vec::new(),
            objects: captured.collect(),
        };
        let (name, version) = ("io.github.acme/server".parse().unwrap(), "1.0.0".parse().unwrap());
        let manifest = Manifest::build(&name, &version, &[], &[], &[capture])
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for (kind, object) in &objects {
            assert!(manifest.object(*kind, &object_digest(*kind, object)).is_some(), "{}", path.display());
        }
        let statement = Statement::build(&manifest, manifest.digest(), None);
        assert!(statement.to_bytes().len() < MAX_STATEMENT_BYTES);
        servers += 1;
        largest = largest.max(manifest.as_bytes().len());
        most = most.max(manifest.surface().len());
    }
    println!("{servers} manifests; the largest has {largest} bytes, the fullest {most} objects");
    assert!(servers > 0, "no listing in {}", folder.display());
    assert!(largest * 8 < MAX_MANIFEST_BYTES && most * 8 < MAX_SURFACE_OBJECTS);
}

fn objects<'v, 'a>(server: &'v Value<'a>) -> Vec<(ObjectKind, &'v Value<'a>)> {
    let list = |member: &str| {
        let list = server.get(member)?;
        list.as_array().or_else(|| list.get(member)?.as_array())
    };
    LISTS
        .into_iter()
        .flat_map(|(member, kind)| list(member).unwrap_or_default().iter().map(move |object| (kind, object)))
        .collect()
}
