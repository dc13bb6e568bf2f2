//! An object taken apart for the page: every value with its place, what reaches the model first, nothing left out.

use std::collections::BTreeMap;

use pinfold_core::digest::ObjectKind;
use pinfold_core::json::{Node, Value, canonical, pointer_push};

use pinfold_core::diff::{Reach, reach};

/// A string longer than this, or with a blank or line break in it, is compared as text instead of as JSON.
const LONGEST_TOKEN_CHARS: usize = 40;
/// In an object that is shown whole, a string up to this length without a line break shares a row with its neighbours.
const LONGEST_SHARED_CHARS: usize = 120;
/// A parameter, or another member that is an object, stands on one row as JSON up to this length.
const LONGEST_UNIT_BYTES: usize = 600;

/// How a value stands on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Words, line by line as they are.
    Prose(String),
    /// JSON on one line.
    Json(String),
}

/// One value, or several small ones of the same parent, and where they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// JSON Pointer from the object's root.
    pub pointer: String,
    /// Who reads it.
    pub reach: Reach,
    /// What stands there.
    pub shape: Shape,
}

impl Leaf {
    /// How long it is.
    pub fn characters(&self) -> usize {
        match &self.shape {
            Shape::Prose(text) | Shape::Json(text) => text.chars().count(),
        }
    }
}

/// All of an object, sorted by who reads it; within one reader in the order of the document, descriptions first.
pub fn leaves(kind: ObjectKind, object: &Value<'_>) -> Vec<Leaf> {
    let mut walk = Walk { kind, found: Vec::new() };
    walk.value(object, &mut Vec::new(), false);
    let mut leaves = merge(walk.found);
    leaves.sort_by_key(|leaf| (leaf.reach, !is_description(leaf)));
    leaves
}

/// How one value of a member of this name is written on the page.
pub fn shape(name: &str, value: &Value<'_>) -> Shape {
    match value.as_str() {
        Some(text) if name == "description" || is_prose(text) => Shape::Prose(text.to_owned()),
        _ => Shape::Json(json(value)),
    }
}

/// A parameter, or a member that only clients read, which is small enough to stand on a row as a whole.
fn is_one_row(value: &Value<'_>, path: &[String]) -> bool {
    let is_unit =
        is_parameter(path) || matches!(path, [name] if name != "inputSchema" && name != "description");
    is_unit && is_container(value) && !holds_long_text(value) && json(value).len() <= LONGEST_UNIT_BYTES
}

fn is_parameter(path: &[String]) -> bool {
    matches!(path, [schema, properties, _] if schema == "inputSchema" && properties == "properties")
}

fn holds_long_text(value: &Value<'_>) -> bool {
    match &value.node {
        Node::String(text) => text.contains('\n'),
        Node::Array(elements) => elements.iter().any(holds_long_text),
        Node::Object(members) => members.iter().any(|member| holds_long_text(&member.value)),
        _ => false,
    }
}

/// What gets rows of its own where an object is shown whole.
fn is_long(value: &Value<'_>, path: &[String]) -> bool {
    let is_first = matches!(path, [name] if name == "description") || path.is_empty();
    value
        .as_str()
        .is_some_and(|text| is_first || text.contains('\n') || text.chars().count() > LONGEST_SHARED_CHARS)
}

fn text(value: &Value<'_>) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn is_prose(text: &str) -> bool {
    text.chars().any(char::is_whitespace) || text.chars().count() > LONGEST_TOKEN_CHARS
}

/// A description, or the whole of instructions.
fn is_description(leaf: &Leaf) -> bool {
    leaf.pointer == "/description" || (leaf.pointer.is_empty() && matches!(leaf.shape, Shape::Prose(_)))
}

fn json(value: &Value<'_>) -> String {
    String::from_utf8_lossy(&canonical(value)).into_owned()
}

struct Found {
    parent: String,
    key: Option<String>,
    is_member: bool,
    reach: Reach,
    shape: Shape,
}

struct Walk {
    kind: ObjectKind,
    found: Vec<Found>,
}

impl Walk {
    fn value(&mut self, value: &Value<'_>, path: &mut Vec<String>, is_member: bool) {
        match &value.node {
            _ if is_one_row(value, path) => self.found.push(Found {
                parent: pointer(path.get(..path.len().saturating_sub(1)).unwrap_or_default()),
                key: path.last().cloned(),
                is_member: is_member && !is_parameter(path),
                reach: reach(self.kind, path),
                shape: Shape::Json(json(value)),
            }),
            Node::Object(members) if !members.is_empty() => {
                for member in members {
                    path.push(member.name.clone().into_owned());
                    self.value(&member.value, path, true);
                    path.pop();
                }
            }
            Node::Array(elements) if elements.iter().any(is_container) || any_prose(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    path.push(index.to_string());
                    self.value(element, path, false);
                    path.pop();
                }
            }
            _ => self.found.push(Found {
                parent: pointer(path.get(..path.len().saturating_sub(1)).unwrap_or_default()),
                key: path.last().cloned(),
                is_member,
                reach: reach(self.kind, path),
                shape: if is_long(value, path) {
                    Shape::Prose(text(value))
                } else {
                    Shape::Json(json(value))
                },
            }),
        }
    }
}

fn is_container(value: &Value<'_>) -> bool {
    matches!(value.node, Node::Array(_) | Node::Object(_))
}

fn any_prose(elements: &[Value<'_>]) -> bool {
    elements.iter().filter_map(Value::as_str).any(|text| text.chars().count() > LONGEST_TOKEN_CHARS)
}

/// Small members of one object with one reach stand on one line, at the place of the first.
fn merge(found: Vec<Found>) -> Vec<Leaf> {
    let mut leaves: Vec<Leaf> = Vec::new();
    let mut lines: BTreeMap<(String, Reach), usize> = BTreeMap::new();
    for Found { parent, key, is_member, reach, shape } in found {
        let key = key.unwrap_or_default();
        match shape {
            Shape::Json(text) if is_member => {
                let pair = format!("{}:{text}", json(&Value::string(key.as_str())));
                let at = *lines.entry((parent.clone(), reach)).or_insert(leaves.len());
                match leaves.get_mut(at).map(|leaf| &mut leaf.shape) {
                    Some(Shape::Json(line)) => {
                        line.truncate(line.len() - 1);
                        line.push_str(&format!(", {pair}}}"));
                    }
                    _ => leaves.push(Leaf {
                        pointer: parent,
                        reach,
                        shape: Shape::Json(format!("{{{pair}}}")),
                    }),
                }
            }
            shape => {
                let mut pointer = parent;
                // The root itself, which no member and no element holds, has the empty pointer.
                if !(key.is_empty() && !is_member && pointer.is_empty()) {
                    pointer_push(&mut pointer, &key);
                }
                leaves.push(Leaf { pointer, reach, shape });
            }
        }
    }
    leaves
}

fn pointer(path: &[String]) -> String {
    let mut pointer = String::new();
    for token in path {
        pointer_push(&mut pointer, token);
    }
    pointer
}

#[cfg(test)]
mod tests {
    use pinfold_core::json::{ReadLimits, read};

    use super::*;

    fn of(document: &str) -> Vec<(Reach, String, String)> {
        let value = read(document.as_bytes(), &ReadLimits::OWN).unwrap();
        leaves(ObjectKind::Tool, &value)
            .into_iter()
            .map(|leaf| {
                let text = match leaf.shape {
                    Shape::Prose(text) => format!("prose {text}"),
                    Shape::Json(text) => text,
                };
                (leaf.reach, leaf.pointer, text)
            })
            .collect()
    }

    #[test]
    fn what_reaches_the_model_comes_first_and_small_values_share_a_line() {
        let found = of(
            r#"{"_meta":{"v":1},"annotations":{"readOnlyHint":true},"inputSchema":{"type":"object",
            "properties":{"sql":{"type":"string","description":"The query to run.","default":"select 1","minLength":1}},
            "required":["sql"]},"name":"query","description":"Run one query."}"#,
        );
        let expect = |reader, pointer: &str, text: &str| (reader, pointer.to_owned(), text.to_owned());
        assert_eq!(
            found,
            [
                expect(Reach::Model, "/description", "prose Run one query."),
                expect(Reach::Model, "/inputSchema", r#"{"type":"object", "required":["sql"]}"#),
                expect(
                    Reach::Model,
                    "/inputSchema/properties/sql",
                    r#"{"default":"select 1","description":"The query to run.","minLength":1,"type":"string"}"#
                ),
                expect(Reach::Model, "", r#"{"name":"query"}"#),
                expect(Reach::Client, "", r#"{"_meta":{"v":1}, "annotations":{"readOnlyHint":true}}"#),
            ]
        );
    }

    #[test]
    fn every_value_of_an_object_is_on_the_page() {
        let document = r#"{"name":"x","a":{},"b":[],"c":[1,[2,{"d":null,"z":"y\nx"}],"e"],"f":{"g":{"h":"i j\nk"}},"l":"",
            "m":["n","o"],"p":"short words share a row, and so do these"}"#;
        let text: String =
            of(document).into_iter().map(|(_, pointer, text)| format!("{pointer} {text}\n")).collect();
        for piece in [
            "/c/1/1",
            "null",
            "\"a\":{}",
            "\"b\":[]",
            "i j\nk",
            "\"l\":\"\"",
            r#"["n","o"]"#,
            "so do these",
            "\"e\"",
        ] {
            assert!(text.contains(piece), "{piece} is missing in {text}");
        }
    }

    #[test]
    fn numbers_and_strings_that_look_like_numbers_differ() {
        let found = of(r#"{"a":5,"b":"5","c":true,"d":"true"}"#);
        assert_eq!(found[0].2, r#"{"a":5, "b":"5", "c":true, "d":"true"}"#);
    }
}
