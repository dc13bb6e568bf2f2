//! New proofs for an old release: the log is asked, and what it gives is judged like any bundle before it is written.

use std::path::Path;

use pinfold_core::bundle::BundleParts;
use pinfold_core::checkpoint::SignedCheckpoint;
use pinfold_core::merkle::{ConsistencyProof, TileTree, prove_consistency};
use pinfold_core::text::{visible, visible_path};
use pinfold_log_client::{BaseUrl, LogClient, LogTiles};
use pinfold_verifier::release::{Marks, Opened};
use pinfold_verifier::trust::Trust;

use super::super::log::{garbage, unreachable};
use crate::exit::Exit;
use crate::output::{Output, Problem};
use crate::own_file;
use crate::release_file::no_bundle;

/// A bundle with new proofs. Not verified.
pub(super) struct Renewed {
    pub(super) bytes: Vec<u8>,
    /// The same, read.
    pub(super) opened: Opened,
    /// From the head that was seen before to the new one.
    pub(super) consistency: Option<ConsistencyProof>,
}

/// Asks the trusted log of a bundle for new proofs. Entry, manifest and the first proof stay as they are.
///
/// # Errors
///
/// The file is no bundle; its log is not trusted or has no URL; the log gives no answer.
pub(super) fn fetch(
    bytes: &[u8],
    opened: &Opened,
    trust: &Trust,
    marks: &Marks,
    output: &mut Output<'_>,
) -> Result<Renewed, Problem> {
    let bundle = opened.bundle().map_err(no_bundle)?;
    let (old, manifest) = BundleParts::of_bundle(bytes).map_err(|error| no_bundle(&error))?;
    let origin = bundle.proof().checkpoint().checkpoint().origin();
    let log = origin.parse().ok().and_then(|origin| trust.log(&origin)).ok_or_else(|| {
        Problem::new(
            Exit::Refused,
            "LOG_UNTRUSTED",
            format!("the log {:?} is not one that you trust", visible(origin)),
            "a log is asked only if it is trusted: `pinfold policy trust FILE --log POLICY` shows it, and asks you",
        )
    })?;
    let url: BaseUrl = log.url().and_then(|url| url.as_str().parse().ok()).ok_or_else(|| {
        Problem::new(
            Exit::Usage,
            "LOG_NOT_CONFIGURED",
            format!("the trust file has no URL for the log {}", log.origin()),
            "add `url` to its section of the trust file",
        )
    })?;
    let client = LogClient::new(&url);
    output.note(format!("asking {url} for new proofs of entry {} …", bundle.proof().index()));
    let answer = client.bundle_parts(bundle.proof().index()).map_err(|error| unreachable(&error))?;
    let new = BundleParts::parse(&answer)
        .map_err(|error| garbage(format!("{url} answers with something else than proofs: {error}")))?;
    let bytes = BundleParts { entry: old.entry, first: old.first, ..new }.with_manifest(&manifest);
    let opened = Opened::read(&bytes);
    let consistency = consistency(&opened, &client, marks)?;
    Ok(Renewed { bytes, opened, consistency })
}

/// The proof between the head seen before and the new one; none where nothing was seen, or the new one is smaller.
fn consistency(
    opened: &Opened,
    client: &LogClient,
    marks: &Marks,
) -> Result<Option<ConsistencyProof>, Problem> {
    // What cannot be read has no head; the verifier says what is wrong with it.
    let Ok(bundle) = opened.bundle() else { return Ok(None) };
    let head: &SignedCheckpoint = bundle.proof().checkpoint();
    let new = head.checkpoint();
    let seen = new.origin().parse().ok().and_then(|origin| marks.head(&origin));
    let Some(seen) = seen.filter(|seen| seen.size > 0 && seen.size < new.size()) else { return Ok(None) };
    let failed = |error: &dyn std::error::Error| {
        garbage(format!("the tiles of {} do not give the tree that it signed: {error}", client.base()))
    };
    let tree =
        TileTree::open(LogTiles::new(client), new.size(), *new.root()).map_err(|error| failed(&error))?;
    let proof = prove_consistency(&tree, seen.size, new.size()).map_err(|error| failed(&error))?;
    Ok(Some(proof))
}

/// Puts the renewed bundle in the place of the old one.
///
/// # Errors
///
/// What the disk says; then the old file still stands.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    own_file::write(path, bytes, 0o644).map_err(|error| {
        Problem::new(
            Exit::Undetermined,
            "RELEASE_FILE_NOT_WRITTEN",
            format!("{} cannot be written: {error}; it stands as it was", visible_path(path)),
            "make room, or copy the file to a folder that can be written",
        )
    })
}
