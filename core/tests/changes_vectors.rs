//! The vectors of `spec/changes.md`, and what holds for every input.
#![allow(clippy::unwrap_used)]

mod support;

use pinfold_core::diff::{Told, alike, changes, probable_renames, reach, tokens, told};
use pinfold_core::digest::ObjectKind;
use pinfold_core::findings::{self, Server};
use pinfold_core::json::{self, ReadLimits, Value};
use pinfold_core::surface::{Received, read_object};
use proptest::prelude::*;
use support::{Vector, vectors};

#[test]
fn the_vectors_of_the_specification_hold() {
    for mut vector in vectors("changes") {
        assert_eq!(vector.need("expect"), "ok", "{}", vector.file);
        match vector.need("shows").as_str() {
            "reach" => reach_of(&mut vector),
            "meanings" => meanings(&mut vector),
            "alike" => alike_of(&mut vector),
            "renames" => renames(&mut vector),
            "findings" => findings_of(&mut vector),
            other => panic!("{}: shows {other}", vector.file),
        }
        vector.finish();
    }
}

fn reach_of(vector: &mut Vector) {
    let kind: ObjectKind = vector.need("kind").parse().unwrap();
    let pointer = std::str::from_utf8(&vector.input).unwrap();
    let found = reach(kind, &tokens(pointer)).as_str();
    assert_eq!(found, vector.need("reach"), "{}", vector.file);
}

fn meanings(vector: &mut Vector) {
    let kind: ObjectKind = vector.need("kind").parse().unwrap();
    let stated = vector.need("meanings");
    let input = json::read(&vector.input, &ReadLimits::LISTING).unwrap();
    let [old, new] = input.as_array().unwrap() else { panic!("{}: two versions", vector.file) };
    let found: Vec<String> = told(kind, old, new)
        .iter()
        .map(|one| format!("{} {} {}", one.meaning.as_str(), one.reach.as_str(), one.change.pointer))
        .collect();
    assert_eq!(found.join("; "), stated, "{}", vector.file);
}

fn alike_of(vector: &mut Vector) {
    let stated = vector.need("alike");
    let input = json::read(&vector.input, &ReadLimits::LISTING).unwrap();
    let all: Vec<Vec<Told>> = input
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| {
            let [old, new] = pair.as_array().unwrap() else { panic!("{}: two versions", vector.file) };
            told(ObjectKind::Tool, old, new)
        })
        .collect();
    let all: Vec<&[Told]> = all.iter().map(Vec::as_slice).collect();
    let found: Vec<String> = alike(&all)
        .iter()
        .map(|one| format!("{} {} {}", one.meaning.as_str(), one.pattern, one.places.len()))
        .collect();
    assert_eq!(found.join("; "), stated, "{}", vector.file);
}

fn renames(vector: &mut Vector) {
    let stated = vector.need("renames");
    let input = json::read(&vector.input, &ReadLimits::LISTING).unwrap();
    let [gone, new] = input.as_array().unwrap() else { panic!("{}: two lists", vector.file) };
    let list = |side: &'_ Value<'_>| side.as_array().unwrap().len();
    assert!(list(gone) > 0 && list(new) > 0, "{}", vector.file);
    let gone: Vec<&Value<'_>> = gone.as_array().unwrap().iter().collect();
    let new: Vec<&Value<'_>> = new.as_array().unwrap().iter().collect();
    let found: Vec<String> =
        probable_renames(&gone, &new).iter().map(|(old, new)| format!("{old}-{new}")).collect();
    assert_eq!(
        if found.is_empty() { "none".to_owned() } else { found.join("; ") },
        stated,
        "{}",
        vector.file
    );
}

fn findings_of(vector: &mut Vector) {
    let stated = vector.need("findings");
    let input = json::read(&vector.input, &ReadLimits::LISTING).unwrap();
    let servers: Vec<(String, Vec<Received>)> = input
        .as_object()
        .unwrap()
        .iter()
        .map(|member| {
            let tools = member.value.as_array().unwrap().iter();
            let read = |tool: &Value<'_>| read_object(ObjectKind::Tool, tool.slice(&vector.input)).unwrap();
            (member.name.clone().into_owned(), tools.map(read).collect())
        })
        .collect();
    let servers: Vec<Server<'_>> = servers.iter().map(|(label, objects)| Server { label, objects }).collect();
    let found: Vec<String> = findings::all(&servers)
        .iter()
        .map(|one| format!("{} {} {} {}", one.reason, one.label, one.name, one.pointer))
        .collect();
    assert_eq!(
        if found.is_empty() { "none".to_owned() } else { found.join("; ") },
        stated,
        "{}",
        vector.file
    );
}

fn schema() -> impl Strategy<Value = serde_json::Value> {
    let text = || proptest::sample::select(vec!["a", "Run it.", "Run it twice.", "a\u{200b}b", "  Run\nit."]);
    (text(), text(), any::<bool>(), 0u8..3, proptest::option::of(text())).prop_map(
        |(one, two, closed, limit, title)| {
            serde_json::json!({"name": "t", "description": one, "title": title, "inputSchema": {
                "type": "object", "additionalProperties": closed, "properties": {
                    "x": {"type": "string", "description": two, "maxLength": limit},
                    "y": {"type": "integer", "default": limit}}}})
        },
    )
}

proptest! {
    #[test]
    fn every_change_is_told_exactly_once(pairs in proptest::collection::vec((schema(), schema()), 1..6)) {
        let texts: Vec<(String, String)> =
            pairs.iter().map(|(old, new)| (old.to_string(), new.to_string())).collect();
        let mut all = Vec::new();
        let mut expected = Vec::new();
        for (object, (old, new)) in texts.iter().enumerate() {
            let old = json::read(old.as_bytes(), &ReadLimits::LISTING).unwrap();
            let new = json::read(new.as_bytes(), &ReadLimits::LISTING).unwrap();
            let told = told(ObjectKind::Tool, &old, &new);
            let mut changes: Vec<String> =
                changes(ObjectKind::Tool, &old, &new).into_iter().map(|one| one.pointer).collect();
            let mut places: Vec<String> = told.iter().map(|one| one.change.pointer.clone()).collect();
            changes.sort();
            places.sort();
            prop_assert_eq!(changes, places);
            expected.extend((0..told.len()).map(|number| (object, number)));
            all.push(told);
        }
        let all: Vec<&[Told]> = all.iter().map(Vec::as_slice).collect();
        let mut found: Vec<(usize, usize)> = alike(&all).into_iter().flat_map(|one| one.places).collect();
        found.sort_unstable();
        prop_assert_eq!(found, expected);
    }
}
