//! An object taken apart for the page: every value with its place, what reaches the model first, nothing left out.

use std::collections::BTreeMap;

use pinfold_core::digest::ObjectKind;
use pinfold_core::json::{Node, Value, canonical, pointer_push};

use super::rank::{Reader, reader};

/// A string longer than this, or with a blank or line break in it, is shown as text instead of as JSON.
const LONGEST_TOKEN_CHARS: usize = 40;

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
    pub reader: Reader,
    /// What stands there.
    pub shape: Shape,
}

/// All of an object, sorted by who reads it; within one reader in the order of the document, descriptions first.
pub fn leaves(kind: ObjectKind, object: &Value<'_>) -> Vec<Leaf> {
    let mut walk = Walk { kind, found: Vec::new() };
    walk.value(object, &mut Vec::new(), false);
    let mut leaves = merge(walk.found);
    leaves.sort_by_key(|leaf| (leaf.reader, !is_description(leaf)));
    leaves
}

/// How one value of a member of this name is written on the page.
pub fn shape(name: &str, value: &Value<'_>) -> Shape {
    match value.as_str() {
        Some(text) if name == "description" || is_prose(text) => Shape::Prose(text.to_owned()),
        _ => Shape::Json(json(value)),
    }
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
    reader: Reader,
    shape: Shape,
}

struct Walk {
    kind: ObjectKind,
    found: Vec<Found>,
}

impl Walk {
    fn value(&mut self, value: &Value<'_>, path: &mut Vec<String>, is_member: bool) {
        match &value.node {
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
                reader: reader(self.kind, path),
                shape: shape(path.last().map_or("", String::as_str), value),
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

/// Small members of one object with one reader stand on one line, at the place of the first.
fn merge(found: Vec<Found>) -> Vec<Leaf> {
    let mut leaves: Vec<Leaf> = Vec::new();
    let mut lines: BTreeMap<(String, Reader), usize> = BTreeMap::new();
    for Found { parent, key, is_member, reader, shape } in found {
        let key = key.unwrap_or_default();
        match shape {
            Shape::Json(text) if is_member => {
                let pair = format!("{}:{text}", json(&Value::string(key.as_str())));
                let at = *lines.entry((parent.clone(), reader)).or_insert(leaves.len());
                match leaves.get_mut(at).map(|leaf| &mut leaf.shape) {
                    Some(Shape::Json(line)) => {
                        line.truncate(line.len() - 1);
                        line.push_str(&format!(", {pair}}}"));
                    }
                    _ => leaves.push(Leaf {
                        pointer: parent,
                        reader,
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
                leaves.push(Leaf { pointer, reader, shape });
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

    fn of(document: &str) -> Vec<(Reader, String, String)> {
        let value = read(document.as_bytes(), &ReadLimits::OWN).unwrap();
        leaves(ObjectKind::Tool, &value)
            .into_iter()
            .map(|leaf| {
                let text = match leaf.shape {
                    Shape::Prose(text) => format!("prose {text}"),
                    Shape::Json(text) => text,
                };
                (leaf.reader, leaf.pointer, text)
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
                expect(Reader::Model, "/description", "prose Run one query."),
                expect(Reader::Model, "/inputSchema", r#"{"type":"object", "required":["sql"]}"#),
                expect(Reader::Model, "/inputSchema/properties/sql", r#"{"type":"string", "minLength":1}"#),
                expect(Reader::Model, "/inputSchema/properties/sql/description", "prose The query to run."),
                expect(Reader::Model, "", r#"{"name":"query"}"#),
                expect(Reader::ModelOfSome, "/inputSchema/properties/sql/default", "prose select 1"),
                expect(Reader::Client, "/_meta", r#"{"v":1}"#),
                expect(Reader::Client, "/annotations", r#"{"readOnlyHint":true}"#),
            ]
        );
    }

    #[test]
    fn every_value_of_an_object_is_on_the_page() {
        let document = r#"{"name":"x","a":{},"b":[],"c":[1,[2,{"d":null}],"e"],"f":{"g":{"h":"i j\nk"}},"l":"",
            "m":["n","o"],"p":"long words are shown as text, and so is this"}"#;
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
            "so is this",
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
