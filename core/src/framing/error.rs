//! Why a line was refused, and where.

use std::fmt;

use crate::reason::ReasonCode;

/// A refused line. Offsets are bytes in the line as given; pointers hold foreign text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrameError {
    /// Longer than allowed; not looked at.
    TooLong {
        /// Bytes allowed.
        limit_bytes: usize,
    },
    /// Nothing but white space.
    Blank,
    /// A byte sequence that is not UTF-8.
    BadUtf8 {
        /// Where it begins.
        offset: usize,
    },
    /// Not one JSON value: a banner, a log line, half a message, two messages.
    NotJson {
        /// The first byte that cannot stand there, or the length of the line.
        offset: usize,
    },
    /// Nested more deeply than allowed. What follows was not looked at.
    TooDeep {
        /// Levels allowed.
        limit: usize,
        /// The bracket that is one too many.
        offset: usize,
    },
    /// JSON with a carriage return or line feed between its tokens; a peer that ends lines there reads other messages.
    LineBreak {
        /// Where.
        offset: usize,
    },
    /// An array of messages.
    Batch,
    /// JSON, but neither object nor array.
    NotAnObject,
    /// A member name for the second time, names compared after decoding.
    DupKey {
        /// The member.
        pointer: String,
        /// Its second name.
        offset: usize,
    },
    /// A member that a peer without case takes for a protocol member.
    KeyFold {
        /// The member.
        pointer: String,
        /// Its name.
        offset: usize,
    },
    /// A member name with half of a surrogate pair, which cannot be compared.
    LoneSurrogate {
        /// The object that holds the member.
        pointer: String,
        /// The member's name.
        offset: usize,
    },
    /// An object with too many members.
    TooManyMembers {
        /// The object.
        pointer: String,
        /// The first name that is one too many.
        offset: usize,
        /// Members allowed.
        limit: usize,
    },
    /// The id is not one.
    BadId(BadId),
    /// An object, but no message.
    NotAMessage(Shape),
}

/// What is wrong with an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadId {
    /// Neither a string nor a number.
    Type,
    /// `null` in a request or a result.
    Null,
    /// A number with fraction or exponent.
    Fraction,
    /// A string with half of a surrogate pair.
    LoneSurrogate,
    /// Longer than allowed.
    TooLong {
        /// Bytes allowed, as written.
        limit_bytes: usize,
    },
}

/// What an object lacks to be a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `jsonrpc` is not `"2.0"`.
    Version,
    /// `method` is no string, or one with half of a surrogate pair.
    Method,
    /// `params` is there and no object.
    Params,
    /// `error` is no object.
    ErrorMember,
    /// None of `method`, `result` and `error` is there.
    Nothing,
    /// More than one of `method`, `result` and `error` is there.
    Several,
    /// A result without an id.
    ResultWithoutId,
}

impl FrameError {
    /// The refusal's name in `spec/framing.md`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "too-long",
            Self::Blank => "blank",
            Self::BadUtf8 { .. } => "bad-utf8",
            Self::NotJson { .. } => "not-json",
            Self::TooDeep { .. } => "too-deep",
            Self::LineBreak { .. } => "line-break",
            Self::Batch => "batch",
            Self::NotAnObject => "not-an-object",
            Self::DupKey { .. } => "dup-key",
            Self::KeyFold { .. } => "key-fold",
            Self::LoneSurrogate { .. } => "lone-surrogate",
            Self::TooManyMembers { .. } => "too-many-members",
            Self::BadId(BadId::Type) => "id-type",
            Self::BadId(BadId::Null) => "id-null",
            Self::BadId(BadId::Fraction) => "id-fraction",
            Self::BadId(BadId::LoneSurrogate) => "id-lone-surrogate",
            Self::BadId(BadId::TooLong { .. }) => "id-too-long",
            Self::NotAMessage(Shape::Version) => "version",
            Self::NotAMessage(Shape::Method) => "method",
            Self::NotAMessage(Shape::Params) => "params",
            Self::NotAMessage(Shape::ErrorMember) => "error-member",
            Self::NotAMessage(Shape::Nothing) => "nothing",
            Self::NotAMessage(Shape::Several) => "several",
            Self::NotAMessage(Shape::ResultWithoutId) => "result-without-id",
        }
    }

    /// Where it is wrong, in bytes of the line, for refusals that have a place.
    pub const fn offset(&self) -> Option<usize> {
        match self {
            Self::BadUtf8 { offset }
            | Self::NotJson { offset }
            | Self::TooDeep { offset, .. }
            | Self::LineBreak { offset }
            | Self::DupKey { offset, .. }
            | Self::KeyFold { offset, .. }
            | Self::LoneSurrogate { offset, .. }
            | Self::TooManyMembers { offset, .. } => Some(*offset),
            _ => None,
        }
    }

    /// The object or member that is wrong, for refusals that have one. Holds foreign text.
    pub fn pointer(&self) -> Option<&str> {
        match self {
            Self::DupKey { pointer, .. }
            | Self::KeyFold { pointer, .. }
            | Self::LoneSurrogate { pointer, .. }
            | Self::TooManyMembers { pointer, .. } => Some(pointer),
            _ => None,
        }
    }

    /// Whether the line is no JSON at all: what a server prints by mistake. It goes to the log and the session goes on.
    pub const fn is_junk(&self) -> bool {
        matches!(self, Self::Blank | Self::BadUtf8 { .. } | Self::NotJson { .. })
    }

    /// The code that stands for this refusal in output; none for a blank line, which says nothing.
    pub const fn reason(&self) -> Option<ReasonCode> {
        Some(match self {
            Self::Blank => return None,
            Self::TooLong { .. } => ReasonCode::LimitLine,
            Self::BadUtf8 { .. } | Self::LoneSurrogate { .. } => ReasonCode::JsonBadUnicode,
            Self::NotJson { .. } => ReasonCode::JsonSyntax,
            Self::TooDeep { .. } => ReasonCode::JsonDepth,
            Self::DupKey { .. } => ReasonCode::JsonDupKey,
            Self::KeyFold { .. } => ReasonCode::JsonKeyFold,
            Self::TooManyMembers { .. } => ReasonCode::LimitMembers,
            Self::LineBreak { .. }
            | Self::Batch
            | Self::NotAnObject
            | Self::BadId(_)
            | Self::NotAMessage(_) => ReasonCode::MessageInvalid,
        })
    }
}

impl fmt::Display for BadId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type => out.write_str("the id is neither a string nor a number"),
            Self::Null => out.write_str("the id is null"),
            Self::Fraction => out.write_str("the id has a fraction or an exponent"),
            Self::LoneSurrogate => out.write_str("the id holds half of a surrogate pair"),
            Self::TooLong { limit_bytes } => write!(out, "the id has more than {limit_bytes} bytes"),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Version => "jsonrpc is not \"2.0\"",
            Self::Method => "method is not a string",
            Self::Params => "params is not an object",
            Self::ErrorMember => "error is not an object",
            Self::Nothing => "neither method, result nor error",
            Self::Several => "more than one of method, result and error",
            Self::ResultWithoutId => "a result without an id",
        })
    }
}

/// One line in our own words. Pointers are left out because they hold foreign text.
impl fmt::Display for FrameError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { limit_bytes } => write!(out, "line of more than {limit_bytes} bytes"),
            Self::Blank => out.write_str("blank line"),
            Self::BadUtf8 { offset } => write!(out, "not UTF-8 at byte {offset}"),
            Self::NotJson { offset } => write!(out, "not JSON at byte {offset}"),
            Self::TooDeep { limit, offset } => {
                write!(out, "nested more than {limit} levels deep at byte {offset}")
            }
            Self::LineBreak { offset } => write!(out, "line break inside of a message at byte {offset}"),
            Self::Batch => out.write_str("several messages in an array"),
            Self::NotAnObject => out.write_str("not an object"),
            Self::DupKey { offset, .. } => write!(out, "member name comes twice, at byte {offset}"),
            Self::KeyFold { offset, .. } => {
                write!(out, "member name like a protocol member's at byte {offset}")
            }
            Self::LoneSurrogate { offset, .. } => {
                write!(out, "half of a surrogate pair in a member name at byte {offset}")
            }
            Self::TooManyMembers { limit, offset, .. } => {
                write!(out, "more than {limit} members in one object at byte {offset}")
            }
            Self::BadId(bad) => bad.fmt(out),
            Self::NotAMessage(shape) => shape.fmt(out),
        }
    }
}

impl std::error::Error for FrameError {}
