//! Kinds of entries and what they say.

use super::{EntryError, pre_authentication};
use crate::index::MapHead;
use crate::keyset::Keyset;
use crate::statement::Statement;
use crate::withdrawal::Withdrawal;

/// Reserved for what third parties observe.
const OBSERVATION: &str = "application/vnd.pinfold.observation.v1+json";

/// What kind of entry it is; the payload type is kind and signing domain in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// A release of a name.
    Release,
    /// The keys of a claim.
    Keyset,
    /// Something is taken back.
    Withdrawal,
    /// The log commits to its index.
    MapHead,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq)]
pub enum Payload {
    /// A release of a name.
    Release(Box<Statement>),
    /// The keys of a claim.
    Keyset(Box<Keyset>),
    /// Something is taken back.
    Withdrawal(Box<Withdrawal>),
    /// The log commits to its index.
    MapHead(MapHead),
}

impl EntryKind {
    /// Every kind.
    pub const ALL: [EntryKind; 4] = [Self::Release, Self::Keyset, Self::Withdrawal, Self::MapHead];

    /// The member `payloadType`.
    pub const fn payload_type(self) -> &'static str {
        match self {
            Self::Release => "application/vnd.in-toto+json",
            Self::Keyset => "application/vnd.pinfold.keyset.v1+json",
            Self::Withdrawal => "application/vnd.pinfold.withdrawal.v1+json",
            Self::MapHead => "application/vnd.pinfold.map-head.v1+json",
        }
    }

    /// The kind in output, in kebab-case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Keyset => "keyset",
            Self::Withdrawal => "withdrawal",
            Self::MapHead => "map-head",
        }
    }

    pub(super) fn of_payload_type(text: &str) -> Result<Self, EntryError> {
        if text == OBSERVATION {
            return Err(EntryError::ObservationUnsupported);
        }
        Self::ALL.into_iter().find(|kind| kind.payload_type() == text).ok_or(EntryError::OtherPayloadType)
    }
}

impl Payload {
    /// The kind.
    pub const fn kind(&self) -> EntryKind {
        match self {
            Self::Release(_) => EntryKind::Release,
            Self::Keyset(_) => EntryKind::Keyset,
            Self::Withdrawal(_) => EntryKind::Withdrawal,
            Self::MapHead(_) => EntryKind::MapHead,
        }
    }

    /// The canonical payload.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Release(statement) => statement.to_bytes(),
            Self::Keyset(keyset) => keyset.to_bytes(),
            Self::Withdrawal(withdrawal) => withdrawal.to_bytes(),
            Self::MapHead(head) => head.to_bytes(),
        }
    }

    /// The bytes that are signed, for signatures that are made apart.
    pub fn signed_bytes(&self) -> Vec<u8> {
        pre_authentication(self.kind().payload_type(), &self.to_bytes())
    }

    pub(super) fn from_bytes(kind: EntryKind, bytes: &[u8]) -> Result<Self, EntryError> {
        Ok(match kind {
            EntryKind::Release => Self::Release(Box::new(Statement::from_bytes(bytes)?)),
            EntryKind::Keyset => Self::Keyset(Box::new(Keyset::from_bytes(bytes)?)),
            EntryKind::Withdrawal => Self::Withdrawal(Box::new(Withdrawal::from_bytes(bytes)?)),
            EntryKind::MapHead => Self::MapHead(MapHead::from_bytes(bytes)?),
        })
    }
}

impl From<Statement> for Payload {
    fn from(statement: Statement) -> Self {
        Self::Release(Box::new(statement))
    }
}

impl From<Keyset> for Payload {
    fn from(keyset: Keyset) -> Self {
        Self::Keyset(Box::new(keyset))
    }
}

impl From<Withdrawal> for Payload {
    fn from(withdrawal: Withdrawal) -> Self {
        Self::Withdrawal(Box::new(withdrawal))
    }
}

impl From<MapHead> for Payload {
    fn from(head: MapHead) -> Self {
        Self::MapHead(head)
    }
}
