//! Whether a keyset is admitted.

use std::sync::Arc;

use super::change::Effect;
use super::keyring::{Keyring, Succession};
use super::state::{NamespaceState, PendingKind, State};
use super::{Facts, Refusal};
use crate::entry::Entry;
use crate::index::IndexKey;
use crate::keyset::Keyset;

pub(super) fn judge(
    state: &State,
    entry: &Entry,
    keyset: &Keyset,
    facts: &Facts<'_>,
) -> Result<Effect, Refusal> {
    if keyset.origin() != facts.origin {
        return Err(Refusal::ForeignOrigin { named: keyset.origin().clone() });
    }
    let namespace = IndexKey::namespace(keyset.namespace());
    let held = state.namespaces.get(&namespace);
    if keyset.version() == 1 {
        judge_claim(held, namespace, entry, keyset, facts)
    } else {
        judge_next(held.ok_or(Refusal::Unclaimed)?, namespace, entry, keyset, facts)
    }
}

/// Keyset 1: the first claim is in force at once; one with evidence displaces one without at once, and one with evidence
/// after the waiting period; one without evidence displaces none.
fn judge_claim(
    held: Option<&NamespaceState>,
    namespace: IndexKey,
    entry: &Entry,
    keyset: &Keyset,
    facts: &Facts<'_>,
) -> Result<Effect, Refusal> {
    if let Some(held) = held
        && (keyset.evidence().is_none() || keyset.claim() == held.claim)
    {
        return Err(Refusal::ClaimInForce { claim: held.claim });
    }
    let waits = held.is_some_and(|held| !held.ring.keyset.evidence().is_none());
    if waits {
        held.map_or(Ok(()), refuse_while_pending)?;
    }
    Keyring::check_first(entry, keyset, facts.evidence)?;
    let keyset = Arc::new(keyset.clone());
    Ok(if waits {
        Effect::Wait { namespace, keyset, kind: PendingKind::Claim }
    } else {
        Effect::Claim { namespace, keyset }
    })
}

fn judge_next(
    held: &NamespaceState,
    namespace: IndexKey,
    entry: &Entry,
    keyset: &Keyset,
    facts: &Facts<'_>,
) -> Result<Effect, Refusal> {
    if keyset.claim() != held.claim {
        return Err(Refusal::ClaimNotInForce { in_force: held.claim });
    }
    refuse_while_pending(held)?;
    let succession = held.ring.judge_next(entry, keyset, facts.evidence)?;
    let keyset = Arc::new(keyset.clone());
    let wait = |kind| Effect::Wait { namespace, keyset: Arc::clone(&keyset), kind };
    Ok(match succession {
        Succession::Rotation => Effect::Rotation { namespace, keyset },
        Succession::RecoveryByKeys => wait(PendingKind::RecoveryByKeys),
        Succession::RecoveryByEvidence => wait(PendingKind::RecoveryByEvidence),
    })
}

fn refuse_while_pending(held: &NamespaceState) -> Result<(), Refusal> {
    match &held.pending {
        None => Ok(()),
        Some(pending) if pending.kind == PendingKind::Claim => {
            Err(Refusal::ClaimPending { keyset: pending.keyset.digest() })
        }
        Some(pending) => Err(Refusal::RecoveryPending { keyset: pending.keyset.digest() }),
    }
}
