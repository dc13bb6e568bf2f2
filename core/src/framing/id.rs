//! Ids of requests.

use std::borrow::Cow;

use super::error::BadId;
use crate::json::scan;

/// An id as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id<'a> {
    /// The token, quotes and escapes included, to be sent back as it is.
    pub raw: &'a [u8],
    text: Cow<'a, str>,
    is_string: bool,
}

/// An id to look up by. A string and a number are never equal; a string counts decoded; a number counts by its digits,
/// so that ids beyond 2^53 stay apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdKey {
    /// A whole number, as written.
    Integer(String),
    /// A string, decoded.
    Text(String),
}

impl<'a> Id<'a> {
    /// The key to look it up by.
    pub fn key(&self) -> IdKey {
        let text = self.text.clone().into_owned();
        if self.is_string { IdKey::Text(text) } else { IdKey::Integer(text) }
    }

    /// Reads a token that is known to be one JSON value.
    pub(super) fn read(token: &'a str, max_bytes: usize) -> Result<Self, BadId> {
        if token.len() > max_bytes {
            return Err(BadId::TooLong { limit_bytes: max_bytes });
        }
        let raw = token.as_bytes();
        match raw.first() {
            Some(b'"') => {
                let text = string_text(token).ok_or(BadId::LoneSurrogate)?;
                Ok(Id { raw, text, is_string: true })
            }
            Some(b'-' | b'0'..=b'9') => match scan::number(raw, 0) {
                Ok(number) if number.is_integer => {
                    Ok(Id { raw, text: Cow::Borrowed(token), is_string: false })
                }
                _ => Err(BadId::Fraction),
            },
            Some(b'n') => Err(BadId::Null),
            _ => Err(BadId::Type),
        }
    }
}

/// The decoded text of a string token that is known to be well-formed; `None` for half of a surrogate pair.
pub(super) fn string_text(token: &str) -> Option<Cow<'_, str>> {
    let inner = token.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { scan::decode(inner).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}
