//! An older release that has the words which the newest one lacks: the server was set back.

use std::collections::BTreeSet;

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::merkle::leaf_hash;

use super::{Indexed, Published};
use crate::commands::log::proven_history;
use crate::elsewhere;
use crate::output::Problem;
use crate::publishing::logged_release;

/// Older releases that are looked at, the newest first.
const MAX_LOOKED_AT: usize = 10;

/// An older release. That it is one is proven by the log's index; it was not judged, and approves nothing.
#[derive(Debug)]
pub(crate) struct Older {
    objects: BTreeSet<(ObjectKind, Digest)>,
    /// Which one it is, in our own words.
    pub(crate) words: String,
}

impl Older {
    /// Whether it has all of these, byte for byte.
    pub(crate) fn has_all(&self, mut objects: impl Iterator<Item = (ObjectKind, Digest)>) -> bool {
        objects.all(|object| self.objects.contains(&object))
    }
}

/// The newest of the older releases of a name that has all of these objects; `None`: none of those that were looked at.
///
/// # Errors
/// The log gives no answer, or one that is refused.
pub(crate) fn older_with(
    Indexed { log, index }: &Indexed,
    published: &Published,
    wanted: &BTreeSet<(ObjectKind, Digest)>,
) -> Result<Option<Older>, Problem> {
    let name = &published.release.statement().name;
    let Some(state) = index.current_name() else { return Ok(None) };
    let history = proven_history(log, name, &state.value.history)?;
    let older = history.iter().rev().filter(|(index, _)| *index < published.release.index());
    for (index, leaf) in older.take(MAX_LOOKED_AT) {
        // A withdrawal, or a release whose words the log does not have any more.
        let Ok(release) = logged_release(log, name, *index) else { continue };
        let Some(manifest) = release.manifest.filter(|_| leaf_hash(&release.parts.entry) == *leaf) else {
            continue;
        };
        let objects = manifest.surface().iter().map(|object| (object.kind, object.digest)).collect();
        let is_withdrawn = state.withdrawn.contains(release.statement.sequence);
        let words = format!(
            "{}, number {}, entry {index} of the log {}{}",
            elsewhere::name(release.statement.version.as_str()),
            release.statement.sequence,
            log.origin(),
            if is_withdrawn { ", which its publisher withdrew" } else { "" }
        );
        let found = Older { objects, words };
        if found.has_all(wanted.iter().copied()) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
