//! Every change of every value of real definitions, published as an update: what is let through has nothing that the
//! approved definition does not have, by another measure than the one that decides.
//!
//! The definitions are those of `fixtures/`, schemas made for the purpose and, where the data folder is present, some of
//! every real server there.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod mutate;
mod power;
mod published;
#[path = "../../core/tests/support/mod.rs"]
mod support;
mod tiny_log;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::json::{self, Member, Node, ReadLimits, Span, Value, canonical};
use pinfold_core::pins::{Approval, Decision};
use pinfold_core::surface::{Received, read_object};
use pinfold_verifier::policy::{Prose, UpdatePolicy, Updates};
use pinfold_verifier::update::{Outcome, Terms, plan};
use published::Published;
use support::{data_folder, files_of, repository};
use world::World;

/// Objects of one name that one release can have, each under a condition of its own.
const A_RELEASE: usize = 64;
/// Bytes and number of the objects of one release.
const RELEASE_BYTES: usize = 3 << 20;
const RELEASE_OBJECTS: usize = 4_000;
/// Of the real definitions, those up to this size, and of these one in so many.
const REAL_BYTES: usize = 1 << 10;
const REAL_SAMPLE: usize = 150;

/// Schemas in which less in a part can be more in the whole.
const TURNING: &[&str] = &[
    r#"{"type":"object","properties":{"a":{"oneOf":[{"type":"string","maxLength":6},{"type":"string","minLength":4},{"type":"integer"}]}}}"#,
    r#"{"type":"object","properties":{"a":{"not":{"type":"integer","maximum":7}},"b":{"if":{"maximum":7},"then":{"multipleOf":2}}}}"#,
    r#"{"type":"object","properties":{"a":{"contains":{"type":"integer","maximum":7},"maxContains":1,"minContains":0}}}"#,
    r##"{"type":"object","properties":{"a":{"not":{"$ref":"#/$defs/N"}}},"$defs":{"N":{"type":"integer","maximum":7}}}"##,
    r#"{"type":"object","properties":{"ab":{"type":"integer"}},"patternProperties":{"^a":{}},"additionalProperties":false}"#,
    r#"{"type":"object","properties":{"a":{"anyOf":[{"properties":{"a":{"type":"integer"}}},{"required":["zz"]}],"unevaluatedProperties":false}}}"#,
    r#"{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"a":{"items":[{"type":"integer"}],"additionalItems":false}},"dependencies":{"a":["b"]}}"#,
    r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/N","maximum":4},"b":{"const":1}},"required":["b"],"$defs":{"N":{"type":"integer"}}}"##,
    r#"{"type":"object","properties":{"a":{"type":"integer","minimum":0,"maximum":7},"b":{"type":"array","items":{"type":"string","maxLength":6},"maxItems":1},"c":{"enum":["x",1,null]}},"additionalProperties":false,"required":["a"]}"#,
];

/// What is put into, or in the place of, every keyword of every schema.
const EDITS: &[(&str, &str)] = &[
    ("additionalProperties", "false"),
    ("additionalProperties", "{}"),
    ("allOf", r#"[{"maxLength":4}]"#),
    ("anyOf", r#"[{"type":"integer"}]"#),
    ("default", "1"),
    ("default", "null"),
    ("enum", "[1]"),
    ("format", "\"uri\""),
    ("items", "false"),
    ("maxItems", "0"),
    ("maxLength", "2"),
    ("maximum", "4"),
    ("minItems", "1"),
    ("minLength", "5"),
    ("minimum", "5"),
    ("multipleOf", "2"),
    ("not", "{}"),
    ("oneOf", r#"[{"maximum":4}]"#),
    ("properties", r#"{"a":false}"#),
    ("propertyNames", r#"{"maxLength":1}"#),
    ("required", "[]"),
    ("title", "\"A\""),
    ("type", "\"integer\""),
    ("type", r#"["integer","null"]"#),
    ("uniqueItems", "true"),
    ("$schema", "\"http://json-schema.org/draft-04/schema#\""),
    ("$schema", "\"http://json-schema.org/draft-06/schema#\""),
    ("$schema", "\"http://json-schema.org/draft-07/schema#\""),
    ("$schema", "\"https://json-schema.org/draft/2019-09/schema\""),
    ("$schema", "\"https://json-schema.org/draft/2020-12/schema\""),
];

#[test]
fn no_mutation_that_is_let_through_adds_anything() {
    let mut subjects = subjects();
    let total = subjects.len();
    let (mut let_through, mut kept, mut asked) = (0, 0, 0);
    while !subjects.is_empty() {
        let batch = batch(&mut subjects);
        for (kind, old, new, words, outcome) in judged(&batch) {
            match outcome {
                Outcome::LetThrough { .. } => {
                    let_through += 1;
                    let more = power::more(kind, &old, &new, words);
                    let [old, new] = [old, new].map(|bytes| String::from_utf8(bytes).unwrap());
                    assert_eq!(more, None, "words: {words}\n{old}\n{new}");
                }
                Outcome::KeptWords { closed, .. } => {
                    kept += 1;
                    let [before, after] =
                        [&old, &new].map(|bytes| json::read(bytes, &ReadLimits::LISTING).unwrap());
                    let outputs = |side: &Value<'_>| side.get("outputSchema").map(canonical);
                    assert_eq!(outputs(&before), outputs(&after), "outputs are never kept");
                    let (before, after) = (parameters(&before), parameters(&after));
                    assert_eq!(closed, !after.is_subset(&before), "closed where there is a parameter more");
                }
                _ => asked += 1,
            }
        }
    }
    println!(
        "{total} definitions: {let_through} changes let through, {kept} keep the approved words, {asked} asked"
    );
    assert!(let_through > 1_000 && kept > 500 && asked > 3_000, "{let_through} {kept} {asked}");
}

fn parameters(tool: &Value<'_>) -> BTreeSet<String> {
    let properties = tool.get("inputSchema").and_then(|schema| schema.get("properties"));
    let members = properties.and_then(Value::as_object).unwrap_or_default().iter();
    members.map(|member| member.name.to_string()).collect()
}

/// A definition and its changed versions.
struct Subject {
    object: Received,
    changed: Vec<Vec<u8>>,
}

/// Objects of names that differ, with as many of their changed versions as one release can have.
fn batch(subjects: &mut Vec<Subject>) -> Vec<Subject> {
    let (mut names, mut bytes, mut count, mut taken) = (BTreeSet::new(), 0, 0, Vec::new());
    for subject in subjects.iter_mut() {
        if bytes > RELEASE_BYTES
            || count + A_RELEASE > RELEASE_OBJECTS
            || !names.insert((subject.object.kind, subject.object.name.clone()))
        {
            continue;
        }
        let room = (RELEASE_BYTES - bytes.min(RELEASE_BYTES)) / (subject.object.bytes.len() + 200);
        let some = subject.changed.len().min(A_RELEASE).min(room.max(1));
        let changed: Vec<Vec<u8>> = subject.changed.drain(..some).collect();
        count += some;
        bytes += changed.iter().map(|one| one.len() + 200).sum::<usize>();
        taken.push(Subject { object: subject.object.clone(), changed });
    }
    subjects.retain(|subject| !subject.changed.is_empty());
    taken
}

type Judged = (ObjectKind, Vec<u8>, Vec<u8>, bool, Outcome);

/// All of them as one update, under the policies that let most pass: without and with words.
fn judged(batch: &[Subject]) -> Vec<Judged> {
    let objects: Vec<Received> = batch.iter().map(|subject| subject.object.clone()).collect();
    let changed = batch
        .iter()
        .flat_map(|subject| subject.changed.iter().map(|bytes| (subject.object.kind, bytes.clone())));
    let mut seen = BTreeSet::new();
    let published: BTreeMap<Digest, (ObjectKind, Vec<u8>)> = changed
        .filter_map(|(kind, bytes)| {
            let read = read_object(kind, &bytes).unwrap();
            seen.insert(read.digest).then_some((read.digest, (kind, bytes)))
        })
        .collect();
    let published = Published::second(published.into_values().collect());
    let (release, claim) = published.verified();
    let mut world = World::default();
    let approvals = objects.iter().map(|object| Approval {
        kind: object.kind,
        name: object.name.clone(),
        digest: object.digest,
        replaces: None,
        rules: Vec::new(),
    });
    let (label, claim) = (world::label(), Some(published.first(claim("acme"))));
    world.decide_on(Decision::SurfaceApproved { label, claim, objects: approvals.collect() });
    for object in &objects {
        world.memory.objects.insert(object.digest, object.bytes.clone());
    }
    let pins = world.pins.label(&world::label()).unwrap();
    let (mut all, mut passed) = (Vec::new(), BTreeSet::new());
    for prose in [Prose::Ask, Prose::Allow] {
        let policy = UpdatePolicy { updates: Updates::ApprovedWords, prose, ..UpdatePolicy::default() };
        let plan = plan(&release, &Terms { pins, policy: &policy, memory: &world.memory, others: &[] });
        assert_eq!(plan.refused(), None);
        for subject in batch {
            for new in &subject.changed {
                let read = read_object(subject.object.kind, new).unwrap();
                let outcome = plan.outcome(read.kind, &read.name, &read.digest);
                let passes = matches!(outcome, Outcome::LetThrough { .. });
                if passes && !passed.insert(read.digest) {
                    // It passed without words, which says more.
                    continue;
                }
                let old = subject.object.bytes.to_vec();
                all.push((read.kind, old, new.clone(), prose == Prose::Allow, outcome));
            }
        }
    }
    all
}

fn subjects() -> Vec<Subject> {
    let turning = TURNING.iter().enumerate().map(|(number, schema)| {
        let tool = format!(r#"{{"name":"turning-{number}","description":"Turn.","inputSchema":{schema}}}"#);
        read_object(ObjectKind::Tool, tool.as_bytes()).unwrap()
    });
    let objects = turning.chain(listed(&repository().join("verifier/tests/fixtures/server.json"), 1));
    let mut objects: Vec<Received> = objects.collect();
    if let Some(folder) = data_folder("corpus") {
        let files =
            files_of(&folder).into_iter().filter(|file| file.extension().is_some_and(|e| e == "json"));
        let mut real: Vec<Received> = files.flat_map(|file| listed(&file, REAL_SAMPLE)).collect();
        real.retain(|object| object.bytes.len() <= REAL_BYTES);
        objects.append(&mut real);
    }
    let mut seen = BTreeSet::new();
    objects.retain(|object| object.fault.is_none() && seen.insert(object.digest));
    objects.into_iter().map(subject).filter(|subject| !subject.changed.is_empty()).collect()
}

/// One in so many objects of a file.
fn listed(file: &std::path::Path, sample: usize) -> Vec<Received> {
    let bytes = std::fs::read(file).unwrap();
    let server = json::read(&bytes, &ReadLimits::LISTING).unwrap();
    let kinds = [("tools", ObjectKind::Tool), ("prompts", ObjectKind::Prompt)];
    let mut all = Vec::new();
    for (member, kind) in kinds {
        let Some(list) = server.get(member) else { continue };
        let list = list.as_array().or_else(|| list.get(member)?.as_array()).unwrap_or_default();
        all.extend(list.iter().map(|object| read_object(kind, object.slice(&bytes)).unwrap()));
    }
    all.into_iter().step_by(sample).collect()
}

/// The changed versions of an object: of the same name, without a fault, and with another digest.
fn subject(object: Received) -> Subject {
    let mut value = json::read(&object.bytes, &ReadLimits::LISTING).unwrap().into_owned();
    let mut changed = Vec::new();
    for mutation in mutate::mutations(&value) {
        let undo = mutation.apply(&mut value);
        changed.push(canonical(&value));
        mutation.undo(&mut value, undo);
    }
    if let Some(schema) = value.get("inputSchema").cloned() {
        for edited in edited(&schema) {
            let mut other = value.clone();
            *other.at_pointer_mut("/inputSchema").unwrap() = edited;
            changed.push(canonical(&other));
        }
    }
    changed.retain(|bytes| {
        let read = read_object(object.kind, bytes).unwrap();
        read.fault.is_none() && read.name == object.name && read.digest != object.digest
    });
    Subject { object, changed }
}

/// The value with one edit at one of its objects, wherever one stands.
fn edited(value: &Value<'static>) -> Vec<Value<'static>> {
    let mut all = Vec::new();
    match &value.node {
        Node::Object(members) => {
            for (name, edit) in EDITS {
                let edit = json::read(edit.as_bytes(), &ReadLimits::LISTING).unwrap().into_owned();
                let mut members = members.clone();
                members.retain(|member| member.name != *name);
                members.push(Member { name: (*name).into(), name_span: Span::default(), value: edit });
                all.push(Value { node: Node::Object(members), ..value.clone() });
            }
            for (place, member) in members.iter().enumerate() {
                all.extend(edited(&member.value).into_iter().map(|inner| {
                    let mut members = members.clone();
                    members[place].value = inner;
                    Value { node: Node::Object(members), ..value.clone() }
                }));
            }
        }
        Node::Array(elements) => {
            for (place, element) in elements.iter().enumerate() {
                all.extend(edited(element).into_iter().map(|inner| {
                    let mut elements = elements.clone();
                    elements[place] = inner;
                    Value { node: Node::Array(elements), ..value.clone() }
                }));
            }
        }
        _ => {}
    }
    all
}
