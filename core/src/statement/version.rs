//! Version texts.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Bytes of a version, at most: the registry's own limit.
pub const MAX_VERSION_BYTES: usize = 255;

/// A version as the publisher writes it: visible ASCII. What it means is not judged here; order is the sequence's.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReleaseVersion(String);

/// Why a text is no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ReleaseVersionError {
    /// Empty, or too long.
    #[error("a version has 1 to {MAX_VERSION_BYTES} bytes")]
    Length,
    /// A space, a control, or a character beyond ASCII.
    #[error("a version consists of visible ASCII characters")]
    Character,
}

impl ReleaseVersion {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ReleaseVersion {
    type Err = ReleaseVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !(1..=MAX_VERSION_BYTES).contains(&text.len()) {
            return Err(ReleaseVersionError::Length);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ReleaseVersionError::Character);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ReleaseVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for ReleaseVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, out)
    }
}
