//! What is signed, and the signatures of an envelope.

use super::EntryError;
use crate::document::{Fields, Place};
use crate::json::Value;
use crate::signature::{KeyId, Signature};

/// One signature of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntrySignature {
    /// The key that is said to have made it.
    pub key_id: KeyId,
    /// The signature over [`pre_authentication`].
    pub signature: Signature,
}

/// DSSE's pre-authentication encoding: `DSSEv1`, then length and bytes of the payload type and of the payload, all
/// joined by single spaces. So a signature over one type is none over another.
///
/// Source: secure-systems-lab/dsse, protocol 1.0.2.
pub fn pre_authentication(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

impl EntrySignature {
    pub(super) fn to_value(self) -> Value<'static> {
        Value::object(vec![
            ("keyid", Value::string(self.key_id.to_string())),
            ("sig", Value::string(self.signature.to_base64())),
        ])
    }
}

pub(super) fn read_all(fields: &Fields<'_, '_, '_>) -> Result<Vec<EntrySignature>, EntryError> {
    let elements = fields.array("signatures")?;
    if elements.len() > super::MAX_SIGNATURES {
        return Err(EntryError::TooManySignatures);
    }
    let place = fields.place_of("signatures");
    let mut signatures = Vec::with_capacity(elements.len());
    for (index, element) in elements.iter().enumerate() {
        let fields = Fields::of(element, Place::Element(&place, index), &["keyid", "sig"])?;
        signatures.push(EntrySignature {
            key_id: fields.one_of("keyid", |text| text.parse().ok())?,
            signature: fields.one_of("sig", |text| Signature::from_base64(text).ok())?,
        });
    }
    Ok(signatures)
}
