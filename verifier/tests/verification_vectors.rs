//! The vectors of `spec/verification.md`, and that they are what the cases make.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod cases;
#[path = "../../core/tests/support/mod.rs"]
mod support;
mod tiny_log;

use std::collections::BTreeSet;

use pinfold_core::digest::Digest;
use pinfold_core::merkle::ConsistencyProof;
use pinfold_core::pins::UnixSeconds;
use pinfold_core::registry_name::RegistryName;
use pinfold_verifier::release::{
    HeadMark, Identity, Marks, NameMark, Question, Release, Report, Requirements, Step, StepResult, verify,
};
use pinfold_verifier::trust::Trust;
use support::{Vector, repository, vectors};

#[test]
fn every_vector_of_verification_comes_out_as_expected() {
    let (mut failed, mut wrong) = (BTreeSet::new(), String::new());
    for mut vector in vectors("verification") {
        let report = judge(&mut vector);
        let (file, expect) = (vector.file.clone(), vector.need("expect"));
        let step = vector.take("step").unwrap_or_default();
        let found = match report.outcome() {
            Ok(_) => ("ok", String::new()),
            Err(rejection) => (rejection.code().as_str(), rejection.step().to_string()),
        };
        if (found.0, &found.1) != (&expect, &step) {
            wrong.push_str(&format!("{file}: {expect} {step}\n{}\n", told(&report)));
            continue;
        }
        match report.outcome() {
            Ok(release) => compare(&mut vector, release),
            Err(rejection) => {
                assert!(!rejection.to_string().contains('\n') && rejection.hint().len() > 10, "{rejection}");
                failed.insert(rejection.step());
            }
        }
        check_findings(&report, &file);
        vector.finish();
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(failed, Step::ALL.iter().copied().collect(), "every step has a vector that fails there");
}

#[test]
fn the_vectors_are_those_that_the_cases_make() {
    let folder = repository().join("spec/vectors/verification");
    let mut files = BTreeSet::new();
    for case in cases::all() {
        let path = folder.join(format!("{}.vector", case.file));
        let found = std::fs::read(&path).unwrap_or_default();
        assert!(found == case.to_vector(), "{} is another one", path.display());
        assert!(files.insert(case.file.clone()), "{} twice", case.file);
    }
    assert_eq!(vectors("verification").len(), files.len(), "a file that no case makes");
}

#[test]
#[ignore = "writes the vectors"]
fn write_the_vectors() {
    let folder = repository().join("spec/vectors/verification");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    for case in cases::all() {
        std::fs::write(folder.join(format!("{}.vector", case.file)), case.to_vector()).unwrap();
    }
}

fn judge(vector: &mut Vector) -> Report {
    let trust_bytes = vector.number("trust").unwrap();
    let (trust, bundle) = vector.input.split_at(trust_bytes);
    let trust = Trust::parse(std::str::from_utf8(trust).unwrap()).unwrap();
    let bundle = bundle.to_vec();
    let name = vector.take("name").map(|name| name.parse::<RegistryName>().unwrap());
    let pinned = vector.take("pinned").map(|pinned| {
        let [claim, origin, history] = words(&pinned);
        Identity {
            claim: claim.parse().unwrap(),
            origin: origin.parse().unwrap(),
            history: history.parse().unwrap(),
        }
    });
    let consistency = vector.take("proof").map(|hashes| {
        ConsistencyProof::new(hashes.split(' ').map(|hash| hash.parse().unwrap()).collect()).unwrap()
    });
    let question = Question {
        trust: &trust,
        marks: &marks(vector),
        requirements: requirements(vector),
        now: UnixSeconds(vector.number("now").unwrap() as u64),
        expected_name: name.as_ref(),
        pinned: pinned.as_ref(),
        consistency: consistency.as_ref(),
    };
    verify(&bundle, &question)
}

fn marks(vector: &mut Vector) -> Marks {
    let mut marks = Marks::default();
    if let Some(seen) = vector.take("seen") {
        let [origin, size, root, time] = words(&seen);
        marks.insert_head(
            origin.parse().unwrap(),
            HeadMark {
                size: size.parse().unwrap(),
                root: root.parse().unwrap(),
                quorum_time: Some(UnixSeconds(time.parse().unwrap())),
                note: Vec::new(),
            },
        );
    }
    if let Some(marked) = vector.take("marked") {
        let [name, claim, sequence, newest, size] = words(&marked);
        let mark = NameMark {
            sequence: sequence.parse().unwrap(),
            newest: newest.parse().unwrap(),
            under_size: size.parse().unwrap(),
        };
        marks.insert_name(&name.parse().unwrap(), claim.parse::<Digest>().unwrap(), mark);
    }
    marks
}

fn requirements(vector: &mut Vector) -> Requirements {
    let mut requirements = Requirements::default();
    for word in vector.take("requires").unwrap_or_default().split(' ').filter(|word| !word.is_empty()) {
        match word {
            "fresh" => requirements.fresh = true,
            "within-grace" => requirements.within_grace = true,
            "newest" => requirements.newest = true,
            "witnesses" => requirements.witnesses = true,
            _ => requirements.min_age_seconds = Some(word.strip_prefix("age=").unwrap().parse().unwrap()),
        }
    }
    requirements
}

fn words<const N: usize>(text: &str) -> [&str; N] {
    text.split(' ').collect::<Vec<_>>().try_into().unwrap()
}

fn compare(vector: &mut Vector, release: &Release) {
    let file = vector.file.clone();
    let statement = release.statement();
    let found = format!("{} {}", statement.name, statement.version);
    assert_eq!(vector.need("name-version"), found, "{file}");
    if let Some(freshness) = vector.take("freshness") {
        assert_eq!(freshness, release.freshness().outcome.as_str(), "{file}");
    }
    if let Some(age) = vector.take("age") {
        let found = release.age_seconds().map_or("unknown".to_owned(), |age| age.to_string());
        assert_eq!(age, found, "{file}");
    }
    assert_eq!(release.marks().is_none(), release.freshness().older_than_seen, "{file}");
}

/// Each step once and in order; nothing passes after a failure.
fn check_findings(report: &Report, file: &str) {
    let steps: Vec<Step> = report.findings().iter().map(|finding| finding.step).collect();
    assert_eq!(steps, Step::ALL, "{file}");
    let failed = report.outcome().err().map(|rejection| rejection.step());
    for finding in report.findings() {
        let is_failed = matches!(finding.result, StepResult::Failed(_));
        assert_eq!(is_failed, Some(finding.step) == failed, "{file} {}", finding.step);
        let is_after = failed.is_some_and(|failed| finding.step > failed);
        assert_eq!(finding.result == StepResult::NotReached, is_after, "{file} {}", finding.step);
    }
}

fn told(report: &Report) -> String {
    let line = |finding: &pinfold_verifier::release::Finding| {
        format!("{} {} {}\n", finding.step, finding.result.as_str(), finding.result.detail())
    };
    report.findings().iter().map(line).collect()
}
