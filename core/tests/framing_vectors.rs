//! The vectors of `spec/framing.md`.
#![allow(clippy::unwrap_used)]

mod support;

use pinfold_core::framing::{FrameKind, FrameLimits, Id, IdKey, Raw, parse_frame, salvage_id};
use support::{Vector, vectors};

#[test]
fn every_vector_of_framing_comes_out_as_expected() {
    let vectors = vectors("framing");
    let count = vectors.len();
    vectors.into_iter().for_each(check);
    println!("{count} vectors of framing");
}

fn check(mut vector: Vector) {
    let file = vector.file.clone();
    let mut limits = FrameLimits::TRAFFIC;
    for (key, limit) in [
        ("max-bytes", &mut limits.max_bytes),
        ("max-depth", &mut limits.max_depth),
        ("max-members", &mut limits.max_members),
        ("max-id-bytes", &mut limits.max_id_bytes),
    ] {
        if let Some(stated) = vector.number(key) {
            *limit = stated;
        }
    }
    let expect = vector.need("expect");
    let input = std::mem::take(&mut vector.input);
    let outcome = parse_frame(&input, &limits);
    if expect == "ok" {
        let frame = outcome.unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(frame.line, input.trim_ascii(), "{file}");
        check_kind(&mut vector, &frame.kind);
    } else {
        let error = outcome.err().unwrap_or_else(|| panic!("{file}: accepted"));
        assert_eq!(error.reason().map_or("blank", |code| code.as_str()), expect, "{file}: {error}");
        let refusal = vector.need("refusal");
        assert_eq!(error.as_str(), refusal, "{file}: {error}");
        assert_eq!(error.is_junk(), ["blank", "bad-utf8", "not-json"].contains(&&*refusal), "{file}");
        assert_eq!(error.pointer(), vector.take("pointer").as_deref(), "{file}: {error}");
        assert_eq!(error.offset(), vector.number("offset"), "{file}: {error}");
        let salvaged = salvage_id(&input, &limits).map(|salvaged| {
            let kind = if salvaged.has_method { "request" } else { "response" };
            format!("{kind} {}", text(salvaged.id.raw))
        });
        assert_eq!(salvaged, vector.take("salvaged"), "{file}");
    }
    vector.finish();
}

fn check_kind(vector: &mut Vector, kind: &FrameKind<'_>) {
    let file = vector.file.clone();
    let (name, id, method, params, result, error) = match kind {
        FrameKind::Request { id, method, params } => ("request", Some(id), Some(method), *params, None, None),
        FrameKind::Notification { method, params } => {
            ("notification", None, Some(method), *params, None, None)
        }
        FrameKind::Result { id, result } => ("result", Some(id), None, None, Some(*result), None),
        FrameKind::Error { id, error } => ("error", id.as_ref(), None, None, None, Some(*error)),
    };
    assert_eq!(name, vector.need("kind"), "{file}");
    assert_eq!(id.map(|id| text(id.raw)), vector.take("id"), "{file}");
    assert_eq!(id.map(key), vector.take("key"), "{file}");
    assert_eq!(method.map(|method| method.to_string()), vector.take("method"), "{file}");
    for (key, raw) in [("params", params), ("result", result), ("error", error)] {
        assert_eq!(raw.map(|raw: Raw<'_>| text(raw.bytes())), vector.take(key), "{file}: {key}");
    }
}

fn key(id: &Id<'_>) -> String {
    match id.key() {
        IdKey::Integer(digits) => format!("integer {digits}"),
        IdKey::Text(text) => format!("text {text}"),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
