//! What a definition says, accepts and promises, told without the comparison that is under test: a new definition that
//! has more of it than the old one adds power.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeSet;

use pinfold_core::digest::ObjectKind;
use pinfold_core::json::{self, Node, ReadLimits, Value, canonical};
use pinfold_verifier::arguments::ArgumentCheck;

/// Texts that say nothing of a server's own: keywords, names of types, formats and dialects, members of the protocol.
const EVERYBODY: &[&str] = &[
    "additionalProperties",
    "contains",
    "not",
    "oneOf",
    "propertyNames",
    "allOf",
    "annotations",
    "anyOf",
    "array",
    "boolean",
    "date",
    "date-time",
    "default",
    "destructiveHint",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "execution",
    "forbidden",
    "format",
    "http://json-schema.org/draft-07/schema",
    "http://json-schema.org/draft-07/schema#",
    "https://json-schema.org/draft/2019-09/schema",
    "https://json-schema.org/draft/2020-12/schema",
    "idempotentHint",
    "integer",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "null",
    "number",
    "object",
    "openWorldHint",
    "properties",
    "readOnlyHint",
    "required",
    "string",
    "taskSupport",
    "title",
    "type",
    "uniqueItems",
    "uri",
    "$schema",
    "const",
];

/// How the new definition has more than the old one; `None`: no way was found. Words that describe are not looked at
/// where `words` pass.
pub(crate) fn more(kind: ObjectKind, old: &[u8], new: &[u8], words: bool) -> Option<String> {
    let limits = ReadLimits::LISTING;
    let (before, after) = (json::read(old, &limits).unwrap(), json::read(new, &limits).unwrap());
    new_text(&before, &after, words)
        .or_else(|| (kind == ObjectKind::Tool).then(|| promised(&before, &after)).flatten())
        .or_else(|| (kind == ObjectKind::Tool).then(|| accepted(old, new, &before, &after)).flatten())
}

fn new_text(old: &Value<'_>, new: &Value<'_>, words: bool) -> Option<String> {
    let reduced = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (mut before, mut after) = (Vec::new(), Vec::new());
    texts(old, "", &mut before);
    texts(new, "", &mut after);
    let known: BTreeSet<String> = before.iter().map(|(_, text)| reduced(text)).collect();
    let letters = |text: &str| -> String { text.chars().filter(|one| one.is_alphanumeric()).collect() };
    // A library makes titles of names.
    let made: BTreeSet<String> = known.iter().map(|text| letters(text).to_lowercase()).collect();
    let is_described = |of: &str| words && matches!(of, "description" | "title" | "$comment" | "");
    after.into_iter().find_map(|(of, text)| {
        let title = letters(&text).to_lowercase();
        let title =
            title.strip_suffix("arguments").or(title.strip_suffix("schema")).unwrap_or(&title).to_owned();
        let is_known = known.contains(&reduced(&text))
            || EVERYBODY.contains(&text.as_str())
            || (of == "title" && made.contains(&title))
            || is_described(&of);
        (!is_known).then(|| format!("the text {text:?} of `{of}`"))
    })
}

/// Every string and every member's name, each with the member that it stands in.
fn texts(value: &Value<'_>, of: &str, all: &mut Vec<(String, String)>) {
    match &value.node {
        Node::String(text) => all.push((of.to_owned(), text.clone().into_owned())),
        Node::Array(elements) => elements.iter().for_each(|element| texts(element, of, all)),
        Node::Object(members) => {
            for member in members {
                all.push(("name".to_owned(), member.name.clone().into_owned()));
                texts(&member.value, &member.name, all);
            }
        }
        _ => {}
    }
}

/// Hints, outputs, and every other member but the words and the parameters.
fn promised(old: &Value<'_>, new: &Value<'_>) -> Option<String> {
    for (hint, absent) in [
        ("readOnlyHint", false),
        ("destructiveHint", true),
        ("idempotentHint", false),
        ("openWorldHint", true),
    ] {
        let of = |side: &Value<'_>| match side.get("annotations").and_then(|hints| hints.get(hint)) {
            None => Some(absent),
            Some(value) => value.as_bool(),
        };
        if of(old) != of(new) {
            return Some(format!("the hint {hint}"));
        }
    }
    let own = ["name", "title", "description", "annotations", "inputSchema", "execution", "outputSchema"];
    let rest = |side: &Value<'_>| {
        let members = side.as_object().unwrap_or_default().iter();
        let members = members.filter(|member| !own.contains(&&*member.name));
        members.map(|member| (member.name.to_string(), canonical(&member.value))).collect::<BTreeSet<_>>()
    };
    if rest(old) != rest(new) {
        return Some("a side member".to_owned());
    }
    let outputs = |side: &Value<'_>| {
        side.get("outputSchema").map(|outputs| {
            let members = outputs.as_object().unwrap_or_default().iter();
            let members = members.filter(|member| member.name != "$schema");
            members.map(|member| (member.name.to_string(), canonical(&member.value))).collect::<BTreeSet<_>>()
        })
    };
    (outputs(old) != outputs(new)).then(|| "the outputs".to_owned())
}

/// Arguments that the new schema accepts and the old one does not, as far as trying finds some.
fn accepted(old: &[u8], new: &[u8], before: &Value<'_>, after: &Value<'_>) -> Option<String> {
    if before.get("inputSchema").map(canonical) == after.get("inputSchema").map(canonical) {
        return None;
    }
    let (old, _) = ArgumentCheck::compile(old);
    let (new, _) = ArgumentCheck::compile(new);
    let mut names = BTreeSet::new();
    let mut pool: BTreeSet<String> = POOL.iter().map(|value| (*value).to_owned()).collect();
    for side in [before, after] {
        let schema = side.get("inputSchema");
        let properties = schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object);
        names.extend(properties.unwrap_or_default().iter().map(|member| member.name.to_string()));
        if let Some(schema) = schema {
            scalars(schema, &mut pool);
        }
    }
    names.insert("zz-more".to_owned());
    let base = filled(&new, &names);
    for name in &names {
        for value in &pool {
            let mut arguments = base.clone();
            arguments.retain(|(known, _)| known != name);
            arguments.push((name.clone(), value.clone()));
            for arguments in [arguments, vec![(name.clone(), value.clone())]] {
                let text = written(&arguments);
                if new.check(Some(text.as_bytes())).is_ok() && old.check(Some(text.as_bytes())).is_err() {
                    return Some(format!("the arguments {text}"));
                }
            }
        }
    }
    let empty = new.check(None).is_ok() && old.check(None).is_err();
    empty.then(|| "no arguments at all".to_owned())
}

const POOL: &[&str] = &[
    "null",
    "true",
    "0",
    "1",
    "4",
    "7",
    "12",
    "-7.25",
    "1.5",
    "100000",
    "\"\"",
    "\"x\"",
    "\"xxxxxx\"",
    "\"/etc\"",
    "[]",
    "[1]",
    "[1,1]",
    "[\"x\"]",
    "[1,\"x\",null]",
    "{}",
    "{\"a\":1}",
    "{\"zz\":\"x\",\"b\":{}}",
];

/// Numbers and texts of a schema, and what lies beside its numbers.
fn scalars(schema: &Value<'_>, pool: &mut BTreeSet<String>) {
    match &schema.node {
        Node::Number(number) if number.double.abs() < 1e6 && number.double.fract() == 0.0 => {
            for near in [-1, 0, 1] {
                pool.insert((number.double as i64 + near).to_string());
            }
            if (0.0..64.0).contains(&number.double) {
                pool.insert(format!("{:?}", "y".repeat(number.double as usize)));
            }
        }
        Node::String(text) if text.len() < 40 && pool.len() < 60 => {
            pool.insert(String::from_utf8(canonical(&Value::string(text.clone()))).unwrap());
        }
        Node::Array(elements) => elements.iter().for_each(|element| scalars(element, pool)),
        Node::Object(members) => members.iter().for_each(|member| scalars(&member.value, pool)),
        _ => {}
    }
}

/// Arguments in which each thing that the check demands was tried to be given.
fn filled(check: &ArgumentCheck, names: &BTreeSet<String>) -> Vec<(String, String)> {
    let mut arguments: Vec<(String, String)> = Vec::new();
    for _ in 0..names.len().min(12) {
        let Err(fault) = check.check(Some(written(&arguments).as_bytes())) else { break };
        let Some(name) = names.iter().find(|name| fault.pointer.strip_prefix('/') == Some(name.as_str()))
        else {
            break;
        };
        let place = arguments.len();
        arguments.push((name.clone(), String::new()));
        let fits = POOL.iter().find(|value| {
            arguments[place].1 = (**value).to_owned();
            let at = check.check(Some(written(&arguments).as_bytes()));
            at.is_ok_and(|()| true) || at_other_place(check, &arguments, name)
        });
        if fits.is_none() {
            arguments.pop();
            break;
        }
    }
    arguments
}

fn at_other_place(check: &ArgumentCheck, arguments: &[(String, String)], name: &str) -> bool {
    match check.check(Some(written(arguments).as_bytes())) {
        Err(fault) => !fault.pointer.is_empty() && !fault.pointer.starts_with(&format!("/{name}")),
        Ok(()) => true,
    }
}

fn written(arguments: &[(String, String)]) -> String {
    let members = arguments.iter().map(|(name, value)| {
        let name = String::from_utf8(canonical(&Value::string(name.clone()))).unwrap();
        format!("{name}:{value}")
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}
