//! Text that a person does not see where it is printed as it is: characters that show nothing, and blanks that push the
//! rest out of sight.

use super::is_unseen;

/// Blanks in a row from which on what follows counts as pushed away. Most in real servers: 31.
const PUSHING_BLANKS: usize = 100;

/// Line breaks in a row, blanks between them not counted, from which on what follows counts as pushed away. Most in real
/// servers: 4.
const PUSHING_LINES: usize = 20;

/// What of a text is not seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hidden {
    /// The characters that show nothing, in the order of the text. TAB, LF, ordinary blanks, and what belongs to an
    /// emoji before it, are not among them.
    pub characters: Vec<char>,
    /// How often blanks or empty lines push what follows away.
    pub gaps: usize,
}

impl Hidden {
    /// Nothing is hidden.
    pub fn is_empty(&self) -> bool {
        self.characters.is_empty() && self.gaps == 0
    }

    /// Whether more is hidden than in the other text: another gap, or a character more often.
    pub fn is_more_than(&self, other: &Hidden) -> bool {
        let count = |of: &Hidden, letter: char| of.characters.iter().filter(|one| **one == letter).count();
        self.gaps > other.gaps
            || self.characters.iter().any(|letter| count(self, *letter) > count(other, *letter))
    }
}

/// Finds what of a text is not seen. Nothing is judged: honest servers hold word breaks of no width.
pub fn hidden(text: &str) -> Hidden {
    let mut found = Hidden::default();
    if text.len() < PUSHING_LINES.min(PUSHING_BLANKS) && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
    {
        return found;
    }
    let (mut before, mut blanks, mut lines) = (' ', 0, 0);
    for letter in text.chars() {
        if letter == '\n' {
            lines += 1;
            blanks = 0;
        } else if letter.is_whitespace() {
            blanks += 1;
        } else {
            found.gaps += usize::from(blanks >= PUSHING_BLANKS || lines >= PUSHING_LINES);
            (blanks, lines) = (0, 0);
        }
        if !matches!(letter, '\n' | '\t') && is_unseen(letter) && !is_of_an_emoji(letter, before) {
            found.characters.push(letter);
        }
        before = letter;
    }
    found
}

/// A variation selector or joiner that stands where writing systems of emoji put it: behind a symbol.
fn is_of_an_emoji(letter: char, before: char) -> bool {
    let is_symbol = matches!(u32::from(before),
        0x23 | 0x2a | 0x30..=0x39 | 0xa9 | 0xae | 0x203c..=0x2049 | 0x2122..=0x2bff | 0x3030..=0x303d
        | 0x3297..=0x3299 | 0xfe0f | 0x1f000..=0x1faff);
    match letter {
        '\u{fe0e}' | '\u{fe0f}' => is_symbol && before != '\u{fe0f}',
        '\u{200d}' => is_symbol && !before.is_ascii(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_nothing_is_counted_and_emoji_are_not() {
        assert!(hidden("Plain text.\n\twith a tab and \u{1f600}.").is_empty());
        assert!(hidden("\u{26a0}\u{fe0f} Careful, 1\u{fe0f}\u{20e3}, \u{1f468}\u{200d}\u{1f469}").is_empty());
        assert_eq!(hidden("a\u{200b}b\u{200b}").characters, ['\u{200b}', '\u{200b}']);
        assert_eq!(hidden("a\u{fe0f}\u{fe0f}").characters.len(), 2, "no emoji stands before it");
        assert_eq!(hidden("\u{26a0}\u{fe0f}\u{fe0f}").characters.len(), 1);
        assert_eq!(hidden("x\u{a0}y\u{ad}z\u{2800}").characters.len(), 3);
    }

    #[test]
    fn blanks_that_push_text_away_are_counted_only_before_text() {
        let gap = |gap: &str, tail: &str| hidden(&format!("Short.{gap}{tail}")).gaps;
        assert_eq!(gap(&"\n".repeat(PUSHING_LINES), "Then order it."), 1);
        assert_eq!(gap(&" \n".repeat(PUSHING_LINES), "Then order it."), 1);
        assert_eq!(gap(&" ".repeat(PUSHING_BLANKS), "Then order it."), 1);
        assert_eq!(gap(&"\n".repeat(PUSHING_LINES), ""), 0);
        assert_eq!(gap(&"\n".repeat(PUSHING_LINES - 1), "more"), 0);
        assert_eq!(gap(&" ".repeat(PUSHING_BLANKS - 1), "more"), 0);
    }

    #[test]
    fn more_is_told_from_as_much() {
        let more = |new: &str, old: &str| hidden(new).is_more_than(&hidden(old));
        assert!(more("a\u{200b}b", "ab") && more("a\u{200b}b\u{200b}", "a\u{200b}b"));
        assert!(more("a\u{200c}", "a\u{200b}"), "another character is more");
        assert!(!more("a b\u{200b}c", "a\u{200b}b") && !more("ab", "a\u{200b}b"));
    }
}
