//! Places in a text as people count them.

use std::fmt;

/// A place in a file. Both numbers begin at 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

impl Position {
    /// The place of a byte offset. An offset behind the end is the end; bytes that are no UTF-8 count as one character
    /// each.
    pub(crate) fn of(bytes: &[u8], offset: usize) -> Self {
        let before = &bytes[..offset.min(bytes.len())];
        let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let line = before[..line_start].iter().filter(|&&byte| byte == b'\n').count() + 1;
        let text = before[line_start..].strip_prefix(BYTE_ORDER_MARK).unwrap_or(&before[line_start..]);
        let characters: usize =
            text.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum();
        Self { line, column: characters + 1 }
    }
}

/// U+FEFF as some editors write it at the beginning.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl fmt::Display for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}, column {}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let at = |text: &[u8], offset| {
            let place = Position::of(text, offset);
            (place.line, place.column)
        };
        assert_eq!(at(b"", 0), (1, 1));
        assert_eq!(at(b"ab\r\ncd", 5), (2, 2));
        assert_eq!(at("\u{feff}é{x".as_bytes(), 5), (1, 2));
        assert_eq!(at(b"a\n\xff\xffb", 4), (2, 3));
        assert_eq!(at(b"a", 99), (1, 2));
    }
}
