//! Bundles of a whole log, judged.
#![allow(clippy::unwrap_used)]

mod tiny_log;

use pinfold_core::digest::Digest;
use pinfold_core::pins::UnixSeconds;
use pinfold_core::reason::ReasonCode;
use pinfold_verifier::release::{Marks, Question, Report, Requirements, Step, StepResult, verify};
use pinfold_verifier::trust::{Trust, TrustedClaim, TrustedLog};
use tiny_log::{Publisher, TinyLog, manifest};

const NAME: &str = "io.github.acme/demo";
const T: u64 = 1_700_000_000;

fn trust(log: &TinyLog, claims: &[(&str, Digest)]) -> Trust {
    let trusted = TrustedLog::new(log.origin.clone(), None, &log.policy()).unwrap();
    let trust = Trust::default().with_log(trusted).unwrap();
    claims.iter().fold(trust, |trust, (namespace, claim)| {
        let namespace = namespace.parse().unwrap();
        trust
            .with_claim(TrustedClaim { namespace, log: log.origin.clone(), claim: *claim, history: 1 })
            .unwrap()
    })
}

fn ask(trust: &Trust, bundle: &[u8]) -> Report {
    let marks = Marks::default();
    let question = Question {
        trust,
        marks: &marks,
        requirements: Requirements::default(),
        now: UnixSeconds(T + 100),
        expected_name: None,
        pinned: None,
        consistency: None,
    };
    verify(bundle, &question)
}

fn told(report: &Report) -> String {
    report
        .findings()
        .iter()
        .map(|f| format!("{} {} {}\n", f.step, f.result.as_str(), f.result.detail()))
        .collect()
}

/// A log with keyset, two releases of one name and one of another, a head after each.
fn world(witnesses: usize, quorum: usize) -> (TinyLog, Publisher, Vec<(u64, Vec<u8>)>) {
    let mut log = TinyLog::new("log.example", witnesses, quorum);
    let acme = Publisher::claim(&mut log, "io.github.acme", "acme");
    let mut releases = Vec::new();
    let mut previous = None;
    for (number, version) in ["1.0.0", "1.1.0"].into_iter().enumerate() {
        let manifest = manifest(NAME, version);
        let entry = acme.release(&manifest, previous.as_ref());
        let index = log.submit(&entry);
        releases.push((index, manifest.as_bytes().to_vec()));
        previous = Some(entry);
        log.publish(T + number as u64);
    }
    (log, acme, releases)
}

#[test]
fn a_proof_of_another_entry_is_refused_by_name() {
    let (log, acme, releases) = world(0, 0);
    let trust = trust(&log, &[("io.github.acme", acme.claim_id())]);
    let (first, second) = (&releases[0], &releases[1]);
    let mut parts = log.parts(first.0, 1);
    let other = log.parts(second.0, 1);
    // Both proofs are valid: of the other release.
    (parts.proof, parts.first) = (other.proof.clone(), other.first.clone());
    let report = ask(&trust, &parts.with_manifest(&first.1));
    let rejection = report.outcome().unwrap_err();
    assert_eq!(rejection.code(), ReasonCode::LogEntryMismatch, "{}", told(&report));
    assert_eq!(rejection.step(), Step::Entry);
}

#[test]
fn an_edited_manifest_is_refused_by_name() {
    let (log, acme, releases) = world(0, 0);
    let trust = trust(&log, &[("io.github.acme", acme.claim_id())]);
    let (index, manifest) = &releases[0];
    let text = String::from_utf8(manifest.clone()).unwrap();
    let naive = text.replace("Looks things up", "Sends things off");
    let version = text.replace("1.0.0", "1.0.1");
    let spoiled = text.replace("\"grants\":[]", "\"grants\":[\"net\"]");
    for edited in [naive, version, spoiled] {
        assert_ne!(edited, text);
        let report = ask(&trust, &log.bundle(*index, edited.as_bytes()));
        let rejection = report.outcome().unwrap_err();
        assert_eq!(rejection.code(), ReasonCode::ManifestMismatch, "{}", told(&report));
        assert_eq!(rejection.step(), Step::Manifest);
    }
}

#[test]
fn each_step_says_what_became_of_it() {
    let (log, acme, releases) = world(3, 2);
    let trust = trust(&log, &[("io.github.acme", acme.claim_id())]);
    let (index, manifest) = &releases[1];
    let report = ask(&trust, &log.bundle(*index, manifest));
    assert!(report.outcome().is_ok(), "{}", told(&report));
    println!("{}", told(&report));
    assert_eq!(report.findings().iter().map(|finding| finding.step).collect::<Vec<_>>(), Step::ALL);
    let not_required =
        [Step::Clock, Step::Freshness, Step::Newest, Step::LogHistory, Step::Rollback, Step::Policy];
    for finding in report.findings() {
        assert_eq!(
            matches!(finding.result, StepResult::NotRequired(_)),
            not_required.contains(&finding.step)
        );
        assert!(!finding.result.detail().is_empty());
    }
    let report = ask(&Trust::default(), &log.bundle(*index, manifest));
    assert_eq!(report.outcome().unwrap_err().code(), ReasonCode::LogUntrusted);
    for finding in report.findings() {
        let is_after = finding.step > Step::Log;
        assert_eq!(finding.result == StepResult::NotReached, is_after);
        assert_eq!(matches!(finding.result, StepResult::Failed(_)), finding.step == Step::Log);
    }
}
