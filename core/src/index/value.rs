//! Values of the index: what a log says about a name and about a namespace.

use super::history::HistoryHead;
use crate::digest::Digest;
use crate::document::{self, DocumentError, DocumentFault, Fields, Place};
use crate::hex;
use crate::json::Value;
use crate::merkle::Hash;
use crate::trie::{MAX_VALUE_BYTES, TrieValue};

/// What a log says about one name, within the claim that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameValue {
    /// The claim under which the name was released: the digest of keyset 1's payload.
    pub claim: Digest,
    /// Every accepted release and withdrawal of the name in this claim.
    pub history: HistoryHead,
    /// The newest release.
    pub newest: Newest,
    /// What became of the newest release.
    pub status: NameStatus,
    /// Digest of the withdrawn sequences; `None` where none is.
    pub withdrawn: Option<Digest>,
}

/// The newest release of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newest {
    /// Its entry's index in the log.
    pub index: u64,
    /// Its entry's leaf hash.
    pub leaf: Hash,
    /// Its sequence, from 1.
    pub sequence: u64,
}

/// What became of the newest release of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameStatus {
    /// It stands.
    Released,
    /// It is withdrawn.
    Withdrawn,
}

/// What a log says about one namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceValue {
    /// The claim in force.
    pub claim: Digest,
    /// Number of claims before it.
    pub earlier: u64,
    /// The claim's keysets and the withdrawals of its keys: for each, the index from which it is in force, and the leaf
    /// hash of its entry.
    pub keysets: HistoryHead,
    /// The first release of each name of the claim.
    pub names: HistoryHead,
}

/// A value of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexValue {
    /// Of a name.
    Name(NameValue),
    /// Of a namespace.
    Namespace(NamespaceValue),
}

impl NameValue {
    /// The canonical JSON: what the index hashes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(400);
        self.encode(&mut bytes);
        bytes
    }

    /// The document.
    pub fn to_value(&self) -> Value<'static> {
        let newest = Value::object(vec![
            ("index", Value::uint(self.newest.index)),
            ("leaf", hex_text(self.newest.leaf.as_bytes())),
            ("sequence", Value::uint(self.newest.sequence)),
        ]);
        Value::object(vec![
            ("claim", hex_text(self.claim.as_bytes())),
            ("count", Value::uint(self.history.count)),
            ("head", hex_text(self.history.head.as_bytes())),
            ("newest", newest),
            ("status", Value::string(self.status.as_str())),
            ("withdrawn", self.withdrawn.map_or_else(Value::null, |digest| hex_text(digest.as_bytes()))),
        ])
    }

    /// Reads the canonical bytes.
    ///
    /// # Errors
    /// A [`DocumentError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DocumentError> {
        Self::read(&document::read(bytes, MAX_VALUE_BYTES)?, Place::Document)
    }

    /// Reads the document where it stands in another one. Canonical form is the outer document's matter.
    pub(super) fn read(value: &Value<'_>, place: Place<'_>) -> Result<Self, DocumentError> {
        let names = ["claim", "count", "head", "newest", "status", "withdrawn"];
        let fields = Fields::of(value, place, &names)?;
        let newest_place = fields.place_of("newest");
        let newest = Fields::of(fields.value("newest")?, newest_place, &["index", "leaf", "sequence"])?;
        let value = Self {
            claim: hex_digest(&fields, "claim")?,
            history: HistoryHead { count: positive(&fields, "count")?, head: hex_digest(&fields, "head")? },
            newest: Newest {
                index: newest.uint("index")?,
                leaf: Hash::from_bytes(*hex_digest(&newest, "leaf")?.as_bytes()),
                sequence: positive(&newest, "sequence")?,
            },
            status: fields.one_of("status", NameStatus::read)?,
            withdrawn: fields.nullable("withdrawn", |fields, name| hex_digest(fields, name))?,
        };
        // Every sequence up to the newest one is an entry of the history.
        if value.history.count < value.newest.sequence {
            return Err(fields.fault("count", DocumentFault::WrongText));
        }
        if value.status == NameStatus::Withdrawn && value.withdrawn.is_none() {
            return Err(fields.fault("withdrawn", DocumentFault::WrongText));
        }
        Ok(value)
    }
}

impl NamespaceValue {
    /// The canonical JSON: what the index hashes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(400);
        self.encode(&mut bytes);
        bytes
    }

    /// The document.
    pub fn to_value(&self) -> Value<'static> {
        let history = |history: &HistoryHead| {
            let head = hex_text(history.head.as_bytes());
            Value::object(vec![("count", Value::uint(history.count)), ("head", head)])
        };
        Value::object(vec![
            ("claim", hex_text(self.claim.as_bytes())),
            ("earlier", Value::uint(self.earlier)),
            ("keysets", history(&self.keysets)),
            ("names", history(&self.names)),
        ])
    }

    /// Reads the canonical bytes.
    ///
    /// # Errors
    /// A [`DocumentError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DocumentError> {
        Self::read(&document::read(bytes, MAX_VALUE_BYTES)?, Place::Document)
    }

    /// Reads the document where it stands in another one. Canonical form is the outer document's matter.
    pub(super) fn read(value: &Value<'_>, place: Place<'_>) -> Result<Self, DocumentError> {
        let fields = Fields::of(value, place, &["claim", "earlier", "keysets", "names"])?;
        let history = |name: &str| {
            let history = Fields::of(fields.value(name)?, fields.place_of(name), &["count", "head"])?;
            Ok(HistoryHead { count: history.uint("count")?, head: hex_digest(&history, "head")? })
        };
        let value = Self {
            claim: hex_digest(&fields, "claim")?,
            earlier: fields.uint("earlier")?,
            keysets: history("keysets")?,
            names: history("names")?,
        };
        // A claim begins with a keyset.
        if value.keysets.count == 0 {
            return Err(fields.fault("keysets", DocumentFault::WrongText));
        }
        match (value.names.count, value.names.head == HistoryHead::EMPTY.head) {
            (0, false) | (1.., true) => Err(fields.fault("names", DocumentFault::WrongText)),
            _ => Ok(value),
        }
    }
}

impl NameStatus {
    /// The name of the status in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn read(text: &str) -> Option<Self> {
        [Self::Released, Self::Withdrawn].into_iter().find(|status| status.as_str() == text)
    }
}

/// The same bytes as `to_bytes`, without a tree of values between: every leaf of the index is encoded at start.
impl TrieValue for IndexValue {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Name(value) => value.encode(out),
            Self::Namespace(value) => value.encode(out),
        }
    }
}

impl NameValue {
    fn encode(&self, out: &mut Vec<u8>) {
        push_hex(out, "{\"claim\":\"", self.claim.as_bytes());
        push_number(out, "\",\"count\":", self.history.count);
        push_hex(out, ",\"head\":\"", self.history.head.as_bytes());
        push_number(out, "\",\"newest\":{\"index\":", self.newest.index);
        push_hex(out, ",\"leaf\":\"", self.newest.leaf.as_bytes());
        push_number(out, "\",\"sequence\":", self.newest.sequence);
        out.extend_from_slice(b"},\"status\":\"");
        out.extend_from_slice(self.status.as_str().as_bytes());
        match &self.withdrawn {
            None => out.extend_from_slice(b"\",\"withdrawn\":null}"),
            Some(digest) => {
                push_hex(out, "\",\"withdrawn\":\"", digest.as_bytes());
                out.extend_from_slice(b"\"}");
            }
        }
    }
}

impl NamespaceValue {
    fn encode(&self, out: &mut Vec<u8>) {
        push_hex(out, "{\"claim\":\"", self.claim.as_bytes());
        push_number(out, "\",\"earlier\":", self.earlier);
        push_number(out, ",\"keysets\":{\"count\":", self.keysets.count);
        push_hex(out, ",\"head\":\"", self.keysets.head.as_bytes());
        push_number(out, "\"},\"names\":{\"count\":", self.names.count);
        push_hex(out, ",\"head\":\"", self.names.head.as_bytes());
        out.extend_from_slice(b"\"}}");
    }
}

fn push_hex(out: &mut Vec<u8>, before: &str, bytes: &[u8; 32]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend_from_slice(before.as_bytes());
    out.extend(
        bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]),
    );
}

fn push_number(out: &mut Vec<u8>, before: &str, number: u64) {
    out.extend_from_slice(before.as_bytes());
    out.extend_from_slice(number.to_string().as_bytes());
}

fn hex_text(bytes: &[u8; 32]) -> Value<'static> {
    Value::string(hex::encode(bytes))
}

fn hex_digest(fields: &Fields<'_, '_, '_>, name: &str) -> Result<Digest, DocumentError> {
    fields.one_of(name, |text| hex::decode(text).ok().map(Digest::from_bytes))
}

fn positive(fields: &Fields<'_, '_, '_>, name: &str) -> Result<u64, DocumentError> {
    match fields.uint(name)? {
        0 => Err(fields.fault(name, DocumentFault::WrongText)),
        number => Ok(number),
    }
}
