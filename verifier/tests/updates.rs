//! The vectors of `spec/updates.md`, and that what is not signed never passes.
#![allow(clippy::unwrap_used)]

mod published;
#[path = "../../core/tests/support/mod.rs"]
mod support;
mod tiny_log;
mod world;

use std::collections::BTreeSet;

use pinfold_core::digest::{Digest, ObjectKind, object_digest};
use pinfold_core::findings::Server;
use pinfold_core::json::{self, ReadLimits, Value};
use pinfold_core::name::Label;
use pinfold_core::pins::{Approval, Decision, Publication};
use pinfold_core::surface::{Received, read_object};
use pinfold_verifier::arguments::ArgumentCheck;
use pinfold_verifier::policy::{Policy, Prose, UpdatePolicy, Updates};
use pinfold_verifier::release::{Release, Verified};
use pinfold_verifier::update::{Asked, Outcome, Plan, Terms, plan};
use published::Published;
use support::{Vector, vectors};
use world::World;

#[test]
fn updates_are_judged_as_the_specification_says() {
    let (mut reasons, mut wrong) = (BTreeSet::new(), String::new());
    for mut vector in vectors("updates") {
        match vector.take("decides").as_deref() {
            Some("arguments") => closed_arguments(&mut vector),
            Some("listing") => listing(&mut vector, &mut wrong),
            Some(other) => panic!("{}: decides {other}", vector.file),
            None => reasons.extend(update(&mut vector, &mut wrong)),
        }
        vector.finish();
    }
    assert!(wrong.is_empty(), "{wrong}");
    let all = [
        "passes",
        "policy-asks",
        "unsigned",
        "other-claim",
        "other-log",
        "other-name",
        "history-cut",
        "recovered",
        "sequence-lower",
        "version-not-higher",
        "version-unordered",
        "no-witnesses",
        "not-fresh",
        "superseded",
        "too-young",
        "approved",
        "let-through",
        "kept-words",
        "kept-words-closed",
        "waits-unseen",
        "not-published",
        "rejected",
        "returned",
        "new",
        "looks-alike",
        "base-not-at-hand",
        "words",
        "speaks-of-others",
        "hidden-text",
        "parameter",
        "open-parameters",
        "schema",
        "dialect",
        "unenforced",
        "annotation",
        "outputs",
        "value",
        "other",
    ];
    let missing: Vec<_> = all.iter().filter(|one| !reasons.contains(**one)).collect();
    assert!(missing.is_empty(), "no vector ends in {missing:?}");
    assert_eq!(reasons.len(), all.len(), "{reasons:?}");
}

/// Judges one vector; everything that came out.
fn update(vector: &mut Vector, wrong: &mut String) -> Vec<String> {
    let file = vector.file.clone();
    let input = vector.input.clone();
    let document = json::read(&input, &ReadLimits::LISTING).unwrap();
    let published = publication(&document, &input);
    let (release, claim) = published.verified();
    let mut world = World::default();
    if let Some(publisher) = document.get("publisher") {
        signed_before(&mut world, said(publisher, &claim));
    }
    let world = world.and(&document, &input);
    let others = offers(&document, &input);
    let others: Vec<Server<'_>> = others.iter().map(|(label, objects)| Server { label, objects }).collect();
    let policy = policy(&vector.need("policy"));
    let plan = judged(&release, &world, &policy, &others);
    let whole = plan.refused().map_or("passes", |rule| rule.as_str());
    let mut told: Vec<(String, &str)> = Vec::new();
    for (kind, object) in published.objects.iter().cloned().chain(objects(&document, "live", &input)) {
        let object = read_object(kind, &object).unwrap();
        assert_eq!(object.fault, None, "{file}");
        let outcome = plan.outcome(kind, &object.name, &object.digest);
        if let Outcome::LetThrough { base } | Outcome::KeptWords { base, .. } = outcome {
            assert!(base != object.digest, "{file}: what is approved needs no update");
        }
        told.push((object.name, named(outcome)));
    }
    let each = told.iter().map(|(name, outcome)| format!("{name} {outcome}"));
    let last = told.last().map_or(whole, |(_, outcome)| outcome);
    let found = [whole.to_owned(), each.collect::<Vec<_>>().join("; "), last.to_owned()];
    let stated = [vector.need("release"), vector.take("objects").unwrap_or_default(), vector.need("expect")];
    if stated != found {
        wrong.push_str(&format!("{file}: {found:?}, not {stated:?}\n"));
    }
    told.iter().map(|(_, outcome)| *outcome).chain([whole]).map(str::to_owned).collect()
}

/// Judges the listing of a process in which the release of a vector passes as the policy says.
fn listing(vector: &mut Vector, wrong: &mut String) {
    let (file, input, expected) = (vector.file.clone(), vector.input.clone(), vector.need("expect"));
    let document = json::read(&input, &ReadLimits::LISTING).unwrap();
    let (release, claim) = publication(&document, &input).verified();
    let policy = policy(&vector.need("policy"));
    let mut world = World::default();
    if let Some(publisher) = document.get("publisher") {
        signed_before(&mut world, said(publisher, &claim));
    }
    let mut world =
        world.and_passing(&document, &input, |world| judged(&release, world, &policy, &[]).passing());
    let listed = document.get("listing").unwrap();
    let verdict = world.decide(listed, &input);
    let listed = listed.as_array().unwrap();
    let (mut given, mut kept) = (Vec::new(), Vec::new());
    for object in &verdict.released {
        let in_hand = read_object(object.kind(), object.bytes()).unwrap();
        let as_received = &**object.bytes() == listed[object.index()].slice(&input);
        assert_eq!(object.keeps_words(), !as_received, "{file}");
        assert_eq!(in_hand.digest, object.digest(), "{file}: what is given is what it counts as");
        assert_eq!(object.bytes(), object.pinned_bytes(), "{file}: and calls are checked by it");
        given.push(object.name().to_owned());
        if object.keeps_words() {
            kept.push(format!("{}{}", object.name(), if object.is_closed() { " closed" } else { "" }));
        }
    }
    let held: Vec<String> = verdict
        .held
        .iter()
        .map(|held| format!("{} {} {}", held.name, held.hold.reason, held.hold.pointer).trim_end().to_owned())
        .collect();
    let unseen: Vec<&str> = verdict.unseen.iter().map(|object| &*object.name).collect();
    for (header, found) in [
        ("given", given.join(" ")),
        ("kept", kept.join("; ")),
        ("unseen", unseen.join(" ")),
        ("held", held.join("; ")),
    ] {
        let stated = vector.take(header).unwrap_or_default();
        if found != stated {
            wrong.push_str(&format!("{file}: {header} {found:?}, not {stated:?}\n"));
        }
    }
    let code = verdict.held.first().map_or("ok", |held| held.hold.reason.as_str());
    if code != expected {
        wrong.push_str(&format!("{file}: {code}, not {expected}\n"));
    }
    assert_eq!(given.len() + held.len() + unseen.len(), listed.len(), "{file}: nothing is dropped");
    assert_eq!(
        world.decide(document.get("listing").unwrap(), &input),
        verdict,
        "{file}: it is the same again"
    );
}

fn named(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Asks(asked) => asked.as_str(),
        _ => outcome.as_str(),
    }
}

fn judged(release: &Verified<Release>, world: &World, policy: &UpdatePolicy, others: &[Server<'_>]) -> Plan {
    let pins = world.pins.label(&world::label()).unwrap();
    plan(release, &Terms { pins, policy, memory: &world.memory, others })
}

/// Approves something by a release, so that the label has a publisher.
fn signed_before(world: &mut World, publication: Publication) {
    let object = read_object(ObjectKind::Prompt, br#"{"name":"signed-before"}"#).unwrap();
    let approval = Approval {
        kind: object.kind,
        name: object.name,
        digest: object.digest,
        replaces: None,
        rules: Vec::new(),
    };
    let (label, claim) = (world::label(), Some(publication));
    world.decide_on(Decision::SurfaceApproved { label, claim, objects: vec![approval] });
}

fn policy(words: &str) -> UpdatePolicy {
    let mut text = "version = 1\n[defaults]\n".to_owned();
    for word in words.split(' ') {
        text.push_str(&match word.split_once('=') {
            None => format!("updates = \"{word}\"\n"),
            Some((member, value)) => format!("{} = \"{value}\"\n", member.replace('-', "_")),
        });
    }
    Policy::parse(&text).unwrap().for_label(&Label::parse("demo").unwrap()).updates
}

fn publication(document: &Value<'_>, input: &[u8]) -> Published {
    let release = document.get("release").unwrap();
    let text = |member| release.get(member).and_then(Value::as_str).unwrap().to_owned();
    let number = |member| release.get(member).and_then(Value::as_uint);
    let truth = |member| release.get(member).and_then(Value::as_bool);
    Published {
        claim: text("claim"),
        name: text("name").parse().unwrap(),
        origin: text("origin"),
        sequence: number("sequence").unwrap(),
        version: text("version"),
        newest: number("newest").or(number("sequence")).unwrap(),
        age_seconds: number("age").unwrap(),
        is_fresh: release.get("head").is_none_or(|head| head.as_str() == Some("fresh")),
        has_witnesses: truth("witnesses").unwrap_or(true),
        is_recovered: truth("recovered").unwrap_or(false),
        objects: of_kind(release, "objects", kind(document), input),
    }
}

fn said(publisher: &Value<'_>, claim: &impl Fn(&str) -> Digest) -> Publication {
    let text = |member| publisher.get(member).and_then(Value::as_str).unwrap();
    let number = |member| publisher.get(member).and_then(Value::as_uint).unwrap();
    Publication {
        claim: claim(text("claim")),
        history: number("history"),
        name: text("name").parse().unwrap(),
        origin: text("origin").parse().unwrap(),
        replaces: None,
        sequence: number("sequence"),
        version: text("version").parse().unwrap(),
    }
}

fn kind(document: &Value<'_>) -> ObjectKind {
    document.get("kind").map_or(ObjectKind::Tool, |kind| kind.as_str().unwrap().parse().unwrap())
}

fn objects(document: &Value<'_>, member: &str, input: &[u8]) -> Vec<(ObjectKind, Vec<u8>)> {
    of_kind(document, member, kind(document), input)
}

fn of_kind(value: &Value<'_>, member: &str, kind: ObjectKind, input: &[u8]) -> Vec<(ObjectKind, Vec<u8>)> {
    let list = value.get(member).and_then(Value::as_array).unwrap_or_default();
    list.iter().map(|object| (kind, object.slice(input).to_vec())).collect()
}

fn offers(document: &Value<'_>, input: &[u8]) -> Vec<(String, Vec<Received>)> {
    let labels = document.get("others").and_then(Value::as_object).unwrap_or_default();
    let tools = |list: &Value<'_>| {
        let list = list.as_array().unwrap().iter();
        list.map(|tool| read_object(ObjectKind::Tool, tool.slice(input)).unwrap()).collect::<Vec<_>>()
    };
    labels.iter().map(|label| (label.name.clone().into_owned(), tools(&label.value))).collect()
}

fn closed_arguments(vector: &mut Vector) {
    let (expected, input) = (vector.need("expect"), vector.input.clone());
    let document = json::read(&input, &ReadLimits::LISTING).unwrap();
    let tool = document.get("tool").unwrap().slice(&input);
    let check = ArgumentCheck::compile(tool).0.closed(tool);
    match check.check(document.get("arguments").map(|value| value.slice(&input))) {
        Ok(()) => assert_eq!("ok", expected, "{}", vector.file),
        Err(fault) => {
            assert_eq!("ARGUMENTS_INVALID", expected, "{}: {fault:?}", vector.file);
            assert_eq!(fault.pointer, vector.take("at").unwrap_or_default(), "{}", vector.file);
            assert_eq!(fault.expected, vector.need("wants"), "{}", vector.file);
        }
    }
}

/// All policies, from the one that asks about everything on.
fn policies() -> Vec<UpdatePolicy> {
    let base = UpdatePolicy::default();
    let updates = [Updates::Ask, Updates::Signed, Updates::ApprovedWords];
    let all = updates.iter().flat_map(|updates| {
        [Prose::Ask, Prose::Allow].map(|prose| UpdatePolicy { updates: *updates, prose, ..base })
    });
    all.collect()
}

/// Under every policy, with a good release at hand, words that the release does not have ask; and the outcome of an
/// object depends on nothing that stands beside it in the release.
#[test]
fn no_change_that_is_not_published_passes() {
    let tool = |name: &str, words: &str| {
        format!(r#"{{"name":"{name}","description":"{words}","inputSchema":{{"type":"object"}}}}"#)
            .into_bytes()
    };
    let approved: Vec<Vec<u8>> = ["one", "two", "three"].map(|name| tool(name, "As approved.")).into();
    let changed: Vec<(ObjectKind, Vec<u8>)> = vec![
        (ObjectKind::Tool, tool("one", "As  approved.")),
        (ObjectKind::Tool, tool("two", "Other words.")),
        (ObjectKind::Tool, tool("four", "New.")),
        (ObjectKind::Tool, approved[2].clone()),
    ];
    let mut world = World::default();
    let objects: Vec<Received> =
        approved.iter().map(|bytes| read_object(ObjectKind::Tool, bytes).unwrap()).collect();
    world.approve(&objects);
    let (release, claim) = Published::second(changed.clone()).verified();
    signed_before(&mut world, Published::second(Vec::new()).first(claim("acme")));
    let unsigned = ["one", "two", "three", "four", "five"].map(|name| tool(name, "Nobody signed this."));
    for policy in policies() {
        let plan = judged(&release, &world, &policy, &[]);
        for bytes in &unsigned {
            let live = read_object(ObjectKind::Tool, bytes).unwrap();
            let outcome = plan.outcome(live.kind, &live.name, &live.digest);
            assert_eq!(outcome, Outcome::Asks(Asked::NotPublished), "{policy:?} {}", live.name);
            assert_eq!(plan.outcome(ObjectKind::Prompt, &live.name, &live.digest), outcome);
        }
        // A name of its own is part of what was signed: the same digest under another name is nobody's.
        let one = object_digest(ObjectKind::Tool, &json::read(&changed[0].1, &ReadLimits::LISTING).unwrap());
        assert_eq!(plan.outcome(ObjectKind::Tool, "two", &one), Outcome::Asks(Asked::NotPublished));
        assert_eq!(
            Plan::without_release().outcome(ObjectKind::Tool, "one", &one),
            Outcome::Asks(Asked::NotPublished)
        );
        // Each object alone, and all in the opposite order, come out as they do together.
        let mut reversed = changed.clone();
        reversed.reverse();
        let alone = changed.iter().map(|object| vec![object.clone()]);
        for objects in alone.chain([reversed]) {
            let other = judged(&Published::second(objects).verified().0, &world, &policy, &[]);
            for (kind, name, digest, outcome) in other.objects() {
                assert_eq!(outcome, plan.outcome(kind, name, digest), "{policy:?} {name}");
            }
        }
    }
}
