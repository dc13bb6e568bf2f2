//! Values that are passed on as they came.

use std::borrow::Cow;
use std::fmt;

use super::FrameLimits;
use super::error::FrameError;
use super::id::string_text;
use super::walk::{self, Walk};

/// One well-formed JSON value, as a slice of the line that it came in, without white space around it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Raw<'a>(&'a str);

/// Why a value could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RawFault {
    /// It is no object.
    #[error("not an object")]
    NotAnObject,
    /// It is no array.
    #[error("not an array")]
    NotAnArray,
    /// A member name comes twice.
    #[error("a member name comes twice")]
    DupKey,
    /// A member name holds half of a surrogate pair.
    #[error("half of a surrogate pair in a member name")]
    LoneSurrogate,
    /// More members or elements than [`FrameLimits::TRAFFIC`] allows.
    #[error("too many members")]
    TooMany,
}

impl<'a> Raw<'a> {
    /// A value from elsewhere than a message, under the same rules: UTF-8, well-formed, within the limits.
    ///
    /// # Errors
    /// As [`super::parse_frame`], but any value is allowed, and no names are judged.
    pub fn read(bytes: &'a [u8], limits: &FrameLimits) -> Result<Self, FrameError> {
        walk::any_value(walk::text_of(bytes, limits)?, limits).map(Self)
    }

    /// A slice that the walk has gone over.
    pub(super) const fn checked(text: &'a str) -> Self {
        Self(text)
    }

    /// The bytes, as received.
    pub const fn bytes(&self) -> &'a [u8] {
        self.0.as_bytes()
    }

    /// The same as text.
    pub const fn text(&self) -> &'a str {
        self.0
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        self.0 == "null"
    }

    /// Whether it is an object.
    pub fn is_object(&self) -> bool {
        self.0.starts_with('{')
    }

    /// The decoded text of a string; `None` for another value, and for a string with half of a surrogate pair.
    pub fn as_string(&self) -> Option<Cow<'a, str>> {
        string_text(self.0)
    }

    /// `true` or `false`, if it is one of them.
    pub fn as_bool(&self) -> Option<bool> {
        match self.0 {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// The members of an object in order, one level deep.
    ///
    /// # Errors
    /// If it is no object, or its names cannot be told apart.
    pub fn members(&self) -> Result<Vec<(Cow<'a, str>, Raw<'a>)>, RawFault> {
        Walk::over(self.0, &FrameLimits::TRAFFIC).members()
    }

    /// One member of an object; `None` if the object does not have it.
    ///
    /// # Errors
    /// As [`Raw::members`].
    pub fn member(&self, name: &str) -> Result<Option<Raw<'a>>, RawFault> {
        Ok(self.members()?.into_iter().find(|(found, _)| found == name).map(|(_, value)| value))
    }

    /// The elements of an array in order.
    ///
    /// # Errors
    /// If it is no array.
    pub fn elements(&self) -> Result<Vec<Raw<'a>>, RawFault> {
        Walk::over(self.0, &FrameLimits::TRAFFIC).elements()
    }
}

/// Only the length: what is passed on is nobody's to print.
impl fmt::Debug for Raw<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Raw({} bytes)", self.0.len())
    }
}
