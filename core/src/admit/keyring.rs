//! The keys of a claim at one point: the keyset in force, and the keys withdrawn until then.
//!
//! Both the log's fold and the offline one judge by this.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::authority::Signers;
use super::history::MAX_WITHDRAWN_KEYS;
use super::{EvidenceFact, Refusal};
use crate::entry::Entry;
use crate::keyset::{Evidence, Keyset, Role};
use crate::registry_name::RegistryName;
use crate::signature::{KeyId, PublicKey};

/// The keys of a claim at one point of its history.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Keyring {
    pub(super) keyset: Arc<Keyset>,
    pub(super) withdrawn: BTreeSet<KeyId>,
}

/// How a keyset follows the one in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Succession {
    /// The root changed it: in force at once.
    Rotation,
    /// The recovery threshold replaces the root: waits.
    RecoveryByKeys,
    /// Evidence replaces the root: waits.
    RecoveryByEvidence,
}

impl Keyring {
    /// The keys of a claim that begins.
    pub(super) fn first(keyset: Arc<Keyset>) -> Self {
        Self { keyset, withdrawn: BTreeSet::new() }
    }

    /// The same claim with its next keyset. What was withdrawn stays so.
    pub(super) fn followed_by(&self, keyset: Arc<Keyset>) -> Self {
        Self { keyset, withdrawn: self.withdrawn.clone() }
    }

    /// Whether keyset 1 is signed as it must be.
    pub(super) fn check_first(entry: &Entry, keyset: &Keyset, fact: EvidenceFact) -> Result<(), Refusal> {
        let allowed = keyset.keys_of(Role::Root).chain(keyset.evidence().key());
        let signers = Signers::of(entry, allowed, |key_id| stranger(keyset, key_id))?;
        signers.demand(keyset, Role::Root)?;
        if !keyset.evidence().is_none() {
            check_evidence(keyset.evidence(), &signers, fact)?;
        }
        signers.verify()
    }

    /// Whether a release of a name, or its withdrawal, is signed as it must be: by the release threshold, or by the key
    /// to which the name is delegated.
    pub(super) fn check_release(&self, entry: &Entry, name: &RegistryName) -> Result<(), Refusal> {
        let delegate = self.keyset.delegate_of(name).filter(|key| self.is_usable(key));
        let allowed = self.usable(Role::Release).chain(delegate);
        let signers = Signers::of(entry, allowed, |key_id| self.stranger(key_id))?;
        if !delegate.is_some_and(|key| signers.has(key)) {
            signers.demand(&self.keyset, Role::Release)?;
        }
        signers.verify()
    }

    /// Whether the withdrawal of a key is signed as it must be: by the key itself or by the root threshold; for a recovery
    /// key by the recovery threshold instead, so that who stole the root cannot take recovery away.
    pub(super) fn check_key_withdrawal(&self, entry: &Entry, key_id: KeyId) -> Result<(), Refusal> {
        if self.withdrawn.contains(&key_id) {
            return Err(Refusal::KeyWithdrawn { key_id });
        }
        if self.withdrawn.len() >= MAX_WITHDRAWN_KEYS {
            return Err(Refusal::TooManyWithdrawnKeys);
        }
        let keyset = &self.keyset;
        let delegated = keyset.delegations().iter().map(|delegation| &delegation.key);
        let mut keys = keyset.keys().iter().map(|key| &key.key).chain(delegated);
        let key = keys.find(|key| key.id() == key_id).ok_or(Refusal::NoSuchKey { key_id })?;
        let is_recovery = keyset.keys_of(Role::Recovery).any(|other| other == key);
        let role = if is_recovery { Role::Recovery } else { Role::Root };
        let signers = Signers::of(entry, self.usable(role).chain([key]), |key_id| self.stranger(key_id))?;
        if !signers.has(key) {
            signers.demand(keyset, role)?;
        }
        signers.verify()
    }

    /// Whether one of the roles takes back what waits.
    pub(super) fn check_cancel(&self, entry: &Entry, roles: &[Role]) -> Result<(), Refusal> {
        let allowed = roles.iter().flat_map(|role| self.usable(*role));
        let signers = Signers::of(entry, allowed, |key_id| self.stranger(key_id))?;
        if !roles.iter().any(|role| signers.meets(&self.keyset, *role)) {
            let role = roles.iter().copied().find(|role| signers.count(&self.keyset, *role) > 0);
            signers.demand(&self.keyset, role.unwrap_or(roles[0]))?;
        }
        signers.verify()
    }

    /// How a keyset of the same claim follows the one in force.
    pub(super) fn judge_next(
        &self,
        entry: &Entry,
        next: &Keyset,
        fact: EvidenceFact,
    ) -> Result<Succession, Refusal> {
        let current = &self.keyset;
        if next.version() != current.version() + 1 {
            return Err(Refusal::KeysetVersion { expected: current.version() + 1 });
        }
        if next.previous() != Some(current.digest()) {
            return Err(Refusal::KeysetPrevious { in_force: current.digest() });
        }
        let delegated = next.delegations().iter().map(|delegation| &delegation.key);
        let mut ids = next.keys().iter().map(|key| &key.key).chain(delegated).map(PublicKey::id);
        if let Some(key_id) = ids.find(|id| self.withdrawn.contains(id)) {
            return Err(Refusal::KeyWithdrawn { key_id });
        }
        if next.evidence().is_none() && !current.evidence().is_none() {
            return Err(Refusal::EvidenceDropped);
        }
        let allowed = self.usable(Role::Root).chain(self.usable(Role::Recovery));
        // What was withdrawn signs nothing, not even for evidence that names it.
        let proof = next.evidence().key().filter(|key| self.is_usable(key));
        let allowed = allowed.chain(next.keys_of(Role::Root)).chain(proof);
        let signers = Signers::of(entry, allowed, |key_id| self.stranger(key_id))?;
        signers.demand(next, Role::Root)?;
        let succession = self.succession(next, &signers, fact)?;
        signers.verify()?;
        Ok(succession)
    }

    fn succession(
        &self,
        next: &Keyset,
        signers: &Signers<'_, '_>,
        fact: EvidenceFact,
    ) -> Result<Succession, Refusal> {
        let current = &self.keyset;
        let evidence = check_evidence(next.evidence(), signers, fact);
        if next.evidence() != current.evidence() {
            evidence.clone()?;
        }
        let is_root = signers.meets(current, Role::Root);
        let is_recovery = signers.meets(current, Role::Recovery);
        let keeps_recovery = self.keeps_recovery(next);
        if is_root && (keeps_recovery || is_recovery) {
            return Ok(Succession::Rotation);
        }
        if is_recovery {
            return Ok(Succession::RecoveryByKeys);
        }
        if evidence.is_ok() {
            return Ok(Succession::RecoveryByEvidence);
        }
        Err(signers.shortage(current, if is_root { Role::Recovery } else { Role::Root }))
    }

    /// Whether the next keyset leaves recovery as it is, but for keys that were withdrawn. With no recovery key left
    /// there is nothing to protect.
    fn keeps_recovery(&self, next: &Keyset) -> bool {
        let left: Vec<&PublicKey> = self.usable(Role::Recovery).collect();
        let threshold = self.keyset.threshold(Role::Recovery).min(left.len());
        left.is_empty()
            || (next.keys_of(Role::Recovery).eq(left) && next.threshold(Role::Recovery) == threshold)
    }

    fn usable(&self, role: Role) -> impl Iterator<Item = &PublicKey> {
        self.keyset.keys_of(role).filter(|key| self.is_usable(key))
    }

    fn is_usable(&self, key: &PublicKey) -> bool {
        self.withdrawn.is_empty() || !self.withdrawn.contains(&key.id())
    }

    fn stranger(&self, key_id: KeyId) -> Refusal {
        if self.withdrawn.contains(&key_id) {
            return Refusal::KeyWithdrawn { key_id };
        }
        stranger(&self.keyset, key_id)
    }
}

/// The evidence is true, and the key that it names signed.
fn check_evidence(evidence: &Evidence, signers: &Signers<'_, '_>, fact: EvidenceFact) -> Result<(), Refusal> {
    if let Some(key) = evidence.key().filter(|key| !signers.has(key)) {
        return Err(Refusal::EvidenceUnsigned { key_id: key.id() });
    }
    if evidence.is_none() || fact == EvidenceFact::NotChecked {
        return Err(Refusal::EvidenceNotAccepted);
    }
    Ok(())
}

/// What a signature means whose key may not sign.
fn stranger(keyset: &Keyset, key_id: KeyId) -> Refusal {
    let delegated = keyset.delegations().iter().map(|delegation| &delegation.key);
    let mut keys = keyset.keys().iter().map(|key| &key.key).chain(delegated);
    if keys.any(|key| key.id() == key_id) {
        Refusal::WrongRole { key_id }
    } else {
        Refusal::UnknownSigner { key_id }
    }
}
