//! Prompts, resource templates and resources.

use std::collections::BTreeMap;

use super::walk::{Side, Walk, members};
use crate::json::{Node, Value};
use crate::reason::ReasonCode;

pub(super) fn prompt(walk: &mut Walk, old: &Value<'_>, new: &Value<'_>) {
    for (name, old, new) in members(Some(old), Some(new)) {
        walk.at(name, |walk| match name {
            "description" => walk.leaf(ReasonCode::DescChanged, old, new),
            "name" | "title" => walk.leaf(ReasonCode::DisplayChanged, old, new),
            "arguments" => arguments(walk, old, new),
            _ => walk.data(ReasonCode::ExtraFieldChanged, old, new),
        });
    }
}

pub(super) fn resource(walk: &mut Walk, old: &Value<'_>, new: &Value<'_>) {
    for (name, old, new) in members(Some(old), Some(new)) {
        walk.at(name, |walk| match name {
            "description" => walk.leaf(ReasonCode::DescChanged, old, new),
            "name" | "title" => walk.leaf(ReasonCode::DisplayChanged, old, new),
            "uriTemplate" | "uri" => walk.leaf(ReasonCode::SchemaWidened, old, new),
            _ => walk.data(ReasonCode::ExtraFieldChanged, old, new),
        });
    }
}

/// The parameters of a prompt, told apart by name where every one has its own.
fn arguments(walk: &mut Walk, old: Side<'_, '_>, new: Side<'_, '_>) {
    let (Some(before), Some(after)) = (by_name(old), by_name(new)) else {
        return walk.data(ReasonCode::SchemaWidened, old, new);
    };
    if before.is_empty() && after.is_empty() {
        return walk.leaf(ReasonCode::SchemaDialect, old, new);
    }
    for (name, (index, element)) in in_order(&after) {
        let earlier = before.get(name);
        walk.at_pair(earlier.map(|(index, _)| *index), Some(*index), |walk| match earlier {
            Some((_, earlier)) => argument(walk, earlier, element),
            None => walk.change(ReasonCode::ParamAdded, None, Some(element)),
        });
    }
    for (name, (index, element)) in in_order(&before) {
        if !after.contains_key(name) {
            walk.at(&index.to_string(), |walk| walk.change(ReasonCode::SchemaNarrowed, Some(element), None));
        }
    }
    let same_set = before.len() == after.len() && before.keys().all(|name| after.contains_key(name));
    if same_set && before.iter().any(|(name, (index, _))| after.get(name).is_some_and(|now| now.0 != *index))
    {
        walk.change(ReasonCode::SchemaDialect, old, new);
    }
}

fn argument(walk: &mut Walk, old: &Value<'_>, new: &Value<'_>) {
    for (name, old, new) in members(Some(old), Some(new)) {
        walk.at(name, |walk| match name {
            "description" => walk.leaf(ReasonCode::SchemaTextChanged, old, new),
            "title" => walk.leaf(ReasonCode::DisplayChanged, old, new),
            "required" => {
                let is_required =
                    |side: Side<'_, '_>| side.is_some_and(|value| value.node != Node::Bool(false));
                let same = is_required(old) == is_required(new);
                let class = if same { ReasonCode::SchemaDialect } else { ReasonCode::SchemaWidened };
                walk.leaf(class, old, new);
            }
            _ => walk.data(ReasonCode::ExtraFieldChanged, old, new),
        });
    }
}

type Named<'v, 'a> = BTreeMap<&'v str, (usize, &'v Value<'a>)>;

fn in_order<'n, 'v, 'a>(named: &'n Named<'v, 'a>) -> Vec<(&'n &'v str, &'n (usize, &'v Value<'a>))> {
    let mut elements: Vec<_> = named.iter().collect();
    elements.sort_by_key(|(_, (index, _))| *index);
    elements
}

/// `None` if it is no array of objects with names of their own. Absent is empty.
fn by_name<'v, 'a>(list: Side<'v, 'a>) -> Option<Named<'v, 'a>> {
    let Some(list) = list else { return Some(Named::new()) };
    let elements = list.as_array()?;
    let mut named = Named::new();
    for (index, element) in elements.iter().enumerate() {
        named.insert(element.get("name")?.as_str()?, (index, element));
    }
    (named.len() == elements.len()).then_some(named)
}
