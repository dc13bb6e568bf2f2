//! The manifest: the words of one release, verbatim, with the files that it was published as.
//!
//! Source: `spec/manifest.md`. A manifest is one canonical document. It lies beside the log by its digest, so that words
//! can be taken down without breaking a proof.

mod build;
mod condition;
mod error;
mod volatile;

use std::ops::Range;
use std::sync::Arc;

pub use build::{Capture, CapturedObject};
pub use condition::{Condition, MAX_CONDITION_NAMES, MAX_CONDITIONS};
pub use error::ManifestError;
pub use volatile::MAX_MANIFEST_RULES;

use crate::digest::{Digest, ObjectKind, file_digest, tagged_digest};
use crate::document::{self, DocumentFault, Fields, Place};
use crate::json::{ReadLimits, Value};
use crate::limits::MAX_HASHED_DEPTH;
use crate::registry_name::RegistryName;
use crate::statement::{Artifact, MAX_ARTIFACTS, ReleaseVersion};
use crate::surface;
use crate::volatile::Rule;

/// The member `format`.
pub const MANIFEST_FORMAT: &str = "pinfold/manifest/v1";
/// Bytes of a manifest, at most. The largest real listing has 358,189.
pub const MAX_MANIFEST_BYTES: usize = 4 << 20;
/// Objects of a manifest, at most. The largest real server has 401 tools.
pub const MAX_SURFACE_OBJECTS: usize = 4_096;
/// Remote URLs of a manifest, at most.
pub const MAX_REMOTES: usize = 64;
/// Bytes of a remote URL, at most.
pub const MAX_REMOTE_BYTES: usize = 2_048;

/// Levels around an object: the document, its `surface`, the element.
const LEVELS_AROUND_AN_OBJECT: u8 = 3;

const LIMITS: ReadLimits = ReadLimits {
    max_bytes: MAX_MANIFEST_BYTES,
    max_depth: MAX_HASHED_DEPTH + LEVELS_AROUND_AN_OBJECT,
    max_string_bytes: 1 << 20,
    max_members: 4_096,
    max_values: 1 << 20,
};

/// A manifest that was read or built: its bytes, and what they say.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    bytes: Arc<[u8]>,
    digest: Digest,
    name: RegistryName,
    version: ReleaseVersion,
    artifacts: Vec<Artifact>,
    remotes: Vec<String>,
    conditions: Vec<Condition>,
    surface: Vec<SurfaceObject>,
    rules: volatile::Rules,
}

/// One object of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SurfaceObject {
    /// What it is.
    pub kind: ObjectKind,
    /// Its digest; the one by which a live object is compared with it.
    pub digest: Digest,
    /// Its name, foreign text: `name`, `uriTemplate` or `uri`; `instructions` and `serverInfo` for the two without.
    pub name: String,
    span: Range<usize>,
}

impl Manifest {
    /// Reads the canonical bytes.
    ///
    /// # Errors
    /// A [`ManifestError`]. A surface object that breaks a rule of surfaces is one, so what was read can be compared
    /// and shown like a listing.
    ///
    /// Not checked: who signed it, and whether files, URLs and words are real.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ManifestError> {
        let value = document::read_within(bytes, &LIMITS)?;
        Self::from_value(&value, bytes)
    }

    /// Reads a manifest that stands inside another canonical document, of which `value` was read; its bytes are a slice
    /// of `doc`.
    ///
    /// # Errors
    /// As of [`Self::from_bytes`]. Depth and number of values are the outer document's matter.
    pub fn from_value(value: &Value<'_>, doc: &[u8]) -> Result<Self, ManifestError> {
        let bytes = value.slice(doc);
        if bytes.len() > MAX_MANIFEST_BYTES {
            return Err(ManifestError::TooLarge);
        }
        let names = [
            "artifacts",
            "conditions",
            "format",
            "grants",
            "name",
            "remotes",
            "surface",
            "version",
            "volatile",
        ];
        let fields = Fields::of(value, Place::Document, &names)?;
        fields.format(MANIFEST_FORMAT)?;
        if !fields.array("grants")?.is_empty() {
            return Err(ManifestError::GrantsUnsupported);
        }
        let (surface, objects) = read_surface(&fields, doc, value.span.start)?;
        Ok(Self {
            digest: file_digest(bytes),
            name: fields.one_of("name", |text| text.parse().ok())?,
            version: fields.one_of("version", |text| text.parse().ok())?,
            artifacts: read_artifacts(&fields)?,
            remotes: read_remotes(&fields)?,
            conditions: condition::read_all(&fields, &surface)?,
            rules: volatile::read_all(&fields, &surface, &objects)?,
            surface,
            bytes: bytes.into(),
        })
    }

    /// The canonical bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Plain SHA-256 of the bytes, which the release statement names.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The name, as spelled.
    pub const fn name(&self) -> &RegistryName {
        &self.name
    }

    /// The version.
    pub const fn version(&self) -> &ReleaseVersion {
        &self.version
    }

    /// The published files, in the publisher's order.
    pub fn artifacts(&self) -> &[Artifact] {
        &self.artifacts
    }

    /// The URLs at which the publisher offers the server.
    pub fn remotes(&self) -> &[String] {
        &self.remotes
    }

    /// Under which conditions the surface was captured; never empty.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// Every object once, sorted by digest.
    pub fn surface(&self) -> &[SurfaceObject] {
        &self.surface
    }

    /// The canonical bytes of one object of this manifest's surface; empty for one of another manifest's.
    pub fn object_bytes(&self, object: &SurfaceObject) -> &[u8] {
        self.bytes.get(object.span.clone()).unwrap_or_default()
    }

    /// What may vary in the object of that digest, sorted by pointer and span; empty: nothing.
    pub fn rules(&self, digest: &Digest) -> &[Rule] {
        self.rules.get(digest).map_or(&[], Vec::as_slice)
    }

    /// The object of that kind and digest.
    pub fn object(&self, kind: ObjectKind, digest: &Digest) -> Option<&SurfaceObject> {
        let at = self.surface.binary_search_by(|object| object.digest.cmp(digest)).ok()?;
        self.surface.get(at).filter(|object| object.kind == kind)
    }
}

/// The objects, each with the value that was read of it.
fn read_surface<'v, 'a>(
    fields: &Fields<'v, 'a, '_>,
    doc: &[u8],
    start: usize,
) -> Result<(Vec<SurfaceObject>, Vec<&'v Value<'a>>), ManifestError> {
    let elements = fields.array("surface")?;
    if elements.len() > MAX_SURFACE_OBJECTS {
        return Err(ManifestError::TooManyObjects);
    }
    let place = fields.place_of("surface");
    let mut surface: Vec<SurfaceObject> = Vec::with_capacity(elements.len());
    let mut objects = Vec::with_capacity(elements.len());
    for (index, element) in elements.iter().enumerate() {
        let fields = Fields::of(element, Place::Element(&place, index), &["digest", "kind", "object"])?;
        let (kind, digest) = (fields.kind("kind")?, fields.digest("digest")?);
        let object = fields.value("object")?;
        let slice = object.slice(doc);
        if tagged_digest(kind.tag(), slice) != digest {
            return Err(ManifestError::DigestMismatch { index });
        }
        if surface.last().is_some_and(|before| before.digest >= digest) {
            return Err(ManifestError::SurfaceOrder { index });
        }
        if let Some(fault) = surface::object_fault(kind, object, slice) {
            return Err(ManifestError::ObjectFault { index, fault });
        }
        let name = surface::object_name(kind, object).unwrap_or_default().to_owned();
        let span = object.span.start - start..object.span.end - start;
        surface.push(SurfaceObject { kind, digest, name, span });
        objects.push(object);
    }
    Ok((surface, objects))
}

fn read_artifacts(fields: &Fields<'_, '_, '_>) -> Result<Vec<Artifact>, ManifestError> {
    let elements = fields.array("artifacts")?;
    if elements.len() > MAX_ARTIFACTS {
        return Err(ManifestError::TooManyArtifacts);
    }
    let place = fields.place_of("artifacts");
    let mut artifacts: Vec<Artifact> = Vec::with_capacity(elements.len());
    for (index, element) in elements.iter().enumerate() {
        let artifact = Artifact::read(element, Place::Element(&place, index))?;
        if artifacts.iter().any(|other| other.file == artifact.file) {
            return Err(ManifestError::FileTwice { index });
        }
        artifacts.push(artifact);
    }
    Ok(artifacts)
}

fn read_remotes(fields: &Fields<'_, '_, '_>) -> Result<Vec<String>, ManifestError> {
    let elements = fields.array("remotes")?;
    if elements.len() > MAX_REMOTES {
        return Err(ManifestError::TooManyRemotes);
    }
    let place = fields.place_of("remotes");
    let mut remotes: Vec<String> = Vec::with_capacity(elements.len());
    for (index, element) in elements.iter().enumerate() {
        let url = element.as_str().filter(|url| is_remote(url));
        let url = url.ok_or_else(|| Place::Element(&place, index).fault(DocumentFault::WrongText))?;
        if remotes.iter().any(|other| other == url) {
            return Err(ManifestError::RemoteTwice { index });
        }
        remotes.push(url.to_owned());
    }
    Ok(remotes)
}

fn is_remote(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && url.len() <= MAX_REMOTE_BYTES
        && url.bytes().all(|byte| byte.is_ascii_graphic())
}
