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
    "$recursiveRef",
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
    match schema_keyword(path) {
        None => Reach::Model,
        Some((keyword, _)) if PASSED_BY_ALL.contains(&keyword) => Reach::Model,
        Some(_) => Reach::SomeModels,
    }
}

/// The keyword at which a path inside a schema leaves the schemas, and what of the path lies behind it. `path` is the
/// tokens below the schema, unescaped.
///
/// `None`: it ends at a schema, or at a keyword that holds schemas. A parameter's name is no keyword, whatever it is.
pub fn schema_keyword<S: AsRef<str>>(mut path: &[S]) -> Option<(&str, &[S])> {
    loop {
        let (keyword, mut rest) = path.split_first()?;
        let keyword = keyword.as_ref();
        if NAMED_SCHEMAS.contains(&keyword) {
            rest = rest.split_first()?.1;
        } else if SCHEMAS.contains(&keyword) {
            // An array of schemas has an index in between, which is no keyword.
            if let Some((index, behind)) = rest.split_first()
                && index.as_ref().bytes().all(|byte| byte.is_ascii_digit())
            {
                rest = behind;
            }
        } else {
            return Some((keyword, rest));
        }
        path = rest;
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
    fn a_keyword_is_found_behind_schemas_only() {
        let keyword = |pointer: &str| {
            let path = tokens(pointer);
            schema_keyword(&path).map(|(keyword, rest)| (keyword.to_owned(), rest.len()))
        };
        assert_eq!(keyword("/description"), Some(("description".to_owned(), 0)));
        assert_eq!(keyword("/properties/a/anyOf/0/title"), Some(("title".to_owned(), 0)));
        assert_eq!(keyword("/properties/a/default/title"), Some(("default".to_owned(), 1)));
        for none in ["", "/properties", "/properties/description", "/items", "/anyOf/0", "/$defs/title"] {
            assert_eq!(keyword(none), None, "{none}");
        }
    }

    #[test]
    fn a_parameter_named_like_a_keyword_is_a_parameter() {
        assert_eq!(of(ObjectKind::Tool, "/inputSchema/properties/$comment/description"), Reach::Model);
        assert_eq!(of(ObjectKind::Tool, "/inputSchema/properties/description/title"), Reach::SomeModels);
        assert_eq!(of(ObjectKind::Tool, "/inputSchema/properties/7/type"), Reach::Model);
    }
}
