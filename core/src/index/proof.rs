//! The index proof: the member `state` of a bundle, and the answer to a lookup.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::proof_error::{IndexError, KeyOf};
use super::value::{IndexValue, NameValue, NamespaceValue};
use super::withdrawn::WithdrawnRanges;
use super::{Index, IndexKey, MapHead};
use crate::document::{DocumentError, Fields, Place};
use crate::entry::{Entry, MAX_ENTRY_BYTES, Payload};
use crate::json::{self, Node, ReadLimits, Value};
use crate::merkle::InclusionPath;
use crate::registry_name::RegistryName;
use crate::trie::{Absence, Answer, Path};

/// What a log says about a name and its namespace, with the proofs. Nothing of it is checked yet but its form:
/// [`IndexProof::verify`] does that.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexProof {
    pub(super) entry: Entry,
    pub(super) head: MapHead,
    pub(super) path: InclusionPath,
    pub(super) name: Side<NameState>,
    pub(super) namespace: Side<NamespaceValue>,
}

/// What is claimed about one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side<V> {
    /// It has this value.
    Present {
        /// The value.
        value: V,
        /// The proof.
        path: Path,
    },
    /// It has none.
    Absent {
        /// The proof.
        proof: Absence,
    },
}

/// The value of a name, and the list of which it holds the digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameState {
    /// The value.
    pub value: NameValue,
    /// The withdrawn sequences.
    pub withdrawn: WithdrawnRanges,
}

impl IndexProof {
    /// What `index` says about `name`, to be proven under the tree of which `entry` is the last entry and `path` its
    /// inclusion path. `withdrawn` is the list of the name's withdrawn sequences; unused if the name is absent.
    ///
    /// Not checked: that these belong together. [`IndexProof::verify`] tells.
    ///
    /// # Errors
    /// `entry` is no map-head, or the index has a value of the other kind under a key.
    pub fn new(
        index: &Index,
        name: &RegistryName,
        withdrawn: WithdrawnRanges,
        entry: &Entry,
        path: InclusionPath,
    ) -> Result<Self, IndexError> {
        let head = map_head(entry)?;
        let name_side = match index.prove(IndexKey::name(name).as_ref()) {
            Answer::Present { value: IndexValue::Name(value), path } => {
                Side::Present { value: NameState { value: value.clone(), withdrawn }, path }
            }
            Answer::Absent { proof } => Side::Absent { proof },
            Answer::Present { .. } => return Err(IndexError::OtherValue { of: KeyOf::Name }),
        };
        let namespace = match index.prove(IndexKey::namespace(&name.namespace()).as_ref()) {
            Answer::Present { value: IndexValue::Namespace(value), path } => {
                Side::Present { value: value.clone(), path }
            }
            Answer::Absent { proof } => Side::Absent { proof },
            Answer::Present { .. } => return Err(IndexError::OtherValue { of: KeyOf::Namespace }),
        };
        Ok(Self { entry: entry.clone(), head, path, name: name_side, namespace })
    }

    /// The document.
    pub fn to_value(&self) -> Value<'static> {
        let head = Value::object(vec![
            ("entry", entry_value(&self.entry)),
            ("path", Value::string(STANDARD.encode(self.path.to_bytes()))),
        ]);
        let name = match &self.name {
            Side::Present { value, path } => Value::object(vec![
                ("path", path_text(path)),
                ("value", value.value.to_value()),
                ("withdrawn", value.withdrawn.to_value()),
            ]),
            Side::Absent { proof } => absent(proof),
        };
        let namespace = match &self.namespace {
            Side::Present { value, path } => {
                Value::object(vec![("path", path_text(path)), ("value", value.to_value())])
            }
            Side::Absent { proof } => absent(proof),
        };
        Value::object(vec![("head", head), ("name", name), ("namespace", namespace)])
    }

    /// Reads the document where it stands in `doc`, a canonical document that [`crate::json::read_canonical`] has read.
    ///
    /// # Errors
    /// An [`IndexError`] about the form.
    pub fn from_value(value: &Value<'_>, doc: &[u8]) -> Result<Self, IndexError> {
        let fields = Fields::of(value, Place::Document, &["head", "name", "namespace"])?;
        let head = Fields::of(fields.value("head")?, fields.place_of("head"), &["entry", "path"])?;
        let entry = Entry::from_value(head.value("entry")?, doc)?;
        Ok(Self {
            head: map_head(&entry)?,
            entry,
            path: InclusionPath::from_bytes(&bytes(&head, "path")?)?,
            name: Side::read(&fields, KeyOf::Name, &["path", "value", "withdrawn"], |fields| {
                let value = NameValue::read(fields.value("value")?, fields.place_of("value"))?;
                Ok(NameState { value, withdrawn: WithdrawnRanges::from_value(fields.value("withdrawn")?)? })
            })?,
            namespace: Side::read(&fields, KeyOf::Namespace, &["path", "value"], |fields| {
                Ok(NamespaceValue::read(fields.value("value")?, fields.place_of("value"))?)
            })?,
        })
    }

    /// The entry of the map-head.
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }
}

impl<V> Side<V> {
    /// Reads the side that stands under the name of its key: absent, or present with exactly `members`.
    fn read(
        state: &Fields<'_, '_, '_>,
        of: KeyOf,
        members: &[&str],
        value: impl FnOnce(&Fields<'_, '_, '_>) -> Result<V, IndexError>,
    ) -> Result<Self, IndexError> {
        let (side, place) = (state.value(of.member())?, state.place_of(of.member()));
        let trie = |error| IndexError::Trie { of, error };
        if matches!(&side.node, Node::Object(_)) && side.get("absent").is_some() {
            let fields = Fields::of(side, place, &["absent"])?;
            let proof = Absence::parse(&bytes(&fields, "absent")?).map_err(trie)?;
            return Ok(Self::Absent { proof });
        }
        let fields = Fields::of(side, place, members)?;
        let path = Path::parse(&bytes(&fields, "path")?).map_err(trie)?;
        Ok(Self::Present { value: value(&fields)?, path })
    }
}

fn map_head(entry: &Entry) -> Result<MapHead, IndexError> {
    match entry.payload() {
        Payload::MapHead(head) => Ok(*head),
        _ => Err(IndexError::NotMapHead),
    }
}

/// The entry as a part of a larger document.
fn entry_value(entry: &Entry) -> Value<'static> {
    let limits = ReadLimits { max_bytes: MAX_ENTRY_BYTES, ..ReadLimits::OWN };
    json::read(entry.as_bytes(), &limits).expect("an entry is strict JSON").into_owned()
}

fn path_text(path: &Path) -> Value<'static> {
    Value::string(STANDARD.encode(path.to_bytes()))
}

fn absent(proof: &Absence) -> Value<'static> {
    Value::object(vec![("absent", Value::string(STANDARD.encode(proof.to_bytes())))])
}

fn bytes(fields: &Fields<'_, '_, '_>, name: &str) -> Result<Vec<u8>, DocumentError> {
    fields.one_of(name, |text| STANDARD.decode(text).ok())
}
