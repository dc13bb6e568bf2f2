//! The local name of a server.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The longest label, in bytes. Longest key of this alphabet in real client configurations: 34.
pub const MAX_LABEL_BYTES: usize = 64;

/// The local name under which a server's pins are kept: `[A-Za-z0-9._-]{1,64}`, unique without case.
///
/// Two labels are equal if they are spelled equally; what is looked up and stored is [`Label::key`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(String);

impl Label {
    /// Reads a label as it was written.
    ///
    /// # Errors
    /// A [`LabelError`] that says what is wrong; nothing is repaired.
    pub fn parse(text: &str) -> Result<Self, LabelError> {
        if text.is_empty() {
            return Err(LabelError::Empty);
        }
        if let Some(found) = text.chars().find(|letter| !is_label_character(*letter)) {
            return Err(LabelError::Character(found));
        }
        if text.len() > MAX_LABEL_BYTES {
            return Err(LabelError::TooLong { bytes: text.len() });
        }
        Ok(Self(text.to_owned()))
    }

    /// The label as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which labels are compared: ASCII lower case. `Files` and `files` have one key.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// Why a text is no label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LabelError {
    /// Nothing at all.
    #[error("a label has at least one character")]
    Empty,
    /// A character outside the alphabet.
    #[error("a label has letters, digits, `.`, `_` and `-` only, not {}", crate::text::visible_char(*.0))]
    Character(char),
    /// More than [`MAX_LABEL_BYTES`].
    #[error("a label has at most {MAX_LABEL_BYTES} characters, not {bytes}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
}

impl FromStr for Label {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl AsRef<str> for Label {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

fn is_label_character(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_unique_without_case() {
        let upper: Label = "Files.v2".parse().unwrap();
        let lower = Label::parse("files.V2").unwrap();
        assert_ne!(upper, lower);
        assert_eq!(upper.key(), lower.key());
        assert_eq!(upper.to_string(), "Files.v2");
    }

    #[test]
    fn each_refusal_says_what_is_wrong() {
        assert_eq!(Label::parse(""), Err(LabelError::Empty));
        assert_eq!(Label::parse("a b"), Err(LabelError::Character(' ')));
        assert_eq!(Label::parse("a/../b"), Err(LabelError::Character('/')));
        assert_eq!(Label::parse(&"x".repeat(65)), Err(LabelError::TooLong { bytes: 65 }));
        assert!(Label::parse(&"x".repeat(64)).is_ok());
        let told = Label::parse("a\u{1b}").unwrap_err().to_string();
        assert!(told.ends_with("not \\u{1B}"), "{told}");
    }
}
