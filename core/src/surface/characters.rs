//! The characters and lengths of every string and member name of an object.

use super::limits::MAX_OBJECT_STRING_BYTES;
use super::{Fault, FaultDetail};
use crate::json::{Node, Value, pointer_push};
use crate::reason::ReasonCode;
use crate::text::{self, Refused};

/// The first string or member name, in the order received, that is too long or holds a refused character.
///
/// `raw` are the bytes of `value`; they settle the common case in one pass.
pub(super) fn fault(value: &Value<'_>, raw: &[u8]) -> Option<Fault> {
    if raw.len() <= MAX_OBJECT_STRING_BYTES && is_plain(raw) {
        return None;
    }
    let (detail, path) = in_value(value)?;
    let mut pointer = String::new();
    for step in path.iter().rev() {
        pointer_push(&mut pointer, step);
    }
    Some(Fault { reason: reason(&detail), pointer, detail })
}

/// A broken rule with its path, innermost step first.
type Found = (FaultDetail, Vec<String>);

/// Recursion follows the value, whose depth the reader bounded.
fn in_value(value: &Value<'_>) -> Option<Found> {
    match &value.node {
        Node::String(text) => in_text(text).map(|detail| (detail, Vec::new())),
        Node::Array(elements) => elements
            .iter()
            .enumerate()
            .find_map(|(index, element)| in_value(element).map(|found| within(found, index.to_string()))),
        Node::Object(members) => members.iter().find_map(|member| {
            let found = in_text(&member.name).map(|detail| (detail, Vec::new()));
            found.or_else(|| in_value(&member.value)).map(|found| within(found, member.name.to_string()))
        }),
        Node::Null | Node::Bool(_) | Node::Number(_) => None,
    }
}

fn within((detail, mut path): Found, step: String) -> Found {
    path.push(step);
    (detail, path)
}

fn in_text(text: &str) -> Option<FaultDetail> {
    if text.len() > MAX_OBJECT_STRING_BYTES {
        return Some(FaultDetail::StringTooLong { bytes: text.len(), limit_bytes: MAX_OBJECT_STRING_BYTES });
    }
    text::first_refused(text).map(|(letter, _)| FaultDetail::Character(letter))
}

fn reason(detail: &FaultDetail) -> ReasonCode {
    match detail {
        FaultDetail::Character(letter) => match text::refused(*letter) {
            Some(Refused::Control) => ReasonCode::ControlChars,
            _ => ReasonCode::InvisibleChars,
        },
        _ => ReasonCode::LimitString,
    }
}

/// Whether JSON text can hold no refused character: printable ASCII and white space, and no escape that could make
/// one. (`\n` and `\t` make LF and TAB, which may stand.)
fn is_plain(raw: &[u8]) -> bool {
    let mut at = 0;
    while let Some(byte) = raw.get(at) {
        // Most text is printable ASCII without escapes, which is settled many bytes at a time.
        if let Some(chunk) = raw.get(at..at + CHUNK_BYTES) {
            let is_printable = |byte: &u8| matches!(byte, b' '..=b'~') & (*byte != b'\\');
            if chunk.iter().fold(true, |all, byte| all & is_printable(byte)) {
                at += CHUNK_BYTES;
                continue;
            }
        }
        at += match byte {
            b'\\' => match raw.get(at + 1) {
                Some(b'"' | b'\\' | b'/' | b'n' | b't') => 2,
                _ => return false,
            },
            b' '..=b'~' | b'\n' | b'\r' | b'\t' => 1,
            _ => return false,
        };
    }
    true
}

/// Bytes that are looked at together.
const CHUNK_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_plain_does_not_depend_on_where_it_stands() {
        for (piece, plain) in [
            (&b"\\n"[..], true),
            (b"\\\\", true),
            (b"\\\"", true),
            (b"\n", true),
            (b"\\u0007", false),
            (b"\\r", false),
            (b"\x7f", false),
            (b"\xe2\x80\xae", false),
            (b"\\", false),
            (b"\\\\n", true),
        ] {
            for before in 0..=2 * CHUNK_BYTES {
                for after in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, 3 * CHUNK_BYTES] {
                    // A lone backslash at the end escapes nothing, and before a letter a letter.
                    let raw = [&b"a".repeat(before)[..], piece, &b"b".repeat(after)].concat();
                    assert_eq!(is_plain(&raw), plain, "{before} {piece:?} {after}");
                }
            }
        }
    }
}
