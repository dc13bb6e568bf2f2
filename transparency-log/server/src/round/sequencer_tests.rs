//! Rounds of a sequencer without a server, with a clock that is set.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pinfold_core::checkpoint::{Checkpoint, Origin, SignedCheckpoint};
use pinfold_core::entry::Entry;
use pinfold_core::keyset::Keyset;
use pinfold_core::merkle::EMPTY_ROOT;
use pinfold_core::note::VerifierKey;
use pinfold_core::signature::SigningKey;
use pinfold_core::tlog_policy::TlogPolicy;

use crate::clock::QuorumTime;
use crate::last_signed::LastSigned;
use crate::published::Showcase;
use crate::round::gate::Gate;
use crate::round::queue::Queue;
use crate::round::sequencer::Sequencer;
use crate::round::start::{Parts, RecordState, start};
use crate::round::submission::{Answer, Submission};
use crate::store::database::{self, Mode};
use crate::store::readers::Readers;
use crate::store::{Database, Kind, LogRow};

const NOON: u64 = 1_800_000_000;

static NOW: AtomicU64 = AtomicU64::new(NOON);

fn sequencer(root: &std::path::Path) -> Sequencer {
    let origin: Origin = "log.example".parse().unwrap();
    let key = SigningKey::from_seed(&[1; 32]);
    let verifier = VerifierKey::ed25519(origin.key_name(), key.public_key());
    let head =
        SignedCheckpoint::sign(Checkpoint::new(&origin, 0, EMPTY_ROOT), &origin.key_name(), &key).unwrap();
    let (folder, record) = (root.join("log"), root.join("last"));
    std::fs::create_dir(&folder).unwrap();
    LastSigned::create(&record, &folder, &head.to_bytes()).unwrap();
    let row = LogRow { origin: origin.to_string(), kind: Kind::Names, vkey: verifier.to_string(), url: None };
    Database::create(&folder, &row, EMPTY_ROOT.as_bytes(), &head.to_bytes()).unwrap();
    let parts = Parts {
        database: Database::open(&folder, Mode::Write).unwrap(),
        lock: database::lock(&folder).unwrap(),
        policy: TlogPolicy::parse(format!("log {verifier}\nquorum none\n").as_bytes()).unwrap(),
        record: RecordState::open(&record, &folder, &verifier).unwrap(),
        readers: Arc::new(Readers::new(folder.clone())),
        folder,
        origin,
        key,
        verifier,
        left_out: Vec::new(),
        queue: Arc::new(Queue::default()),
        gate: Arc::new(Gate::new()),
        showcase: Arc::new(Showcase::default()),
        rewitness: Duration::from_secs(60),
        now: || NOW.load(Ordering::Relaxed),
    };
    start(parts).unwrap()
}

fn submit(sequencer: &mut Sequencer, number: u8) -> Answer {
    let key = SigningKey::from_seed(&[number; 32]);
    let namespace = format!("io.github.n{number}").parse().unwrap();
    let keyset = Keyset::of_one_key(namespace, "log.example".parse().unwrap(), key.public_key()).unwrap();
    let entry = Entry::sign(keyset, &[&key]).unwrap();
    let body = [b"{\"entry\":", entry.as_bytes(), b",\"manifest\":null}"].concat();
    let mut answer = sequencer.queue.push(Submission::parse(&body).unwrap()).unwrap();
    let batch = sequencer.queue.take(Duration::ZERO).unwrap();
    sequencer.round(batch).unwrap();
    answer.try_recv().unwrap()
}

#[track_caller]
fn clock_is_wrong(answer: Answer) {
    assert!(matches!(&answer, Answer::Refused(refused) if refused.class == "ClockWrong"));
}

#[track_caller]
fn is_logged(answer: Answer, expected: u64) {
    assert!(matches!(answer, Answer::Logged { index, .. } if index == expected));
}

#[test]
fn a_clock_set_back_stops_signing() {
    let root = tempfile::tempdir().unwrap();
    let mut sequencer = sequencer(root.path());
    is_logged(submit(&mut sequencer, 2), 0);
    let time = || NOW.load(Ordering::Relaxed);

    // A little back: the map-head repeats the time. More: nothing is signed, until the clock is right again.
    NOW.store(NOON - 300, Ordering::Relaxed);
    is_logged(submit(&mut sequencer, 3), 2);
    assert_eq!(sequencer.memory.rules.as_ref().unwrap().last_time(), NOON);
    NOW.store(NOON - 301, Ordering::Relaxed);
    clock_is_wrong(submit(&mut sequencer, 4));
    NOW.store(NOON + 60, Ordering::Relaxed);
    is_logged(submit(&mut sequencer, 4), 4);
    assert_eq!(sequencer.memory.rules.as_ref().unwrap().last_time(), time());

    // Set forward, away from what a quorum vouched for a moment ago.
    sequencer.quorum_time = Some(QuorumTime { time: time(), learned: Instant::now() });
    NOW.store(NOON + 60 + 310, Ordering::Relaxed);
    clock_is_wrong(submit(&mut sequencer, 5));
    assert_eq!(sequencer.memory.head.size, 6);
    NOW.store(NOON + 60 + 290, Ordering::Relaxed);
    is_logged(submit(&mut sequencer, 5), 6);
}

#[test]
fn a_full_disk_signs_nothing() {
    let root = tempfile::tempdir().unwrap();
    let sequencer = sequencer(root.path());
    assert!(sequencer.disk_has_room(1).is_ok(), "this test needs 64 MiB of disk");
    let error = sequencer.disk_has_room(u64::MAX / 8).unwrap_err();
    assert_eq!(error.to_string(), "the disk is full");
}
