//! A key that signatures of notes are verified with, as one line of text.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::{KeyName, KeyNameError};
use crate::hex;
use crate::signature::{PublicKey, PublicKeyError};

/// Bytes of a verifier key's text. One of ML-DSA-44 has about 1,800.
pub const MAX_VERIFIER_KEY_BYTES: usize = 8192;

/// A name, a type and a key. Its text is `name+id+base64(type ‖ key)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VerifierKey {
    name: KeyName,
    id: [u8; 4],
    material: KeyMaterial,
}

/// The key and what it signs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KeyMaterial {
    /// Type 0x01: Ed25519 over the note's text.
    Ed25519(PublicKey),
    /// Type 0x04: Ed25519 over a time and a checkpoint's text.
    Cosigner(PublicKey),
    /// A type that is not implemented: kept, and never verified with.
    Unknown {
        /// The type.
        kind: SignatureType,
        /// What follows it.
        bytes: Vec<u8>,
    },
}

/// The byte that says what a key is and signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignatureType(pub u8);

impl SignatureType {
    /// Ed25519 over the note's text.
    pub const ED25519: Self = Self(0x01);
    /// ECDSA, whose key id is made in another way.
    pub const ECDSA: Self = Self(0x02);
    /// Ed25519 over a time and a checkpoint's text.
    pub const COSIGNATURE: Self = Self(0x04);
    /// ML-DSA-44 over a time and a checkpoint.
    pub const ML_DSA_44: Self = Self(0x06);
}

/// Why a text is no verifier key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifierKeyError {
    /// More than [`MAX_VERIFIER_KEY_BYTES`].
    #[error("a verifier key of more than {MAX_VERIFIER_KEY_BYTES} bytes")]
    TooLong,
    /// Not three parts with plus signs between them.
    #[error("a verifier key is name+id+base64")]
    Parts,
    /// The name is none.
    #[error(transparent)]
    Name(KeyNameError),
    /// The id is not eight lower-case hexadecimal digits.
    #[error("the id of a verifier key is eight lower-case hexadecimal digits")]
    Id,
    /// Not standard base64 with padding.
    #[error("the key is not standard base64")]
    Base64,
    /// No byte at all.
    #[error("the key is empty")]
    Empty,
    /// The key is none of its type.
    #[error(transparent)]
    Key(PublicKeyError),
    /// The id is not the one of this name, type and key.
    #[error("the id is {stated:08x}, and name and key give {computed:08x}")]
    OtherId {
        /// The id in the text.
        stated: u32,
        /// The id of name, type and key.
        computed: u32,
    },
}

impl VerifierKey {
    /// A key of type 0x01, as logs have it.
    pub fn ed25519(name: KeyName, key: PublicKey) -> Self {
        let id = key_id(&name, SignatureType::ED25519, key.as_bytes());
        Self { name, id, material: KeyMaterial::Ed25519(key) }
    }

    /// A key of type 0x04, as witnesses have it.
    pub fn cosigner(name: KeyName, key: PublicKey) -> Self {
        let id = key_id(&name, SignatureType::COSIGNATURE, key.as_bytes());
        Self { name, id, material: KeyMaterial::Cosigner(key) }
    }

    /// The name, which is the origin where the key is a log's.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The id that stands in signature lines.
    pub fn id(&self) -> [u8; 4] {
        self.id
    }

    /// The key and what it signs.
    pub fn material(&self) -> &KeyMaterial {
        &self.material
    }

    /// The raw key, without its type.
    pub fn key_bytes(&self) -> &[u8] {
        match &self.material {
            KeyMaterial::Ed25519(key) | KeyMaterial::Cosigner(key) => key.as_bytes(),
            KeyMaterial::Unknown { bytes, .. } => bytes,
        }
    }

    /// The type.
    pub fn kind(&self) -> SignatureType {
        match &self.material {
            KeyMaterial::Ed25519(_) => SignatureType::ED25519,
            KeyMaterial::Cosigner(_) => SignatureType::COSIGNATURE,
            KeyMaterial::Unknown { kind, .. } => *kind,
        }
    }
}

/// SHA-256(name ‖ 0x0A ‖ type ‖ key), its first four bytes; for ECDSA the hash is over the key alone.
fn key_id(name: &KeyName, kind: SignatureType, key: &[u8]) -> [u8; 4] {
    let mut hash = Sha256::new();
    if kind != SignatureType::ECDSA {
        hash.update(name.as_str().as_bytes());
        hash.update([b'\n', kind.0]);
    }
    hash.update(key);
    let digest: [u8; 32] = hash.finalize().into();
    [digest[0], digest[1], digest[2], digest[3]]
}

impl FromStr for VerifierKey {
    type Err = VerifierKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_VERIFIER_KEY_BYTES {
            return Err(VerifierKeyError::TooLong);
        }
        // The base64 may hold plus signs, the name may not.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(base64)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(VerifierKeyError::Parts);
        };
        let name: KeyName = name.parse().map_err(VerifierKeyError::Name)?;
        let id: [u8; 4] = hex::decode(id).map_err(|_| VerifierKeyError::Id)?;
        let bytes = STANDARD.decode(base64).map_err(|_| VerifierKeyError::Base64)?;
        let (kind, key) = bytes.split_first().ok_or(VerifierKeyError::Empty)?;
        let kind = SignatureType(*kind);
        let computed = key_id(&name, kind, key);
        if computed != id {
            let (stated, computed) = (u32::from_be_bytes(id), u32::from_be_bytes(computed));
            return Err(VerifierKeyError::OtherId { stated, computed });
        }
        let public = || PublicKey::from_bytes(key).map_err(VerifierKeyError::Key);
        let material = match kind {
            SignatureType::ED25519 => KeyMaterial::Ed25519(public()?),
            SignatureType::COSIGNATURE => KeyMaterial::Cosigner(public()?),
            kind => KeyMaterial::Unknown { kind, bytes: key.to_vec() },
        };
        Ok(Self { name, id, material })
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[self.kind().0], self.key_bytes()].concat();
        write!(out, "{}+{}+{}", self.name, hex::encode(&self.id), STANDARD.encode(bytes))
    }
}
