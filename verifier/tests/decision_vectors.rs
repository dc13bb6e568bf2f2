//! The vectors of `spec/decision.md` and `spec/policy.md`.
#![allow(clippy::unwrap_used)]

#[path = "../../core/tests/support/mod.rs"]
mod support;

mod world;

use std::sync::Arc;

use pinfold_core::digest::ObjectKind;
use pinfold_core::json::{self, ReadLimits, Value};
use pinfold_core::name::Label;
use pinfold_core::surface;
use pinfold_core::volatile::{Rule, RuleKind};
use pinfold_verifier::arguments::ArgumentCheck;
use pinfold_verifier::listing::{
    HandshakeVerdict, HeldObject, Instructions, ListingVerdict, ServerWords, judge_handshake, judge_listing,
};
use pinfold_verifier::policy::{Policy, ToolList, ToolPattern, UpdatePolicy};
use support::{Vector, vectors};
use world::World;

#[test]
fn listings_handshakes_and_arguments_are_decided_as_the_specification_says() {
    for mut vector in vectors("decision") {
        match vector.need("decides").as_str() {
            "listing" => listing(&mut vector),
            "handshake" => handshake(&mut vector),
            "arguments" => arguments(&mut vector),
            other => panic!("{}: decides {other}", vector.file),
        }
        vector.finish();
    }
}

#[test]
fn policies_are_read_as_the_specification_says() {
    for mut vector in vectors("policy") {
        let expected = vector.need("expect");
        let text = String::from_utf8(vector.input.clone()).unwrap();
        match Policy::parse(&text) {
            Ok(policy) => {
                assert_eq!("ok", expected, "{}", vector.file);
                for label in ["demo", "other"] {
                    let of = policy.for_label(&Label::parse(label).unwrap());
                    let [elicitation, sampling, roots] =
                        [of.elicitation.as_str(), of.sampling.as_str(), of.roots.as_str()];
                    for (header, found) in [
                        (label.to_owned(), format!("{elicitation} {sampling} {roots}")),
                        (format!("{label}-start"), of.start.as_str().to_owned()),
                        (format!("{label}-updates"), updates(&of.updates)),
                        (format!("{label}-deny"), patterns(&of.deny)),
                        (format!("{label}-confirm"), patterns(&of.confirm)),
                    ] {
                        let Some(stated) = vector.take(&header) else { continue };
                        assert_eq!(found, stated, "{}: {header}", vector.file);
                    }
                }
                if let Some(stated) = vector.take("command") {
                    let (program, arguments) = policy.notify_command().unwrap();
                    assert_eq!([&[program.to_owned()], arguments].concat().join(" "), stated);
                }
                if let Some(stated) = vector.take("locks") {
                    let locks: Vec<_> = policy.locks().map(ToString::to_string).collect();
                    assert_eq!(locks, [format!("sha256:{stated}")], "{}", vector.file);
                    assert!(locks.iter().all(|lock| policy.names_lock(&lock.parse().unwrap())));
                }
                if let Some(stated) = vector.take("desktop") {
                    assert_eq!(policy.notify_desktop().to_string(), stated, "{}", vector.file);
                }
            }
            Err(error) => {
                assert_eq!(error.refusal.as_str(), expected, "{}: {error}", vector.file);
                let place = format!("{}:{}", error.line, error.column);
                assert_eq!(place, vector.need("at"), "{}: {error}", vector.file);
            }
        }
        vector.finish();
    }
}

fn updates(of: &UpdatePolicy) -> String {
    format!("{} {} {}", of.updates.as_str(), of.prose.as_str(), of.min_age)
}

fn patterns(list: &ToolList) -> String {
    list.patterns().map(ToolPattern::as_str).collect::<Vec<_>>().join(" ")
}

fn listing(vector: &mut Vector) {
    let expected = vector.need("expect");
    let input = vector.input.clone();
    let document = json::read(&input, &ReadLimits::LISTING).unwrap();
    let mut world = World::read(&document, &input);
    let verdict = world.decide(document.get("listing").unwrap(), &input);
    assert_eq!(outcome(&verdict), expected, "{}", vector.file);
    let released: Vec<&str> = verdict.released.iter().map(|object| object.name()).collect();
    assert_eq!(released.join(" "), vector.take("released").unwrap_or_default(), "{}", vector.file);
    let held: Vec<String> = verdict.held.iter().map(told).collect();
    assert_eq!(held.join("; "), vector.take("held").unwrap_or_default(), "{}", vector.file);
    assert_eq!(verdict.missing.join(" "), vector.take("missing").unwrap_or_default(), "{}", vector.file);
    let server = verdict.server_hold.as_ref().map(|hold| format!("{} {}", hold.reason, hold.pointer));
    assert_eq!(server, vector.take("server"), "{}", vector.file);
    if let Some(name) = vector.take("compared") {
        let base = world.base(document.get("base").unwrap());
        let held = verdict.held.iter().find(|held| held.name == name).unwrap();
        assert_eq!(held.hold.compared_with, Some(base), "{}", vector.file);
    }
    if let Some(name) = vector.take("counts-as") {
        let base = world.base(document.get("base").unwrap());
        let released = verdict.released.iter().find(|released| released.name() == name).unwrap();
        assert_eq!(released.digest(), base, "{}", vector.file);
        let pinned = surface::read_object(released.kind(), released.pinned_bytes()).unwrap();
        assert_eq!(pinned.digest, base, "{}: calls are checked by what was approved", vector.file);
    }
    bytes_are_as_received(&verdict, &document, &input, &vector.file);
    let again = world.decide(document.get("listing").unwrap(), &input);
    assert_eq!(again, verdict, "{}: the second decision on one listing is the same", vector.file);
}

fn outcome(verdict: &ListingVerdict) -> String {
    let server = verdict.server_hold.as_ref().map(|hold| hold.reason);
    let object = verdict.held.first().map(|held| held.hold.reason);
    server.or(object).map_or("ok", |reason| reason.as_str()).to_owned()
}

fn told(held: &HeldObject) -> String {
    format!("{} {} {}", held.name, held.hold.reason, held.hold.pointer).trim_end().to_owned()
}

/// What goes to the client, and what a person is shown, is the very slice of the input.
fn bytes_are_as_received(verdict: &ListingVerdict, document: &Value<'_>, input: &[u8], file: &str) {
    let listing = document.get("listing").and_then(Value::as_array).unwrap();
    for object in &verdict.released {
        assert_eq!(&**object.bytes(), listing[object.index()].slice(input), "{file}");
    }
    let held = verdict.held.iter().map(|held| held.bytes.to_vec());
    let mut all: Vec<Vec<u8>> = held.chain(verdict.released.iter().map(|o| o.bytes().to_vec())).collect();
    let mut received: Vec<Vec<u8>> = listing.iter().map(|object| object.slice(input).to_vec()).collect();
    all.sort();
    received.sort();
    assert_eq!(all, received, "{file}: nothing is dropped in between");
}

fn handshake(vector: &mut Vector) {
    let expected = vector.need("expect");
    let input = vector.input.clone();
    let document = json::read(&input, &ReadLimits::LISTING).unwrap();
    let world = World::read(&document, &input);
    let handshake = document.get("handshake").unwrap().slice(&input);
    let handshake = pinfold_core::surface::read_handshake(handshake).unwrap();
    let HandshakeVerdict { instructions, server_words } =
        judge_handshake(&handshake, &world.approved, &world.memory, &world.passed);
    let instructions = match instructions {
        Instructions::Absent => "absent".to_owned(),
        Instructions::Verified(object) => format!("verified {}", object.name()),
        Instructions::Unseen => "unseen".to_owned(),
        Instructions::Hold(held) => told(&held),
    };
    let words = match server_words {
        ServerWords::Absent => "absent".to_owned(),
        ServerWords::Verified(object) => format!("verified {}", object.name()),
        ServerWords::Unseen => "unseen".to_owned(),
        ServerWords::LeftOut(held) => told(&held),
    };
    let codes = [&instructions, &words].map(|told| told.split(' ').nth(1).unwrap_or("ok").to_owned());
    let code = codes.iter().find(|code| code.contains('_')).map_or("ok", String::as_str);
    assert_eq!(code, expected, "{}", vector.file);
    assert_eq!(instructions, vector.need("instructions"), "{}", vector.file);
    assert_eq!(words, vector.need("words"), "{}", vector.file);
}

fn arguments(vector: &mut Vector) {
    let expected = vector.need("expect");
    let input = vector.input.clone();
    let document = json::read(&input, &ReadLimits::LISTING).unwrap();
    let (check, not_enforced) = ArgumentCheck::compile(document.get("tool").unwrap().slice(&input));
    let told: Vec<String> =
        not_enforced.iter().map(|part| format!("{} {:?}", part.pointer, part.why)).collect();
    assert_eq!(told.join("; "), vector.take("not-enforced").unwrap_or_default(), "{}", vector.file);
    // `arguments` is any value, `written` the text of one that the strict reader would refuse.
    let written = document.get("written").map(|text| text.as_str().unwrap().as_bytes());
    let arguments = written.or(document.get("arguments").map(|value| value.slice(&input)));
    match check.check(arguments) {
        Ok(()) => assert_eq!("ok", expected, "{}", vector.file),
        Err(fault) => {
            assert_eq!("ARGUMENTS_INVALID", expected, "{}: {fault:?}", vector.file);
            assert_eq!(fault.pointer, vector.take("at").unwrap_or_default(), "{}", vector.file);
            assert_eq!(fault.expected, vector.need("wants"), "{}", vector.file);
        }
    }
}

#[test]
fn a_kind_has_its_own_code_for_what_is_new() {
    let world = World::default();
    for (kind, member, code) in [
        (ObjectKind::Tool, "name", "TOOL_ADDED"),
        (ObjectKind::Prompt, "name", "PROMPT_ADDED"),
        (ObjectKind::ResourceTemplate, "uriTemplate", "TEMPLATE_ADDED"),
        (ObjectKind::Resource, "uri", "RESOURCE_ADDED"),
    ] {
        let bytes = format!(r#"{{"{member}":"a"}}"#);
        let received = pinfold_core::surface::read_object(kind, bytes.as_bytes()).unwrap();
        let session = &mut world.session.clone();
        let verdict =
            judge_listing(kind, vec![received], &world.approved, session, &world.memory, &world.passed);
        assert_eq!(outcome(&verdict), code);
    }
}

/// What the memory gives counts only if it has the digest that was approved.
#[test]
fn a_memory_that_lies_makes_nothing_equal() {
    let [pinned, live, other] = ["2026-01-01", "2026-01-02", "Never."]
        .map(|text| format!(r#"[{{"name":"day","description":"{text}"}}]"#));
    let [pinned, live, other] =
        [pinned, live, other].map(|list| world::received(ObjectKind::Tool, &list).remove(0));
    let rule = Rule { pointer: "/description".to_owned(), start: 0, end: 10, kind: RuleKind::Date };
    let mut world = World::default();
    world.approve_with(&pinned, vec![rule]);
    world.start();
    assert_eq!(outcome(&world.judge(vec![live.clone()])), "ok");
    for wrong in [&live, &other] {
        world.memory.objects.insert(pinned.digest, Arc::clone(&wrong.bytes));
        let verdict = world.judge(vec![live.clone()]);
        assert!(verdict.released.is_empty());
        assert_eq!(outcome(&verdict), "DESC_CHANGED");
    }
    world.memory.objects.clear();
    assert_eq!(outcome(&world.judge(vec![live])), "DESC_CHANGED");
}

/// A label that is forgotten keeps a running process as it is; the next one has nothing.
#[test]
fn a_forgotten_label_still_serves_the_process_that_runs() {
    let tool = r#"[{"name":"look"},{"name":"stay"}]"#;
    let objects = world::received(ObjectKind::Tool, tool);
    let mut world = World::default();
    world.approve(&objects);
    world.start();
    world.forget();
    world.renew();
    let verdict = world.judge(objects[..1].to_vec());
    assert_eq!((verdict.released.len(), verdict.held.len()), (1, 0));
    assert_eq!(verdict.missing, ["stay"]);
    let alike = world.judge(world::received(ObjectKind::Tool, r#"[{"name":"LOOK"}]"#));
    assert_eq!(outcome(&alike), "NAME_CONFUSABLE");
    world.start();
    let verdict = world.judge(objects);
    assert_eq!((verdict.released.len(), verdict.missing.len()), (0, 0));
    assert_eq!(outcome(&verdict), "TOOL_ADDED");
}
