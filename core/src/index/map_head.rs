//! The map-head: the entry by which a log commits to its index.

use thiserror::Error;

use crate::digest::Digest;
use crate::document::{self, DocumentError, Fields, Place};
use crate::json::{self, Value};
use crate::merkle::Hash;

/// The member `format` of a map-head's payload.
pub const MAP_HEAD_FORMAT: &str = "pinfold/map-head/v1";
/// Bytes of a map-head's payload, at most.
pub const MAX_MAP_HEAD_BYTES: usize = 512;
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
    /// Not the document.
    #[error("the map-head is not readable: {0}")]
    Document(#[from] DocumentError),
    /// A map of another name, which is reserved.
    #[error("the map-head is of another map than \"{MAP}\"")]
    OtherMap,
}

impl MapHeadError {
    /// The name of the refusal in spec/index.md.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Document(error) => error.name(),
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
