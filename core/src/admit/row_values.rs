//! What stands in the rows of namespaces, names and releases.

use std::sync::Arc;

use thiserror::Error;

use super::keyring::Keyring;
use super::release_list::{Release, ReleaseList};
use super::state::{NameState, NamespaceState, Pending, PendingKind};
use crate::digest::Digest;
use crate::document::{self, DocumentError, DocumentFault, Fields, Place};
use crate::hex;
use crate::index::{HistoryHead, NameStatus, NameValue, WithdrawnError, WithdrawnRanges};
use crate::json::{self, Value};
use crate::keyset::{Keyset, KeysetError};
use crate::merkle::Hash;
use crate::signature::KeyId;
use crate::statement::ReleaseVersion;

/// Bytes of one row, at most: two keysets, or 4,096 ranges.
pub(super) const MAX_ROW_BYTES: usize = 256 << 10;

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum RowFault {
    /// It is not readable.
    #[error("{0}")]
    Document(DocumentError),
    /// A keyset in it is none.
    #[error("{0}")]
    Keyset(KeysetError),
    /// Withdrawn sequences in it are none.
    #[error("{0}")]
    Withdrawn(WithdrawnError),
    /// It says something else than another row, or than itself.
    #[error("it does not fit the others")]
    Contradiction,
}

impl NamespaceState {
    /// Keysets stand in the row as they were signed, so their digests are those of slices.
    pub(super) fn row(&self) -> Vec<u8> {
        let keyset = self.ring.keyset.to_bytes();
        let pending_keyset = self.pending.as_ref().map(|pending| pending.keyset.to_bytes());
        let pending = self.pending.as_ref().zip(pending_keyset.as_deref()).map(|(pending, keyset)| {
            Value::object(vec![
                ("ends", pending.ends.map_or_else(Value::null, Value::uint)),
                ("index", Value::uint(pending.index)),
                ("keyset", reread(keyset)),
                ("kind", Value::string(pending.kind.as_str())),
                ("leaf", hex_text(pending.leaf.as_bytes())),
            ])
        });
        let withdrawn = self.ring.withdrawn.iter().map(|key_id| Value::string(key_id.to_string()));
        json::canonical(&Value::object(vec![
            ("earlier", Value::uint(self.earlier)),
            ("keyset", reread(&keyset)),
            ("keysets", head_value(self.keysets)),
            ("names", head_value(self.names)),
            ("pending", pending.unwrap_or_else(Value::null)),
            ("withdrawn", Value::array(withdrawn.collect())),
        ]))
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, RowFault> {
        let value = document::read(bytes, MAX_ROW_BYTES)?;
        let names = ["earlier", "keyset", "keysets", "names", "pending", "withdrawn"];
        let fields = Fields::of(&value, Place::Document, &names)?;
        let keyset = Arc::new(Keyset::from_bytes(fields.value("keyset")?.slice(bytes))?);
        let place = fields.place_of("withdrawn");
        let withdrawn = fields.array("withdrawn")?.iter().enumerate().map(|(index, key_id)| {
            let key_id = key_id.as_str().and_then(|text| text.parse::<KeyId>().ok());
            key_id.ok_or_else(|| Place::Element(&place, index).fault(DocumentFault::WrongText))
        });
        let withdrawn: Vec<KeyId> = withdrawn.collect::<Result<_, DocumentError>>()?;
        if !withdrawn.is_sorted_by(|left, right| left < right) {
            return Err(RowFault::Contradiction);
        }
        Ok(Self {
            claim: keyset.claim(),
            earlier: fields.uint("earlier")?,
            ring: Keyring { keyset, withdrawn: withdrawn.into_iter().collect() },
            keysets: read_head(&fields, "keysets")?,
            names: read_head(&fields, "names")?,
            pending: match fields.value("pending")? {
                pending if pending.is_null() => None,
                pending => Some(Pending::read(pending, fields.place_of("pending"), bytes)?),
            },
        })
    }
}

impl Pending {
    fn read(value: &Value<'_>, place: Place<'_>, bytes: &[u8]) -> Result<Self, RowFault> {
        let fields = Fields::of(value, place, &["ends", "index", "keyset", "kind", "leaf"])?;
        Ok(Self {
            kind: fields.one_of("kind", PendingKind::of_text)?,
            index: fields.uint("index")?,
            leaf: fields.one_of("leaf", |text| hex::decode(text).ok().map(Hash::from_bytes))?,
            keyset: Arc::new(Keyset::from_bytes(fields.value("keyset")?.slice(bytes))?),
            ends: fields.nullable("ends", Fields::uint)?,
        })
    }
}

impl PendingKind {
    /// The kind in rows and output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::RecoveryByKeys => "recovery-by-keys",
            Self::RecoveryByEvidence => "recovery-by-evidence",
        }
    }

    fn of_text(text: &str) -> Option<Self> {
        let all = [Self::Claim, Self::RecoveryByKeys, Self::RecoveryByEvidence];
        all.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl NameState {
    pub(super) fn row(&self) -> Value<'static> {
        Value::object(vec![
            ("payload", Value::string(self.newest_payload.to_string())),
            ("value", self.value().to_value()),
            ("withdrawn", self.withdrawn.to_value()),
        ])
    }

    /// Without the releases, which are rows of their own.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, RowFault> {
        let value = document::read(bytes, MAX_ROW_BYTES)?;
        let fields = Fields::of(&value, Place::Document, &["payload", "value", "withdrawn"])?;
        let stated = NameValue::from_bytes(fields.value("value")?.slice(bytes))?;
        let withdrawn = WithdrawnRanges::from_value(fields.value("withdrawn")?)?;
        let is_withdrawn = stated.status == NameStatus::Withdrawn;
        if stated.withdrawn != withdrawn.digest()
            || is_withdrawn != withdrawn.contains(stated.newest.sequence)
        {
            return Err(RowFault::Contradiction);
        }
        Ok(Self {
            claim: stated.claim,
            history: stated.history,
            newest: stated.newest,
            newest_payload: fields.digest("payload")?,
            withdrawn,
            releases: ReleaseList::default(),
        })
    }
}

pub(super) fn read_release(version: &ReleaseVersion, bytes: &[u8]) -> Result<(u64, Release), RowFault> {
    let value = document::read(bytes, MAX_ROW_BYTES)?;
    let fields = Fields::of(&value, Place::Document, &["index", "sequence"])?;
    let release = Release { version: version.clone(), index: fields.uint("index")? };
    Ok((fields.uint("sequence")?, release))
}

impl From<DocumentError> for RowFault {
    fn from(error: DocumentError) -> Self {
        Self::Document(error)
    }
}

impl From<KeysetError> for RowFault {
    fn from(error: KeysetError) -> Self {
        Self::Keyset(error)
    }
}

impl From<WithdrawnError> for RowFault {
    fn from(error: WithdrawnError) -> Self {
        Self::Withdrawn(error)
    }
}

fn reread(keyset: &[u8]) -> Value<'_> {
    json::read(keyset, &json::ReadLimits::OWN).expect("a keyset's own bytes")
}

fn head_value(head: HistoryHead) -> Value<'static> {
    Value::object(vec![("count", Value::uint(head.count)), ("head", hex_text(head.head.as_bytes()))])
}

fn read_head(fields: &Fields<'_, '_, '_>, name: &str) -> Result<HistoryHead, DocumentError> {
    let head = Fields::of(fields.value(name)?, fields.place_of(name), &["count", "head"])?;
    let digest = head.one_of("head", |text| hex::decode(text).ok().map(Digest::from_bytes))?;
    Ok(HistoryHead { count: head.uint("count")?, head: digest })
}

fn hex_text(bytes: &[u8]) -> Value<'static> {
    Value::string(hex::encode(bytes))
}
