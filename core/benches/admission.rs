//! What the rules of names cost a log: reading an entry, admitting it, writing its rows; beside the signatures alone, which
//! nobody can leave out, in the same run. And what a state of many names holds.
//!
//! `cargo bench -p pinfold-core --bench admission`. Needs no data.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a bench has a clock")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use pinfold_core::admit::{EvidenceFact, Facts, State, Touched, admit};
use pinfold_core::checkpoint::Origin;
use pinfold_core::digest::{Digest, file_digest};
use pinfold_core::entry::Entry;
use pinfold_core::keyset::Keyset;
use pinfold_core::registry_name::{Namespace, RegistryName};
use pinfold_core::signature::{PublicKey, SigningKey};
use pinfold_core::statement::Statement;

const NAMESPACES: u32 = 500;
/// The real registry has four to five names a namespace.
const NAMES_A_NAMESPACE: u32 = 4;
const RELEASES_A_NAME: u64 = 3;

fn main() {
    let entries = entries();
    let count = entries.len() as u32;
    println!("== entries");
    println!(
        "| {count} entries: {NAMESPACES} keysets, {RELEASES_A_NAME} releases of each of {} names | an entry | beside the signatures alone |",
        NAMESPACES * NAMES_A_NAMESPACE
    );
    println!("|---|---|---|");

    let keys: Vec<PublicKey> = (0..NAMESPACES).map(|number| key(number).public_key()).collect();
    let parsed: Vec<(u32, Entry)> = entries.iter().map(|(number, bytes)| (*number, read(bytes))).collect();
    let signatures = time(|| {
        for (number, entry) in &parsed {
            let signature = &entry.signatures()[0].signature;
            let signed = entry.signed_bytes();
            keys[*number as usize].verify(&signed, signature).expect("signed by it");
        }
    });
    line("signatures alone", signatures, signatures, count);
    let reading = time(|| entries.iter().for_each(|(_, bytes)| drop(black_box(read(bytes)))));
    line("reading", reading, signatures, count);

    let origin: Origin = "log.example.org".parse().expect("an origin");
    let (mut state, mut touched) = (State::new(), Touched::default());
    let folding = time(|| {
        for (_, entry) in &parsed {
            let facts = Facts { origin: &origin, index: state.size(), evidence: EvidenceFact::NotChecked };
            let change = admit(&state, entry, &facts).expect("by the rules");
            touched.extend(state.apply(change));
        }
    });
    line("admit and apply", folding, signatures, count);
    let rows = time(|| touched.rows.iter().for_each(|key| drop(black_box(state.row(key)))));
    line("rows", rows, signatures, count);
    let values = time(|| {
        for key in &touched.keys {
            black_box(state.value(key));
        }
    });
    line("values of the index", values, signatures, count);
    let whole = reading + folding + rows + values;
    line("all four together", whole, signatures, count);
    println!("| entries a second on one core | {:.0} | |", f64::from(count) / whole.as_secs_f64());
}

/// Canonical bytes of every entry, with the number of its signer.
fn entries() -> Vec<(u32, Vec<u8>)> {
    let mut entries = Vec::new();
    for number in 0..NAMESPACES {
        let key = key(number);
        let namespace: Namespace = format!("io.github.publisher-{number:05}").parse().expect("a namespace");
        let origin = "log.example.org".parse().expect("an origin");
        let keyset = Keyset::of_one_key(namespace.clone(), origin, key.public_key()).expect("short");
        let claim = keyset.claim();
        entries.push((number, bytes(Entry::sign(keyset, &[&key]).expect("signed"))));
        for name in 0..NAMES_A_NAMESPACE {
            let name: RegistryName = format!("{namespace}/server-{name}").parse().expect("a name");
            let mut previous = None;
            for sequence in 1..=RELEASES_A_NAME {
                let entry =
                    Entry::sign(statement(claim, &name, sequence, previous), &[&key]).expect("signed");
                previous = Some(entry.payload_digest());
                entries.push((number, bytes(entry)));
            }
        }
    }
    entries
}

fn statement(claim: Digest, name: &RegistryName, sequence: u64, previous: Option<Digest>) -> Statement {
    let version = format!("1.{sequence}.0");
    Statement {
        claim,
        name: name.clone(),
        previous,
        sequence,
        manifest: file_digest(version.as_bytes()),
        version: version.parse().expect("a version"),
        subjects: Vec::new(),
    }
}

fn key(number: u32) -> SigningKey {
    let mut seed = [7; 32];
    seed[..4].copy_from_slice(&number.to_be_bytes());
    SigningKey::from_seed(&seed)
}

fn bytes(entry: Entry) -> Vec<u8> {
    entry.as_bytes().to_vec()
}

fn read(bytes: &[u8]) -> Entry {
    Entry::parse(bytes).expect("written by us")
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn line(what: &str, took: Duration, baseline: Duration, count: u32) {
    let micros = took.as_secs_f64() * 1e6 / f64::from(count);
    println!("| {what} | {micros:.2} µs | {:.2}x |", took.as_secs_f64() / baseline.as_secs_f64());
}
