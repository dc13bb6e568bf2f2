//! The rules of names, written a second time from `spec/admission.md`, the slow way: it keeps the accepted entries as they
//! came and answers every question by going through all of them.
//!
//! It does not say *which* rule an entry breaks first, but every rule that it breaks.

use std::collections::{BTreeMap, BTreeSet};

use pinfold_core::checkpoint::Origin;
use pinfold_core::digest::{Digest, tagged_digest};
use pinfold_core::entry::{Entry, Payload};
use pinfold_core::index::{HistoryHead, WithdrawnRanges};
use pinfold_core::index::{IndexKey, IndexValue, MapHead, NameStatus, NameValue, NamespaceValue, Newest};
use pinfold_core::keyset::{Keyset, Role};
use pinfold_core::merkle::Hash;
use pinfold_core::registry_name::{Namespace, RegistryName};
use pinfold_core::signature::{KeyId, PublicKey};
use pinfold_core::statement::Statement;
use pinfold_core::withdrawal::{Withdrawal, Withdrawn};

const DAY: u64 = 86_400;
const HOUR: u64 = 3_600;

/// The accepted entries of a log.
pub(crate) struct Model {
    origin: Origin,
    keys: BTreeMap<KeyId, PublicKey>,
    log: Vec<Accepted>,
}

struct Accepted {
    entry: Entry,
    wait: Option<Wait>,
}

/// Why a keyset waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wait {
    Claim,
    ByKeys,
    ByEvidence,
}

/// A namespace, as it is after the accepted entries.
#[derive(Clone, Default)]
pub(crate) struct Standing {
    pub(crate) claim: Option<Claim>,
    pub(crate) earlier: u64,
    pub(crate) pending: Option<Pending>,
}

/// The claim in force.
#[derive(Clone)]
pub(crate) struct Claim {
    pub(crate) id: Digest,
    /// Keysets with the index since which each is in force.
    pub(crate) keysets: Vec<(u64, Keyset)>,
    /// Every step of the history, withdrawals of keys too: index of the entry, since, leaf.
    pub(crate) steps: Vec<(u64, u64, Hash)>,
    pub(crate) withdrawn: BTreeSet<KeyId>,
}

/// A keyset that waits.
#[derive(Clone)]
pub(crate) struct Pending {
    pub(crate) wait: Wait,
    pub(crate) index: u64,
    pub(crate) keyset: Keyset,
    leaf: Hash,
    ends: Option<u64>,
}

impl Claim {
    pub(crate) fn keyset(&self) -> &Keyset {
        &self.keysets[self.keysets.len() - 1].1
    }

    fn is_provisional(&self) -> bool {
        self.keyset().evidence().is_none()
    }
}

impl Pending {
    pub(crate) fn digest(&self) -> Digest {
        self.keyset.digest()
    }
}

type Broken = BTreeSet<&'static str>;

impl Model {
    pub(crate) fn new(origin: Origin, keys: impl Iterator<Item = PublicKey>) -> Self {
        Self { origin, keys: keys.map(|key| (key.id(), key)).collect(), log: Vec::new() }
    }

    pub(crate) fn size(&self) -> u64 {
        self.log.len() as u64
    }

    /// Takes an entry in, or says which rules it breaks.
    pub(crate) fn offer(&mut self, entry: &Entry, is_evidence_true: bool) -> Result<(), Broken> {
        let wait = self.judge(entry, is_evidence_true)?;
        self.log.push(Accepted { entry: entry.clone(), wait });
        Ok(())
    }

    /// Which rules an entry breaks if it comes next, or why it waits.
    pub(crate) fn judge(&self, entry: &Entry, is_evidence_true: bool) -> Result<Option<Wait>, Broken> {
        let mut broken = Broken::new();
        let mut wait = None;
        match entry.payload() {
            Payload::Keyset(keyset) => wait = self.keyset(entry, keyset, is_evidence_true, &mut broken),
            Payload::Release(statement) => self.release(entry, statement, &mut broken),
            Payload::Withdrawal(withdrawal) => self.withdrawal(entry, withdrawal, &mut broken),
            Payload::MapHead(head) => self.map_head(head, &mut broken),
        }
        if broken.is_empty() { Ok(wait) } else { Err(broken) }
    }

    fn keyset(&self, entry: &Entry, keyset: &Keyset, is_true: bool, broken: &mut Broken) -> Option<Wait> {
        let standing = self.standing(keyset.namespace());
        rule(broken, *keyset.origin() == self.origin, "ForeignOrigin");
        // A claim without evidence falls to one with evidence at once, with all that waits in it.
        let falls = keyset.version() == 1 && standing.claim.as_ref().is_some_and(Claim::is_provisional);
        if let Some(pending) = standing.pending.as_ref().filter(|_| !falls) {
            broken.insert(if pending.wait == Wait::Claim { "ClaimPending" } else { "RecoveryPending" });
        }
        if keyset.version() == 1 {
            self.first_keyset(entry, keyset, is_true, standing.claim.as_ref(), broken)
        } else {
            match standing.claim {
                None => {
                    broken.insert("Unclaimed");
                    None
                }
                Some(claim) => self.next_keyset(entry, keyset, is_true, &claim, broken),
            }
        }
    }

    fn first_keyset(
        &self,
        entry: &Entry,
        keyset: &Keyset,
        is_true: bool,
        in_force: Option<&Claim>,
        broken: &mut Broken,
    ) -> Option<Wait> {
        let has_evidence = !keyset.evidence().is_none();
        rule(broken, in_force.is_none() || has_evidence, "ClaimInForce");
        rule(broken, !has_evidence || is_true, "EvidenceNotAccepted");
        let mut may = ids(keyset, Role::Root);
        may.extend(self.evidence_key(entry, keyset, broken));
        self.signatures(entry, &all_ids(keyset), &may, &BTreeSet::new(), broken);
        self.threshold(entry, keyset, Role::Root, broken);
        let falls = in_force.is_none_or(Claim::is_provisional);
        (!falls).then_some(Wait::Claim)
    }

    fn next_keyset(
        &self,
        entry: &Entry,
        keyset: &Keyset,
        is_true: bool,
        claim: &Claim,
        broken: &mut Broken,
    ) -> Option<Wait> {
        let before = claim.keyset();
        rule(broken, keyset.claim() == claim.id, "ClaimNotInForce");
        rule(broken, keyset.version() == before.version() + 1, "KeysetVersion");
        rule(broken, keyset.previous() == Some(before.digest()), "KeysetPrevious");
        let has_evidence = !keyset.evidence().is_none();
        rule(broken, before.evidence().is_none() || has_evidence, "EvidenceDropped");
        let is_new_evidence = has_evidence && keyset.evidence() != before.evidence();
        for key in all_ids(keyset) {
            rule(broken, !claim.withdrawn.contains(&key), "KeyWithdrawn");
        }
        let mut may = ids(before, Role::Root);
        may.extend(ids(before, Role::Recovery));
        may.extend(ids(keyset, Role::Root));
        may.extend(keyset.evidence().key().map(PublicKey::id));
        let meets = |role| {
            let need = before.threshold(role);
            need > 0 && self.count(entry, before, role, &claim.withdrawn) >= need
        };
        let (by_root, by_recovery) = (meets(Role::Root), meets(Role::Recovery));
        // Evidence that was found true before needs to be true again only where it stands for the root.
        let wait = match (by_root, by_recovery) {
            (true, true) => None,
            (true, false) if keeps_recovery(before, keyset, &claim.withdrawn) => None,
            (false, true) => Some(Wait::ByKeys),
            // What recovery does not agree to, evidence may do too; recovery can cancel it while it waits.
            (_, false) => Some(Wait::ByEvidence),
        };
        if is_new_evidence || wait == Some(Wait::ByEvidence) {
            let before_evidence = broken.len();
            if has_evidence {
                rule(broken, is_true, "EvidenceNotAccepted");
                self.evidence_key(entry, keyset, broken);
            }
            // Without good evidence, what is missing is the root.
            if wait == Some(Wait::ByEvidence) && (!has_evidence || broken.len() > before_evidence) {
                broken.insert("ThresholdNotMet");
            }
        }
        self.signatures(entry, &all_ids(before), &may, &claim.withdrawn, broken);
        self.threshold(entry, keyset, Role::Root, broken);
        wait
    }

    fn release(&self, entry: &Entry, statement: &Statement, broken: &mut Broken) {
        let Some(claim) = self.claim_for(&statement.name.namespace(), statement.claim, broken) else {
            return;
        };
        let releases = self.releases(&statement.name, claim.id);
        let newest = releases.last();
        let expected = newest.map_or(1, |(_, release)| release.sequence + 1);
        rule(broken, statement.sequence >= expected, "SequenceTaken");
        rule(broken, statement.sequence <= expected, "SequenceGap");
        let previous = newest.map(|(index, _)| self.log[*index as usize].entry.payload_digest());
        rule(broken, statement.previous == previous, "PreviousMismatch");
        let is_used = releases.iter().any(|(_, release)| release.version == statement.version);
        rule(broken, !is_used, "VersionUsed");
        self.signed_release(entry, &statement.name, &claim, broken);
    }

    fn withdrawal(&self, entry: &Entry, withdrawal: &Withdrawal, broken: &mut Broken) {
        let Some(claim) = self.claim_for(&withdrawal.namespace, withdrawal.claim, broken) else { return };
        let keyset = claim.keyset();
        match &withdrawal.subject {
            Withdrawn::Release { name, sequence, version, .. } => {
                let releases = self.releases(name, claim.id);
                let is_there = releases
                    .iter()
                    .any(|(_, release)| release.sequence == *sequence && release.version == *version);
                rule(broken, is_there, "NoSuchRelease");
                let withdrawn = self.withdrawn_sequences(name, claim.id);
                rule(broken, !withdrawn.contains(sequence), "AlreadyWithdrawn");
                self.signed_release(entry, name, &claim, broken);
            }
            Withdrawn::Key { key_id, .. } => {
                rule(broken, all_ids(keyset).contains(key_id), "NoSuchKey");
                rule(broken, !claim.withdrawn.contains(key_id), "KeyWithdrawn");
                // Who stole the root cannot take recovery away.
                let is_recovery = ids(keyset, Role::Recovery).contains(key_id);
                let role = if is_recovery { Role::Recovery } else { Role::Root };
                let mut may = ids(keyset, role);
                may.insert(*key_id);
                self.signatures(entry, &all_ids(keyset), &may, &claim.withdrawn, broken);
                if !entry.signatures().iter().any(|signature| signature.key_id == *key_id) {
                    self.threshold_within(entry, keyset, role, &claim.withdrawn, broken);
                }
            }
            Withdrawn::Pending { keyset: digest, .. } => {
                let pending = self.standing(&withdrawal.namespace).pending;
                let pending = pending.filter(|pending| pending.digest() == *digest);
                rule(broken, pending.is_some(), "NothingPending");
                let roles: &[Role] = match pending.map(|pending| pending.wait) {
                    Some(Wait::Claim) => &[Role::Root],
                    Some(Wait::ByKeys) => &[Role::Recovery],
                    _ => &[Role::Root, Role::Recovery],
                };
                let may = roles.iter().flat_map(|role| ids(keyset, *role)).collect();
                self.signatures(entry, &all_ids(keyset), &may, &claim.withdrawn, broken);
                let is_met = |role: &Role| {
                    let need = keyset.threshold(*role);
                    need > 0 && self.count(entry, keyset, *role, &claim.withdrawn) >= need
                };
                rule(broken, roles.iter().any(is_met), "ThresholdNotMet");
            }
        }
    }

    fn map_head(&self, head: &MapHead, broken: &mut Broken) {
        let last = self.heads().last().copied();
        rule(broken, head.previous == last.map(|(index, _)| index), "MapHeadPrevious");
        let last_time = last.map_or(0, |(_, time)| time);
        rule(broken, head.time >= last_time, "TimeWentBack");
        let closes_nothing = last.map_or(0, |(index, _)| index + 1) == self.size();
        if closes_nothing {
            let is_awaited =
                self.namespaces().iter().any(|namespace| self.standing(namespace).pending.is_some());
            let is_time_of_use = is_awaited && head.time.saturating_sub(last_time) >= HOUR;
            // What the last map-head brought into force is not in its own root.
            let has_brought = |namespace: &Namespace| {
                let claim = self.standing(namespace).claim;
                claim.is_some_and(|claim| {
                    claim.steps.iter().any(|(at, since, _)| at != since && *since + 1 == self.size())
                })
            };
            rule(broken, is_time_of_use || self.namespaces().iter().any(has_brought), "EmptyBatch");
        }
    }

    /// The claim in force, if it is the one that the entry names.
    fn claim_for(&self, namespace: &Namespace, named: Digest, broken: &mut Broken) -> Option<Claim> {
        let claim = self.standing(namespace).claim;
        match &claim {
            None => rule(broken, false, "Unclaimed"),
            Some(claim) => rule(broken, claim.id == named, "ClaimNotInForce"),
        }
        claim
    }

    fn signed_release(&self, entry: &Entry, name: &RegistryName, claim: &Claim, broken: &mut Broken) {
        let keyset = claim.keyset();
        let delegate = keyset.delegate_of(name).map(PublicKey::id);
        let mut may = ids(keyset, Role::Release);
        may.extend(delegate);
        self.signatures(entry, &all_ids(keyset), &may, &claim.withdrawn, broken);
        let by_delegate = entry.signatures().iter().any(|signature| Some(signature.key_id) == delegate);
        if !by_delegate {
            self.threshold_within(entry, keyset, Role::Release, &claim.withdrawn, broken);
        }
    }

    /// Every signature is by a known key that may sign this and was not withdrawn, and verifies.
    fn signatures(
        &self,
        entry: &Entry,
        known: &BTreeSet<KeyId>,
        may: &BTreeSet<KeyId>,
        withdrawn: &BTreeSet<KeyId>,
        broken: &mut Broken,
    ) {
        for signature in entry.signatures() {
            let id = signature.key_id;
            rule(broken, may.contains(&id) || known.contains(&id), "UnknownSigner");
            rule(broken, may.contains(&id) || !known.contains(&id), "WrongRole");
            rule(broken, !withdrawn.contains(&id), "KeyWithdrawn");
            rule(broken, self.verifies(entry, &id), "SignatureBad");
        }
    }

    fn verifies(&self, entry: &Entry, id: &KeyId) -> bool {
        let signature = entry.signatures().iter().find(|signature| signature.key_id == *id).unwrap();
        let key = self.keys.get(id);
        key.is_some_and(|key| key.verify(&entry.signed_bytes(), &signature.signature).is_ok())
    }

    fn threshold(&self, entry: &Entry, keyset: &Keyset, role: Role, broken: &mut Broken) {
        self.threshold_within(entry, keyset, role, &BTreeSet::new(), broken);
    }

    fn threshold_within(
        &self,
        entry: &Entry,
        keyset: &Keyset,
        role: Role,
        withdrawn: &BTreeSet<KeyId>,
        broken: &mut Broken,
    ) {
        let have = self.count(entry, keyset, role, withdrawn);
        rule(broken, have >= keyset.threshold(role), "ThresholdNotMet");
    }

    fn count(&self, entry: &Entry, keyset: &Keyset, role: Role, withdrawn: &BTreeSet<KeyId>) -> usize {
        let able = ids(keyset, role);
        let counts = |id: &KeyId| able.contains(id) && !withdrawn.contains(id);
        entry.signatures().iter().filter(|signature| counts(&signature.key_id)).count()
    }

    fn evidence_key(&self, entry: &Entry, keyset: &Keyset, broken: &mut Broken) -> Option<KeyId> {
        let id = keyset.evidence().key()?.id();
        let has_signed = entry.signatures().iter().any(|signature| signature.key_id == id);
        rule(broken, has_signed, "EvidenceUnsigned");
        Some(id)
    }

    pub(crate) fn entry(&self, index: u64) -> &Entry {
        &self.log[index as usize].entry
    }

    /// Every claim that ever was in force or waited.
    pub(crate) fn claims(&self) -> Vec<Digest> {
        let claim = |accepted: &Accepted| match accepted.entry.payload() {
            Payload::Keyset(keyset) if keyset.version() == 1 => Some(keyset.digest()),
            _ => None,
        };
        self.log.iter().filter_map(claim).collect()
    }

    /// Index and time of every map-head.
    pub(crate) fn heads(&self) -> Vec<(u64, u64)> {
        let head = |(index, accepted): (usize, &Accepted)| match accepted.entry.payload() {
            Payload::MapHead(head) => Some((index as u64, head.time)),
            _ => None,
        };
        self.log.iter().enumerate().filter_map(head).collect()
    }

    /// Every namespace of which there is a keyset, in the spelling of its first one.
    pub(crate) fn namespaces(&self) -> Vec<Namespace> {
        let mut found: Vec<Namespace> = Vec::new();
        for accepted in &self.log {
            let Payload::Keyset(keyset) = accepted.entry.payload() else { continue };
            if !found.iter().any(|namespace| namespace.lower() == keyset.namespace().lower()) {
                found.push(keyset.namespace().clone());
            }
        }
        found
    }

    /// Goes through the log with one namespace in mind.
    pub(crate) fn standing(&self, namespace: &Namespace) -> Standing {
        let lower = namespace.lower();
        let mut standing = Standing::default();
        let (mut credited, mut last_time) = (0, None);
        for (index, Accepted { entry, wait }) in self.log.iter().enumerate() {
            let index = index as u64;
            match entry.payload() {
                Payload::Keyset(keyset) if keyset.namespace().lower() == lower => match wait {
                    None => standing.begin(index, keyset, (index, index, entry.leaf_hash())),
                    Some(wait) => {
                        let (keyset, leaf) = ((**keyset).clone(), entry.leaf_hash());
                        standing.pending = Some(Pending { wait: *wait, index, keyset, leaf, ends: None });
                    }
                },
                Payload::Withdrawal(withdrawal) if withdrawal.namespace.lower() == lower => {
                    match &withdrawal.subject {
                        Withdrawn::Pending { .. } => standing.pending = None,
                        Withdrawn::Key { key_id, .. } => {
                            let claim = standing.claim.as_mut().unwrap();
                            claim.withdrawn.insert(*key_id);
                            claim.steps.push((index, index, entry.leaf_hash()));
                        }
                        Withdrawn::Release { .. } => {}
                    }
                }
                Payload::MapHead(head) => {
                    credited += (head.time - last_time.unwrap_or(head.time)).min(DAY);
                    last_time = Some(head.time);
                    standing.pass(index, credited);
                }
                _ => {}
            }
        }
        standing
    }

    /// The releases of a name in a claim, with their indexes.
    pub(crate) fn releases(&self, name: &RegistryName, claim: Digest) -> Vec<(u64, &Statement)> {
        let releases =
            self.log.iter().enumerate().filter_map(|(index, accepted)| match accepted.entry.payload() {
                Payload::Release(statement) => Some((index as u64, &**statement)),
                _ => None,
            });
        releases.filter(|(_, one)| one.claim == claim && one.name.lower() == name.lower()).collect()
    }

    pub(crate) fn withdrawn_sequences(&self, name: &RegistryName, claim: Digest) -> BTreeSet<u64> {
        let sequence = |accepted: &Accepted| match accepted.entry.payload() {
            Payload::Withdrawal(withdrawal) if withdrawal.claim == claim => match &withdrawal.subject {
                Withdrawn::Release { name: of, sequence, .. } if of.lower() == name.lower() => {
                    Some(*sequence)
                }
                _ => None,
            },
            _ => None,
        };
        self.log.iter().filter_map(sequence).collect()
    }

    /// The index over all of it.
    pub(crate) fn index(&self) -> BTreeMap<IndexKey, IndexValue> {
        let mut index = BTreeMap::new();
        for namespace in self.namespaces() {
            let standing = self.standing(&namespace);
            let Some(claim) = standing.claim else { continue };
            let value = NamespaceValue {
                claim: claim.id,
                earlier: standing.earlier,
                keysets: chain(claim.steps.iter().map(|(_, since, leaf)| (*since, *leaf))),
                names: chain(self.first_releases(&namespace, claim.id)),
            };
            index.insert(IndexKey::namespace(&namespace), IndexValue::Namespace(value));
        }
        // A later release of a name replaces what an earlier claim left under it.
        for accepted in &self.log {
            let Payload::Release(release) = accepted.entry.payload() else { continue };
            let value = self.name_value(&release.name, release.claim);
            index.insert(IndexKey::name(&release.name), IndexValue::Name(value));
        }
        index
    }

    fn first_releases(&self, namespace: &Namespace, claim: Digest) -> impl Iterator<Item = (u64, Hash)> {
        let mut seen = BTreeSet::new();
        self.log.iter().enumerate().filter_map(move |(index, accepted)| match accepted.entry.payload() {
            Payload::Release(release)
                if namespace.holds(&release.name)
                    && release.claim == claim
                    && seen.insert(release.name.lower()) =>
            {
                Some((index as u64, accepted.entry.leaf_hash()))
            }
            _ => None,
        })
    }

    fn name_value(&self, name: &RegistryName, claim: Digest) -> NameValue {
        let is_of_name = |accepted: &Accepted| match accepted.entry.payload() {
            Payload::Release(release) => release.claim == claim && release.name.lower() == name.lower(),
            Payload::Withdrawal(withdrawal) => {
                withdrawal.claim == claim && withdrawal.name().is_some_and(|of| of.lower() == name.lower())
            }
            _ => false,
        };
        let entries = self.log.iter().enumerate().filter(|(_, accepted)| is_of_name(accepted));
        let history = chain(entries.map(|(index, accepted)| (index as u64, accepted.entry.leaf_hash())));
        let releases = self.releases(name, claim);
        let (index, newest) = releases[releases.len() - 1];
        let withdrawn = self.withdrawn_sequences(name, claim);
        NameValue {
            claim,
            history,
            newest: Newest {
                index,
                leaf: self.log[index as usize].entry.leaf_hash(),
                sequence: newest.sequence,
            },
            status: match withdrawn.contains(&newest.sequence) {
                true => NameStatus::Withdrawn,
                false => NameStatus::Released,
            },
            withdrawn: ranges(&withdrawn).digest(),
        }
    }
}

impl Standing {
    fn begin(&mut self, since: u64, keyset: &Keyset, step: (u64, u64, Hash)) {
        if keyset.version() > 1 {
            let claim = self.claim.as_mut().unwrap();
            claim.keysets.push((since, keyset.clone()));
            claim.steps.push(step);
            return;
        }
        self.earlier += u64::from(self.claim.is_some());
        self.claim = Some(Claim {
            id: keyset.digest(),
            keysets: vec![(since, keyset.clone())],
            steps: vec![step],
            withdrawn: BTreeSet::new(),
        });
        // What waited was for the claim that is gone.
        self.pending = None;
    }

    /// A map-head: a wait begins, goes on, or ends.
    fn pass(&mut self, index: u64, credited: u64) {
        let Some(pending) = self.pending.clone() else { return };
        match pending.ends {
            None => self.pending = Some(Pending { ends: Some(credited + 7 * DAY), ..pending }),
            Some(ends) if ends <= credited => {
                self.pending = None;
                self.begin(index, &pending.keyset, (pending.index, index, pending.leaf));
            }
            Some(_) => {}
        }
    }
}

/// The set as ranges: one a run of sequences.
pub(crate) fn ranges(sequences: &BTreeSet<u64>) -> WithdrawnRanges {
    sequences.iter().fold(WithdrawnRanges::EMPTY, |ranges, sequence| ranges.with(*sequence).unwrap())
}

fn chain(entries: impl Iterator<Item = (u64, Hash)>) -> HistoryHead {
    let mut chain = HistoryHead { count: 0, head: Digest::from_bytes([0; 32]) };
    for (index, leaf) in entries {
        let link = [chain.head.as_bytes().as_slice(), &index.to_be_bytes(), leaf.as_bytes()].concat();
        chain = HistoryHead { count: chain.count + 1, head: tagged_digest("pinfold/history/v1", &link) };
    }
    chain
}

fn rule(broken: &mut Broken, holds: bool, name: &'static str) {
    if !holds {
        broken.insert(name);
    }
}

fn ids(keyset: &Keyset, role: Role) -> BTreeSet<KeyId> {
    keyset.keys_of(role).map(PublicKey::id).collect()
}

fn all_ids(keyset: &Keyset) -> BTreeSet<KeyId> {
    let delegates = keyset.delegations().iter().map(|delegation| delegation.key.id());
    keyset.keys().iter().map(|key| key.key.id()).chain(delegates).collect()
}

/// Whether the recovery keys that are left, and their threshold, stay as they are.
fn keeps_recovery(before: &Keyset, after: &Keyset, withdrawn: &BTreeSet<KeyId>) -> bool {
    let left: BTreeSet<KeyId> = ids(before, Role::Recovery).difference(withdrawn).copied().collect();
    let threshold = before.threshold(Role::Recovery).min(left.len());
    left.is_empty() || (ids(after, Role::Recovery) == left && after.threshold(Role::Recovery) == threshold)
}
