//! A verified release that was published as a test says: a whole log is made for it, and the bundle is judged.
#![allow(dead_code, reason = "each test file uses its own part")]

use pinfold_core::digest::{Digest, ObjectKind, file_digest};
use pinfold_core::entry::Entry;
use pinfold_core::manifest::CapturedObject;
use pinfold_core::pins::{Publication, UnixSeconds};
use pinfold_core::registry_name::RegistryName;
use pinfold_verifier::release::{Marks, Question, Release, Requirements, Verified, verify};
use pinfold_verifier::trust::{Trust, TrustedClaim, TrustedLog};

use crate::tiny_log::{Publisher, TinyLog, manifest_with};

/// When logs begin.
const BEGIN: u64 = 1_700_000_000;
/// When the release is published: after whatever happened to its claim.
const PUBLISHED: u64 = BEGIN + 40 * DAY;
const DAY: u64 = 86_400;

/// What is published.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    /// The claim, by a word.
    pub(crate) claim: String,
    pub(crate) name: RegistryName,
    pub(crate) origin: String,
    pub(crate) sequence: u64,
    pub(crate) version: String,
    /// The sequence of the newest release.
    pub(crate) newest: u64,
    /// Seconds between its first head and the one of the bundle.
    pub(crate) age_seconds: u64,
    pub(crate) is_fresh: bool,
    pub(crate) has_witnesses: bool,
    pub(crate) is_recovered: bool,
    pub(crate) objects: Vec<(ObjectKind, Vec<u8>)>,
}

impl Published {
    /// Release 2 of a name, fresh and a year old.
    pub(crate) fn second(objects: Vec<(ObjectKind, Vec<u8>)>) -> Self {
        Self {
            claim: "acme".to_owned(),
            name: "io.github.acme/demo".parse().unwrap(),
            origin: "log.example".to_owned(),
            sequence: 2,
            version: "1.1.0".to_owned(),
            newest: 2,
            age_seconds: 365 * DAY,
            is_fresh: true,
            has_witnesses: true,
            is_recovered: false,
            objects,
        }
    }

    /// The publication of release 1 of the same name, as a decision records it.
    pub(crate) fn first(&self, claim: Digest) -> Publication {
        Publication {
            claim,
            history: 1,
            name: self.name.clone(),
            origin: self.origin.parse().unwrap(),
            replaces: None,
            sequence: 1,
            version: "1.0.0".parse().unwrap(),
        }
    }

    /// The release, and the claim that a word stands for: the publisher's own for its own word.
    pub(crate) fn verified(&self) -> (Verified<Release>, impl Fn(&str) -> Digest + use<>) {
        let (bundle, trust, seen) = self.bundle();
        let question = Question {
            trust: &trust,
            marks: &Marks::default(),
            requirements: Requirements::default(),
            now: UnixSeconds(seen + if self.is_fresh { 10 } else { 2 * DAY }),
            expected_name: None,
            pinned: None,
            consistency: None,
        };
        let release = verify(&bundle, &question).into_outcome();
        let release = release.unwrap_or_else(|rejection| panic!("{}: {rejection}", rejection.step()));
        let (word, claim) = (self.claim.clone(), release.claim());
        (release, move |asked: &str| if asked == word { claim } else { file_digest(asked.as_bytes()) })
    }

    /// The release as a file, a trust that believes its claim, and when its head was witnessed.
    pub(crate) fn bundle(&self) -> (Vec<u8>, Trust, u64) {
        let witnesses = usize::from(self.has_witnesses);
        let mut log = TinyLog::new(&self.origin, witnesses, witnesses);
        let namespace = self.name.namespace();
        let publisher = if self.is_recovered {
            Publisher::recovered(&mut log, namespace.as_str(), &self.claim, BEGIN)
        } else {
            Publisher::claim(&mut log, namespace.as_str(), &self.claim)
        };
        let mut before: Option<Entry> = None;
        let mut submit = |log: &mut TinyLog, version: &str, objects: &[(ObjectKind, Vec<u8>)]| {
            let objects =
                objects.iter().map(|(kind, bytes)| CapturedObject { kind: *kind, bytes: bytes.clone() });
            let manifest = manifest_with(&self.name, version, objects.collect());
            let release = publisher.release(&manifest, before.as_ref());
            before = Some(release.clone());
            (log.submit(&release), manifest)
        };
        for earlier in 1..self.sequence {
            submit(&mut log, &format!("0.0.0-{earlier}"), &[]);
        }
        let (index, manifest) = submit(&mut log, &self.version, &self.objects);
        log.publish(PUBLISHED);
        for later in self.sequence..self.newest {
            submit(&mut log, &format!("0.0.1-{later}"), &[]);
        }
        let seen = PUBLISHED + self.age_seconds;
        if self.newest > self.sequence {
            log.publish(seen);
        } else {
            log.witness_again(&vec![seen; witnesses]);
        }
        let claim = TrustedClaim {
            namespace: namespace.clone(),
            log: log.origin.clone(),
            claim: publisher.claim_id(),
            history: publisher.keysets.len() as u64,
        };
        let trusted = TrustedLog::new(log.origin.clone(), None, &log.policy()).unwrap();
        let trust = Trust::default().with_log(trusted).unwrap().with_claim(claim).unwrap();
        (log.bundle(index, manifest.as_bytes()), trust, seen)
    }
}
