//! Steps V12 to V14, V17 and V18: what the log's index says about the release.

use pinfold_core::bundle::Bundle;
use pinfold_core::index::{HistoryHead, IndexError, NameState, VerifiedIndex};

use super::question::Requirements;
use super::refusal::Refusal;
use super::verify::Said;
use super::words::count;

/// What the index says under the head, if its proofs hold.
pub(super) fn verify(bundle: &Bundle) -> Result<VerifiedIndex, IndexError> {
    let head = bundle.proof().checkpoint().checkpoint();
    bundle.state().verify(&bundle.statement().name, head.size(), head.root())
}

/// V12: the map-head is the last entry of the head.
pub(super) fn head(bundle: &Bundle, index: &Result<VerifiedIndex, IndexError>) -> Result<Said, Refusal> {
    match index {
        Err(error @ IndexError::HeadNotLast) => Err(Refusal::IndexHead(error.clone())),
        _ => {
            let size = bundle.proof().checkpoint().checkpoint().size();
            Ok(Said::Passed(format!("its map-head is entry {} of {size}", size.saturating_sub(1))))
        }
    }
}

/// V13: the proofs hold, and what they prove fits this release. Where the namespace belongs to another claim, the next
/// step says so.
pub(super) fn speaks_of(
    bundle: &Bundle,
    index: Result<VerifiedIndex, IndexError>,
) -> Result<(VerifiedIndex, Said), Refusal> {
    let index = index.map_err(Refusal::Index)?;
    let statement = bundle.statement();
    let name = || statement.name.clone();
    let said = Said::Passed(format!("the index speaks of {}", statement.name));
    if index.namespace().is_none_or(|namespace| namespace.claim != statement.claim) {
        return Ok((index, said));
    }
    let state = index.name().ok_or_else(|| Refusal::NameAbsent { name: name() })?;
    if state.value.claim != statement.claim {
        return Err(Refusal::NameOfOtherClaim { name: name(), found: state.value.claim });
    }
    let newest = &state.value.newest;
    let (sequence, at) = (statement.sequence, bundle.proof().index());
    let is_this =
        newest.sequence == sequence && newest.index == at && newest.leaf == bundle.entry().leaf_hash();
    if !is_this && (newest.sequence <= sequence || newest.index <= at) {
        return Err(Refusal::NewestContradicts {
            newest: newest.sequence,
            at: newest.index,
            sequence,
            index: at,
        });
    }
    Ok((index, said))
}

/// V14: the claim is in force, and its keyset history is the one in the bundle. Gives what the index says of the name, and
/// the number of earlier claims.
pub(super) fn history<'i>(
    bundle: &Bundle,
    index: &'i VerifiedIndex,
) -> Result<((&'i NameState, u64), Said), Refusal> {
    let namespace = bundle.statement().name.namespace();
    let Some(value) = index.namespace() else { return Err(Refusal::NamespaceAbsent(namespace)) };
    if value.claim != bundle.statement().claim {
        return Err(Refusal::OtherClaimInForce { namespace, found: value.claim });
    }
    let keysets = bundle.keysets();
    if value.keysets.count != keysets.len() as u64 {
        return Err(Refusal::KeysetCount { found: keysets.len(), count: value.keysets.count });
    }
    let found = keysets
        .iter()
        .fold(HistoryHead::EMPTY, |history, keyset| history.with(keyset.since, &keyset.entry.leaf_hash()));
    if found != value.keysets {
        return Err(Refusal::KeysetHistory);
    }
    // V13 has found it there.
    let state = index.current_name().ok_or(Refusal::NamespaceAbsent(namespace))?;
    let said = Said::Passed(format!("the index knows the same {}", count(keysets.len(), "keyset entry")));
    Ok(((state, value.earlier), said))
}

/// V17: the newest release, if that is asked.
pub(super) fn newest(
    bundle: &Bundle,
    state: &NameState,
    requirements: &Requirements,
) -> Result<Said, Refusal> {
    let (sequence, newest) = (bundle.statement().sequence, state.value.newest.sequence);
    let is_newest = sequence == newest;
    if requirements.newest && !is_newest {
        return Err(Refusal::Superseded { sequence, newest });
    }
    let detail =
        if is_newest { "the newest release".to_owned() } else { format!("sequence {newest} is newer") };
    Ok(if requirements.newest { Said::Passed(detail) } else { Said::NotRequired(detail) })
}

/// V18: not withdrawn.
pub(super) fn withdrawn(bundle: &Bundle, state: &NameState) -> Result<Said, Refusal> {
    if state.withdrawn.contains(bundle.statement().sequence) {
        return Err(Refusal::Withdrawn);
    }
    Ok(Said::Passed("not withdrawn".to_owned()))
}
