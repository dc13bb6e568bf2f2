//! Why bytes are no keyset.

use thiserror::Error;

use super::{MAX_DELEGATIONS, MAX_KEYS, MAX_KEYSET_VERSION, Role};
use crate::document::DocumentError;
use crate::signature::PublicKeyError;

/// Why bytes are no keyset, or parts make none.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum KeysetError {
    /// Not the document.
    #[error("the keyset is not readable: {0}")]
    Document(#[from] DocumentError),
    /// Not 1 to 256.
    #[error("a keyset has a version from 1 to {MAX_KEYSET_VERSION}")]
    VersionRange,
    /// Keyset 1 names a claim or a keyset before it, or a later one does not.
    #[error("keyset 1, and no other, has neither claim nor previous")]
    ClaimPresence,
    /// More keys than allowed.
    #[error("more than {MAX_KEYS} keys")]
    TooManyKeys,
    /// Keys do not rise.
    #[error("key {index} is not larger than the one before it")]
    KeyOrder {
        /// The key, from 0.
        index: usize,
    },
    /// No key.
    #[error("key {index}: {error}")]
    Key {
        /// The key, from 0.
        index: usize,
        /// What is wrong with it.
        error: PublicKeyError,
    },
    /// Another algorithm.
    #[error("a key is of the algorithm ed25519")]
    Algorithm,
    /// The role `observe` is reserved.
    #[error("a key has the role \"observe\", which this version does not know")]
    ObserveUnsupported,
    /// Not one role, or not both of a single key.
    #[error("key {index} does not have one role (the only key of a keyset: release and root)")]
    Roles {
        /// The key, from 0.
        index: usize,
    },
    /// A threshold that its keys cannot meet, or zero.
    #[error("the {role} threshold does not fit {keys} {role} keys")]
    Threshold {
        /// The role.
        role: Role,
        /// Keys that have it.
        keys: usize,
    },
    /// The evidence, if it is true, is about another namespace.
    #[error("the evidence speaks for another namespace")]
    EvidenceOfOther,
    /// The evidence's key is none.
    #[error("the evidence's key: {0}")]
    EvidenceKey(PublicKeyError),
    /// More delegations than allowed.
    #[error("more than {MAX_DELEGATIONS} delegations")]
    TooManyDelegations,
    /// The delegated key is none.
    #[error("the key of delegation {index} is no key")]
    DelegatedKey {
        /// The delegation, from 0.
        index: usize,
    },
    /// A name of another namespace.
    #[error("delegation {index} is of a name outside the namespace")]
    DelegationOfOther {
        /// The delegation, from 0.
        index: usize,
    },
    /// Names do not rise, compared in lower case.
    #[error("the name of delegation {index} does not sort after the one before it")]
    DelegationOrder {
        /// The delegation, from 0.
        index: usize,
    },
    /// The key has a role.
    #[error("the key of delegation {index} has a role in the keyset")]
    DelegationHasRole {
        /// The delegation, from 0.
        index: usize,
    },
}

impl KeysetError {
    /// The name of the refusal in spec/keyset.md.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Document(error) => error.name(),
            Self::VersionRange => "VERSION_RANGE",
            Self::ClaimPresence => "CLAIM_PRESENCE",
            Self::TooManyKeys => "TOO_MANY_KEYS",
            Self::KeyOrder { .. } => "KEY_ORDER",
            Self::Key { .. } | Self::DelegatedKey { .. } | Self::EvidenceKey(_) => "BAD_KEY",
            Self::Algorithm => "ALGORITHM",
            Self::ObserveUnsupported => "OBSERVE_UNSUPPORTED",
            Self::Roles { .. } => "ROLES",
            Self::Threshold { .. } => "THRESHOLD",
            Self::EvidenceOfOther => "EVIDENCE_OF_OTHER",
            Self::TooManyDelegations => "TOO_MANY_DELEGATIONS",
            Self::DelegationOfOther { .. } => "DELEGATION_OF_OTHER",
            Self::DelegationOrder { .. } => "DELEGATION_ORDER",
            Self::DelegationHasRole { .. } => "DELEGATION_HAS_ROLE",
        }
    }
}
