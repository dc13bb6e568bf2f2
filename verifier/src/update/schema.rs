//! What a schema holds that decides whether a change inside it is harmless.

use pinfold_core::json::{Node, Value};

/// Keywords by which a part that accepts less can make the whole accept more, or by which more is accepted where a name
/// is taken away.
const TURNING: &[&str] = &[
    "contains",
    "dependencies",
    "if",
    "maxContains",
    "minContains",
    "not",
    "oneOf",
    "patternProperties",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Keywords that not every dialect from draft 7 on has, or that mean another thing in some.
const OF_SOME_DIALECTS: &[&str] = &[
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    "$recursiveAnchor",
    "$recursiveRef",
    "$vocabulary",
    "additionalItems",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "maxContains",
    "minContains",
    "prefixItems",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Dialects in which every other keyword means the same; so does a schema that names none.
const ALIKE_DIALECTS: &[&str] = &[
    "http://json-schema.org/draft-07/schema",
    "https://json-schema.org/draft/2019-09/schema",
    "https://json-schema.org/draft/2020-12/schema",
];

/// Keywords that lead to a schema elsewhere in the document.
const REFERENCES: &[&str] = &["$dynamicRef", "$recursiveRef", "$ref"];

/// Members beside a `$ref` that demand nothing.
const SAY_NOTHING: &[&str] = &["$comment", "$ref", "default", "description", "examples", "title"];

/// Keywords of a schema's outermost level by which it accepts members that its `properties` do not name.
const OPENING: &[&str] = &[
    "$dynamicRef",
    "$recursiveRef",
    "$ref",
    "allOf",
    "anyOf",
    "dependencies",
    "dependentSchemas",
    "if",
    "not",
    "oneOf",
    "patternProperties",
    "propertyNames",
    "unevaluatedProperties",
];

/// Whether a part that accepts less makes the whole accept less. A parameter that is called like a keyword is taken for
/// the keyword: then the answer is no.
pub(super) fn is_monotone(schema: &Value<'_>) -> bool {
    !has_member(schema, &|name, _| TURNING.contains(&name)) && !refers_by_place(schema)
}

/// Whether another order, or a keyword that demands nothing, can change what a schema accepts: it refuses what no other
/// keyword evaluates, or refers to something by its place in a list.
pub(super) fn depends_on_writing(schema: &Value<'_>) -> bool {
    has_member(schema, &|name, _| matches!(name, "unevaluatedItems" | "unevaluatedProperties"))
        || refers_by_place(schema)
}

/// Whether a reference counts the elements of a list (`#/anyOf/1`): when one before it goes away, it leads to another. A
/// name of digits alone is taken for a place, and so is what an escape could hide.
fn refers_by_place(schema: &Value<'_>) -> bool {
    let counts = |reference: &str| {
        let fragment = reference.split_once('#').map_or("", |(_, fragment)| fragment);
        let is_number = |token: &str| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
        fragment.contains('%') || fragment.split('/').skip(1).any(is_number)
    };
    has_member(schema, &|name, of| {
        REFERENCES.contains(&name) && of.get(name).and_then(Value::as_str).is_some_and(counts)
    })
}

/// Whether a schema means the same in another of the dialects that these two `$schema` name. `None` is a schema without
/// one.
pub(super) fn means_the_same(schema: &Value<'_>, old: Option<&str>, new: Option<&str>) -> bool {
    let bare = |dialect: Option<&str>| dialect.map(|text| text.trim_end_matches('#').to_owned());
    if bare(old) == bare(new) {
        return true;
    }
    let is_alike =
        |dialect: Option<String>| dialect.is_none_or(|text| ALIKE_DIALECTS.contains(&text.as_str()));
    is_alike(bare(old)) && is_alike(bare(new)) && !has_member(schema, &differs_by_dialect)
}

fn differs_by_dialect(name: &str, of: &Value<'_>) -> bool {
    match name {
        "items" => of.get(name).is_some_and(|items| items.as_array().is_some()),
        // In draft 7 what stands beside a reference does not count.
        "$ref" => {
            of.as_object().unwrap_or_default().iter().any(|member| !SAY_NOTHING.contains(&&*member.name))
        }
        _ => OF_SOME_DIALECTS.contains(&name),
    }
}

/// The members that a schema of parameters names, if all that it accepts are named ones but for what `properties` alone
/// leaves open. `None`: it accepts others by other keywords, or is no object.
pub(super) fn named_members<'v>(schema: &'v Value<'_>) -> Option<Vec<&'v str>> {
    let members = schema.as_object()?;
    if members.iter().any(|member| OPENING.contains(&&*member.name)) {
        return None;
    }
    if schema.get("additionalProperties").is_some_and(|rest| rest.as_bool().is_none()) {
        return None;
    }
    let properties = schema.get("properties").map_or(Some(&[][..]), Value::as_object)?;
    Some(properties.iter().map(|property| &*property.name).collect())
}

/// Whether any object inside has a member of which this holds; it is given the name and the object.
fn has_member(value: &Value<'_>, holds: &impl Fn(&str, &Value<'_>) -> bool) -> bool {
    match &value.node {
        Node::Array(elements) => elements.iter().any(|element| has_member(element, holds)),
        Node::Object(members) => {
            members.iter().any(|member| holds(&member.name, value) || has_member(&member.value, holds))
        }
        _ => false,
    }
}
