//! What is stored beside the entries, compared with what they give.

use pinfold_core::checkpoint::{Checkpoint, SignedCheckpoint};

use super::Verdict;
use super::replay::Replay;
use crate::store::{Reader, StoreError};

/// The signed head.
pub(super) fn head(reader: Reader<'_>, replay: &Replay<'_>, verdict: &mut Verdict) -> Result<(), StoreError> {
    let stored = reader.head()?;
    let (size, root) = (replay.tree.size(), replay.tree.root());
    if stored.size != size || stored.root != *root.as_bytes() {
        verdict.find("the signed head has another size or root than the entries give");
    }
    if reader.end()? != stored.size {
        verdict.find("there are entries that the signed head does not cover");
    }
    let expected =
        Checkpoint::new(replay.origin, stored.size, pinfold_core::merkle::Hash::from_bytes(stored.root));
    let signed = SignedCheckpoint::parse(&stored.note).ok();
    let signed = signed.filter(|head| *head.checkpoint() == expected && head.verify_log(replay.key).is_ok());
    if signed.is_none_or(|head| head.note().signatures().len() != 1) {
        verdict.find("the signed head is not one that this log's key signed");
    }
    Ok(())
}

/// No tile but those of the tree, and none longer; their hashes were compared on the way.
pub(super) fn tiles(
    reader: Reader<'_>,
    replay: &Replay<'_>,
    verdict: &mut Verdict,
) -> Result<(), StoreError> {
    let size = replay.tree.size();
    let hashes: u64 = (0..8).map(|level| size.checked_shr(8 * level).unwrap_or(0)).sum();
    if reader.tile_bytes()? != hashes * 32 {
        verdict.find("the stored tiles hold more or fewer hashes than the tree has");
    }
    Ok(())
}

/// Every closed batch was published, except perhaps the last, and nothing else was.
pub(super) fn published(
    reader: Reader<'_>,
    replay: &Replay<'_>,
    verdict: &mut Verdict,
) -> Result<(), StoreError> {
    let sizes = reader.published_sizes()?;
    if let Some(size) = sizes.iter().find(|size| **size > replay.tree.size()) {
        verdict.find(format!("a head of size {size} was published, and there are fewer entries"));
    }
    if !replay.is_whole() || replay.closed.is_empty() {
        return Ok(());
    }
    let grown: Vec<u64> = sizes.into_iter().filter(|size| *size > 0).collect();
    let (last, before) = replay.closed.split_last().map_or((0, &[][..]), |(last, before)| (*last, before));
    let all_but_last = grown == before;
    if !all_but_last && grown != replay.closed {
        verdict.find(format!(
            "the published heads are not those after each map-head, of which there are {} (the last of size {last})",
            replay.closed.len()
        ));
    }
    if replay.closed.last() != Some(&replay.tree.size()) {
        verdict.find("the last entry is no map-head");
    }
    Ok(())
}

/// The folded state, row by row.
pub(super) fn states(
    reader: Reader<'_>,
    replay: &Replay<'_>,
    verdict: &mut Verdict,
) -> Result<(), StoreError> {
    let mut expected: Vec<(String, Vec<u8>)> = replay
        .state
        .row_keys()
        .filter_map(|key| Some((key.to_string(), replay.state.row(&key)?)))
        .filter(|_| replay.tree.size() > 0)
        .collect();
    expected.sort();
    let stored = reader.state_rows()?;
    let differs = expected.iter().zip(&stored).find(|(expected, stored)| expected != stored);
    if let Some(((key, _), (other, _))) = differs {
        verdict.find(format!("the folded state differs from what the entries give at `{}`", key.min(other)));
    } else if expected.len() != stored.len() {
        verdict.find(format!(
            "the folded state has {} rows, the entries give {}",
            stored.len(),
            expected.len()
        ));
    }
    Ok(())
}

/// The histories, row by row.
pub(super) fn histories(
    reader: Reader<'_>,
    replay: &Replay<'_>,
    verdict: &mut Verdict,
) -> Result<(), StoreError> {
    let expected = replay.histories.iter().flat_map(|((key, kind), rows)| {
        (0_u64..).zip(rows).map(|(position, row)| (*key, *kind, position, *row))
    });
    let mut expected = expected.peekable();
    let mut differs = false;
    reader.each_history(|row| {
        differs |= expected.next() != Some(row);
        Ok(())
    })?;
    if differs || expected.next().is_some() {
        verdict.find("the histories of names and keysets differ from what the entries give");
    }
    Ok(())
}

/// No manifest but those that releases name; each was compared on the way.
pub(super) fn manifests(
    reader: Reader<'_>,
    replay: &Replay<'_>,
    verdict: &mut Verdict,
) -> Result<(), StoreError> {
    verdict.manifests = reader.count_manifests()?;
    if replay.is_whole() && verdict.manifests != replay.manifests.len() as u64 {
        verdict.find(format!(
            "{} manifests are kept, releases name {}",
            verdict.manifests,
            replay.manifests.len()
        ));
    }
    Ok(())
}
