//! Whether a withdrawal is admitted.

use super::Refusal;
use super::change::Effect;
use super::state::{NamespaceState, PendingKind, State};
use crate::digest::Digest;
use crate::entry::Entry;
use crate::index::IndexKey;
use crate::keyset::Role;
use crate::registry_name::RegistryName;
use crate::statement::ReleaseVersion;
use crate::withdrawal::{Withdrawal, Withdrawn};

pub(super) fn judge(state: &State, entry: &Entry, withdrawal: &Withdrawal) -> Result<Effect, Refusal> {
    let namespace = IndexKey::namespace(&withdrawal.namespace);
    let held = state.namespaces.get(&namespace).ok_or(Refusal::Unclaimed)?;
    if withdrawal.claim != held.claim {
        return Err(Refusal::ClaimNotInForce { in_force: held.claim });
    }
    match &withdrawal.subject {
        Withdrawn::Release { name, sequence, version, .. } => {
            judge_release(state, held, entry, name, *sequence, version)
        }
        Withdrawn::Key { key_id, .. } => {
            held.ring.check_key_withdrawal(entry, *key_id)?;
            Ok(Effect::KeyWithdrawn { namespace, key_id: *key_id })
        }
        Withdrawn::Pending { keyset, .. } => judge_cancel(held, namespace, entry, keyset),
    }
}

fn judge_release(
    state: &State,
    held: &NamespaceState,
    entry: &Entry,
    name: &RegistryName,
    sequence: u64,
    version: &ReleaseVersion,
) -> Result<Effect, Refusal> {
    let key = IndexKey::name(name);
    let known = state.name_in(&key, &held.claim).ok_or(Refusal::NoSuchRelease)?;
    if known.releases.of_version(version).is_none_or(|(found, _)| found != sequence) {
        return Err(Refusal::NoSuchRelease);
    }
    if known.withdrawn.contains(sequence) {
        return Err(Refusal::AlreadyWithdrawn);
    }
    let withdrawn = known.withdrawn.with(sequence).map_err(|_| Refusal::TooManyRanges)?;
    held.ring.check_release(entry, name)?;
    Ok(Effect::ReleaseWithdrawn { name: key, withdrawn })
}

fn judge_cancel(
    held: &NamespaceState,
    namespace: IndexKey,
    entry: &Entry,
    keyset: &Digest,
) -> Result<Effect, Refusal> {
    let pending = held.pending.as_ref().filter(|pending| pending.keyset.digest() == *keyset);
    let roles: &[Role] = match pending.ok_or(Refusal::NothingPending)?.kind {
        PendingKind::Claim => &[Role::Root],
        PendingKind::RecoveryByKeys => &[Role::Recovery],
        PendingKind::RecoveryByEvidence => &[Role::Root, Role::Recovery],
    };
    held.ring.check_cancel(entry, roles)?;
    Ok(Effect::Cancel { namespace })
}
