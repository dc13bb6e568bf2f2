//! Why bytes are no entry.

use thiserror::Error;

use super::{MAX_ENTRY_BYTES, MAX_SIGNATURES};
use crate::document::DocumentError;
use crate::index::MapHeadError;
use crate::keyset::KeysetError;
use crate::statement::StatementError;
use crate::withdrawal::WithdrawalError;

/// Why bytes are no entry, or parts make none.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum EntryError {
    /// Not the envelope.
    #[error("the entry is not readable: {0}")]
    Document(#[from] DocumentError),
    /// Too many bytes.
    #[error("the entry has more than {MAX_ENTRY_BYTES} bytes")]
    TooLarge,
    /// The payload type is none of an entry.
    #[error("no entry has this payload type")]
    OtherPayloadType,
    /// Observations are reserved.
    #[error("an observation, which this version does not know")]
    ObservationUnsupported,
    /// The payload is no standard base64 with padding.
    #[error("the payload is not standard base64 with padding")]
    PayloadBase64,
    /// No signature.
    #[error("the entry has no signature")]
    Unsigned,
    /// A map-head with signatures: it is the log's own and has none.
    #[error("a map-head has no signatures")]
    MapHeadSigned,
    /// More signatures than allowed.
    #[error("more than {MAX_SIGNATURES} signatures")]
    TooManySignatures,
    /// Key ids do not rise.
    #[error("the signatures are not sorted by key id, one a key")]
    SignatureOrder,
    /// The payload of a release.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The payload of a keyset.
    #[error(transparent)]
    Keyset(#[from] KeysetError),
    /// The payload of a withdrawal.
    #[error(transparent)]
    Withdrawal(#[from] WithdrawalError),
    /// The payload of a map-head.
    #[error(transparent)]
    MapHead(#[from] MapHeadError),
}

impl EntryError {
    /// The name of the refusal in spec/entry.md, or in the payload's page.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Document(error) => error.name(),
            Self::TooLarge => "LIMIT_BYTES",
            Self::OtherPayloadType => "OTHER_PAYLOAD_TYPE",
            Self::ObservationUnsupported => "OBSERVATION_UNSUPPORTED",
            Self::PayloadBase64 => "PAYLOAD_BASE64",
            Self::Unsigned => "UNSIGNED",
            Self::MapHeadSigned => "MAP_HEAD_SIGNED",
            Self::TooManySignatures => "TOO_MANY_SIGNATURES",
            Self::SignatureOrder => "SIGNATURE_ORDER",
            Self::Statement(error) => error.name(),
            Self::Keyset(error) => error.name(),
            Self::Withdrawal(error) => error.name(),
            Self::MapHead(error) => error.name(),
        }
    }
}
