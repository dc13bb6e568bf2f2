//! The document of `publish`.

use serde::Serialize;

use crate::changed::ObjectPart;
use crate::commands::capture::{ReleasePart, UnstablePart, VariablesPart};

/// `pinfold/publish/v1`.
#[derive(Default, Serialize)]
pub(super) struct Body {
    /// The bundle.
    pub(super) file: Option<String>,
    /// The log's origin.
    pub(super) log: Option<String>,
    pub(super) claim: Option<String>,
    /// The entry of the keyset that made the claim; `null` where the claim was there.
    pub(super) keyset_index: Option<u64>,
    /// The entry of the release.
    pub(super) index: Option<u64>,
    pub(super) sequence: Option<u64>,
    /// SHA-256 of the release statement.
    pub(super) statement: Option<String>,
    /// The release was in the log before this run.
    pub(super) already: bool,
    pub(super) release: Option<ReleasePart>,
    pub(super) variables: VariablesPart,
    /// What two processes said in two ways; then nothing was signed.
    pub(super) unstable: Vec<UnstablePart>,
    /// What differs from the release before; `null` where there is none or its words are not known.
    pub(super) changes: Option<Vec<ObjectPart>>,
}
