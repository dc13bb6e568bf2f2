//! What a log serves: C2SP tlog-tiles, and the parts of bundles beside them (`spec/log.md`).

use std::thread;
use std::time::Duration;

use crate::base_url::BaseUrl;
use crate::http::{FetchError, Http, HttpAnswer};
use crate::limits::{
    MAX_CHECKPOINT_BYTES, MAX_ENTRY_TILE_BYTES, MAX_EXCHANGE_TIME, MAX_MANIFEST_BYTES, MAX_PARTS_BYTES,
    MAX_PAUSE_SECONDS, MAX_QUOTED_CHARS, MAX_SMALL_ANSWER_BYTES, MAX_TILE_BYTES, MAX_TRIES,
};

/// A log at a URL. Its answers are bytes that prove nothing yet.
#[derive(Clone, Debug)]
pub struct LogClient {
    base: BaseUrl,
    http: Http,
    /// How often a busy log is asked in all.
    tries: usize,
}

/// Why a log gave no usable answer. The texts hold words of the log as they came: who prints them makes them visible.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// No answer at all.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The log says that it does not have it.
    #[error("{url} does not exist (status 404)")]
    NotFound {
        /// The URL asked.
        url: String,
    },
    /// The log is too busy, or its disk is full.
    #[error("{url} is busy (status {status})")]
    Busy {
        /// The URL asked.
        url: String,
        /// 503 or 429.
        status: u16,
        /// After how many seconds to ask again, if the log says so.
        retry_after_seconds: Option<u64>,
    },
    /// Any other status.
    #[error("{url} answers with status {status}{said}")]
    Status {
        /// The URL asked.
        url: String,
        /// The status.
        status: u16,
        /// The beginning of what it said, with a colon before it; empty if it said nothing.
        said: String,
    },
    /// The answer is not what this address must give.
    #[error("{url} answers with something else than {expected}")]
    Garbage {
        /// The URL asked.
        url: String,
        /// What it must be, in words.
        expected: &'static str,
    },
}

impl LogClient {
    /// The log at this prefix. Opens no connection.
    pub fn new(base: &BaseUrl) -> LogClient {
        LogClient { base: base.clone(), http: Http::new(base, MAX_EXCHANGE_TIME), tries: MAX_TRIES }
    }

    /// The same, which asks a busy log once: for callers that wait themselves.
    pub fn asked_once(self) -> LogClient {
        LogClient { tries: 1, ..self }
    }

    /// The prefix.
    pub fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// `/checkpoint`: the published checkpoint, a signed note.
    ///
    /// # Errors
    ///
    /// [`LogError`], as for every method here.
    pub fn checkpoint(&self) -> Result<Vec<u8>, LogError> {
        self.get("/checkpoint", MAX_CHECKPOINT_BYTES)
    }

    /// A tile of hashes at its path, which begins with `tile/`. Not authenticated.
    ///
    /// # Errors
    ///
    /// [`LogError::NotFound`] also for a partial tile that was deleted when the full one came.
    pub fn hash_tile(&self, path: &str) -> Result<Vec<u8>, LogError> {
        self.get(&format!("/{path}"), MAX_TILE_BYTES)
    }

    /// A bundle of entries at its path, which begins with `tile/entries/`. Not authenticated.
    ///
    /// # Errors
    ///
    /// As [`LogClient::hash_tile`].
    pub fn entry_tile(&self, path: &str) -> Result<Vec<u8>, LogError> {
        self.get(&format!("/{path}"), MAX_ENTRY_TILE_BYTES)
    }

    /// `/bundle/INDEX`: all parts of a bundle but the manifest.
    ///
    /// # Errors
    ///
    /// [`LogError`].
    pub fn bundle_parts(&self, index: u64) -> Result<Vec<u8>, LogError> {
        self.get(&format!("/bundle/{index}"), MAX_PARTS_BYTES)
    }

    /// `/lookup/NAME`: the published checkpoint and the index proof of a registry name.
    ///
    /// # Errors
    ///
    /// [`LogError`].
    pub fn lookup(&self, name: &str) -> Result<Vec<u8>, LogError> {
        self.get(&format!("/lookup/{}", path_segments(name)), MAX_SMALL_ANSWER_BYTES)
    }

    /// `/history/NAME?from=COUNT`: the entries of a name from the given place of its history on.
    ///
    /// # Errors
    ///
    /// [`LogError`].
    pub fn history(&self, name: &str, from: u64) -> Result<Vec<u8>, LogError> {
        self.get(&format!("/history/{}?from={from}", path_segments(name)), MAX_PARTS_BYTES)
    }

    /// `/keysets/NAMESPACE`: the keysets of the claim in force.
    ///
    /// # Errors
    ///
    /// [`LogError`].
    pub fn keysets(&self, namespace: &str) -> Result<Vec<u8>, LogError> {
        self.get(&format!("/keysets/{}", path_segments(namespace)), MAX_PARTS_BYTES)
    }

    /// `/proof/INDEX`: a tlog-proof of one entry under the published checkpoint.
    ///
    /// # Errors
    ///
    /// [`LogError`].
    pub fn proof(&self, index: u64) -> Result<Vec<u8>, LogError> {
        self.get(&format!("/proof/{index}"), MAX_SMALL_ANSWER_BYTES)
    }

    /// `/manifest/HEX`: the manifest with this plain SHA-256. The digest of the answer is not compared.
    ///
    /// # Errors
    ///
    /// [`LogError`].
    pub fn manifest(&self, sha256_hex: &str) -> Result<Vec<u8>, LogError> {
        self.get(&format!("/manifest/{sha256_hex}"), MAX_MANIFEST_BYTES)
    }

    /// `/policy`: the log's own key, URL, witnesses and quorum as a tlog-policy. A proposal, not a reason to trust it.
    ///
    /// # Errors
    ///
    /// [`LogError`].
    pub fn policy(&self) -> Result<Vec<u8>, LogError> {
        self.get("/policy", MAX_SMALL_ANSWER_BYTES)
    }

    fn get(&self, path: &str, max_bytes: usize) -> Result<Vec<u8>, LogError> {
        let url = self.base.join(path);
        let mut tries = 1;
        loop {
            let answer = self.http.get(&url, max_bytes)?;
            match (answer.status, answer.retry_after_seconds) {
                (200, _) => return Ok(answer.body),
                // A log that has just started has no head until its witnesses have answered.
                (503 | 429, Some(seconds)) if tries < self.tries && seconds <= MAX_PAUSE_SECONDS => {
                    tries += 1;
                    thread::sleep(Duration::from_secs(seconds));
                }
                _ => return Err(status_error(url, &answer)),
            }
        }
    }
}

/// The error of an answer that is not a success.
pub(crate) fn status_error(url: String, answer: &HttpAnswer) -> LogError {
    match answer.status {
        404 => LogError::NotFound { url },
        status @ (503 | 429) => {
            LogError::Busy { url, status, retry_after_seconds: answer.retry_after_seconds }
        }
        status => LogError::Status { url, status, said: said(&answer.body) },
    }
}

/// The beginning of a server's own words.
pub(crate) fn said(body: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(body).trim().chars().take(MAX_QUOTED_CHARS).collect();
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

/// A name as segments of a path: everything but letters, digits and `. _ - /` percent-encoded.
fn path_segments(name: &str) -> String {
    let mut path = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/') {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_path() {
        assert_eq!(path_segments("io.github.acme/files"), "io.github.acme/files");
        assert_eq!(path_segments("a/b?c#d%e f"), "a/b%3Fc%23d%25e%20f");
    }

    #[test]
    fn what_a_log_says_is_quoted_within_bounds() {
        assert_eq!(said(b" \n"), "");
        assert_eq!(said(b" a\nb\n"), ": a\nb");
        assert!(said(&[b'x'; 5000]).len() <= MAX_QUOTED_CHARS + 2);
    }
}
