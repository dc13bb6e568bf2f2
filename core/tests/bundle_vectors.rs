//! The vectors of `spec/bundle.md`, and that they are what a log in memory makes.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod support;
#[path = "../../verifier/tests/tiny_log/mod.rs"]
mod tiny_log;

use std::collections::BTreeMap;

use pinfold_core::bundle::{Bundle, BundleParts, MAX_BUNDLE_BYTES, MAX_BUNDLE_KEYSETS};
use pinfold_core::digest::file_digest;
use pinfold_core::entry::Entry;
use pinfold_core::statement::Statement;
use support::{repository, vectors};
use tiny_log::{Publisher, TinyLog, key, manifest};

const NAME: &str = "io.github.acme/demo";
const T: u64 = 1_700_000_000;

#[test]
fn every_vector_of_bundles_comes_out_as_expected() {
    for mut vector in vectors("bundle") {
        let (file, expect) = (vector.file.clone(), vector.need("expect"));
        match Bundle::parse(&vector.input) {
            Ok(bundle) => {
                assert_eq!(expect, "ok", "{file}");
                assert_eq!(vector.need("name"), bundle.statement().name.as_str(), "{file}");
                let head = bundle.proof().checkpoint().checkpoint().size();
                assert_eq!(vector.number("head"), Some(head as usize), "{file}");
                let (parts, manifest) = BundleParts::of_bundle(&vector.input).unwrap();
                assert_eq!(manifest, bundle.manifest().as_bytes(), "{file}");
                assert_eq!(parts.with_manifest(&manifest), vector.input, "{file}");
                assert_eq!(BundleParts::parse(&parts.to_bytes()).unwrap(), parts, "{file}");
            }
            Err(error) => assert_eq!(expect, error.name(), "{file}: {error}"),
        }
        vector.finish();
    }
}

#[test]
fn the_vectors_are_those_that_the_log_makes() {
    let folder = repository().join("spec/vectors/bundle");
    let cases = cases();
    for (file, case) in &cases {
        let found = std::fs::read(folder.join(format!("{file}.vector"))).unwrap_or_default();
        assert!(found == *case, "{file}.vector is another one");
    }
    assert_eq!(vectors("bundle").len(), cases.len(), "a file that no case makes");
}

#[test]
#[ignore = "writes the vectors"]
fn write_the_vectors() {
    let folder = repository().join("spec/vectors/bundle");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    for (file, case) in cases() {
        std::fs::write(folder.join(format!("{file}.vector")), case).unwrap();
    }
}

/// A log with one release and one rotation, and the parts of the release's bundle under its two heads.
fn world() -> (TinyLog, BundleParts, BundleParts, Vec<u8>) {
    let mut log = TinyLog::new("log.example", 2, 1);
    let mut acme = Publisher::claim(&mut log, "io.github.acme", "acme");
    let manifest = manifest(NAME, "1.0.0");
    let index = log.submit(&acme.release(&manifest, None));
    log.publish(T);
    acme.rotate(&mut log, "acme-2");
    log.publish(T + 60);
    let (old, new) = (log.parts(index, 0), log.parts(index, 1));
    (log, old, new, manifest.as_bytes().to_vec())
}

fn cases() -> BTreeMap<String, Vec<u8>> {
    let (log, old, new, manifest) = world();
    let mut cases = BTreeMap::new();
    let mut add = |file: &str, check: &str, expect: &str, bundle: Vec<u8>| {
        let head = format!("check: {check}\nexpect: {expect}\n\n");
        let earlier = cases.insert(file.to_owned(), [head.into_bytes(), bundle].concat());
        assert!(earlier.is_none(), "{file} twice");
    };
    let ok = |size: usize| format!("ok\nname: {NAME}\nhead: {size}");
    add("a-release-under-its-first-head", "BU12", &ok(3), old.with_manifest(&manifest));
    add("a-renewed-bundle-with-two-keysets", "BU12", &ok(5), new.with_manifest(&manifest));

    let good = String::from_utf8(old.with_manifest(&manifest)).unwrap();
    let changed = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1).into_bytes()
    };
    add("nothing", "BU2", "json", Vec::new());
    add("a-line-end", "BU2", "json", format!("{good}\n").into_bytes());
    add("a-byte-order-mark", "BU2", "json", format!("\u{feff}{good}").into_bytes());
    add("a-member-in-another-place", "BU2", "json", {
        changed("{\"entry\":", "{\"format\":\"pinfold/bundle/v1\",\"entry\":")
    });
    add("a-number-in-another-form", "BU2", "json", changed("\"since\":0", "\"since\":0.0"));
    add("an-escape-that-is-not-needed", "BU2", "json", changed("pinfold/bundle/v1", "pinfold\\/bundle/v1"));
    add("an-array", "BU3", "members", b"[]".to_vec());
    add("an-empty-object", "BU3", "members", b"{}".to_vec());
    add("a-member-that-is-not-known", "BU3", "members", changed("{\"entry\":", "{\"a\":null,\"entry\":"));
    add("no-state", "BU3", "members", {
        [&good.as_bytes()[..good.find(",\"state\":").unwrap()], b"}"].concat()
    });
    add("a-proof-that-is-no-text", "BU3", "members", {
        BundleParts { proof: "1".to_owned(), ..old.clone() }.with_manifest(&manifest);
        changed("\"first\":\"c2sp.org", "\"first\":[],\"firsu\":\"c2sp.org")
    });
    add("another-format", "BU4", "format", changed("pinfold/bundle/v1", "pinfold/bundle/v2"));
    add("a-payload-that-is-not-base64", "BU5", "entry", changed("\"payload\":\"", "\"payload\":\"*"));
    add("an-entry-without-signature", "BU5", "entry", {
        let from = good.find("\"signatures\":[").unwrap() + "\"signatures\":[".len();
        let to = from + good[from..].find(']').unwrap();
        format!("{}{}", &good[..from], &good[to..]).into_bytes()
    });
    add("an-edited-manifest", "BU6", "other-manifest", changed("Looks things up", "Sends things off"));
    add("an-edited-manifest-that-is-none", "BU6", "other-manifest", changed("\"grants\":[]", "\"grants\":1"));
    add("an-empty-manifest", "BU6", "other-manifest", old.with_manifest(b"{}"));
    for (file, from, to) in [
        ("a-signed-manifest-with-grants", "\"grants\":[]", "\"grants\":[\"net\"]"),
        ("a-signed-manifest-of-another-format", "pinfold/manifest/v1", "pinfold/manifest/v9"),
        ("a-signed-manifest-with-a-changed-object", "Looks things up", "Sends things off"),
    ] {
        let document = String::from_utf8(manifest.clone()).unwrap().replacen(from, to, 1).into_bytes();
        let signed = BundleParts { entry: entry_of(&document), ..old.clone() };
        add(file, "BU13", "manifest", signed.with_manifest(&document));
    }
    add("a-proof-text-of-another-version", "BU7", "proof", changed("tlog-proof@v1", "tlog-proof@v2"));
    let with_proof = |proof: String| BundleParts { proof, ..old.clone() }.with_manifest(&manifest);
    let with_first = |first: String| BundleParts { first, ..old.clone() }.with_manifest(&manifest);
    add("a-proof-with-an-extra-line", "BU7", "proof", {
        with_proof(old.proof.replacen("index ", "extra AAAA\nindex ", 1))
    });
    add("a-first-proof-with-an-extra-line", "BU7", "proof", {
        with_first(old.first.replacen("index ", "extra AAAA\nindex ", 1))
    });
    add("a-first-proof-without-checkpoint", "BU7", "proof", {
        with_first(old.first[..old.first.find("\n\n").unwrap() + 2].to_owned())
    });
    let with_keysets = |change: &dyn Fn(&mut BundleParts)| {
        let mut parts = new.clone();
        change(&mut parts);
        parts.with_manifest(&manifest)
    };
    add("no-keyset", "BU8", "keysets", with_keysets(&|parts| parts.keysets.clear()));
    add("more-keysets-than-a-claim-may-have", "BU8", "keysets", {
        let small = "{\"entry\":1,\"proof\":1,\"since\":1},".repeat(MAX_BUNDLE_KEYSETS + 1);
        let (from, to) = (good.find("\"keysets\":[").unwrap() + 11, good.find("],\"manifest\"").unwrap());
        format!("{}{}{}", &good[..from], small.trim_end_matches(','), &good[to..]).into_bytes()
    });
    add("a-keyset-entry-of-a-reserved-kind", "BU8", "keysets", {
        let from = "application/vnd.pinfold.keyset.v1+json";
        changed(from, "application/vnd.pinfold.observation.v1+json")
    });
    add("a-keyset-proven-under-another-head", "BU9", "heads", {
        with_keysets(&|parts| parts.keysets[0].proof = old.keysets[0].proof.clone())
    });
    add("a-keyset-under-the-same-head-with-one-witness-less", "BU9", "heads", {
        with_keysets(&|parts| {
            let proof = &mut parts.keysets[1].proof;
            proof.truncate(proof.rfind("\u{2014} w2").unwrap());
        })
    });
    add("an-index-proof-without-namespace", "BU10", "state", {
        let state = String::from_utf8(old.state.clone()).unwrap();
        let state = format!("{}}}", &state[..state.find(",\"namespace\":").unwrap()]).into_bytes();
        BundleParts { state, ..old.clone() }.with_manifest(&manifest)
    });
    add("the-entry-of-a-keyset", "BU11", "entry", {
        BundleParts { entry: log.entries[0].as_bytes().to_vec(), ..old.clone() }.with_manifest(&manifest)
    });
    add("the-entry-of-a-map-head", "BU11", "entry", {
        BundleParts { entry: log.entries[2].as_bytes().to_vec(), ..old.clone() }.with_manifest(&manifest)
    });
    cases
}

/// A signed release of a document, whatever it is.
fn entry_of(document: &[u8]) -> Vec<u8> {
    let mut statement = Statement::build(&manifest(NAME, "1.0.0"), file_digest(b"a claim"), None);
    statement.manifest = file_digest(document);
    Entry::sign(statement, &[&key("acme")]).unwrap().as_bytes().to_vec()
}

#[test]
fn a_bundle_over_its_limits_is_refused() {
    let name = |bundle: &[u8]| Bundle::parse(bundle).map_err(|error| error.name());
    let (_, parts, _, manifest) = world();
    let good = String::from_utf8(parts.with_manifest(&manifest)).unwrap();
    assert!(name(good.as_bytes()).is_ok());
    assert_eq!(name(&vec![b' '; MAX_BUNDLE_BYTES + 1]), Err("size"));
    let inside = |value: &str| {
        let at = good.find("\"grants\":").unwrap();
        format!("{}\"grant\":{value},{}", &good[..at], &good[at..]).into_bytes()
    };
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(name(&inside(&deep(67))), Err("size"));
    assert_ne!(name(&inside(&deep(66))), Err("size"));
    let long = |bytes: usize| format!("\"{}\"", "x".repeat(bytes));
    assert_eq!(name(&inside(&long((1 << 20) + 1))), Err("size"));
    assert_ne!(name(&inside(&long(1 << 20))), Err("size"));
    let many = format!("[{}0]", "0,".repeat((1 << 20) + (1 << 16)));
    assert_eq!(name(&inside(&many)), Err("size"));
    let names: Vec<String> = (0..=4_096).map(|number| format!("\"{number:04}\":0")).collect();
    assert_eq!(name(&inside(&format!("{{{}}}", names.join(",")))), Err("size"));
    // An entry and a manifest have limits of their own.
    let long = good.replacen("\"payload\":\"", &format!("\"payload\":\"{}", "A".repeat(32 << 10)), 1);
    assert_eq!(name(long.as_bytes()), Err("entry"));
}
