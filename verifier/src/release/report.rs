//! What comes out: a finding for every step, and a verified release or one rejection.

use std::ops::Deref;

use pinfold_core::admit::Step as ClaimStep;
use pinfold_core::bundle::{Bundle, LoggedKeyset};
use pinfold_core::checkpoint::Origin;
use pinfold_core::digest::Digest;
use pinfold_core::entry::Entry;
use pinfold_core::index::Newest;
use pinfold_core::manifest::Manifest;
use pinfold_core::merkle::Hash;
use pinfold_core::reason::ReasonCode;
use pinfold_core::statement::Statement;

use super::freshness::Freshness;
use super::marks::NewMarks;
use super::refusal::Refusal;
use super::step::Step;

/// The outcome of a verification, and what became of each step.
#[derive(Debug, Clone)]
pub struct Report {
    pub(super) findings: Vec<Finding>,
    pub(super) outcome: Result<Verified<Release>, Rejection>,
    pub(super) claimant: Option<Claimant>,
}

/// What became of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The step.
    pub step: Step,
    /// Its result.
    pub result: StepResult,
}

/// The result of a step, with what was found in words. Foreign text in them is made visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepResult {
    /// It holds.
    Passed(String),
    /// It does not, and the bundle is refused.
    Failed(String),
    /// Nobody asked for it. This is what was found, if anything.
    NotRequired(String),
    /// An earlier step failed.
    NotReached,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejection {
    pub(super) refusal: Refusal,
}

/// Who claims a namespace that nobody trusts a claim for, where everything else but policy holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimant {
    /// What a trust of this claim would make verified, once it is verified again. Its fields are as verified.
    pub(super) release: Release,
}

/// Something that a verification made, and nothing else can.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified<T>(T);

/// A release that fulfils every step. What is used of it is taken from here.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    pub(super) bundle: Bundle,
    pub(super) origin: Origin,
    pub(super) steps: Vec<ClaimStep>,
    pub(super) keyset_in_force: u64,
    pub(super) head: (u64, Hash),
    pub(super) index_time: u64,
    pub(super) newest: Newest,
    pub(super) earlier_claims: u64,
    pub(super) freshness: Freshness,
    pub(super) age_seconds: Option<u64>,
    pub(super) cosigners: Vec<String>,
    pub(super) has_quorum: bool,
    pub(super) marks: Option<NewMarks>,
}

impl Report {
    /// Every step once, in order.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The verified release.
    ///
    /// # Errors
    /// The first step that failed.
    pub fn outcome(&self) -> Result<&Verified<Release>, &Rejection> {
        self.outcome.as_ref()
    }

    /// The verified release, without the findings.
    ///
    /// # Errors
    /// The first step that failed.
    pub fn into_outcome(self) -> Result<Verified<Release>, Rejection> {
        self.outcome
    }

    /// Who it is that nobody trusts: there if the claim's trust is all that is missing, so that a person can be asked.
    pub fn claimant(&self) -> Option<&Claimant> {
        self.claimant.as_ref()
    }
}

impl Claimant {
    /// The release as it would be verified. It is *not* verified: whose it is, nobody said.
    pub const fn release(&self) -> &Release {
        &self.release
    }
}

impl Rejection {
    /// The step that failed.
    pub const fn step(&self) -> Step {
        self.refusal.step()
    }

    /// Its code.
    pub const fn code(&self) -> ReasonCode {
        self.step().code()
    }

    /// Why.
    pub const fn refusal(&self) -> &Refusal {
        &self.refusal
    }

    /// What a person can do, in fixed words.
    pub const fn hint(&self) -> &'static str {
        self.refusal.hint()
    }
}

impl std::fmt::Display for Rejection {
    /// Why, in one line.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.refusal, out)
    }
}

impl std::error::Error for Rejection {}

impl StepResult {
    /// The result in records: `passed`, `failed`, `not-required`, `not-reached`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Passed(_) => "passed",
            Self::Failed(_) => "failed",
            Self::NotRequired(_) => "not-required",
            Self::NotReached => "not-reached",
        }
    }

    /// What was found, in words; empty where the step was not reached.
    pub fn detail(&self) -> &str {
        match self {
            Self::Passed(detail) | Self::Failed(detail) | Self::NotRequired(detail) => detail,
            Self::NotReached => "",
        }
    }
}

impl<T> Verified<T> {
    pub(super) const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, which then is no longer marked as verified.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl Release {
    /// The log entry.
    pub fn entry(&self) -> &Entry {
        self.bundle.entry()
    }

    /// What was signed: name, version, sequence, claim, artifacts.
    pub fn statement(&self) -> &Statement {
        self.bundle.statement()
    }

    /// The manifest, with the bytes that were verified.
    pub fn manifest(&self) -> &Manifest {
        self.bundle.manifest()
    }

    /// The claim that it stands in.
    pub fn claim(&self) -> Digest {
        self.statement().claim
    }

    /// The log.
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Its index in the log.
    pub fn index(&self) -> u64 {
        self.bundle.proof().index()
    }

    /// The claim's keyset history.
    pub fn keysets(&self) -> &[LoggedKeyset] {
        self.bundle.keysets()
    }

    /// What each entry of the claim's keyset history did, in the same order.
    pub fn keyset_steps(&self) -> &[ClaimStep] {
        &self.steps
    }

    /// Version of the keyset that was in force before its index.
    pub const fn keyset_in_force(&self) -> u64 {
        self.keyset_in_force
    }

    /// Size and root of the head.
    pub const fn head(&self) -> (u64, Hash) {
        self.head
    }

    /// The signed note of the head.
    pub fn head_note(&self) -> Vec<u8> {
        self.bundle.proof().checkpoint().to_bytes()
    }

    /// Time of the map-head, in Unix seconds: the log's word.
    pub const fn index_time(&self) -> u64 {
        self.index_time
    }

    /// The newest release of the name that the index states.
    pub const fn newest(&self) -> &Newest {
        &self.newest
    }

    /// Whether this is the newest release that the index states.
    pub fn is_newest(&self) -> bool {
        self.newest.sequence == self.statement().sequence
    }

    /// How many claims held the namespace before this one.
    pub const fn earlier_claims(&self) -> u64 {
        self.earlier_claims
    }

    /// How old the head is.
    pub const fn freshness(&self) -> &Freshness {
        &self.freshness
    }

    /// Age of the release in seconds, as far as witnesses prove one.
    pub const fn age_seconds(&self) -> Option<u64> {
        self.age_seconds
    }

    /// The names of the witnesses that signed the head.
    pub fn cosigners(&self) -> &[String] {
        &self.cosigners
    }

    /// Whether the log is trusted with witnesses at all; without, there is no time.
    pub const fn has_quorum(&self) -> bool {
        self.has_quorum
    }

    /// What to store. `None`: the head is older than seen, and moves no mark.
    pub const fn marks(&self) -> Option<&NewMarks> {
        self.marks.as_ref()
    }
}
