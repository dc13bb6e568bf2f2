//! Digests: SHA-256 of tagged canonical JSON for objects, plain SHA-256 for whole files.
//!
//! Source: `spec/digests.md`. Two digests are compared in full width, always.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::hex::{self, HexError};
use crate::json::{self, Node, Value};

/// A SHA-256 value. Written `sha256:` and 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// What kind of a server's words an object is; each kind has a tag of its own, so that no object of one kind can be
/// taken for one of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// A tool, as an element of `tools`.
    Tool,
    /// A prompt, as an element of `prompts`.
    Prompt,
    /// A resource template, as an element of `resourceTemplates`.
    ResourceTemplate,
    /// A static resource, as an element of `resources`.
    Resource,
    /// The `instructions` string of a handshake.
    Instructions,
    /// The words of `serverInfo`: the object without `name` and `version`.
    ServerInfo,
}

/// The digest of an object: SHA-256(tag ‖ 0x00 ‖ RFC 8785 form of the whole object).
pub fn object_digest(kind: ObjectKind, object: &Value<'_>) -> Digest {
    tagged_digest(kind.tag(), &json::canonical(object))
}

/// SHA-256(tag ‖ 0x00 ‖ bytes), for documents that are canonical already.
///
/// Tags are our own constants and hold no zero byte; this is not checked.
pub fn tagged_digest(tag: &str, bytes: &[u8]) -> Digest {
    let mut hash = Sha256::new();
    hash.update(tag.as_bytes());
    hash.update([0]);
    hash.update(bytes);
    Digest(hash.finalize().into())
}

/// Plain SHA-256, as `sha256sum` prints it, for whole files.
pub fn file_digest(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

/// The digest of the MCP transports working group's draft: plain SHA-256 of the RFC 8785 form of the object without its
/// own `_meta`. For interoperability only: it leaves a part of the object out, so nothing may trust it.
///
/// `_meta` members further inside stay. A value that is no object is hashed whole.
pub fn interop_digest(object: &Value<'_>) -> Digest {
    let Node::Object(members) = &object.node else { return file_digest(&json::canonical(object)) };
    let kept = members.iter().filter(|member| member.name != "_meta").cloned().collect();
    file_digest(&json::canonical(&Value { span: object.span, node: Node::Object(kept) }))
}

impl Digest {
    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A digest computed elsewhere, such as by a streaming hash over a large file.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The first 12 hexadecimal digits, for people only: never compare or look up by it.
    pub fn short(&self) -> String {
        hex::encode(&self.0[..6])
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "sha256:{}", hex::encode(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// Why a text is no digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// It does not begin with `sha256:`.
    #[error("a digest begins with \"sha256:\"")]
    Algorithm,
    /// What follows is not 64 lower-case hexadecimal digits.
    #[error(transparent)]
    Hex(HexError),
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("sha256:").ok_or(DigestError::Algorithm)?;
        hex::decode(digits).map(Self).map_err(DigestError::Hex)
    }
}

impl ObjectKind {
    /// Every kind, in the order in which people are shown them.
    pub const ALL: [ObjectKind; 6] = [
        Self::Instructions,
        Self::ServerInfo,
        Self::Tool,
        Self::Prompt,
        Self::ResourceTemplate,
        Self::Resource,
    ];

    /// The tag under which objects of this kind are hashed.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Tool => "pinfold/tool/v1",
            Self::Prompt => "pinfold/prompt/v1",
            Self::ResourceTemplate => "pinfold/resource-template/v1",
            Self::Resource => "pinfold/resource/v1",
            Self::Instructions => "pinfold/instructions/v1",
            Self::ServerInfo => "pinfold/server-info/v1",
        }
    }

    /// The kind's name in records and output, in kebab-case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Prompt => "prompt",
            Self::ResourceTemplate => "resource-template",
            Self::Resource => "resource",
            Self::Instructions => "instructions",
            Self::ServerInfo => "server-info",
        }
    }
}

/// The text names no kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of object")]
pub struct UnknownObjectKind;

impl FromStr for ObjectKind {
    type Err = UnknownObjectKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownObjectKind)
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
