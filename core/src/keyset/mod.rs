//! The keyset: who may sign for a namespace, at one log, from one point of its history on.
//!
//! Source: `spec/keyset.md`. Keyset 1 begins a claim; the digest of its payload is the claim's id. Which keyset may follow
//! which, and when it comes into force, is `admit`'s part.

mod error;
mod evidence;
mod key;

pub use error::KeysetError;
pub use evidence::{Evidence, EvidenceMethod, GITHUB_ISSUER};
pub use key::{KeysetKey, Role, Roles};

use crate::checkpoint::Origin;
use crate::digest::{Digest, file_digest};
use crate::document::{self, Fields, Place, nullable_digest};
use crate::json::{self, Value};
use crate::registry_name::{Namespace, RegistryName};
use crate::signature::PublicKey;

/// The member `format`.
pub const KEYSET_FORMAT: &str = "pinfold/keyset/v1";
/// Bytes of a keyset's payload, at most.
pub const MAX_KEYSET_BYTES: usize = 8 << 10;
/// Keys of a keyset, at most.
pub const MAX_KEYS: usize = 16;
/// Keysets of one claim, at most.
pub const MAX_KEYSET_VERSION: u64 = 256;
/// Delegations of a keyset, at most; the limit in bytes comes first where names are long.
pub const MAX_DELEGATIONS: usize = 64;

/// One version of the keys of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyset {
    claim: Option<Digest>,
    delegations: Vec<Delegation>,
    evidence: Evidence,
    keys: Vec<KeysetKey>,
    namespace: Namespace,
    origin: Origin,
    previous: Option<Digest>,
    thresholds: Thresholds,
    version: u64,
    digest: Digest,
}

/// A key that may sign releases of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegation {
    /// The name, in the keyset's namespace.
    pub name: RegistryName,
    /// The key; it has no role of its own.
    pub key: PublicKey,
}

/// How many keys of a role must sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// To replace a lost root; 0 where there is no recovery key.
    pub recovery: usize,
    /// To release, and to withdraw a release.
    pub release: usize,
    /// To change the keyset, to withdraw a key, and to cancel what waits.
    pub root: usize,
}

/// The parts of a keyset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysetParts {
    /// What is claimed.
    pub namespace: Namespace,
    /// The one log at which the keyset counts.
    pub origin: Origin,
    /// Claim and digest of the keyset before and its version; `None` for keyset 1.
    pub after: Option<After>,
    /// The keys, in any order.
    pub keys: Vec<KeysetKey>,
    /// How many of them.
    pub thresholds: Thresholds,
    /// Why the namespace should be the publisher's.
    pub evidence: Evidence,
    /// Keys for single names, in any order.
    pub delegations: Vec<Delegation>,
}

/// The keyset before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After {
    /// The claim of both.
    pub claim: Digest,
    /// Digest of the payload before.
    pub previous: Digest,
    /// Its version.
    pub version: u64,
}

impl Keyset {
    /// A keyset of its parts; keys and delegations are sorted.
    ///
    /// # Errors
    /// A [`KeysetError`]; what comes back passed every check of [`Keyset::from_bytes`].
    pub fn build(parts: KeysetParts) -> Result<Self, KeysetError> {
        let mut keyset = Self {
            claim: parts.after.map(|after| after.claim),
            delegations: parts.delegations,
            evidence: parts.evidence,
            keys: parts.keys,
            namespace: parts.namespace,
            origin: parts.origin,
            previous: parts.after.map(|after| after.previous),
            thresholds: parts.thresholds,
            version: parts.after.map_or(1, |after| after.version + 1),
            digest: Digest::from_bytes([0; 32]),
        };
        keyset.keys.sort_by_key(|key| key.key);
        keyset.delegations.sort_by_key(|delegation| delegation.name.lower());
        Self::from_bytes(&keyset.to_bytes())
    }

    /// Keyset 1 of a publisher with one key and no evidence.
    ///
    /// # Errors
    /// A [`KeysetError`], if namespace and origin make it too long.
    pub fn of_one_key(namespace: Namespace, origin: Origin, key: PublicKey) -> Result<Self, KeysetError> {
        Self::build(KeysetParts {
            namespace,
            origin,
            after: None,
            keys: vec![KeysetKey { key, roles: Roles::ReleaseAndRoot }],
            thresholds: Thresholds { recovery: 0, release: 1, root: 1 },
            evidence: Evidence::None,
            delegations: Vec::new(),
        })
    }

    /// The canonical payload.
    pub fn to_bytes(&self) -> Vec<u8> {
        let delegations = self.delegations.iter().map(|delegation| {
            Value::object(vec![
                ("key", key::to_value(&delegation.key)),
                ("name", Value::string(delegation.name.as_str())),
            ])
        });
        let thresholds = Value::object(vec![
            ("recovery", Value::uint(self.thresholds.recovery as u64)),
            ("release", Value::uint(self.thresholds.release as u64)),
            ("root", Value::uint(self.thresholds.root as u64)),
        ]);
        json::canonical(&Value::object(vec![
            ("claim", nullable_digest(self.claim)),
            ("delegations", Value::array(delegations.collect())),
            ("evidence", self.evidence.to_value()),
            ("format", Value::string(KEYSET_FORMAT)),
            ("keys", Value::array(self.keys.iter().copied().map(KeysetKey::to_value).collect())),
            ("namespace", Value::string(self.namespace.as_str())),
            ("origin", Value::string(self.origin.as_str())),
            ("previous", nullable_digest(self.previous)),
            ("thresholds", thresholds),
            ("version", Value::uint(self.version)),
        ]))
    }

    /// Reads a payload.
    ///
    /// Not checked: who signed it, whether the evidence is true, and what comes before it.
    ///
    /// # Errors
    /// A [`KeysetError`].
    pub fn from_bytes(payload: &[u8]) -> Result<Self, KeysetError> {
        let value = document::read(payload, MAX_KEYSET_BYTES)?;
        let names = [
            "claim",
            "delegations",
            "evidence",
            "format",
            "keys",
            "namespace",
            "origin",
            "previous",
            "thresholds",
            "version",
        ];
        let fields = Fields::of(&value, Place::Document, &names)?;
        fields.format(KEYSET_FORMAT)?;
        let namespace: Namespace = fields.one_of("namespace", |text| text.parse().ok())?;
        let evidence = Evidence::read(fields.value("evidence")?, fields.place_of("evidence"))?;
        if !evidence.speaks_for(&namespace) {
            return Err(KeysetError::EvidenceOfOther);
        }
        let keys = read_keys(&fields)?;
        let keyset = Self {
            claim: fields.nullable("claim", Fields::digest)?,
            delegations: read_delegations(&fields, &namespace, &keys)?,
            evidence,
            thresholds: read_thresholds(&fields, &keys)?,
            keys,
            namespace,
            origin: fields.one_of("origin", |text| text.parse().ok())?,
            previous: fields.nullable("previous", Fields::digest)?,
            version: fields.uint("version")?,
            digest: file_digest(payload),
        };
        if !(1..=MAX_KEYSET_VERSION).contains(&keyset.version) {
            return Err(KeysetError::VersionRange);
        }
        let is_first = keyset.version == 1;
        if keyset.claim.is_none() != is_first || keyset.previous.is_none() != is_first {
            return Err(KeysetError::ClaimPresence);
        }
        Ok(keyset)
    }

    /// The claim that it belongs to: for keyset 1 the digest of its own payload.
    pub fn claim(&self) -> Digest {
        self.claim.unwrap_or(self.digest)
    }

    /// Plain SHA-256 of the payload.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// What is claimed.
    pub const fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// The one log at which it counts.
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// 1 for the first keyset of a claim.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Digest of the payload of the keyset before; `None` for keyset 1.
    pub const fn previous(&self) -> Option<Digest> {
        self.previous
    }

    /// The keys, sorted.
    pub fn keys(&self) -> &[KeysetKey] {
        &self.keys
    }

    /// How many keys of each role must sign.
    pub const fn thresholds(&self) -> Thresholds {
        self.thresholds
    }

    /// Why the namespace should be the publisher's.
    pub const fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// Keys for single names, sorted by name.
    pub fn delegations(&self) -> &[Delegation] {
        &self.delegations
    }

    /// The key to which a name is delegated.
    pub fn delegate_of(&self, name: &RegistryName) -> Option<&PublicKey> {
        let lower = name.lower();
        self.delegations.iter().find(|other| other.name.lower() == lower).map(|other| &other.key)
    }

    /// The keys of a role.
    pub fn keys_of(&self, role: Role) -> impl Iterator<Item = &PublicKey> {
        self.keys.iter().filter(move |key| key.roles.has(role)).map(|key| &key.key)
    }

    /// How many keys of a role must sign; 0 only for recovery.
    pub const fn threshold(&self, role: Role) -> usize {
        match role {
            Role::Recovery => self.thresholds.recovery,
            Role::Release => self.thresholds.release,
            Role::Root => self.thresholds.root,
        }
    }
}

fn read_keys(fields: &Fields<'_, '_, '_>) -> Result<Vec<KeysetKey>, KeysetError> {
    let elements = fields.array("keys")?;
    if elements.len() > MAX_KEYS {
        return Err(KeysetError::TooManyKeys);
    }
    let place = fields.place_of("keys");
    let mut keys: Vec<KeysetKey> = Vec::with_capacity(elements.len());
    for (index, element) in elements.iter().enumerate() {
        let key = KeysetKey::read(element, Place::Element(&place, index), index)?;
        if keys.last().is_some_and(|before| before.key >= key.key) {
            return Err(KeysetError::KeyOrder { index });
        }
        if (key.roles == Roles::ReleaseAndRoot) != (elements.len() == 1) {
            return Err(KeysetError::Roles { index });
        }
        keys.push(key);
    }
    Ok(keys)
}

fn read_thresholds(fields: &Fields<'_, '_, '_>, keys: &[KeysetKey]) -> Result<Thresholds, KeysetError> {
    let names = ["recovery", "release", "root"];
    let fields = Fields::of(fields.value("thresholds")?, fields.place_of("thresholds"), &names)?;
    let threshold = |name, role: Role| {
        let keys = keys.iter().filter(|key| key.roles.has(role)).count();
        let threshold = usize::try_from(fields.uint(name)?).unwrap_or(usize::MAX);
        let least = if role == Role::Recovery && keys == 0 { 0 } else { 1 };
        let is_met = (least..=keys).contains(&threshold);
        if is_met { Ok(threshold) } else { Err(KeysetError::Threshold { role, keys }) }
    };
    Ok(Thresholds {
        recovery: threshold("recovery", Role::Recovery)?,
        release: threshold("release", Role::Release)?,
        root: threshold("root", Role::Root)?,
    })
}

fn read_delegations(
    fields: &Fields<'_, '_, '_>,
    namespace: &Namespace,
    keys: &[KeysetKey],
) -> Result<Vec<Delegation>, KeysetError> {
    let elements = fields.array("delegations")?;
    if elements.len() > MAX_DELEGATIONS {
        return Err(KeysetError::TooManyDelegations);
    }
    let place = fields.place_of("delegations");
    let mut delegations: Vec<Delegation> = Vec::with_capacity(elements.len());
    for (index, element) in elements.iter().enumerate() {
        let fields = Fields::of(element, Place::Element(&place, index), &["key", "name"])?;
        let key =
            key::read(fields.value("key")?, fields.place_of("key"), || KeysetError::DelegatedKey { index })?;
        let name: RegistryName = fields.one_of("name", |text| text.parse().ok())?;
        if !namespace.holds(&name) {
            return Err(KeysetError::DelegationOfOther { index });
        }
        if delegations.last().is_some_and(|before| before.name.lower() >= name.lower()) {
            return Err(KeysetError::DelegationOrder { index });
        }
        if keys.iter().any(|other| other.key == key) {
            return Err(KeysetError::DelegationHasRole { index });
        }
        delegations.push(Delegation { name, key });
    }
    Ok(delegations)
}
