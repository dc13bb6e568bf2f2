//! Published files.

use thiserror::Error;

use crate::digest::Digest;
use crate::document::{DocumentError, DocumentFault, Fields, Place};
use crate::hex;
use crate::json::Value;

/// Published files of one release, at most.
pub const MAX_ARTIFACTS: usize = 64;
/// Bytes of a file's name, at most: `NAME_MAX` of Linux.
pub const MAX_FILE_BYTES: usize = 255;
/// Bytes of a package URL, at most.
pub const MAX_PURL_BYTES: usize = 512;

/// One published file of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Artifact {
    /// Its package URL, such as `pkg:npm/%40acme/weather@1.2.0`.
    pub purl: String,
    /// The name of the file, without a folder.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: Digest,
    /// SHA-512 of the file, where the publisher gives it.
    pub sha512: Option<[u8; 64]>,
}

/// Why parts make no artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ArtifactError {
    /// Not `pkg:` and visible ASCII, or too long.
    #[error("a package URL begins with \"pkg:\" and has at most {MAX_PURL_BYTES} visible ASCII characters")]
    Purl,
    /// Empty, too long, a path, or with a character that is no visible ASCII.
    #[error("a file name has 1 to {MAX_FILE_BYTES} visible ASCII characters and no slash")]
    File,
}

impl Artifact {
    /// An artifact of its parts.
    ///
    /// Not checked: that the package URL names a package, and the digests.
    ///
    /// # Errors
    /// An [`ArtifactError`].
    pub fn new(
        purl: &str,
        file: &str,
        sha256: Digest,
        sha512: Option<[u8; 64]>,
    ) -> Result<Self, ArtifactError> {
        if !is_purl(purl) {
            return Err(ArtifactError::Purl);
        }
        if !is_file_name(file) {
            return Err(ArtifactError::File);
        }
        Ok(Self { purl: purl.to_owned(), file: file.to_owned(), sha256, sha512 })
    }

    pub(crate) fn to_value(&self) -> Value<'_> {
        let mut members = vec![
            ("file", Value::string(self.file.as_str())),
            ("purl", Value::string(self.purl.as_str())),
            ("sha256", Value::string(hex::encode(self.sha256.as_bytes()))),
        ];
        if let Some(sha512) = &self.sha512 {
            members.push(("sha512", Value::string(hex::encode(sha512))));
        }
        Value::object(members)
    }

    pub(crate) fn read(value: &Value<'_>, place: Place<'_>) -> Result<Self, DocumentError> {
        let names: &[&str] = if value.get("sha512").is_some() {
            &["file", "purl", "sha256", "sha512"]
        } else {
            &["file", "purl", "sha256"]
        };
        let fields = Fields::of(value, place, names)?;
        let sha256 = fields.one_of("sha256", |text| hex::decode(text).ok().map(Digest::from_bytes))?;
        let sha512 = match value.get("sha512") {
            None => None,
            Some(_) => Some(fields.one_of("sha512", |text| hex::decode(text).ok())?),
        };
        let fault = |error| match error {
            ArtifactError::Purl => fields.fault("purl", DocumentFault::WrongText),
            ArtifactError::File => fields.fault("file", DocumentFault::WrongText),
        };
        Self::new(fields.text("purl")?, fields.text("file")?, sha256, sha512).map_err(fault)
    }
}

fn is_purl(text: &str) -> bool {
    text.len() <= MAX_PURL_BYTES
        && text.strip_prefix("pkg:").is_some_and(|rest| !rest.is_empty())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether a text names a file without a folder. `.` and `..` name folders.
pub(super) fn is_file_name(text: &str) -> bool {
    (1..=MAX_FILE_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/' && byte != b'\\')
        && !matches!(text, "." | "..")
}
