//! Putting a bundle together, and taking it apart to renew it.

use super::{BUNDLE_FORMAT, BundleError, LIMITS, MAX_BUNDLE_BYTES, MAX_BUNDLE_KEYSETS};
use crate::document::{Fields, Place};
use crate::json::{self, Value};

/// Everything of a bundle but the manifest, as a log answers it: canonical JSON and proof texts, unverified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleParts {
    /// Canonical JSON of the release's entry.
    pub entry: Vec<u8>,
    /// Proof text of the entry under the checkpoint that first published it.
    pub first: String,
    /// The claim's keyset history, in the order in which it came into force.
    pub keysets: Vec<KeysetPart>,
    /// Proof text of the entry under the head.
    pub proof: String,
    /// Canonical JSON of the index proof under the head.
    pub state: Vec<u8>,
}

/// An element of [`BundleParts::keysets`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysetPart {
    /// Canonical JSON of its entry.
    pub entry: Vec<u8>,
    /// Its proof text under the head.
    pub proof: String,
    /// The index from which it is in force.
    pub since: u64,
}

impl BundleParts {
    /// Reads the document without manifest, `{"entry":…,"first":…,"keysets":…,"proof":…,"state":…}`.
    ///
    /// # Errors
    /// Another form. Not checked: what the parts hold; [`super::Bundle::parse`] tells once the manifest is in.
    pub fn parse(doc: &[u8]) -> Result<Self, BundleError> {
        Self::read(doc, &["entry", "first", "keysets", "proof", "state"]).map(|(parts, _)| parts)
    }

    /// Takes a bundle apart: everything but the manifest, and the manifest's bytes.
    ///
    /// # Errors
    /// Another form. Not checked: what the parts hold.
    pub fn of_bundle(doc: &[u8]) -> Result<(Self, Vec<u8>), BundleError> {
        let names = ["entry", "first", "format", "keysets", "manifest", "proof", "state"];
        let (parts, document) = Self::read(doc, &names)?;
        let member = |name| document.get(name).map(|value| value.slice(doc)).unwrap_or_default();
        if member("format") != json::canonical(&Value::string(BUNDLE_FORMAT)) {
            return Err(BundleError::Format);
        }
        Ok((parts, member("manifest").to_vec()))
    }

    /// The document without manifest, in canonical form if the parts are.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.write(None)
    }

    /// The bundle with this manifest, in canonical form if parts and manifest are. Not checked:
    /// [`super::Bundle::parse`] tells whether it is one.
    pub fn with_manifest(&self, manifest: &[u8]) -> Vec<u8> {
        self.write(Some(manifest))
    }

    fn read<'d>(doc: &'d [u8], names: &[&str]) -> Result<(Self, Value<'d>), BundleError> {
        if doc.len() > MAX_BUNDLE_BYTES {
            return Err(BundleError::TooLarge { found: doc.len() });
        }
        let document = json::read_canonical(doc, &LIMITS).map_err(BundleError::Json)?;
        let fields = Fields::of(&document, Place::Document, names).map_err(BundleError::Members)?;
        let text = |name| fields.text(name).map(str::to_owned).map_err(BundleError::Members);
        let slice =
            |name| fields.value(name).map(|value| value.slice(doc).to_vec()).map_err(BundleError::Members);
        let elements = fields.array("keysets").map_err(BundleError::Members)?;
        if elements.len() > MAX_BUNDLE_KEYSETS {
            return Err(BundleError::KeysetCount { found: elements.len() });
        }
        let place = fields.place_of("keysets");
        let keyset = |(index, value): (usize, &Value<'_>)| {
            let fields = Fields::of(value, Place::Element(&place, index), &["entry", "proof", "since"])?;
            Ok(KeysetPart {
                entry: fields.value("entry")?.slice(doc).to_vec(),
                proof: fields.text("proof")?.to_owned(),
                since: fields.uint("since")?,
            })
        };
        let keysets = elements.iter().enumerate().map(keyset).collect::<Result<_, _>>();
        let parts = Self {
            entry: slice("entry")?,
            first: text("first")?,
            keysets: keysets.map_err(BundleError::Members)?,
            proof: text("proof")?,
            state: slice("state")?,
        };
        Ok((parts, document))
    }

    fn write(&self, manifest: Option<&[u8]>) -> Vec<u8> {
        let mut out = Vec::new();
        let text = |text: &str| json::canonical(&Value::string(text));
        let mut member = |start: &str, value: &[u8]| {
            out.extend_from_slice(start.as_bytes());
            out.extend_from_slice(value);
        };
        member("{\"entry\":", &self.entry);
        member(",\"first\":", &text(&self.first));
        if manifest.is_some() {
            member(",\"format\":", &text(BUNDLE_FORMAT));
        }
        member(",\"keysets\":", b"[");
        for (index, keyset) in self.keysets.iter().enumerate() {
            member(if index == 0 { "{\"entry\":" } else { ",{\"entry\":" }, &keyset.entry);
            member(",\"proof\":", &text(&keyset.proof));
            member(",\"since\":", format!("{}}}", keyset.since).as_bytes());
        }
        if let Some(manifest) = manifest {
            member("],\"manifest\":", manifest);
            member(",\"proof\":", &text(&self.proof));
        } else {
            member("],\"proof\":", &text(&self.proof));
        }
        member(",\"state\":", &self.state);
        out.push(b'}');
        out
    }
}
