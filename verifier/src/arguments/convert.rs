//! An approved schema as the validator takes it.

use pinfold_core::json::{Node, Value};

/// The same value. Numbers without fraction and exponent stay whole numbers; the strict reader bounded their size.
///
/// Recursion follows the value, whose depth the reader bounded.
pub(super) fn to_serde(value: &Value<'_>) -> serde_json::Value {
    match &value.node {
        Node::Null => serde_json::Value::Null,
        Node::Bool(truth) => serde_json::Value::Bool(*truth),
        Node::Number(number) => match number.token.parse::<i64>() {
            Ok(whole) => whole.into(),
            Err(_) => number.double.into(),
        },
        Node::String(text) => serde_json::Value::String(text.to_string()),
        Node::Array(elements) => elements.iter().map(to_serde).collect(),
        Node::Object(members) => {
            members.iter().map(|member| (member.name.to_string(), to_serde(&member.value))).collect()
        }
    }
}
