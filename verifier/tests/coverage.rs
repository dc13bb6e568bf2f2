//! How a verified release stands to live objects (spec/signed-servers.md, *Coverage*).
#![allow(clippy::unwrap_used)]

mod cases;
mod tiny_log;

use std::collections::BTreeMap;

use cases::{NAME, T, trust_in};
use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::manifest::{Capture, CapturedObject, Manifest};
use pinfold_core::pins::UnixSeconds;
use pinfold_core::surface::read_object;
use pinfold_core::volatile::{Passed, Rule, RuleKind};
use pinfold_verifier::release::{Coverage, Marks, Question, Release, Requirements, Verified, verify};
use tiny_log::{Publisher, TinyLog};

const CLOCK: &str =
    r#"{"description":"At 2026-11-25T10:00:00Z.","inputSchema":{"type":"object"},"name":"clock"}"#;
const LOOK: &str = r#"{"description":"Look.","inputSchema":{"type":"object"},"name":"look"}"#;

fn digest(object: &str) -> Digest {
    read_object(ObjectKind::Tool, object.as_bytes()).unwrap().digest
}

/// A release of both tools, of which the time of one may vary.
fn release() -> Verified<Release> {
    let objects = [CLOCK, LOOK].map(|tool| CapturedObject { kind: ObjectKind::Tool, bytes: tool.into() });
    let capture = Capture {
        capabilities: Vec::new(),
        era: "2025-11-25".to_owned(),
        variables: Vec::new(),
        objects: objects.into(),
    };
    let rule = Rule { pointer: "/description".to_owned(), start: 3, end: 23, kind: RuleKind::DateTime };
    let rules = BTreeMap::from([(digest(CLOCK), vec![rule])]);
    let (name, version) = (NAME.parse().unwrap(), "1.0.0".parse().unwrap());
    let manifest = Manifest::build_with_rules(&name, &version, &[], &[], &[capture], &rules).unwrap();
    let mut log = TinyLog::new("log.example", 3, 2);
    let publisher = Publisher::claim(&mut log, name.namespace().as_str(), "acme");
    let index = log.submit(&publisher.release(&manifest, None));
    log.publish(T);
    let question = Question {
        trust: &trust_in(&log, &[(name.namespace().as_str(), publisher.claim_id())]),
        marks: &Marks::default(),
        requirements: Requirements::default(),
        now: UnixSeconds(T + 100),
        expected_name: None,
        pinned: None,
        consistency: None,
    };
    verify(&log.bundle(index, manifest.as_bytes()), &question).into_outcome().unwrap()
}

#[test]
fn a_release_has_what_its_rules_make_equal() {
    let release = release();
    let coverage = |kind, name: &str, object: &str| {
        release.coverage(kind, name, &digest(object), object.as_bytes(), &Passed::default())
    };
    let tool = |name, object: &str| coverage(ObjectKind::Tool, name, object);
    assert_eq!(tool("look", LOOK), Coverage::Same);
    assert_eq!(tool("clock", CLOCK), Coverage::Same);
    let later = CLOCK.replace("10:00:00", "11:30:59");
    assert_eq!(tool("clock", &later), Coverage::Same, "the time may vary");
    assert_eq!(tool("clock", &CLOCK.replace("10:00:00", "a word!!")), Coverage::Other);
    assert_eq!(tool("clock", &later.replace("At", "Send it at")), Coverage::Other);
    assert_eq!(tool("look", &LOOK.replace("Look.", "Look!")), Coverage::Other);
    assert_eq!(tool("look", CLOCK), Coverage::Other, "a digest counts under its own name");
    assert_eq!(tool("Look", LOOK), Coverage::Absent);
    assert_eq!(coverage(ObjectKind::Prompt, "look", LOOK), Coverage::Absent);
}
