//! What an index of a million names costs: to build, to hold, to change, and to prove from; each beside the bare hashes
//! or the bare data of the same run.
//!
//! `cargo bench -p pinfold-core --bench index`. Needs no data and about a gigabyte of memory.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a bench has a clock")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use pinfold_core::digest::{Digest, file_digest};
use pinfold_core::entry::Entry;
use pinfold_core::index::{
    HistoryHead, Index, IndexKey, IndexProof, IndexValue, MapHead, NameStatus, NameValue, NamespaceValue,
    Newest, WithdrawnRanges,
};
use pinfold_core::json::{ReadLimits, canonical, read_canonical};
use pinfold_core::merkle::{Hash, InclusionPath, leaf_hash, root_of_inclusion};
use pinfold_core::registry_name::RegistryName;
use pinfold_core::trie::TrieValue as _;
use sha2::{Digest as _, Sha256};

const NAMES: u64 = 1_000_000;
/// The real registry has four to five names a namespace.
const NAMES_A_NAMESPACE: u64 = 4;
/// The log behind the proofs: full, so that its last entry has the longest path of all sizes up to it.
const LOG_SIZE: u64 = 1 << 21;
const ASKED: u64 = 10_000;
const ROUNDS: usize = 3;

fn main() {
    let before = resident_bytes();
    let entries = entries();
    let bare = resident_bytes() - before;
    let (leaves, leaf_bytes) = (entries.len(), encoded_bytes(&entries));
    println!("== index");
    println!(
        "| {NAMES} names in {} namespaces: {leaves} keys, {leaf_bytes} bytes a leaf | here | baseline of the same run | |",
        NAMES / NAMES_A_NAMESPACE
    );
    println!("|---|---|---|---|");

    let index = Index::build(entries).expect("keys differ");
    let held = resident_bytes() - before;

    let mut build_times = Vec::new();
    let mut bare_times = Vec::new();
    for _ in 0..ROUNDS {
        let entries = self::entries();
        build_times.push(time(|| drop(black_box(Index::build(entries).expect("keys differ")))));
        bare_times.push(time(|| bare_hashes(leaves, leaf_bytes)));
    }
    row("build", median(&mut build_times), median(&mut bare_times), "bare SHA-256 of the same nodes");
    println!(
        "| memory of the trie | {:.0} MB | {:.0} MB, keys and values in a `Vec` | {:.2}x |",
        held as f64 / 1e6,
        bare as f64 / 1e6,
        held as f64 / bare as f64
    );
    changes(&index);
    let sizes = proofs(&index);
    println!("\n== sizes");
    println!(
        "| bytes of an index proof in a bundle | median | largest of {ASKED} | with a map-head's average path |"
    );
    println!("|---|---|---|---|");
    // The path of a tree's last entry has as many hashes as its index has binary digits 1: half of them on average.
    let less = LOG_SIZE.ilog2() as usize / 2 * 32 * 4 / 3;
    for (title, middle, largest) in sizes {
        println!("| {title} | {middle} | {largest} | {less} less |");
    }
}

/// One name after the other gets a new value, as a batch of releases does it.
fn changes(index: &Index) {
    let depth = (NAMES as f64 * (1.0 + 1.0 / NAMES_A_NAMESPACE as f64)).log2().ceil() as usize;
    let mut own = Vec::new();
    let mut bare = Vec::new();
    for round in 0..ROUNDS as u64 {
        let mut changed = index.clone();
        own.push(
            time(|| {
                for at in 0..ASKED {
                    changed = changed
                        .with(IndexKey::name(&name(at * 97)), IndexValue::Name(name_value(at + round + 1)));
                }
            }) / ASKED as u32,
        );
        black_box(changed.root());
        bare.push(time(|| (0..ASKED).for_each(|_| bare_nodes(depth))) / ASKED as u32);
    }
    let baseline = format!("bare SHA-256 of {depth} nodes");
    row("one changed value", median(&mut own), median(&mut bare), &baseline);
}

/// Prints what they cost; the sizes, median and largest, of each kind.
fn proofs(index: &Index) -> Vec<(&'static str, usize, usize)> {
    let mut told = Vec::new();
    let head = MapHead { root: index.root(), previous: Some(LOG_SIZE - 9), time: 1_764_000_000 };
    let entry = Entry::sign(head, &[]).expect("a map-head has no signatures");
    let hashes = (0..LOG_SIZE.ilog2() as u8).map(|at| leaf_hash(&[at])).collect();
    let path = InclusionPath::new(hashes).expect("no longer than a log's");
    let root =
        root_of_inclusion(entry.leaf_hash(), LOG_SIZE - 1, LOG_SIZE, &path).expect("a path of that size");
    for (title, first) in [("a name that is there", 0), ("a name that is not, nor its namespace", NAMES)] {
        let mut made = Vec::new();
        let mut verified = Vec::new();
        let mut bare = Vec::new();
        let mut sizes = Vec::new();
        for at in 0..ASKED {
            let name = name(first + at * 97 % NAMES);
            let mut state = Vec::new();
            made.push(time(|| {
                let proof = IndexProof::new(index, &name, WithdrawnRanges::EMPTY, &entry, path.clone());
                state = canonical(&proof.expect("the index has its kinds").to_value());
            }));
            sizes.push(state.len());
            verified.push(time(|| {
                let value = read_canonical(&state, &ReadLimits::OWN).expect("canonical");
                let proof = IndexProof::from_value(&value, &state).expect("a proof");
                black_box(proof.verify(&name, LOG_SIZE, &root).expect("proven"));
            }));
            // Two paths of about 21 nodes, the map-head's of 21.
            bare.push(time(|| bare_nodes(3 * 21)));
        }
        sizes.sort_unstable();
        let (middle, largest) = (sizes[sizes.len() / 2], sizes[sizes.len() - 1]);
        told.push((title, middle, largest));
        let base = median(&mut bare);
        let nodes = "bare SHA-256 of 63 nodes";
        row(
            &format!("index proof of {title} made, as it stands in a bundle"),
            median(&mut made),
            base,
            nodes,
        );
        row("… the slowest of a hundred", made[made.len() * 99 / 100], base, nodes);
        row("… read and verified", median(&mut verified), base, nodes);
    }
    told
}

fn row(what: &str, time: Duration, baseline: Duration, of: &str) {
    let ratio = time.as_secs_f64() / baseline.as_secs_f64();
    println!("| {what} | {} | {}, {of} | {ratio:.2}x |", told(time), told(baseline));
}

fn told(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds >= 0.1 => format!("{seconds:.2} s"),
        seconds => format!("{:.1} µs", seconds * 1e6),
    }
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn bare_hashes(leaves: usize, leaf_bytes: usize) {
    let leaf = vec![7; leaf_bytes];
    for _ in 0..leaves {
        black_box(Sha256::digest(black_box(&leaf)));
    }
    bare_nodes(leaves - 1);
}

fn bare_nodes(count: usize) {
    let node = [1; 66];
    for _ in 0..count {
        black_box(Sha256::digest(black_box(node)));
    }
}

fn entries() -> Vec<(IndexKey, IndexValue)> {
    let namespaces = NAMES / NAMES_A_NAMESPACE;
    let mut entries = Vec::with_capacity((NAMES + namespaces) as usize);
    for at in 0..NAMES {
        let name = name(at);
        if at < namespaces {
            entries
                .push((IndexKey::namespace(&name.namespace()), IndexValue::Namespace(namespace_value(at))));
        }
        entries.push((IndexKey::name(&name), IndexValue::Name(name_value(at))));
    }
    entries
}

/// Names beyond [`NAMES`] are in namespaces that are not there.
fn name(at: u64) -> RegistryName {
    let namespace = if at < NAMES { at % (NAMES / NAMES_A_NAMESPACE) } else { at };
    format!("io.github.publisher-{namespace}/server-{at}").parse().expect("a name")
}

fn name_value(at: u64) -> NameValue {
    let newest =
        Newest { index: at * 2, leaf: Hash::from_bytes(*random(at, 3).as_bytes()), sequence: at % 40 + 1 };
    let history = HistoryHead { count: newest.sequence, head: random(at, 2) };
    NameValue { claim: random(at, 1), history, newest, status: NameStatus::Released, withdrawn: None }
}

fn namespace_value(at: u64) -> NamespaceValue {
    let history = |count, of| HistoryHead { count, head: random(at, of) };
    NamespaceValue {
        claim: random(at, 1),
        earlier: 0,
        keysets: history(1, 4),
        names: history(NAMES_A_NAMESPACE, 5),
    }
}

fn random(at: u64, of: u64) -> Digest {
    file_digest(&[at.to_be_bytes(), of.to_be_bytes()].concat())
}

/// Bytes of a leaf as it is hashed, in the middle of all.
fn encoded_bytes(entries: &[(IndexKey, IndexValue)]) -> usize {
    let mut value = Vec::new();
    entries.iter().take(1_000).for_each(|(_, entry)| entry.encode(&mut value));
    value.len() / 1_000 + 36
}

/// Memory of this process, by Linux's count; 0 elsewhere.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
