//! What the validator found, in our own words.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use pinfold_core::json::pointer_push;
use serde_json::Value;

use super::ArgumentFault;

/// The place of an error and what is expected there. Texts of the schema (patterns, listed values) are not repeated:
/// the fault goes to the model.
pub(super) fn fault(error: &ValidationError<'_>) -> ArgumentFault {
    let mut pointer = error.instance_path().as_str().to_owned();
    let kind = error.kind();
    if let Some(member) = member(kind) {
        pointer_push(&mut pointer, member);
    }
    ArgumentFault { pointer, expected: expected(kind) }
}

/// The member that is missing or too much: the place is its own.
fn member(kind: &ValidationErrorKind) -> Option<&str> {
    match kind {
        ValidationErrorKind::Required { property } => property.as_str(),
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => unexpected.first().map(String::as_str),
        _ => None,
    }
}

fn expected(kind: &ValidationErrorKind) -> String {
    use ValidationErrorKind as Kind;
    match kind {
        Kind::Type { kind: TypeKind::Single(kind) } => with_article(*kind).to_owned(),
        Kind::Type { kind: TypeKind::Multiple(kinds) } => {
            kinds.iter().map(with_article).collect::<Vec<_>>().join(" or ")
        }
        Kind::Required { .. } => "a value, because the schema requires one".to_owned(),
        Kind::AdditionalProperties { .. } | Kind::UnevaluatedProperties { .. } => {
            "no such member, because the schema allows no others".to_owned()
        }
        Kind::AdditionalItems { limit } => format!("at most {limit} elements"),
        Kind::UnevaluatedItems { .. } => "no further elements".to_owned(),
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => "one of the alternatives of the schema".to_owned(),
        Kind::OneOfMultipleValid { .. } => "exactly one of the alternatives of the schema".to_owned(),
        Kind::Constant { .. } => "the value that the schema names".to_owned(),
        Kind::Enum { .. } => "one of the values that the schema lists".to_owned(),
        Kind::Pattern { .. } => "a text that fits the pattern of the schema".to_owned(),
        Kind::PropertyNames { .. } => "member names that the schema allows".to_owned(),
        Kind::Contains => "an element that the schema requires".to_owned(),
        Kind::UniqueItems => "elements that all differ".to_owned(),
        Kind::Not { .. } | Kind::FalseSchema => {
            "another value, because the schema excludes this one".to_owned()
        }
        Kind::Minimum { limit } => format!("at least {}", number(limit)),
        Kind::Maximum { limit } => format!("at most {}", number(limit)),
        Kind::ExclusiveMinimum { limit } => format!("more than {}", number(limit)),
        Kind::ExclusiveMaximum { limit } => format!("less than {}", number(limit)),
        Kind::MultipleOf { multiple_of } => format!("a multiple of {multiple_of}"),
        Kind::MinLength { limit } => format!("at least {limit} characters"),
        Kind::MaxLength { limit } => format!("at most {limit} characters"),
        Kind::MinItems { limit } => format!("at least {limit} elements"),
        Kind::MaxItems { limit } => format!("at most {limit} elements"),
        Kind::MinProperties { limit } => format!("at least {limit} members"),
        Kind::MaxProperties { limit } => format!("at most {limit} members"),
        _ => "a value that fits the schema".to_owned(),
    }
}

/// A limit is a number in every valid schema; anything else is not repeated.
fn number(limit: &Value) -> String {
    limit.as_number().map_or_else(|| "the limit of the schema".to_owned(), ToString::to_string)
}

fn with_article(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Array => "an array",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "an integer",
        JsonType::Null => "null",
        JsonType::Number => "a number",
        JsonType::Object => "an object",
        JsonType::String => "a string",
    }
}
