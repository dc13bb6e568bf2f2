//! Tools.

use super::schema;
use super::walk::{Side, Walk, members};
use crate::json::{Node, Value};
use crate::reason::ReasonCode;

/// The hints of `annotations` with the value that an absent one has, and the value that promises more care.
///
/// Source: MCP schema, `ToolAnnotations`.
const HINTS: [(&str, bool, bool); 4] = [
    ("readOnlyHint", false, true),
    ("destructiveHint", true, false),
    ("idempotentHint", false, true),
    ("openWorldHint", true, false),
];

pub(super) fn tool(walk: &mut Walk, old: &Value<'_>, new: &Value<'_>) {
    for (name, old, new) in members(Some(old), Some(new)) {
        walk.at(name, |walk| match name {
            "description" => walk.leaf(ReasonCode::DescChanged, old, new),
            "name" | "title" => walk.leaf(ReasonCode::DisplayChanged, old, new),
            "annotations" => annotations(walk, old, new),
            "inputSchema" => schema::document(walk, old, new),
            _ => walk.data(ReasonCode::ExtraFieldChanged, old, new),
        });
    }
}

fn annotations(walk: &mut Walk, old: Side<'_, '_>, new: Side<'_, '_>) {
    let is_object = |side: Side<'_, '_>| side.is_none_or(|value| value.as_object().is_some());
    if !is_object(old) || !is_object(new) {
        return walk.leaf(ReasonCode::AnnotWeakened, old, new);
    }
    let members = members(old, new);
    if members.is_empty() {
        return walk.leaf(ReasonCode::ExtraFieldChanged, old, new);
    }
    for (name, old, new) in members {
        walk.at(name, |walk| match HINTS.into_iter().find(|(hint, ..)| *hint == name) {
            Some((_, absent, careful)) => walk.leaf(hint_class(old, new, absent, careful), old, new),
            None if name == "title" => walk.leaf(ReasonCode::DisplayChanged, old, new),
            None => walk.data(ReasonCode::ExtraFieldChanged, old, new),
        });
    }
}

/// What a change of one hint is, by what it means: an absent hint has its default. A hint that is no truth value means
/// whatever a client makes of it, so it counts as weaker.
fn hint_class(old: Side<'_, '_>, new: Side<'_, '_>, absent: bool, careful: bool) -> ReasonCode {
    let meaning = |side: Side<'_, '_>| match side.map(|value| &value.node) {
        None => Some(absent),
        Some(Node::Bool(truth)) => Some(*truth),
        Some(_) => None,
    };
    match (meaning(old), meaning(new)) {
        (Some(old), Some(new)) if old == new => ReasonCode::ExtraFieldChanged,
        (_, Some(new)) if new == careful => ReasonCode::AnnotTightened,
        _ => ReasonCode::AnnotWeakened,
    }
}
