//! What can be judged of a submission without the log's state.

use std::sync::Arc;

use axum::http::StatusCode;
use pinfold_core::admit::{Unsupported, profile};
use pinfold_core::digest::Digest;
use pinfold_core::entry::{Entry, EntryError, Payload};
use pinfold_core::json::{ReadLimits, read_canonical};
use pinfold_core::manifest::{Manifest, ManifestError};
use pinfold_core::statement::ManifestMismatch;
use thiserror::Error;

use crate::http::Refused;
use crate::limits::MAX_BODY_BYTES;
use crate::published::Published;
use crate::store::Identity;

/// What one body may cost to read: an entry and the largest manifest.
const LIMITS: ReadLimits = ReadLimits {
    max_bytes: MAX_BODY_BYTES,
    max_depth: 70,
    max_string_bytes: 1 << 20,
    max_members: 4_096,
    max_values: 1 << 20,
};

/// A well-formed submission. Whether the log accepts it depends on its state.
#[derive(Debug)]
pub(crate) struct Submission {
    /// What is to be logged.
    pub(crate) content: Content,
    /// By what a duplicate is known.
    pub(crate) identity: Identity,
}

/// What is to be logged.
#[derive(Debug)]
pub(crate) enum Content {
    /// An entry, and the manifest of a release.
    Entry {
        /// The entry.
        entry: Box<Entry>,
        /// The manifest's digest and bytes.
        manifest: Option<(Digest, Vec<u8>)>,
    },
    /// Bytes, in a log without rules.
    Raw(Arc<[u8]>),
}

/// What a submitter is told.
#[derive(Clone)]
pub(crate) enum Answer {
    /// The entry is published at this index.
    Logged {
        /// Its place.
        index: u64,
        /// The head that first published it, if that was just now: its proof costs no look at the database.
        just_now: Option<Arc<Published>>,
    },
    /// It is not logged.
    Refused(Refused),
}

/// Why a body is no submission.
#[derive(Debug, Error)]
pub(crate) enum SubmissionError {
    /// Not canonical JSON of the right form.
    #[error("not a submission: {0}")]
    Form(String),
    /// The entry.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A release without its manifest.
    #[error("a release is submitted with its manifest")]
    ManifestMissing,
    /// A manifest with something that is no release.
    #[error("only a release is submitted with a manifest")]
    ManifestUnexpected,
    /// Another manifest than the release statement names.
    #[error(transparent)]
    ManifestMismatch(#[from] ManifestMismatch),
    /// What this version does not take.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
}

impl Submission {
    /// Reads the body of a submission.
    ///
    /// # Errors
    /// A [`SubmissionError`]. Not checked: signatures, and whether the log may accept the entry.
    pub(crate) fn parse(body: &[u8]) -> Result<Submission, SubmissionError> {
        let form = |what: String| SubmissionError::Form(what);
        let document = read_canonical(body, &LIMITS).map_err(|error| form(error.to_string()))?;
        let members = document.as_object().unwrap_or_default();
        let [entry, manifest] = members else {
            return Err(form("the members are `entry` and `manifest`".to_owned()));
        };
        if entry.name != "entry" || manifest.name != "manifest" {
            return Err(form("the members are `entry` and `manifest`".to_owned()));
        }
        let entry = Entry::from_value(&entry.value, body)?;
        let manifest = match (entry.payload(), manifest.value.is_null()) {
            (Payload::MapHead(_), _) => return Err(Unsupported::MapHead.into()),
            (Payload::Release(_), true) => return Err(SubmissionError::ManifestMissing),
            (Payload::Release(statement), false) => {
                let manifest = Manifest::from_value(&manifest.value, body)?;
                statement.check_manifest(&manifest)?;
                Some((manifest.digest(), manifest.as_bytes().to_vec()))
            }
            (_, true) => None,
            (_, false) => return Err(SubmissionError::ManifestUnexpected),
        };
        profile(&entry)?;
        let identity = identity(&entry);
        Ok(Submission { content: Content::Entry { entry: Box::new(entry), manifest }, identity })
    }

    /// A raw entry of a log without rules. Its size is the caller's matter.
    pub(crate) fn raw(bytes: Vec<u8>) -> Submission {
        let identity = Identity::of_raw(&bytes);
        Submission { content: Content::Raw(bytes.into()), identity }
    }

    /// What it takes on the disk, about.
    pub(crate) fn bytes(&self) -> usize {
        match &self.content {
            Content::Entry { entry, manifest } => {
                entry.as_bytes().len() + manifest.as_ref().map_or(0, |(_, bytes)| bytes.len())
            }
            Content::Raw(bytes) => bytes.len(),
        }
    }
}

/// By what a duplicate of an entry is known.
pub(crate) fn identity(entry: &Entry) -> Identity {
    Identity::of(entry.kind().payload_type(), &entry.payload_digest())
}

impl SubmissionError {
    /// The class in a refusal.
    fn class(&self) -> String {
        match self {
            SubmissionError::Form(_) => "NotASubmission".to_owned(),
            SubmissionError::Entry(error) => upper_camel(error.name()),
            SubmissionError::Manifest(error) => upper_camel(error.name()),
            SubmissionError::ManifestMissing => "ManifestMissing".to_owned(),
            SubmissionError::ManifestUnexpected => "ManifestUnexpected".to_owned(),
            SubmissionError::ManifestMismatch(_) => "ManifestMismatch".to_owned(),
            SubmissionError::Unsupported(unsupported) => unsupported.name().to_owned(),
        }
    }
}

impl From<SubmissionError> for Refused {
    fn from(error: SubmissionError) -> Refused {
        Refused::new(StatusCode::BAD_REQUEST, error.class(), error.to_string())
    }
}

/// `OTHER_PAYLOAD_TYPE` as `OtherPayloadType`: refusals of all pages have one form in answers.
fn upper_camel(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        format!("{first}{}", rest.to_ascii_lowercase())
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::upper_camel;

    #[test]
    fn names_have_one_form() {
        assert_eq!(upper_camel("OTHER_PAYLOAD_TYPE"), "OtherPayloadType");
        assert_eq!(upper_camel("UNSIGNED"), "Unsigned");
        assert_eq!(upper_camel(""), "");
    }
}
