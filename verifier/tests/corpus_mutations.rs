//! Every value of every object of a server is part of what is approved: changed, removed or joined by another one, the
//! object is held. Written in another way, it passes.
//!
//! The objects are those of `fixtures/` and, where the data folder is present, of every real server there. Each is
//! taken once, in however many versions of a server it stands.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

#[path = "../../core/tests/support/mod.rs"]
mod support;

mod mutate;
mod world;

use std::collections::BTreeSet;
use std::path::PathBuf;

use mutate::{Mutation, mutations, rewritten};
use pinfold_core::diff;
use pinfold_core::digest::{ObjectKind, object_digest};
use pinfold_core::json::{self, ReadLimits, Value};
use pinfold_core::surface::{self, Received};
use support::{data_folder, files_of, repository};
use world::World;

const LISTS: [(&str, ObjectKind); 3] = [
    ("tools", ObjectKind::Tool),
    ("prompts", ObjectKind::Prompt),
    ("resourceTemplates", ObjectKind::ResourceTemplate),
];

/// Objects up to this size go the whole way for every mutation: bytes, reader, decision, comparison. Of larger ones every
/// mutation is hashed, and every fiftieth goes the whole way.
const WHOLE_WAY_BYTES: usize = 2 << 10;
const WHOLE_WAY_SAMPLE: usize = 50;

/// Of objects above this size (a handful in the corpus) every value is changed, and of removals and additions every
/// twentieth is made, for the sake of time.
const EVERY_MUTATION_BYTES: usize = 16 << 10;
const MUTATION_SAMPLE: usize = 20;

/// One listing of one server.
struct Listing {
    from: String,
    kind: ObjectKind,
    objects: Vec<Vec<u8>>,
}

#[test]
fn every_mutation_of_every_value_is_held() {
    let objects = distinct_objects();
    let half = objects.len() / 2;
    let (one, other) = std::thread::scope(|scope| {
        let other = scope.spawn(|| mutate_all(&objects[half..]));
        (mutate_all(&objects[..half]), other.join().unwrap())
    });
    let (held, whole_way) = (one.0 + other.0, one.1 + other.1);
    println!(
        "{} objects, {held} mutations, all held ({whole_way} of them from bytes to reason)",
        objects.len()
    );
    assert!(held >= 1_300, "the fixtures alone have more");
}

fn mutate_all(objects: &[(ObjectKind, Vec<u8>)]) -> (usize, usize) {
    let (mut held, mut whole_way) = (0, 0);
    for (kind, bytes) in objects {
        let mut value = json::read(bytes, &ReadLimits::LISTING).unwrap().into_owned();
        let approved = object_digest(*kind, &value);
        let mut world = World { kind: *kind, ..World::default() };
        let original = surface::read_object(*kind, bytes).unwrap();
        assert_eq!((original.digest, &original.fault), (approved, &None));
        world.approve(std::slice::from_ref(&original));
        world.start();
        for (count, mutation) in mutations(&value).into_iter().enumerate() {
            if bytes.len() > EVERY_MUTATION_BYTES && !mutation.is_change() && count % MUTATION_SAMPLE != 0 {
                continue;
            }
            let undo = mutation.apply(&mut value);
            if bytes.len() <= WHOLE_WAY_BYTES || count % WHOLE_WAY_SAMPLE == 0 {
                is_held(&mut world, &original, &json::canonical(&value), &mutation);
                whole_way += 1;
            } else {
                assert_ne!(object_digest(*kind, &value), approved, "{mutation:?} of {}", original.name);
            }
            held += 1;
            mutation.undo(&mut value, undo);
        }
        assert_eq!(object_digest(*kind, &value), approved, "every mutation was undone");
    }
    (held, whole_way)
}

fn is_held(world: &mut World, original: &Received, mutated: &[u8], mutation: &Mutation) {
    let told = || format!("{mutation:?} of {}", original.name);
    let received = surface::read_object(world.kind, mutated).unwrap();
    let verdict = world.judge(vec![received]);
    assert_eq!(verdict.released, [], "{}", told());
    let held = &verdict.held[0];
    let is_change = diff::BY_DANGER.contains(&held.hold.reason);
    if held.name != original.name {
        // The name itself was mutated: another name, none, or one that looks alike.
        assert!(mutation.pointer.len() <= "/uriTemplate".len(), "{}: {:?}", told(), held.hold);
        return;
    }
    assert!(is_change || held.fault.is_some(), "{}: {:?}", told(), held.hold);
    if held.fault.is_some() {
        return;
    }
    assert_eq!(held.hold.compared_with, Some(original.digest), "{}", told());
    // The general reason, which has no place, is for old objects that are not at hand.
    assert_ne!(held.hold.pointer, "", "{}", told());
    let place = before_first_index(&mutation.pointer);
    let at = &held.hold.pointer;
    assert!(at.starts_with(place) || place.starts_with(at.as_str()), "{}: told at {at}", told());
}

/// Where the elements of a list are told apart by what they are, a mutation of one can show at another one.
fn before_first_index(pointer: &str) -> &str {
    let is_index = |token: &str| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
    let mut end = 0;
    for token in pointer.split('/').skip(1) {
        if is_index(token) {
            break;
        }
        end += 1 + token.len();
    }
    pointer[..end].rsplit_once('/').map_or("", |(parent, _)| parent)
}

#[test]
fn nothing_that_is_only_written_otherwise_is_held() {
    let (mut count, mut listings) = (0, 0);
    for listing in listings_of_all_servers() {
        if listing.objects.is_empty() || !names_are_distinct(&listing) {
            continue;
        }
        let received: Vec<Received> = received(&listing, &listing.objects);
        let mut world = World { kind: listing.kind, ..World::default() };
        world.approve(&received);
        world.start();
        let values: Vec<Value<'_>> =
            listing.objects.iter().map(|bytes| json::read(bytes, &ReadLimits::LISTING).unwrap()).collect();
        for style in mutate::Style::ALL {
            let mut written: Vec<Vec<u8>> = values.iter().map(|value| rewritten(value, style)).collect();
            written.reverse();
            let verdict = world.judge(self::received(&listing, &written));
            assert_eq!(verdict.held, [], "{} {style:?}", listing.from);
            assert_eq!((verdict.missing, verdict.server_hold), (Vec::new(), None), "{}", listing.from);
            let released: Vec<Vec<u8>> =
                verdict.released.iter().map(|object| object.bytes().to_vec()).collect();
            assert_eq!(released, written, "{} {style:?}: byte for byte, in the order given", listing.from);
            count += written.len();
        }
        listings += 1;
    }
    println!("{listings} listings, {count} objects written in other ways, no alarm");
    assert!(count >= 21 * mutate::Style::ALL.len());
}

#[test]
fn the_fixtures_have_every_member_of_the_protocol() {
    let bytes = std::fs::read(fixtures()).unwrap();
    let server = json::read(&bytes, &ReadLimits::LISTING).unwrap();
    let mut members = BTreeSet::new();
    for tool in server.get("tools").and_then(Value::as_array).unwrap() {
        members.extend(tool.as_object().unwrap().iter().map(|member| member.name.clone().into_owned()));
    }
    for member in [
        "name",
        "title",
        "description",
        "inputSchema",
        "outputSchema",
        "annotations",
        "icons",
        "execution",
        "_meta",
        "x-vendor",
    ] {
        assert!(members.contains(member), "no tool has {member}");
    }
}

/// Every object once, tools first.
fn distinct_objects() -> Vec<(ObjectKind, Vec<u8>)> {
    let mut seen = BTreeSet::new();
    let mut objects = Vec::new();
    for listing in listings_of_all_servers() {
        for bytes in listing.objects {
            let value = json::read(&bytes, &ReadLimits::LISTING).unwrap();
            if seen.insert(object_digest(listing.kind, &value)) {
                objects.push((listing.kind, bytes));
            }
        }
    }
    // Two threads share the work: a deal in turn gives both about the same.
    let (even, odd): (Vec<_>, Vec<_>) =
        objects.into_iter().enumerate().partition(|(index, _)| index % 2 == 0);
    even.into_iter().chain(odd).map(|(_, object)| object).collect()
}

fn listings_of_all_servers() -> Vec<Listing> {
    let mut files = vec![fixtures()];
    if let Some(folder) = data_folder("corpus") {
        files.extend(
            files_of(&folder).into_iter().filter(|file| file.extension().is_some_and(|e| e == "json")),
        );
    }
    let mut listings = Vec::new();
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        let server = json::read(&bytes, &ReadLimits::LISTING).unwrap();
        for (member, kind) in LISTS {
            let Some(list) = server.get(member) else { continue };
            let Some(list) = list.as_array().or_else(|| list.get(member)?.as_array()) else { continue };
            let objects = list.iter().map(|object| object.slice(&bytes).to_vec()).collect();
            listings.push(Listing { from: format!("{} {member}", file.display()), kind, objects });
        }
    }
    listings
}

fn received(listing: &Listing, objects: &[Vec<u8>]) -> Vec<Received> {
    let objects = objects.iter().enumerate();
    objects
        .map(|(index, bytes)| surface::read_object(listing.kind, bytes).unwrap().with_index_after(index))
        .collect()
}

/// Some files of the corpus join listings of several starts.
fn names_are_distinct(listing: &Listing) -> bool {
    let mut names = BTreeSet::new();
    received(listing, &listing.objects).into_iter().all(|object| names.insert(object.name))
}

fn fixtures() -> PathBuf {
    repository().join("verifier/tests/fixtures/server.json")
}
