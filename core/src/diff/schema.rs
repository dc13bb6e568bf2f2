//! Schemas of parameters: does the new one accept or demand more, does it carry other text, or is it only written
//! otherwise?
//!
//! What is not known to be harmless is `SCHEMA_WIDENED`; a text that was not there before is at least
//! `SCHEMA_TEXT_CHANGED`, whatever keyword carries it, because the model reads all of them.

use super::is_same;
use super::pairs::differing;
use super::walk::{Side, Walk, members};
use crate::json::{Node, Value};
use crate::reason::ReasonCode::{self, *};

/// Identifiers of dialects and names of formats that carry no text of a server's own.
const DIALECTS: &[&str] = &[
    "http://json-schema.org/draft-04/schema",
    "http://json-schema.org/draft-06/schema",
    "http://json-schema.org/draft-07/schema",
    "https://json-schema.org/draft/2019-09/schema",
    "https://json-schema.org/draft/2020-12/schema",
];

const FORMATS: &[&str] = &[
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "idn-email",
    "idn-hostname",
    "ipv4",
    "ipv6",
    "iri",
    "iri-reference",
    "json-pointer",
    "regex",
    "relative-json-pointer",
    "time",
    "uri",
    "uri-reference",
    "uri-template",
    "uuid",
];

/// The schema of a tool's parameters, or none on one side.
pub(super) fn document(walk: &mut Walk, old: Side<'_, '_>, new: Side<'_, '_>) {
    match (old, new) {
        (Some(_), Some(_)) => schema(walk, old, new),
        _ => walk.leaf(SchemaWidened, old, new),
    }
}

/// A schema; on the side where there is none, everything is accepted.
fn schema(walk: &mut Walk, old: Side<'_, '_>, new: Side<'_, '_>) {
    let is_object = |side: Side<'_, '_>| side.is_none_or(|value| value.as_object().is_some());
    if !is_object(old) || !is_object(new) {
        return walk.leaf(openness_class(old, new), old, new);
    }
    let members = members(old, new);
    if members.is_empty() {
        return walk.leaf(SchemaDialect, old, new);
    }
    let is_closed = new.is_some_and(is_closed);
    for (name, old, new) in members {
        walk.at(name, |walk| keyword(walk, name, old, new, is_closed));
    }
}

/// Whether a schema refuses every member that it does not name. A pattern could let one pass.
fn is_closed(schema: &Value<'_>) -> bool {
    schema.get("additionalProperties").and_then(Value::as_bool) == Some(false)
        && schema.get("patternProperties").is_none_or(|by_pattern| accepts_all(Some(by_pattern)))
}

fn keyword(walk: &mut Walk, name: &str, old: Side<'_, '_>, new: Side<'_, '_>, is_closed: bool) {
    match name {
        "$schema" => {
            let is_known = new.is_none_or(|new| new.as_str().is_some_and(is_known_dialect));
            walk.leaf(if is_known { SchemaDialect } else { SchemaTextChanged }, old, new);
        }
        "type" => walk.leaf(type_class(old, new), old, new),
        "required" => set(walk, old, new, SchemaWidened, SchemaWidened),
        "enum" => enumeration(walk, old, new),
        "const" | "pattern" => {
            walk.leaf(if old.is_none() { text_class(new) } else { SchemaWidened }, old, new)
        }
        "format" => walk.leaf(format_class(old, new), old, new),
        "maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties" | "maxContains" => {
            walk.leaf(bound_class(old, new, |old, new| new < old), old, new);
        }
        "minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties" => {
            walk.leaf(bound_class(old, new, |old, new| new > old), old, new);
        }
        "minContains" => walk.leaf(least_class(old, new), old, new),
        "multipleOf" => walk.leaf(if old.is_none() { SchemaNarrowed } else { SchemaWidened }, old, new),
        "uniqueItems" => walk.leaf(truth_class(old, new), old, new),
        "properties" => {
            map(walk, old, new, ParamAdded, if is_closed { SchemaNarrowed } else { SchemaWidened })
        }
        "patternProperties" => map(walk, old, new, ParamAdded, SchemaWidened),
        "$defs" | "definitions" => map(walk, old, new, SchemaTextChanged, SchemaWidened),
        "dependentSchemas" => map(walk, old, new, SchemaWidened, SchemaWidened),
        "items" if is_list(old) && is_list(new) => places(walk, old, new),
        "additionalProperties"
        | "unevaluatedProperties"
        | "additionalItems"
        | "unevaluatedItems"
        | "items"
        | "propertyNames"
        | "contentSchema" => part(walk, old, new),
        "contains" => {
            let presence = if old.is_none() { SchemaNarrowed } else { SchemaWidened };
            present(walk, old, new, presence, part);
        }
        "allOf" => list(walk, old, new, SchemaNarrowed, SchemaWidened),
        "prefixItems" => places(walk, old, new),
        // Without alternatives everything is accepted.
        "anyOf" | "oneOf" if new.is_none() => walk.leaf(SchemaWidened, old, new),
        "anyOf" => list(walk, old, new, SchemaWidened, SchemaNarrowed),
        // What one alternative does not accept any more, another one alone may accept now.
        "oneOf" => {
            let before = walk.count();
            list(walk, old, new, SchemaWidened, SchemaWidened);
            walk.reclass_since(before, SchemaNarrowed, SchemaWidened);
        }
        // What these demand turns around or depends on another schema: no change inside is known to take only away.
        "not" | "if" | "then" | "else" => present(walk, old, new, SchemaWidened, reversed),
        "$ref" | "$dynamicRef" | "$recursiveRef" | "dependentRequired" | "dependencies" | "x-mcp-header" => {
            walk.data(SchemaWidened, old, new);
        }
        _ => walk.data(SchemaTextChanged, old, new),
    }
}

/// A schema for a part of the value, or a truth value.
fn part(walk: &mut Walk, old: Side<'_, '_>, new: Side<'_, '_>) {
    match (old.map(|value| &value.node), new.map(|value| &value.node)) {
        (None, Some(Node::Object(_))) | (Some(Node::Object(_)), Some(Node::Object(_))) => {
            schema(walk, old, new)
        }
        _ => walk.leaf(openness_class(old, new), old, new),
    }
}

/// Two schemas of which at least one is no object.
fn openness_class(old: Side<'_, '_>, new: Side<'_, '_>) -> ReasonCode {
    let accepts_nothing = |side: Side<'_, '_>| side.and_then(Value::as_bool) == Some(false);
    match () {
        () if accepts_all(old) && accepts_all(new) => SchemaDialect,
        () if accepts_nothing(new) => SchemaNarrowed,
        () => SchemaWidened,
    }
}

/// No schema, or one that says so without demanding anything.
fn accepts_all(side: Side<'_, '_>) -> bool {
    side.is_none_or(|value| match &value.node {
        Node::Bool(truth) => *truth,
        Node::Object(members) => members.is_empty(),
        _ => false,
    })
}

fn is_list(side: Side<'_, '_>) -> bool {
    side.is_some_and(|value| value.as_array().is_some())
}

/// A schema whose being there demands something, even where it accepts everything: that it is new, or gone, is a change
/// of this class, unless what it holds says as much.
fn present(
    walk: &mut Walk,
    old: Side<'_, '_>,
    new: Side<'_, '_>,
    class: ReasonCode,
    inside: fn(&mut Walk, Side<'_, '_>, Side<'_, '_>),
) {
    let before = walk.count();
    inside(walk, old, new);
    if old.is_none() != new.is_none() {
        walk.reclass_since(before, SchemaDialect, class);
        if !walk.has_since(before, class) {
            walk.change(class, old, new);
        }
    }
}

fn reversed(walk: &mut Walk, old: Side<'_, '_>, new: Side<'_, '_>) {
    let before = walk.count();
    schema(walk, old, new);
    walk.reclass_since(before, SchemaNarrowed, SchemaWidened);
}

/// Schemas by name. One that is new is one change, and so is one that is gone.
fn map(walk: &mut Walk, old: Side<'_, '_>, new: Side<'_, '_>, added: ReasonCode, gone: ReasonCode) {
    let is_object = |side: Side<'_, '_>| side.is_none_or(|value| value.as_object().is_some());
    if !is_object(old) || !is_object(new) {
        return walk.leaf(SchemaWidened, old, new);
    }
    let members = members(old, new);
    if members.is_empty() {
        return walk.leaf(SchemaDialect, old, new);
    }
    for (name, old, new) in members {
        walk.at(name, |walk| match (old, new) {
            (None, _) => walk.change(added, old, new),
            (_, None) => walk.change(gone, old, new),
            _ => schema(walk, old, new),
        });
    }
}

/// Schemas in a list, equal ones paired wherever they stand. What a new one demands is told keyword by keyword.
fn list(walk: &mut Walk, old: Side<'_, '_>, new: Side<'_, '_>, added: ReasonCode, gone: ReasonCode) {
    let Some((before, after)) = two_lists(old, new) else { return walk.leaf(SchemaWidened, old, new) };
    let pairs = differing(before, after);
    if pairs.is_empty() {
        return walk.leaf(SchemaDialect, old, new);
    }
    for (old, new) in pairs {
        let (old_index, old) = old.unzip();
        let (new_index, new) = new.unzip();
        walk.at_pair(old_index, new_index, |walk| match (old, new) {
            (Some(_), Some(_)) => schema(walk, old, new),
            (None, Some(_)) if added == SchemaNarrowed => schema(walk, None, new),
            (None, _) => walk.change(added, old, new),
            (_, None) => walk.change(gone, old, new),
        });
    }
}

/// Schemas of which each is for the element at its own place. What stands behind the last one is for another keyword, so
/// one more may accept what that refused, and one less too.
fn places(walk: &mut Walk, old: Side<'_, '_>, new: Side<'_, '_>) {
    let Some((before, after)) = two_lists(old, new) else { return walk.leaf(SchemaWidened, old, new) };
    if before.is_empty() && after.is_empty() {
        return walk.leaf(SchemaDialect, old, new);
    }
    for index in 0..before.len().max(after.len()) {
        walk.at(&index.to_string(), |walk| match (before.get(index), after.get(index)) {
            (Some(old), Some(new)) if is_same(old, new) => {}
            (Some(old), Some(new)) => schema(walk, Some(old), Some(new)),
            (old, new) => walk.change(SchemaWidened, old, new),
        });
    }
}

/// Values without order; each that is new and each that is gone is one change.
fn set(walk: &mut Walk, old: Side<'_, '_>, new: Side<'_, '_>, added: ReasonCode, gone: ReasonCode) {
    let Some((before, after)) = two_lists(old, new) else { return walk.leaf(SchemaWidened, old, new) };
    let pairs = differing(before, after);
    if pairs.is_empty() {
        return walk.leaf(SchemaDialect, old, new);
    }
    for (old, new) in pairs {
        if let Some((index, new)) = new {
            walk.at(&index.to_string(), |walk| walk.change(added, None, Some(new)));
        }
        if let Some((index, old)) = old {
            walk.at(&index.to_string(), |walk| walk.change(gone, Some(old), None));
        }
    }
}

fn enumeration(walk: &mut Walk, old: Side<'_, '_>, new: Side<'_, '_>) {
    match (old, new) {
        (Some(_), Some(_)) => set(walk, old, new, SchemaWidened, SchemaNarrowed),
        (None, Some(list)) => {
            let texts = list.as_array().is_none_or(|list| list.iter().any(holds_text));
            walk.leaf(if texts { SchemaTextChanged } else { SchemaNarrowed }, old, new);
        }
        _ => walk.leaf(SchemaWidened, old, new),
    }
}

/// Two arrays, one of which may be absent: then it is empty.
fn two_lists<'v, 'a, 'w, 'b>(
    old: Side<'v, 'a>,
    new: Side<'w, 'b>,
) -> Option<(&'v [Value<'a>], &'w [Value<'b>])> {
    let before = old.map_or(Some(&[][..]), Value::as_array)?;
    let after = new.map_or(Some(&[][..]), Value::as_array)?;
    Some((before, after))
}

fn type_class(old: Side<'_, '_>, new: Side<'_, '_>) -> ReasonCode {
    let (Some(before), Some(after)) = (types(old), types(new)) else { return SchemaWidened };
    let covers =
        |wide: &[&str], kind: &str| wide.contains(&kind) || (kind == "integer" && wide.contains(&"number"));
    let within = |narrow: &[&str], wide: &[&str]| narrow.iter().all(|kind| covers(wide, kind));
    match (within(&after, &before), within(&before, &after)) {
        (true, true) => SchemaDialect,
        (true, false) => SchemaNarrowed,
        (false, _) => SchemaWidened,
    }
}

/// The type names that a schema accepts; all of them where it does not say. `None`: not written as the drafts demand.
fn types<'v>(side: Side<'v, '_>) -> Option<Vec<&'v str>> {
    const ALL: [&str; 6] = ["null", "boolean", "number", "string", "array", "object"];
    let names = match side.map(|value| (&value.node, value)) {
        None => ALL.to_vec(),
        Some((Node::String(name), _)) => vec![&**name],
        Some((Node::Array(names), _)) => names.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?,
        Some(_) => return None,
    };
    names.iter().all(|name| ALL.contains(name) || *name == "integer").then_some(names)
}

fn format_class(old: Side<'_, '_>, new: Side<'_, '_>) -> ReasonCode {
    let is_known = |format: &Value<'_>| format.as_str().is_some_and(|name| FORMATS.contains(&name));
    match (old, new) {
        (_, Some(new)) if !is_known(new) => SchemaTextChanged,
        (None, Some(_)) => SchemaNarrowed,
        _ => SchemaWidened,
    }
}

fn bound_class(old: Side<'_, '_>, new: Side<'_, '_>, tighter: fn(f64, f64) -> bool) -> ReasonCode {
    match (old, old.and_then(number), new.and_then(number)) {
        (None, _, Some(_)) => SchemaNarrowed,
        (_, Some(old), Some(new)) if tighter(old, new) => SchemaNarrowed,
        _ => SchemaWidened,
    }
}

/// How many elements have to fit `contains`: one, where it is not said.
fn least_class(old: Side<'_, '_>, new: Side<'_, '_>) -> ReasonCode {
    let least = |side: Side<'_, '_>| side.map_or(Some(1.0), number);
    match (least(old), least(new)) {
        (Some(old), Some(new)) if new > old => SchemaNarrowed,
        (Some(old), Some(new)) if new == old => SchemaDialect,
        _ => SchemaWidened,
    }
}

fn number(value: &Value<'_>) -> Option<f64> {
    if let Node::Number(number) = &value.node { Some(number.double) } else { None }
}

/// A keyword that demands something when it is true.
fn truth_class(old: Side<'_, '_>, new: Side<'_, '_>) -> ReasonCode {
    let demands = |side: Side<'_, '_>| side.map_or(Some(false), Value::as_bool);
    match (demands(old), demands(new)) {
        (Some(old), Some(new)) if old == new => SchemaDialect,
        (Some(false), Some(true)) => SchemaNarrowed,
        _ => SchemaWidened,
    }
}

fn text_class(new: Side<'_, '_>) -> ReasonCode {
    if new.is_some_and(holds_text) { SchemaTextChanged } else { SchemaNarrowed }
}

fn holds_text(value: &Value<'_>) -> bool {
    !matches!(value.node, Node::Null | Node::Bool(_) | Node::Number(_))
}

/// Whether a `$schema` names a dialect that everybody knows, so that it says nothing of its own. An empty fragment may
/// stand behind it.
pub fn is_known_dialect(identifier: &str) -> bool {
    DIALECTS.contains(&identifier.strip_suffix('#').unwrap_or(identifier))
}
