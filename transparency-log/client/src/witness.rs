//! Asking a witness for its cosignature (C2SP tlog-witness), also where its status codes drift from the specification.

use crate::base_url::BaseUrl;
use crate::http::{FetchError, Http, HttpAnswer};
use crate::limits::{MAX_WITNESS_BYTES, MAX_WITNESS_TIME};

/// Requests of one round to one witness: the first guess, the one after its answer, and one for a race.
const MAX_TRIES: usize = 3;

/// A witness at its submission prefix.
#[derive(Clone, Debug)]
pub struct WitnessClient {
    base: BaseUrl,
    http: Http,
}

/// What is offered to a witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddRequest {
    /// Size of the checkpoint that is offered.
    pub size: u64,
    /// The size that the witness cosigned last, as far as the caller knows; 0 asks it.
    pub old_size: u64,
}

/// What a witness says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WitnessAnswer {
    /// Cosignature lines. They are not verified; lines of unknown keys may be among them.
    Cosigned(Vec<u8>),
    /// It cosigned a larger tree of this log: what is offered is an old state.
    Ahead {
        /// The size that it cosigned.
        size: u64,
    },
    /// It cosigned something that is inconsistent with what is offered: a fork, or a wrong proof.
    Inconsistent {
        /// Status 422, or 409 from witnesses that follow older text.
        status: u16,
    },
    /// It does not know this log.
    UnknownLog {
        /// Status 404, or 403 from some.
        status: u16,
    },
    /// It refuses what it was sent: a key that it does not trust, or a form that it does not read. Some witnesses answer
    /// 500 to that.
    Refused {
        /// The status.
        status: u16,
    },
    /// It wants to be asked less often, or later.
    Later {
        /// 429 or 503.
        status: u16,
        /// In how many seconds, if it says so.
        retry_after_seconds: Option<u64>,
    },
    /// It named another size each time that it was asked.
    Unsettled {
        /// The size it named last.
        size: u64,
    },
    /// A success without a line, a 409 without a size, or a status that has no meaning here.
    Garbage {
        /// The status.
        status: u16,
    },
}

/// Why there is no answer of a witness.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError<E> {
    /// The exchange failed.
    #[error(transparent)]
    Fetch(FetchError),
    /// The caller could not write the request for the size that the witness named.
    #[error("the request to the witness could not be made: {0}")]
    Request(E),
}

impl WitnessClient {
    /// The witness at this prefix. Opens no connection.
    pub fn new(base: &BaseUrl) -> WitnessClient {
        WitnessClient { base: base.clone(), http: Http::new(base, MAX_WITNESS_TIME) }
    }

    /// The prefix.
    pub fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// Offers a checkpoint. `body` writes the whole request for an old size: `old` line, proof from that size, checkpoint
    /// with the log's own signatures only. A witness that names another size is asked again from there, at once.
    ///
    /// # Errors
    ///
    /// [`WitnessError`]; whatever the witness said is an answer.
    pub fn add_checkpoint<E>(
        &self,
        request: AddRequest,
        mut body: impl FnMut(u64) -> Result<Vec<u8>, E>,
    ) -> Result<WitnessAnswer, WitnessError<E>> {
        let url = self.base.join("/add-checkpoint");
        let mut old_size = request.old_size;
        for _ in 0..MAX_TRIES {
            let body = body(old_size).map_err(WitnessError::Request)?;
            let answer =
                self.http.post(&url, "text/plain", &body, MAX_WITNESS_BYTES).map_err(WitnessError::Fetch)?;
            match judge(&answer, old_size, request.size) {
                Said::Answer(answer) => return Ok(answer),
                Said::From(size) => old_size = size,
            }
        }
        Ok(WitnessAnswer::Unsettled { size: old_size })
    }
}

enum Said {
    Answer(WitnessAnswer),
    /// Ask again from this size.
    From(u64),
}

fn judge(answer: &HttpAnswer, old_size: u64, size: u64) -> Said {
    let status = answer.status;
    Said::Answer(match status {
        200 if answer.body.is_empty() => WitnessAnswer::Garbage { status },
        200 => WitnessAnswer::Cosigned(answer.body.clone()),
        409 => match size_line(&answer.body) {
            Some(theirs) if theirs > size => WitnessAnswer::Ahead { size: theirs },
            // The old size was right and it is a conflict all the same: other roots at equal sizes.
            Some(theirs) if theirs == old_size => WitnessAnswer::Inconsistent { status },
            Some(theirs) => return Said::From(theirs),
            None if old_size == size => WitnessAnswer::Inconsistent { status },
            None => WitnessAnswer::Garbage { status },
        },
        422 => WitnessAnswer::Inconsistent { status },
        404 => WitnessAnswer::UnknownLog { status },
        403 => WitnessAnswer::UnknownLog { status },
        429 | 503 => WitnessAnswer::Later { status, retry_after_seconds: answer.retry_after_seconds },
        400 | 413 | 500 => WitnessAnswer::Refused { status },
        _ => WitnessAnswer::Garbage { status },
    })
}

/// A size as `text/x.tlog.size` has it; the media type itself is left out by some.
fn size_line(body: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(body).ok()?;
    let digits = text.strip_suffix('\n').unwrap_or(text);
    let plain =
        digits == "0" || (!digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit()));
    plain.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, body: &str, old_size: u64, size: u64) -> Result<WitnessAnswer, u64> {
        let answer = HttpAnswer {
            status,
            content_type: String::new(),
            retry_after_seconds: None,
            body: body.as_bytes().to_vec(),
        };
        match judge(&answer, old_size, size) {
            Said::Answer(answer) => Ok(answer),
            Said::From(size) => Err(size),
        }
    }

    #[test]
    fn a_witness_that_is_behind_is_asked_from_its_size() {
        assert_eq!(said(409, "3\n", 5, 9), Err(3));
        assert_eq!(said(409, "0\n", 5, 9), Err(0));
    }

    #[test]
    fn a_larger_size_is_no_retry_and_an_equal_one_is_a_fork() {
        assert_eq!(said(409, "12\n", 5, 9), Ok(WitnessAnswer::Ahead { size: 12 }));
        assert_eq!(said(409, "9\n", 9, 9), Ok(WitnessAnswer::Inconsistent { status: 409 }));
        assert_eq!(said(409, "", 9, 9), Ok(WitnessAnswer::Inconsistent { status: 409 }));
        assert_eq!(said(422, "", 9, 9), Ok(WitnessAnswer::Inconsistent { status: 422 }));
    }

    #[test]
    fn drifting_statuses_have_their_meaning() {
        assert_eq!(said(403, "", 0, 9), Ok(WitnessAnswer::UnknownLog { status: 403 }));
        assert_eq!(said(404, "", 0, 9), Ok(WitnessAnswer::UnknownLog { status: 404 }));
        assert_eq!(said(500, "", 0, 9), Ok(WitnessAnswer::Refused { status: 500 }));
        let later = WitnessAnswer::Later { status: 429, retry_after_seconds: None };
        assert_eq!(said(429, "", 0, 9), Ok(later));
    }

    #[test]
    fn garbage_is_garbage() {
        assert_eq!(said(200, "", 0, 9), Ok(WitnessAnswer::Garbage { status: 200 }));
        for body in ["", "03\n", "x", "-1\n", "3\n4\n", "99999999999999999999\n"] {
            assert_eq!(said(409, body, 0, 9), Ok(WitnessAnswer::Garbage { status: 409 }), "{body:?}");
        }
    }
}
