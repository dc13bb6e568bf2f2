//! The vectors of `spec/names.md` and `spec/surface.md`.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod support;

use pinfold_core::diff;
use pinfold_core::digest::ObjectKind;
use pinfold_core::json::{self, ReadLimits, Value};
use pinfold_core::name::{self, Label, LabelError, skeleton};
use pinfold_core::surface::{self, MAX_SERVER_FIELD_BYTES, Received};
use pinfold_core::text;
use support::{Vector, vectors};

#[test]
fn names_are_judged_as_the_specification_says() {
    for mut vector in vectors("names") {
        let expected = vector.need("expect");
        let input = String::from_utf8(vector.input.clone()).unwrap();
        let outcome = match vector.need("kind").as_str() {
            "label" => match Label::parse(&input) {
                Ok(_) => "ok",
                Err(LabelError::Empty) => "empty",
                Err(LabelError::Character(_)) => "character",
                Err(LabelError::TooLong { .. }) => "too-long",
            }
            .to_owned(),
            "pair" => {
                let (one, other) = two(&input);
                if skeleton(&one) == skeleton(&other) { "alike" } else { "apart" }.to_owned()
            }
            "labels" => {
                let (one, other) = two(&input);
                let key = |text: &str| Label::parse(text).unwrap().key();
                if key(&one) == key(&other) { "one" } else { "two" }.to_owned()
            }
            "text" => {
                assert_eq!(text::visible(&input), vector.need("shown"), "{}", vector.file);
                "ok".to_owned()
            }
            kind => outcome_of(&named(kind.parse().unwrap(), &input)),
        };
        vector.finish();
        assert_eq!(outcome, expected, "{}", vector.file);
    }
}

#[test]
fn surfaces_are_judged_as_the_specification_says() {
    for mut vector in vectors("surface") {
        if let Some(kind) = vector.take("change") {
            changes(&mut vector, kind.parse().unwrap());
        } else if let Some(kind) = vector.take("kind") {
            page(&mut vector, kind.parse().unwrap());
        } else {
            assert_eq!(vector.need("handshake"), "yes");
            handshake(&mut vector);
        }
        vector.finish();
    }
}

fn page(vector: &mut Vector, kind: ObjectKind) {
    let expected = vector.need("expect");
    let result = surface::read_page(kind, &vector.input);
    if vector.take("refused").is_some() {
        assert_eq!(result.unwrap_err().reason().as_str(), expected, "{}", vector.file);
        return;
    }
    let page = result.unwrap_or_else(|error| panic!("{}: {error}", vector.file));
    assert_eq!(page.next_cursor, vector.take("cursor"), "{}", vector.file);
    let broken: Vec<&Received> = page.objects.iter().filter(|object| object.fault.is_some()).collect();
    if expected == "ok" {
        assert_eq!(broken, Vec::<&Received>::new(), "{}", vector.file);
        return;
    }
    assert_eq!(broken.len(), 1, "{}: {broken:?}", vector.file);
    assert_eq!(outcome_of(broken[0]), expected, "{}", vector.file);
    assert_eq!(broken[0].index, vector.number("object").unwrap_or(0), "{}", vector.file);
    let at = broken[0].fault.as_ref().unwrap().pointer.clone();
    assert_eq!(at, vector.take("at").unwrap_or_default(), "{}", vector.file);
}

fn handshake(vector: &mut Vector) {
    let expected = vector.need("expect");
    let result = surface::read_handshake(&vector.input);
    if vector.take("refused").is_some() {
        assert_eq!(result.unwrap_err().reason().as_str(), expected, "{}", vector.file);
        return;
    }
    let handshake = result.unwrap_or_else(|error| panic!("{}: {error}", vector.file));
    let text = |received: &Option<Received>| match received {
        None => "none".to_owned(),
        Some(received) => String::from_utf8(received.bytes.to_vec()).unwrap(),
    };
    let given = |words| String::from_utf8(handshake.server_info_for_client(words)).unwrap();
    for (key, found) in [
        ("name", handshake.server_name.clone()),
        ("version", handshake.server_version.clone()),
        ("words", text(&handshake.server_words)),
        ("instructions", text(&handshake.instructions)),
        ("for-the-client", given(handshake.server_words.as_ref().map(|words| &*words.bytes))),
        ("without-words", given(None)),
    ] {
        if let Some(stated) = vector.take(key) {
            assert_eq!(found, stated, "{}: {key}", vector.file);
        }
    }
    let received = [&handshake.instructions, &handshake.server_words].into_iter().flatten();
    let broken: Vec<String> = received.map(outcome_of).filter(|outcome| outcome != "ok").collect();
    assert_eq!(broken.first().map_or("ok", String::as_str), expected, "{}", vector.file);
}

fn changes(vector: &mut Vector, kind: ObjectKind) {
    let expected = vector.need("expect");
    let input = vector.input.clone();
    let both = json::read(&input, &ReadLimits::LISTING).unwrap();
    let [old, new] = both.as_array().unwrap() else { panic!("{}: not two objects", vector.file) };
    let changes = diff::changes(kind, old, new);
    let headline = diff::headline(&changes).map_or("ok", |change| change.class.as_str());
    assert_eq!(headline, expected, "{}: {changes:?}", vector.file);
    let told =
        changes.iter().map(|change| format!("{} {}", change.class, change.pointer).trim_end().to_owned());
    let told: Vec<String> = told.collect();
    let stated = vector.take("changes").unwrap_or_default();
    assert_eq!(told.join("; "), stated, "{}", vector.file);
    assert_eq!(changes.is_empty(), json::canonical(old) == json::canonical(new), "{}", vector.file);
}

fn named(kind: ObjectKind, name: &str) -> Received {
    let member = match kind {
        ObjectKind::ResourceTemplate => "uriTemplate",
        ObjectKind::Resource => "uri",
        _ => "name",
    };
    let object = json::canonical(&Value::object(vec![(member, Value::string(name))]));
    surface::read_object(kind, &object).unwrap()
}

fn outcome_of(received: &Received) -> String {
    received.fault.as_ref().map_or("ok", |fault| fault.reason.as_str()).to_owned()
}

fn two(input: &str) -> (String, String) {
    let both = json::read(input.as_bytes(), &ReadLimits::OWN).unwrap();
    let text = |index: usize| both.as_array().unwrap()[index].as_str().unwrap().to_owned();
    (text(0), text(1))
}

#[test]
fn an_object_above_the_size_limit_is_held_by_itself() {
    let object =
        |length: usize| format!(r#"{{"name":"a","x":["{}","{}"]}}"#, "x".repeat(200_000), "x".repeat(length));
    for (length, expected) in [(200_000, "ok"), (surface::MAX_OBJECT_BYTES, "LIMIT_BYTES")] {
        let result = format!(r#"{{"tools":[{},{{"name":"b"}}]}}"#, object(length));
        let page = surface::read_page(ObjectKind::Tool, result.as_bytes()).unwrap();
        assert_eq!(outcome_of(&page.objects[0]), expected);
        assert_eq!(outcome_of(&page.objects[1]), "ok");
    }
}

#[test]
fn a_string_above_the_limit_is_held_by_itself() {
    for (length, expected) in
        [(surface::MAX_OBJECT_STRING_BYTES, "ok"), (surface::MAX_OBJECT_STRING_BYTES + 1, "LIMIT_STRING")]
    {
        let object = format!(r#"{{"name":"a","description":"{}"}}"#, "x".repeat(length));
        let received = surface::read_object(ObjectKind::Tool, object.as_bytes()).unwrap();
        assert_eq!(outcome_of(&received), expected);
    }
}

#[test]
fn instructions_above_the_limit_are_held() {
    for (length, expected) in
        [(surface::MAX_INSTRUCTIONS_BYTES, "ok"), (surface::MAX_INSTRUCTIONS_BYTES + 1, "LIMIT_BYTES")]
    {
        let result = format!(
            r#"{{"protocolVersion":"2025-11-25","capabilities":{{}},"instructions":"{}"}}"#,
            "x".repeat(length)
        );
        let handshake = surface::read_handshake(result.as_bytes()).unwrap();
        assert_eq!(outcome_of(handshake.instructions.as_ref().unwrap()), expected);
    }
}

#[test]
fn more_objects_than_a_page_may_have_refuse_it() {
    for (count, is_read) in [(surface::MAX_OBJECTS_A_PAGE, true), (surface::MAX_OBJECTS_A_PAGE + 1, false)] {
        let result = format!(r#"{{"tools":[{}]}}"#, vec!["{}"; count].join(","));
        assert_eq!(surface::read_page(ObjectKind::Tool, result.as_bytes()).is_ok(), is_read);
    }
}

#[test]
fn schemas_at_the_limits_pass_and_beyond_them_do_not() {
    let chain = |length: u32| {
        let links: Vec<String> =
            (1..length).map(|link| format!(r##""a{link}":{{"$ref":"#/$defs/a{}"}}"##, link + 1)).collect();
        let links = links.join(",");
        let comma = if links.is_empty() { "" } else { "," };
        tool_with_schema(&format!(r##"{{"$ref":"#/$defs/a1","$defs":{{{links}{comma}"a{length}":{{}}}}}}"##))
    };
    assert_eq!(outcome_of(&chain(surface::schema::MAX_APPLIED_DEPTH - 1)), "ok");
    assert_eq!(outcome_of(&chain(surface::schema::MAX_APPLIED_DEPTH)), "SCHEMA_TOO_COMPLEX");
    let doubling = |levels: u32| {
        let level = |level: u32| {
            format!(
                r##""a{level}":{{"allOf":[{{"$ref":"#/$defs/a{0}"}},{{"$ref":"#/$defs/a{0}"}}]}}"##,
                level + 1
            )
        };
        let levels_text = (0..levels).map(level).collect::<Vec<_>>().join(",");
        tool_with_schema(&format!(r##"{{"$ref":"#/$defs/a0","$defs":{{{levels_text},"a{levels}":{{}}}}}}"##))
    };
    assert_eq!(outcome_of(&doubling(8)), "ok");
    assert_eq!(outcome_of(&doubling(14)), "SCHEMA_TOO_COMPLEX");
    assert_eq!(outcome_of(&doubling(60)), "SCHEMA_TOO_COMPLEX", "no overflow, no long wait");
    let references = |count: usize| {
        tool_with_schema(&format!(
            r##"{{"prefixItems":[{}]}}"##,
            vec![r##"{"$ref":"#/x"}"##; count].join(",")
        ))
    };
    assert_eq!(outcome_of(&references(surface::schema::MAX_REFERENCES)), "ok");
    assert_eq!(outcome_of(&references(surface::schema::MAX_REFERENCES + 1)), "SCHEMA_TOO_COMPLEX");
}

#[test]
fn a_chain_as_long_as_an_object_may_be_ends_quickly() {
    let links: Vec<String> =
        (0..20_000).map(|link| format!(r##""{link}":{{"$ref":"#/$defs/{}"}}"##, link + 1)).collect();
    let schema: Vec<String> = links.chunks(4_000).map(|part| format!("{{{}}}", part.join(","))).collect();
    // One object has 4,096 members at most, so the chain goes through five of them.
    let schema = format!(r##"{{"$ref":"#/$defs/0","$defs":{},"x":[{}]}}"##, schema[0], schema[1..].join(","));
    let received = tool_with_schema(&schema);
    assert_eq!(outcome_of(&received), "SCHEMA_TOO_COMPLEX");
}

fn tool_with_schema(schema: &str) -> Received {
    let object = format!(r#"{{"name":"a","inputSchema":{schema}}}"#);
    surface::read_object(ObjectKind::Tool, object.as_bytes()).unwrap()
}

#[test]
fn the_limits_are_those_of_the_specification() {
    let limit = |page: &str, row: &str| -> usize {
        let text = std::fs::read_to_string(support::repository().join("spec").join(page)).unwrap();
        let line = text.lines().find(|line| line.starts_with(&format!("| {row}"))).expect(row);
        line.split('|').nth(2).unwrap().trim().replace(',', "").parse().unwrap()
    };
    for (page, row, value) in [
        ("surface.md", "bytes of one answer", ReadLimits::LISTING.max_bytes),
        ("surface.md", "objects on one page", surface::MAX_OBJECTS_A_PAGE),
        ("surface.md", "bytes of an object", surface::MAX_OBJECT_BYTES),
        ("surface.md", "bytes of a string", surface::MAX_OBJECT_STRING_BYTES),
        ("surface.md", "bytes of instructions", surface::MAX_INSTRUCTIONS_BYTES),
        ("surface.md", "bytes of `name`", MAX_SERVER_FIELD_BYTES),
        ("surface.md", "schemas that one schema applies", surface::schema::MAX_APPLIED_SCHEMAS as usize),
        ("surface.md", "longest chain", surface::schema::MAX_APPLIED_DEPTH as usize),
        ("surface.md", "references", surface::schema::MAX_REFERENCES),
        ("names.md", "bytes of a tool's name", name::MAX_TOOL_NAME_BYTES),
        ("names.md", "bytes of a prompt's name", name::MAX_PROMPT_NAME_BYTES),
        ("names.md", "bytes of a URI template", name::MAX_URI_TEMPLATE_BYTES),
        ("names.md", "bytes of a label", name::MAX_LABEL_BYTES),
    ] {
        assert_eq!(limit(page, row), value, "{page}: {row}");
    }
}

#[test]
fn a_name_that_no_kind_allows_is_not_kept() {
    assert_eq!(named(ObjectKind::Tool, &"n".repeat(2_048)).name.len(), 2_048);
    assert_eq!(named(ObjectKind::Tool, &"n".repeat(2_049)).name, "");
}

#[test]
fn every_reserved_spelling_is_refused_as_a_tool_and_as_a_prompt() {
    for name in ["pinfold", "PINFOLD_notice", "p1nf0ld-x"] {
        assert!(name::is_reserved(name));
        for kind in [ObjectKind::Tool, ObjectKind::Prompt] {
            assert_eq!(outcome_of(&named(kind, name)), "NAME_RESERVED", "{name}");
        }
        assert_eq!(outcome_of(&named(ObjectKind::ResourceTemplate, name)), "ok", "{name}");
    }
}

#[test]
fn name_and_version_are_cut_at_their_limit() {
    let long = "\u{e9}".repeat(MAX_SERVER_FIELD_BYTES);
    let result = format!(
        r#"{{"protocolVersion":"2025-11-25","capabilities":{{}},"serverInfo":{{"name":"{long}","version":"1\u001b[2J"}}}}"#
    );
    let handshake = surface::read_handshake(result.as_bytes()).unwrap();
    assert_eq!(handshake.server_name.len(), MAX_SERVER_FIELD_BYTES);
    assert_eq!(handshake.server_version, "1\\u{1B}[2J");
    let given = String::from_utf8(handshake.server_info_for_client(None)).unwrap();
    assert!(given.len() < result.len() && given.contains("1\\\\u{1B}[2J"), "{given}");
}
