//! The logs that a witness cosigns for, and their keys.

use std::collections::HashMap;
use std::path::Path;

use pinfold_core::note::{KeyMaterial, VerifierKey, VerifierKeyError};
use pinfold_core::text::{visible, visible_path};
use pinfold_service::{Problem, read_file};

use crate::limits::{MAX_LOG_KEYS, MAX_LOGS_FILE_BYTES};

/// Keys by origin, which is their name.
#[derive(Debug, Default)]
pub(crate) struct Logs(HashMap<String, Vec<VerifierKey>>);

/// Why there is no list of logs.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogsError {
    /// Not one key.
    #[error("no log is named, so there is nothing to cosign")]
    None,
    /// More keys than allowed.
    #[error("more than {MAX_LOG_KEYS} keys of logs")]
    TooMany,
    /// A text that is no key of a log.
    #[error("{place}: {why}")]
    Key {
        /// Where it was given.
        place: String,
        /// What is wrong.
        why: KeyFault,
    },
    /// The file holds something else.
    #[error("{path} is no text: not UTF-8")]
    NotText {
        /// The file.
        path: String,
    },
    /// The file.
    #[error("{path} cannot be read: {source}")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}

/// What is wrong with a key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFault {
    /// No verifier key.
    #[error(transparent)]
    Form(VerifierKeyError),
    /// Of a type that signs no checkpoints here.
    #[error("not a key of type 0x01, with which logs sign")]
    Type,
}

impl LogsError {
    /// The same for the operator, with what to do.
    pub(crate) fn problem(&self) -> Problem {
        match self {
            LogsError::File { .. } => Problem::undetermined(
                "LOGS_UNREADABLE",
                self.to_string(),
                "name the file with the verifier keys of logs, one a line",
            ),
            _ => Problem::usage(
                self.to_string(),
                "a log's operator gives its verifier key: --log NAME+ID+BASE64, or --logs FILE",
            ),
        }
    }
}

impl Logs {
    /// The logs of a command line and of a file.
    ///
    /// # Errors
    /// See [`LogsError`].
    pub(crate) fn read(given: &[String], file: Option<&Path>) -> Result<Logs, LogsError> {
        let mut logs = Logs::default();
        for text in given {
            logs.add(text, || format!("--log {}", visible(text)))?;
        }
        if let Some(path) = file {
            let text = text_of(path)?;
            for (at, line) in text.lines().map(str::trim).enumerate() {
                if !line.is_empty() && !line.starts_with('#') {
                    logs.add(line, || format!("{}, line {}", visible_path(path), at + 1))?;
                }
            }
        }
        if logs.0.is_empty() { Err(LogsError::None) } else { Ok(logs) }
    }

    fn add(&mut self, text: &str, place: impl Fn() -> String) -> Result<(), LogsError> {
        let fault = |why| LogsError::Key { place: place(), why };
        let key: VerifierKey = text.parse().map_err(|error| fault(KeyFault::Form(error)))?;
        if !matches!(key.material(), KeyMaterial::Ed25519(_)) {
            return Err(fault(KeyFault::Type));
        }
        if self.0.values().map(Vec::len).sum::<usize>() == MAX_LOG_KEYS {
            return Err(LogsError::TooMany);
        }
        let keys = self.0.entry(key.name().as_str().to_owned()).or_default();
        if !keys.contains(&key) {
            keys.push(key);
        }
        Ok(())
    }

    /// The keys of an origin; none if it is not known.
    pub(crate) fn keys_of(&self, origin: &str) -> &[VerifierKey] {
        self.0.get(origin).map_or(&[], Vec::as_slice)
    }

    /// Whether a log has this raw key.
    pub(crate) fn has_key(&self, bytes: &[u8]) -> bool {
        self.0.values().flatten().any(|key| key.key_bytes() == bytes)
    }

    /// The origins, sorted.
    pub(crate) fn origins(&self) -> Vec<&str> {
        let mut origins: Vec<&str> = self.0.keys().map(String::as_str).collect();
        origins.sort_unstable();
        origins
    }
}

fn text_of(path: &Path) -> Result<String, LogsError> {
    let failed = |source| LogsError::File { path: visible_path(path), source };
    let bytes = read_file(path, MAX_LOGS_FILE_BYTES).map_err(failed)?;
    String::from_utf8(bytes).map_err(|_| LogsError::NotText { path: visible_path(path) })
}
