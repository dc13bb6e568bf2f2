//! The one spelling of a lock: members sorted, two blanks a level, one value a line, as a review shows lines.

use crate::json::{self, Node, Value};

/// The document with a line feed at its end.
pub(super) fn write(document: &Value<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    put(document, 0, &mut out);
    out.push(b'\n');
    out
}

fn put(value: &Value<'_>, level: usize, out: &mut Vec<u8>) {
    match &value.node {
        Node::Array(elements) if !elements.is_empty() => {
            let mut elements = elements.iter();
            block(b"[", b"]", level, out, |out| {
                elements.next().map(|element| put(element, level + 1, out)).is_some()
            });
        }
        Node::Object(members) if !members.is_empty() => {
            let mut sorted: Vec<_> = members.iter().collect();
            // As RFC 8785 sorts: by UTF-16 code units.
            sorted.sort_by(|one, other| one.name.encode_utf16().cmp(other.name.encode_utf16()));
            let mut sorted = sorted.into_iter();
            block(b"{", b"}", level, out, |out| {
                let Some(member) = sorted.next() else { return false };
                json::canonical_into(&Value::string(&*member.name), out);
                out.extend_from_slice(b": ");
                put(&member.value, level + 1, out);
                true
            });
        }
        // Scalars, and what is empty, as RFC 8785 writes them.
        _ => json::canonical_into(value, out),
    }
}

/// Lines between brackets; `next` writes one item, or says that there is none left.
fn block(
    open: &[u8],
    close: &[u8],
    level: usize,
    out: &mut Vec<u8>,
    mut next: impl FnMut(&mut Vec<u8>) -> bool,
) {
    let indent = |out: &mut Vec<u8>, level: usize| out.extend(std::iter::repeat_n(b' ', 2 * level));
    out.extend_from_slice(open);
    let mut is_first = true;
    loop {
        let before = out.len();
        if !is_first {
            out.push(b',');
        }
        out.push(b'\n');
        indent(out, level + 1);
        if !next(out) {
            out.truncate(before);
            break;
        }
        is_first = false;
    }
    out.push(b'\n');
    indent(out, level);
    out.extend_from_slice(close);
}
