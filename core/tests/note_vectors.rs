//! The vectors of `spec/signatures.md`, `spec/signed-note.md`, `spec/checkpoint.md` and `spec/tlog-proof.md`, made by
//! another program.
#![allow(clippy::unwrap_used)]

mod support;

use pinfold_core::checkpoint::{Checkpoint, SignedCheckpoint};
use pinfold_core::checkpoint::{CheckpointError, CosignatureError, LogSignatureError, Origin, OriginError};
use pinfold_core::hex;
use pinfold_core::merkle::ProofError;
use pinfold_core::note::{LineFault, Note, NoteError, NoteSignatureError, VerifierKey, VerifierKeyError};
use pinfold_core::signature::{PublicKey, PublicKeyError, Signature, SigningKey};
use pinfold_core::tlog_proof::{TlogProof, TlogProofError};
use support::{Vector, vectors};

#[test]
fn every_vector_of_signatures_comes_out_as_expected() {
    run("signatures", signature);
}

#[test]
fn every_vector_of_signed_notes_comes_out_as_expected() {
    run("signed-note", |vector| match vector.need("kind").as_str() {
        "note" => note(vector),
        "verifier-key" => verifier_key(vector),
        other => panic!("{}: kind {other}", vector.file),
    });
}

#[test]
fn every_vector_of_checkpoints_comes_out_as_expected() {
    run("checkpoint", |vector| match vector.need("kind").as_str() {
        "checkpoint" => checkpoint(vector),
        "origin" => origin(vector),
        other => panic!("{}: kind {other}", vector.file),
    });
}

#[test]
fn every_vector_of_proofs_comes_out_as_expected() {
    run("tlog-proof", tlog_proof);
}

fn run(page: &str, check: fn(&mut Vector)) {
    let mut all = vectors(page);
    for vector in &mut all {
        check(vector);
        vector.finish();
    }
    println!("{} vectors of {page}", all.len());
}

fn signature(vector: &mut Vector) {
    let (file, input) = (vector.file.clone(), std::mem::take(&mut vector.input));
    let key = bytes_of(&vector.need("public-key"));
    let signature = bytes_of(&vector.need("signature"));
    let outcome = match (PublicKey::from_bytes(&key), Signature::from_slice(&signature)) {
        (Err(PublicKeyError::Length { .. }), _) => "length",
        (Err(PublicKeyError::NotCanonical), _) => "not-canonical",
        (Err(PublicKeyError::NotOnCurve), _) => "not-on-curve",
        (Err(PublicKeyError::Weak), _) => "weak",
        (Err(PublicKeyError::Base64), _) => unreachable!("these are bytes"),
        (Ok(_), Err(_)) => "signature-length",
        (Ok(key), Ok(signature)) => match key.verify(&input, &signature) {
            Ok(()) => "ok",
            Err(_) => "bad-signature",
        },
    };
    assert_eq!(outcome, vector.need("expect"), "{file}");
    if let Some(id) = vector.take("key-id") {
        assert_eq!(PublicKey::from_bytes(&key).unwrap().id().to_string(), id, "{file}");
    }
    if let Some(seed) = vector.take("seed") {
        let signing = SigningKey::from_seed(&hex::decode(&seed).unwrap());
        assert_eq!(signing.public_key().as_bytes()[..], key, "{file}");
        assert_eq!(signing.sign(&input).as_bytes()[..], signature, "{file}");
    }
}

fn bytes_of(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| hex::decode::<1>(std::str::from_utf8(pair).unwrap()).unwrap()[0]).collect()
}

fn note(vector: &mut Vector) {
    let file = vector.file.clone();
    let expect = vector.need("expect");
    let outcome = Note::parse(&vector.input);
    let Ok(note) = outcome else {
        assert_eq!(note_class(outcome.unwrap_err()), expect, "{file}");
        return;
    };
    assert_eq!(expect, "ok", "{file}");
    assert_eq!(note.to_bytes(), vector.input, "{file}");
    assert_eq!(Some(note.signatures().len()), vector.number("signatures"), "{file}");
    assert_eq!(Some(note.text().len()), vector.number("text-bytes"), "{file}");
    let key: VerifierKey = vector.need("verify-with").parse().unwrap();
    let verified = note.verify(&key).map_or_else(signature_class, |()| "ok");
    assert_eq!(verified, vector.need("verified"), "{file}");
}

fn note_class(error: NoteError) -> &'static str {
    match error {
        NoteError::TooLong { .. } => "too-long",
        NoteError::NotUtf8 { .. } => "not-utf8",
        NoteError::ControlCharacter { .. } => "control-character",
        NoteError::NoSeparator => "no-separator",
        NoteError::TextEnd => "text-end",
        NoteError::NoSignature => "no-signature",
        NoteError::NoLineEnd => "no-line-end",
        NoteError::TooManySignatures => "too-many-signatures",
        NoteError::Line { fault: LineFault::Dash, .. } => "dash",
        NoteError::Line { fault: LineFault::Parts, .. } => "parts",
        NoteError::Line { fault: LineFault::Name(_), .. } => "name",
        NoteError::Line { fault: LineFault::Base64, .. } => "base64",
        NoteError::Line { fault: LineFault::Short, .. } => "short",
    }
}

fn signature_class(error: NoteSignatureError) -> &'static str {
    match error {
        NoteSignatureError::Absent => "absent",
        NoteSignatureError::Bad => "bad",
        NoteSignatureError::KeyType => "key-type",
    }
}

fn verifier_key(vector: &mut Vector) {
    let file = vector.file.clone();
    let text = std::str::from_utf8(&vector.input).unwrap();
    let outcome = match text.parse::<VerifierKey>() {
        Ok(key) => {
            assert_eq!(key.to_string(), text, "{file}");
            assert_eq!(hex::encode(&[key.kind().0]), vector.need("type"), "{file}");
            "ok"
        }
        Err(VerifierKeyError::TooLong) => "too-long",
        Err(VerifierKeyError::Parts) => "parts",
        Err(VerifierKeyError::Name(_)) => "name",
        Err(VerifierKeyError::Id) => "id",
        Err(VerifierKeyError::Base64) => "base64",
        Err(VerifierKeyError::Empty) => "empty",
        Err(VerifierKeyError::Key(_)) => "key",
        Err(VerifierKeyError::OtherId { .. }) => "other-id",
    };
    assert_eq!(outcome, vector.need("expect"), "{file}");
}

fn checkpoint(vector: &mut Vector) {
    let file = vector.file.clone();
    let expect = vector.need("expect");
    let signed = match SignedCheckpoint::parse(&vector.input) {
        Ok(signed) => signed,
        Err(error) => {
            let class = match error {
                CheckpointError::Note(_) => "note",
                CheckpointError::Lines => "lines",
                CheckpointError::EmptyLine { .. } => "empty-line",
                CheckpointError::Size => "size",
                CheckpointError::Root => "root",
                CheckpointError::TooManyExtensions => "too-many-extensions",
            };
            assert_eq!(class, expect, "{file}");
            return;
        }
    };
    assert_eq!(expect, "ok", "{file}");
    assert_eq!(signed.to_bytes(), vector.input, "{file}");
    let checkpoint = signed.checkpoint();
    assert_eq!(checkpoint.to_text(), signed.note().text(), "{file}");
    assert_eq!(Checkpoint::parse(signed.note().text()).as_ref(), Ok(checkpoint), "{file}");
    assert_eq!(checkpoint.origin(), vector.need("origin"), "{file}");
    assert_eq!(checkpoint.size().to_string(), vector.need("size"), "{file}");
    assert_eq!(checkpoint.root().to_string(), vector.need("root"), "{file}");
    assert_eq!(Some(checkpoint.extensions().len()), vector.number("extensions"), "{file}");
    if let Some(key) = vector.take("log-key") {
        let outcome = match signed.verify_log(&key.parse().unwrap()) {
            Ok(()) => "ok",
            Err(LogSignatureError::OtherOrigin) => "other-origin",
            Err(LogSignatureError::Signature(error)) => signature_class(error),
        };
        assert_eq!(outcome, vector.need("log"), "{file}");
    }
    if let Some(key) = vector.take("witness-key") {
        match signed.cosigned_at(&key.parse().unwrap()) {
            Ok(times) => {
                let times: Vec<String> = times.iter().map(u64::to_string).collect();
                let times = if times.is_empty() { "none".to_owned() } else { times.join(" ") };
                assert_eq!(times, vector.need("times"), "{file}");
            }
            Err(error) => {
                let class = match error {
                    CosignatureError::KeyType => "key-type",
                    CosignatureError::Length => "length",
                    CosignatureError::Time => "time",
                    CosignatureError::Bad => "bad",
                };
                assert_eq!(class, vector.need("cosignature"), "{file}");
            }
        }
    }
}

fn origin(vector: &mut Vector) {
    let text = std::str::from_utf8(&vector.input).unwrap();
    let outcome = match text.parse::<Origin>() {
        Ok(origin) => {
            assert_eq!(origin.to_string(), text);
            assert_eq!(origin.key_name().as_str(), text);
            "ok"
        }
        Err(OriginError::Length) => "length",
        Err(OriginError::Character { .. }) => "character",
        Err(OriginError::Label) => "label",
    };
    assert_eq!(outcome, vector.need("expect"), "{}", vector.file);
}

fn tlog_proof(vector: &mut Vector) {
    let file = vector.file.clone();
    let expect = vector.need("expect");
    let proof = match TlogProof::parse(&vector.input) {
        Ok(proof) => proof,
        Err(error) => {
            let class = match error {
                TlogProofError::TooLong => "too-long",
                TlogProofError::FirstLine => "first-line",
                TlogProofError::Extra => "extra",
                TlogProofError::Index => "index",
                TlogProofError::TooManyHashes => "too-many-hashes",
                TlogProofError::Hash { .. } => "hash",
                TlogProofError::NoSeparator => "no-separator",
                TlogProofError::Checkpoint(_) => "checkpoint",
            };
            assert_eq!(class, expect, "{file}");
            return;
        }
    };
    assert_eq!(expect, "ok", "{file}");
    assert_eq!(proof.to_bytes(), vector.input, "{file}");
    assert_eq!(proof.index().to_string(), vector.need("index"), "{file}");
    assert_eq!(Some(proof.path().hashes().len()), vector.number("hashes"), "{file}");
    let outcome = match proof.verify_path(vector.need("leaf").parse().unwrap()) {
        Ok(()) => "ok",
        Err(ProofError::IndexOutOfTree { .. }) => "index-out-of-tree",
        Err(ProofError::WrongLength { .. }) => "wrong-length",
        Err(ProofError::RootMismatch) => "root-mismatch",
        Err(other) => panic!("{file}: {other}"),
    };
    assert_eq!(outcome, vector.need("path"), "{file}");
}

/// A note, a key and a proof one byte longer than their limits: too large to lie in a vector.
#[test]
fn limits_in_bytes_are_inside() {
    use pinfold_core::note::{MAX_NOTE_BYTES, MAX_VERIFIER_KEY_BYTES};
    use pinfold_core::tlog_proof::MAX_TLOG_PROOF_BYTES;
    let signature = "\u{2014} a AAAAAAA=\n";
    let note = |bytes: usize| format!("{}\n\n{signature}", "a".repeat(bytes - signature.len() - 2));
    assert!(Note::parse(note(MAX_NOTE_BYTES).as_bytes()).is_ok());
    let longer = Note::parse(note(MAX_NOTE_BYTES + 1).as_bytes());
    assert_eq!(longer, Err(NoteError::TooLong { found: MAX_NOTE_BYTES + 1 }));
    let key = "a".repeat(MAX_VERIFIER_KEY_BYTES + 1);
    assert_eq!(key.parse::<VerifierKey>(), Err(VerifierKeyError::TooLong));
    assert_eq!(key[1..].parse::<VerifierKey>(), Err(VerifierKeyError::Parts));
    let proof = vec![b'a'; MAX_TLOG_PROOF_BYTES + 1];
    assert_eq!(TlogProof::parse(&proof), Err(TlogProofError::TooLong));
    assert_eq!(TlogProof::parse(&proof[1..]), Err(TlogProofError::FirstLine));
    let name = "a".repeat(pinfold_core::note::MAX_KEY_NAME_BYTES + 1);
    assert!(name[1..].parse::<pinfold_core::note::KeyName>().is_ok());
    assert!(name.parse::<pinfold_core::note::KeyName>().is_err());
}

/// A line of the same key and type is replaced: cosignatures of an idle head do not pile up.
#[test]
fn a_newer_signature_takes_the_place_of_the_older() {
    use pinfold_core::checkpoint::cosign;
    let key = SigningKey::from_seed(&[1; 32]);
    let origin: Origin = "log.example".parse().unwrap();
    let head = Checkpoint::new(&origin, 0, pinfold_core::merkle::EMPTY_ROOT);
    let signed = SignedCheckpoint::sign(head, &origin.key_name(), &key).unwrap();
    let witness = SigningKey::from_seed(&[2; 32]);
    let name = "w.example".parse().unwrap();
    let (first, second) = (cosign(&name, &witness, 5, &signed), cosign(&name, &witness, 9, &signed));
    let once = signed.clone().with_signature(first).unwrap();
    let twice = once.with_signature(second).unwrap();
    let witness_key = VerifierKey::cosigner(name, witness.public_key());
    assert_eq!(twice.cosigned_at(&witness_key), Ok(vec![9]));
    assert_eq!(twice.note().signatures().len(), 2);
    assert_eq!(twice.only(|line| line.name == origin.key_name()), signed);
}
