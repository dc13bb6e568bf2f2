//! Keys of the index.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::hex;
use crate::registry_name::{Namespace, RegistryName};

/// The key of a name or of a namespace: SHA-256 of its lower-case form. A name has a slash and a namespace has none, so
/// no two of them share a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IndexKey([u8; 32]);

impl IndexKey {
    /// The key of a name.
    pub fn name(name: &RegistryName) -> Self {
        Self(Sha256::digest(name.lower()).into())
    }

    /// The key of a namespace.
    pub fn namespace(namespace: &Namespace) -> Self {
        Self(Sha256::digest(namespace.lower()).into())
    }

    /// A key that was stored.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl AsRef<[u8]> for IndexKey {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for IndexKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for IndexKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}
