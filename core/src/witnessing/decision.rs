//! What a witness decides about a request.

use super::AddCheckpoint;
use crate::merkle::{EMPTY_ROOT, Hash, ProofError, verify_consistency};
use crate::note::{NoteSignatureError, VerifierKey};

/// Why a witness does not cosign, in the order in which it looks. A body that is no request at all is answered 400
/// before any of these.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 404: no key of this origin is known.
    #[error("this witness does not know the log")]
    UnknownOrigin,
    /// 403: no key of the log has signed.
    #[error("no signature by a key of the log")]
    NotSigned,
    /// 403: a line of a key of the log does not verify.
    #[error("a signature by a key of the log does not verify")]
    BadSignature,
    /// 400: the request's old size is above the checkpoint's size.
    #[error("the old size {old_size} is larger than the checkpoint's {size}")]
    OldAboveSize {
        /// The request's old size.
        old_size: u64,
        /// The checkpoint's size.
        size: u64,
    },
    /// 409, with the stored size as the body: the log believes another size to be the last.
    #[error("the last size cosigned here is {stored}")]
    OtherOldSize {
        /// The size of the checkpoint that was cosigned last, 0 if none.
        stored: u64,
    },
    /// 422: an empty tree with another root than the empty one.
    #[error("an empty tree with another root than the empty one")]
    NotTheEmptyRoot,
    /// 422: the proof does not lead from the stored root to the checkpoint's, or is not the empty one where nothing is
    /// to prove.
    #[error("the proof does not hold: {0}")]
    Inconsistent(ProofError),
    /// 422: the size cosigned before with another root.
    #[error("another root than the one cosigned for this size")]
    SameSizeOtherRoot,
}

impl Refusal {
    /// The status of the HTTP answer.
    pub const fn status(&self) -> u16 {
        match self {
            Self::UnknownOrigin => 404,
            Self::NotSigned | Self::BadSignature => 403,
            Self::OldAboveSize { .. } => 400,
            Self::OtherOldSize { .. } => 409,
            Self::NotTheEmptyRoot | Self::Inconsistent(_) | Self::SameSizeOtherRoot => 422,
        }
    }

    /// Whether the log has signed what it cannot stand by, or sent a proof that does not hold: the request is kept.
    pub const fn is_evidence(&self) -> bool {
        self.status() == 422
    }
}

/// Decides whether the head of a request may be cosigned: it is signed by a key of its log, and its tree continues the
/// one that was cosigned last. It is [`authenticate`] and then [`continues`].
///
/// # Errors
/// The first refusal, in the order of [`Refusal`].
pub fn decide(
    stored: Option<(u64, Hash)>,
    request: &AddCheckpoint,
    keys: &[VerifierKey],
) -> Result<(), Refusal> {
    authenticate(request, keys)?;
    continues(stored, request)
}

/// The first half, which needs no state: a known log has signed. `keys` are the keys of the checkpoint's origin; keys of
/// another name are ignored.
///
/// # Errors
/// [`Refusal::UnknownOrigin`], [`Refusal::NotSigned`], [`Refusal::BadSignature`].
pub fn authenticate(request: &AddCheckpoint, keys: &[VerifierKey]) -> Result<(), Refusal> {
    let origin = request.checkpoint.checkpoint().origin();
    let mut ours = keys.iter().filter(|key| key.name().as_str() == origin).peekable();
    if ours.peek().is_none() {
        return Err(Refusal::UnknownOrigin);
    }
    let mut signed = false;
    for key in ours {
        match request.checkpoint.note().verify(key) {
            Ok(()) => signed = true,
            Err(NoteSignatureError::Bad) => return Err(Refusal::BadSignature),
            Err(NoteSignatureError::Absent | NoteSignatureError::KeyType) => {}
        }
    }
    if signed { Ok(()) } else { Err(Refusal::NotSigned) }
}

/// The second half: the tree continues the one cosigned last. `stored` is size and root of that one, `None` if there is
/// none. A state that cannot be read is no `None`: its caller does not ask.
///
/// Not checked: who signed. The caller holds `stored` still until what follows from the answer is stored.
///
/// # Errors
/// The other refusals, in the order of [`Refusal`].
pub fn continues(stored: Option<(u64, Hash)>, request: &AddCheckpoint) -> Result<(), Refusal> {
    let checkpoint = request.checkpoint.checkpoint();
    let (old_size, size) = (request.old_size, checkpoint.size());
    if old_size > size {
        return Err(Refusal::OldAboveSize { old_size, size });
    }
    let (stored_size, stored_root) = stored.unwrap_or((0, EMPTY_ROOT));
    if old_size != stored_size {
        return Err(Refusal::OtherOldSize { stored: stored_size });
    }
    if size == 0 && *checkpoint.root() != EMPTY_ROOT {
        return Err(Refusal::NotTheEmptyRoot);
    }
    if old_size == 0 {
        // Every tree continues the empty one, so there is nothing to prove.
        return match request.proof.hashes().len() {
            0 => Ok(()),
            found => Err(Refusal::Inconsistent(ProofError::WrongLength { expected: 0, found })),
        };
    }
    let proven = verify_consistency(old_size, &stored_root, size, checkpoint.root(), &request.proof);
    proven.map_err(|error| match error {
        ProofError::SameSizeOtherRoot => Refusal::SameSizeOtherRoot,
        error => Refusal::Inconsistent(error),
    })
}
