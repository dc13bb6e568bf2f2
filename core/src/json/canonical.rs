//! The RFC 8785 writer.

use std::cmp::Ordering;

use super::value::{Member, Node, Value};

/// The RFC 8785 form of a value: no white space, members sorted by UTF-16 code units, one form for each string and
/// number. Equal values give equal bytes, however they were written.
///
/// Recursion follows the value, whose depth the reader bounded.
pub fn canonical(value: &Value<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity((value.span.end - value.span.start).max(64));
    canonical_into(value, &mut out);
    out
}

/// Like [`canonical`], appended to a buffer that the caller keeps.
pub fn canonical_into(value: &Value<'_>, out: &mut Vec<u8>) {
    Writer { out, sorted: Vec::new() }.value(value);
}

struct Writer<'w, 'v, 'a> {
    out: &'w mut Vec<u8>,
    /// Members of the objects that are open, each object's at the end of its parent's.
    sorted: Vec<&'v Member<'a>>,
}

impl<'v, 'a> Writer<'_, 'v, 'a> {
    fn value(&mut self, value: &'v Value<'a>) {
        match &value.node {
            Node::Null => self.out.extend_from_slice(b"null"),
            Node::Bool(true) => self.out.extend_from_slice(b"true"),
            Node::Bool(false) => self.out.extend_from_slice(b"false"),
            Node::Number(number) => self.number(number.double),
            Node::String(text) => self.string(text),
            Node::Array(elements) => self.array(elements),
            Node::Object(members) => self.object(members),
        }
    }

    fn array(&mut self, elements: &'v [Value<'a>]) {
        self.out.push(b'[');
        for (index, element) in elements.iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            self.value(element);
        }
        self.out.push(b']');
    }

    fn object(&mut self, members: &'v [Member<'a>]) {
        let first = self.sorted.len();
        self.sorted.extend(members);
        self.sorted[first..].sort_unstable_by(|left, right| utf16_order(&left.name, &right.name));
        self.out.push(b'{');
        for index in first..self.sorted.len() {
            if index > first {
                self.out.push(b',');
            }
            let member = self.sorted[index];
            self.string(&member.name);
            self.out.push(b':');
            self.value(&member.value);
        }
        self.out.push(b'}');
        self.sorted.truncate(first);
    }

    /// RFC 8785 §3.2.2.3: ECMAScript's shortest form. Whole numbers below 2^53 are their digits.
    fn number(&mut self, double: f64) {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if double.abs() < EXACT && double.trunc() == double {
            self.whole(double as i64);
        } else {
            self.out.extend_from_slice(ryu_js::Buffer::new().format(double).as_bytes());
        }
    }

    /// Zero has no sign here, as in ECMAScript.
    fn whole(&mut self, number: i64) {
        if number < 0 {
            self.out.push(b'-');
        }
        let mut digits = [0; 20];
        let mut first = digits.len();
        let mut rest = number.unsigned_abs();
        loop {
            first -= 1;
            digits[first] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.out.extend_from_slice(&digits[first..]);
    }

    /// RFC 8785 §3.2.2.2: only quote, backslash and the controls below 0x20 are escaped, in their shortest form.
    fn string(&mut self, text: &str) {
        self.out.push(b'"');
        let bytes = text.as_bytes();
        let mut copied = 0;
        loop {
            let special = super::scan::next_special(bytes, copied);
            self.out.extend_from_slice(&bytes[copied..special]);
            let Some(&byte) = bytes.get(special) else { break };
            self.escape(byte);
            copied = special + 1;
        }
        self.out.push(b'"');
    }

    fn escape(&mut self, byte: u8) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let short = match byte {
            0x08 => b'b',
            0x09 => b't',
            0x0a => b'n',
            0x0c => b'f',
            0x0d => b'r',
            b'"' | b'\\' => byte,
            control => {
                let (high, low) = (DIGITS[usize::from(control >> 4)], DIGITS[usize::from(control & 15)]);
                return self.out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            }
        };
        self.out.extend_from_slice(&[b'\\', short]);
    }
}

/// The place of the first escape that the canonical form does not have, in a text whose escapes are well-formed.
///
/// The reader calls it before it decodes; half of a surrogate pair is no canonical escape either.
pub(super) fn other_escape(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        at += bytes[at..].iter().position(|byte| *byte == b'\\')?;
        let length = match bytes.get(at + 1)? {
            b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
            b'u' if is_canonical_unicode_escape(bytes.get(at + 2..at + 6)?) => 6,
            _ => return Some(at),
        };
        at += length;
    }
}

/// Only controls that have no short form are written as `\u00` and two lower-case digits.
fn is_canonical_unicode_escape(digits: &[u8]) -> bool {
    matches!(digits, [b'0', b'0', b'0', b'0'..=b'7' | b'b' | b'e' | b'f'] | [b'0', b'0', b'1', b'0'..=b'9' | b'a'..=b'f'])
}

/// Whether a number token is written as the canonical form writes its double.
pub(super) fn is_canonical_number(token: &str, is_integer: bool, double: f64) -> bool {
    if is_integer {
        // The grammar allows no leading zeros, and the reader no more digits than a double holds exactly.
        return token != "-0";
    }
    let mut written = Vec::with_capacity(32);
    Writer { out: &mut written, sorted: Vec::new() }.number(double);
    written == token.as_bytes()
}

/// The order of two texts by their UTF-16 code units, from their UTF-8 bytes.
///
/// Both orders agree except where a character beyond U+FFFF (first byte 0xF0 and up; its first code unit is a
/// surrogate, 0xD800–0xDBFF) meets one of U+E000–U+FFFF (first byte 0xEE or 0xEF): in UTF-16 the surrogate is smaller.
pub(super) fn utf16_order(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let differing = left.iter().zip(right).find(|(left, right)| left != right);
    match differing {
        None => left.len().cmp(&right.len()),
        Some((0xee..=0xef, 0xf0..)) => Ordering::Greater,
        Some((0xf0.., 0xee..=0xef)) => Ordering::Less,
        Some((left, right)) => left.cmp(right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_order_is_that_of_the_code_units() {
        let texts = [
            "",
            "a",
            "aa",
            "b",
            "\u{7f}",
            "\u{80}",
            "\u{7ff}",
            "\u{800}",
            "\u{d7ff}",
            "\u{e000}",
            "\u{fb33}",
            "\u{ffff}",
            "\u{10000}",
            "\u{1f600}",
            "\u{10ffff}",
            "a\u{ffff}",
            "a\u{10000}",
            "\u{e000}a",
            "\u{1f600}a",
        ];
        for left in texts {
            for right in texts {
                let expected = left.encode_utf16().cmp(right.encode_utf16());
                assert_eq!(utf16_order(left, right), expected, "{left:?} {right:?}");
            }
        }
    }
}
