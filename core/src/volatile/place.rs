//! Where a rule may stand: where words, defaults and notes are, and nothing that a call is checked by.

use crate::digest::ObjectKind;
use crate::json;

/// Whether the string at a pointer may vary.
///
/// An allow-list: titles and descriptions, defaults and examples, `_meta`, and instructions. A name, a type, a reference,
/// a pattern or an allowed value never varies, so arguments mean the same under the pinned and under the live schema.
pub(super) fn may_vary(kind: ObjectKind, pointer: &str) -> bool {
    if kind == ObjectKind::Instructions {
        return pointer.is_empty();
    }
    let Some(tokens) = json::pointer_tokens(pointer) else { return false };
    let tokens: Vec<&str> = tokens.iter().map(AsRef::as_ref).collect();
    match tokens.as_slice() {
        [] => false,
        ["_meta", _, ..] => true,
        tokens if tokens.iter().any(|token| matches!(*token, "enum" | "const")) => false,
        [.., "title" | "description" | "default"] => true,
        [.., "default" | "examples", index] => json::array_index(index).is_some(),
        _ => false,
    }
}
