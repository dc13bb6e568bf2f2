//! Ed25519 (RFC 8032), the one signature algorithm, in the one strict way of verifying it.
//!
//! Source: `spec/signatures.md`. Among implementations of Ed25519 there are signatures that some accept and others
//! refuse. All of them need a key or a commitment of small order, or an encoding that is not the canonical one; here
//! each of these is refused, so that no two verifiers of the same bytes come to different answers.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use sha2::{Digest as _, Sha256};

use crate::hex::{self, HexError};

/// The name of the algorithm in documents and in key ids.
pub const ALGORITHM: &str = "ed25519";

/// A public key: 32 bytes that are the canonical encoding of a point that is not of small order.
#[derive(Clone, Copy)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

/// A signature: 64 bytes. Nothing about them is checked before a verification.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

/// A private key. Wiped from memory when dropped; neither printed nor compared.
pub struct SigningKey(ed25519_dalek::SigningKey);

/// SHA-256(`ed25519` ‖ 0x00 ‖ the 32 bytes of the key). Written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 32]);

/// Why bytes are no public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeyError {
    /// Not 32 bytes.
    #[error("a public key has 32 bytes, not {found}")]
    Length {
        /// Bytes there are.
        found: usize,
    },
    /// Not standard base64 with padding.
    #[error("a public key is written in standard base64 with padding")]
    Base64,
    /// The number is not smaller than the prime 2²⁵⁵ − 19: another encoding names the same point.
    #[error("not the canonical encoding of a public key")]
    NotCanonical,
    /// No point of the curve has this encoding.
    #[error("no point of the curve")]
    NotOnCurve,
    /// A point of small order: one signature under it fits many messages.
    #[error("a weak public key: a point of small order")]
    Weak,
}

/// The signature is not one of this key over this message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct BadSignature;

/// Bytes or text that are no signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not 64 bytes.
    #[error("a signature has 64 bytes, not {found}")]
    Length {
        /// Bytes there are.
        found: usize,
    },
    /// Not standard base64 with padding.
    #[error("a signature is written in standard base64 with padding")]
    Base64,
}

impl PublicKey {
    /// A key of its 32 bytes.
    ///
    /// # Errors
    /// Any other length, an encoding that is not canonical, no point of the curve, a point of small order.
    /// Not checked: that the point is in the subgroup of prime order (a key that RFC 8032 makes is).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PublicKeyError> {
        let bytes: &[u8; 32] = bytes.try_into().map_err(|_| PublicKeyError::Length { found: bytes.len() })?;
        if !is_reduced(bytes) {
            return Err(PublicKeyError::NotCanonical);
        }
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| PublicKeyError::NotOnCurve)?;
        // Both points whose x is 0 are of small order, so this refuses their second encoding, too.
        if key.is_weak() {
            return Err(PublicKeyError::Weak);
        }
        Ok(Self(key))
    }

    /// A key as documents write it: standard base64 of the 32 bytes.
    ///
    /// # Errors
    /// No base64, or one of the refusals of [`Self::from_bytes`].
    pub fn from_base64(text: &str) -> Result<Self, PublicKeyError> {
        Self::from_bytes(&STANDARD.decode(text).map_err(|_| PublicKeyError::Base64)?)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The 32 bytes in standard base64.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.as_bytes())
    }

    /// The id under which documents name this key.
    pub fn id(&self) -> KeyId {
        let mut hash = Sha256::new();
        hash.update(ALGORITHM.as_bytes());
        hash.update([0]);
        hash.update(self.as_bytes());
        KeyId(hash.finalize().into())
    }

    /// Verifies one signature over the whole message, strictly.
    ///
    /// # Errors
    /// It does not verify, s is not below the order of the group, or R is not canonical or of small order.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify_strict(message, &signature).map_err(|_| BadSignature)
    }
}

/// Whether the number in the lower 255 bits (little-endian) is smaller than 2²⁵⁵ − 19.
fn is_reduced(bytes: &[u8; 32]) -> bool {
    bytes[31] & 0x7f != 0x7f || bytes[1..31].iter().any(|byte| *byte != 0xff) || bytes[0] < 0xed
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for PublicKey {}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Hash for PublicKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PublicKey({})", self.to_base64())
    }
}

impl Signature {
    /// A signature of its 64 bytes.
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// A signature of a slice.
    ///
    /// # Errors
    /// Any length but 64 bytes.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, SignatureError> {
        bytes.try_into().map(Self).map_err(|_| SignatureError::Length { found: bytes.len() })
    }

    /// A signature as documents write it: standard base64 of the 64 bytes.
    ///
    /// # Errors
    /// No base64, or any length but 64 bytes.
    pub fn from_base64(text: &str) -> Result<Self, SignatureError> {
        Self::from_slice(&STANDARD.decode(text).map_err(|_| SignatureError::Base64)?)
    }

    /// The 64 bytes.
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }

    /// The 64 bytes in standard base64.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Signature({})", self.to_base64())
    }
}

impl SigningKey {
    /// The key that a seed of 32 bytes makes (RFC 8032, section 5.1.5). Its quality as a secret is the caller's.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The seed, to write it to a key file. Copies of it are the caller's to wipe.
    pub fn seed(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        // A scalar that RFC 8032 makes of a seed is a multiple of 8 below 2²⁵⁵ and not 0 modulo the order, so this
        // point has the prime order and the library encodes it canonically.
        PublicKey(self.0.verifying_key())
    }

    /// Signs. The same key and message give the same signature.
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SigningKey(of {})", self.public_key().to_base64())
    }
}

impl KeyId {
    /// An id of its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl FromStr for KeyId {
    type Err = HexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        hex::decode(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, test 2.
    #[test]
    fn signs_as_the_rfc_does() {
        let seed = hex::decode("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").unwrap();
        let key = SigningKey::from_seed(&seed);
        assert_eq!(
            hex::encode(key.public_key().as_bytes()),
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
        );
        let signature = key.sign(&[0x72]);
        assert_eq!(
            hex::encode(signature.as_bytes()),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        );
        assert_eq!(key.public_key().verify(&[0x72], &signature), Ok(()));
        assert_eq!(key.public_key().verify(&[0x73], &signature), Err(BadSignature));
    }

    #[test]
    fn refuses_keys_that_are_none() {
        let refusal = |bytes: &[u8]| PublicKey::from_bytes(bytes).unwrap_err();
        assert_eq!(refusal(&[0; 31]), PublicKeyError::Length { found: 31 });
        assert_eq!(refusal(&[0; 32]), PublicKeyError::Weak);
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(refusal(&identity), PublicKeyError::Weak);
        identity[31] = 0x80;
        assert!(matches!(refusal(&identity), PublicKeyError::Weak | PublicKeyError::NotOnCurve));
        let mut two = [0; 32];
        two[0] = 2;
        assert_eq!(refusal(&two), PublicKeyError::NotOnCurve);
        let mut prime = [0xff; 32];
        (prime[0], prime[31]) = (0xed, 0x7f);
        assert_eq!(refusal(&prime), PublicKeyError::NotCanonical);
        prime[31] = 0xff;
        assert_eq!(refusal(&prime), PublicKeyError::NotCanonical);
        prime[0] = 0xec;
        assert_ne!(refusal(&prime), PublicKeyError::NotCanonical);
    }

    #[test]
    fn names_a_key_by_algorithm_and_bytes() {
        let key = SigningKey::from_seed(&[7; 32]).public_key();
        let input = [b"ed25519\0".as_slice(), key.as_bytes()].concat();
        assert_eq!(key.id().to_string(), hex::encode(&Sha256::digest(&input)));
        assert_eq!(key.id().to_string().parse(), Ok(key.id()));
        assert_eq!(PublicKey::from_base64(&key.to_base64()), Ok(key));
        assert_eq!(
            format!("{:?}", SigningKey::from_seed(&[7; 32])),
            format!("SigningKey(of {})", key.to_base64())
        );
    }
}
