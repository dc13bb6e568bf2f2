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
        Finger::of(bytes).position(offset)
    }
}

/// Places in a text one after another: what lies before the last one is not counted again, so that a file with many of them
/// costs no more than one reading. A finger that is put back begins anew.
pub(crate) struct Finger<'b> {
    bytes: &'b [u8],
    offset: usize,
    position: Position,
}

impl<'b> Finger<'b> {
    pub(crate) fn of(bytes: &'b [u8]) -> Self {
        Self { bytes, offset: 0, position: Position { line: 1, column: 1 } }
    }

    /// As [`Position::of`].
    pub(crate) fn position(&mut self, offset: usize) -> Position {
        let offset = offset.min(self.bytes.len());
        if offset < self.offset {
            *self = Self::of(self.bytes);
        }
        let mut passed = &self.bytes[self.offset..offset];
        if let Some(last) = passed.iter().rposition(|&byte| byte == b'\n') {
            self.position.line += passed.iter().filter(|&&byte| byte == b'\n').count();
            self.position.column = 1;
            passed = &passed[last + 1..];
        }
        if self.position.column == 1 {
            passed = passed.strip_prefix(BYTE_ORDER_MARK).unwrap_or(passed);
        }
        let characters =
            passed.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len());
        self.position.column += characters.sum::<usize>();
        self.offset = offset;
        self.position
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

    #[test]
    fn a_finger_finds_what_a_count_from_the_beginning_finds() {
        let text = "\u{feff}{\r\n  \"é\": [1,\n\n\u{feff}2]}".as_bytes();
        let starts = || (0..=text.len()).filter(|at| *at == text.len() || text[*at] & 0xC0 != 0x80);
        for step in [1, 2, 3, 7] {
            let mut finger = Finger::of(text);
            for at in starts().step_by(step).chain([2, 9]) {
                let before = &text[..at];
                let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
                let found = finger.position(at);
                assert_eq!((found.line, found), (line, Position::of(text, at)), "{at}");
            }
        }
    }
}
