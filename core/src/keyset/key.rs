//! Keys and their roles.

use std::fmt;

use super::KeysetError;
use crate::document::{Fields, Place};
use crate::json::Value;
use crate::signature::{ALGORITHM, PublicKey};

/// What a key may sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A keyset that replaces a lost root.
    Recovery,
    /// Releases and their withdrawals.
    Release,
    /// Keysets, withdrawals of keys, and the cancelling of what waits.
    Root,
}

/// The roles of one key: one, or for the key of a one-key keyset two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roles {
    /// `["recovery"]`
    Recovery,
    /// `["release"]`
    Release,
    /// `["root"]`
    Root,
    /// `["release","root"]`
    ReleaseAndRoot,
}

/// A key with its roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeysetKey {
    /// The key.
    pub key: PublicKey,
    /// What it may sign.
    pub roles: Roles,
}

impl Role {
    /// The role in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recovery => "recovery",
            Self::Release => "release",
            Self::Root => "root",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl Roles {
    /// Whether a role is among them.
    pub const fn has(self, role: Role) -> bool {
        matches!(
            (self, role),
            (Self::Recovery, Role::Recovery)
                | (Self::Release | Self::ReleaseAndRoot, Role::Release)
                | (Self::Root | Self::ReleaseAndRoot, Role::Root)
        )
    }

    const fn texts(self) -> &'static [&'static str] {
        match self {
            Self::Recovery => &["recovery"],
            Self::Release => &["release"],
            Self::Root => &["root"],
            Self::ReleaseAndRoot => &["release", "root"],
        }
    }
}

impl KeysetKey {
    pub(super) fn to_value(self) -> Value<'static> {
        let roles = self.roles.texts().iter().map(|role| Value::string(*role)).collect();
        Value::object(vec![
            ("algorithm", Value::string(ALGORITHM)),
            ("key", Value::string(self.key.to_base64())),
            ("roles", Value::array(roles)),
        ])
    }

    pub(super) fn read(value: &Value<'_>, place: Place<'_>, index: usize) -> Result<Self, KeysetError> {
        let fields = Fields::of(value, place, &["algorithm", "key", "roles"])?;
        if fields.text("algorithm")? != ALGORITHM {
            return Err(KeysetError::Algorithm);
        }
        let texts: Vec<&str> = fields.array("roles")?.iter().filter_map(Value::as_str).collect();
        if texts.contains(&"observe") {
            return Err(KeysetError::ObserveUnsupported);
        }
        let all = [Roles::Recovery, Roles::Release, Roles::Root, Roles::ReleaseAndRoot];
        let is_whole = texts.len() == fields.array("roles")?.len();
        let roles = all.into_iter().find(|roles| is_whole && roles.texts() == texts);
        Ok(Self {
            key: PublicKey::from_base64(fields.text("key")?)
                .map_err(|error| KeysetError::Key { index, error })?,
            roles: roles.ok_or(KeysetError::Roles { index })?,
        })
    }
}

/// A key without roles.
pub(super) fn to_value(key: &PublicKey) -> Value<'static> {
    Value::object(vec![("algorithm", Value::string(ALGORITHM)), ("key", Value::string(key.to_base64()))])
}

/// Reads a key without roles; `bad` makes the error of one that is no key.
pub(super) fn read(
    value: &Value<'_>,
    place: Place<'_>,
    bad: impl FnOnce() -> KeysetError,
) -> Result<PublicKey, KeysetError> {
    let fields = Fields::of(value, place, &["algorithm", "key"])?;
    if fields.text("algorithm")? != ALGORITHM {
        return Err(KeysetError::Algorithm);
    }
    PublicKey::from_base64(fields.text("key")?).map_err(|_| bad())
}
