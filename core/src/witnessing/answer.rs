//! What a witness answered, as a log reads it.
//!
//! Witnesses in use answer some cases with another status than the specification says. Each is taken for what it can
//! only mean; an answer that could hide a fork is never taken for something to try again.

use crate::checkpoint::decimal;
use crate::merkle::MAX_TREE_SIZE;
use crate::note::{NoteError, NoteSignature, parse_signature_lines};

/// The content type of an answer 409.
pub const SIZE_CONTENT_TYPE: &str = "text/x.tlog.size";

/// Bytes of an answer that are read: some post-quantum cosignatures.
pub const MAX_ANSWER_BYTES: usize = 64 << 10;

/// What a witness answered to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It cosigned. The lines are not verified, and some may be of keys that nobody knows.
    Cosigned(Vec<NoteSignature>),
    /// It cosigned another size last: ask again with a proof from there.
    OtherOldSize {
        /// That size.
        stored: u64,
    },
    /// It says that the tree is not a continuation of what it cosigned, or that it saw another root for this size.
    /// Either the request's proof was wrong or the log has forked; never asked again with the same head.
    Inconsistent,
    /// It does not know the log, or none of the keys that signed (403 and 404 are used for both).
    UnknownLog,
    /// It wants fewer requests.
    TooOften,
    /// It took the request for a malformed one.
    Malformed,
    /// It failed, or this is no witness.
    Other {
        /// The status.
        status: u16,
    },
}

/// Why an answer could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// More than [`MAX_ANSWER_BYTES`].
    #[error("an answer of more than {MAX_ANSWER_BYTES} bytes")]
    TooLong,
    /// A 200 whose body is not UTF-8.
    #[error("an answer that is not UTF-8")]
    NotUtf8,
    /// A 200 whose body is not signature lines.
    #[error("no cosignatures in the answer: {0}")]
    Signatures(NoteError),
    /// A 409 whose body is not a size and a line feed.
    #[error("the answer 409 states no size")]
    Size,
}

/// Reads an answer to a request whose checkpoint has the size `sent_size` and which stated `sent_old_size`.
///
/// # Errors
/// An answer 200 or 409 whose body is none.
pub fn read_answer(
    status: u16,
    body: &[u8],
    sent_old_size: u64,
    sent_size: u64,
) -> Result<Answer, AnswerError> {
    if body.len() > MAX_ANSWER_BYTES {
        return Err(AnswerError::TooLong);
    }
    Ok(match status {
        200 => {
            let lines = std::str::from_utf8(body).map_err(|_| AnswerError::NotUtf8)?;
            Answer::Cosigned(parse_signature_lines(lines).map_err(AnswerError::Signatures)?)
        }
        409 => {
            let stored = read_size(body);
            // An older rule: 409 for the same size with another root. Its body is empty, or the size that was sent.
            if sent_old_size == sent_size && stored.is_none_or(|stored| stored == sent_size) {
                return Ok(Answer::Inconsistent);
            }
            match stored.ok_or(AnswerError::Size)? {
                stored if stored == sent_old_size => Answer::Inconsistent,
                stored => Answer::OtherOldSize { stored },
            }
        }
        422 => Answer::Inconsistent,
        403 | 404 => Answer::UnknownLog,
        429 => Answer::TooOften,
        400 => Answer::Malformed,
        status => Answer::Other { status },
    })
}

/// A decimal size and a line feed.
fn read_size(body: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(body).ok()?.strip_suffix('\n')?;
    decimal(text).filter(|size| *size <= MAX_TREE_SIZE)
}
