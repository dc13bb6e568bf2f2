//! The vectors of `spec/tlog-policy.md` and `spec/witness.md`, made by another program, and the tables of times.
#![allow(clippy::unwrap_used)]

mod support;

use pinfold_core::checkpoint::{Checkpoint, Origin, SignedCheckpoint, cosign};
use pinfold_core::merkle::Hash;
use pinfold_core::note::VerifierKey;
use pinfold_core::signature::SigningKey;
use pinfold_core::tlog_policy::{PolicyFault, PolicyRefusal, TlogPolicy, clock_is_behind};
use pinfold_core::witnessing::{AddCheckpoint, MAX_REQUEST_BYTES, Refusal, RequestError, decide};
use proptest::prelude::*;
use support::{Vector, vectors};

#[test]
fn every_vector_of_policies_comes_out_as_expected() {
    run("tlog-policy", |vector| match vector.need("kind").as_str() {
        "policy" => policy(vector),
        "judge" => judge(vector),
        "clock" => {
            let behind = clock_is_behind(number(vector, "now"), number(vector, "stored"));
            assert_eq!(if behind { "behind" } else { "ok" }, vector.need("expect"), "{}", vector.file);
        }
        other => panic!("{}: kind {other}", vector.file),
    });
}

#[test]
fn every_vector_of_a_witness_comes_out_as_expected() {
    run("witness", witness);
}

fn run(page: &str, check: fn(&mut Vector)) {
    let mut all = vectors(page);
    for vector in &mut all {
        check(vector);
        vector.finish();
    }
    println!("{} vectors of {page}", all.len());
}

fn number(vector: &mut Vector, key: &str) -> u64 {
    vector.need(key).parse().unwrap()
}

fn policy(vector: &mut Vector) {
    let file = vector.file.clone();
    let expect = vector.need("expect");
    match TlogPolicy::parse(&vector.input) {
        Ok(policy) => {
            assert_eq!(expect, "ok", "{file}");
            assert_eq!(Some(policy.logs().len()), vector.number("logs"), "{file}");
            assert_eq!(Some(policy.witnesses().len()), vector.number("witnesses"), "{file}");
        }
        Err(error) => {
            assert_eq!(fault_class(&error.fault), expect, "{file}: {error}");
            assert_eq!(Some(error.line), vector.number("line"), "{file}");
        }
    }
}

fn fault_class(fault: &PolicyFault) -> &'static str {
    match fault {
        PolicyFault::TooLong => "too-long",
        PolicyFault::Byte => "byte",
        PolicyFault::NotUtf8 => "not-utf8",
        PolicyFault::UnknownKeyword => "unknown-keyword",
        PolicyFault::WordCount { .. } => "word-count",
        PolicyFault::Key(_) => "key",
        PolicyFault::KeyTwice => "key-twice",
        PolicyFault::KeyType { .. } => "key-type",
        PolicyFault::NameTwice => "name-twice",
        PolicyFault::ReservedName => "reserved-name",
        PolicyFault::UnknownName { .. } => "unknown-name",
        PolicyFault::MemberTwice { .. } => "member-twice",
        PolicyFault::Threshold => "threshold",
        PolicyFault::QuorumTwice => "quorum-twice",
        PolicyFault::NoQuorum => "no-quorum",
        PolicyFault::TooMany { .. } => "too-many",
    }
}

fn judge(vector: &mut Vector) {
    let file = vector.file.clone();
    let input = std::mem::take(&mut vector.input);
    let at = input.windows(7).position(|window| window == b"\n-----\n").unwrap() + 1;
    let policy = TlogPolicy::parse(&input[..at]).unwrap();
    let checkpoint = SignedCheckpoint::parse(&input[at + 6..]).unwrap();
    let expect = vector.need("expect");
    let now = number(vector, "now");
    let judged = match policy.judge(&checkpoint) {
        Ok(judged) => judged,
        Err(refusal) => {
            let class = match refusal {
                PolicyRefusal::LogSignature { .. } => "log-signature",
                PolicyRefusal::Cosignature { .. } => "cosignature",
            };
            assert_eq!(class, expect, "{file}");
            return;
        }
    };
    assert_eq!(expect, "ok", "{file}");
    let log = judged.log().map_or("none", |at| policy.logs()[at].key.name().as_str());
    assert_eq!(log, vector.need("log"), "{file}");
    assert_eq!(judged.cosigners().collect::<Vec<_>>().join(" "), vector.need("cosigners"), "{file}");
    assert_eq!(if judged.quorum_is_met() { "met" } else { "not met" }, vector.need("quorum"), "{file}");
    let times = judged.times_at(now);
    for (key, time) in [("fresh", times.fresh), ("seen", times.seen)] {
        assert_eq!(
            time.map_or("none".to_owned(), |time| time.to_string()),
            vector.need(key),
            "{file}: {key}"
        );
    }
}

fn witness(vector: &mut Vector) {
    let file = vector.file.clone();
    let stored = match vector.need("stored").as_str() {
        "none" => None,
        text => {
            let (size, root) = text.split_once(' ').unwrap();
            Some((size.parse().unwrap(), root.parse::<Hash>().unwrap()))
        }
    };
    let keys: Vec<VerifierKey> = vector.need("keys").split(' ').map(|key| key.parse().unwrap()).collect();
    let (outcome, status, evidence) = match AddCheckpoint::parse(&vector.input) {
        Err(error) => (request_class(error), 400, false),
        Ok(request) => {
            assert_eq!(request.to_bytes(), vector.input, "{file}");
            match decide(stored, &request, &keys) {
                Ok(()) => ("ok", 200, false),
                Err(refusal) => (refusal_class(&refusal), refusal.status(), refusal.is_evidence()),
            }
        }
    };
    assert_eq!(outcome, vector.need("expect"), "{file}");
    assert_eq!(Some(usize::from(status)), vector.number("status"), "{file}");
    assert_eq!(if evidence { "yes" } else { "no" }, vector.need("evidence"), "{file}");
}

fn request_class(error: RequestError) -> &'static str {
    match error {
        RequestError::TooLong => "too-long",
        RequestError::OldSize => "old-size",
        RequestError::TooManyHashes => "too-many-hashes",
        RequestError::Hash { .. } => "hash",
        RequestError::NoSeparator => "no-separator",
        RequestError::Checkpoint(_) => "checkpoint",
    }
}

fn refusal_class(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::UnknownOrigin => "unknown-origin",
        Refusal::NotSigned => "not-signed",
        Refusal::BadSignature => "bad-signature",
        Refusal::OldAboveSize { .. } => "old-above-size",
        Refusal::OtherOldSize { .. } => "other-old-size",
        Refusal::NotTheEmptyRoot => "not-the-empty-root",
        Refusal::Inconsistent(_) => "inconsistent",
        Refusal::SameSizeOtherRoot => "same-size-other-root",
    }
}

#[test]
fn limits_in_bytes_are_inside() {
    let longer = vec![b'a'; MAX_REQUEST_BYTES + 1];
    assert_eq!(AddCheckpoint::parse(&longer), Err(RequestError::TooLong));
    assert_eq!(AddCheckpoint::parse(&longer[1..]), Err(RequestError::OldSize));
    let comment = vec![b'#'; pinfold_core::tlog_policy::MAX_POLICY_BYTES + 1];
    assert_eq!(TlogPolicy::parse(&comment).unwrap_err().fault, PolicyFault::TooLong);
    assert_eq!(TlogPolicy::parse(&comment[1..]).unwrap_err().fault, PolicyFault::NoQuorum);
}

/// A log, three witnesses of which two must cosign, and a head cosigned at the times given (0: not at all).
struct World {
    policy: TlogPolicy,
    head: SignedCheckpoint,
    witnesses: Vec<SigningKey>,
}

impl World {
    fn new() -> Self {
        let origin: Origin = "log.example".parse().unwrap();
        let log = SigningKey::from_seed(&[1; 32]);
        let witnesses: Vec<SigningKey> = (2..5).map(|seed| SigningKey::from_seed(&[seed; 32])).collect();
        let mut text = format!("log {}\n", VerifierKey::ed25519(origin.key_name(), log.public_key()));
        for (at, witness) in witnesses.iter().enumerate() {
            let key = VerifierKey::cosigner(name(at), witness.public_key());
            text.push_str(&format!("witness w{at} {key}\n"));
        }
        text.push_str("group two 2 w0 w1 w2\nquorum two\n");
        let head = Checkpoint::new(&origin, 7, Hash::from_bytes([9; 32]));
        let head = SignedCheckpoint::sign(head, &origin.key_name(), &log).unwrap();
        Self { policy: TlogPolicy::parse(text.as_bytes()).unwrap(), head, witnesses }
    }

    /// The head as cosigned at these times.
    fn cosigned(&self, times: &[u64]) -> SignedCheckpoint {
        let mut head = self.head.clone();
        for (at, time) in times.iter().enumerate().filter(|(_, time)| **time != 0) {
            let line = cosign(&name(at), &self.witnesses[at], *time, &head);
            head = head.with_signature(line).unwrap();
        }
        head
    }
}

fn name(at: usize) -> pinfold_core::note::KeyName {
    format!("w{at}.example").parse().unwrap()
}

/// Equal times once counted as wrong half of the time in another verifier: each row is asked a thousand times. What age
/// follows from a time is another page's.
#[test]
fn equal_times_come_out_the_same_each_time() {
    let world = World::new();
    for (cosigned, fresh, seen) in [
        ([913_601, 913_601, 0], Some(913_601), Some(913_601)),
        ([913_600, 913_600, 0], Some(913_600), Some(913_600)),
        ([999_999, 913_600, 0], Some(913_600), Some(999_999)),
        ([1_000_300, 1_000_300, 0], Some(1_000_300), Some(1_000_300)),
        ([1_000_301, 1_000_301, 0], None, None),
        ([1_000_301, 999_999, 999_998], Some(999_998), Some(999_999)),
        ([1_000_301, 999_999, 0], None, None),
    ] {
        let head = world.cosigned(&cosigned);
        let judged = world.policy.judge(&head).unwrap();
        assert!(judged.quorum_is_met(), "{cosigned:?}");
        for _ in 0..1000 {
            let times = judged.times_at(1_000_000);
            assert_eq!((times.fresh, times.seen), (fresh, seen), "{cosigned:?}");
        }
    }
}

/// The order of signature lines says nothing.
#[test]
fn times_do_not_depend_on_the_order_of_lines() {
    let world = World::new();
    let times = [(0, 500), (1, 300), (2, 400)];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [1, 0, 2], [0, 2, 1], [2, 0, 1]] {
        let mut head = world.head.clone();
        for at in order {
            let (witness, time) = times[at];
            let line = cosign(&name(witness), &world.witnesses[witness], time, &head);
            head = head.with_signature(line).unwrap();
        }
        let judged = world.policy.judge(&head).unwrap();
        let found = judged.times_at(1000);
        assert_eq!((found.fresh, found.seen), (Some(400), Some(400)));
        assert_eq!(judged.stated_times(), found);
    }
}

/// What the page says of the two times, word for word: every t is tried.
fn times_by_definition(
    policy: &TlogPolicy,
    stamps: &[(usize, u64)],
    latest: u64,
) -> (Option<u64>, Option<u64>) {
    let counted = || stamps.iter().filter(|(_, time)| *time <= latest);
    let meets = |keep: &dyn Fn(u64) -> bool| {
        policy.is_met_by(|witness| counted().any(|(at, time)| *at == witness && keep(*time)))
    };
    let fresh = (0..=latest).rev().find(|t| meets(&|time| time >= *t));
    (fresh, (0..=latest).find(|t| meets(&|time| time <= *t)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn times_are_those_of_the_definition(
        stamps in prop::collection::vec((0usize..3, 1u64..40), 0..5),
        now in 0u64..40,
        two in any::<bool>(),
    ) {
        let world = World::new();
        let mut policy = world.policy.clone();
        if !two {
            let text = "group y any w0 w1\ngroup x all y w2\nquorum x\n";
            let keys: Vec<String> = policy.witnesses().iter().enumerate()
                .map(|(at, witness)| format!("witness w{at} {}\n", witness.key)).collect();
            policy = TlogPolicy::parse(format!("{}{text}", keys.concat()).as_bytes()).unwrap();
        }
        // One line a stamp, also several of one witness.
        let mut bytes = world.head.to_bytes();
        for (witness, time) in &stamps {
            let line = cosign(&name(*witness), &world.witnesses[*witness], *time, &world.head);
            bytes.extend_from_slice(line.to_string().as_bytes());
        }
        let head = SignedCheckpoint::parse(&bytes).unwrap();
        let found = policy.judge(&head).unwrap().times_at(now);
        let expected = times_by_definition(&policy, &stamps, now + 300);
        prop_assert_eq!((found.fresh, found.seen), expected);
    }

    /// Whatever arrives is read or refused; what is read is written back byte for byte.
    #[test]
    fn changed_documents_are_read_or_refused(
        which in 0usize..4,
        at in any::<prop::sample::Index>(),
        bytes in prop::collection::vec(any::<u8>(), 0..4),
        cut in 0usize..4,
    ) {
        let head = World::new().head;
        let request = AddCheckpoint { old_size: 3, proof: Default::default(), checkpoint: head.clone() };
        let proof = pinfold_core::tlog_proof::TlogProof::new(2, Default::default(), head.clone());
        let policy = b"# a\nlog log.example+d5e415f7+ARXLwopZ5QDEAfQ1DV2mjsmzXjT8gTG3A7fPAaTybxNc\nquorum none\n";
        let mut document = [head.to_bytes(), request.to_bytes(), proof.to_bytes(), policy.to_vec()][which].clone();
        let at = at.index(document.len());
        let end = (at + cut).min(document.len());
        document.splice(at..end, bytes);
        match which {
            0 => if let Ok(read) = SignedCheckpoint::parse(&document) {
                prop_assert_eq!(read.to_bytes(), document);
            },
            1 => if let Ok(read) = AddCheckpoint::parse(&document) {
                prop_assert_eq!(read.to_bytes(), document);
            },
            2 => if let Ok(read) = pinfold_core::tlog_proof::TlogProof::parse(&document) {
                prop_assert_eq!(read.to_bytes(), document);
            },
            // A key's id hashes name and key, so no other log comes of a change.
            _ => if let Ok(read) = TlogPolicy::parse(&document) {
                prop_assert!(read.logs().iter().all(|log| log.key.name().as_str() == "log.example"));
            },
        }
    }
}
