//! V12 to V18: what the log's index says.

use pinfold_core::digest::file_digest;
use pinfold_core::entry::{Entry, Payload};
use pinfold_core::index::{IndexKey, IndexValue, NameValue, WithdrawnRanges};
use pinfold_core::keyset::{Evidence, Keyset, KeysetKey, KeysetParts, Roles, Thresholds};
use pinfold_core::registry_name::RegistryName;
use pinfold_verifier::release::Step;

use super::{Case, NAME, T, World};
use crate::tiny_log::{Publisher, key, manifest};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = proofs();
    cases.extend(histories());
    cases.extend(signers());
    cases.extend(states());
    cases
}

fn name() -> RegistryName {
    NAME.parse().unwrap()
}

/// The name's value as the log's state has it, changed.
fn changed_value(world: &World, change: impl Fn(&mut NameValue)) -> IndexValue {
    let key = IndexKey::name(&name());
    let Some(IndexValue::Name(mut value)) = world.log.state.value(&key) else { panic!("no value") };
    change(&mut value);
    IndexValue::Name(value)
}

fn proofs() -> Vec<Case> {
    let mut world = World::new(0, 0, &["1.0.0", "1.1.0"]);
    let (index, manifest) = world.releases[0].clone();
    let mut old_state = world.log.parts(index, 1);
    old_state.state = world.log.parts(index, 0).state;
    let honest = world.log.parts(index, 1);
    let state = String::from_utf8(honest.state.clone()).unwrap();
    let with_state = |from: &str, to: &str| {
        assert!(state.contains(from), "{state}");
        let mut parts = honest.clone();
        parts.state = state.replacen(from, to, 1).into_bytes();
        parts.with_manifest(&manifest)
    };
    let trust = world.trust();
    let mut cases = vec![
        Case::fails(
            "the-index-of-an-older-head",
            Step::IndexHead,
            &trust,
            old_state.with_manifest(&manifest),
        ),
        Case::fails("a-newest-release-that-the-index-does-not-have", Step::Index, &trust, {
            with_state("\"sequence\":2}", "\"sequence\":1}")
        }),
        Case::fails("a-count-that-the-index-does-not-have", Step::Index, &trust, {
            with_state("\"count\":2", "\"count\":3")
        }),
        Case::fails("withdrawn-sequences-that-the-index-does-not-have", Step::Index, &trust, {
            with_state("\"withdrawn\":[]", "\"withdrawn\":[[1,1]]")
        }),
    ];
    // A lie about the newest release, properly signed.
    let lie = changed_value(&world, |value| value.newest.sequence = 1);
    world.log.lie(IndexKey::name(&name()), lie);
    world.release("1.2.0");
    world.log.publish(T + 120);
    let bundle = world.bundle(1);
    cases.push(Case::fails("an-index-that-knows-an-older-newest", Step::Index, &trust, bundle));

    let mut world = World::new(0, 0, &["1.0.0"]);
    let other = file_digest(b"another claim");
    let lie = changed_value(&world, |value| value.claim = other);
    world.log.lie(IndexKey::name(&name()), lie);
    world.acme.rotate(&mut world.log, "acme-2");
    world.log.publish(T + 60);
    cases.push(Case::fails("an-index-with-the-name-in-another-claim", Step::Index, &trust, world.bundle(0)));

    let mut world = World::new(0, 0, &[]);
    let unknown = manifest_of_demo();
    let index = world.log.smuggle(&world.acme.release(&unknown, None));
    world.log.publish(T);
    let parts = world.log.parts_with(index, 0, &[(0, 0)]);
    let bundle = parts.with_manifest(unknown.as_bytes());
    cases.push(Case::fails("an-index-that-does-not-know-the-name", Step::Index, &trust, bundle));
    cases
}

fn manifest_of_demo() -> pinfold_core::manifest::Manifest {
    manifest(NAME, "1.0.0")
}

fn histories() -> Vec<Case> {
    let mut rotated = World::new(0, 0, &["1.0.0"]);
    rotated.acme.rotate(&mut rotated.log, "acme-2");
    rotated.release("1.1.0");
    rotated.log.publish(T + 60);
    let trust = rotated.trust();
    let (index, manifest) = rotated.releases[0].clone();
    let (later, later_manifest) = rotated.releases[1].clone();
    let hidden = |index, manifest: &[u8]| rotated.log.parts_with(index, 1, &[(0, 0)]).with_manifest(manifest);
    let mut cases = vec![
        Case::fails("a-keyset-left-out", Step::KeysetHistory, &trust, hidden(index, &manifest)),
        Case::fails("the-keyset-that-signed-left-out", Step::KeysetHistory, &trust, {
            hidden(later, &later_manifest)
        }),
    ];

    // The root signed two keysets 2; the index knows the one, the bundle has the other.
    let mut forked = World::new(0, 0, &["1.0.0"]);
    let other = Entry::sign(forked.acme.next_keyset("other"), &[&key("acme"), &key("other")]).unwrap();
    forked.acme.rotate(&mut forked.log, "acme-2");
    let place = forked.log.smuggle(&other);
    forked.log.publish(T + 60);
    let (index, manifest) = forked.releases[0].clone();
    let parts = forked.log.parts_with(index, 1, &[(0, 0), (place, place)]);
    let bundle = parts.with_manifest(&manifest);
    cases.push(Case::fails("another-keyset-than-the-index-knows", Step::KeysetHistory, &trust, bundle));
    cases.push(replaced_claim());
    cases.push(unknown_namespace());
    cases
}

/// A claim without evidence falls to one with evidence. The old release is in the log, and its claim is not in force.
fn replaced_claim() -> Case {
    let mut world = World::new(0, 0, &["1.0.0"]);
    let namespace = world.acme.namespace().clone();
    let keyset = Keyset::build(KeysetParts {
        namespace,
        origin: world.log.origin.clone(),
        after: None,
        keys: vec![KeysetKey { key: key("owner").public_key(), roles: Roles::ReleaseAndRoot }],
        thresholds: Thresholds { recovery: 0, release: 1, root: 1 },
        evidence: Evidence::GithubOidc {
            owner: "acme".to_owned(),
            owner_id: "4711".to_owned(),
            subject: "repo:acme/demo:ref:refs/heads/main".to_owned(),
        },
        delegations: Vec::new(),
    });
    world.log.submit(&Entry::sign(keyset.unwrap(), &[&key("owner")]).unwrap());
    world.log.publish(T + 60);
    let (index, manifest) = world.releases[0].clone();
    let bundle = world.log.parts_with(index, 1, &[(0, 0)]).with_manifest(&manifest);
    Case::fails("a-claim-that-was-replaced", Step::KeysetHistory, &world.trust(), bundle)
}

/// Keyset and release are in the log, and its index does not know the namespace.
fn unknown_namespace() -> Case {
    let world = World::new(0, 0, &["1.0.0"]);
    let mut log = crate::tiny_log::TinyLog::new("log.example", 0, 0);
    for entry in &world.log.entries[..2] {
        log.smuggle(entry);
    }
    log.publish(T);
    let bundle = log.parts_with(1, 0, &[(0, 0)]).with_manifest(&world.releases[0].1);
    Case::fails("an-index-that-does-not-know-the-namespace", Step::KeysetHistory, &world.trust(), bundle)
}

/// A log whose index speaks of a release that admission would not have taken in.
fn smuggled(entry: impl Fn(&Publisher) -> Entry, prepare: impl Fn(&mut World)) -> (World, Vec<u8>) {
    let mut world = World::new(0, 0, &["1.0.0"]);
    prepare(&mut world);
    let keysets: Vec<(u64, u64)> = (0..world.log.entries.len() as u64)
        .filter(|place| matches!(world.log.entries[*place as usize].payload(), Payload::Keyset(_)))
        .map(|place| (place, place))
        .collect();
    let entry = entry(&world.acme);
    let index = world.log.smuggle(&entry);
    let lie = changed_value(&world, |value| {
        value.newest.index = index;
        value.newest.leaf = entry.leaf_hash();
        value.newest.sequence = 2;
        value.history = value.history.with(index, &entry.leaf_hash());
    });
    world.log.lie(IndexKey::name(&name()), lie);
    let head = world.log.publish(T + 60);
    let parts = world.log.parts_with(index, head, &keysets);
    let bundle = parts.with_manifest(manifest(NAME, "1.1.0").as_bytes());
    (world, bundle)
}

fn signers() -> Vec<Case> {
    let after = |world: &World| world.log.entries[1].clone();
    let first = after(&World::new(0, 0, &["1.0.0"]));
    let case = |file: &str, step: Step, entry: &dyn Fn(&Publisher) -> Entry, prepare: &dyn Fn(&mut World)| {
        let (world, bundle) = smuggled(entry, prepare);
        Case::fails(file, step, &world.trust(), bundle)
    };
    let next = manifest(NAME, "1.1.0");
    let by = |words: &'static [&'static str]| {
        let (first, next) = (first.clone(), next.clone());
        move |acme: &Publisher| {
            let keys: Vec<_> = words.iter().map(|word| key(word)).collect();
            acme.release_by(&keys.iter().collect::<Vec<_>>(), &next, Some(&first))
        }
    };
    let two_keys = |world: &mut World| {
        let roles = |word: &str, roles| KeysetKey { key: key(word).public_key(), roles };
        let keys = vec![
            roles("root", Roles::Root),
            roles("release-1", Roles::Release),
            roles("release-2", Roles::Release),
        ];
        let keyset = world.acme.next_with(keys, 2);
        world.log.submit(&Entry::sign(keyset, &[&key("acme"), &key("root")]).unwrap());
    };
    let spoiled = |acme: &Publisher| {
        let good = by(&["acme"])(acme);
        let mut signatures = good.signatures().to_vec();
        let mut bytes = *signatures[0].signature.as_bytes();
        bytes[3] ^= 1;
        signatures[0].signature = pinfold_core::signature::Signature::from_bytes(bytes);
        Entry::assemble(good.payload().clone(), signatures).unwrap()
    };
    let mut cases = vec![
        case("a-stranger-s-key", Step::KeyInForce, &by(&["x"]), &|_| {}),
        case("a-stranger-s-key-beside-the-right-one", Step::KeyInForce, &by(&["acme", "x"]), &|_| {}),
        case("a-key-that-was-replaced", Step::KeyInForce, &by(&["acme"]), &|world| {
            world.acme.rotate(&mut world.log, "acme-2");
        }),
        case("a-root-key", Step::KeyInForce, &by(&["root", "release-1"]), &two_keys),
        case("a-bad-signature", Step::Signatures, &spoiled, &|_| {}),
        case("one-signature-of-two-needed", Step::Signatures, &by(&["release-1"]), &two_keys),
    ];
    let (world, bundle) = smuggled(by(&["release-1", "release-2"]), two_keys);
    cases.push(Case::ok("two-signatures-of-two-needed", "V30", &world.trust(), bundle, "1.1.0"));

    // The release stands before the keyset.
    let world = World::new(0, 0, &["1.0.0"]);
    let mut early = crate::tiny_log::TinyLog::new("log.example", 0, 0);
    early.smuggle(&world.log.entries[1]);
    early.smuggle(&world.log.entries[0]);
    for (key, value) in world.log.state.values() {
        early.lie(key, moved(value, &world));
    }
    early.publish(T);
    let bundle = early.parts_with(0, 0, &[(1, 1)]).with_manifest(&world.releases[0].1);
    cases.push(Case::fails("a-release-before-its-keyset", Step::KeyInForce, &world.trust(), bundle));
    cases
}

/// A value of the index for a log in which keyset and release changed places.
fn moved(value: IndexValue, world: &World) -> IndexValue {
    match value {
        IndexValue::Name(mut value) => {
            value.newest.index = 0;
            IndexValue::Name(value)
        }
        IndexValue::Namespace(mut value) => {
            let leaf = world.log.entries[0].leaf_hash();
            value.keysets = pinfold_core::index::HistoryHead::EMPTY.with(1, &leaf);
            IndexValue::Namespace(value)
        }
    }
}

fn states() -> Vec<Case> {
    let mut world = World::new(0, 0, &["1.0.0", "1.1.0"]);
    let trust = world.trust();
    let old = world.bundle(0);
    let mut cases = vec![
        Case::fails("a-superseded-release", Step::Newest, &trust, old.clone()).with("requires", "newest"),
        Case::ok("a-superseded-release-where-any-is-good", "V30", &trust, old, "1.0.0"),
        Case::ok("the-newest-release", "V30", &trust, world.bundle(1), "1.1.0").with("requires", "newest"),
    ];
    let entry = world.log.entries[world.releases[0].0 as usize].clone();
    world.log.submit(&world.acme.withdraw(&entry));
    world.log.publish(T + 120);
    cases.push(Case::fails("a-withdrawn-release", Step::Withdrawn, &trust, world.bundle(0)));
    cases.push(Case::ok("the-release-after-a-withdrawn-one", "V30", &trust, world.bundle(1), "1.1.0"));
    let entry = world.log.entries[world.releases[1].0 as usize].clone();
    world.log.submit(&world.acme.withdraw(&entry));
    world.log.publish(T + 180);
    cases.push(Case::fails("a-withdrawn-newest-release", Step::Withdrawn, &trust, world.bundle(1)));
    world.log.lie_withdrawn(&name(), WithdrawnRanges::EMPTY.with(1).unwrap());
    world.release("1.2.0");
    world.log.publish(T + 240);
    cases.push(Case::fails("a-withdrawal-left-out", Step::Index, &trust, world.bundle(1)));
    cases
}
