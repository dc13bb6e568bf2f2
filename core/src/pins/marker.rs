//! The marker: what a second folder remembers about the store, and the judgement of a store by it (spec/store.md).

use super::chain::ChainHead;
use super::decision::{MarkerPoint, TamperReason};
use crate::digest::Digest;
use crate::document::{self, DocumentError, DocumentFault, Fields, Place};
use crate::hex;
use crate::json::{self, Value};
use crate::lines::decimal;

/// Largest marker that is read, in bytes. A real one has under 500.
pub const MAX_MARKER_BYTES: usize = 4_096;

/// The member `format` of a marker.
pub const MARKER_FORMAT: &str = "pinfold/marker/v1";

/// A random id of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreId(pub [u8; 16]);

/// When a folder was made, by the file system: it cannot be set, so a copy has another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BirthTime {
    /// Whole seconds since 1970.
    pub seconds: u64,
    /// Nanoseconds within the second.
    pub nanoseconds: u32,
}

/// By what the marker knows the store's folder again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderIdentity {
    /// The inode of the folder. No device number: it changes between starts of a machine.
    pub inode: u64,
    /// What tells this folder from a later one with the same inode.
    pub proof: FolderProof,
}

/// What tells a folder from a later one with the same inode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FolderProof {
    /// The birth time of the folder.
    Birth(BirthTime),
    /// Where the file system keeps no birth times: the random name of an empty file in the folder.
    File(String),
}

/// What is found where the store should be.
#[derive(Clone, Debug)]
pub struct FoundStore<'a> {
    /// The id that the store says it has.
    pub id: StoreId,
    /// The inode of its folder.
    pub inode: u64,
    /// The birth time of its folder, where there is one.
    pub birth: Option<BirthTime>,
    /// The names of the identity files in its folder.
    pub identity_files: &'a [String],
    /// The hash of each envelope of its checked chain.
    pub hashes: &'a [Digest],
}

/// The second folder's memory of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// The id of the store.
    pub store: StoreId,
    /// Its folder.
    pub folder: FolderIdentity,
    /// The chain as of the last finished transaction. A counter of 1 or more says that a decision was made at a
    /// terminal in this home folder.
    pub point: MarkerPoint,
    /// The chain as it will be after the transaction that was begun last, if its end was not recorded.
    pub next: Option<MarkerPoint>,
}

/// A store that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No decision was ever made here.
    New,
    /// Store and marker agree.
    Sound,
    /// The store is ahead by the transaction that the marker saw begin; the next writer repairs the marker.
    Lagging,
}

/// Judges a store by its marker. `None`: there is none (not: it is unreadable).
///
/// The chain itself is checked by then; a store whose chain does not add up is [`TamperReason::Edited`] before this.
///
/// # Errors
/// Why the store is not to be trusted.
pub fn judge(marker: Option<&Marker>, found: Option<&FoundStore<'_>>) -> Result<Standing, TamperReason> {
    let (marker, found) = match (marker, found) {
        (None, None) => return Ok(Standing::New),
        (None, Some(found)) if found.hashes.is_empty() => return Ok(Standing::New),
        (None, Some(_)) => return Err(TamperReason::Other),
        (Some(_), None) => return Err(TamperReason::Absent),
        (Some(marker), Some(found)) => (marker, found),
    };
    if marker.store != found.id || !marker.folder.is(found) {
        return Err(TamperReason::Other);
    }
    let count = found.hashes.len() as u64;
    if count < marker.point.counter {
        return Err(TamperReason::Older);
    }
    if found.hash_at(marker.point.counter) != Some(marker.point.head) {
        return Err(TamperReason::Edited);
    }
    if count == marker.point.counter {
        return Ok(Standing::Sound);
    }
    let end = found.hash_at(count).map(|head| MarkerPoint { counter: count, head });
    if end == marker.next { Ok(Standing::Lagging) } else { Err(TamperReason::Edited) }
}

impl FolderIdentity {
    fn is(&self, found: &FoundStore<'_>) -> bool {
        self.inode == found.inode
            && match &self.proof {
                FolderProof::Birth(birth) => found.birth == Some(*birth),
                FolderProof::File(name) => found.identity_files.contains(name),
            }
    }
}

impl FoundStore<'_> {
    fn hash_at(&self, count: u64) -> Option<Digest> {
        match usize::try_from(count).ok()?.checked_sub(1) {
            None => Some(ChainHead::EMPTY.hash),
            Some(index) => self.hashes.get(index).copied(),
        }
    }
}

impl Marker {
    /// The canonical bytes of the marker file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (birth, file) = match &self.folder.proof {
            FolderProof::Birth(birth) => (birth.to_value(), Value::null()),
            FolderProof::File(name) => (Value::null(), Value::string(name.clone())),
        };
        let folder = Value::object(vec![
            ("birth", birth),
            ("file", file),
            ("inode", Value::string(self.folder.inode.to_string())),
        ]);
        json::canonical(&Value::object(vec![
            ("counter", Value::uint(self.point.counter)),
            ("folder", folder),
            ("format", Value::string(MARKER_FORMAT)),
            ("head", Value::string(self.point.head.to_string())),
            ("next", self.next.map_or_else(Value::null, MarkerPoint::to_value)),
            ("store", Value::string(hex::encode(&self.store.0))),
        ]))
    }

    /// Reads the canonical bytes and no other spelling.
    ///
    /// # Errors
    /// A [`DocumentError`]; a newer version is [`DocumentFault::Newer`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Marker, DocumentError> {
        let value = document::read(bytes, MAX_MARKER_BYTES)?;
        let names = ["counter", "folder", "format", "head", "next", "store"];
        let fields = Fields::of(&value, Place::Document, &names)?;
        fields.format(MARKER_FORMAT)?;
        let id = |text: &str| hex::decode(text).ok().map(StoreId);
        Ok(Marker {
            store: fields.one_of("store", id)?,
            folder: FolderIdentity::read(&fields)?,
            point: MarkerPoint { counter: fields.uint("counter")?, head: fields.digest("head")? },
            next: fields.nullable("next", MarkerPoint::read)?,
        })
    }
}

impl FolderIdentity {
    fn read(marker: &Fields<'_, '_, '_>) -> Result<FolderIdentity, DocumentError> {
        let value = marker.value("folder")?;
        let fields = Fields::of(value, marker.place_of("folder"), &["birth", "file", "inode"])?;
        // An inode has 64 bits, so it is written as text.
        let inode = fields.one_of("inode", decimal)?;
        let birth = fields.nullable("birth", BirthTime::read)?;
        let file = fields.nullable("file", |fields, name| fields.one_of(name, identity_file))?;
        let proof = match (birth, file) {
            (Some(birth), None) => FolderProof::Birth(birth),
            (None, Some(file)) => FolderProof::File(file),
            _ => return Err(marker.fault("folder", DocumentFault::WrongType)),
        };
        Ok(FolderIdentity { inode, proof })
    }
}

impl BirthTime {
    fn to_value(self) -> Value<'static> {
        let nanoseconds = Value::uint(u64::from(self.nanoseconds));
        Value::object(vec![("nanoseconds", nanoseconds), ("seconds", Value::uint(self.seconds))])
    }

    fn read(folder: &Fields<'_, '_, '_>, name: &str) -> Result<BirthTime, DocumentError> {
        let fields = Fields::of(folder.value(name)?, folder.place_of(name), &["nanoseconds", "seconds"])?;
        let nanoseconds =
            u32::try_from(fields.uint("nanoseconds")?).ok().filter(|nanos| *nanos < 1_000_000_000);
        let nanoseconds = nanoseconds.ok_or_else(|| fields.fault("nanoseconds", DocumentFault::WrongType))?;
        Ok(BirthTime { seconds: fields.uint("seconds")?, nanoseconds })
    }
}

/// `folder-` and 32 hexadecimal digits: a name that leads nowhere else.
fn identity_file(name: &str) -> Option<String> {
    hex::decode::<16>(name.strip_prefix("folder-")?).ok().map(|_| name.to_owned())
}
