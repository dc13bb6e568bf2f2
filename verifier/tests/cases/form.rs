//! V1 to V5: what the file itself says.

use pinfold_core::entry::Entry;
use pinfold_core::keyset::{KeysetKey, Roles};
use pinfold_core::statement::Statement;
use pinfold_verifier::release::Step;

use super::{Case, NAME, T, World, trust_in};
use crate::tiny_log::{Publisher, TinyLog, key, manifest};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = malformed();
    cases.extend(subjects());
    cases.extend(keysets());
    cases.extend(keyset_signatures());
    cases
}

fn malformed() -> Vec<Case> {
    let world = World::new(0, 0, &["1.0.0"]);
    let (trust, bundle) = (world.trust(), world.bundle(0));
    let case = |file: &str, bundle: Vec<u8>| Case::fails(file, Step::Bundle, &trust, bundle);
    let text = String::from_utf8(bundle.clone()).unwrap();
    let signed = text.find("\"signatures\":[").unwrap() + "\"signatures\":[".len();
    let end = signed + text[signed..].find(']').unwrap();
    vec![
        case("an-empty-file", Vec::new()),
        case("a-blank-file", b"\n\n  \n".to_vec()),
        case("null", b"null".to_vec()),
        case("an-empty-object", b"{}".to_vec()),
        case("a-file-cut-short", bundle[..bundle.len() / 2].to_vec()),
        case("a-line-end-after-it", [&bundle[..], b"\n"].concat()),
        case("a-space-in-it", text.replace("\"format\":", "\"format\": ").into_bytes()),
        case("a-release-without-signature", format!("{}{}", &text[..signed], &text[end..]).into_bytes()),
        case("a-member-too-many", text.replace("{\"entry\":", "{\"a\":1,\"entry\":").into_bytes()),
        signed_but_no_manifest(),
        Case::fails("an-edited-manifest", Step::Manifest, &trust, {
            text.replace("Looks things up", "Sends things off").into_bytes()
        }),
        Case::fails("an-edited-manifest-that-is-none", Step::Manifest, &trust, {
            text.replace("\"volatile\":[]", "\"volatile\":[1]").into_bytes()
        }),
        Case::fails("the-manifest-of-another-release", Step::Manifest, &trust, {
            let other = manifest(NAME, "1.0.1");
            world.log.bundle(world.releases[0].0, other.as_bytes())
        }),
    ]
}

/// The publisher signed a document that is no manifest of this version.
fn signed_but_no_manifest() -> Case {
    let mut world = World::new(0, 0, &[]);
    let text = String::from_utf8(manifest(NAME, "1.0.0").as_bytes().to_vec()).unwrap();
    let document = text.replace("\"volatile\":[]", "\"volatile\":[1]").into_bytes();
    let mut statement = Statement::build(&manifest(NAME, "1.0.0"), world.acme.claim_id(), None);
    statement.manifest = pinfold_core::digest::file_digest(&document);
    let index = world.log.submit(&Entry::sign(statement, &[&key("acme")]).unwrap());
    world.log.publish(T);
    let bundle = world.log.bundle(index, &document);
    Case::fails("a-signed-manifest-with-volatile-rules", Step::Bundle, &world.trust(), bundle)
}

fn subjects() -> Vec<Case> {
    let world = World::new(0, 0, &["1.0.0"]);
    let expected = |file: &str, name: &str| {
        Case::fails(file, Step::Subject, &world.trust(), world.bundle(0)).with("name", name)
    };
    let changed = |file: &str, change: fn(&mut Statement)| {
        let mut world = World::new(0, 0, &[]);
        let manifest = manifest(NAME, "1.0.0");
        let mut statement = Statement::build(&manifest, world.acme.claim_id(), None);
        change(&mut statement);
        let index = world.log.submit(&Entry::sign(statement, &[&key("acme")]).unwrap());
        world.log.publish(T);
        Case::fails(file, Step::Subject, &world.trust(), world.log.bundle(index, manifest.as_bytes()))
    };
    vec![
        expected("another-name-was-expected", "io.github.acme/demo-server"),
        expected("another-namespace-was-expected", "io.github.acne/demo"),
        changed("a-statement-of-another-name", |statement| {
            statement.name = "io.github.acme/other".parse().unwrap();
        }),
        changed("a-statement-of-the-name-in-another-case", |statement| {
            statement.name = "io.github.acme/Demo".parse().unwrap();
        }),
        changed("a-statement-of-another-version", |statement| {
            statement.version = "1.0.1".parse().unwrap();
        }),
        changed("a-statement-of-another-file", |statement| {
            statement.subjects[0].sha256 = pinfold_core::digest::file_digest(b"another");
        }),
        changed("a-statement-without-the-file", |statement| statement.subjects.clear()),
    ]
}

fn keysets() -> Vec<Case> {
    let mut rotated = World::new(0, 0, &["1.0.0"]);
    rotated.acme.rotate(&mut rotated.log, "acme-2");
    rotated.release("1.1.0");
    rotated.log.publish(T + 60);
    let (index, manifest) = rotated.releases[1].clone();
    let trust = rotated.trust();
    let head = rotated.log.heads.len() - 1;
    let fails = |file: &str, keysets: &[(u64, u64)]| {
        let parts = rotated.log.parts_with(index, head, keysets);
        Case::fails(file, Step::Keysets, &trust, parts.with_manifest(&manifest))
    };
    vec![
        fails("keysets-in-another-order", &[(3, 3), (0, 0)]),
        fails("keyset-2-alone", &[(3, 3)]),
        fails("keyset-1-twice", &[(0, 0), (3, 0)]),
        fails("a-keyset-in-force-before-it-was-logged", &[(0, 0), (2, 3)]),
        fails("a-keyset-in-force-later-than-the-rules-say", &[(0, 0), (4, 3)]),
        fails("a-release-among-the-keysets", &[(0, 0), (1, 1)]),
        copied_to_another_log(),
        keysets_of_another_claim(),
        keysets_of_another_namespace(),
    ]
}

/// All entries of a log stand in another one as well, whose own signatures are good.
fn copied_to_another_log() -> Case {
    let world = World::new(0, 0, &["1.0.0"]);
    let mut copy = TinyLog::new("other.example", 0, 0);
    for entry in &world.log.entries {
        copy.smuggle(entry);
    }
    for (key, value) in world.log.state.values() {
        copy.lie(key, value);
    }
    copy.publish(T);
    let (index, manifest) = &world.releases[0];
    let bundle = copy.parts_with(*index, 0, &[(0, 0)]).with_manifest(manifest);
    let trust = trust_in(&copy, &[("io.github.acme", world.acme.claim_id())]);
    Case::fails("entries-copied-to-another-log", Step::Keysets, &trust, bundle)
}

fn keysets_of_another_claim() -> Case {
    let mut world = World::new(0, 0, &["1.0.0"]);
    let other = Publisher::claim(&mut world.log, "io.github.other", "other");
    world.log.publish(T + 60);
    let (index, manifest) = &world.releases[0];
    let place = world.log.entries.len() as u64 - 2;
    assert_eq!(world.log.entries[place as usize].payload_digest(), other.claim_id());
    let parts = world.log.parts_with(*index, 1, &[(place, place)]);
    Case::fails("keysets-of-another-claim", Step::Keysets, &world.trust(), parts.with_manifest(manifest))
}

/// A release of a name under the claim of another namespace, as a log that lies would take it in.
fn keysets_of_another_namespace() -> Case {
    let mut world = World::new(0, 0, &[]);
    let manifest = manifest("io.github.other/demo", "1.0.0");
    let index = world.log.smuggle(&world.acme.release(&manifest, None));
    world.log.publish(T);
    let parts = world.log.parts_with(index, 0, &[(0, 0)]);
    let bundle = parts.with_manifest(manifest.as_bytes());
    Case::fails("a-release-outside-the-namespace-of-the-claim", Step::Keysets, &world.trust(), bundle)
}

fn keyset_signatures() -> Vec<Case> {
    let with_keyset = |file: &str, signed: fn(&Publisher) -> Entry| {
        let mut world = World::new(0, 0, &["1.0.0"]);
        world.log.smuggle(&signed(&world.acme));
        world.log.publish(T + 60);
        let (index, manifest) = &world.releases[0];
        let parts = world.log.parts_with(*index, 1, &[(0, 0), (3, 3)]);
        Case::fails(file, Step::KeysetSignatures, &world.trust(), parts.with_manifest(manifest))
    };
    vec![
        with_keyset("a-keyset-by-a-thief", |acme| {
            Entry::sign(acme.next_keyset("thief"), &[&key("thief")]).unwrap()
        }),
        with_keyset("a-keyset-that-the-new-key-did-not-sign", |acme| {
            Entry::sign(acme.next_keyset("acme-2"), &[&key("acme")]).unwrap()
        }),
        with_keyset("a-keyset-with-a-stranger-s-signature", |acme| {
            Entry::sign(acme.next_keyset("acme-2"), &[&key("acme"), &key("acme-2"), &key("x")]).unwrap()
        }),
        with_keyset("a-keyset-with-a-signature-of-another-one", |acme| {
            let good = Entry::sign(acme.next_keyset("acme-2"), &[&key("acme"), &key("acme-2")]).unwrap();
            let roles = |word: &str, roles| KeysetKey { key: key(word).public_key(), roles };
            let keys = vec![roles("acme-2", Roles::Root), roles("acme-3", Roles::Release)];
            Entry::assemble(acme.next_with(keys, 1), good.signatures().to_vec()).unwrap()
        }),
    ]
}
