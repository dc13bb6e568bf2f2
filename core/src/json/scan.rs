//! The tokens of RFC 8259, shared by the strict reader and by framing. All offsets are in the slice given.

/// White space of JSON; anything else, a form feed or U+00A0 too, is not.
pub(crate) fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// A string token: where it ends and whether it must be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StringToken {
    /// First byte after the closing quote.
    pub(crate) end: usize,
    /// Whether it holds an escape.
    pub(crate) escaped: bool,
}

/// A number token: where it ends and whether it is written without fraction and exponent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NumberToken {
    /// First byte after the last one that belongs to it.
    pub(crate) end: usize,
    /// Neither fraction nor exponent.
    pub(crate) is_integer: bool,
}

/// What breaks a token, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenFault {
    /// The input ends inside the token.
    End,
    /// A control character in a string.
    Control(usize),
    /// A bad escape; the offset is that of its backslash.
    Escape(usize),
    /// A byte that a number cannot have there.
    Number(usize),
}

/// The string whose opening quote is the byte before `start`. Surrogates are not judged here.
pub(crate) fn string(bytes: &[u8], start: usize) -> Result<StringToken, TokenFault> {
    let mut at = start;
    let mut escaped = false;
    loop {
        at = next_special(bytes, at);
        match bytes.get(at) {
            None => return Err(TokenFault::End),
            Some(b'"') => return Ok(StringToken { end: at + 1, escaped }),
            Some(b'\\') => {
                escaped = true;
                at = escape(bytes, at)?;
            }
            Some(_) => return Err(TokenFault::Control(at)),
        }
    }
}

/// The first quote, backslash or control character at or after `at`, or the end. Eight bytes a step.
pub(crate) fn next_special(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const TOPS: u64 = ONES << 7;
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*chunk);
        // A byte's top bit is set below iff the byte is zero, or (third line) under 0x20. A borrow can set further
        // bits, but only above a true one, and only the lowest counts.
        let quote = word ^ (ONES * 0x22);
        let backslash = word ^ (ONES * 0x5c);
        let hit = (quote.wrapping_sub(ONES) & !quote)
            | (backslash.wrapping_sub(ONES) & !backslash)
            | (word.wrapping_sub(ONES * 0x20) & !word);
        let hit = hit & TOPS;
        if hit != 0 {
            return at + (hit.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|&byte| byte != b'"' && byte != b'\\' && byte >= 0x20) {
        at += 1;
    }
    at
}

fn escape(bytes: &[u8], backslash: usize) -> Result<usize, TokenFault> {
    match bytes.get(backslash + 1) {
        None => Err(TokenFault::End),
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(backslash + 2),
        Some(b'u') => {
            for at in backslash + 2..backslash + 6 {
                match bytes.get(at) {
                    None => return Err(TokenFault::End),
                    Some(byte) if byte.is_ascii_hexdigit() => {}
                    Some(_) => return Err(TokenFault::Escape(backslash)),
                }
            }
            Ok(backslash + 6)
        }
        Some(_) => Err(TokenFault::Escape(backslash)),
    }
}

/// The number that begins at `start` with `-` or a digit.
pub(crate) fn number(bytes: &[u8], start: usize) -> Result<NumberToken, TokenFault> {
    let mut at = start + usize::from(bytes.get(start) == Some(&b'-'));
    at = match bytes.get(at) {
        Some(b'0') => at + 1,
        _ => digits(bytes, at)?,
    };
    let mut is_integer = true;
    if bytes.get(at) == Some(&b'.') {
        is_integer = false;
        at = digits(bytes, at + 1)?;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        is_integer = false;
        let signed = matches!(bytes.get(at + 1), Some(b'+' | b'-'));
        at = digits(bytes, at + 1 + usize::from(signed))?;
    }
    Ok(NumberToken { end: at, is_integer })
}

fn digits(bytes: &[u8], start: usize) -> Result<usize, TokenFault> {
    let count = bytes[start.min(bytes.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    match (count, start < bytes.len()) {
        (0, true) => Err(TokenFault::Number(start)),
        (0, false) => Err(TokenFault::End),
        _ => Ok(start + count),
    }
}

/// The text between the quotes of a token that [`string`] accepted, decoded.
///
/// # Errors
/// The offset of the backslash of an escape that is half of a surrogate pair.
pub(crate) fn decode(text: &str) -> Result<String, usize> {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(backslash) = rest.find('\\') {
        decoded.push_str(&rest[..backslash]);
        let at = text.len() - rest.len() + backslash;
        let (character, length) = match text.as_bytes()[at + 1] {
            b'b' => ('\u{8}', 2),
            b'f' => ('\u{c}', 2),
            b'n' => ('\n', 2),
            b'r' => ('\r', 2),
            b't' => ('\t', 2),
            b'u' => unicode_escape(text, at).ok_or(at)?,
            itself => (char::from(itself), 2),
        };
        decoded.push(character);
        rest = &text[at + length..];
    }
    decoded.push_str(rest);
    Ok(decoded)
}

/// The character of the escape at `at`, or of the pair that begins there, and how many bytes it takes.
fn unicode_escape(text: &str, at: usize) -> Option<(char, usize)> {
    let unit = code_unit(text, at)?;
    if let Some(character) = char::from_u32(unit) {
        return Some((character, 6));
    }
    let second = if text[at + 6..].starts_with("\\u") { code_unit(text, at + 6)? } else { return None };
    let is_pair = (0xd800..0xdc00).contains(&unit) && (0xdc00..0xe000).contains(&second);
    let scalar = 0x10000 + ((unit & 0x3ff) << 10) + (second & 0x3ff);
    if is_pair { char::from_u32(scalar).map(|character| (character, 12)) } else { None }
}

fn code_unit(text: &str, at: usize) -> Option<u32> {
    u32::from_str_radix(text.get(at + 2..at + 6)?, 16).ok()
}
