//! The procedure: the steps in order, up to the first that fails.

use pinfold_core::bundle::{Bundle, BundleError};
use pinfold_core::registry_name::RegistryName;

use super::heads;
use super::publisher;
use super::question::{Question, Requirements};
use super::refusal::Refusal;
use super::report::{Claimant, Finding, Rejection, Release, Report, StepResult, Verified};
use super::step::Step;
use super::words::{count, span};
use super::{index, past};

/// Judges a bundle. The outcome depends on the arguments and on nothing else.
///
/// Not checked: whether the words of the manifest are good, and what the release's files are.
pub fn verify(bundle: &[u8], question: &Question<'_>) -> Report {
    Opened::read(bundle).judge(question)
}

/// A bundle that was read, once, and is not judged.
#[derive(Clone, Debug)]
pub struct Opened {
    bytes: usize,
    read: Result<Bundle, BundleError>,
}

impl Opened {
    /// Reads a bundle; whether that failed, [`Opened::judge`] tells as V1 and V2.
    pub fn read(doc: &[u8]) -> Opened {
        Opened { bytes: doc.len(), read: Bundle::parse(doc) }
    }

    /// What the bundle says of itself, if it has the form of one. It may choose what a judge is given, such as the marks
    /// of a name; whether it is true, only the judgement says.
    pub fn bundle(&self) -> Result<&Bundle, &BundleError> {
        self.read.as_ref()
    }

    /// Judges it. The outcome depends on the bundle and the question and on nothing else.
    pub fn judge(self, question: &Question<'_>) -> Report {
        let mut steps = Steps { findings: Vec::with_capacity(Step::ALL.len()) };
        let (outcome, claimant) = match judge(&mut steps, self, question) {
            Err(refusal) => (Err(refusal), None),
            Ok(release) => match believe(&mut steps, &release, question) {
                Ok(()) => (Ok(Verified::new(release)), None),
                Err(refusal) if refusal.step() == Step::Claim => (Err(refusal), Some(Claimant { release })),
                Err(refusal) => (Err(refusal), None),
            },
        };
        let mut findings = steps.findings;
        let left = Step::ALL[findings.len()..].iter();
        findings.extend(left.map(|step| Finding { step: *step, result: StepResult::NotReached }));
        Report { findings, outcome: outcome.map_err(|refusal| Rejection { refusal }), claimant }
    }
}

/// What a step says that did not fail.
pub(super) enum Said {
    /// It was asked, and holds.
    Passed(String),
    /// Nobody asked.
    NotRequired(String),
}

struct Steps {
    findings: Vec<Finding>,
}

impl Steps {
    /// Records a step, and hands on what it found.
    fn take<T>(&mut self, step: Step, found: Result<(T, Said), Refusal>) -> Result<T, Refusal> {
        debug_assert_eq!(step.number(), self.findings.len() + 1, "steps are taken in order");
        let (result, value) = match found {
            Ok((value, Said::Passed(detail))) => (StepResult::Passed(detail), Ok(value)),
            Ok((value, Said::NotRequired(detail))) => (StepResult::NotRequired(detail), Ok(value)),
            Err(refusal) => {
                debug_assert_eq!(refusal.step(), step, "{refusal}");
                (StepResult::Failed(refusal.to_string()), Err(refusal))
            }
        };
        self.findings.push(Finding { step, result });
        value
    }

    fn check(&mut self, step: Step, found: Result<Said, Refusal>) -> Result<(), Refusal> {
        self.take(step, found.map(|said| ((), said)))
    }
}

/// V1 to V21: everything but whether a person believes the claim, and what a policy asks beyond.
fn judge(steps: &mut Steps, opened: Opened, question: &Question<'_>) -> Result<Release, Refusal> {
    let bundle = read(steps, opened)?;
    let requirements = &question.requirements;
    steps.check(Step::Subject, subject(&bundle, question))?;
    let chain = publisher::chain(&bundle);
    steps.check(Step::Keysets, publisher::keysets(&bundle, &chain))?;
    let chain = steps.take(Step::KeysetSignatures, publisher::keyset_signatures(&bundle, chain))?;
    let origin = &chain.origin;
    steps.check(Step::Entry, heads::entry(&bundle))?;
    let signatures = steps.take(Step::Log, heads::log(&bundle, origin, question.trust))?;
    let heads = steps.take(Step::Witnesses, heads::witnesses(&signatures, question.now))?;
    steps.check(Step::KeysetsLogged, heads::keysets_logged(&bundle))?;
    steps.check(Step::Clock, past::clock(question))?;
    let continued = past::continues(&bundle, origin, question);
    let is_older = continued == Ok(past::Continued::OlderThanSeen);
    let freshness = heads.freshness(signatures.log, question.now, is_older);
    steps.check(Step::Freshness, heads::freshness(&freshness, requirements))?;
    let verified = index::verify(&bundle);
    steps.check(Step::IndexHead, index::head(&bundle, &verified))?;
    let verified = steps.take(Step::Index, index::speaks_of(&bundle, verified))?;
    let (state, earlier_claims) = steps.take(Step::KeysetHistory, index::history(&bundle, &verified))?;
    let signed = publisher::signed(&bundle, &chain);
    steps.check(Step::KeyInForce, publisher::key_in_force(&bundle, &chain, &signed))?;
    let keyset_in_force = steps.take(Step::Signatures, publisher::signatures(&bundle, &chain, signed))?;
    steps.check(Step::Newest, index::newest(&bundle, state, requirements))?;
    steps.check(Step::Withdrawn, index::withdrawn(&bundle, state))?;
    steps.check(Step::Continuity, publisher::continuity(&bundle, &chain, question))?;
    let continued = steps.take(Step::LogHistory, past::log_history(&bundle, state, continued, question))?;
    steps.check(Step::Rollback, past::rollback(&bundle, question))?;
    let marks = past::marks(&bundle, state, origin, &heads, continued, question);
    let head = bundle.proof().checkpoint().checkpoint();
    Ok(Release {
        origin: chain.origin,
        steps: chain.history.steps().to_vec(),
        keyset_in_force,
        head: (head.size(), *head.root()),
        index_time: verified.time(),
        newest: state.value.newest,
        earlier_claims,
        freshness,
        age_seconds: heads.age_seconds,
        cosigners: heads.cosigners,
        has_quorum: heads.has_quorum,
        marks,
        bundle,
    })
}

/// V1 and V2. A manifest that was edited is told as that.
fn read(steps: &mut Steps, opened: Opened) -> Result<Bundle, Refusal> {
    let form = || Said::Passed(format!("a bundle of {} bytes", opened.bytes));
    match opened.read {
        Ok(bundle) => {
            steps.check(Step::Bundle, Ok(form()))?;
            let detail = format!("the manifest is {}, as the statement says", bundle.manifest().digest());
            steps.check(Step::Manifest, Ok(Said::Passed(detail)))?;
            Ok(bundle)
        }
        Err(BundleError::OtherManifest { stated, found }) => {
            steps.check(Step::Bundle, Ok(form()))?;
            steps.take(Step::Manifest, Err(Refusal::OtherManifest { stated, found }))
        }
        Err(error) => steps.take(Step::Bundle, Err(Refusal::Bundle(error))),
    }
}

/// V3: statement and manifest say the same, and it is what was expected.
fn subject(bundle: &Bundle, question: &Question<'_>) -> Result<Said, Refusal> {
    let statement = bundle.statement();
    statement.check_manifest(bundle.manifest()).map_err(Refusal::Subject)?;
    let is_other = |expected: &&RegistryName| expected.lower() != statement.name.lower();
    if let Some(expected) = question.expected_name.filter(is_other) {
        let (expected, found) = (expected.clone(), statement.name.clone());
        return Err(Refusal::OtherName { expected, found });
    }
    let artifacts = count(bundle.manifest().artifacts().len(), "artifact");
    Ok(Said::Passed(format!("{} {}, {artifacts}", statement.name, statement.version)))
}

/// V22 and V23: what only the reader can say.
fn believe(steps: &mut Steps, release: &Release, question: &Question<'_>) -> Result<(), Refusal> {
    steps.check(Step::Claim, publisher::is_believed(release, question))?;
    steps.check(Step::Policy, policy(release, &question.requirements))
}

fn policy(release: &Release, requirements: &Requirements) -> Result<Said, Refusal> {
    if requirements.witnesses && !release.has_quorum() {
        return Err(Refusal::NoWitnesses);
    }
    let age_seconds = release.age_seconds();
    let Some(min_seconds) = requirements.min_age_seconds else {
        let said = if requirements.witnesses { Said::Passed } else { Said::NotRequired };
        let detail = if requirements.witnesses { "there are witnesses" } else { "nothing is asked" };
        return Ok(said(detail.to_owned()));
    };
    match age_seconds {
        Some(age) if age >= min_seconds => Ok(Said::Passed(format!("{} old", span(age)))),
        _ => Err(Refusal::TooYoung { age_seconds, min_seconds }),
    }
}
