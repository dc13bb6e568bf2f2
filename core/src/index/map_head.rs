//! The map-head: the entry by which a log commits to its index.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use crate::digest::Digest;
use crate::document::{self, DocumentError, Fields, Place};
use crate::json::{self, Value};
use crate::merkle::Hash;

/// The member `format` of a map-head's payload.
pub const MAP_HEAD_FORMAT: &str = "pinfold/map-head/v1";
/// Bytes of a map-head's payload, at most.
pub const MAX_MAP_HEAD_BYTES: usize = 512;
/// The payload type of a map-head.
pub const MAP_HEAD_TYPE: &str = "application/vnd.pinfold.map-head.v1+json";
/// Bytes of a map-head's entry, at most.
const MAX_ENTRY_BYTES: usize = 1_024;
/// The only map that there is.
const MAP: &str = "names";

/// The payload of a map-head: the root of the index over all entries before it. The number of those is its own index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MapHead {
    /// Root of the trie.
    pub root: Hash,
    /// Index of the map-head before it; `None` for a log's first one.
    pub previous: Option<u64>,
    /// Seconds since 1970 UTC by the log's clock; never less than in the map-head before.
    pub time: u64,
}

/// Why bytes are no map-head's payload.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum MapHeadError {
    /// Not the document, or not the envelope.
    #[error("the map-head is not readable: {0}")]
    Document(#[from] DocumentError),
    /// An entry of another kind, or one with signatures, which a map-head does not have.
    #[error("the entry is no map-head")]
    OtherKind,
    /// A map of another name, which is reserved.
    #[error("the map-head is of another map than \"{MAP}\"")]
    OtherMap,
}

impl MapHeadError {
    /// The name of the refusal in spec/index.md.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Document(error) => error.name(),
            Self::OtherKind => "NOT_MAP_HEAD",
            Self::OtherMap => "OTHER_MAP",
        }
    }
}

impl MapHead {
    /// The canonical payload.
    pub fn to_bytes(&self) -> Vec<u8> {
        json::canonical(&Value::object(vec![
            ("format", Value::string(MAP_HEAD_FORMAT)),
            ("map", Value::string(MAP)),
            ("previous", self.previous.map_or_else(Value::null, Value::uint)),
            ("root", Value::string(Digest::from_bytes(*self.root.as_bytes()).to_string())),
            ("time", Value::uint(self.time)),
        ]))
    }

    /// The entry, in its canonical bytes.
    pub fn to_entry(&self) -> Vec<u8> {
        json::canonical(&self.entry_value())
    }

    /// The entry's document.
    pub(super) fn entry_value(&self) -> Value<'static> {
        Value::object(vec![
            ("payload", Value::string(STANDARD.encode(self.to_bytes()))),
            ("payloadType", Value::string(MAP_HEAD_TYPE)),
            ("signatures", Value::array(Vec::new())),
        ])
    }

    /// Reads the canonical bytes of an entry that must be a map-head.
    ///
    /// # Errors
    /// A [`MapHeadError`].
    pub fn from_entry(entry: &[u8]) -> Result<Self, MapHeadError> {
        let value = document::read(entry, MAX_ENTRY_BYTES)?;
        let fields = Fields::of(&value, Place::Document, &["payload", "payloadType", "signatures"])?;
        if fields.text("payloadType")? != MAP_HEAD_TYPE || !fields.array("signatures")?.is_empty() {
            return Err(MapHeadError::OtherKind);
        }
        Self::from_bytes(&fields.one_of("payload", |text| STANDARD.decode(text).ok())?)
    }

    /// Reads a payload.
    ///
    /// Not checked: that `previous` is the map-head before, that time does not fall, that the root is right. Whoever
    /// replays the log checks that.
    ///
    /// # Errors
    /// A [`MapHeadError`].
    pub fn from_bytes(payload: &[u8]) -> Result<Self, MapHeadError> {
        let value = document::read(payload, MAX_MAP_HEAD_BYTES)?;
        let fields = Fields::of(&value, Place::Document, &["format", "map", "previous", "root", "time"])?;
        fields.format(MAP_HEAD_FORMAT)?;
        if fields.text("map")? != MAP {
            return Err(MapHeadError::OtherMap);
        }
        Ok(Self {
            root: Hash::from_bytes(*fields.digest("root")?.as_bytes()),
            previous: fields.nullable("previous", Fields::uint)?,
            time: fields.uint("time")?,
        })
    }
}
