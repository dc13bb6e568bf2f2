//! Submitting an entry, and what the log says to it.

use pinfold_core::json::{self, Node, ReadLimits, Value};
use pinfold_core::text::visible;

use crate::base_url::BaseUrl;
use crate::http::{FetchError, Http};
use crate::limits::{MAX_QUOTED_CHARS, MAX_SMALL_ANSWER_BYTES, MAX_SUBMIT_TIME};
use crate::log::{LogClient, LogError, status_error};

/// What a log answers to an accepted entry. None of it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// The entry's place in the log; of a duplicate, the place of the first.
    pub index: u64,
    /// The tlog-proof text under the head that first published the entry.
    pub first: String,
}

/// Why an entry is not in the log, as far as this client knows.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The log refuses the entry by its rules; asking again changes nothing.
    #[error("the log refuses: {message}")]
    Refused {
        /// The name of the refusal, such as `SequenceTaken`.
        refusal: String,
        /// The log's words, made visible.
        message: String,
        /// The entry that stands in the way, if the refusal names one.
        index: Option<u64>,
    },
    /// The log is too busy or its disk is full; the entry may be sent again.
    #[error("the log is busy")]
    Busy {
        /// After how many seconds to try again, if the log says so.
        retry_after_seconds: Option<u64>,
    },
    /// No usable answer. The entry may be in the log all the same: submitting it again gives the same index.
    #[error(transparent)]
    Unknown(#[from] LogError),
}

impl From<FetchError> for SubmitError {
    fn from(error: FetchError) -> SubmitError {
        SubmitError::Unknown(LogError::Fetch(error))
    }
}

impl LogClient {
    /// Sends an entry and, for a release, its manifest; both are canonical JSON documents. Sending the same again gives
    /// the same index. Waits until the log has published the entry.
    ///
    /// # Errors
    ///
    /// [`SubmitError`].
    pub fn submit(&self, entry: &[u8], manifest: Option<&[u8]>) -> Result<Submitted, SubmitError> {
        let http = Http::new(self.base(), MAX_SUBMIT_TIME);
        submit(&http, self.base(), entry, manifest)
    }
}

fn submit(
    http: &Http,
    base: &BaseUrl,
    entry: &[u8],
    manifest: Option<&[u8]>,
) -> Result<Submitted, SubmitError> {
    let manifest = manifest.unwrap_or(b"null");
    let mut body = Vec::with_capacity(entry.len() + manifest.len() + 32);
    body.extend_from_slice(b"{\"entry\":");
    body.extend_from_slice(entry);
    body.extend_from_slice(b",\"manifest\":");
    body.extend_from_slice(manifest);
    body.push(b'}');
    let url = base.join("/submit");
    let answer = http.post(&url, "application/json", &body, MAX_SMALL_ANSWER_BYTES)?;
    let garbage = |expected| LogError::Garbage { url: url.clone(), expected };
    match answer.status {
        200 => Ok(accepted(&answer.body).ok_or_else(|| garbage("the index and proof of an entry"))?),
        503 | 429 => Err(SubmitError::Busy { retry_after_seconds: answer.retry_after_seconds }),
        400..=499 => match refusal(&answer.body) {
            Some(refused) => Err(refused),
            None => Err(SubmitError::Unknown(status_error(url, &answer))),
        },
        _ => Err(SubmitError::Unknown(status_error(url, &answer))),
    }
}

fn accepted(body: &[u8]) -> Option<Submitted> {
    let document = json::read(body, &ReadLimits::OWN).ok()?;
    has_schema(&document, "pinfold/submitted/v1")?;
    Some(Submitted {
        index: document.get("index")?.as_uint()?,
        first: document.get("first")?.as_str()?.to_owned(),
    })
}

fn refusal(body: &[u8]) -> Option<SubmitError> {
    let document = json::read(body, &ReadLimits::OWN).ok()?;
    has_schema(&document, "pinfold/refusal/v1")?;
    let refusal = document.get("refusal")?.as_str()?;
    let plain =
        !refusal.is_empty() && refusal.len() <= 64 && refusal.bytes().all(|b| b.is_ascii_alphanumeric());
    let message: String = document.get("message")?.as_str()?.chars().take(MAX_QUOTED_CHARS).collect();
    let index = match document.get("index").map(|index| &index.node) {
        None | Some(Node::Null) => None,
        Some(_) => Some(document.get("index")?.as_uint()?),
    };
    plain.then(|| SubmitError::Refused { refusal: refusal.to_owned(), message: visible(&message), index })
}

fn has_schema(document: &Value<'_>, schema: &str) -> Option<()> {
    (document.get("schema")?.as_str()? == schema).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_or_is_garbage() {
        let good = br#"{"first":"c2sp.org/tlog-proof@v1\n","index":7,"schema":"pinfold/submitted/v1"}"#;
        assert_eq!(accepted(good).unwrap().index, 7);
        for bad in [
            &b""[..],
            b"[]",
            br#"{"first":"","index":7}"#,
            br#"{"first":"","index":-1,"schema":"pinfold/submitted/v1"}"#,
            br#"{"first":"","index":1,"index":2,"schema":"pinfold/submitted/v1"}"#,
        ] {
            assert_eq!(accepted(bad), None);
        }
    }

    #[test]
    fn a_refusal_has_a_name_and_visible_words() {
        let body = b"{\"index\":3,\"message\":\"taken\\u001b[2J\",\"refusal\":\"SequenceTaken\",\"schema\":\"pinfold/refusal/v1\"}";
        let Some(SubmitError::Refused { refusal, message, index }) = refusal(body) else { panic!() };
        assert_eq!(
            (refusal.as_str(), message.as_str(), index),
            ("SequenceTaken", "taken\\u{1B}[2J", Some(3))
        );
        let unnamed = br#"{"message":"m","refusal":"a b","schema":"pinfold/refusal/v1"}"#;
        assert!(super::refusal(unnamed).is_none());
    }
}
