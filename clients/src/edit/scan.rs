//! Looking around in the bytes beside a value.

use crate::file::Syntax;
use crate::position::BYTE_ORDER_MARK;

/// The byte behind the next comma, white space and comments before it passed over; `None` if something else comes first.
pub(super) fn after_comma(syntax: Syntax, bytes: &[u8], from: usize) -> Option<usize> {
    let at = skip(syntax, bytes, from);
    (bytes.get(at) == Some(&b',')).then_some(at + 1)
}

/// The first byte that is neither white space nor of a comment.
pub(super) fn skip(syntax: Syntax, bytes: &[u8], mut at: usize) -> usize {
    let has_hash_comments = matches!(syntax, Syntax::Toml | Syntax::Yaml);
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let line = || rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        at += match rest {
            [b' ' | b'\t' | b'\n' | b'\r', ..] => 1,
            [b'#', ..] if has_hash_comments => line(),
            [b'/', b'/', ..] if !has_hash_comments => line(),
            [b'/', b'*', inside @ ..] if !has_hash_comments => {
                inside.windows(2).position(|pair| pair == b"*/").map_or(rest.len(), |length| length + 4)
            }
            _ => return at,
        };
    }
}

/// The first byte of the line of an offset, a byte order mark left out.
pub(super) fn line_start(bytes: &[u8], offset: usize) -> usize {
    match bytes[..offset].iter().rposition(|&byte| byte == b'\n') {
        Some(at) => at + 1,
        None if bytes[..offset].starts_with(BYTE_ORDER_MARK) => BYTE_ORDER_MARK.len(),
        None => 0,
    }
}

/// The first byte of the line after that of an offset, or the end.
pub(super) fn next_line(bytes: &[u8], offset: usize) -> usize {
    bytes[offset..].iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |length| offset + length + 1)
}

/// The line ending of a file: that of its first line.
pub(super) fn line_ending(bytes: &[u8]) -> &'static str {
    match bytes.iter().position(|&byte| byte == b'\n') {
        Some(at) if at > 0 && bytes[at - 1] == b'\r' => "\r\n",
        _ => "\n",
    }
}

/// The dash of an item of a YAML list that is written in lines: only blanks between it and the value.
pub(super) fn dash_of(bytes: &[u8], value_start: usize) -> Option<usize> {
    let before = bytes.get(..value_start)?;
    let dash = before.iter().rposition(|&byte| byte != b' ' && byte != b'\t')?;
    (before[dash] == b'-' && dash + 1 < value_start).then_some(dash)
}

/// The blanks between the beginning of a line and an offset, if there is nothing else.
pub(super) fn indent(bytes: &[u8], offset: usize) -> Option<&[u8]> {
    let blanks = &bytes[line_start(bytes, offset)..offset];
    blanks.iter().all(|&byte| byte == b' ' || byte == b'\t').then_some(blanks)
}
