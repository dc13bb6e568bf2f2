//! The bundle: one file with everything that the verification of a release needs.
//!
//! Source: `spec/bundle.md`. The document is read once; entries, manifest and map-head are slices of it, so what is
//! hashed is what was parsed. Nothing is verified here but the form, and that the manifest is the statement's.

mod error;
mod write;

use crate::digest::file_digest;
use crate::document::{Fields, Place};
use crate::entry::{Entry, Payload};
use crate::index::IndexProof;
use crate::json::{self, ReadLimits};
use crate::limits::MAX_HASHED_DEPTH;
use crate::manifest::Manifest;
use crate::statement::Statement;
use crate::tlog_proof::TlogProof;

pub use error::{BundleError, BundleMember};
pub use write::{BundleParts, KeysetPart};

/// The member `format`.
pub const BUNDLE_FORMAT: &str = "pinfold/bundle/v1";

/// Bytes of a bundle, at most. The manifest of the largest real server takes 358,189.
pub const MAX_BUNDLE_BYTES: usize = 16 << 20;

/// Keysets and withdrawals of keys in a bundle, at most: those of a claim.
pub const MAX_BUNDLE_KEYSETS: usize = 512;

/// Levels around an object of the surface: bundle, manifest, `surface`, and the element.
const LEVELS_AROUND_AN_OBJECT: u8 = 4;

const LIMITS: ReadLimits = ReadLimits {
    max_bytes: MAX_BUNDLE_BYTES,
    max_depth: MAX_HASHED_DEPTH + LEVELS_AROUND_AN_OBJECT,
    max_string_bytes: 1 << 20,
    max_members: 4_096,
    // As many as a manifest may have, and as many as the rest can need.
    max_values: (1 << 20) + (1 << 16),
};

/// A bundle that was read. Its form is right, and its manifest is the statement's; nothing else is shown yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    entry: Entry,
    statement: Statement,
    first: TlogProof,
    keysets: Vec<LoggedKeyset>,
    manifest: Manifest,
    proof: TlogProof,
    state: IndexProof,
}

/// A keyset, or the withdrawal of a key, with its place in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedKeyset {
    /// Its entry.
    pub entry: Entry,
    /// Its proof, under the head of the bundle.
    pub proof: TlogProof,
    /// The index from which it is said to be in force.
    pub since: u64,
}

impl Bundle {
    /// Reads a bundle.
    ///
    /// # Errors
    /// The first thing that is not as `spec/bundle.md` says. A manifest that is not the one that the statement names is
    /// [`BundleError::OtherManifest`], whatever else may be wrong with it.
    ///
    /// Not checked: proofs, signatures, keysets, and whether the statement speaks of this manifest's name.
    pub fn parse(doc: &[u8]) -> Result<Self, BundleError> {
        if doc.len() > MAX_BUNDLE_BYTES {
            return Err(BundleError::TooLarge { found: doc.len() });
        }
        let document = json::read_canonical(doc, &LIMITS).map_err(BundleError::Json)?;
        let names = ["entry", "first", "format", "keysets", "manifest", "proof", "state"];
        let fields = Fields::of(&document, Place::Document, &names).map_err(BundleError::Members)?;
        if fields.text("format").map_err(BundleError::Members)? != BUNDLE_FORMAT {
            return Err(BundleError::Format);
        }
        let entry = read_entry(&fields, doc, BundleMember::Entry)?;
        let Payload::Release(statement) = entry.payload() else { return Err(BundleError::NotARelease) };
        let statement = Statement::clone(statement);
        let manifest = read_manifest(&fields, doc, &statement)?;
        let proof = read_proof(&fields, "proof", BundleMember::Proof)?;
        let first = read_proof(&fields, "first", BundleMember::First)?;
        let keysets = read_keysets(&fields, doc, &proof)?;
        let state = fields.value("state").map_err(BundleError::Members)?;
        let state = IndexProof::from_value(state, doc).map_err(BundleError::State)?;
        Ok(Self { entry, statement, first, keysets, manifest, proof, state })
    }

    /// The release's log entry.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The statement in it.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// Proof of the entry under the checkpoint that first published it.
    pub fn first(&self) -> &TlogProof {
        &self.first
    }

    /// The claim's keyset history, as the bundle has it.
    pub fn keysets(&self) -> &[LoggedKeyset] {
        &self.keysets
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Proof of the entry under the head.
    pub fn proof(&self) -> &TlogProof {
        &self.proof
    }

    /// The index proof under the head.
    pub fn state(&self) -> &IndexProof {
        &self.state
    }
}

fn read_entry(fields: &Fields<'_, '_, '_>, doc: &[u8], of: BundleMember) -> Result<Entry, BundleError> {
    let value = fields.value("entry").map_err(BundleError::Members)?;
    Entry::from_value(value, doc).map_err(|error| BundleError::Entry { of, error })
}

/// The digest comes first: a manifest that was edited is told as that, even where the edit left no manifest.
fn read_manifest(
    fields: &Fields<'_, '_, '_>,
    doc: &[u8],
    statement: &Statement,
) -> Result<Manifest, BundleError> {
    let value = fields.value("manifest").map_err(BundleError::Members)?;
    let found = file_digest(value.slice(doc));
    if found != statement.manifest {
        return Err(BundleError::OtherManifest { stated: statement.manifest, found });
    }
    Manifest::from_value(value, doc).map_err(BundleError::Manifest)
}

fn read_proof(fields: &Fields<'_, '_, '_>, name: &str, of: BundleMember) -> Result<TlogProof, BundleError> {
    let text = fields.text(name).map_err(BundleError::Members)?;
    TlogProof::parse(text.as_bytes()).map_err(|error| BundleError::Proof { of, error })
}

fn read_keysets(
    fields: &Fields<'_, '_, '_>,
    doc: &[u8],
    proof: &TlogProof,
) -> Result<Vec<LoggedKeyset>, BundleError> {
    let elements = fields.array("keysets").map_err(BundleError::Members)?;
    if !(1..=MAX_BUNDLE_KEYSETS).contains(&elements.len()) {
        return Err(BundleError::KeysetCount { found: elements.len() });
    }
    let place = fields.place_of("keysets");
    let mut keysets = Vec::with_capacity(elements.len());
    for (index, value) in elements.iter().enumerate() {
        let of = BundleMember::Keyset(index + 1);
        let fields = Fields::of(value, Place::Element(&place, index), &["entry", "proof", "since"])
            .map_err(BundleError::Members)?;
        let keyset = LoggedKeyset {
            entry: read_entry(&fields, doc, of)?,
            proof: read_proof(&fields, "proof", of)?,
            since: fields.uint("since").map_err(BundleError::Members)?,
        };
        if keyset.proof.checkpoint() != proof.checkpoint() {
            return Err(BundleError::Heads { place: index + 1 });
        }
        keysets.push(keyset);
    }
    Ok(keysets)
}
