//! Bundles that verify, and for every step of the verification bundles that fail exactly there. Each is a vector of
//! `spec/verification.md`.
#![allow(dead_code, reason = "each test file uses its own part")]

mod form;
mod heads;
mod index;
mod reader;

use std::fmt::Write as _;

use pinfold_core::digest::Digest;
use pinfold_verifier::release::Step;
use pinfold_verifier::trust::{Trust, TrustedClaim, TrustedLog};

use crate::tiny_log::{Publisher, TinyLog, manifest};

/// The name that most cases release.
pub(crate) const NAME: &str = "io.github.acme/demo";

/// When most logs of the cases begin.
pub(crate) const T: u64 = 1_700_000_000;

/// One case: what is asked, and the outcome.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) file: String,
    checks: String,
    pub(crate) trust: Trust,
    pub(crate) bundle: Vec<u8>,
    now: u64,
    headers: Vec<(&'static str, String)>,
    expect: String,
}

/// Every case.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = form::cases();
    cases.extend(heads::cases());
    cases.extend(index::cases());
    cases.extend(reader::cases());
    cases
}

impl Case {
    /// A case that verifies, with the name and version of the release.
    pub(crate) fn ok(file: &str, checks: &str, trust: &Trust, bundle: Vec<u8>, version: &str) -> Self {
        Self::new(file, checks, trust, bundle, "ok").with("name-version", format!("{NAME} {version}"))
    }

    /// A case that fails at a step.
    pub(crate) fn fails(file: &str, step: Step, trust: &Trust, bundle: Vec<u8>) -> Self {
        Self::new(file, &step.to_string(), trust, bundle, step.code().as_str()).with("step", step.to_string())
    }

    fn new(file: &str, checks: &str, trust: &Trust, bundle: Vec<u8>, expect: &str) -> Self {
        Self {
            file: file.to_owned(),
            checks: checks.to_owned(),
            trust: trust.clone(),
            bundle,
            now: T + 1_000,
            headers: Vec::new(),
            expect: expect.to_owned(),
        }
    }

    /// With one more header.
    pub(crate) fn with(mut self, key: &'static str, value: impl ToString) -> Self {
        self.headers.push((key, value.to_string()));
        self
    }

    /// At another time.
    pub(crate) fn at(mut self, now: u64) -> Self {
        self.now = now;
        self
    }

    /// The file of the vector.
    pub(crate) fn to_vector(&self) -> Vec<u8> {
        let trust = self.trust.to_text();
        let mut head = format!("check: {}\nexpect: {}\n", self.checks, self.expect);
        for (key, value) in &self.headers {
            writeln!(head, "{key}: {value}").unwrap();
        }
        write!(head, "now: {}\ntrust: {}\n\n{trust}", self.now, trust.len()).unwrap();
        [head.into_bytes(), self.bundle.clone()].concat()
    }
}

/// A trust in one log, with these claims.
pub(crate) fn trust_in(log: &TinyLog, claims: &[(&str, Digest)]) -> Trust {
    let trusted = TrustedLog::new(log.origin.clone(), None, &log.policy()).unwrap();
    let trust = Trust::default().with_log(trusted).unwrap();
    claims.iter().fold(trust, |trust, (namespace, claim)| {
        let (namespace, log) = (namespace.parse().unwrap(), log.origin.clone());
        trust.with_claim(TrustedClaim { namespace, log, claim: *claim, history: 1 }).unwrap()
    })
}

/// A log with a claim of one key and releases of [`NAME`], a head after each.
pub(crate) struct World {
    pub(crate) log: TinyLog,
    pub(crate) acme: Publisher,
    /// Index and manifest.
    pub(crate) releases: Vec<(u64, Vec<u8>)>,
}

impl World {
    pub(crate) fn new(witnesses: usize, quorum: usize, versions: &[&str]) -> Self {
        let mut log = TinyLog::new("log.example", witnesses, quorum);
        let acme = Publisher::claim(&mut log, "io.github.acme", "acme");
        let mut world = Self { log, acme, releases: Vec::new() };
        for (number, version) in versions.iter().enumerate() {
            world.release(version);
            world.log.publish(T + 60 * number as u64);
        }
        world
    }

    /// Submits one more release.
    pub(crate) fn release(&mut self, version: &str) -> u64 {
        let manifest = manifest(NAME, version);
        let before = self.releases.last().map(|(index, _)| self.log.entries[*index as usize].clone());
        let index = self.log.submit(&self.acme.release(&manifest, before.as_ref()));
        self.releases.push((index, manifest.as_bytes().to_vec()));
        index
    }

    /// A trust in this log and its publisher.
    pub(crate) fn trust(&self) -> Trust {
        trust_in(&self.log, &[("io.github.acme", self.acme.claim_id())])
    }

    /// A trust in this log alone.
    pub(crate) fn trust_in_log(&self) -> Trust {
        trust_in(&self.log, &[])
    }

    /// The bundle of a release under the newest head.
    pub(crate) fn bundle(&self, release: usize) -> Vec<u8> {
        let (index, manifest) = &self.releases[release];
        self.log.bundle(*index, manifest)
    }
}
