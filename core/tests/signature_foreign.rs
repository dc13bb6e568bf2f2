//! Ed25519 and signed notes against foreign vectors and another implementation.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod support;

use std::collections::BTreeMap;

use pinfold_core::hex;
use pinfold_core::note::{Note, VerifierKey, sign};
use pinfold_core::signature::{PublicKey, Signature, SigningKey};
use proptest::prelude::*;
use serde::Deserialize;
use signed_note::{Verifier as _, VerifierList};
use support::data_folder;

fn bytes_of(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| hex::decode::<1>(std::str::from_utf8(pair).unwrap()).unwrap()[0]).collect()
}

fn accepts(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Ok(key) = PublicKey::from_bytes(key) else { return false };
    let Ok(signature) = Signature::from_slice(signature) else { return false };
    key.verify(message, &signature).is_ok()
}

#[derive(Deserialize)]
struct Cctv {
    key: String,
    sig: String,
    msg: String,
    flags: Option<Vec<String>>,
}

/// The vectors of C2SP's CCTV, made so that implementations differ in them. The flags say what is odd about a case; the
/// rule of `spec/signatures.md` follows from them alone, so each of the 914 outcomes is known beforehand.
#[test]
fn each_odd_signature_is_judged_by_the_rule() {
    let Some(folder) = data_folder("vectors") else { return };
    let text = std::fs::read(folder.join("ed25519-cctv/ed25519vectors.json")).unwrap();
    let cases: Vec<Cctv> = serde_json::from_slice(&text).unwrap();
    let (mut accepted, mut refused) = (0, BTreeMap::new());
    for (at, case) in cases.iter().enumerate() {
        let flags = case.flags.clone().unwrap_or_default();
        let has = |flag: &str| flags.iter().any(|held| held == flag);
        // What the rule refuses: points of small order, encodings that are not canonical, and equations that hold
        // only after a multiplication by eight.
        let reasons =
            ["low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R", "low_order_residue"];
        let expected = !reasons.iter().any(|reason| has(reason));
        let found = accepts(&bytes_of(&case.key), case.msg.as_bytes(), &bytes_of(&case.sig));
        assert_eq!(found, expected, "case {at}: {flags:?}");
        if found {
            accepted += 1;
        }
        for flag in flags.iter().filter(|_| !found) {
            *refused.entry(flag.clone()).or_insert(0) += 1;
        }
    }
    println!("CCTV: {} cases, {accepted} accepted; refused with {refused:?}", cases.len());
}

#[derive(Deserialize)]
struct Wycheproof {
    #[serde(rename = "testGroups")]
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(rename = "publicKey")]
    key: WycheproofKey,
    tests: Vec<WycheproofCase>,
}

#[derive(Deserialize)]
struct WycheproofKey {
    pk: String,
}

#[derive(Deserialize)]
struct WycheproofCase {
    #[serde(rename = "tcId")]
    id: u32,
    msg: String,
    sig: String,
    result: String,
    comment: String,
}

#[test]
fn wycheproof_agrees_in_every_case() {
    let Some(folder) = data_folder("vectors") else { return };
    let text = std::fs::read(folder.join("wycheproof/ed25519_test.json")).unwrap();
    let file: Wycheproof = serde_json::from_slice(&text).unwrap();
    let mut counts = BTreeMap::new();
    for group in &file.groups {
        for case in &group.tests {
            let found = accepts(&bytes_of(&group.key.pk), &bytes_of(&case.msg), &bytes_of(&case.sig));
            assert_eq!(found, case.result == "valid", "case {}: {}", case.id, case.comment);
            *counts.entry(case.result.clone()).or_insert(0) += 1;
        }
    }
    println!("Wycheproof: {counts:?}");
}

/// What the other implementation says of a note under one key: `None` if it cannot read it.
fn other_says(bytes: &[u8], key: &VerifierKey) -> Option<bool> {
    let note = signed_note::Note::from_bytes(bytes).ok()?;
    let verifier = signed_note::StandardVerifier::new(&key.to_string()).unwrap();
    let known = VerifierList::new(vec![Box::new(verifier)]);
    Some(note.verify(&known).is_ok())
}

fn seed() -> impl Strategy<Value = [u8; 32]> {
    prop::array::uniform32(any::<u8>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each reads and verifies what the other signs, byte for byte the same.
    #[test]
    fn both_implementations_sign_alike(seed in seed(), text in "([ -~äß😀\n]{0,40}\n){1,4}", name in "[a-z./]{1,12}") {
        let key = SigningKey::from_seed(&seed);
        let name: pinfold_core::note::KeyName = name.parse().unwrap();
        let ours = Note::unsigned(&text).unwrap().with_signature(sign(&name, &key, &text)).unwrap();
        let verifier = VerifierKey::ed25519(name, key.public_key());
        prop_assert_eq!(Note::parse(&ours.to_bytes()), Ok(ours.clone()));
        prop_assert_eq!(ours.verify(&verifier), Ok(()));
        prop_assert_eq!(other_says(&ours.to_bytes(), &verifier), Some(true));
        let theirs = signed_note::Note::from_bytes(&ours.to_bytes()).unwrap();
        prop_assert_eq!(theirs.to_bytes(), ours.to_bytes());
        let other = signed_note::StandardVerifier::new(&verifier.to_string()).unwrap();
        prop_assert_eq!(other.key_id().to_be_bytes(), verifier.id());
    }

    /// Of a note with one byte changed: what we read and verify, the other does too. The other way round there are
    /// differences that are ours, each stricter.
    #[test]
    fn a_changed_note_is_judged_no_milder(seed in seed(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let key = SigningKey::from_seed(&seed);
        let text = "log.example\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let name: pinfold_core::note::KeyName = "log.example".parse().unwrap();
        let verifier = VerifierKey::ed25519(name.clone(), key.public_key());
        let mut bytes = Note::unsigned(text).unwrap().with_signature(sign(&name, &key, text)).unwrap().to_bytes();
        let at = at.index(bytes.len());
        let same = bytes[at] == byte;
        bytes[at] = byte;
        let ours = Note::parse(&bytes).ok().map(|note| note.verify(&verifier).is_ok());
        prop_assert_eq!(ours == Some(true), same);
        if ours.is_some() {
            prop_assert_eq!(other_says(&bytes, &verifier), ours);
        }
    }

    /// Nothing that is read is written back differently.
    #[test]
    fn whatever_is_read_is_written_back(bytes in prop::collection::vec(prop_oneof![
        Just(b'\n'), Just(b' '), Just(b'a'), Just(b'='), any::<u8>(),
    ], 0..80)) {
        let mut note = bytes;
        note.extend_from_slice("\n\n\u{2014} a AAAAAAA=\n".as_bytes());
        if let Ok(read) = Note::parse(&note) {
            prop_assert_eq!(read.to_bytes(), note);
        }
    }
}
