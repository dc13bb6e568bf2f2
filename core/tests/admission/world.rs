//! Histories: what publishers, squatters and thieves offer a log, made from what the model knows, so that most of it is
//! nearly right.

use pinfold_core::checkpoint::Origin;
use pinfold_core::digest::{Digest, file_digest};
use pinfold_core::entry::{Entry, EntrySignature, Payload};
use pinfold_core::index::MapHead;
use pinfold_core::keyset::{
    After, Delegation, Evidence, EvidenceMethod, Keyset, KeysetKey, KeysetParts, Role, Roles, Thresholds,
};
use pinfold_core::merkle::Hash;
use pinfold_core::registry_name::{Namespace, RegistryName};
use pinfold_core::signature::{KeyId, PublicKey, Signature, SigningKey};
use pinfold_core::statement::Statement;
use pinfold_core::withdrawal::{KeyReason, PendingReason, ReleaseReason, Withdrawal};

use super::model::{Claim, Model, Wait};

pub(crate) const ORIGIN: &str = "log.example";
pub(crate) const NAMES: [&str; 4] =
    ["io.github.acme/weather", "io.github.acme/tides", "com.example/weather", "COM.example/Weather"];

/// Numbers from a seed (splitmix64), so that a failing history can be run again.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }

    fn one_in(&mut self, end: usize) -> bool {
        self.below(end) == 0
    }

    fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }
}

/// Every key that takes part.
pub(crate) struct Keys(Vec<SigningKey>);

impl Keys {
    pub(crate) fn new() -> Self {
        Self((1..=14).map(|seed| SigningKey::from_seed(&[seed; 32])).collect())
    }

    pub(crate) fn public(&self) -> impl Iterator<Item = PublicKey> {
        self.0.iter().map(SigningKey::public_key)
    }

    fn signing(&self, id: KeyId) -> Option<&SigningKey> {
        self.0.iter().find(|key| key.public_key().id() == id)
    }
}

/// One offer, and whether the log would find its evidence true.
pub(crate) struct Offer {
    pub(crate) entry: Entry,
    pub(crate) is_evidence_true: bool,
}

pub(crate) struct World<'w> {
    pub(crate) dice: Dice,
    pub(crate) keys: &'w Keys,
    pub(crate) time: u64,
    /// The root that map-heads state.
    pub(crate) root: Hash,
}

impl World<'_> {
    /// The next offer; `None` if the dice made something that no document can say.
    pub(crate) fn offer(&mut self, model: &Model) -> Option<Offer> {
        let (payload, signers) = match self.dice.below(100) {
            0..30 => return self.map_head(model),
            30..56 => self.release(model)?,
            56..66 => self.release_withdrawal(model)?,
            66..76 => self.first_keyset()?,
            76..90 => self.next_keyset(model)?,
            90..94 => self.key_withdrawal(model)?,
            _ => self.cancellation(model)?,
        };
        let is_evidence_true = !self.dice.one_in(8);
        Some(Offer { entry: self.sign(payload, signers)?, is_evidence_true })
    }

    fn map_head(&mut self, model: &Model) -> Option<Offer> {
        let mut last = model.heads().last().copied();
        let step = self.dice.pick(&[0, 5, 3_599, 3_600, 86_400, 90_000, 30 * 86_400]);
        let mut time = self.time + step;
        if self.dice.one_in(15) {
            time = self.time.saturating_sub(1);
        }
        if self.dice.one_in(15) {
            last =
                self.dice.pick(&[None, Some((model.size(), 0)), last.map(|(index, time)| (index + 1, time))]);
        }
        let head = MapHead { root: self.root, previous: last.map(|(index, _)| index), time };
        Some(Offer { entry: Entry::sign(head, &[]).ok()?, is_evidence_true: false })
    }

    /// A map-head that closes whatever there is, `seconds` after the last one.
    pub(crate) fn close(&mut self, model: &Model, seconds: u64) -> Entry {
        let previous = model.heads().last().map(|(index, _)| *index);
        Entry::sign(MapHead { root: self.root, previous, time: self.time + seconds }, &[]).unwrap()
    }

    fn release(&mut self, model: &Model) -> Option<(Payload, Vec<KeyId>)> {
        let name: RegistryName = self.dice.pick(&NAMES).parse().unwrap();
        let claim = model.standing(&name.namespace()).claim;
        let id = claim.as_ref().map_or(file_digest(b"no claim"), |claim| claim.id);
        let id = if self.dice.one_in(20) { self.other_claim(model, id) } else { id };
        let newest = model.releases(&name, id).last().map(|(index, one)| (one.sequence, model.entry(*index)));
        let mut sequence = newest.as_ref().map_or(1, |(sequence, _)| sequence + 1);
        let mut previous = newest.map(|(_, entry)| entry.payload_digest());
        if self.dice.one_in(12) {
            sequence = (sequence + self.dice.below(4) as u64).saturating_sub(2).max(1);
        }
        if self.dice.one_in(12) {
            previous = Some(file_digest(b"another payload"));
        }
        if sequence == 1 {
            previous = None;
        }
        let version = if self.dice.one_in(10) { "1.0.1".to_owned() } else { format!("1.0.{sequence}") };
        let statement = Statement {
            claim: id,
            version: version.parse().unwrap(),
            previous: previous.or((sequence > 1).then(|| file_digest(b"none"))),
            sequence,
            manifest: file_digest(&(self.dice.below(1 << 30) as u64).to_be_bytes()),
            subjects: Vec::new(),
            name: name.clone(),
        };
        Some((statement.into(), self.release_signers(claim.as_ref(), &name)))
    }

    fn release_withdrawal(&mut self, model: &Model) -> Option<(Payload, Vec<KeyId>)> {
        let name: RegistryName = self.dice.pick(&NAMES).parse().unwrap();
        let claim = model.standing(&name.namespace()).claim?;
        let releases = model.releases(&name, claim.id);
        let (mut sequence, mut version) = (1, "1.0.1".parse().unwrap());
        if !releases.is_empty() {
            let (_, release) = releases[self.dice.below(releases.len())];
            (sequence, version) = (release.sequence, release.version.clone());
        }
        if self.dice.one_in(10) {
            sequence += 1;
        }
        let id = if self.dice.one_in(20) { self.other_claim(model, claim.id) } else { claim.id };
        let reason = self.dice.pick(ReleaseReason::ALL);
        let withdrawal = Withdrawal::of_release(id, name.clone(), sequence, version, reason);
        Some((withdrawal.into(), self.release_signers(Some(&claim), &name)))
    }

    fn key_withdrawal(&mut self, model: &Model) -> Option<(Payload, Vec<KeyId>)> {
        let namespace = self.namespace();
        let claim = model.standing(&namespace).claim?;
        let keyset = claim.keyset();
        let mut ids: Vec<KeyId> = keyset.keys().iter().map(|key| key.key.id()).collect();
        ids.extend(keyset.delegations().iter().map(|delegation| delegation.key.id()));
        ids.extend(self.keys.0.first().map(|key| key.public_key().id()));
        let key = self.dice.pick(&ids);
        let reason = self.dice.pick(KeyReason::ALL);
        let signers = if self.dice.one_in(2) { vec![key] } else { enough(keyset, Role::Root) };
        Some((Withdrawal::of_key(claim.id, namespace, key, reason).into(), signers))
    }

    fn cancellation(&mut self, model: &Model) -> Option<(Payload, Vec<KeyId>)> {
        let waiting: Vec<Namespace> = model.namespaces();
        let waiting = waiting.into_iter().find(|namespace| model.standing(namespace).pending.is_some());
        let namespace = waiting.unwrap_or_else(|| self.namespace());
        let standing = model.standing(&namespace);
        let claim = standing.claim?;
        let mut digest =
            standing.pending.as_ref().map_or(file_digest(b"nothing"), |pending| pending.digest());
        if self.dice.one_in(8) {
            digest = claim.keyset().digest();
        }
        let role = match standing.pending.map(|pending| pending.wait) {
            Some(Wait::ByKeys) => Role::Recovery,
            Some(Wait::ByEvidence) => self.dice.pick(&[Role::Root, Role::Recovery]),
            _ => Role::Root,
        };
        let role = if self.dice.one_in(6) {
            self.dice.pick(&[Role::Root, Role::Recovery, Role::Release])
        } else {
            role
        };
        let reason = self.dice.pick(PendingReason::ALL);
        let signers = enough(claim.keyset(), role);
        Some((Withdrawal::of_pending(claim.id, namespace, digest, reason).into(), signers))
    }

    fn first_keyset(&mut self) -> Option<(Payload, Vec<KeyId>)> {
        let namespace = self.namespace();
        let evidence = self.evidence(&namespace);
        let keyset = self.keyset(namespace, None, evidence)?;
        let mut signers = enough(&keyset, Role::Root);
        signers.extend(keyset.evidence().key().map(PublicKey::id));
        Some((keyset.into(), signers))
    }

    fn next_keyset(&mut self, model: &Model) -> Option<(Payload, Vec<KeyId>)> {
        let namespace = self.namespace();
        let claim = model.standing(&namespace).claim?;
        let before = claim.keyset();
        let mut after = After { claim: claim.id, previous: before.digest(), version: before.version() };
        match self.dice.below(24) {
            0 => after.claim = self.other_claim(model, claim.id),
            1 => after.previous = file_digest(b"another keyset"),
            2 => after.version += 1,
            _ => {}
        }
        let evidence =
            if self.dice.one_in(2) { before.evidence().clone() } else { self.evidence(&namespace) };
        let keyset = self.keyset(namespace, Some(after), evidence)?;
        let mut signers = enough(&keyset, Role::Root);
        match self.dice.below(10) {
            0..6 => {
                signers.extend(enough(before, Role::Root));
                if self.dice.one_in(2) {
                    signers.extend(enough(before, Role::Recovery));
                }
            }
            6..9 => signers.extend(enough(before, Role::Recovery)),
            _ => {}
        }
        if self.dice.one_in(2) || keyset.evidence() != before.evidence() {
            signers.extend(keyset.evidence().key().map(PublicKey::id));
        }
        Some((keyset.into(), signers))
    }

    fn keyset(&mut self, namespace: Namespace, after: Option<After>, evidence: Evidence) -> Option<Keyset> {
        let origin = if self.dice.one_in(20) { "other.example" } else { ORIGIN };
        let origin: Origin = origin.parse().unwrap();
        let mut pool: Vec<PublicKey> = self.keys.public().take(12).collect();
        let mut draw = |dice: &mut Dice, count: usize, roles| {
            let mut drawn = Vec::new();
            for _ in 0..count {
                drawn.push(KeysetKey { key: pool.swap_remove(dice.below(pool.len())), roles });
            }
            drawn
        };
        let (keys, thresholds) = if self.dice.one_in(3) {
            (draw(&mut self.dice, 1, Roles::ReleaseAndRoot), Thresholds { recovery: 0, release: 1, root: 1 })
        } else {
            let counts = [self.dice.below(2) + 1, self.dice.below(2) + 1, self.dice.below(3)];
            let mut keys = draw(&mut self.dice, counts[0], Roles::Root);
            keys.extend(draw(&mut self.dice, counts[1], Roles::Release));
            keys.extend(draw(&mut self.dice, counts[2], Roles::Recovery));
            let mut need = |count: usize| if count == 0 { 0 } else { self.dice.below(count) + 1 };
            let thresholds =
                Thresholds { root: need(counts[0]), release: need(counts[1]), recovery: need(counts[2]) };
            (keys, thresholds)
        };
        let name: RegistryName = self.dice.pick(&NAMES).parse().unwrap();
        let mut delegations = Vec::new();
        if namespace.holds(&name) && self.dice.one_in(2) {
            delegations.push(Delegation { name, key: pool[0] });
        }
        Keyset::build(KeysetParts { namespace, origin, after, keys, thresholds, evidence, delegations }).ok()
    }

    fn evidence(&mut self, namespace: &Namespace) -> Evidence {
        let key = self.dice.pick(&self.keys.public().skip(12).collect::<Vec<_>>());
        let is_github = namespace.lower().starts_with("io.github.");
        match self.dice.below(3) {
            0 => Evidence::None,
            1 if is_github => Evidence::GithubOidc {
                owner: "acme".to_owned(),
                owner_id: format!("{}", self.dice.below(2) + 7),
                subject: "repo:acme/x".to_owned(),
            },
            _ => Evidence::RegistryKey {
                domain: (if is_github { "github.io" } else { "example.com" }).to_owned(),
                key,
                method: EvidenceMethod::Dns,
            },
        }
    }

    fn release_signers(&mut self, claim: Option<&Claim>, name: &RegistryName) -> Vec<KeyId> {
        let Some(claim) = claim else { return self.keys.public().take(1).map(|key| key.id()).collect() };
        match claim.keyset().delegate_of(name) {
            Some(delegate) if self.dice.one_in(2) => vec![delegate.id()],
            _ => enough(claim.keyset(), Role::Release),
        }
    }

    fn other_claim(&mut self, model: &Model, claim: Digest) -> Digest {
        let mut others = model.claims();
        others.push(file_digest(b"no such claim"));
        others.retain(|other| *other != claim);
        self.dice.pick(&others)
    }

    fn namespace(&mut self) -> Namespace {
        let name: RegistryName = self.dice.pick(&NAMES).parse().unwrap();
        name.namespace()
    }

    /// Signs, or nearly so: a signer is missing, one too many, or a signature is of something else.
    fn sign(&mut self, payload: Payload, mut signers: Vec<KeyId>) -> Option<Entry> {
        if self.dice.one_in(10) && !signers.is_empty() {
            signers.swap_remove(self.dice.below(signers.len()));
        }
        if self.dice.one_in(10) {
            let ids: Vec<KeyId> = self.keys.public().map(|key| key.id()).collect();
            signers.push(self.dice.pick(&ids));
        }
        signers.sort_unstable();
        signers.dedup();
        let signed = payload.signed_bytes();
        let sign = |id: &KeyId| {
            let signature = self.keys.signing(*id).map(|key| key.sign(&signed));
            EntrySignature { key_id: *id, signature: signature.unwrap_or(Signature::from_bytes([1; 64])) }
        };
        let mut signatures: Vec<EntrySignature> = signers.iter().map(sign).collect();
        if self.dice.one_in(15) && !signatures.is_empty() {
            let at = self.dice.below(signatures.len());
            let mut bytes = *signatures[at].signature.as_bytes();
            bytes[self.dice.below(64)] ^= 1 << self.dice.below(8);
            signatures[at].signature = Signature::from_bytes(bytes);
        }
        Entry::assemble(payload, signatures).ok()
    }
}

/// As many keys of a role as must sign; the first ones.
fn enough(keyset: &Keyset, role: Role) -> Vec<KeyId> {
    keyset.keys_of(role).take(keyset.threshold(role)).map(PublicKey::id).collect()
}
