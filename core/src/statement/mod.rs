//! The release statement: what a publisher signs for one version of one name.
//!
//! Source: `spec/release.md`. It is an in-toto Statement v1 whose first subject is the manifest and whose others are the
//! artifacts that the manifest names, in its order. It has no time of its own: time is the log's.

mod artifact;
mod version;

use thiserror::Error;

pub use artifact::{Artifact, ArtifactError, MAX_ARTIFACTS, MAX_FILE_BYTES, MAX_PURL_BYTES};
pub use version::{MAX_VERSION_BYTES, ReleaseVersion, ReleaseVersionError};

use crate::digest::Digest;
use crate::document::{self, DocumentError, DocumentFault, Fields, Place, nullable_digest};
use crate::hex;
use crate::json::{self, Value};
use crate::manifest::Manifest;
use crate::registry_name::RegistryName;

/// The member `_type`: in-toto's Statement, version 1.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// The member `predicateType`: a release of Pinfold, version 1.
pub const PREDICATE_TYPE: &str = "urn:pinfold:release:v1";

/// Bytes of a statement, at most. Base64 of it fits an entry.
pub const MAX_STATEMENT_BYTES: usize = 22 << 10;

/// The largest sequence: a release an hour for a century.
pub const MAX_SEQUENCE: u64 = 1 << 20;

/// The name of the first subject.
const MANIFEST_SUBJECT: &str = "manifest.json";

/// One release of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The claim under which it is made: digest of keyset 1's payload.
    pub claim: Digest,
    /// The name, as spelled.
    pub name: RegistryName,
    /// Digest of the payload of the release before, in this claim; `None` for the first.
    pub previous: Option<Digest>,
    /// 1 for the first release of the name in this claim, then one more each.
    pub sequence: u64,
    /// The version. Not compared with others: order is the sequence's.
    pub version: ReleaseVersion,
    /// Digest of the manifest's bytes.
    pub manifest: Digest,
    /// The published files, as the statement names them.
    pub subjects: Vec<Subject>,
}

/// A published file in a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Name of the file.
    pub file: String,
    /// SHA-256 of it.
    pub sha256: Digest,
    /// SHA-512 of it, where the manifest has one.
    pub sha512: Option<[u8; 64]>,
}

/// Why bytes are no release statement.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum StatementError {
    /// Not the document.
    #[error("the release statement is not readable: {0}")]
    Document(#[from] DocumentError),
    /// `_type` is another one.
    #[error("the statement is not of the type {STATEMENT_TYPE}")]
    OtherType,
    /// `predicateType` is another one.
    #[error("the statement is not of the predicate type {PREDICATE_TYPE}")]
    OtherPredicate,
    /// Sequence 0, or too large a one.
    #[error("a release has a sequence from 1 to {MAX_SEQUENCE}")]
    SequenceRange,
    /// The first release names one before it, or a later one names none.
    #[error("release 1, and no other, has no release before it")]
    PreviousPresence,
    /// No subject, or the first one is not the manifest.
    #[error("the first subject is \"{MANIFEST_SUBJECT}\" with its SHA-256 alone")]
    NoManifestSubject,
    /// More artifacts than allowed.
    #[error("more than {MAX_ARTIFACTS} artifacts")]
    TooManyArtifacts,
    /// Two subjects of one file name.
    #[error("two subjects have the same file name")]
    FileTwice,
}

impl StatementError {
    /// The name of the refusal in spec/release.md.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Document(error) => error.name(),
            Self::OtherType => "OTHER_TYPE",
            Self::OtherPredicate => "OTHER_PREDICATE",
            Self::SequenceRange => "SEQUENCE_RANGE",
            Self::PreviousPresence => "PREVIOUS_PRESENCE",
            Self::NoManifestSubject => "NO_MANIFEST_SUBJECT",
            Self::TooManyArtifacts => "TOO_MANY_ARTIFACTS",
            Self::FileTwice => "FILE_TWICE",
        }
    }
}

/// Why a manifest is not the one that a statement names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ManifestMismatch {
    /// Other bytes.
    #[error("the manifest has another digest than the release statement names")]
    Digest,
    /// Another name.
    #[error("the manifest is of another name than the release statement")]
    Name,
    /// Another version.
    #[error("the manifest is of another version than the release statement")]
    Version,
    /// Other artifacts, or in another order.
    #[error("the manifest's artifacts are not those of the release statement")]
    Artifacts,
}

impl Statement {
    /// The statement of a release of this manifest.
    ///
    /// `previous` is sequence and payload digest of the release before in this claim, `None` for the first one.
    pub fn build(manifest: &Manifest, claim: Digest, previous: Option<(u64, Digest)>) -> Self {
        let subjects = manifest.artifacts().iter().map(|artifact| Subject {
            file: artifact.file.clone(),
            sha256: artifact.sha256,
            sha512: artifact.sha512,
        });
        Self {
            claim,
            name: manifest.name().clone(),
            previous: previous.map(|(_, digest)| digest),
            sequence: previous.map_or(1, |(sequence, _)| sequence + 1),
            version: manifest.version().clone(),
            manifest: manifest.digest(),
            subjects: subjects.collect(),
        }
    }

    /// Whether a manifest is the one that this statement names: by digest, and in what both say.
    ///
    /// # Errors
    /// What differs first.
    pub fn check_manifest(&self, manifest: &Manifest) -> Result<(), ManifestMismatch> {
        if self.manifest != manifest.digest() {
            return Err(ManifestMismatch::Digest);
        }
        if self.name != *manifest.name() {
            return Err(ManifestMismatch::Name);
        }
        if self.version != *manifest.version() {
            return Err(ManifestMismatch::Version);
        }
        let artifacts = manifest.artifacts();
        let same = |(subject, artifact): (&Subject, &Artifact)| {
            (&subject.file, subject.sha256, subject.sha512)
                == (&artifact.file, artifact.sha256, artifact.sha512)
        };
        let are_same =
            self.subjects.len() == artifacts.len() && self.subjects.iter().zip(artifacts).all(same);
        if are_same { Ok(()) } else { Err(ManifestMismatch::Artifacts) }
    }

    /// The canonical payload.
    pub fn to_bytes(&self) -> Vec<u8> {
        let manifest = Value::object(vec![("sha256", bare(&self.manifest))]);
        let mut subjects =
            vec![Value::object(vec![("digest", manifest), ("name", Value::string(MANIFEST_SUBJECT))])];
        subjects.extend(self.subjects.iter().map(Subject::to_value));
        let predicate = Value::object(vec![
            ("claim", Value::string(self.claim.to_string())),
            ("name", Value::string(self.name.as_str())),
            ("previous", nullable_digest(self.previous)),
            ("sequence", Value::uint(self.sequence)),
            ("version", Value::string(self.version.as_str())),
        ]);
        json::canonical(&Value::object(vec![
            ("_type", Value::string(STATEMENT_TYPE)),
            ("predicate", predicate),
            ("predicateType", Value::string(PREDICATE_TYPE)),
            ("subject", Value::array(subjects)),
        ]))
    }

    /// Reads a payload.
    ///
    /// Not checked: whether claim, sequence, previous and version fit a log's state. `admit` does that.
    ///
    /// # Errors
    /// A [`StatementError`].
    pub fn from_bytes(payload: &[u8]) -> Result<Self, StatementError> {
        let value = document::read(payload, MAX_STATEMENT_BYTES)?;
        let names = ["_type", "predicate", "predicateType", "subject"];
        let fields = Fields::of(&value, Place::Document, &names)?;
        if fields.text("_type")? != STATEMENT_TYPE {
            return Err(StatementError::OtherType);
        }
        if fields.text("predicateType")? != PREDICATE_TYPE {
            return Err(StatementError::OtherPredicate);
        }
        let (manifest, subjects) = read_subjects(&fields)?;
        let names = ["claim", "name", "previous", "sequence", "version"];
        let predicate = Fields::of(fields.value("predicate")?, fields.place_of("predicate"), &names)?;
        let statement = Self {
            claim: predicate.digest("claim")?,
            name: predicate.one_of("name", |text| text.parse().ok())?,
            previous: predicate.nullable("previous", Fields::digest)?,
            sequence: predicate.uint("sequence")?,
            version: predicate.one_of("version", |text| text.parse().ok())?,
            manifest,
            subjects,
        };
        if !(1..=MAX_SEQUENCE).contains(&statement.sequence) {
            return Err(StatementError::SequenceRange);
        }
        if (statement.sequence == 1) != statement.previous.is_none() {
            return Err(StatementError::PreviousPresence);
        }
        Ok(statement)
    }
}

fn read_subjects(fields: &Fields<'_, '_, '_>) -> Result<(Digest, Vec<Subject>), StatementError> {
    let place = fields.place_of("subject");
    let (first, rest) = fields.array("subject")?.split_first().ok_or(StatementError::NoManifestSubject)?;
    if rest.len() > MAX_ARTIFACTS {
        return Err(StatementError::TooManyArtifacts);
    }
    let manifest = Subject::read(first, Place::Element(&place, 0))?;
    if manifest.file != MANIFEST_SUBJECT || manifest.sha512.is_some() {
        return Err(StatementError::NoManifestSubject);
    }
    let mut subjects: Vec<Subject> = Vec::with_capacity(rest.len());
    for (index, value) in rest.iter().enumerate() {
        let subject = Subject::read(value, Place::Element(&place, index + 1))?;
        if subject.file == MANIFEST_SUBJECT || subjects.iter().any(|other| other.file == subject.file) {
            return Err(StatementError::FileTwice);
        }
        subjects.push(subject);
    }
    Ok((manifest.sha256, subjects))
}

impl Subject {
    fn to_value(&self) -> Value<'_> {
        let mut digest = vec![("sha256", bare(&self.sha256))];
        if let Some(sha512) = &self.sha512 {
            digest.push(("sha512", Value::string(hex::encode(sha512))));
        }
        Value::object(vec![("digest", Value::object(digest)), ("name", Value::string(self.file.as_str()))])
    }

    fn read(value: &Value<'_>, place: Place<'_>) -> Result<Self, DocumentError> {
        let fields = Fields::of(value, place, &["digest", "name"])?;
        let digests = fields.value("digest")?;
        let names: &[&str] =
            if digests.get("sha512").is_some() { &["sha256", "sha512"] } else { &["sha256"] };
        let digests = Fields::of(digests, fields.place_of("digest"), names)?;
        let file = fields.text("name")?;
        if !artifact::is_file_name(file) {
            return Err(fields.fault("name", DocumentFault::WrongText));
        }
        Ok(Self {
            file: file.to_owned(),
            sha256: digests.one_of("sha256", |text| hex::decode(text).ok().map(Digest::from_bytes))?,
            sha512: if names.len() > 1 {
                Some(digests.one_of("sha512", |text| hex::decode(text).ok())?)
            } else {
                None
            },
        })
    }
}

/// A digest as in-toto writes it: the digits alone.
fn bare(digest: &Digest) -> Value<'static> {
    Value::string(hex::encode(digest.as_bytes()))
}
