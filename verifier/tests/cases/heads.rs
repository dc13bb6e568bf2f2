//! V6 to V11: the log, its witnesses, and time.

use pinfold_core::bundle::BundleParts;
use pinfold_core::checkpoint::{Checkpoint, SignedCheckpoint, cosign};
use pinfold_core::entry::Entry;
use pinfold_core::tlog_proof::TlogProof;
use pinfold_verifier::release::Step;
use pinfold_verifier::trust::Trust;

use super::{Case, T, World, trust_in};
use crate::tiny_log::{TinyLog, key};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = entries();
    cases.extend(logs());
    cases.extend(witnesses());
    cases.extend(keysets_logged());
    cases.extend(times());
    cases
}

/// The bundle of a release in which all texts of its head are those of another signed checkpoint.
fn under_another_head(world: &World, release: usize, checkpoint: &SignedCheckpoint) -> Vec<u8> {
    let (index, manifest) = &world.releases[release];
    let mut parts = world.log.parts(*index, world.log.heads.len() - 1);
    let replaced = |text: &str| {
        let proof = TlogProof::parse(text.as_bytes()).unwrap();
        let proof = TlogProof::new(proof.index(), proof.path().clone(), checkpoint.clone());
        String::from_utf8(proof.to_bytes()).unwrap()
    };
    parts.proof = replaced(&parts.proof);
    parts.first = replaced(&parts.first);
    for keyset in &mut parts.keysets {
        keyset.proof = replaced(&keyset.proof);
    }
    parts.with_manifest(manifest)
}

fn entries() -> Vec<Case> {
    let world = World::new(0, 0, &["1.0.0", "1.1.0"]);
    let trust = world.trust();
    let (index, manifest) = &world.releases[0];
    let (honest, other) = (world.log.parts(*index, 1), world.log.parts(world.releases[1].0, 1));
    let case = |file: &str, change: &dyn Fn(&mut BundleParts)| {
        let mut parts = honest.clone();
        change(&mut parts);
        Case::fails(file, Step::Entry, &trust, parts.with_manifest(manifest))
    };
    let mut twice = World::new(0, 0, &["1.0.0"]);
    let entry = twice.log.entries[1].clone();
    let again = twice.log.smuggle(&entry);
    twice.log.publish(T + 60);
    let mut parts = twice.log.parts(1, 1);
    parts.proof = twice.log.proof(again, 1);
    vec![
        case("the-proof-of-another-entry", &|parts| {
            (parts.proof, parts.first) = (other.proof.clone(), other.first.clone());
        }),
        case("another-entry-s-proof-under-the-head", &|parts| parts.proof = other.proof.clone()),
        case("another-entry-s-proof-of-first-publication", &|parts| parts.first = other.first.clone()),
        case("a-proof-at-another-index", &|parts| {
            parts.proof = parts.proof.replace("index 1\n", "index 2\n");
        }),
        case("a-proof-beyond-the-tree", &|parts| {
            parts.proof = parts.proof.replace("index 1\n", "index 5\n");
        }),
        case("a-first-head-that-is-the-newer-one", &|parts| {
            let older = world.log.parts(*index, 0);
            *parts = BundleParts { first: parts.proof.clone(), ..older };
        }),
        Case::fails("an-entry-that-is-logged-twice", Step::Entry, &twice.trust(), {
            parts.with_manifest(&twice.releases[0].1)
        }),
        two_trees_of_one_size(),
    ]
}

/// The first head is of another tree than the head, as large, and signed by the same log.
fn two_trees_of_one_size() -> Case {
    let world = World::new(0, 0, &["1.0.0"]);
    let mut fork = TinyLog::new("log.example", 0, 0);
    for entry in &world.log.entries[..2] {
        fork.submit(entry);
    }
    fork.publish(T + 1);
    let mut parts = world.log.parts(1, 0);
    parts.first = fork.proof(1, 0);
    let bundle = parts.with_manifest(&world.releases[0].1);
    Case::fails("two-heads-of-one-size", Step::LogHistory, &world.trust(), bundle)
}

fn logs() -> Vec<Case> {
    let world = World::new(2, 1, &["1.0.0"]);
    let bundle = world.bundle(0);
    let other = trust_in(&TinyLog::new("other.example", 0, 0), &[]);
    let head = world.log.heads[0].checkpoint.clone();
    let tree = head.checkpoint().clone();
    let forged = SignedCheckpoint::sign(tree.clone(), &world.log.origin.key_name(), &key("forger")).unwrap();
    let mut bad = head.note().signatures()[0].clone();
    let last = bad.blob.len() - 1;
    bad.blob[last] ^= 1;
    let spoiled = head.clone().only(|line| line.name.as_str() != "log.example").with_signature(bad).unwrap();
    let larger = Checkpoint::new(&world.log.origin, tree.size(), *tree.root());
    let unsigned = world.log.sign(larger, &[T, T]).only(|line| line.name.as_str() != "log.example");
    let fails = |file: &str, bundle: Vec<u8>| Case::fails(file, Step::Log, &world.trust(), bundle);
    vec![
        Case::fails("nothing-is-trusted", Step::Log, &Trust::default(), bundle.clone()),
        Case::fails("another-log-is-trusted", Step::Log, &other, bundle),
        fails("a-head-by-another-key-of-that-name", under_another_head(&world, 0, &forged)),
        fails("a-head-with-a-bad-signature", under_another_head(&world, 0, &spoiled)),
        fails("a-head-that-only-witnesses-signed", under_another_head(&world, 0, &unsigned)),
    ]
}

fn witnesses() -> Vec<Case> {
    let mut world = World::new(3, 2, &["1.0.0"]);
    let fails = |file: &str, world: &World, checkpoint: &SignedCheckpoint| {
        let bundle = under_another_head(world, 0, checkpoint);
        Case::fails(file, Step::Witnesses, &world.trust(), bundle)
    };
    let head = world.log.heads[0].checkpoint.clone();
    let without = |names: &[&str]| head.clone().only(|line| !names.contains(&line.name.as_str()));
    let mut bad = head.note().signatures()[3].clone();
    assert_eq!(bad.name.as_str(), "w3.example");
    bad.blob[20] ^= 1;
    let spoiled = without(&["w3.example"]).with_signature(bad).unwrap();
    let stranger = cosign(&"w2.example".parse().unwrap(), &key("w2 of another"), T, &head);
    let strange = without(&["w2.example", "w3.example"]).with_signature(stranger).unwrap();
    let once = without(&["w2.example", "w3.example"]);
    let again =
        once.clone().with_signature(cosign(&"w1.example".parse().unwrap(), &key("w1.example"), T + 1, &once));
    let mut cases = vec![
        fails("one-witness-of-two-needed", &world, &once),
        fails("no-witness", &world, &without(&["w1.example", "w2.example", "w3.example"])),
        fails("one-witness-twice", &world, &again.unwrap()),
        fails("a-bad-cosignature-beside-enough-good-ones", &world, &spoiled),
        fails("a-stranger-under-a-witness-s-name", &world, &strange),
        Case::ok(
            "two-witnesses-of-two-needed",
            "V30",
            &world.trust(),
            under_another_head(&world, 0, &without(&["w3.example"])),
            "1.0.0",
        )
        .with("freshness", "fresh"),
    ];
    // The first head was published without its quorum; the head has it.
    world = World::new(3, 2, &[]);
    world.release("1.0.0");
    world.log.publish_at(T, &[T, 0, 0]);
    world.release("1.1.0");
    world.log.publish(T + 60);
    let bundle = world.bundle(0);
    cases.push(Case::fails("a-first-head-without-quorum", Step::Witnesses, &world.trust(), bundle));
    cases
}

fn keysets_logged() -> Vec<Case> {
    let mut world = World::new(0, 0, &["1.0.0"]);
    let unlogged = Entry::sign(world.acme.next_keyset("acme-2"), &[&key("acme"), &key("acme-2")]).unwrap();
    world.release("1.1.0");
    world.log.publish(T + 60);
    let (index, manifest) = &world.releases[0];
    let honest = world.log.parts(*index, 1);
    let mut other_path = honest.clone();
    let (good, bad) = (world.log.entries[1].leaf_hash(), world.log.entries[2].leaf_hash());
    other_path.keysets[0].proof = honest.keysets[0].proof.replace(&good.to_string(), &bad.to_string());
    assert_ne!(other_path, honest);
    let mut never = world.log.parts_with(*index, 1, &[(0, 0), (3, 3)]);
    never.keysets[1].entry = unlogged.as_bytes().to_vec();
    let fails = |file: &str, parts: BundleParts| {
        Case::fails(file, Step::KeysetsLogged, &world.trust(), parts.with_manifest(manifest))
    };
    vec![
        fails("a-keyset-with-another-path", other_path),
        fails("a-signed-keyset-that-was-never-logged", never),
    ]
}

fn times() -> Vec<Case> {
    let mut rotated = World::new(3, 2, &["1.0.0"]);
    let trust = rotated.trust();
    let bundle = rotated.bundle(0);
    let seen = |size: u64, time: u64| {
        format!("{} {size} {} {time}", "other.example", rotated.log.heads[0].checkpoint.checkpoint().root())
    };
    let (day, grace) = (86_400, 14 * 86_400);
    let at = |file: &str, age: u64, freshness: &str| {
        let case = Case::ok(file, "V30", &trust, bundle.clone(), "1.0.0");
        case.at(T + age).with("freshness", freshness).with("age", 0)
    };
    let mut cases = vec![
        Case::fails("a-clock-behind-witnessed-time", Step::Clock, &trust, bundle.clone())
            .at(T + 1_000)
            .with("seen", seen(3, T + 1_301)),
        Case::ok("a-clock-five-minutes-behind-witnessed-time", "V30", &trust, bundle.clone(), "1.0.0")
            .at(T + 1_000)
            .with("seen", seen(3, T + 1_300)),
        at("just-fresh", day - 1, "fresh"),
        at("just-stale", day, "stale"),
        at("just-within-grace", day + grace - 1, "stale"),
        at("just-past-grace", day + grace, "past-grace"),
        Case::fails("stale-where-fresh-is-required", Step::Freshness, &trust, bundle.clone())
            .at(T + day)
            .with("requires", "fresh"),
        Case::fails("past-grace-where-that-is-refused", Step::Freshness, &trust, bundle.clone())
            .at(T + day + grace)
            .with("requires", "within-grace"),
        Case::ok("stale-where-past-grace-is-refused", "V30", &trust, bundle.clone(), "1.0.0")
            .at(T + day)
            .with("requires", "within-grace"),
        Case::ok("fresh-where-fresh-is-required", "V30", &trust, bundle, "1.0.0")
            .at(T + 1)
            .with("requires", "fresh"),
    ];
    // Renewed a day later: the head is fresh, and the release is a day old.
    rotated.log.witness_again(&[T + day, T + day + 1, T + day + 2]);
    let renewed = Case::ok("a-renewed-bundle", "V30", &trust, rotated.bundle(0), "1.0.0");
    cases.push(renewed.at(T + day + 100).with("freshness", "fresh").with("age", day + 1));
    let none = World::new(0, 0, &["1.0.0"]);
    let unwitnessed = |file: &str| Case::ok(file, "V33", &none.trust(), none.bundle(0), "1.0.0");
    cases.push(unwitnessed("without-witnesses").with("freshness", "stale").with("age", "unknown"));
    let never = Case::fails("never-fresh-without-witnesses", Step::Freshness, &none.trust(), none.bundle(0));
    cases.push(never.at(T).with("requires", "fresh"));
    cases
}
