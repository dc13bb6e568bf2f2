//! Every schema of a document and what each reference in it leads to.

use std::collections::BTreeMap;

use super::super::{Fault, FaultDetail};
use super::{Holds, MAX_REFERENCES, holds, subschemas};
use crate::json::{Value, pointer_push};
use crate::reason::ReasonCode;

/// The schemas of one document, each once, with the schemas that each applies to the value it is given itself.
pub(super) struct Schemas<'v, 'a> {
    /// The document itself comes first.
    pub(super) nodes: Vec<Node<'v, 'a>>,
    /// From a schema's address to its place in `nodes`.
    places: BTreeMap<usize, usize>,
}

/// One schema.
pub(super) struct Node<'v, 'a> {
    /// JSON Pointer from the document.
    pub(super) pointer: String,
    /// The schemas that apply to the same value, as places in `nodes`: subschemas and targets of references.
    pub(super) applied: Vec<usize>,
    /// The innermost schema with an `$id` that this one stands in, or the document: what its references start from.
    resource: &'v Value<'a>,
}

/// A reference that was met and is not resolved yet.
struct Reference<'v> {
    from: usize,
    /// JSON Pointer of the keyword.
    pointer: String,
    target: &'v str,
}

/// Finds all schemas and resolves all references.
///
/// Where a reference leads to a place that no keyword makes a schema, it is one from then on.
///
/// # Errors
/// `EXTERNAL_REF` for the first reference that leaves the document.
pub(super) fn collect<'v, 'a>(document: &'v Value<'a>) -> Result<Schemas<'v, 'a>, Fault> {
    let mut search = Search {
        schemas: Schemas { nodes: Vec::new(), places: BTreeMap::new() },
        references: Vec::new(),
        ids: BTreeMap::new(),
        anchors: BTreeMap::new(),
        document,
    };
    search.add_tree(document, String::new(), document)?;
    let mut resolved = 0;
    while let Some(reference) = search.references.get(resolved) {
        if resolved == MAX_REFERENCES {
            let (reason, detail) = (ReasonCode::SchemaTooComplex, FaultDetail::TooManyApplied);
            return Err(Fault { reason, pointer: reference.pointer.clone(), detail });
        }
        let (from, pointer, target) = (reference.from, reference.pointer.clone(), reference.target);
        search.resolve(from, pointer, target)?;
        resolved += 1;
    }
    Ok(search.schemas)
}

struct Search<'v, 'a> {
    schemas: Schemas<'v, 'a>,
    references: Vec<Reference<'v>>,
    /// Absolute `$id`s of the document. Of several schemas with one `$id` implementations take another: all count.
    ids: BTreeMap<&'v str, Vec<&'v Value<'a>>>,
    /// Plain-name fragments, of every kind and wherever they are declared.
    anchors: BTreeMap<&'v str, Vec<&'v Value<'a>>>,
    document: &'v Value<'a>,
}

impl<'v, 'a> Search<'v, 'a> {
    /// Adds a schema and all inside it; returns its place. Recursion follows the value, whose depth the reader bounded.
    fn add_tree(
        &mut self,
        schema: &'v Value<'a>,
        pointer: String,
        resource: &'v Value<'a>,
    ) -> Result<usize, Fault> {
        let address = std::ptr::from_ref(schema).addr();
        if let Some(&place) = self.schemas.places.get(&address) {
            return Ok(place);
        }
        let resource = if self.learn_names(schema) { schema } else { resource };
        let place = self.schemas.nodes.len();
        self.schemas.places.insert(address, place);
        self.schemas.nodes.push(Node { pointer: pointer.clone(), applied: Vec::new(), resource });
        self.note_references(schema, place, &pointer)?;
        for inner in subschemas(schema) {
            let inner_place = self.add_tree(inner.schema, format!("{pointer}{}", inner.pointer), resource)?;
            if inner.in_place {
                self.schemas.nodes[place].applied.push(inner_place);
            }
        }
        Ok(place)
    }

    /// Notes ids and anchors; whether the schema is a resource of its own.
    fn learn_names(&mut self, schema: &'v Value<'a>) -> bool {
        for keyword in ["$anchor", "$dynamicAnchor"] {
            if let Some(anchor) = schema.get(keyword).and_then(Value::as_str) {
                self.anchors.entry(anchor).or_default().push(schema);
            }
        }
        let Some(id) = schema.get("$id").and_then(Value::as_str) else { return false };
        if let Some(anchor) = id.strip_prefix('#') {
            self.anchors.entry(anchor).or_default().push(schema);
            return false;
        }
        if is_absolute(id) {
            self.ids.entry(without_fragment(id)).or_default().push(schema);
        }
        true
    }

    fn note_references(&mut self, schema: &'v Value<'a>, from: usize, pointer: &str) -> Result<(), Fault> {
        for member in schema.as_object().unwrap_or_default() {
            let mut pointer = pointer.to_owned();
            match holds(&member.name) {
                Holds::Reference => {
                    if let Some(target) = member.value.as_str() {
                        pointer_push(&mut pointer, &member.name);
                        self.references.push(Reference { from, pointer, target });
                    }
                }
                // A property may be named `$ref`, but then its value is a schema. As a string it is what dereferencing
                // tools take for a reference wherever it stands.
                Holds::SchemaMap | Holds::SchemaMapInPlace => {
                    let Some(target) = member.value.get("$ref").and_then(Value::as_str) else { continue };
                    if !is_local(target) {
                        pointer_push(&mut pointer, &member.name);
                        pointer.push_str("/$ref");
                        return Err(external(pointer, target));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Adds what a reference leads to. One that leads nowhere adds nothing.
    fn resolve(&mut self, from: usize, pointer: String, target: &'v str) -> Result<(), Fault> {
        let resources = if is_local(target) {
            vec![self.schemas.nodes[from].resource]
        } else {
            match self.ids.get(without_fragment(target)) {
                Some(resources) => resources.clone(),
                None => return Err(external(pointer, target)),
            }
        };
        let fragment = target.split_once('#').map_or("", |(_, fragment)| fragment);
        let Some(fragment) = percent_decoded(fragment) else { return Ok(()) };
        for resource in resources {
            for (schema, at) in self.targets(resource, &fragment) {
                if schema.as_object().is_some() {
                    let resource = self.resource_of(schema, resource);
                    let place = self.add_tree(schema, at, resource)?;
                    self.schemas.nodes[from].applied.push(place);
                }
            }
        }
        Ok(())
    }

    /// The schemas that a fragment may mean, with their pointers. Implementations disagree on what a fragment starts
    /// from where an `$id` stands between, and which of several anchors a dynamic reference meets is known only when a
    /// value is checked: all of them count.
    fn targets(&self, resource: &'v Value<'a>, fragment: &str) -> Vec<(&'v Value<'a>, String)> {
        let mut starts = vec![resource];
        if !std::ptr::eq(resource, self.document) {
            starts.push(self.document);
        }
        if fragment.is_empty() || fragment.starts_with('/') {
            let found = starts.into_iter().filter_map(|start| {
                let schema = start.at_pointer(fragment)?;
                Some((schema, format!("{}{fragment}", self.pointer_of(start))))
            });
            return found.collect();
        }
        let named = self.anchors.get(fragment).into_iter().flatten();
        named.map(|schema| (*schema, self.pointer_of(schema))).collect()
    }

    fn pointer_of(&self, schema: &Value<'_>) -> String {
        self.place_of(schema).map(|place| self.schemas.nodes[place].pointer.clone()).unwrap_or_default()
    }

    fn resource_of(&self, schema: &Value<'_>, fallback: &'v Value<'a>) -> &'v Value<'a> {
        self.place_of(schema).map_or(fallback, |place| self.schemas.nodes[place].resource)
    }

    fn place_of(&self, schema: &Value<'_>) -> Option<usize> {
        self.schemas.places.get(&std::ptr::from_ref(schema).addr()).copied()
    }
}

fn external(pointer: String, target: &str) -> Fault {
    let detail = FaultDetail::ExternalReference(target.to_owned());
    Fault { reason: ReasonCode::ExternalRef, pointer, detail }
}

fn is_local(target: &str) -> bool {
    target.is_empty() || target.starts_with('#')
}

/// Whether a URI stands by itself: a scheme (RFC 3986 §3.1), then a colon.
fn is_absolute(id: &str) -> bool {
    id.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    })
}

fn without_fragment(uri: &str) -> &str {
    uri.split_once('#').map_or(uri, |(before, _)| before)
}

/// RFC 3986 §2.1, leniently: what is no escape stays as it is, and what is no UTF-8 names nothing.
fn percent_decoded(fragment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let [first, tail @ ..] = rest {
        let escape = if *first == b'%' { tail.get(..2).and_then(hex_byte) } else { None };
        bytes.push(escape.unwrap_or(*first));
        rest = if escape.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).ok()
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let text =
        std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u8::from_str_radix(text, 16).ok()
}
