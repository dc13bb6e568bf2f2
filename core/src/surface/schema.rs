//! Where in a JSON Schema a schema stands, and the two rules that a surface has for schemas: no reference to another
//! document, and no reference that runs in a circle or multiplies.
//!
//! Source: JSON Schema drafts 4 to 2020-12. `spec/surface.md`, Schemas.

mod graph;
mod references;

use super::Fault;
use crate::json::{Value, pointer_push};

/// The most subschemas that one schema applies to one and the same value, counted along every path of references.
/// Largest in real servers: 21.
pub const MAX_APPLIED_SCHEMAS: u32 = 10_000;

/// The longest chain of subschemas, each applied by the one before, to one and the same value. Largest in real
/// servers: 6.
pub const MAX_APPLIED_DEPTH: u32 = 64;

/// The most references in one schema document. Largest in real servers: 26.
pub const MAX_REFERENCES: usize = 4_096;

/// What the value of a schema keyword holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// A schema that applies to the same value (`not`).
    SchemaInPlace,
    /// An array of schemas that apply to the same value (`allOf`).
    SchemasInPlace,
    /// An object whose members are schemas that apply to the same value (`dependentSchemas`).
    SchemaMapInPlace,
    /// A schema, or an array of schemas, for parts of the value (`items`).
    SchemaOrSchemas,
    /// An object whose members are schemas for parts of the value (`properties`), or for nothing by themselves
    /// (`$defs`).
    SchemaMap,
    /// A reference (`$ref`).
    Reference,
    /// Something else, a list, a limit, a text; or a keyword that no draft knows.
    Data,
}

/// What a keyword of any draft holds. A later draft gives none of these keywords another meaning.
pub fn holds(keyword: &str) -> Holds {
    match keyword {
        "$ref" | "$dynamicRef" | "$recursiveRef" => Holds::Reference,
        "not" | "if" | "then" | "else" => Holds::SchemaInPlace,
        "allOf" | "anyOf" | "oneOf" | "extends" => Holds::SchemasInPlace,
        "dependentSchemas" | "dependencies" => Holds::SchemaMapInPlace,
        "items"
        | "prefixItems"
        | "additionalItems"
        | "unevaluatedItems"
        | "contains"
        | "additionalProperties"
        | "unevaluatedProperties"
        | "propertyNames"
        | "contentSchema" => Holds::SchemaOrSchemas,
        "properties" | "patternProperties" | "$defs" | "definitions" => Holds::SchemaMap,
        _ => Holds::Data,
    }
}

/// The subschemas of a schema, each with its path below it (a pointer) and whether it applies to the same value.
///
/// References are not followed, and what is no object is no schema here: `true` and `false` hold nothing.
fn subschemas<'v, 'a>(schema: &'v Value<'a>) -> Vec<Subschema<'v, 'a>> {
    let mut found = Vec::new();
    for member in schema.as_object().unwrap_or_default() {
        let mut pointer = String::new();
        pointer_push(&mut pointer, &member.name);
        let (in_place, may_map) = match holds(&member.name) {
            Holds::SchemaInPlace | Holds::SchemasInPlace => (true, false),
            Holds::SchemaMapInPlace => (true, true),
            Holds::SchemaOrSchemas => (false, false),
            Holds::SchemaMap => (false, true),
            Holds::Reference | Holds::Data => continue,
        };
        let mut push = |pointer, schema: &'v Value<'a>| {
            if schema.as_object().is_some() {
                found.push(Subschema { pointer, schema, in_place });
            }
        };
        if let Some(elements) = member.value.as_array() {
            elements
                .iter()
                .enumerate()
                .for_each(|(index, schema)| push(format!("{pointer}/{index}"), schema));
        } else if may_map {
            for part in member.value.as_object().unwrap_or_default() {
                let mut pointer = pointer.clone();
                pointer_push(&mut pointer, &part.name);
                push(pointer, &part.value);
            }
        } else {
            push(pointer, &member.value);
        }
    }
    found
}

/// One schema inside another.
#[derive(Debug, Clone)]
struct Subschema<'v, 'a> {
    /// JSON Pointer from the outer schema.
    pointer: String,
    /// The inner schema, an object.
    schema: &'v Value<'a>,
    /// Whether it applies to the same value as the outer one, and not to a part of it.
    in_place: bool,
}

/// The first broken rule of a schema document; the pointer is inside it.
///
/// Rules: every reference that stands where a schema keyword stands is within the document; no chain of references and
/// in-place keywords leads back to its beginning; the limits above hold. A reference that leads nowhere is no fault
/// here. Whether the schema is valid in its dialect is not checked.
pub fn fault(document: &Value<'_>) -> Option<Fault> {
    let mut objects = 0;
    // Without a reference nothing leaves the document, goes in a circle or multiplies, and chains are no longer than the
    // reader's depth. Most real schemas are of this kind.
    if !holds_reference(document, &mut objects) && objects <= MAX_APPLIED_SCHEMAS {
        return None;
    }
    applied(document).err()
}

/// Whether any member at any depth has the name of a reference, whatever stands there; counts objects on the way.
fn holds_reference(value: &Value<'_>, objects: &mut u32) -> bool {
    if let Some(members) = value.as_object() {
        *objects += 1;
        return members.iter().any(|member| {
            // Every keyword that refers begins so; few others do.
            let may_refer = member.name.starts_with('$');
            may_refer && holds(&member.name) == Holds::Reference || holds_reference(&member.value, objects)
        });
    }
    value.as_array().unwrap_or_default().iter().any(|element| holds_reference(element, objects))
}

/// What the most demanding schema of a document applies to one value, for those who check values by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// Schemas, each counted once for every path of keywords and references that leads to it.
    pub count: u32,
    /// The longest chain of them.
    pub depth: u32,
}

/// Measures the schemas of a document.
///
/// # Errors
/// The [`fault`] of the document.
pub fn applied(document: &Value<'_>) -> Result<Applied, Fault> {
    graph::measure(&references::collect(document)?)
}
