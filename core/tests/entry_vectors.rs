//! The vectors of `spec/{entry,release,manifest,keyset,withdrawal}.md`, which another program made.
#![allow(clippy::unwrap_used)]

mod support;

use pinfold_core::entry::{Entry, Payload, pre_authentication};
use pinfold_core::hex;
use pinfold_core::json::{ReadLimits, canonical, read};
use pinfold_core::keyset::Keyset;
use pinfold_core::manifest::Manifest;
use pinfold_core::registry_name::RegistryName;
use pinfold_core::statement::{ManifestMismatch, Statement};
use pinfold_core::withdrawal::Withdrawal;
use support::{Vector, vectors};

#[test]
fn every_vector_of_entries_comes_out_as_expected() {
    for mut vector in vectors("entry") {
        match vector.need("input").as_str() {
            "entry" => check_entry(&mut vector),
            "signed-bytes" => {
                let signed = pre_authentication(&vector.need("payload-type"), &vector.input);
                assert_eq!(text(&signed), vector.need("signed"), "{}", vector.file);
                assert_eq!(vector.need("expect"), "ok", "{}", vector.file);
            }
            "name" => {
                let name = text(&vector.input).parse::<RegistryName>();
                let outcome = if name.is_ok() { "ok" } else { "refused" };
                assert_eq!(outcome, vector.need("expect"), "{}", vector.file);
            }
            other => panic!("{}: input {other}", vector.file),
        }
        vector.finish();
    }
}

fn check_entry(vector: &mut Vector) {
    match Entry::parse(&vector.input) {
        Ok(entry) => {
            assert_eq!("ok", vector.need("expect"), "{}", vector.file);
            assert_eq!(entry.kind().as_str(), vector.need("kind"), "{}", vector.file);
            assert_eq!(entry.payload_digest().to_string(), vector.need("payload-digest"), "{}", vector.file);
            assert_eq!(hex::encode(entry.leaf_hash().as_bytes()), vector.need("leaf"), "{}", vector.file);
            assert_eq!(entry.as_bytes(), vector.input, "{}", vector.file);
            let again = Entry::assemble(entry.payload().clone(), entry.signatures().to_vec()).unwrap();
            assert_eq!(again, entry, "{}", vector.file);
        }
        Err(error) => assert_eq!(error.name(), vector.need("expect"), "{}: {error}", vector.file),
    }
}

#[test]
fn every_vector_of_releases_comes_out_as_expected() {
    for mut vector in vectors("release") {
        let expect = vector.need("expect");
        match vector.need("input").as_str() {
            "statement" => match Statement::from_bytes(&vector.input) {
                Ok(statement) => {
                    assert_eq!("ok", expect, "{}", vector.file);
                    assert_eq!(text(&statement.to_bytes()), text(&vector.input), "{}", vector.file);
                }
                Err(error) => assert_eq!(error.name(), expect, "{}: {error}", vector.file),
            },
            "pair" => check_pair(&vector, &expect),
            other => panic!("{}: input {other}", vector.file),
        }
        vector.finish();
    }
}

fn check_pair(vector: &Vector, expect: &str) {
    let document = read(&vector.input, &ReadLimits::LISTING).unwrap();
    let statement = document.get("statement").unwrap().slice(&vector.input);
    let statement = Statement::from_bytes(statement).unwrap();
    let manifest = Manifest::from_value(document.get("manifest").unwrap(), &vector.input).unwrap();
    let outcome = match statement.check_manifest(&manifest) {
        Ok(()) => "ok",
        Err(ManifestMismatch::Digest) => "Digest",
        // What the digest covers is compared apart from it: a statement can name one manifest and say another thing.
        Err(ManifestMismatch::Name) => "Name",
        Err(ManifestMismatch::Version) => "Version",
        Err(ManifestMismatch::Artifacts) => "Artifacts",
    };
    assert_eq!(outcome, expect, "{}", vector.file);
    if outcome == "ok" {
        let previous = statement.previous.map(|previous| (statement.sequence - 1, previous));
        assert_eq!(Statement::build(&manifest, statement.claim, previous), statement, "{}", vector.file);
    }
}

#[test]
fn every_vector_of_manifests_comes_out_as_expected() {
    for mut vector in vectors("manifest") {
        assert_eq!(vector.need("input"), "manifest", "{}", vector.file);
        let expect = vector.need("expect");
        match Manifest::from_bytes(&vector.input) {
            Ok(manifest) => {
                assert_eq!("ok", expect, "{}", vector.file);
                assert_eq!(manifest.digest().to_string(), vector.need("digest"), "{}", vector.file);
                for object in manifest.surface() {
                    let bytes = manifest.object_bytes(object);
                    let value = read(bytes, &ReadLimits::LISTING).unwrap();
                    assert_eq!(canonical(&value), bytes, "{}", vector.file);
                    assert_eq!(manifest.object(object.kind, &object.digest), Some(object), "{}", vector.file);
                }
            }
            Err(error) => assert_eq!(error.name(), expect, "{}: {error}", vector.file),
        }
        vector.finish();
    }
}

#[test]
fn every_vector_of_keysets_comes_out_as_expected() {
    for mut vector in vectors("keyset") {
        let expect = vector.need("expect");
        match Keyset::from_bytes(&vector.input) {
            Ok(keyset) => {
                assert_eq!("ok", expect, "{}", vector.file);
                assert_eq!(keyset.digest().to_string(), vector.need("digest"), "{}", vector.file);
                assert_eq!(keyset.claim().to_string(), vector.need("claim"), "{}", vector.file);
                assert_eq!(text(&keyset.to_bytes()), text(&vector.input), "{}", vector.file);
                assert_eq!(Payload::from(keyset).to_bytes(), vector.input, "{}", vector.file);
            }
            Err(error) => assert_eq!(error.name(), expect, "{}: {error}", vector.file),
        }
        vector.finish();
    }
}

#[test]
fn every_vector_of_withdrawals_comes_out_as_expected() {
    for mut vector in vectors("withdrawal") {
        let expect = vector.need("expect");
        match Withdrawal::from_bytes(&vector.input) {
            Ok(withdrawal) => {
                assert_eq!("ok", expect, "{}", vector.file);
                assert_eq!(text(&withdrawal.to_bytes()), text(&vector.input), "{}", vector.file);
            }
            Err(error) => assert_eq!(error.name(), expect, "{}: {error}", vector.file),
        }
        vector.finish();
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}
