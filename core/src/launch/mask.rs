//! Text in which secrets are kept by place: what is not secret stands there, of a secret nothing but where it was.

use std::fmt;
use std::ops::Range;

use super::scan::{self, Mode};
use crate::json::{Node, Value};

/// A text with its secrets taken out. Two masked texts are equal iff everything outside the secrets is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Masked(Vec<Piece>);

/// A part of a masked text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Piece {
    /// Text that is no secret, never empty.
    Text(String),
    /// The place of a secret. Its length is not kept either.
    Secret,
}

/// Masks what stands inside a text by its own shape: known forms of tokens, values of names that say they are secret,
/// user information and queries in URLs.
///
/// A secret that looks like an ordinary word is not found.
pub fn mask_text(text: &str) -> Masked {
    Masked::without(text, &scan::secrets_in(text, Mode::Plain))
}

impl Masked {
    /// A text without secrets.
    pub fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        Self(if text.is_empty() { Vec::new() } else { vec![Piece::Text(text)] })
    }

    /// A text that is a secret as a whole.
    pub fn secret() -> Self {
        Self(vec![Piece::Secret])
    }

    /// A text whose end is a secret from a byte on, even if nothing stands there.
    pub(super) fn until(text: &str, secret_from: usize) -> Self {
        let mut masked = Self::plain(&text[..secret_from]);
        masked.push_secret();
        masked
    }

    /// The text without the byte ranges given, which may overlap and come in any order.
    pub(super) fn without(text: &str, secrets: &[Range<usize>]) -> Self {
        let mut sorted = secrets.to_vec();
        sorted.sort_by_key(|range| (range.start, range.end));
        let mut masked = Self(Vec::new());
        let mut at = 0;
        for range in sorted {
            if range.start > at {
                masked.push_text(&text[at..range.start]);
            }
            if range.end > at || (range.is_empty() && range.start >= at) {
                masked.push_secret();
            }
            at = at.max(range.end);
        }
        masked.push_text(&text[at..]);
        masked
    }

    /// The parts in order. No two secrets and no two texts are neighbours.
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// Whether a secret was taken out.
    pub fn has_secret(&self) -> bool {
        self.0.contains(&Piece::Secret)
    }

    /// The whole text, if nothing was taken out.
    pub fn as_plain(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// A string, or an array of strings and `null` where secrets stood.
    pub(super) fn to_value(&self) -> Value<'static> {
        if let Some(text) = self.as_plain() {
            return Value::string(text.to_owned());
        }
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => Value::string(text.clone()),
            Piece::Secret => Value::null(),
        };
        Value::array(self.0.iter().map(piece).collect())
    }

    /// Reads what [`Masked::to_value`] writes, and no other spelling.
    pub(super) fn from_value(value: &Value<'_>) -> Option<Self> {
        if let Some(text) = value.as_str() {
            return Some(Self::plain(text));
        }
        let mut pieces = Vec::new();
        for element in value.as_array()? {
            let piece = match &element.node {
                Node::Null => Piece::Secret,
                Node::String(text) if !text.is_empty() => Piece::Text(text.clone().into_owned()),
                _ => return None,
            };
            let repeats = pieces
                .last()
                .is_some_and(|last: &Piece| (*last == Piece::Secret) == (piece == Piece::Secret));
            if repeats {
                return None;
            }
            pieces.push(piece);
        }
        let masked = Self(pieces);
        masked.has_secret().then_some(masked)
    }

    /// Bytes of the texts together.
    pub(super) fn text_bytes(&self) -> usize {
        let bytes = |piece: &Piece| if let Piece::Text(text) = piece { text.len() } else { 0 };
        self.0.iter().map(bytes).sum()
    }

    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter_map(|piece| if let Piece::Text(text) = piece { Some(text.as_str()) } else { None })
    }

    fn push_text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(Piece::Text(last)) = self.0.last_mut() {
            last.push_str(text);
        } else {
            self.0.push(Piece::Text(text.to_owned()));
        }
    }

    fn push_secret(&mut self) {
        if self.0.last() != Some(&Piece::Secret) {
            self.0.push(Piece::Secret);
        }
    }
}

impl fmt::Debug for Masked {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => write!(out, "{text:?}")?,
                Piece::Secret => out.write_str("<secret>")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_and_neighbouring_secrets_are_one_place() {
        let masked = Masked::without("abcdefgh", &[4..6, 1..3, 2..4, 8..8]);
        assert_eq!(
            masked.pieces(),
            [Piece::Text("a".into()), Piece::Secret, Piece::Text("gh".into()), Piece::Secret]
        );
        assert_eq!(Masked::without("ab", &[]), Masked::plain("ab"));
        assert_eq!(Masked::without("ab", &[0..1, 1..2]), Masked::secret());
        assert_eq!(Masked::without("", &[]).as_plain(), Some(""));
    }

    #[test]
    fn reads_back_only_its_own_spelling() {
        for masked in
            [Masked::plain(""), Masked::plain("x"), Masked::secret(), Masked::without("abc", &[1..2, 1..2])]
        {
            assert_eq!(Masked::from_value(&masked.to_value()), Some(masked));
        }
        let text = || Value::string("x");
        for wrong in [
            Value::null(),
            Value::array(vec![]),
            Value::array(vec![text()]),
            Value::array(vec![text(), text(), Value::null()]),
            Value::array(vec![Value::null(), Value::null()]),
            Value::array(vec![Value::string(""), Value::null()]),
            Value::array(vec![Value::uint(1), Value::null()]),
        ] {
            assert_eq!(Masked::from_value(&wrong), None, "{wrong:?}");
        }
    }
}
