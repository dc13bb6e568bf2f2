//! What Pinfold writes, read by programs in Go that others wrote.
#![allow(clippy::unwrap_used)]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pinfold_core::checkpoint::{Checkpoint, Origin, SignedCheckpoint};
use pinfold_core::merkle::{
    ConsistencyProof, Hash, InclusionPath, MemoryTree, leaf_hash, prove_consistency, prove_inclusion, root,
    verify_consistency, verify_inclusion,
};
use pinfold_core::note::{self, Note, VerifierKey};
use pinfold_core::signature::SigningKey;
use pinfold_core::trie::{Answer, Trie};
use pinfold_tests::go::{Go, or_say};
use serde_json::{Value, json};

/// Runs a program that reads lines and answers each with one.
fn answers(program: &Path, arguments: &[&str], lines: &[String]) -> Vec<String> {
    let mut child =
        Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = lines.join("\n");
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{} failed", program.display());
    writer.join().unwrap().unwrap();
    let answers: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), lines.len());
    answers
}

fn texts(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(Hash::to_string).collect()
}

fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

/// A proof with one bit changed, one without its last hash, and one with a hash more.
fn spoiled(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut longer = proof.to_vec();
    longer.push(leaf_hash(b"one too many"));
    let mut all = vec![longer];
    if let Some((last, before)) = proof.split_last() {
        let mut bytes = *last.as_bytes();
        bytes[31] ^= 1;
        all.push([before, &[Hash::from_bytes(bytes)]].concat());
        all.push(before.to_vec());
    }
    all
}

/// Inclusion in trees of `size` leaves, as `interop check` reads it, beside what we say ourselves.
fn inclusion(tree: &MemoryTree, size: u64, index: u64, cases: &mut Vec<(Value, bool)>) {
    let path = prove_inclusion(tree, size, index).unwrap();
    let head = root(tree, size).unwrap();
    let mut add = |index: u64, path: Vec<Hash>| {
        let text = STANDARD.encode(entry(index));
        let case = json!({"Inclusion": {
            "Entry": text, "Index": index, "Size": size, "Root": head.to_string(), "Path": texts(&path),
        }});
        let path = InclusionPath::new(path).unwrap();
        cases.push((case, verify_inclusion(leaf_hash(&entry(index)), index, size, &path, &head).is_ok()));
    };
    add(index, path.hashes().to_vec());
    add(index + 1, path.hashes().to_vec());
    spoiled(path.hashes()).into_iter().for_each(|path| add(index, path));
}

fn consistency(tree: &MemoryTree, old: u64, new: u64, cases: &mut Vec<(Value, bool)>) {
    let (old_root, new_root) = (root(tree, old).unwrap(), root(tree, new).unwrap());
    let mut add = |old_root: Hash, proof: Vec<Hash>| {
        let case = json!({"Tree": {
            "OldSize": old, "NewSize": new, "OldRoot": old_root.to_string(), "NewRoot": new_root.to_string(),
            "Proof": texts(&proof),
        }});
        let proof = ConsistencyProof::new(proof).unwrap();
        cases.push((case, verify_consistency(old, &old_root, new, &new_root, &proof).is_ok()));
    };
    let proof = prove_consistency(tree, old, new).unwrap().hashes().to_vec();
    add(old_root, proof.clone());
    add(leaf_hash(b"another root"), proof.clone());
    spoiled(&proof).into_iter().for_each(|proof| add(old_root, proof));
}

#[test]
fn go_verifies_the_proofs_that_we_make_and_refuses_those_that_we_refuse() {
    let Some(interop) = or_say(Go::found().and_then(|go| go.interop())) else { return };
    let tree: MemoryTree = (0..66_000).map(|index| leaf_hash(&entry(index))).collect();
    let mut cases = Vec::new();
    for size in 1..=34 {
        (0..size).for_each(|index| inclusion(&tree, size, index, &mut cases));
        (1..=size).for_each(|old| consistency(&tree, old, size, &mut cases));
    }
    for size in [255, 256, 257, 1_000, 65_536, 65_537, 66_000_u64] {
        for at in [0, 1, size / 3, size / 2, size - 2, size - 1] {
            inclusion(&tree, size, at, &mut cases);
            consistency(&tree, at + 1, size, &mut cases);
        }
    }
    let lines: Vec<String> = cases.iter().map(|(case, _)| case.to_string()).collect();
    let mut good = 0;
    for (answer, (case, ours)) in answers(&interop, &["check"], &lines).iter().zip(&cases) {
        assert_eq!(answer == "ok", *ours, "{case}: {answer}");
        good += usize::from(*ours);
    }
    assert!(good > 1_190 && cases.len() > 4 * good, "{good} good ones of {}", cases.len());
}

#[test]
fn go_opens_the_notes_that_we_sign() {
    let Some(interop) = or_say(Go::found().and_then(|go| go.interop())) else { return };
    let encode = |bytes: &[u8]| STANDARD.encode(bytes);
    let (origin, key) = ("log.example".parse::<Origin>().unwrap(), SigningKey::from_seed(&[7; 32]));
    let vkey = VerifierKey::ed25519(origin.key_name(), key.public_key()).to_string();
    let other = SigningKey::from_seed(&[8; 32]);
    let other_name: note::KeyName = "else.example/key".parse().unwrap();
    let other_vkey = VerifierKey::ed25519(other_name.clone(), other.public_key()).to_string();
    let mut cases = Vec::new();
    let mut add = |bytes: &[u8], text: &str, keys: &[&str], ok: bool| {
        let case = json!({"Note": {"Bytes": encode(bytes), "Text": encode(text.as_bytes()), "Keys": keys}});
        cases.push((case.to_string(), ok));
    };
    for size in [0, 1, 300] {
        let tree: MemoryTree = (0..size).map(|index| leaf_hash(&entry(index))).collect();
        let checkpoint = Checkpoint::new(&origin, size, tree.frontier().root());
        let text = checkpoint.to_text();
        let signed = SignedCheckpoint::sign(checkpoint, &origin.key_name(), &key).unwrap();
        add(&signed.to_bytes(), &text, &[&vkey], true);
        add(&signed.to_bytes(), &text, &[&vkey, &other_vkey], false);
        add(&signed.to_bytes(), &text.replace("log", "lag"), &[&vkey], false);
        let both = signed.with_signature(note::sign(&other_name, &other, &text)).unwrap().to_bytes();
        add(&both, &text, &[&vkey, &other_vkey], true);
        let changed = String::from_utf8(both).unwrap().replacen("log.example", "lag.example", 1);
        add(changed.as_bytes(), &text.replacen("log", "lag", 1), &[&vkey, &other_vkey], false);
    }
    for text in ["one line\n", "two\n\nparts\n", "letters: \u{e4} \u{4e16} \u{1f4cc}\n"] {
        let signature = note::sign(&origin.key_name(), &key, text);
        let note = Note::unsigned(text).unwrap().with_signature(signature).unwrap();
        add(&note.to_bytes(), text, &[&vkey], true);
    }
    let lines: Vec<String> = cases.iter().map(|(line, _)| line.clone()).collect();
    for (answer, (line, expected)) in answers(&interop, &["check"], &lines).iter().zip(&cases) {
        assert_eq!(answer == "ok", *expected, "{line}: {answer}");
    }
}

fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() { "-".to_owned() } else { pinfold_core::hex::encode(bytes) }
}

/// Keys that share long beginnings and keys that share none, in no order; some are set twice.
fn changes() -> impl Iterator<Item = ([u8; 32], Vec<u8>)> {
    (0..600_u32).map(|number| {
        let number = number * 7_919 % 500;
        let mut key = *leaf_hash(&number.to_be_bytes()).as_bytes();
        if number % 3 == 0 {
            key = [0x55; 32];
            key[(number % 32) as usize] = number as u8;
        }
        (key, vec![b'v'; (number * 13 % 1_025) as usize])
    })
}

#[test]
fn the_trie_is_that_of_torchwood() {
    let Some(program) = or_say(Go::found().and_then(|go| go.trie())) else { return };
    let mut trie: Trie<[u8; 32], Vec<u8>> = Trie::new();
    let (mut lines, mut expected) = (Vec::new(), Vec::new());
    let mut say = |line: String, answer: String| {
        lines.push(line);
        expected.push(answer);
    };
    let keys: Vec<[u8; 32]> = changes().map(|(key, _)| key).collect();
    let prove = |trie: &Trie<[u8; 32], Vec<u8>>, key: &[u8; 32]| match trie.prove(key) {
        Answer::Present { value, path } => {
            format!("present {} {} {}", hex(key), hex(value), hex(&path.to_bytes()))
        }
        Answer::Absent { proof } => format!("absent {} {}", hex(key), hex(&proof.to_bytes())),
    };
    say(prove(&trie, &keys[0]), "same".to_owned());
    for (number, (key, value)) in changes().enumerate() {
        trie = trie.with(key, value.clone());
        say(format!("set {} {}", hex(&key), hex(&value)), pinfold_core::hex::encode(trie.root().as_bytes()));
        for asked in [keys[number / 2], keys[(number * 31 + 1) % keys.len()], [number as u8; 32]] {
            say(prove(&trie, &asked), "same".to_owned());
        }
        if let Answer::Absent { proof } = trie.prove(&[0xaa; 32]) {
            let mut bytes = proof.to_bytes();
            *bytes.last_mut().unwrap() ^= 1;
            say(format!("refuse {} {}", hex(&[0xaa; 32]), hex(&bytes)), "refused".to_owned());
        }
    }
    for ((line, expected), found) in lines.iter().zip(&expected).zip(answers(&program, &[], &lines)) {
        assert_eq!(found, *expected, "{line}");
    }
}
