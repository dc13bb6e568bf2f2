//! V19 to V23, and what verifies: whom the reader knows, what was seen before, and what a policy asks.

use pinfold_core::digest::file_digest;
use pinfold_core::merkle::ConsistencyProof;
use pinfold_verifier::release::Step;
use pinfold_verifier::trust::{Trust, TrustedLog};

use super::{Case, NAME, T, World, trust_in};
use crate::tiny_log::{Publisher, TinyLog, manifest};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = publishers();
    cases.extend(recoveries());
    cases.extend(pasts());
    cases.extend(policies());
    cases.extend(good());
    cases
}

fn publishers() -> Vec<Case> {
    let world = World::new(0, 0, &["1.0.0"]);
    let (bundle, claim) = (world.bundle(0), world.acme.claim_id());
    let other = file_digest(b"another claim");
    let continuity = |file: &str, trust: &Trust| Case::fails(file, Step::Continuity, trust, bundle.clone());
    let two_logs = {
        let elsewhere = TinyLog::new("other.example", 0, 0);
        let log = TrustedLog::new(world.log.origin.clone(), None, &world.log.policy()).unwrap();
        trust_in(&elsewhere, &[("io.github.acme", claim)]).with_log(log).unwrap()
    };
    let only_log = world.trust_in_log();
    vec![
        continuity("another-claim-is-trusted", &trust_in(&world.log, &[("io.github.acme", other)])),
        continuity("the-claim-is-trusted-in-another-log", &two_logs),
        continuity("another-claim-is-pinned", &world.trust())
            .with("pinned", format!("{other} log.example 1")),
        continuity("another-log-is-pinned", &only_log).with("pinned", format!("{claim} other.example 1")),
        Case::fails("no-claim-is-trusted", Step::Claim, &only_log, bundle.clone()),
        Case::fails(
            "a-claim-is-trusted-for-another-namespace",
            Step::Claim,
            &trust_in(&world.log, &[("io.github.acm", claim)]),
            bundle.clone(),
        ),
        Case::ok("a-claim-that-is-only-pinned", "V30", &only_log, bundle.clone(), "1.0.0")
            .with("pinned", format!("{claim} log.example 1")),
        Case::ok(
            "a-namespace-trusted-in-another-case",
            "V30",
            &trust_in(&world.log, &[("IO.GitHub.ACME", claim)]),
            bundle,
            "1.0.0",
        ),
    ]
}

/// A claim with a recovery key, whose root is replaced after the wait.
fn recoveries() -> Vec<Case> {
    let mut log = TinyLog::new("log.example", 0, 0);
    let acme = Publisher::recovered(&mut log, "io.github.acme", "root", T);
    let manifest = manifest(NAME, "1.0.0");
    let index = log.submit(&acme.release(&manifest, None));
    log.publish(T + 30 * 86_400);
    let bundle = log.bundle(index, manifest.as_bytes());
    let trust = trust_in(&log, &[("io.github.acme", acme.claim_id())]);
    let pinned = |history: u64| format!("{} log.example {history}", acme.claim_id());
    let only_log = trust_in(&log, &[]);
    vec![
        Case::fails("keys-recovered-after-the-claim-was-trusted", Step::Continuity, &trust, bundle.clone()),
        Case::fails("keys-recovered-after-the-pin", Step::Continuity, &only_log, bundle.clone())
            .with("pinned", pinned(1)),
        Case::ok("keys-recovered-before-the-pin", "V30", &only_log, bundle, "1.0.0")
            .with("pinned", pinned(2)),
    ]
}

fn pasts() -> Vec<Case> {
    let mut world = World::new(3, 2, &["1.0.0", "1.1.0", "1.2.0"]);
    let (trust, claim) = (world.trust(), world.acme.claim_id());
    let seen = |world: &World, head: usize| {
        let checkpoint = world.log.heads[head].checkpoint.checkpoint();
        format!("log.example {} {} {}", checkpoint.size(), checkpoint.root(), T + 60 * head as u64)
    };
    let proof = |proof: &ConsistencyProof| {
        let hashes = proof.hashes().iter().map(ToString::to_string);
        hashes.collect::<Vec<_>>().join(" ")
    };
    let marked = |sequence: u64, newest: u64, size: u64| format!("{NAME} {claim} {sequence} {newest} {size}");
    let bundle = |release: usize, head: usize| {
        let (index, manifest) = &world.releases[release];
        world.log.bundle_under(*index, head, manifest)
    };
    let ok = |file: &str, checks: &str, bundle: Vec<u8>, version: &str| {
        Case::ok(file, checks, &trust, bundle, version)
    };
    let history = |file: &str, bundle: Vec<u8>| Case::fails(file, Step::LogHistory, &trust, bundle);
    let (to_1, to_2) = (world.log.consistency(0, 1), world.log.consistency(1, 2));
    let other_root = file_digest(b"another tree");
    let fork =
        format!("log.example 7 {} {T}", pinfold_core::merkle::Hash::from_bytes(*other_root.as_bytes()));
    let mut cases = vec![
        ok("the-head-that-was-seen", "V30", bundle(1, 1), "1.1.0").with("seen", seen(&world, 1)),
        ok("the-head-that-was-seen-with-a-proof-that-nobody-needs", "V30", bundle(1, 1), "1.1.0")
            .with("seen", seen(&world, 1))
            .with("proof", proof(&to_1)),
        ok("a-larger-head-without-a-proof", "V30", bundle(1, 1), "1.1.0")
            .with("seen", seen(&world, 0))
            .with("freshness", "fresh"),
        ok("a-larger-head-with-a-proof", "V30", bundle(1, 1), "1.1.0")
            .with("seen", seen(&world, 0))
            .with("proof", proof(&to_1)),
        ok("an-older-head-than-seen", "V37", bundle(1, 1), "1.1.0")
            .with("seen", seen(&world, 2))
            .with("freshness", "stale"),
        Case::fails("an-older-head-than-seen-is-never-fresh", Step::Freshness, &trust, bundle(1, 1))
            .with("seen", seen(&world, 2))
            .with("requires", "fresh"),
        ok("an-older-head-with-a-proof", "V30", bundle(1, 1), "1.1.0")
            .with("seen", seen(&world, 2))
            .with("proof", proof(&to_2))
            .with("freshness", "fresh"),
        history("a-head-of-the-same-size-with-another-root", bundle(2, 2)).with("seen", fork),
        history("a-larger-head-with-a-proof-of-another-pair", bundle(1, 1))
            .with("seen", seen(&world, 0))
            .with("proof", proof(&to_2)),
        history("an-older-head-with-a-proof-of-another-pair", bundle(1, 1))
            .with("seen", seen(&world, 2))
            .with("proof", proof(&to_1)),
        history("a-newest-release-below-the-one-seen", bundle(2, 2)).with("marked", marked(1, 4, 7)),
        history("a-release-where-none-was-seen", bundle(2, 2)).with("marked", marked(1, 2, 7)),
        history("a-newest-release-where-none-was-seen", bundle(0, 2)).with("marked", marked(1, 2, 7)),
        ok("a-release-after-the-newest-seen", "V30", bundle(2, 2), "1.2.0").with("marked", marked(2, 2, 5)),
        Case::fails("a-release-below-the-one-seen", Step::Rollback, &trust, bundle(1, 2))
            .with("marked", marked(3, 3, 7)),
        ok("the-release-that-was-seen", "V30", bundle(2, 2), "1.2.0").with("marked", marked(3, 3, 7)),
        ok("a-mark-in-another-claim", "V30", bundle(1, 2), "1.1.0")
            .with("marked", format!("{NAME} {} 9 9 3", other_root)),
    ];
    Publisher::claim(&mut world.log, "io.github.other", "other");
    world.log.publish(T + 600);
    cases.push(
        Case::ok("the-same-release-under-a-later-head", "V30", &trust, world.bundle(2), "1.2.0")
            .with("marked", marked(3, 3, 7)),
    );
    cases
}

fn policies() -> Vec<Case> {
    let mut world = World::new(3, 2, &["1.0.0"]);
    world.log.witness_again(&[T + 3_600, T + 3_600, T + 3_600]);
    let (trust, bundle) = (world.trust(), world.bundle(0));
    let none = World::new(0, 0, &["1.0.0"]);
    let young = |file: &str, trust: &Trust, bundle: Vec<u8>, requires: &str| {
        Case::fails(file, Step::Policy, trust, bundle).at(T + 4_000).with("requires", requires)
    };
    vec![
        young("a-release-that-is-too-young", &trust, bundle.clone(), "age=3601"),
        young("a-release-of-unknown-age", &none.trust(), none.bundle(0), "age=1"),
        young("no-witnesses-where-some-are-required", &none.trust(), none.bundle(0), "witnesses"),
        Case::ok("a-release-that-is-just-old-enough", "V30", &trust, bundle.clone(), "1.0.0")
            .at(T + 4_000)
            .with("requires", "age=3600")
            .with("age", 3_600),
        Case::ok("everything-is-required-and-holds", "V30", &trust, bundle, "1.0.0")
            .at(T + 4_000)
            .with("requires", "fresh within-grace newest witnesses age=3600"),
    ]
}

fn good() -> Vec<Case> {
    let world = World::new(0, 0, &["1.0.0"]);
    let mut rotated = World::new(3, 2, &["1.0.0"]);
    rotated.acme.rotate(&mut rotated.log, "acme-2");
    rotated.release("1.1.0");
    rotated.log.publish(T + 60);
    let pinned = format!("{} log.example 1", rotated.acme.claim_id());
    let (index, manifest) = &rotated.releases[0];
    let before = rotated.log.bundle_under(*index, 0, manifest);
    vec![
        Case::ok("one-key-and-no-witness", "V30,V33", &world.trust(), world.bundle(0), "1.0.0")
            .with("freshness", "stale")
            .with("age", "unknown"),
        Case::ok("the-expected-name-in-another-case", "V30", &world.trust(), world.bundle(0), "1.0.0")
            .with("name", "IO.GitHub.Acme/Demo"),
        Case::ok("a-release-by-the-old-key", "V30", &rotated.trust(), rotated.bundle(0), "1.0.0"),
        Case::ok("a-release-by-the-new-key", "V30", &rotated.trust(), rotated.bundle(1), "1.1.0")
            .with("pinned", pinned),
        Case::ok("an-old-file-ten-years-later", "V30", &rotated.trust(), before, "1.0.0")
            .at(T + 3_650 * 86_400)
            .with("freshness", "past-grace"),
    ]
}
