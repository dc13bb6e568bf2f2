//! The name of a log of our own.

use std::fmt;
use std::str::FromStr;

use crate::note::KeyName;

/// Bytes of an origin, as a host name may have.
pub const MAX_ORIGIN_BYTES: usize = 253;

/// Bytes of one label of a host name.
const MAX_LABEL_BYTES: usize = 63;

/// The name of a log: a bare host name in lower case, without scheme, port or path.
///
/// Bare, because other verifiers compare an origin with the host name of a log's URL alone, and because one form of
/// cosignature has a single byte for its length. Nothing is fetched by it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(String);

/// Why a text is no origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// Nothing, or more than [`MAX_ORIGIN_BYTES`].
    #[error("an origin has 1 to {MAX_ORIGIN_BYTES} bytes")]
    Length,
    /// A character that no host name has, such as a slash, a colon or a capital.
    #[error(
        "an origin is a bare host name: lower-case letters, digits, hyphens and dots (byte {offset} is none)"
    )]
    Character {
        /// The first such byte.
        offset: usize,
    },
    /// A label that is empty, too long, or begins or ends with a hyphen.
    #[error("a part of the origin between dots is empty, too long, or begins or ends with a hyphen")]
    Label,
}

impl Origin {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the log's key, which is the origin.
    pub fn key_name(&self) -> KeyName {
        self.0.parse().expect("a host name holds neither white space nor a plus sign")
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || text.len() > MAX_ORIGIN_BYTES {
            return Err(OriginError::Length);
        }
        let is_host =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
        if let Some(offset) = text.bytes().position(|byte| !is_host(byte)) {
            return Err(OriginError::Character { offset });
        }
        let is_label = |label: &str| {
            !label.is_empty()
                && label.len() <= MAX_LABEL_BYTES
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if !text.split('.').all(is_label) {
            return Err(OriginError::Label);
        }
        Ok(Self(text.to_owned()))
    }
}

impl AsRef<str> for Origin {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Origin {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
