//! The withdrawal: a publisher takes back a release, a key, or cancels what waits to come into force.
//!
//! Source: `spec/withdrawal.md`. Nothing is deleted by it: what was withdrawn stays in the log and keeps its place.

mod reason;

use thiserror::Error;

pub use reason::{KeyReason, PendingReason, ReleaseReason};

use crate::digest::Digest;
use crate::document::{self, DocumentError, DocumentFault, Fields, Place};
use crate::json::{self, Value};
use crate::registry_name::{Namespace, RegistryName};
use crate::signature::KeyId;
use crate::statement::{MAX_SEQUENCE, ReleaseVersion};

/// The member `format`.
pub const WITHDRAWAL_FORMAT: &str = "pinfold/withdrawal/v1";
/// Bytes of a withdrawal's payload, at most.
pub const MAX_WITHDRAWAL_BYTES: usize = 4 << 10;

/// What is taken back, by whom, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// The claim in force, which takes back.
    pub claim: Digest,
    /// Its namespace.
    pub namespace: Namespace,
    /// What is taken back.
    pub subject: Withdrawn,
}

/// What is taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Withdrawn {
    /// One release; both its sequence and its version are named, so that neither can be mistaken.
    Release {
        /// The name, in the namespace.
        name: RegistryName,
        /// Its sequence.
        sequence: u64,
        /// Its version.
        version: ReleaseVersion,
        /// Why.
        reason: ReleaseReason,
    },
    /// A key of the keyset in force, or one delegated by it.
    Key {
        /// Its id.
        key_id: KeyId,
        /// Why.
        reason: KeyReason,
    },
    /// A keyset that waits.
    Pending {
        /// Digest of its payload.
        keyset: Digest,
        /// Why.
        reason: PendingReason,
    },
}

/// Why bytes are no withdrawal.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum WithdrawalError {
    /// Not the document.
    #[error("the withdrawal is not readable: {0}")]
    Document(#[from] DocumentError),
    /// A name where none belongs, or none where one does.
    #[error("the withdrawal of a release, and no other, has a name")]
    NamePresence,
    /// A name of another namespace.
    #[error("the name lies outside the namespace")]
    NameOfOther,
    /// A reason that this kind of withdrawal does not have.
    #[error("not a reason for this kind of withdrawal")]
    Reason,
    /// Sequence 0, or too large a one.
    #[error("a release has a sequence from 1 to {MAX_SEQUENCE}")]
    SequenceRange,
}

impl WithdrawalError {
    /// The name of the refusal in spec/withdrawal.md.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Document(error) => error.name(),
            Self::NamePresence => "NAME_PRESENCE",
            Self::NameOfOther => "NAME_OF_OTHER",
            Self::Reason => "REASON",
            Self::SequenceRange => "SEQUENCE_RANGE",
        }
    }
}

impl Withdrawal {
    /// The withdrawal of one release; the namespace is the name's.
    pub fn of_release(
        claim: Digest,
        name: RegistryName,
        sequence: u64,
        version: ReleaseVersion,
        reason: ReleaseReason,
    ) -> Self {
        let namespace = name.namespace();
        Self { claim, namespace, subject: Withdrawn::Release { name, sequence, version, reason } }
    }

    /// The withdrawal of a key.
    pub const fn of_key(claim: Digest, namespace: Namespace, key_id: KeyId, reason: KeyReason) -> Self {
        Self { claim, namespace, subject: Withdrawn::Key { key_id, reason } }
    }

    /// The withdrawal of a keyset that waits, which cancels it.
    pub const fn of_pending(
        claim: Digest,
        namespace: Namespace,
        keyset: Digest,
        reason: PendingReason,
    ) -> Self {
        Self { claim, namespace, subject: Withdrawn::Pending { keyset, reason } }
    }

    /// The name, if a release is withdrawn.
    pub const fn name(&self) -> Option<&RegistryName> {
        match &self.subject {
            Withdrawn::Release { name, .. } => Some(name),
            _ => None,
        }
    }

    /// The canonical payload.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (reason, subject) = match &self.subject {
            Withdrawn::Release { sequence, version, reason, .. } => {
                let sequence = ("sequence", Value::uint(*sequence));
                let version = ("version", Value::string(version.as_str()));
                (reason.as_str(), vec![("kind", Value::string("release")), sequence, version])
            }
            Withdrawn::Key { key_id, reason } => {
                let key_id = ("keyid", Value::string(key_id.to_string()));
                (reason.as_str(), vec![key_id, ("kind", Value::string("key"))])
            }
            Withdrawn::Pending { keyset, reason } => {
                let keyset = ("keyset", Value::string(keyset.to_string()));
                (reason.as_str(), vec![keyset, ("kind", Value::string("pending"))])
            }
        };
        let name = self.name().map_or_else(Value::null, |name| Value::string(name.as_str()));
        json::canonical(&Value::object(vec![
            ("claim", Value::string(self.claim.to_string())),
            ("format", Value::string(WITHDRAWAL_FORMAT)),
            ("name", name),
            ("namespace", Value::string(self.namespace.as_str())),
            ("reason", Value::string(reason)),
            ("subject", Value::object(subject)),
        ]))
    }

    /// Reads a payload.
    ///
    /// Not checked: whether what it takes back exists, and whether the claim is in force. `admit` does that.
    ///
    /// # Errors
    /// A [`WithdrawalError`].
    pub fn from_bytes(payload: &[u8]) -> Result<Self, WithdrawalError> {
        let value = document::read(payload, MAX_WITHDRAWAL_BYTES)?;
        let names = ["claim", "format", "name", "namespace", "reason", "subject"];
        let fields = Fields::of(&value, Place::Document, &names)?;
        fields.format(WITHDRAWAL_FORMAT)?;
        let name = |fields: &Fields<'_, '_, '_>, member: &str| {
            fields.one_of(member, |text| text.parse::<RegistryName>().ok())
        };
        let name = fields.nullable("name", name)?;
        let namespace: Namespace = fields.one_of("namespace", |text| text.parse().ok())?;
        let subject = read_subject(&fields, name, &namespace)?;
        Ok(Self { claim: fields.digest("claim")?, namespace, subject })
    }
}

fn read_subject(
    fields: &Fields<'_, '_, '_>,
    name: Option<RegistryName>,
    namespace: &Namespace,
) -> Result<Withdrawn, WithdrawalError> {
    let (value, place) = (fields.value("subject")?, fields.place_of("subject"));
    let reason = fields.text("reason")?;
    match (value.get("kind").and_then(Value::as_str), name) {
        (Some("release"), Some(name)) => {
            let subject = Fields::of(value, place, &["kind", "sequence", "version"])?;
            if !namespace.holds(&name) {
                return Err(WithdrawalError::NameOfOther);
            }
            let sequence = subject.uint("sequence")?;
            if !(1..=MAX_SEQUENCE).contains(&sequence) {
                return Err(WithdrawalError::SequenceRange);
            }
            let version = subject.one_of("version", |text| text.parse().ok())?;
            let reason = reason.parse().map_err(|_| WithdrawalError::Reason)?;
            Ok(Withdrawn::Release { name, sequence, version, reason })
        }
        (Some("key"), None) => {
            let subject = Fields::of(value, place, &["keyid", "kind"])?;
            let key_id = subject.one_of("keyid", |text| text.parse().ok())?;
            Ok(Withdrawn::Key { key_id, reason: reason.parse().map_err(|_| WithdrawalError::Reason)? })
        }
        (Some("pending"), None) => {
            let subject = Fields::of(value, place, &["keyset", "kind"])?;
            let keyset = subject.digest("keyset")?;
            Ok(Withdrawn::Pending { keyset, reason: reason.parse().map_err(|_| WithdrawalError::Reason)? })
        }
        (Some("release" | "key" | "pending"), _) => Err(WithdrawalError::NamePresence),
        _ => Err(place.fault(DocumentFault::WrongText).into()),
    }
}
