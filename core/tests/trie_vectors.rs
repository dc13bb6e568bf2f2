//! The vectors of `spec/trie.md`, whose roots and proofs come from another program, and the public ones of the encoding's
//! origin where the Go module cache has them.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod support;

use std::io::Write as _;
use std::path::PathBuf;

use pinfold_core::hex;
use pinfold_core::merkle::Hash;
use pinfold_core::trie::{Absence, Answer, Path, ProofError, Trie};
use support::{Vector, vectors};

#[test]
fn every_vector_of_the_trie_comes_out_as_expected() {
    let vectors = vectors("trie");
    let count = vectors.len();
    vectors.into_iter().for_each(check);
    println!("{count} vectors of the trie");
}

fn check(mut vector: Vector) {
    let input = String::from_utf8(std::mem::take(&mut vector.input)).unwrap();
    let root = hash(&vector.need("root"));
    let outcome = match vector.need("kind").as_str() {
        "map" => {
            check_map(&input, root, &vector.file);
            Ok(())
        }
        "present" => {
            present(&bytes(&vector.need("key")), &bytes(&vector.need("value")), &root, &proof(&input))
        }
        "absent" => absent(&bytes(&vector.need("key")), &root, &proof(&input)),
        kind => panic!("{}: kind {kind}", vector.file),
    };
    let outcome = outcome.map_or_else(|error| error.name(), |()| "ok");
    assert_eq!(outcome, vector.need("expect"), "{}", vector.file);
    vector.finish();
}

/// The root, whether the trie is built at once or key by key, forwards or backwards, and every key's proof.
fn check_map(input: &str, root: Hash, file: &str) {
    let mut entries: Vec<(Vec<u8>, Vec<u8>)> = input.lines().map(entry).collect();
    let grown = grow(&entries);
    assert_eq!(grown.root(), root, "{file}");
    assert_eq!(Trie::build(entries.clone()).unwrap().root(), root, "{file}");
    for (key, value) in &entries {
        let Answer::Present { value: found, path } = grown.prove(key) else { panic!("{file}") };
        assert_eq!(found, value, "{file}");
        assert_eq!(present(key, value, &root, &path.to_bytes()), Ok(()), "{file}");
    }
    entries.reverse();
    assert_eq!(grow(&entries).root(), root, "{file}");
}

/// Proofs of the page's own example, byte for byte, as the vectors have them.
#[test]
fn the_trie_gives_the_proofs_that_the_vectors_have() {
    let entries = [("alpha", "1"), ("beta", "2"), ("gamma", "3")];
    let trie = Trie::build(entries.map(|(key, value)| (key.to_owned(), value.as_bytes().to_vec())).to_vec());
    let trie = trie.unwrap();
    for vector in vectors("trie") {
        let name = vector.file.clone();
        let Some(key) =
            ["alpha", "beta", "gamma"].into_iter().find(|key| name == format!("{key}-is-present.vector"))
        else {
            continue;
        };
        let Answer::Present { path, .. } = trie.prove(key.as_bytes()) else { panic!("{name}") };
        assert_eq!(path.to_bytes(), proof(std::str::from_utf8(&vector.input).unwrap()), "{name}");
    }
    let vector = vectors("trie").into_iter().find(|vector| vector.file == "absent-is-absent.vector").unwrap();
    let Answer::Absent { proof: absence } = trie.prove(b"absent") else { panic!("absent is there") };
    assert_eq!(absence.to_bytes(), proof(std::str::from_utf8(&vector.input).unwrap()));
}

/// The public roots of `filippo.io/torchwood/mpt`, from which the encoding comes.
#[test]
fn public_roots_come_out_as_published() {
    let Some(text) = public("treehash.txt") else { return };
    let mut entries = Vec::new();
    let mut roots = 0;
    for line in text.lines() {
        match line.split_once(' ') {
            Some(("kv", line)) => entries.push(entry(line)),
            Some(("hash", root)) => {
                check_map_of(std::mem::take(&mut entries), hash(root));
                roots += 1;
            }
            _ => {}
        }
    }
    assert!(roots >= 32, "only {roots} public roots");
}

fn check_map_of(entries: Vec<(Vec<u8>, Vec<u8>)>, root: Hash) {
    assert_eq!(grow(&entries).root(), root, "{entries:?}");
    assert_eq!(Trie::build(entries).unwrap().root(), root);
}

/// The public lookups of the same, good and bad. Its verifier takes numbers in longer forms, which we refuse; none of the
/// vectors has one.
#[test]
fn public_proofs_come_out_as_published() {
    let Some(text) = public("verify.txt") else { return };
    let text = text.replace("\\\n", "");
    let (mut root, mut key, mut value, mut proof) = (None, Vec::new(), None, Vec::new());
    let mut lookups = 0;
    for line in text.lines() {
        let Some((word, rest)) = line.split_once(' ') else { continue };
        match word {
            "snap" => root = Some(hash(rest)),
            "key" => key = bytes(rest),
            "val" => value = (rest.trim() != "-").then(|| bytes(rest)),
            "proof" => proof = bytes(rest),
            "verify" => {
                let root = root.unwrap();
                let outcome = match &value {
                    Some(value) => present(&key, value, &root, &proof),
                    None => absent(&key, &root, &proof),
                };
                assert_eq!(outcome.is_ok(), rest == "true", "{outcome:?}: {}", hex::encode(&proof));
                lookups += 1;
            }
            _ => {}
        }
    }
    assert!(lookups >= 100, "only {lookups} public lookups");
}

/// A file of the origin's test data, where a module cache has it: Go's own, or the one that the comparisons with Go
/// below the target folder fill.
fn public(name: &str) -> Option<String> {
    let program = std::env::current_exe().unwrap();
    let target = program.ancestors().nth(3).unwrap().join("interop/modules/pkg/mod");
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join("go/pkg/mod"));
    let caches = std::env::var_os("GOMODCACHE").map(PathBuf::from).into_iter().chain(home).chain([target]);
    let files = caches.map(|cache| cache.join("filippo.io/torchwood@v0.10.0/mpt/testdata").join(name));
    let text = files.filter_map(|file| std::fs::read_to_string(file).ok()).next();
    if text.is_none() {
        // Not by a macro, whose output the test runner keeps to itself.
        let hint = "go mod download filippo.io/torchwood@v0.10.0";
        let _ = writeln!(std::io::stderr(), "\nNOT RUN: no {name} of Torchwood's (`{hint}` brings it)");
    }
    text
}

fn present(key: &[u8], value: &[u8], root: &Hash, proof: &[u8]) -> Result<(), ProofError> {
    let path = Path::parse(proof)?;
    assert_eq!(path.to_bytes(), proof);
    path.verify(key, value, root)
}

fn absent(key: &[u8], root: &Hash, proof: &[u8]) -> Result<(), ProofError> {
    let absence = Absence::parse(proof)?;
    assert_eq!(absence.to_bytes(), proof);
    absence.verify(key, root)
}

fn grow(entries: &[(Vec<u8>, Vec<u8>)]) -> Trie<Vec<u8>, Vec<u8>> {
    entries.iter().fold(Trie::new(), |trie, (key, value)| trie.with(key.clone(), value.clone()))
}

fn entry(line: &str) -> (Vec<u8>, Vec<u8>) {
    let (key, value) = line.split_once(' ').unwrap();
    (bytes(key), bytes(value))
}

fn proof(input: &str) -> Vec<u8> {
    bytes(input)
}

fn hash(digits: &str) -> Hash {
    Hash::from_bytes(hex::decode(digits.trim()).unwrap())
}

/// Hexadecimal with white space in it; a dash or two quotes are no bytes.
fn bytes(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    if digits == "-" || digits == "''" {
        return Vec::new();
    }
    let pair = |at| hex::decode::<1>(&digits[at..at + 2]).unwrap()[0];
    (0..digits.len()).step_by(2).map(pair).collect()
}
