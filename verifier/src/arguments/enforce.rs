//! A schema without the patterns that cannot be run.
//!
//! Taking a demand away must never refuse what the whole schema accepts. Where a demand stands under a keyword that
//! turns its outcome around or counts it, the keyword goes too.

use std::cell::Cell;

use pinfold_core::json::pointer_push;
use pinfold_core::surface::schema::{Holds, holds};
use serde_json::{Map, Value};

use super::{NotEnforced, NotEnforcedReason};

/// Removes every pattern that `runs` says no to, and what depends on it. Returns what was removed, by its place in the
/// tool. Empty: the schema is as it was.
pub(super) fn without_patterns(schema: &mut Value, runs: impl Fn(&str) -> bool) -> Vec<NotEnforced> {
    let mut removal = Removal { runs: &runs, removed: Vec::new(), lost_condition: Cell::new(false) };
    let mut pointer = "/inputSchema".to_owned();
    removal.patterns(schema, &mut pointer);
    if !removal.removed.is_empty() {
        removal.dependents(schema, &mut pointer);
    }
    if removal.lost_condition.get() {
        removal.unevaluated(schema, &mut pointer);
    }
    removal.removed
}

struct Removal<'r> {
    runs: &'r dyn Fn(&str) -> bool,
    removed: Vec<NotEnforced>,
    /// An `if` went, so that what its branches would have evaluated is not known.
    lost_condition: Cell<bool>,
}

impl Removal<'_> {
    /// First walk: the patterns themselves.
    fn patterns(&mut self, schema: &mut Value, pointer: &mut String) {
        let Some(members) = schema.as_object_mut() else { return };
        if members.get("pattern").and_then(Value::as_str).is_some_and(|pattern| !(self.runs)(pattern)) {
            self.remove(members, "pattern", pointer, NotEnforcedReason::Pattern);
        }
        if let Some(by_pattern) = members.get_mut("patternProperties").and_then(Value::as_object_mut) {
            self.property_patterns(by_pattern, pointer);
        }
        each_subschema(members, pointer, &mut |inner, pointer| self.patterns(inner, pointer));
    }

    /// A property that such a pattern would match is in order whatever it holds; with the pattern gone it would be an
    /// additional one. A pattern that matches every name takes its place.
    fn property_patterns(&mut self, by_pattern: &mut Map<String, Value>, pointer: &mut String) {
        let bad: Vec<String> = by_pattern.keys().filter(|pattern| !(self.runs)(pattern)).cloned().collect();
        for pattern in bad {
            by_pattern.remove(&pattern);
            by_pattern.entry("").or_insert(Value::Bool(true));
            let mut pointer = format!("{pointer}/patternProperties");
            pointer_push(&mut pointer, &pattern);
            self.removed.push(NotEnforced { pointer, why: NotEnforcedReason::Pattern });
        }
    }

    /// Second walk: keywords that turn around or count what lost a pattern. Returns whether the schema, or something
    /// that it refers to, may have lost one.
    fn dependents(&mut self, schema: &mut Value, pointer: &mut String) -> bool {
        let at_here = self.removed.iter().any(|removed| is_directly_in(&removed.pointer, pointer));
        let Some(members) = schema.as_object_mut() else { return false };
        let mut has_lost = at_here || members.keys().any(|keyword| holds(keyword) == Holds::Reference);
        for keyword in ["not", "if", "oneOf", "contains"] {
            let Some(inner) = members.get_mut(keyword) else { continue };
            if !self.any_dependents(inner, &format!("{pointer}/{keyword}")) {
                continue;
            }
            has_lost = true;
            match keyword {
                "oneOf" => self.loosen_one_of(members, pointer),
                "contains" => {
                    self.remove(members, "maxContains", pointer, NotEnforcedReason::DependsOnPattern)
                }
                _ => self.remove(members, keyword, pointer, NotEnforcedReason::DependsOnPattern),
            }
            if keyword == "if" {
                self.lost_condition.set(true);
                for branch in ["then", "else"] {
                    self.remove(members, branch, pointer, NotEnforcedReason::DependsOnPattern);
                }
            }
        }
        each_subschema(members, pointer, &mut |inner, pointer| {
            has_lost |= self.dependents(inner, pointer);
        });
        has_lost
    }

    /// The value of one keyword: a schema, or a list of them.
    fn any_dependents(&mut self, value: &mut Value, pointer: &str) -> bool {
        match value {
            Value::Array(schemas) => {
                let results = schemas.iter_mut().enumerate();
                let results: Vec<bool> = results
                    .map(|(index, schema)| self.dependents(schema, &mut format!("{pointer}/{index}")))
                    .collect();
                results.contains(&true)
            }
            schema => self.dependents(schema, &mut pointer.to_owned()),
        }
    }

    /// "Exactly one" becomes "at least one".
    fn loosen_one_of(&mut self, members: &mut Map<String, Value>, pointer: &str) {
        let branches = members.get("oneOf").cloned();
        self.remove(members, "oneOf", pointer, NotEnforcedReason::DependsOnPattern);
        if let (Some(branches), false) = (branches, members.contains_key("anyOf")) {
            members.insert("anyOf".to_owned(), branches);
        }
    }

    /// Third walk: what is judged by what other keywords evaluated.
    fn unevaluated(&mut self, schema: &mut Value, pointer: &mut String) {
        let Some(members) = schema.as_object_mut() else { return };
        for keyword in ["unevaluatedProperties", "unevaluatedItems"] {
            self.remove(members, keyword, pointer, NotEnforcedReason::DependsOnPattern);
        }
        each_subschema(members, pointer, &mut |inner, pointer| self.unevaluated(inner, pointer));
    }

    fn remove(&mut self, members: &mut Map<String, Value>, keyword: &str, at: &str, why: NotEnforcedReason) {
        if members.remove(keyword).is_some() {
            self.removed.push(NotEnforced { pointer: format!("{at}/{keyword}"), why });
        }
    }
}

/// Whether a removed pattern stood in the schema at `schema` itself and not in one inside it.
fn is_directly_in(removed: &str, schema: &str) -> bool {
    let Some(rest) = removed.strip_prefix(schema) else { return false };
    rest == "/pattern" || rest.strip_prefix("/patternProperties/").is_some_and(|name| !name.contains('/'))
}

/// Recursion follows the schema, whose depth the reader bounded.
fn each_subschema(
    members: &mut Map<String, Value>,
    pointer: &mut String,
    visit: &mut dyn FnMut(&mut Value, &mut String),
) {
    for (keyword, value) in members.iter_mut() {
        let is_map = match holds(keyword) {
            Holds::Reference | Holds::Data => continue,
            Holds::SchemaMap | Holds::SchemaMapInPlace => true,
            _ => false,
        };
        let length = pointer.len();
        pointer_push(pointer, keyword);
        match value {
            Value::Array(schemas) => {
                for (index, schema) in schemas.iter_mut().enumerate() {
                    visit_at(schema, &index.to_string(), pointer, visit);
                }
            }
            Value::Object(schemas) if is_map => {
                for (name, schema) in schemas.iter_mut() {
                    visit_at(schema, name, pointer, visit);
                }
            }
            schema => visit(schema, pointer),
        }
        pointer.truncate(length);
    }
}

fn visit_at(
    schema: &mut Value,
    token: &str,
    pointer: &mut String,
    visit: &mut dyn FnMut(&mut Value, &mut String),
) {
    let length = pointer.len();
    pointer_push(pointer, token);
    visit(schema, pointer);
    pointer.truncate(length);
}
