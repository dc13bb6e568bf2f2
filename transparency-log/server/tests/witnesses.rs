//! Heads and their quorum, with stand-in witnesses.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use pinfold_core::merkle::{Hash, HashTile, Tile};
use pinfold_core::tlog_policy::TlogPolicy;

use support::publisher::Publisher;
use support::witness::{Mood, Witness};
use support::{Log, proven};

fn trio() -> [Witness; 3] {
    [1, 2, 3].map(Witness::new)
}

#[test]
fn no_head_leaves_without_its_quorum() {
    let (log, publisher, witnesses) = (Log::new(), Publisher::new(1), trio());
    let path = log.witness_policy(&[&witnesses[0], &witnesses[1], &witnesses[2]], 2);
    let policy = TlogPolicy::parse(&std::fs::read(&path).unwrap()).unwrap();
    let serving = log.serve_with(&["--witness-policy", &path]);
    let met = |head: &_| policy.judge(head).unwrap().quorum_is_met();
    let empty = serving.wait_for(&log.key, |_| true);
    assert!(met(&empty));
    serving.wait_for_open();
    let keyset = publisher.keyset();
    let (_, first) = proven(&serving.post("/submit", &keyset.body()), keyset.entry.leaf_hash(), &log.key);
    assert!(met(&first));

    // Two of three are down: nothing is answered, published or signed; then one comes back.
    witnesses[0].set(Mood::Down);
    witnesses[1].set(Mood::Down);
    let release = publisher.release("files", "1.0.0", None);
    let answer = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| serving.post("/submit", &release.body()));
        std::thread::sleep(Duration::from_millis(1500));
        assert!(!waiting.is_finished());
        assert_eq!(serving.checkpoint(&log.key).checkpoint().size(), 2);
        let (later, address) = (publisher.release("other", "1.0.0", None), serving.address.clone());
        scope.spawn(move || serving_post(&address, &later.body()));
        std::thread::sleep(Duration::from_millis(500));
        let largest = witnesses.iter().flat_map(|w| w.asked()).map(|asked| asked.size).max();
        assert_eq!(largest, Some(4), "a larger head was offered before the one before it had its quorum");
        witnesses[1].set(Mood::Honest);
        waiting.join().unwrap()
    });
    let (index, head) = proven(&answer, release.entry.leaf_hash(), &log.key);
    assert_eq!((index, head.checkpoint().size()), (2, 4));
    assert!(met(&head));
    serving.wait_for(&log.key, |head| head.checkpoint().size() == 6);
    log.adds_up();
}

fn serving_post(address: &str, body: &[u8]) -> support::http::Answer {
    support::http::request(address, "POST", "/submit", body).unwrap()
}

/// Case of a log that assumed that all witnesses have its latest size: one that had missed rounds got the wrong proof for
/// ever after.
#[test]
fn a_witness_that_is_behind_is_asked_from_its_size() {
    let (log, publisher, witnesses) = (Log::new(), Publisher::new(1), trio());
    let path = log.witness_policy(&[&witnesses[0], &witnesses[1], &witnesses[2]], 2);
    let serving = log.serve_with(&["--witness-policy", &path]);
    serving.wait_for_open();
    let mut previous = None;
    for (number, version) in ["1.0.0", "1.0.1", "1.0.2"].into_iter().enumerate() {
        if number == 0 {
            assert_eq!(serving.post("/submit", &publisher.keyset().body()).status, 200);
        }
        let release = publisher.release("files", version, previous.as_ref());
        assert_eq!(serving.post("/submit", &release.body()).status, 200);
        previous = Some(release);
    }
    let settled = |size| {
        for witness in &witnesses {
            while witness.state().map(|(size, _)| size) != Some(size) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    };
    settled(8);
    // The first witness goes back to size 3, of which nobody has told the log. (No head has this size; its root is what
    // the entries give.)
    let tile = HashTile::in_tree(0, 0, 8).unwrap();
    let hashes = Tile::parse(tile, &serving.get("/tile/0/000.p/8").body).unwrap().hashes().to_vec();
    let mut tree = pinfold_core::merkle::Frontier::new();
    hashes[..3].iter().for_each(|hash: &Hash| drop(tree.push(*hash)));
    witnesses[0].set_state(Some((3, tree.root())));
    let before: Vec<usize> = witnesses.iter().map(|witness| witness.asked().len()).collect();
    let release = publisher.release("files", "1.0.3", previous.as_ref());
    assert_eq!(serving.post("/submit", &release.body()).status, 200);
    settled(10);
    let asked = |at: usize| witnesses[at].asked()[before[at]..].to_vec();
    let behind: Vec<_> = asked(0).iter().map(|asked| (asked.old_size, asked.size, asked.status)).collect();
    assert_eq!(behind, [(8, 10, 409), (3, 10, 200)]);
    assert!(asked(0)[1].proof_hashes > 0);
    assert!(asked(0)[1].at - asked(0)[0].at < Duration::from_secs(1));
    for at in [1, 2] {
        let once: Vec<_> = asked(at).iter().map(|asked| (asked.old_size, asked.size, asked.status)).collect();
        assert_eq!(once, [(8, 10, 200)]);
    }
    // All three lines are in the published head, the late one too.
    let policy = TlogPolicy::parse(&std::fs::read(&path).unwrap()).unwrap();
    serving.wait_for(&log.key, |head| policy.judge(head).unwrap().cosigners().count() == 3);
}

#[test]
fn one_slow_witness_does_not_stall_a_quorum() {
    let (log, publisher, witnesses) = (Log::new(), Publisher::new(1), trio());
    let path = log.witness_policy(&[&witnesses[0], &witnesses[1], &witnesses[2]], 2);
    let serving = log.serve_with(&["--witness-policy", &path]);
    serving.wait_for_open();
    witnesses[2].set(Mood::Slow(Duration::from_secs(3)));
    let begun = std::time::Instant::now();
    assert_eq!(serving.post("/submit", &publisher.keyset().body()).status, 200);
    assert_eq!(serving.post("/submit", &publisher.release("files", "1.0.0", None).body()).status, 200);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

/// Case of a witness network in which an idle log's cosignatures grew old, so that it looked stale.
#[test]
fn an_idle_head_is_cosigned_again() {
    let (log, publisher, witnesses) = (Log::new(), Publisher::new(1), trio());
    let path = log.witness_policy(&[&witnesses[0], &witnesses[1]], 2);
    let policy = TlogPolicy::parse(&std::fs::read(&path).unwrap()).unwrap();
    let serving = log.serve_with(&["--witness-policy", &path, "--rewitness", "1"]);
    serving.wait_for_open();
    let keyset = publisher.keyset();
    let answer = serving.post("/submit", &keyset.body());
    let (_, first) = proven(&answer, keyset.entry.leaf_hash(), &log.key);
    let fresh = |head: &_| policy.judge(head).unwrap().stated_times().fresh.unwrap();
    let renewed = serving.wait_for(&log.key, |head| fresh(head) >= fresh(&first) + 2);
    assert_eq!(renewed.checkpoint(), first.checkpoint());
    // What was first published for the size stays.
    assert_eq!(serving.post("/submit", &keyset.body()).body, answer.body);
    // A quorum, not one witness alone, makes a head fresh.
    witnesses[1].set(Mood::Down);
    let stuck = serving.wait_for(&log.key, |_| true);
    std::thread::sleep(Duration::from_millis(2500));
    assert!(fresh(&serving.checkpoint(&log.key)) <= fresh(&stuck) + 1);
    log.adds_up();
}
