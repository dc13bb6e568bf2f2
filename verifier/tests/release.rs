//! Bundles of a whole log, judged: the first refusals, each step's word, time, marks, and the longest history.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests take the time")]

mod cases;
mod tiny_log;

use std::time::{Duration, Instant};

use cases::{NAME, T, World, trust_in};
use pinfold_core::entry::Entry;
use pinfold_core::keyset::{Evidence, Keyset, KeysetKey, KeysetParts, Roles, Thresholds};
use pinfold_core::pins::UnixSeconds;
use pinfold_core::reason::ReasonCode;
use pinfold_verifier::release::{
    FreshnessOutcome, HeadMark, Marks, NameMark, Question, Report, Requirements, Step, StepResult, verify,
};
use pinfold_verifier::trust::{Duration as TrustDuration, Trust, TrustedLog};
use tiny_log::{Publisher, TinyLog, key, manifest};

fn ask_at(now: u64, trust: &Trust, marks: &Marks, bundle: &[u8]) -> Report {
    let question = Question {
        trust,
        marks,
        requirements: Requirements::default(),
        now: UnixSeconds(now),
        expected_name: None,
        pinned: None,
        consistency: None,
    };
    verify(bundle, &question)
}

fn ask(trust: &Trust, bundle: &[u8]) -> Report {
    ask_at(T + 100, trust, &Marks::default(), bundle)
}

fn told(report: &Report) -> String {
    let line = |finding: &pinfold_verifier::release::Finding| {
        format!("{} {} {}\n", finding.step, finding.result.as_str(), finding.result.detail())
    };
    report.findings().iter().map(line).collect()
}

#[test]
fn a_proof_of_another_entry_is_refused_by_name() {
    let world = World::new(0, 0, &["1.0.0", "1.1.0"]);
    let trust = world.trust();
    let (first, second) = (&world.releases[0], &world.releases[1]);
    let mut parts = world.log.parts(first.0, 1);
    let other = world.log.parts(second.0, 1);
    // Both proofs are valid: of the other release.
    (parts.proof, parts.first) = (other.proof.clone(), other.first.clone());
    let report = ask(&trust, &parts.with_manifest(&first.1));
    let rejection = report.outcome().unwrap_err();
    assert_eq!(rejection.code(), ReasonCode::LogEntryMismatch, "{}", told(&report));
    assert_eq!(rejection.step(), Step::Entry);
}

#[test]
fn an_edited_manifest_is_refused_by_name() {
    let world = World::new(0, 0, &["1.0.0"]);
    let (trust, log) = (world.trust(), &world.log);
    let (index, manifest) = &world.releases[0];
    let text = String::from_utf8(manifest.clone()).unwrap();
    let naive = text.replace("Looks things up", "Sends things off");
    let version = text.replace("1.0.0", "1.0.1");
    let spoiled = text.replace("\"grants\":[]", "\"grants\":[\"net\"]");
    for edited in [naive, version, spoiled] {
        assert_ne!(edited, text);
        let report = ask(&trust, &log.bundle(*index, edited.as_bytes()));
        let rejection = report.outcome().unwrap_err();
        assert_eq!(rejection.code(), ReasonCode::ManifestMismatch, "{}", told(&report));
        assert_eq!(rejection.step(), Step::Manifest);
    }
}

#[test]
fn each_step_says_what_became_of_it() {
    let world = World::new(3, 2, &["1.0.0", "1.1.0"]);
    let report = ask(&world.trust(), &world.bundle(1));
    assert!(report.outcome().is_ok(), "{}", told(&report));
    assert_eq!(report.findings().iter().map(|finding| finding.step).collect::<Vec<_>>(), Step::ALL);
    let not_required =
        [Step::Clock, Step::Freshness, Step::Newest, Step::LogHistory, Step::Rollback, Step::Policy];
    for finding in report.findings() {
        assert_eq!(
            matches!(finding.result, StepResult::NotRequired(_)),
            not_required.contains(&finding.step)
        );
        assert!(!finding.result.detail().is_empty());
    }
    let report = ask(&Trust::default(), &world.bundle(1));
    assert_eq!(report.outcome().unwrap_err().code(), ReasonCode::LogUntrusted);
    for finding in report.findings() {
        let is_after = finding.step > Step::Log;
        assert_eq!(finding.result == StepResult::NotReached, is_after);
        assert_eq!(matches!(finding.result, StepResult::Failed(_)), finding.step == Step::Log);
    }
}

/// Seconds: now, what each of three witnesses states (0: nothing), what was seen before, the outcome. Two of three are
/// needed, a head is fresh for a day.
const FRESHNESS: [(u64, [u64; 3], u64, FreshnessOutcome); 9] = [
    (1_000_000, [913_601, 913_601, 0], 900_000, FreshnessOutcome::Fresh),
    (1_000_000, [913_600, 913_600, 0], 900_000, FreshnessOutcome::Stale),
    (1_000_000, [999_999, 913_600, 0], 900_000, FreshnessOutcome::Stale),
    (1_000_000, [999_999, 913_600, 999_999], 900_000, FreshnessOutcome::Fresh),
    (1_000_000, [1_000_300, 1_000_300, 0], 900_000, FreshnessOutcome::Fresh),
    (1_000_000, [1_000_301, 1_000_301, 0], 900_000, FreshnessOutcome::Stale),
    (1_000_000, [1_000_301, 999_999, 999_998], 900_000, FreshnessOutcome::Fresh),
    (1_000_000, [1_000_301, 1_000_301, 999_998], 900_000, FreshnessOutcome::Stale),
    (3_000_000, [999_999, 913_600, 0], 900_000, FreshnessOutcome::PastGrace),
];

#[test]
fn the_bounds_of_freshness() {
    for (now, stamps, seen, expected) in FRESHNESS {
        let mut world = World::new(3, 2, &[]);
        world.release("1.0.0");
        world.log.publish_at(900_000, &stamps);
        let mut marks = Marks::default();
        let checkpoint = world.log.heads[0].checkpoint.checkpoint();
        let mark = HeadMark {
            size: checkpoint.size(),
            root: *checkpoint.root(),
            quorum_time: Some(UnixSeconds(seen)),
            note: Vec::new(),
        };
        marks.insert_head(world.log.origin.clone(), mark);
        let (trust, bundle) = (world.trust(), world.bundle(0));
        for _ in 0..20 {
            let report = ask_at(now, &trust, &marks, &bundle);
            let release = report.outcome().unwrap_or_else(|refusal| panic!("{refusal}"));
            assert_eq!(release.freshness().outcome, expected, "{now} {stamps:?}");
        }
    }
}

#[test]
fn durations_are_those_of_the_trusted_log() {
    let world = World::new(1, 1, &["1.0.0"]);
    let hour = TrustDuration::from_seconds(3_600).unwrap();
    let log = TrustedLog::new(world.log.origin.clone(), None, &world.log.policy()).unwrap();
    let trust = Trust::default().with_log(log.with_durations(hour, hour)).unwrap();
    let claim = world.trust().claim(world.acme.namespace()).unwrap().clone();
    let trust = trust.with_claim(claim).unwrap();
    for (age, expected) in [
        (3_599, FreshnessOutcome::Fresh),
        (3_600, FreshnessOutcome::Stale),
        (7_199, FreshnessOutcome::Stale),
        (7_200, FreshnessOutcome::PastGrace),
    ] {
        let report = ask_at(T + age, &trust, &Marks::default(), &world.bundle(0));
        assert_eq!(report.outcome().unwrap().freshness().outcome, expected);
    }
}

#[test]
fn marks_move_forward_alone() {
    let world = World::new(3, 2, &["1.0.0", "1.1.0", "1.2.0"]);
    let (trust, claim) = (world.trust(), world.acme.claim_id());
    let name = NAME.parse().unwrap();
    let bundle = |release: usize, head: usize| {
        let (index, manifest) = &world.releases[release];
        world.log.bundle_under(*index, head, manifest)
    };
    let mut marks = Marks::default();
    let take = |marks: &mut Marks, release: usize, head: usize| {
        let report = ask_at(T + 1_000, &trust, marks, &bundle(release, head));
        let new = report.outcome().map(|release| release.marks().cloned());
        if let Ok(Some(new)) = &new {
            marks.apply(new.clone());
        }
        new.map(|new| new.is_some()).map_err(|rejection| rejection.code())
    };
    assert_eq!(take(&mut marks, 0, 1), Ok(true));
    assert_eq!(marks.name(&name, &claim), Some(&NameMark { sequence: 1, newest: 2, under_size: 5 }));
    assert_eq!(marks.head(&world.log.origin).unwrap().size, 5);
    assert_eq!(marks.quorum_time(), Some(UnixSeconds(T + 60)));
    assert_eq!(marks.head(&world.log.origin).unwrap().note, world.log.heads[1].checkpoint.to_bytes());
    // An older head moves nothing.
    let before = marks.clone();
    assert_eq!(take(&mut marks, 0, 0), Ok(false));
    assert_eq!(marks, before);
    assert_eq!(take(&mut marks, 2, 2), Ok(true));
    assert_eq!(marks.name(&name, &claim), Some(&NameMark { sequence: 3, newest: 3, under_size: 7 }));
    // A refusal moves nothing.
    let before = marks.clone();
    assert_eq!(take(&mut marks, 1, 2), Err(ReasonCode::VersionRollback));
    assert_eq!(marks, before);
    assert_eq!(take(&mut marks, 2, 2), Ok(true));
    assert_eq!(marks, before);
}

#[test]
fn without_witnesses_a_larger_head_moves_the_mark_by_proof_alone() {
    let world = World::new(0, 0, &["1.0.0", "1.1.0"]);
    let trust = world.trust();
    let mut marks = Marks::default();
    let (index, manifest) = &world.releases[0];
    let first = ask(&trust, &world.log.bundle_under(*index, 0, manifest));
    marks.apply(first.outcome().unwrap().marks().unwrap().clone());
    assert_eq!(marks.head(&world.log.origin).unwrap().size, 3);
    assert_eq!(marks.quorum_time(), None);
    let bundle = world.bundle(1);
    let unproven = ask_at(T, &trust, &marks, &bundle);
    assert_eq!(unproven.outcome().unwrap().marks().unwrap().head, None);
    let proof = world.log.consistency(0, 1);
    let question = Question {
        trust: &trust,
        marks: &marks,
        requirements: Requirements::default(),
        now: UnixSeconds(T),
        expected_name: None,
        pinned: None,
        consistency: Some(&proof),
    };
    let proven = verify(&bundle, &question);
    assert_eq!(proven.outcome().unwrap().marks().unwrap().head.as_ref().unwrap().size, 5);
}

#[test]
fn a_claimant_is_shown_where_trust_in_the_claim_is_all_that_is_missing() {
    let world = World::new(0, 0, &["1.0.0"]);
    let report = ask(&world.trust_in_log(), &world.bundle(0));
    assert_eq!(report.outcome().unwrap_err().code(), ReasonCode::ClaimUntrusted);
    let claimant = report.claimant().unwrap().release();
    assert_eq!((claimant.claim(), claimant.origin()), (world.acme.claim_id(), &world.log.origin));
    let other = trust_in(&TinyLog::new("other.example", 0, 0), &[]);
    assert!(ask(&other, &world.bundle(0)).claimant().is_none());
    assert!(ask(&world.trust(), &world.bundle(0)).claimant().is_none());
}

/// An account gets another name, and a stranger takes the old one.
#[test]
fn a_stranger_on_a_freed_name_is_another_publisher() {
    let by_account = |log: &TinyLog, owner_id: &str, word: &str| {
        let keyset = Keyset::build(KeysetParts {
            namespace: "io.github.acme".parse().unwrap(),
            origin: log.origin.clone(),
            after: None,
            keys: vec![KeysetKey { key: key(word).public_key(), roles: Roles::ReleaseAndRoot }],
            thresholds: Thresholds { recovery: 0, release: 1, root: 1 },
            evidence: Evidence::GithubOidc {
                owner: "acme".to_owned(),
                owner_id: owner_id.to_owned(),
                subject: "repo:acme/demo:ref:refs/heads/main".to_owned(),
            },
            delegations: Vec::new(),
        });
        Publisher { keys: vec![word.to_owned()], keysets: vec![keyset.unwrap()] }
    };
    let mut log = TinyLog::new("log.example", 0, 0);
    let owner = by_account(&log, "4711", "owner");
    let stranger = by_account(&log, "9999", "stranger");
    let release = |log: &mut TinyLog, publisher: &Publisher| {
        let manifest = manifest(NAME, "1.0.0");
        let index = log.submit(&publisher.release(&manifest, None));
        (index, manifest.as_bytes().to_vec())
    };
    log.submit(&Entry::sign(owner.keysets[0].clone(), &[&key("owner")]).unwrap());
    let (index, words) = release(&mut log, &owner);
    log.publish(T);
    let old = log.bundle(index, &words);
    log.submit(&Entry::sign(stranger.keysets[0].clone(), &[&key("stranger")]).unwrap());
    for day in 0..=8 {
        log.publish(T + 60 + day * 86_400);
    }
    let (index, words) = release(&mut log, &stranger);
    log.publish(T + 10 * 86_400);
    let new = log.bundle(index, &words);
    let known = trust_in(&log, &[("io.github.acme", owner.claim_id())]);
    assert!(ask(&known, &old).outcome().is_ok());
    let report = ask(&known, &new);
    assert_eq!(report.outcome().unwrap_err().code(), ReasonCode::KeyDiscontinuity, "{}", told(&report));
    // Somebody who never knew the owner is told that the name had one before, and from where on it is this one's.
    let report = ask(&trust_in(&log, &[]), &new);
    let release = report.claimant().unwrap().release();
    assert_eq!((release.claim(), release.earlier_claims()), (stranger.claim_id(), 1));
    assert!(release.keyset_steps()[0].since > 3);
}

/// In a debug build on a busy machine.
const IN_TIME: Duration = Duration::from_secs(60);

#[test]
fn the_longest_keyset_history_is_verified() {
    let mut world = World::new(3, 2, &["1.0.0"]);
    let roots: Vec<String> = (0..15).map(|number| format!("root {number}")).collect();
    let mut signers = vec!["acme".to_owned()];
    let mut signatures = 1;
    for version in 2..=256 {
        let mut keys: Vec<KeysetKey> =
            roots.iter().map(|word| KeysetKey { key: key(word).public_key(), roles: Roles::Root }).collect();
        keys.push(KeysetKey { key: key("release").public_key(), roles: Roles::Release });
        let keyset = world.acme.next_with(keys, 1);
        assert_eq!(keyset.version(), version);
        let mut by: Vec<_> = signers.iter().chain(&roots).map(|word| key(word)).collect();
        by.sort_by_key(|key| key.public_key().id());
        by.dedup_by_key(|key| key.public_key().id());
        signatures += by.len();
        world.log.submit(&Entry::sign(keyset.clone(), &by.iter().collect::<Vec<_>>()).unwrap());
        world.acme.keysets.push(keyset);
        signers.clone_from(&roots);
    }
    world.acme.keys.push("release".to_owned());
    world.release("1.1.0");
    world.log.publish(T + 60);
    let (trust, bundle) = (world.trust(), world.bundle(1));
    let start = Instant::now();
    let report = ask(&trust, &bundle);
    let release = report.outcome().unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!((release.keyset_in_force(), release.keysets().len()), (256, 256));
    let said = &report.findings()[Step::KeysetSignatures.number() - 1];
    assert_eq!(said.result, StepResult::Passed(format!("{signatures} signatures on keysets")));
    println!("{signatures} signatures in {} bytes: {:?}", bundle.len(), start.elapsed());
    assert!(start.elapsed() < IN_TIME, "{:?}", start.elapsed());
}
