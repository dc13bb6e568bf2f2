//! Why a document was refused, and where.

use std::fmt;

use crate::reason::ReasonCode;

/// A refused document: what was wrong first, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// What was wrong.
    pub refusal: ReadRefusal,
    /// JSON Pointer to the value or member that was being read; `""` is the whole document. Holds foreign text.
    pub pointer: String,
    /// Byte offset in the document.
    pub offset: usize,
}

/// What was wrong with a document, one variant a rule of `spec/strict-json.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadRefusal {
    /// More bytes than the caller allows; nothing was read.
    TooLarge {
        /// Bytes allowed.
        limit_bytes: usize,
    },
    /// It begins with a byte order mark.
    ByteOrderMark,
    /// A byte sequence that is not UTF-8 (overlong forms and encoded surrogates are not).
    InvalidUtf8,
    /// Nothing but white space.
    Empty,
    /// The document ends inside a value.
    UnexpectedEnd,
    /// A byte that cannot stand there.
    UnexpectedByte {
        /// The byte.
        byte: u8,
    },
    /// Something follows the value.
    TrailingData,
    /// A control character stands unescaped in a string.
    ControlInString,
    /// A backslash with something after it that is no escape.
    BadEscape,
    /// `\uD800`–`\uDFFF` that is not half of a pair.
    LoneSurrogate,
    /// A number that does not follow the grammar.
    BadNumber,
    /// A number too large for a double.
    NumberNotFinite,
    /// A number without fraction and exponent that is larger than 2^53 − 1 in size.
    IntegerTooLarge,
    /// A member name for the second time, names compared after decoding.
    DuplicateMember,
    /// Arrays and objects nested too deeply.
    TooDeep {
        /// Levels allowed.
        limit: u8,
    },
    /// A string or member name that is too long.
    StringTooLong {
        /// Bytes of its decoded text allowed.
        limit_bytes: usize,
    },
    /// An object with too many members.
    TooManyMembers {
        /// Members allowed in one object.
        limit: usize,
    },
    /// Too many values in the document.
    TooManyValues {
        /// Values allowed, at all levels together.
        limit: usize,
    },
    /// Another spelling than that of RFC 8785, where only that one is read.
    NotCanonical,
}

impl ReadRefusal {
    /// The refusal's name in `spec/strict-json.md`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too-large",
            Self::ByteOrderMark => "byte-order-mark",
            Self::InvalidUtf8 => "invalid-utf8",
            Self::Empty => "empty",
            Self::UnexpectedEnd => "unexpected-end",
            Self::UnexpectedByte { .. } => "unexpected-byte",
            Self::TrailingData => "trailing-data",
            Self::ControlInString => "control-in-string",
            Self::BadEscape => "bad-escape",
            Self::LoneSurrogate => "lone-surrogate",
            Self::BadNumber => "bad-number",
            Self::NumberNotFinite => "number-not-finite",
            Self::IntegerTooLarge => "integer-too-large",
            Self::DuplicateMember => "duplicate-member",
            Self::TooDeep { .. } => "too-deep",
            Self::StringTooLong { .. } => "string-too-long",
            Self::TooManyMembers { .. } => "too-many-members",
            Self::TooManyValues { .. } => "too-many-values",
            Self::NotCanonical => "not-canonical",
        }
    }

    /// The code that stands for this refusal in output.
    pub const fn reason(self) -> ReasonCode {
        match self {
            Self::TooLarge { .. } => ReasonCode::LimitBytes,
            Self::ByteOrderMark | Self::InvalidUtf8 | Self::LoneSurrogate => ReasonCode::JsonBadUnicode,
            Self::Empty
            | Self::UnexpectedEnd
            | Self::UnexpectedByte { .. }
            | Self::TrailingData
            | Self::ControlInString
            | Self::BadEscape
            | Self::BadNumber => ReasonCode::JsonSyntax,
            Self::NumberNotFinite | Self::IntegerTooLarge => ReasonCode::JsonNumRange,
            Self::DuplicateMember => ReasonCode::JsonDupKey,
            Self::TooDeep { .. } => ReasonCode::JsonDepth,
            Self::StringTooLong { .. } => ReasonCode::LimitString,
            Self::TooManyMembers { .. } => ReasonCode::LimitMembers,
            Self::TooManyValues { .. } => ReasonCode::LimitValues,
            Self::NotCanonical => ReasonCode::JsonNotCanonical,
        }
    }
}

impl ReadError {
    /// The code that stands for this refusal in output.
    pub const fn reason(&self) -> ReasonCode {
        self.refusal.reason()
    }
}

impl fmt::Display for ReadRefusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { limit_bytes } => write!(out, "more than {limit_bytes} bytes"),
            Self::ByteOrderMark => out.write_str("begins with a byte order mark"),
            Self::InvalidUtf8 => out.write_str("not UTF-8"),
            Self::Empty => out.write_str("empty"),
            Self::UnexpectedEnd => out.write_str("ends too early"),
            Self::UnexpectedByte { byte } => write!(out, "unexpected byte 0x{byte:02x}"),
            Self::TrailingData => out.write_str("something follows the value"),
            Self::ControlInString => out.write_str("unescaped control character in a string"),
            Self::BadEscape => out.write_str("unknown escape in a string"),
            Self::LoneSurrogate => out.write_str("half of a surrogate pair"),
            Self::BadNumber => out.write_str("malformed number"),
            Self::NumberNotFinite => out.write_str("number too large for a double"),
            Self::IntegerTooLarge => out.write_str("whole number beyond 2^53 - 1"),
            Self::DuplicateMember => out.write_str("member name comes twice"),
            Self::TooDeep { limit } => write!(out, "nested more than {limit} levels deep"),
            Self::StringTooLong { limit_bytes } => write!(out, "string of more than {limit_bytes} bytes"),
            Self::TooManyMembers { limit } => write!(out, "more than {limit} members in one object"),
            Self::TooManyValues { limit } => write!(out, "more than {limit} values"),
            Self::NotCanonical => out.write_str("not in canonical form"),
        }
    }
}

/// One line in our own words. The pointer is left out because it holds foreign text: a caller that shows it must make
/// it visible first.
impl fmt::Display for ReadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} at byte {}", self.refusal, self.offset)
    }
}

impl std::error::Error for ReadError {}
