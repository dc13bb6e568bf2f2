//! Making a manifest of what was captured.

use std::collections::BTreeMap;

use super::{LIMITS, MANIFEST_FORMAT, Manifest, ManifestError, volatile};
use crate::digest::{Digest, ObjectKind, tagged_digest};
use crate::json::{self, ReadLimits, Value};
use crate::limits::MAX_HASHED_DEPTH;
use crate::registry_name::RegistryName;
use crate::statement::{Artifact, ReleaseVersion};
use crate::surface::Received;
use crate::volatile::Rule;

/// What was captured under one condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// The client's capabilities; sorted and made unique when the manifest is built.
    pub capabilities: Vec<String>,
    /// The protocol version that was spoken.
    pub era: String,
    /// Names of the variables that were set; sorted and made unique when the manifest is built.
    pub variables: Vec<String>,
    /// The objects in the order of the listing, as received.
    pub objects: Vec<CapturedObject>,
}

/// One object as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedObject {
    /// What it is.
    pub kind: ObjectKind,
    /// Its bytes, strict JSON in any form.
    pub bytes: Vec<u8>,
}

impl From<&Received> for CapturedObject {
    fn from(received: &Received) -> Self {
        Self { kind: received.kind, bytes: received.bytes.to_vec() }
    }
}

impl Manifest {
    /// The manifest of a release: each object once, whatever conditions it was captured under. Nothing in it may vary.
    ///
    /// # Errors
    /// A [`ManifestError`]; what comes back passed every check of [`Manifest::from_bytes`].
    pub fn build(
        name: &RegistryName,
        version: &ReleaseVersion,
        artifacts: &[Artifact],
        remotes: &[String],
        captures: &[Capture],
    ) -> Result<Self, ManifestError> {
        Self::build_with_rules(name, version, artifacts, remotes, captures, &BTreeMap::new())
    }

    /// Like [`Manifest::build`], with what may vary in the objects, by their digests; sorted by pointer and span.
    ///
    /// # Errors
    /// As [`Manifest::build`].
    pub fn build_with_rules(
        name: &RegistryName,
        version: &ReleaseVersion,
        artifacts: &[Artifact],
        remotes: &[String],
        captures: &[Capture],
        rules: &BTreeMap<Digest, Vec<Rule>>,
    ) -> Result<Self, ManifestError> {
        let mut surface = BTreeMap::new();
        let mut listed = Vec::with_capacity(captures.len());
        for capture in captures {
            let digests = capture.objects.iter().map(|object| {
                let (digest, canonical) = canonical_object(object)?;
                surface.insert(digest, (object.kind, canonical));
                Ok(digest)
            });
            listed.push(digests.collect::<Result<Vec<Digest>, ManifestError>>()?);
        }
        let places: BTreeMap<&Digest, usize> = surface.keys().zip(0..).collect();
        let conditions = captures.iter().zip(&listed).map(|(capture, digests)| {
            let objects = digests.iter().filter_map(|digest| places.get(digest));
            Value::object(vec![
                ("capabilities", sorted(&capture.capabilities)),
                ("era", Value::string(capture.era.as_str())),
                ("objects", Value::array(objects.map(|place| Value::uint(*place as u64)).collect())),
                ("variables", sorted(&capture.variables)),
            ])
        });
        let mut objects = Vec::with_capacity(surface.len());
        for (digest, (kind, canonical)) in &surface {
            let object =
                json::read(canonical, &LIMITS).map_err(|_| ManifestError::Unrepeatable { kind: *kind })?;
            objects.push(Value::object(vec![
                ("digest", Value::string(digest.to_string())),
                ("kind", Value::string(kind.as_str())),
                ("object", object),
            ]));
        }
        let document = Value::object(vec![
            ("artifacts", Value::array(artifacts.iter().map(Artifact::to_value).collect())),
            ("conditions", Value::array(conditions.collect())),
            ("format", Value::string(MANIFEST_FORMAT)),
            ("grants", Value::array(Vec::new())),
            ("name", Value::string(name.as_str())),
            ("remotes", Value::array(remotes.iter().map(|url| Value::string(url.as_str())).collect())),
            ("surface", Value::array(objects)),
            ("version", Value::string(version.as_str())),
            ("volatile", volatile::write_all(rules)),
        ]);
        Self::from_bytes(&json::canonical(&document))
    }
}

/// Digest and canonical form, if a strict reader reads that form again.
fn canonical_object(object: &CapturedObject) -> Result<(Digest, Vec<u8>), ManifestError> {
    let limits = ReadLimits { max_depth: MAX_HASHED_DEPTH, ..LIMITS };
    let unrepeatable = |_| ManifestError::Unrepeatable { kind: object.kind };
    let value = json::read(&object.bytes, &limits).map_err(unrepeatable)?;
    let canonical = json::canonical(&value);
    json::read_canonical(&canonical, &limits).map_err(unrepeatable)?;
    Ok((tagged_digest(object.kind.tag(), &canonical), canonical))
}

fn sorted(names: &[String]) -> Value<'_> {
    let names: std::collections::BTreeSet<&str> = names.iter().map(String::as_str).collect();
    Value::array(names.into_iter().map(Value::string).collect())
}
