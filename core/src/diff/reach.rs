//! What reaches the model, as far as it was measured on four clients (`spec/changes.md`, *Reach*).

use crate::digest::ObjectKind;

/// How far a member of an object goes. The order is the order of a page: what steers a model comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// Every client hands it to the model.
    Model,
    /// Some clients hand it to the model.
    SomeModels,
    /// Clients show it or decide by it; the model does not see it today.
    Client,
}

impl Reach {
    /// The name in documents and vectors.
    pub const fn as_str(self) -> &'static str {
        match self {
            Reach::Model => "model",
            Reach::SomeModels => "model-of-some",
            Reach::Client => "client",
        }
    }
}

/// Keywords whose members are names and whose values are schemas.
const NAMED_SCHEMAS: &[&str] =
    &["properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"];
/// Keywords that hold a schema, or an array of schemas.
const SCHEMAS: &[&str] = &[
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "oneOf",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// Keywords that every client passes on as they stand.
const PASSED_BY_ALL: &[&str] = &[
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    "$ref",
    "$schema",
    "const",
    "dependentRequired",
    "description",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "required",
    "type",
    "uniqueItems",
];

/// How far the value at this place of an object of this kind goes. `path` is the JSON Pointer's tokens, unescaped.
///
/// The more careful answer where it is not known: an unknown keyword of a schema reaches some models.
pub fn reach(kind: ObjectKind, path: &[impl AsRef<str>]) -> Reach {
    let Some(first) = path.first().map(AsRef::as_ref) else {
        return if kind == ObjectKind::Instructions { Reach::Model } else { Reach::Client };
    };
    match (kind, first) {
        (ObjectKind::Instructions, _) | (ObjectKind::Tool, "name" | "description") => Reach::Model,
        (ObjectKind::Tool, "inputSchema") => of_schema(&path[1..]),
        _ => Reach::Client,
    }
}

fn of_schema(path: &[impl AsRef<str>]) -> Reach {
    let mut tokens = path.iter().map(AsRef::as_ref);
    loop {
        // Here a schema stands; the next token is one of its keywords.
        let Some(keyword) = tokens.next() else { return Reach::Model };
        if NAMED_SCHEMAS.contains(&keyword) {
            if tokens.next().is_none() {
                return Reach::Model;
            }
        } else if SCHEMAS.contains(&keyword) {
            // An array of schemas has an index in between, which is no keyword.
            let mut ahead = tokens.clone();
            if ahead.next().is_some_and(|token| token.bytes().all(|byte| byte.is_ascii_digit())) {
                tokens = ahead;
            }
        } else if PASSED_BY_ALL.contains(&keyword) {
            return Reach::Model;
        } else {
            return Reach::SomeModels;
        }
    }
}

/// The tokens of a JSON Pointer, unescaped; a bad escape stays as it is.
pub fn tokens(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: ObjectKind, pointer: &str) -> Reach {
        reach(kind, &tokens(pointer))
    }

    #[test]
    fn the_carriers_that_were_measured_have_their_rank() {
        for pointer in [
            "/name",
            "/description",
            "/inputSchema/description",
            "/inputSchema/properties/path/description",
            "/inputSchema/properties/path/enum",
            "/inputSchema/properties/path/enum/3",
            "/inputSchema/$defs/P/description",
            "/inputSchema/properties/a/anyOf/0/description",
            "/inputSchema/properties/a/items/properties/b",
            "/inputSchema/required",
        ] {
            assert_eq!(of(ObjectKind::Tool, pointer), Reach::Model, "{pointer}");
        }
        for pointer in [
            "/inputSchema/$comment",
            "/inputSchema/title",
            "/inputSchema/properties/a/title",
            "/inputSchema/properties/a/default",
            "/inputSchema/properties/a/examples/0",
            "/inputSchema/properties/a/pattern",
            "/inputSchema/properties/a/x-hint/deep",
            "/inputSchema/items/x-y",
        ] {
            assert_eq!(of(ObjectKind::Tool, pointer), Reach::SomeModels, "{pointer}");
        }
        for pointer in
            ["/title", "/annotations/readOnlyHint", "/icons/0/src", "/_meta/x", "/outputSchema/type", "/x"]
        {
            assert_eq!(of(ObjectKind::Tool, pointer), Reach::Client, "{pointer}");
        }
        assert_eq!(of(ObjectKind::Instructions, ""), Reach::Model);
        assert_eq!(of(ObjectKind::Prompt, "/description"), Reach::Client);
        assert_eq!(of(ObjectKind::ServerInfo, "/title"), Reach::Client);
    }

    #[test]
    fn a_parameter_named_like_a_keyword_is_a_parameter() {
        assert_eq!(of(ObjectKind::Tool, "/inputSchema/properties/$comment/description"), Reach::Model);
        assert_eq!(of(ObjectKind::Tool, "/inputSchema/properties/description/title"), Reach::SomeModels);
        assert_eq!(of(ObjectKind::Tool, "/inputSchema/properties/7/type"), Reach::Model);
    }
}
