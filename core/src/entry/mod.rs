//! The entry: what a log holds at one index. It is the signed envelope itself, in one spelling.
//!
//! Source: `spec/entry.md`; the envelope and what is signed are DSSE v1. An entry holds no words of a server.

mod error;
mod payload;
mod signing;

pub use error::EntryError;
pub use payload::{EntryKind, Payload};
pub use signing::{EntrySignature, pre_authentication};

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::digest::{Digest, file_digest};
use crate::document::{self, Fields, Place};
use crate::json::{self, Value};
use crate::merkle::{self, Hash};
use crate::signature::{PublicKey, SigningKey};

/// Bytes of an entry, at most.
pub const MAX_ENTRY_BYTES: usize = 32 << 10;
/// Signatures of an entry, at most.
pub const MAX_SIGNATURES: usize = 16;

/// An entry that was read or made: envelope and payload are well-formed.
///
/// Its signatures are not verified: whose they must be depends on the log's state, so `admit` does that.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    bytes: Arc<[u8]>,
    payload_bytes: Vec<u8>,
    payload: Payload,
    payload_digest: Digest,
    signatures: Vec<EntrySignature>,
}

impl Entry {
    /// Reads the canonical bytes of an envelope, and its payload.
    ///
    /// # Errors
    /// An [`EntryError`].
    ///
    /// Not checked: the signatures, and whether a log may accept it.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        let value = document::read(bytes, MAX_ENTRY_BYTES)?;
        Self::from_value(&value, bytes)
    }

    /// Reads an entry that stands inside another canonical document, of which `value` was read; its bytes are a slice of
    /// `doc`.
    ///
    /// # Errors
    /// As of [`Self::parse`].
    pub fn from_value(value: &Value<'_>, doc: &[u8]) -> Result<Self, EntryError> {
        let bytes = value.slice(doc);
        if bytes.len() > MAX_ENTRY_BYTES {
            return Err(EntryError::TooLarge);
        }
        let fields = Fields::of(value, Place::Document, &["payload", "payloadType", "signatures"])?;
        let kind = EntryKind::of_payload_type(fields.text("payloadType")?)?;
        let payload_bytes =
            STANDARD.decode(fields.text("payload")?).map_err(|_| EntryError::PayloadBase64)?;
        let payload = Payload::from_bytes(kind, &payload_bytes)?;
        let signatures = signing::read_all(&fields)?;
        check_signatures(kind, &signatures)?;
        let payload_digest = file_digest(&payload_bytes);
        Ok(Self { bytes: bytes.into(), payload_bytes, payload, payload_digest, signatures })
    }

    /// Signs a payload with each of the keys; their order does not matter.
    ///
    /// # Errors
    /// A payload that breaks a rule of its own page; no key for what must be signed, a key for a map-head, too many keys,
    /// one twice; or too many bytes.
    pub fn sign(payload: impl Into<Payload>, keys: &[&SigningKey]) -> Result<Self, EntryError> {
        let payload = payload.into();
        let signed = payload.signed_bytes();
        let signatures = keys
            .iter()
            .map(|key| EntrySignature { key_id: key.public_key().id(), signature: key.sign(&signed) });
        Self::assemble(payload, signatures.collect())
    }

    /// Joins a payload and signatures that were made apart, over [`Payload::signed_bytes`].
    ///
    /// # Errors
    /// As of [`Self::sign`]. The signatures are not verified.
    pub fn assemble(
        payload: impl Into<Payload>,
        mut signatures: Vec<EntrySignature>,
    ) -> Result<Self, EntryError> {
        let payload = payload.into();
        signatures.sort_by_key(|signature| signature.key_id);
        check_signatures(payload.kind(), &signatures)?;
        let payload_bytes = payload.to_bytes();
        // What cannot be read again is not signed: the parts of a statement are its maker's.
        let payload = Payload::from_bytes(payload.kind(), &payload_bytes)?;
        let envelope = Value::object(vec![
            ("payload", Value::string(STANDARD.encode(&payload_bytes))),
            ("payloadType", Value::string(payload.kind().payload_type())),
            ("signatures", Value::array(signatures.iter().copied().map(EntrySignature::to_value).collect())),
        ]);
        let bytes = json::canonical(&envelope);
        if bytes.len() > MAX_ENTRY_BYTES {
            return Err(EntryError::TooLarge);
        }
        let payload_digest = file_digest(&payload_bytes);
        Ok(Self { bytes: bytes.into(), payload_bytes, payload, payload_digest, signatures })
    }

    /// The canonical bytes: what the log holds.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The leaf hash of the bytes in the log's tree.
    pub fn leaf_hash(&self) -> Hash {
        merkle::leaf_hash(&self.bytes)
    }

    /// Kind and signing domain.
    pub const fn kind(&self) -> EntryKind {
        self.payload.kind()
    }

    /// What the payload says.
    pub const fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The decoded payload: the bytes that are signed and hashed.
    pub fn payload_bytes(&self) -> &[u8] {
        &self.payload_bytes
    }

    /// Plain SHA-256 of the decoded payload. With the kind it tells duplicates: equal ones are one entry.
    pub const fn payload_digest(&self) -> Digest {
        self.payload_digest
    }

    /// The signatures, sorted by key id, one a key.
    pub fn signatures(&self) -> &[EntrySignature] {
        &self.signatures
    }

    /// The bytes that are signed.
    pub fn signed_bytes(&self) -> Vec<u8> {
        pre_authentication(self.kind().payload_type(), &self.payload_bytes)
    }

    /// Whether this key signed, and truly.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let id = key.id();
        let signature = self.signatures.iter().find(|signature| signature.key_id == id);
        signature.is_some_and(|signature| key.verify(&self.signed_bytes(), &signature.signature).is_ok())
    }
}

fn check_signatures(kind: EntryKind, signatures: &[EntrySignature]) -> Result<(), EntryError> {
    match (kind, signatures.len()) {
        (EntryKind::MapHead, 0) => return Ok(()),
        (EntryKind::MapHead, _) => return Err(EntryError::MapHeadSigned),
        (_, 0) => return Err(EntryError::Unsigned),
        (_, count) if count > MAX_SIGNATURES => return Err(EntryError::TooManySignatures),
        _ => {}
    }
    let rises = signatures.windows(2).all(|pair| pair[0].key_id < pair[1].key_id);
    if rises { Ok(()) } else { Err(EntryError::SignatureOrder) }
}
