//! Whether a release is admitted.

use super::Refusal;
use super::change::{Effect, NewRelease};
use super::state::{NameState, State};
use crate::entry::Entry;
use crate::index::IndexKey;
use crate::statement::Statement;

pub(super) fn judge(state: &State, entry: &Entry, statement: &Statement) -> Result<Effect, Refusal> {
    let namespace = IndexKey::namespace(&statement.name.namespace());
    let held = state.namespaces.get(&namespace).ok_or(Refusal::Unclaimed)?;
    if statement.claim != held.claim {
        return Err(Refusal::ClaimNotInForce { in_force: held.claim });
    }
    let name = IndexKey::name(&statement.name);
    if let Some(known) = state.name_in(&name, &held.claim) {
        judge_order(known, statement)?;
    } else if statement.sequence != 1 {
        return Err(Refusal::SequenceGap { expected: 1 });
    }
    held.ring.check_release(entry, &statement.name)?;
    let release = NewRelease {
        claim: statement.claim,
        sequence: statement.sequence,
        version: statement.version.clone(),
        payload: entry.payload_digest(),
    };
    Ok(Effect::Release { name, namespace, release })
}

/// Sequence, predecessor and version, against the releases that there are.
fn judge_order(known: &NameState, statement: &Statement) -> Result<(), Refusal> {
    let expected = known.newest.sequence + 1;
    if statement.sequence > expected {
        return Err(Refusal::SequenceGap { expected });
    }
    if statement.sequence < expected {
        let winner = known.releases.get(statement.sequence);
        return Err(Refusal::SequenceTaken {
            winner: winner.map_or(known.newest.index, |winner| winner.index),
        });
    }
    if statement.previous != Some(known.newest_payload) {
        return Err(Refusal::PreviousMismatch { newest: known.newest_payload });
    }
    match known.releases.of_version(&statement.version) {
        Some((_, release)) => Err(Refusal::VersionUsed { index: release.index }),
        None => Ok(()),
    }
}
