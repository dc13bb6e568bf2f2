//! Why bytes are no bundle.

use std::fmt;

use thiserror::Error;

use super::{BUNDLE_FORMAT, MAX_BUNDLE_BYTES, MAX_BUNDLE_KEYSETS};
use crate::digest::Digest;
use crate::document::DocumentError;
use crate::entry::EntryError;
use crate::index::IndexError;
use crate::json::{ReadError, ReadRefusal};
use crate::manifest::ManifestError;
use crate::tlog_proof::TlogProofError;

/// Why bytes are no bundle, or parts of one.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum BundleError {
    /// More than [`MAX_BUNDLE_BYTES`].
    #[error("it has {found} bytes, and {MAX_BUNDLE_BYTES} are allowed")]
    TooLarge {
        /// Bytes there are.
        found: usize,
    },
    /// No canonical JSON, or beyond a limit.
    #[error("{0}")]
    Json(ReadError),
    /// A member is missing, one is too many, or one is of another type.
    #[error("{0}")]
    Members(DocumentError),
    /// Another format.
    #[error("its format is not {BUNDLE_FORMAT}")]
    Format,
    /// An entry is none.
    #[error("{of}: {error}")]
    Entry {
        /// Which one.
        of: BundleMember,
        /// Why.
        error: EntryError,
    },
    /// `entry` is the entry of something else than a release.
    #[error("its entry is not a release")]
    NotARelease,
    /// The manifest is not the one that the statement names.
    #[error("the manifest is {found}, and the statement names {stated}")]
    OtherManifest {
        /// What the statement names.
        stated: Digest,
        /// Plain SHA-256 of the manifest in the bundle.
        found: Digest,
    },
    /// The manifest that the statement names is none.
    #[error("the manifest: {0}")]
    Manifest(ManifestError),
    /// A proof text is none.
    #[error("{of}: {error}")]
    Proof {
        /// Which one.
        of: BundleMember,
        /// Why.
        error: TlogProofError,
    },
    /// No element in `keysets`, or too many.
    #[error("it has {found} entries of keysets, and 1 to {MAX_BUNDLE_KEYSETS} are allowed")]
    KeysetCount {
        /// Elements there are.
        found: usize,
    },
    /// The proof of a keyset ends in another checkpoint than `proof`.
    #[error("entry {place} of the keysets is proven under another checkpoint than the release")]
    Heads {
        /// Its place in the list, from 1.
        place: usize,
    },
    /// The index proof is none.
    #[error("{0}")]
    State(IndexError),
}

/// A member that holds an entry or a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BundleMember {
    /// `entry`
    Entry,
    /// `first`
    First,
    /// `proof`
    Proof,
    /// An element of `keysets`, by its place, from 1.
    Keyset(usize),
}

impl fmt::Display for BundleMember {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry => out.write_str("the release"),
            Self::First => out.write_str("the proof of first publication"),
            Self::Proof => out.write_str("the proof of the release"),
            Self::Keyset(place) => write!(out, "entry {place} of the keysets"),
        }
    }
}

impl BundleError {
    /// The name of the refusal in `spec/bundle.md`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "size",
            Self::Json(error) => match error.refusal {
                ReadRefusal::TooLarge { .. }
                | ReadRefusal::TooDeep { .. }
                | ReadRefusal::TooManyValues { .. }
                | ReadRefusal::TooManyMembers { .. }
                | ReadRefusal::StringTooLong { .. } => "size",
                _ => "json",
            },
            Self::Members(_) => "members",
            Self::Format => "format",
            Self::Entry { of: BundleMember::Keyset(_), .. } | Self::KeysetCount { .. } => "keysets",
            Self::Entry { .. } | Self::NotARelease => "entry",
            Self::OtherManifest { .. } => "other-manifest",
            Self::Manifest(_) => "manifest",
            Self::Proof { .. } => "proof",
            Self::Heads { .. } => "heads",
            Self::State(_) => "state",
        }
    }
}
