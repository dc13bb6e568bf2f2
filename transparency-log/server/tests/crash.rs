//! The log is killed at random moments under load, again and again (`PINFOLD_KILLS`, 50 unless said otherwise).
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pinfold_core::checkpoint::SignedCheckpoint;
use pinfold_core::merkle::Hash;
use pinfold_core::tlog_proof::TlogProof;

use support::http::{Answer, request};
use support::publisher::{Prepared, Publisher};
use support::witness::Witness;
use support::{Log, Serving, proven};

/// Fixed, so that a failure comes again.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const WRITERS: usize = 6;

/// xorshift64*, enough to choose moments.
struct Moments(u64);

impl Moments {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % bound
    }
}

/// What was seen of the log from outside, which it must stand by.
#[derive(Default)]
struct Seen {
    /// Acknowledged leaves by index.
    acknowledged: BTreeMap<u64, Hash>,
    heads: Vec<SignedCheckpoint>,
}

/// One publisher's chain of releases; what was not answered is submitted again.
struct Writer {
    publisher: Publisher,
    has_claim: bool,
    last: Option<Prepared>,
    number: u32,
    pending: Option<Prepared>,
}

impl Writer {
    fn next(&mut self) -> Prepared {
        let prepared = match self.pending.take() {
            Some(pending) => pending,
            None if !self.has_claim => self.publisher.keyset(),
            None => {
                self.number += 1;
                self.publisher.release("files", &format!("1.0.{}", self.number), self.last.as_ref())
            }
        };
        self.pending = Some(prepared.clone());
        prepared
    }

    fn done(&mut self) {
        if let Some(prepared) = self.pending.take() {
            if prepared.manifest.is_some() { self.last = Some(prepared) } else { self.has_claim = true }
        }
    }

    /// Submits until the log is gone or `stop`.
    fn write(&mut self, address: &str, log: &Log, seen: &Mutex<Seen>, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            let prepared = self.next();
            match request(address, "POST", "/submit", &prepared.body()) {
                Ok(answer) if answer.status == 200 => {
                    let (index, head) = proven(&answer, prepared.entry.leaf_hash(), &log.key);
                    let mut seen = seen.lock().unwrap();
                    let before = seen.acknowledged.insert(index, prepared.entry.leaf_hash());
                    assert!(
                        before.is_none_or(|leaf| leaf == prepared.entry.leaf_hash()),
                        "index {index} twice"
                    );
                    seen.heads.push(head);
                    drop(seen);
                    self.done();
                }
                Ok(answer) => assert_eq!(answer.status, 503, "{}", answer.text()),
                Err(_) => return,
            }
        }
    }
}

#[track_caller]
fn stands_by(serving: &Serving, log: &Log, seen: &Seen) {
    let head = serving.checkpoint(&log.key);
    for older in &seen.heads {
        assert!(older.checkpoint().size() <= head.checkpoint().size(), "a published head is gone");
    }
    // Heads of one size are compared once; consistency of each size with the newest is proven from the tiles.
    let mut sizes: BTreeMap<u64, &SignedCheckpoint> = BTreeMap::new();
    for older in &seen.heads {
        let first = sizes.entry(older.checkpoint().size()).or_insert(older);
        assert_eq!(first.checkpoint(), older.checkpoint(), "two heads of one size");
    }
    sizes.values().for_each(|older| serving.continues(older, &head));
    for (index, leaf) in &seen.acknowledged {
        let answer: Answer = serving.get(&format!("/proof/{index}"));
        assert_eq!(answer.status, 200, "entry {index} was acknowledged: {}", answer.text());
        let proof = TlogProof::parse(&answer.body).unwrap();
        assert_eq!(proof.index(), *index);
        proof.verify_path(*leaf).unwrap();
    }
}

#[test]
fn killed_at_any_moment() {
    let kills: u64 = std::env::var("PINFOLD_KILLS").map_or(50, |kills| kills.parse().unwrap());
    let mut rows = String::new();
    for with_witness in [false, true] {
        let log = Log::new();
        let witness = Witness::new(1);
        let policy = log.witness_policy(&[&witness], 1);
        let options: &[&str] = if with_witness { &["--witness-policy", &policy] } else { &[] };
        let mut writers: Vec<Writer> = (0..WRITERS as u32)
            .map(|number| Writer {
                publisher: Publisher::new(number),
                has_claim: false,
                last: None,
                number: 0,
                pending: None,
            })
            .collect();
        let mut moments = Moments(SEED);
        let seen = Mutex::new(Seen::default());
        for _ in 0..kills.div_ceil(2) {
            let mut serving = log.serve_with(options);
            // A moment: after so many answers, and so long after the last of them.
            let (answers, pause) = (moments.below(10) as usize, Duration::from_millis(moments.below(40)));
            let stop = AtomicBool::new(false);
            let before = seen.lock().unwrap().acknowledged.len();
            let address = serving.address.clone();
            thread::scope(|scope| {
                for writer in &mut writers {
                    let (address, log, seen, stop) = (&address, &log, &seen, &stop);
                    scope.spawn(move || writer.write(address, log, seen, stop));
                }
                scope.spawn(|| {
                    while let Ok(answer) = request(&address, "GET", "/checkpoint", b"") {
                        if answer.status == 200 {
                            seen.lock().unwrap().heads.push(SignedCheckpoint::parse(&answer.body).unwrap());
                        }
                        thread::sleep(Duration::from_millis(3));
                    }
                });
                let patience = Instant::now() + Duration::from_secs(30);
                while seen.lock().unwrap().acknowledged.len() < before + answers {
                    assert!(Instant::now() < patience, "no answers: {}", serving.stderr());
                    thread::sleep(Duration::from_millis(1));
                }
                thread::sleep(pause);
                serving.child.kill().unwrap();
                serving.child.wait().unwrap();
                stop.store(true, Ordering::Relaxed);
            });
        }
        let serving = log.serve_with(options);
        serving.wait_for_open();
        for writer in &mut writers {
            // What was not answered when the log died is answered now, once.
            let prepared = writer.next();
            let answer = serving.post("/submit", &prepared.body());
            proven(&answer, prepared.entry.leaf_hash(), &log.key);
        }
        stands_by(&serving, &log, &seen.lock().unwrap());
        drop(serving);
        let verdict = log.adds_up();
        let acknowledged = seen.lock().unwrap().acknowledged.len();
        let half = if with_witness { "with a witness" } else { "without witnesses" };
        let (kills, heads) = (kills.div_ceil(2), seen.lock().unwrap().heads.len());
        rows.push_str(&format!("| {half} | {kills} | {acknowledged} | {} | {heads} |\n", verdict["entries"]));
        assert!(acknowledged > 0, "nothing was ever answered: the moments are too early");
    }
    println!(
        "\n== kills\n| the log | kills | acknowledged entries, each there and proven | entries in all | heads that follow one another |\n|---|---|---|---|---|\n{rows}"
    );
}
