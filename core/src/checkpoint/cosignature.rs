//! Cosignatures of witnesses: a time, and a signature over it and the checkpoint.

use super::SignedCheckpoint;
use crate::note::{KeyMaterial, KeyName, NoteSignature, VerifierKey};
use crate::signature::{Signature, SigningKey};

/// The latest time that a cosignature can state, in seconds since 1970.
pub const MAX_TIME_SECONDS: u64 = (1 << 63) - 1;

/// Why a checkpoint is not one that a witness has cosigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CosignatureError {
    /// The key is of a type that makes no cosignatures that are verified here.
    #[error("the key makes no cosignature that can be verified")]
    KeyType,
    /// A line by this key has not 72 bytes after its id.
    #[error("a cosignature by this key has another length than 8 + 64 bytes")]
    Length,
    /// A line by this key states a time above [`MAX_TIME_SECONDS`].
    #[error("a cosignature by this key states a time beyond 2^63 - 1")]
    Time,
    /// A line by this key does not verify: the note is refused.
    #[error("a cosignature by this key does not verify")]
    Bad,
}

/// Cosigns a checkpoint: the witness `name` states that at `time` (seconds since 1970) this is the largest tree of its
/// origin that it has seen, and that the tree is consistent with every one it cosigned before.
///
/// Not checked: that this is true, and that `time` is at most [`MAX_TIME_SECONDS`].
pub fn cosign(name: &KeyName, key: &SigningKey, time: u64, checkpoint: &SignedCheckpoint) -> NoteSignature {
    let signature = key.sign(message(time, checkpoint).as_bytes());
    let mut blob = time.to_be_bytes().to_vec();
    blob.extend_from_slice(signature.as_bytes());
    NoteSignature { name: name.clone(), id: VerifierKey::cosigner(name.clone(), key.public_key()).id(), blob }
}

impl SignedCheckpoint {
    /// The times at which a witness (type 0x04) cosigned this checkpoint, in the order of its lines; none if it has no
    /// line here. Every line that carries the key's name and id must verify.
    ///
    /// # Errors
    /// A line by this key that does not verify, or the key is no witness's. Not checked: that a time is not in the future.
    pub fn cosigned_at(&self, key: &VerifierKey) -> Result<Vec<u64>, CosignatureError> {
        let KeyMaterial::Cosigner(public) = key.material() else { return Err(CosignatureError::KeyType) };
        let mut times = Vec::new();
        for line in self.note.lines_of(key) {
            let (time, signature) = line.blob.split_first_chunk().ok_or(CosignatureError::Length)?;
            let time = u64::from_be_bytes(*time);
            let signature = Signature::from_slice(signature).map_err(|_| CosignatureError::Length)?;
            if time > MAX_TIME_SECONDS {
                return Err(CosignatureError::Time);
            }
            public.verify(message(time, self).as_bytes(), &signature).map_err(|_| CosignatureError::Bad)?;
            times.push(time);
        }
        Ok(times)
    }
}

fn message(time: u64, checkpoint: &SignedCheckpoint) -> String {
    format!("cosignature/v1\ntime {time}\n{}", checkpoint.note.text())
}
