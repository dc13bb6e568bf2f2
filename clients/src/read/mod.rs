//! Reading a file as strictly as its client does.

mod json;
mod toml;
mod yaml;

use std::fmt;

use crate::file::Syntax;
use crate::limits::MAX_FILE_BYTES;
use crate::position::{BYTE_ORDER_MARK, Position};
use crate::tree::Node;

/// A file that its client would refuse, too: what is wrong first, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// What is wrong.
    pub refusal: ReadRefusal,
    /// Where.
    pub position: Position,
}

/// What is wrong with a file. Nothing here quotes the file beyond one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadRefusal {
    /// More than [`MAX_FILE_BYTES`]; nothing was read.
    TooLarge,
    /// A byte sequence that is not UTF-8.
    NotUtf8,
    /// Nothing but white space and comments where a value is needed.
    Empty,
    /// The file ends inside a value; what would have to follow.
    UnexpectedEnd(&'static str),
    /// A character that cannot stand there; what would have to.
    Unexpected(char, &'static str),
    /// A comment in a file whose client reads none.
    Comment,
    /// A comma before a closing bracket, in a file whose client does not read that.
    TrailingComma,
    /// Something follows the value.
    TrailingData,
    /// An unescaped control character in a text.
    ControlCharacter,
    /// A backslash with something after it that is no escape, or half of a surrogate pair.
    BadEscape,
    /// A number or word that does not follow the grammar.
    BadWord,
    /// More than [`MAX_DEPTH`](crate::limits::MAX_DEPTH) levels.
    TooDeep,
    /// More than [`MAX_VALUES`](crate::limits::MAX_VALUES) values.
    TooManyValues,
    /// More than [`MAX_SERVERS`](crate::limits::MAX_SERVERS) servers, or members of one of them than
    /// [`MAX_ENTRY_MEMBERS`](crate::limits::MAX_ENTRY_MEMBERS).
    TooManyServers,
    /// Not TOML.
    Toml,
    /// Not YAML.
    Yaml,
    /// More than one YAML document.
    SecondDocument,
    /// A name for the second time in one object, in a file whose client refuses that.
    NameTwice,
    /// A value of the first kind stands where the second is needed.
    WrongKind(&'static str, &'static str),
}

impl ReadRefusal {
    /// The refusal's name in spec/client-configurations.md and in documents.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::TooLarge => "too-large",
            Self::NotUtf8 => "not-utf8",
            Self::Empty => "empty",
            Self::UnexpectedEnd(_) => "unexpected-end",
            Self::Unexpected(..) => "unexpected-character",
            Self::Comment => "comment",
            Self::TrailingComma => "trailing-comma",
            Self::TrailingData => "trailing-data",
            Self::ControlCharacter => "control-character",
            Self::BadEscape => "bad-escape",
            Self::BadWord => "bad-word",
            Self::TooDeep => "too-deep",
            Self::TooManyValues => "too-many-values",
            Self::TooManyServers => "too-many-servers",
            Self::Toml => "not-toml",
            Self::Yaml => "not-yaml",
            Self::SecondDocument => "second-document",
            Self::NameTwice => "name-twice",
            Self::WrongKind(..) => "wrong-kind",
        }
    }
}

impl fmt::Display for ReadRefusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(out, "more than {MAX_FILE_BYTES} bytes"),
            Self::NotUtf8 => out.write_str("not UTF-8"),
            Self::Empty => out.write_str("empty"),
            Self::UnexpectedEnd(needed) => write!(out, "the file ends where {needed} is needed"),
            Self::Unexpected(found, needed) => {
                write!(out, "unexpected `{}` where {needed} is needed", found.escape_debug())
            }
            Self::Comment => out.write_str("a comment, which this client does not read"),
            Self::TrailingComma => {
                out.write_str("a comma before a closing bracket, which this client does not read")
            }
            Self::TrailingData => out.write_str("something follows the end"),
            Self::ControlCharacter => out.write_str("a control character inside a text"),
            Self::BadEscape => out.write_str("an unknown escape inside a text"),
            Self::BadWord => out.write_str("a malformed number or word"),
            Self::TooDeep => out.write_str("too many levels"),
            Self::TooManyValues => out.write_str("too many values"),
            Self::TooManyServers => out.write_str("too many servers, or one with too many members"),
            Self::Toml => out.write_str("not well-formed TOML"),
            Self::Yaml => out.write_str("not well-formed YAML"),
            Self::SecondDocument => out.write_str("a second YAML document"),
            Self::NameTwice => out.write_str("a name stands twice in one object"),
            Self::WrongKind(found, needed) => write!(out, "{found} where {needed} is needed"),
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.position, self.refusal)
    }
}

impl std::error::Error for ReadError {}

/// A refusal with the byte at which it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) refusal: ReadRefusal,
    pub(crate) offset: usize,
}

impl Fault {
    pub(crate) const fn new(refusal: ReadRefusal, offset: usize) -> Self {
        Self { refusal, offset }
    }

    pub(crate) fn located(self, bytes: &[u8]) -> ReadError {
        ReadError { refusal: self.refusal, position: Position::of(bytes, self.offset) }
    }
}

/// Reads a whole file. Spans are byte offsets in `bytes`, a byte order mark counted.
pub(crate) fn tree(syntax: Syntax, bytes: &[u8]) -> Result<Node, ReadError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(Fault::new(ReadRefusal::TooLarge, 0).located(bytes));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Fault::new(ReadRefusal::NotUtf8, error.valid_up_to()).located(bytes))?;
    let begin = if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let read = match syntax {
        Syntax::Json | Syntax::JsonWithComments | Syntax::Jsonc | Syntax::LenientJson => {
            json::read(text, begin, json::Leniency::of(syntax))
        }
        Syntax::Toml => toml::read(text, begin),
        Syntax::Yaml => yaml::read(text, begin),
    };
    read.map_err(|fault| fault.located(bytes))
}
