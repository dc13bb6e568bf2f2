//! Submissions a second over HTTP, and the time from a submission to its proof, beside what SQLite alone does with the
//! same rows in the same run. `PINFOLD_BENCH_SUBMISSIONS` and `PINFOLD_BENCH_CONNECTIONS` change the size.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use pinfold_core::admit::{EvidenceFact, Facts, State, admit};
use pinfold_core::digest::file_digest;

use support::publisher::{Prepared, Publisher};
use support::witness::Witness;
use support::{Log, Serving};

fn number(variable: &str, usual: usize) -> usize {
    std::env::var(variable).map_or(usual, |number| number.parse().unwrap())
}

fn main() {
    // `cargo test` runs benches too, with this argument; then a few submissions show that it works.
    let is_test = !std::env::args().any(|arg| arg == "--bench");
    let count = number("PINFOLD_BENCH_SUBMISSIONS", if is_test { 40 } else { 20_000 });
    let connections = number("PINFOLD_BENCH_CONNECTIONS", if is_test { 4 } else { 256 });
    let publishers: Vec<Publisher> = (0..16).map(Publisher::new).collect();
    let releases = |round: &str| -> Vec<Prepared> {
        let make = |at: usize| publishers[at % 16].release(&format!("{round}{at}"), "1.0.0", None);
        (0..count).map(make).collect()
    };

    let sqlite = sqlite_alone(&releases("a"));
    let fold = admission_alone(&publishers, &releases("a"));
    let probe = sync_probe();

    let log = Log::new();
    let serving = log.serve();
    claim(&serving, &publishers);
    let (rate, times) = load(&serving, &releases("a"), connections, None);
    println!("== submissions");
    println!(
        "| {count} signed releases | submissions/s | of SQLite alone | until the proof, p50 | p99 | largest |"
    );
    println!("|---|---|---|---|---|---|");
    let row = |what: &str, rate: f64, times: &str| {
        println!("| {what} | {rate:.0} | {:.2} | {times} |", rate / sqlite);
    };
    row(&format!("over HTTP, {connections} connections"), rate, &times.to_string());
    let paced = if is_test { 50 } else { 500 };
    let (rate, times) = load(&serving, &releases("b")[..count.min(5000)], 64, Some(paced));
    row(&format!("over HTTP, {paced} a second offered"), rate, &times.to_string());
    drop(serving);

    let (log, witnesses) = (Log::new(), [1, 2, 3].map(Witness::new));
    let policy = log.witness_policy(&[&witnesses[0], &witnesses[1], &witnesses[2]], 2);
    let serving = log.serve_with(&["--witness-policy", &policy]);
    serving.wait_for_open();
    claim(&serving, &publishers);
    let (rate, times) = load(&serving, &releases("c"), connections, None);
    row(&format!("{connections} connections, 2 of 3 witnesses"), rate, &times.to_string());
    row("SQLite alone, the same rows in batches of 256, synced", sqlite, "| |");
    row("admission alone, one thread", fold, "| |");
    println!("| an append of 4 KiB with fdatasync, by itself | | | {probe} |");
}

fn claim(serving: &Serving, publishers: &[Publisher]) {
    for publisher in publishers {
        assert_eq!(serving.post("/submit", &publisher.keyset().body()).status, 200);
    }
}

/// Percentiles of submit-to-proof times, as three cells of a table.
struct Times(Vec<Duration>);

impl std::fmt::Display for Times {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = |share: f64| self.0[((self.0.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
        write!(out, "{:.1} ms | {:.1} ms | {:.1} ms", at(0.5), at(0.99), at(1.0))
    }
}

/// Submits all over connections that stay open; `a_second` paces the whole.
fn load(
    serving: &Serving,
    releases: &[Prepared],
    connections: usize,
    a_second: Option<usize>,
) -> (f64, Times) {
    let begun = Instant::now();
    let due =
        |at: usize| a_second.map_or(begun, |rate| begun + Duration::from_secs(1) * at as u32 / rate as u32);
    let bodies: VecDeque<(Instant, Vec<u8>)> =
        releases.iter().enumerate().map(|(at, release)| (due(at), release.body())).collect();
    let bodies = Mutex::new(bodies);
    let begun = Instant::now();
    let mut times: Vec<Duration> = thread::scope(|scope| {
        let workers: Vec<_> = (0..connections)
            .map(|_| {
                scope.spawn(|| {
                    let mut stream = TcpStream::connect(&serving.address).unwrap();
                    stream.set_nodelay(true).unwrap();
                    let mut times = Vec::new();
                    loop {
                        let next = bodies.lock().unwrap().pop_front();
                        let Some((due, body)) = next else { break times };
                        thread::sleep(due.saturating_duration_since(Instant::now()));
                        let sent = Instant::now();
                        submit(&mut stream, &body);
                        times.push(sent.elapsed());
                    }
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let rate = releases.len() as f64 / begun.elapsed().as_secs_f64();
    times.sort();
    (rate, Times(times))
}

/// One submission on an open connection; a full queue is asked again.
fn submit(stream: &mut TcpStream, body: &[u8]) {
    loop {
        let head = format!("POST /submit HTTP/1.1\r\nHost: log\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let (mut buffer, mut chunk) = (Vec::new(), [0; 4096]);
        let status = loop {
            let read = stream.read(&mut chunk).unwrap();
            assert!(read > 0, "the log closed the connection");
            buffer.extend_from_slice(&chunk[..read]);
            let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if buffer.len() >= end + 4 + length.parse::<usize>().unwrap() {
                break head.split(' ').nth(1).unwrap().to_owned();
            }
        };
        match status.as_str() {
            "200" => return,
            "503" => thread::sleep(Duration::from_millis(20)),
            _ => panic!("{}", String::from_utf8_lossy(&buffer)),
        }
    }
}

/// The rows of a submission, without a log: entry with its unique identity, manifest, and three rows of state.
fn sqlite_alone(releases: &[Prepared]) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = rusqlite::Connection::open(folder.path().join("rows.sqlite")).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE entries (idx INTEGER PRIMARY KEY, identity BLOB UNIQUE, entry BLOB NOT NULL) STRICT;
             CREATE TABLE manifests (digest BLOB PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
             CREATE TABLE state (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;",
        )
        .unwrap();
    let begun = Instant::now();
    for (batch, part) in releases.chunks(256).enumerate() {
        let transaction = connection.transaction().unwrap();
        for (at, release) in part.iter().enumerate() {
            let index = (batch * 256 + at) as i64;
            let (entry, manifest) = (release.entry.as_bytes(), release.manifest.as_ref().unwrap());
            let identity = file_digest(release.entry.payload_bytes());
            let mut insert = transaction.prepare_cached("INSERT INTO entries VALUES (?1, ?2, ?3)").unwrap();
            insert.execute(rusqlite::params![index, identity.as_bytes().as_slice(), entry]).unwrap();
            let mut insert = transaction.prepare_cached("INSERT INTO manifests VALUES (?1, ?2)").unwrap();
            insert
                .execute(rusqlite::params![manifest.digest().as_bytes().as_slice(), manifest.as_bytes()])
                .unwrap();
            let mut insert = transaction.prepare_cached("INSERT INTO state VALUES (?1, ?2)").unwrap();
            for kind in ["name", "release", "history"] {
                insert.execute(rusqlite::params![format!("{kind}/{identity}"), &entry[..200]]).unwrap();
            }
        }
        transaction.commit().unwrap();
    }
    releases.len() as f64 / begun.elapsed().as_secs_f64()
}

/// `admit` and `apply` in one thread, signatures verified.
fn admission_alone(publishers: &[Publisher], releases: &[Prepared]) -> f64 {
    let mut state = State::new();
    let keysets: Vec<Prepared> = publishers.iter().map(Publisher::keyset).collect();
    let mut begun = Instant::now();
    for (index, prepared) in (0..).zip(keysets.iter().chain(releases)) {
        if index == keysets.len() as u64 {
            begun = Instant::now();
        }
        let facts = Facts { origin: &publishers[0].origin, index, evidence: EvidenceFact::NotChecked };
        let change = admit(&state, &prepared.entry, &facts).unwrap();
        state.apply(change);
    }
    releases.len() as f64 / begun.elapsed().as_secs_f64()
}

/// What one synced write costs on this disk now; a rate without it means nothing.
fn sync_probe() -> Times {
    let mut file = tempfile::tempfile().unwrap();
    let mut times: Vec<Duration> = (0..100)
        .map(|_| {
            let begun = Instant::now();
            file.write_all(&[7; 4096]).unwrap();
            file.sync_data().unwrap();
            begun.elapsed()
        })
        .collect();
    times.sort();
    Times(times)
}
