//! Foreign text: which characters a surface may not hold, and how text is printed so that nothing in it is unseen.
//!
//! Source: `spec/surface.md`, Characters. Text is never changed before it is hashed or forwarded; [`visible`] makes a
//! copy for the eye of a person.

mod hidden;
mod plain;

use std::fmt::Write as _;
use std::path::Path;

pub use hidden::{Hidden, hidden};
pub use plain::{plain_name, plain_pointer};

/// What a surface refuses in any string or member name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refused {
    /// C0 but TAB and LF, DEL, C1: they steer a terminal. Refused as `CONTROL_CHARS`.
    Control,
    /// U+202A–202E and U+2066–2069 reorder what is read; U+E0000–E007F carry text that nobody sees. Refused as
    /// `INVISIBLE_CHARS`.
    Hidden,
}

/// The rule that a character breaks; `None` if it may stand.
///
/// Zero-width characters, directional marks and variation selectors occur in honest servers (an emoji, a word break):
/// they may stand and are made visible by [`visible`].
pub fn refused(letter: char) -> Option<Refused> {
    match letter {
        '\t' | '\n' => None,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Some(Refused::Control),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}' => {
            Some(Refused::Hidden)
        }
        _ => None,
    }
}

/// The first character of a text that a surface refuses, with the rule that it breaks.
pub fn first_refused(text: &str) -> Option<(char, Refused)> {
    // Nearly every string is plain ASCII, which this settles without decoding.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) {
        return None;
    }
    text.chars().find_map(|letter| refused(letter).map(|rule| (letter, rule)))
}

/// A copy of foreign text in which every character that shows nothing, looks like a space, steers a terminal or
/// reorders text stands as `\u{XXXX}`, in one line.
///
/// A backslash that would itself begin such an escape is written `\u{5C}`, so the copy can be read one way only. Used
/// for *all* printing of text that a server, a repository or another person wrote. Letters that look like other letters
/// stay: they are seen, and [`crate::name::skeleton`] compares them.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    push_visible(&mut shown, text);
    shown
}

/// A path as it is printed; bytes that are no UTF-8 stand as U+FFFD.
pub fn visible_path(path: &Path) -> String {
    visible(&path.to_string_lossy())
}

/// [`visible`] for each line of a text: LF parts lines and is not shown; every other character is as in `visible`.
pub fn visible_lines(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split('\n').map(visible)
}

/// [`visible`] for one character.
pub fn visible_char(letter: char) -> String {
    visible(letter.encode_utf8(&mut [0; 4]))
}

/// Whether a character shows nothing by itself or passes for a space, so that [`visible`] must escape it.
pub fn is_unseen(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_control();
    }
    letter.is_control() || letter.is_whitespace() || is_default_ignorable(letter) || is_without_glyph(letter)
}

fn push_visible(shown: &mut String, text: &str) {
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        let imitates_escape = letter == '\\' && rest.as_str().starts_with("u{");
        if is_unseen(letter) || imitates_escape {
            // Writing to a String cannot fail.
            let _ = write!(shown, "\\u{{{:X}}}", u32::from(letter));
        } else {
            shown.push(letter);
        }
    }
}

/// `Default_Ignorable_Code_Point` of Unicode 18.0 (DerivedCoreProperties.txt), without the ASCII range.
fn is_default_ignorable(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Characters that have no shape of their own in common fonts: the empty Braille cell, annotation marks, private use,
/// planes without any assigned character, and what is no character at all.
fn is_without_glyph(letter: char) -> bool {
    matches!(letter,
        '\u{2800}' | '\u{fff9}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{40000}'..='\u{dffff}'
        | '\u{f0000}'..='\u{10ffff}' | '\u{fdd0}'..='\u{fdef}')
        || u32::from(letter) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_characters_are_exactly_those_of_the_specification() {
        let mut control = 0;
        let mut hidden = 0;
        for letter in '\0'..=char::MAX {
            match refused(letter) {
                Some(Refused::Control) => control += 1,
                Some(Refused::Hidden) => hidden += 1,
                None => {}
            }
        }
        assert_eq!(control, 32 - 2 + 1 + 32);
        assert_eq!(hidden, 5 + 4 + 128);
        for stays in
            ['\t', '\n', ' ', '\u{200b}', '\u{200e}', '\u{200f}', '\u{fe0f}', '\u{feff}', '\u{1f600}']
        {
            assert_eq!(refused(stays), None, "{stays:?}");
        }
    }

    #[test]
    fn the_short_way_and_the_long_way_agree() {
        for letter in '\0'..='\u{2fff}' {
            let text = format!("a{letter}b");
            assert_eq!(first_refused(&text).map(|(_, rule)| rule), refused(letter), "{letter:?}");
        }
        assert_eq!(first_refused("a\u{202e}b\u{7}"), Some(('\u{202e}', Refused::Hidden)));
    }

    #[test]
    fn everything_refused_is_made_visible() {
        for letter in '\0'..=char::MAX {
            if refused(letter).is_some() {
                assert_eq!(visible_char(letter), format!("\\u{{{:X}}}", u32::from(letter)));
            }
        }
    }

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        assert_eq!(visible("a\u{200b}b"), "a\\u{200B}b");
        assert_eq!(visible("\u{1b}[2J\r\n"), "\\u{1B}[2J\\u{D}\\u{A}");
        assert_eq!(visible("x\u{a0}y\u{3000}z"), "x\\u{A0}y\\u{3000}z");
        assert_eq!(visible("\u{3164}\u{2800}\u{e0041}\u{e000}"), "\\u{3164}\\u{2800}\\u{E0041}\\u{E000}");
        assert_eq!(visible("na\u{ef}ve \u{1f600} \u{67e5}"), "na\u{ef}ve \u{1f600} \u{67e5}");
    }

    #[test]
    fn text_that_imitates_an_escape_is_told_from_one() {
        assert_eq!(visible(r"\u{202E}"), r"\u{5C}u{202E}");
        assert_eq!(visible(r"C:\users \n"), r"C:\users \n");
        assert_eq!(visible_lines("a\tb\nc").collect::<Vec<_>>(), ["a\\u{9}b", "c"]);
    }
}
