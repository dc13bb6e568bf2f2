//! The surface: what a server says that reaches a model or decides what a client does.
//!
//! Source: `spec/surface.md`. [`read_page`] and [`read_handshake`] read one answer of a server strictly and judge each
//! object in it by itself. A refusal of the reader refuses the whole answer; a broken surface rule is the [`Fault`] of
//! one object, and the others stand. Each object keeps the very bytes that were judged and hashed.
//!
//! Not judged here: whether anybody approved an object, and how objects of one listing stand to each other (the same
//! name twice, names that look alike). That is the verifier's part.

mod characters;
mod handshake;
mod limits;
mod members;
mod object;
mod page;
pub mod schema;

use std::fmt;
use std::sync::Arc;

use crate::digest::{Digest, ObjectKind};
use crate::json::ReadError;
use crate::reason::ReasonCode;

pub use handshake::{Declared, Handshake, read_handshake};
pub use limits::{
    MAX_INSTRUCTIONS_BYTES, MAX_OBJECT_BYTES, MAX_OBJECT_STRING_BYTES, MAX_OBJECTS_A_PAGE,
    MAX_SERVER_FIELD_BYTES,
};
pub use object::read_object;
pub(crate) use object::{object_fault, object_name};
pub use page::{Page, read_page};

/// One object of a surface, as it was received.
///
/// Made only by reading: digest and bytes belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name, foreign text: `name` of a tool or prompt, `uriTemplate` of a template, `uri` of a resource,
    /// `instructions` and `serverInfo` for the two that have none. Empty where no name could be read.
    pub name: String,
    /// Its digest; that of a broken object too, so that one digest is one question.
    pub digest: Digest,
    /// The bytes as received, without white space around them. For server words the canonical form of the rest of
    /// `serverInfo`, because name and version are taken out.
    pub bytes: Arc<[u8]>,
    /// The surface rule that it breaks. Such an object is held, whatever was approved.
    pub fault: Option<Fault>,
    /// Its place in the listing, from 0.
    pub index: usize,
}

impl Received {
    /// The same object of a later page: `already` objects came before that page.
    #[must_use]
    pub fn with_index_after(mut self, already: usize) -> Self {
        self.index += already;
        self
    }
}

/// A surface rule that one object breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The code that stands for it.
    pub reason: ReasonCode,
    /// JSON Pointer inside the object; `""` is the object itself. Holds foreign text.
    pub pointer: String,
    /// What exactly.
    pub detail: FaultDetail,
}

/// What exactly breaks a surface rule; one variant a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultDetail {
    /// An element of the listing that is no object.
    NotAnObject,
    /// More bytes than [`MAX_OBJECT_BYTES`] (instructions: [`MAX_INSTRUCTIONS_BYTES`]).
    TooLarge {
        /// Bytes found.
        bytes: usize,
        /// Bytes allowed.
        limit_bytes: usize,
    },
    /// A string or member name longer than [`MAX_OBJECT_STRING_BYTES`].
    StringTooLong {
        /// Bytes found.
        bytes: usize,
        /// Bytes allowed.
        limit_bytes: usize,
    },
    /// A member that a peer without case would take for a protocol member.
    FoldsOnto(&'static str),
    /// No name, or one that is no string.
    NameMissing,
    /// A name that is empty or too long.
    NameLength {
        /// Bytes found.
        bytes: usize,
        /// Bytes allowed.
        limit_bytes: usize,
    },
    /// A tool name with a character outside `[A-Za-z0-9_.-]`.
    NameCharacter(char),
    /// A name that is kept for the gate.
    NameReserved,
    /// A character that steers a terminal or hides text.
    Character(char),
    /// A reference in a schema to another document. Holds foreign text.
    ExternalReference(String),
    /// References in a schema that lead back to where they began without a step into the value.
    ReferenceCycle,
    /// A schema that applies more subschemas to one value than [`schema::MAX_APPLIED_SCHEMAS`], nests them more deeply
    /// than [`schema::MAX_APPLIED_DEPTH`], or has more references than [`schema::MAX_REFERENCES`].
    TooManyApplied,
}

/// Says what is wrong in our own words, without any of the foreign text but a single, visible character.
impl fmt::Display for FaultDetail {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => out.write_str("not an object"),
            Self::TooLarge { bytes, limit_bytes } => write!(out, "{bytes} bytes, {limit_bytes} are allowed"),
            Self::StringTooLong { bytes, limit_bytes } => {
                write!(out, "a string of {bytes} bytes, {limit_bytes} are allowed")
            }
            Self::FoldsOnto(known) => write!(out, "a member that differs from \"{known}\" in case only"),
            Self::NameMissing => out.write_str("no name"),
            Self::NameLength { bytes: 0, .. } => out.write_str("an empty name"),
            Self::NameLength { bytes, limit_bytes } => {
                write!(out, "a name of {bytes} bytes, {limit_bytes} are allowed")
            }
            Self::NameCharacter(letter) => {
                write!(out, "a name with the character {}", crate::text::visible_char(*letter))
            }
            Self::NameReserved => out.write_str("a name that is kept for the gate"),
            Self::Character(letter) => write!(out, "the character U+{:04X}", u32::from(*letter)),
            Self::ExternalReference(_) => out.write_str("a schema that refers to another document"),
            Self::ReferenceCycle => out.write_str("a schema whose references lead back to where they began"),
            Self::TooManyApplied => out.write_str("a schema that is too complex to check"),
        }
    }
}

/// Why a whole answer of a server was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// The reader refused it.
    #[error("{0}")]
    Read(ReadError),
    /// The result is no object.
    #[error("the result is not an object")]
    NotAnObject,
    /// A member that must be there is not.
    #[error("the result has no \"{0}\"")]
    Missing(&'static str),
    /// A member is of another type than the protocol says.
    #[error("\"{member}\" of the result is not {expected}")]
    WrongType {
        /// The member.
        member: &'static str,
        /// What it should be, with its article.
        expected: &'static str,
    },
    /// A member of the result that a peer without case would take for a known one.
    #[error("the result has a member that differs from \"{known}\" in case only")]
    FoldsOnto {
        /// The known member.
        known: &'static str,
        /// JSON Pointer of the other one. Holds foreign text.
        pointer: String,
    },
    /// More objects than [`MAX_OBJECTS_A_PAGE`].
    #[error("{found} objects on one page, {limit} are allowed")]
    TooManyObjects {
        /// Objects found.
        found: usize,
        /// Objects allowed.
        limit: usize,
    },
    /// Listings of this kind do not exist: instructions and server words come with the handshake.
    #[error("{0} are not listed")]
    NotListed(ObjectKind),
}

impl PageError {
    /// The code that stands for this refusal in output.
    pub const fn reason(&self) -> ReasonCode {
        match self {
            Self::Read(error) => error.reason(),
            Self::FoldsOnto { .. } => ReasonCode::JsonKeyFold,
            Self::TooManyObjects { .. } => ReasonCode::LimitTools,
            Self::NotAnObject | Self::Missing(_) | Self::WrongType { .. } | Self::NotListed(_) => {
                ReasonCode::ListingInvalid
            }
        }
    }
}

impl From<ReadError> for PageError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}
