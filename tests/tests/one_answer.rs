//! One history, one answer: a built log takes random submissions, honest and hostile, one by one and at once; then its
//! entries are what an independent model admits, `pinfold-log check` and `pinfold log audit` derive the same again, each
//! release is verified from its bundle alone or refused as withdrawn, and `pinfold log history` lists exactly the model's
//! entries.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "a test that runs programs asks for the time")]

#[path = "../../core/tests/admission/model.rs"]
#[allow(dead_code, reason = "a log of this version uses a part of the model")]
mod model;

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use model::Model;
use pinfold_core::bundle::BundleParts;
use pinfold_core::checkpoint::Origin;
use pinfold_core::digest::{Digest, ObjectKind, file_digest};
use pinfold_core::entry::{Entry, EntrySignature, Payload};
use pinfold_core::hex;
use pinfold_core::index::{Index, MapHead};
use pinfold_core::keyset::{After, Delegation, Evidence, Keyset, KeysetKey, KeysetParts, Roles, Thresholds};
use pinfold_core::manifest::{Capture, CapturedObject, Manifest};
use pinfold_core::merkle::EMPTY_ROOT;
use pinfold_core::pins::UnixSeconds;
use pinfold_core::registry_name::{Namespace, RegistryName};
use pinfold_core::signature::{PublicKey, SigningKey};
use pinfold_core::statement::{ReleaseVersion, Statement};
use pinfold_core::withdrawal::{KeyReason, PendingReason, ReleaseReason, Withdrawal};
use pinfold_log_client::{BaseUrl, LogClient, SubmitError};
use pinfold_tests::binary::{pinfold, pinfold_log};
use pinfold_tests::home::Home;
use pinfold_tests::log::{ORIGIN, TestLog};
use pinfold_verifier::release::{Marks, Question, Requirements, verify};
use pinfold_verifier::trust::{Trust, TrustedClaim, TrustedLog};

const SEEDS: u64 = 4;
const ROUNDS: usize = 45;
const NAMES: [&str; 4] =
    ["io.github.acme/weather", "IO.github.acme/Tides", "com.example/weather", "COM.example/Weather"];

#[test]
fn a_log_its_check_the_verifier_and_the_history_give_one_answer() {
    let (mut entries, mut refusals, mut verified) = (0, BTreeSet::new(), 0);
    for seed in 0..SEEDS {
        let mut log = if seed == 0 { TestLog::with_witnesses(3, 2) } else { TestLog::alone() };
        let mut run = Run::new(&log, seed);
        for round in 0..ROUNDS {
            if round % 5 == 4 {
                run.offer_at_once(4);
            } else {
                run.offer_one();
            }
            if round == ROUNDS / 2 {
                log.kill_and_restart();
            }
        }
        run.check_the_index();
        verified += run.check_releases(&log);
        run.check_histories(&log);
        run.check_the_check(&log);
        run.check_the_audit(&log);
        entries += run.model.size();
        refusals.append(&mut run.refusals);
    }
    assert!(entries > 20 * SEEDS && verified > 5 * SEEDS, "{entries} entries, {verified} releases");
    assert!(refusals.len() > 12, "only refused for {refusals:?}");
    println!("{entries} entries, {verified} releases, refused for {refusals:?}");
}

struct Run {
    dice: Dice,
    client: LogClient,
    keys: Vec<SigningKey>,
    model: Model,
    sent: Vec<(Entry, Option<Vec<u8>>)>,
    refusals: BTreeSet<String>,
}

/// What is sent: an entry, and the manifest beside it.
type Offer = (Entry, Option<Vec<u8>>);

impl Run {
    fn new(log: &TestLog, seed: u64) -> Run {
        let keys: Vec<SigningKey> = (1..=5).map(|seed| SigningKey::from_seed(&[seed; 32])).collect();
        let origin: Origin = ORIGIN.parse().unwrap();
        Run {
            dice: Dice(seed),
            client: LogClient::new(&log.url().parse::<BaseUrl>().unwrap()),
            model: Model::new(origin, keys.iter().map(SigningKey::public_key)),
            keys,
            sent: Vec::new(),
            refusals: BTreeSet::new(),
        }
    }

    /// One submission: the log answers what the model says.
    fn offer_one(&mut self) {
        let (entry, manifest) = self.dice_offer();
        let expected = self.expected(&entry, manifest.as_deref());
        let first = self.index_of(&entry);
        let at = format!("entry {}: {:?}", self.model.size(), entry.payload());
        match (self.submit(&entry, manifest.as_deref()), expected) {
            (Ok(index), Ok(())) => {
                // A duplicate is answered with the place of the first.
                assert_eq!(index, first.unwrap_or(self.model.size()), "{at}");
            }
            (Err(refusal), Err(broken)) => {
                assert!(broken.contains(refusal.as_str()), "{at}\n{refusal}, and the model: {broken:?}");
                self.refusals.insert(refusal);
            }
            (answer, expected) => panic!("{at}\n{answer:?}, and the model: {expected:?}"),
        }
        self.take_in();
    }

    /// Several at once, some of which exclude each other: whatever order the log took them in, the model admits it.
    fn offer_at_once(&mut self, count: usize) {
        let offers: Vec<Offer> = (0..count).map(|_| self.dice_offer()).collect();
        let answers: Vec<Result<u64, String>> = std::thread::scope(|scope| {
            let ask = |(entry, manifest): &Offer| {
                let (client, entry, manifest) = (&self.client, entry.clone(), manifest.clone());
                scope.spawn(move || submit(client, &entry, manifest.as_deref()))
            };
            let threads: Vec<_> = offers.iter().map(ask).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        self.take_in();
        for ((entry, _), answer) in offers.iter().zip(answers) {
            let at = format!("{:?}", entry.payload());
            match answer {
                Ok(index) => assert_eq!(self.index_of(entry), Some(index), "{at}"),
                Err(refusal) => {
                    assert_eq!(self.index_of(entry), None, "{at}: {refusal}");
                    self.refusals.insert(refusal);
                }
            }
        }
    }

    fn submit(&self, entry: &Entry, manifest: Option<&[u8]>) -> Result<u64, String> {
        submit(&self.client, entry, manifest)
    }

    /// What this version's log must answer.
    fn expected(&self, entry: &Entry, manifest: Option<&[u8]>) -> Result<(), BTreeSet<&'static str>> {
        let mut broken = unsupported(entry);
        if let Payload::Release(statement) = entry.payload() {
            match manifest {
                None => broken.extend(["ManifestMissing"]),
                Some(bytes) if file_digest(bytes) != statement.manifest => {
                    broken.extend(["ManifestMismatch"])
                }
                Some(_) => {}
            }
        } else if manifest.is_some() {
            broken.insert("ManifestUnexpected");
        }
        if !broken.is_empty() {
            return Err(broken);
        }
        if self.index_of(entry).is_some() {
            return Ok(());
        }
        self.model.judge(entry, false).map(|_| ())
    }

    /// Where an entry with this payload stands.
    fn index_of(&self, entry: &Entry) -> Option<u64> {
        let same = |index: &u64| {
            let other = self.model.entry(*index);
            other.kind() == entry.kind() && other.payload_digest() == entry.payload_digest()
        };
        (0..self.model.size()).find(same)
    }

    /// Everything that the log published since: the model admits each entry, map-heads with their roots.
    fn take_in(&mut self) {
        let note = String::from_utf8(self.client.checkpoint().unwrap()).unwrap();
        let size: u64 = note.lines().nth(1).unwrap().parse().unwrap();
        for index in self.model.size()..size {
            let entry = self.entry(index, size);
            if let Payload::MapHead(head) = entry.payload() {
                assert_eq!(head.root, self.index_root(), "the root of map-head {index}");
            }
            let answer = self.model.offer(&entry, false);
            assert_eq!(answer, Ok(()), "entry {index}: {:?}", entry.payload());
        }
        assert!(size == 0 || matches!(self.model.entry(size - 1).payload(), Payload::MapHead(_)));
    }

    fn entry(&self, index: u64, size: u64) -> Entry {
        let width = (size - index / 256 * 256).min(256);
        let partial = if width == 256 { String::new() } else { format!(".p/{width}") };
        let bytes = self.client.entry_tile(&format!("tile/entries/{:03}{partial}", index / 256)).unwrap();
        let mut rest = bytes.as_slice();
        for _ in 0..index % 256 {
            let (length, after) = rest.split_first_chunk().unwrap();
            rest = &after[usize::from(u16::from_be_bytes(*length))..];
        }
        let (length, after) = rest.split_first_chunk().unwrap();
        Entry::parse(&after[..usize::from(u16::from_be_bytes(*length))]).unwrap()
    }

    fn index_root(&self) -> pinfold_core::merkle::Hash {
        Index::build(self.model.index().into_iter().collect()).unwrap().root()
    }

    fn check_the_index(&self) {
        let heads = self.model.heads();
        let (last, _) = heads[heads.len() - 1];
        let Payload::MapHead(head) = self.model.entry(last).payload() else { unreachable!() };
        assert_eq!(head.root, self.index_root());
    }

    /// Each release from its bundle: verified, newest or superseded as the model has it, or refused as withdrawn.
    fn check_releases(&self, log: &TestLog) -> u64 {
        let origin: Origin = ORIGIN.parse().unwrap();
        let trusted = TrustedLog::new(origin.clone(), None, log.policy()).unwrap();
        let mut trust = Trust::default().with_log(trusted).unwrap();
        for namespace in self.model.namespaces() {
            let claim = self.model.standing(&namespace).claim.unwrap();
            let claim = TrustedClaim { namespace, log: origin.clone(), claim: claim.id, history: 1 };
            trust = trust.with_claim(claim).unwrap();
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let mut releases = 0;
        for (name, claim) in self.names() {
            let all = self.model.releases(&name, claim);
            let withdrawn = self.model.withdrawn_sequences(&name, claim);
            for (index, statement) in &all {
                let parts = BundleParts::parse(&self.client.bundle_parts(*index).unwrap()).unwrap();
                let manifest = self.client.manifest(&hex::encode(statement.manifest.as_bytes())).unwrap();
                let question = Question {
                    trust: &trust,
                    marks: &Marks::default(),
                    requirements: Requirements::default(),
                    now: UnixSeconds(now),
                    expected_name: Some(&name),
                    pinned: None,
                    consistency: None,
                };
                let report = verify(&parts.with_manifest(&manifest), &question);
                let answer = report.outcome().map(|verified| verified.is_newest());
                let answer = answer.map_err(|rejection| rejection.code().as_str());
                let expected = match withdrawn.contains(&statement.sequence) {
                    true => Err("REVOKED"),
                    false => Ok(statement.sequence == all.len() as u64),
                };
                assert_eq!(answer, expected, "{name} {} at {index}", statement.sequence);
                releases += 1;
            }
        }
        releases
    }

    /// The program that people ask lists the model's history, and so does the log's own answer.
    fn check_histories(&self, log: &TestLog) {
        let home = Home::new();
        let policy = log.policy_file();
        for (name, claim) in self.names() {
            let expected = self.history(&name, claim);
            let output = home
                .command(pinfold())
                .args(["log", "history", name.as_str(), "--json", "--log", &log.url(), "--policy"])
                .arg(&policy)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{name}: {said}");
            let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            let entries = document["entries"].as_array().unwrap();
            let listed: Vec<u64> = entries.iter().map(|entry| entry["index"].as_u64().unwrap()).collect();
            assert_eq!(listed, expected, "{name}");
        }
    }

    /// `check` derives everything again, while the log serves.
    fn check_the_check(&self, log: &TestLog) {
        let output =
            Command::new(pinfold_log()).args(["check", "--json", "--dir"]).arg(log.folder()).output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["entries"].as_u64(), Some(self.model.size()), "{document}");
        let names: BTreeSet<String> = self.names().iter().map(|(name, _)| name.lower()).collect();
        assert_eq!(document["names"].as_u64(), Some(names.len() as u64), "{document}");
    }

    /// An audit replays it all from what the log serves.
    fn check_the_audit(&self, log: &TestLog) {
        let home = Home::new();
        let output = home
            .command(pinfold())
            .args(["log", "audit", &log.url(), "--json", "--policy"])
            .arg(log.policy_file())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["to"].as_u64(), Some(self.model.size()), "{document}");
    }

    /// Names that were released, each once, with the claim.
    fn names(&self) -> Vec<(RegistryName, Digest)> {
        let mut seen = BTreeSet::new();
        let names = NAMES.iter().map(|name| name.parse::<RegistryName>().unwrap());
        let with_claim = names.filter_map(|name| {
            let claim = self.model.standing(&name.namespace()).claim?.id;
            let is_new = !self.model.releases(&name, claim).is_empty() && seen.insert(name.lower());
            is_new.then_some((name, claim))
        });
        with_claim.collect()
    }

    fn history(&self, name: &RegistryName, claim: Digest) -> Vec<u64> {
        let is_of_name = |index: &u64| match self.model.entry(*index).payload() {
            Payload::Release(release) => release.claim == claim && release.name.lower() == name.lower(),
            Payload::Withdrawal(withdrawal) => withdrawal.name().is_some_and(|of| of.lower() == name.lower()),
            _ => false,
        };
        (0..self.model.size()).filter(is_of_name).collect()
    }
}

/// What is offered.
impl Run {
    fn dice_offer(&mut self) -> Offer {
        if self.dice.one_in(8) && !self.sent.is_empty() {
            let at = self.dice.below(self.sent.len());
            return self.sent[at].clone();
        }
        let offer = match self.dice.below(20) {
            0..3 => self.keyset(),
            3..14 => self.release(),
            14..18 => self.withdrawal(),
            _ => self.what_no_program_takes(),
        };
        self.sent.push(offer.clone());
        offer
    }

    fn keyset(&mut self) -> Offer {
        let origin = if self.dice.one_in(8) { "other.example" } else { ORIGIN };
        let key = self.dice.below(self.keys.len());
        let namespace = self.name().namespace();
        let public = self.keys[key].public_key();
        let keyset = Keyset::of_one_key(namespace, origin.parse().unwrap(), public).unwrap();
        (self.sign(keyset, key), None)
    }

    fn release(&mut self) -> Offer {
        let name = self.name();
        let claim = self.model.standing(&name.namespace()).claim;
        let (id, signer) = match &claim {
            Some(claim) => (claim.id, self.place_of(&claim.keyset().keys()[0].key)),
            None => (file_digest(b"no claim"), 0),
        };
        let signer = if self.dice.one_in(8) { self.dice.below(self.keys.len()) } else { signer };
        let newest = self.model.releases(&name, id).last().map(|(index, one)| (one.sequence, *index));
        let mut sequence = newest.map_or(1, |(sequence, _)| sequence + 1);
        let mut previous = newest.map(|(_, index)| self.model.entry(index).payload_digest());
        if self.dice.one_in(8) {
            sequence = (sequence + self.dice.below(4) as u64).saturating_sub(2).max(1);
        }
        if sequence == 1 {
            previous = None;
        } else if self.dice.one_in(8) || previous.is_none() {
            previous = Some(file_digest(b"another payload"));
        }
        let number = if self.dice.one_in(8) { 1 } else { sequence };
        let version = format!("1.0.{number}").parse().unwrap();
        let manifest = manifest_of(&name, &version, self.dice.below(1 << 20));
        let statement = Statement {
            claim: if self.dice.one_in(16) { file_digest(b"another claim") } else { id },
            previous,
            sequence,
            manifest: manifest.digest(),
            subjects: Vec::new(),
            name,
            version,
        };
        let manifest = match self.dice.below(20) {
            0 => None,
            1 => Some(manifest_of(&self.name(), &"9.9.9".parse().unwrap(), 0)),
            _ => Some(manifest),
        };
        (self.sign(statement, signer), manifest.map(|manifest| manifest.as_bytes().to_vec()))
    }

    fn withdrawal(&mut self) -> Offer {
        let name = self.name();
        let Some(claim) = self.model.standing(&name.namespace()).claim else { return self.keyset() };
        let releases = self.model.releases(&name, claim.id);
        let (mut sequence, version) = match releases.is_empty() {
            true => (1, "1.0.1".parse().unwrap()),
            false => {
                let (_, release) = releases[self.dice.below(releases.len())];
                (release.sequence, release.version.clone())
            }
        };
        if self.dice.one_in(8) {
            sequence += 1;
        }
        let reason = ReleaseReason::ALL[self.dice.below(ReleaseReason::ALL.len())];
        let withdrawal = Withdrawal::of_release(claim.id, name, sequence, version, reason);
        let signer = self.place_of(&claim.keyset().keys()[0].key);
        let signer = if self.dice.one_in(8) { self.dice.below(self.keys.len()) } else { signer };
        let manifest = self.dice.one_in(12).then(|| b"{}".to_vec());
        (self.sign(withdrawal, signer), manifest)
    }

    /// Good entries of kinds that no program of this version takes.
    fn what_no_program_takes(&mut self) -> Offer {
        let namespace = self.name().namespace();
        let claim = self.model.standing(&namespace).claim.map(|claim| claim.id);
        let claim = claim.unwrap_or(file_digest(b"no claim"));
        let entry = match self.dice.below(6) {
            0 => self.sign(
                Withdrawal::of_key(claim, namespace, self.keys[0].public_key().id(), KeyReason::ALL[0]),
                0,
            ),
            1 => self.sign(Withdrawal::of_pending(claim, namespace, claim, PendingReason::ALL[0]), 0),
            2 => Entry::sign(MapHead { root: EMPTY_ROOT, previous: None, time: 1 }, &[]).unwrap(),
            3 => {
                let after = After { claim, previous: claim, version: 1 };
                self.sign(parts(namespace, &self.keys[..1], Some(after), Vec::new()), 0)
            }
            4 => self.sign(parts(namespace, &self.keys[..2], None, Vec::new()), 0),
            _ => {
                let name: RegistryName = format!("{namespace}/delegated").parse().unwrap();
                let key = self.keys[4].public_key();
                self.sign(parts(namespace, &self.keys[..1], None, vec![Delegation { name, key }]), 0)
            }
        };
        (entry, None)
    }

    /// Signs; now and then something else.
    fn sign(&mut self, payload: impl Into<Payload>, key: usize) -> Entry {
        let (payload, key) = (payload.into(), &self.keys[key]);
        let mut signed = payload.signed_bytes();
        signed.extend(std::iter::repeat_n(b'!', usize::from(self.dice.one_in(20))));
        let signature = EntrySignature { key_id: key.public_key().id(), signature: key.sign(&signed) };
        Entry::assemble(payload, vec![signature]).unwrap()
    }

    fn place_of(&self, key: &PublicKey) -> usize {
        self.keys.iter().position(|own| own.public_key() == *key).unwrap()
    }

    fn name(&mut self) -> RegistryName {
        NAMES[self.dice.below(NAMES.len())].parse().unwrap()
    }
}

/// A manifest of one tool.
fn manifest_of(name: &RegistryName, version: &ReleaseVersion, number: usize) -> Manifest {
    let tool =
        format!(r#"{{"description":"Number {number}.","inputSchema":{{"type":"object"}},"name":"one"}}"#);
    let capture = Capture {
        capabilities: Vec::new(),
        era: "2025-11-25".to_owned(),
        variables: Vec::new(),
        objects: vec![CapturedObject { kind: ObjectKind::Tool, bytes: tool.into_bytes() }],
    };
    Manifest::build(name, version, &[], &[], &[capture]).unwrap()
}

fn parts(
    namespace: Namespace,
    keys: &[SigningKey],
    after: Option<After>,
    delegations: Vec<Delegation>,
) -> Keyset {
    let roles = |place: usize| match (keys.len(), place) {
        (1, _) => Roles::ReleaseAndRoot,
        (_, 0) => Roles::Root,
        _ => Roles::Release,
    };
    let keys = keys.iter().enumerate().map(|(at, key)| KeysetKey { key: key.public_key(), roles: roles(at) });
    Keyset::build(KeysetParts {
        namespace,
        origin: ORIGIN.parse().unwrap(),
        after,
        keys: keys.collect(),
        thresholds: Thresholds { recovery: 0, release: 1, root: 1 },
        evidence: Evidence::None,
        delegations,
    })
    .unwrap()
}

fn submit(client: &LogClient, entry: &Entry, manifest: Option<&[u8]>) -> Result<u64, String> {
    for _ in 0..100 {
        match client.submit(entry.as_bytes(), manifest) {
            Ok(submitted) => return Ok(submitted.index),
            Err(SubmitError::Refused { refusal, .. }) => return Err(refusal),
            // It was started again a moment ago.
            Err(SubmitError::Busy { .. }) => std::thread::sleep(Duration::from_millis(100)),
            Err(other) => panic!("{other}"),
        }
    }
    panic!("the log stays busy");
}

/// `spec/admission.md`, Profile: everything for which this version's programs do not take an entry.
fn unsupported(entry: &Entry) -> BTreeSet<&'static str> {
    let mut names = BTreeSet::new();
    match entry.payload() {
        Payload::MapHead(_) => drop(names.insert("MapHeadSubmitted")),
        Payload::Keyset(keyset) => {
            let rules = [
                (keyset.version() > 1, "KeysetChangeUnsupported"),
                (keyset.keys().len() > 1, "SeveralKeysUnsupported"),
                (!keyset.delegations().is_empty(), "DelegationsUnsupported"),
                (!keyset.evidence().is_none(), "EvidenceUnsupported"),
            ];
            names.extend(rules.into_iter().filter(|(breaks, _)| *breaks).map(|(_, name)| name));
        }
        Payload::Withdrawal(withdrawal) if withdrawal.name().is_none() => {
            names.extend(["KeyWithdrawalUnsupported", "CancelUnsupported"]);
        }
        _ => {}
    }
    names
}

/// Numbers from a seed (splitmix64), so that a failing history can be run again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }

    fn one_in(&mut self, end: usize) -> bool {
        self.below(end) == 0
    }
}
