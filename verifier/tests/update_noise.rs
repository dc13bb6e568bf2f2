//! How much a person is asked if every update of real servers were published, and what becomes of poisoned ones.
//!
//! `cargo xtask long noise` prints the tables that stand in `docs/measurements.md`.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod poisoned;
mod power;
mod published;
mod releases;
#[path = "../../core/tests/support/mod.rs"]
mod support;
mod tiny_log;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use pinfold_core::digest::ObjectKind;
use pinfold_core::pins::{Approval, Decision};
use pinfold_core::surface::Received;
use pinfold_verifier::policy::{Prose, UpdatePolicy, Updates};
use pinfold_verifier::update::{Outcome, Plan, Terms, plan};
use poisoned::{CATALOGUE, Poisoned};
use published::Published;
use releases::{Release, releases};
use support::repository;
use world::World;

/// The policies, as a person writes them.
const POLICIES: [(&str, Updates, Prose); 5] = [
    ("`updates = \"ask\"`, the default", Updates::Ask, Prose::Ask),
    ("`\"signed\"`", Updates::Signed, Prose::Ask),
    ("`\"signed\"`, `prose = \"allow\"`", Updates::Signed, Prose::Allow),
    ("`\"approved-words\"`", Updates::ApprovedWords, Prose::Ask),
    ("`\"approved-words\"`, `prose = \"allow\"`", Updates::ApprovedWords, Prose::Allow),
];

/// What becomes of an update under each policy, where all of `old` was approved by the release before.
fn replayed(old: &[Received], new: &[(ObjectKind, Vec<u8>)]) -> Vec<Plan> {
    let published = Published::second(new.to_vec());
    let (release, claim) = published.verified();
    let mut world = World::default();
    let approvals = old.iter().map(|object| Approval {
        kind: object.kind,
        name: object.name.clone(),
        digest: object.digest,
        replaces: None,
        rules: Vec::new(),
    });
    let (label, claim) = (world::label(), Some(published.first(claim("acme"))));
    world.decide_on(Decision::SurfaceApproved { label, claim, objects: approvals.collect() });
    for object in old {
        world.memory.objects.insert(object.digest, object.bytes.clone());
    }
    let pins = world.pins.label(&world::label()).unwrap();
    let policies =
        POLICIES.map(|(_, updates, prose)| UpdatePolicy { updates, prose, ..UpdatePolicy::default() });
    let plans = policies
        .iter()
        .map(|policy| plan(&release, &Terms { pins, policy, memory: &world.memory, others: &[] }));
    plans.collect()
}

/// What one policy did to all pairs.
#[derive(Default)]
struct Row {
    /// Pairs in which a person is asked, and objects about which.
    questions: usize,
    asked: usize,
    let_through: usize,
    kept: usize,
    unseen: usize,
    /// Why, by the reason of each object.
    reasons: BTreeMap<&'static str, usize>,
}

impl Row {
    fn add(&mut self, plan: &Plan) {
        let mut asks = false;
        for (.., outcome) in plan.objects() {
            match outcome {
                Outcome::Approved => {}
                Outcome::LetThrough { .. } => self.let_through += 1,
                Outcome::KeptWords { .. } => self.kept += 1,
                Outcome::WaitsUnseen => self.unseen += 1,
                Outcome::Asks(why) => {
                    *self.reasons.entry(why.as_str()).or_default() += 1;
                    self.asked += 1;
                    asks = true;
                }
            }
        }
        self.questions += usize::from(asks);
    }
}

#[test]
fn published_updates_ask_less_and_never_pass_more_than_they_say() {
    let mut rows = POLICIES.map(|_| Row::default());
    let (mut pairs, mut changing) = (0, 0);
    for (server, releases) in &releases() {
        for pair in releases.windows(2) {
            let [before, after] = [&pair[0], &pair[1]];
            pairs += 1;
            let old: Vec<Received> = before.objects.values().cloned().collect();
            let new: Vec<(ObjectKind, Vec<u8>)> =
                after.objects.values().map(|object| (object.kind, object.bytes.to_vec())).collect();
            if new.is_empty() || old.is_empty() || !is_changed(before, after) {
                continue;
            }
            changing += 1;
            let plans = replayed(&old, &new);
            for (row, plan) in rows.iter_mut().zip(&plans) {
                assert_eq!(plan.refused().is_some(), std::ptr::eq(plan, &plans[0]), "{server}");
                row.add(plan);
            }
            nothing_more(&plans, before, after);
        }
    }
    if changing == 0 {
        return;
    }
    let mut table = format!(
        "== published\n| policy, over {pairs} pairs, of which {changing} change something | questions | of 100 pairs | of 100 that change anything | objects asked about | let through | approved words kept | unseen |\n|---|---|---|---|---|---|---|---|\n"
    );
    let of_100 = |questions: usize, all: usize| (questions * 100 + all / 2) / all;
    for ((title, ..), row) in POLICIES.iter().zip(&rows) {
        table.push_str(&format!(
            "| {title} | {} | {} | {} | {} | {} | {} | {} |\n",
            row.questions,
            of_100(row.questions, pairs),
            of_100(row.questions, changing),
            row.asked,
            row.let_through,
            row.kept,
            row.unseen
        ));
    }
    table.push_str("\n== reasons\n| policy | why objects are asked about |\n|---|---|\n");
    for ((title, ..), row) in POLICIES.iter().zip(&rows).skip(1) {
        let mut reasons: Vec<_> = row.reasons.iter().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let reasons: Vec<String> = reasons.iter().map(|(why, count)| format!("`{why}` {count}")).collect();
        table.push_str(&format!("| {title} | {} |\n", reasons.join(", ")));
    }
    // At once: other tests print beside this one.
    println!("\n{table}");
    assert_eq!(rows[0].questions, changing, "by default every change asks");
    assert!(rows.windows(2).all(|two| two[1].let_through >= two[0].let_through || two[1].kept > two[0].kept));
    assert!(rows[1].questions < changing && rows[2].questions < rows[1].questions, "it is of use");
    assert!(rows[3].questions < rows[1].questions, "so are the approved words");
}

fn is_changed(before: &Release, after: &Release) -> bool {
    after
        .objects
        .iter()
        .any(|(name, object)| before.objects.get(name).is_none_or(|old| old.digest != object.digest))
}

/// What is let through of a real update has nothing more, by another measure.
fn nothing_more(plans: &[Plan], before: &Release, after: &Release) {
    for (plan, words) in [(&plans[1], false), (&plans[2], true)] {
        for (name, object) in &after.objects {
            let outcome = plan.outcome(object.kind, &object.name, &object.digest);
            if let Outcome::LetThrough { .. } = outcome {
                let more = power::more(object.kind, &before.objects[name].bytes, &object.bytes, words);
                assert_eq!(more, None, "{}", object.name);
            }
        }
    }
}

#[test]
fn no_poisoned_update_is_let_through_but_by_words_that_are_allowed() {
    let mut counts = POLICIES.map(|_| [0; 4]);
    for one in CATALOGUE {
        let found = outcomes(one);
        for (outcome, counts) in found.iter().zip(&mut counts) {
            counts[match outcome {
                Outcome::Asks(_) => 0,
                Outcome::KeptWords { .. } => 1,
                Outcome::WaitsUnseen => 2,
                Outcome::LetThrough { .. } | Outcome::Approved => 3,
            }] += 1;
        }
        let told = |at: usize| match found[at] {
            Outcome::Asks(why) => format!("asks: `{}`", why.as_str()),
            other => format!("`{}`", other.as_str()),
        };
        println!("{} {}: {}, {}, {}", one.row, one.what, told(1), told(2), told(3));
        assert!(found[0].asks() && found[1].asks(), "{} {}: {found:?}", one.row, one.what);
        let passes = |at: usize| matches!(found[at], Outcome::LetThrough { .. } | Outcome::Approved);
        assert!(!passes(3), "{} {}: a client would read it", one.row, one.what);
        assert_eq!(passes(2), one.is_words, "{} {}: {:?}", one.row, one.what, found[2]);
        assert_eq!(passes(4), one.is_words, "{} {}: {:?}", one.row, one.what, found[4]);
    }
    let mut table = format!(
        "== poison\n| policy, over {} poisoned updates | asks | approved words kept | unseen | let through |\n|---|---|---|---|---|\n",
        CATALOGUE.len()
    );
    for ((title, ..), [asks, kept, unseen, through]) in POLICIES.iter().zip(counts) {
        table.push_str(&format!("| {title} | {asks} | {kept} | {unseen} | {through} |\n"));
    }
    println!("\n{table}");
}

fn outcomes(one: &Poisoned) -> Vec<Outcome> {
    let (old, new) = (one.read(one.old), one.read(one.new));
    assert_eq!(new.fault, None, "{}: what breaks a rule cannot be published", one.what);
    let bytes = new.bytes.to_vec();
    let plans = replayed(&[old], &[(new.kind, bytes)]);
    plans.iter().map(|plan| plan.outcome(new.kind, &new.name, &new.digest)).collect()
}

/// Rows that no publisher can publish, or that are a matter of time or of a whole listing: what breaks a rule of the
/// surface, what was gone, a name twice, what was replaced (see `spec/vectors/updates/`).
const NOT_HERE: [&str; 4] = ["A11", "A13", "A15", "A17"];

#[test]
fn every_row_of_changed_words_is_in_the_catalogue() {
    let mut rows = BTreeSet::new();
    for file in ["catalogue_words.rs", "catalogue_prompts.rs", "catalogue_names.rs"] {
        let text = std::fs::read_to_string(repository().join("tests/tests").join(file)).unwrap();
        let names = text.lines().filter_map(|line| line.strip_prefix("fn a"));
        rows.extend(names.map(|name| format!("A{}", &name[..2])));
    }
    let known = CATALOGUE.iter().map(|one| one.row).chain(NOT_HERE).map(str::to_owned);
    assert_eq!(rows, known.collect::<BTreeSet<_>>());
}
