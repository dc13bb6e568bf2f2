//! How much an honest update asks of a person: every release of real servers beside the one before it.
//!
//! The listings are the text of others and not part of the repository; without them this test says so and checks
//! nothing. `cargo xtask long noise` prints the table that stands in `docs/measurements.md`.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

#[path = "../../verifier/tests/releases/mod.rs"]
mod releases;
#[path = "../../core/tests/support/mod.rs"]
mod support;

use std::collections::BTreeSet;

use pinfold_cli::challenge::Shown;
use pinfold_cli::page::compare::Detail;
use pinfold_cli::page::group::Group;
use pinfold_cli::page::words::{Base, Item, ordered, words_in};
use pinfold_cli::screen::Screen;
use pinfold_core::digest::{Digest, ObjectKind, file_digest};
use pinfold_core::json::{self, ReadLimits, Value, canonical};
use pinfold_core::reason::ReasonCode;
use releases::{Release, releases};

/// Columns of the terminal for which lines are counted; one stays free.
const COLUMNS: usize = 79;
/// Lines of the question under the page: a blank one, what a yes does, the keys, the challenge.
const QUESTION_LINES: usize = 4;

/// Most lines of the median update between neighbouring versions.
const MOST_LINES_NEAR: usize = 48;
/// Most lines of the median update of all.
const MOST_LINES: usize = 70;

/// What one update asks.
struct Update {
    name: String,
    /// The group of its most harmful change; `None`: nothing is asked.
    worst: Option<Group>,
    held: usize,
    lines: usize,
    decisions: usize,
    /// Whether the two versions are neighbours, as far as their numbers say so.
    is_near: bool,
    /// Tools whose name, description or input schema are others, and new ones.
    hashed: usize,
}

/// What is held of a release when all of the one before it was approved.
fn held(before: &Release, after: &Release) -> Vec<Item> {
    let mut items = Vec::new();
    for ((kind, name), object) in &after.objects {
        let base = before.objects.get(&(*kind, name.clone()));
        if base.is_some_and(|base| base.digest == object.digest) {
            continue;
        }
        items.push(Item {
            kind: *kind,
            name: name.clone(),
            digest: object.digest,
            bytes: object.bytes.to_vec(),
            reason: if base.is_some() { ReasonCode::DescChanged } else { ReasonCode::ToolAdded },
            pointer: String::new(),
            since: "2026-11-26 09:00".to_owned(),
            base: base.map(|base| Base {
                digest: base.digest,
                approved: "2026-11-20 09:00".to_owned(),
                bytes: Some(base.bytes.to_vec()),
            }),
            rejected: None,
            barred: None,
            resembles: Vec::new(),
            renamed: None,
            rules: Vec::new(),
        });
    }
    items
}

/// How many tools a pin of name, description and input schema would call new or changed.
fn hashed(before: &Release, after: &Release) -> usize {
    let digests = |release: &Release| -> BTreeSet<Digest> {
        let tools = release.objects.values().filter(|object| object.kind == ObjectKind::Tool);
        tools
            .map(|tool| {
                let value = json::read(&tool.bytes, &ReadLimits::LISTING).unwrap();
                let part = |name| value.get(name).cloned().unwrap_or(Value::null());
                let parts = [part("name"), part("description"), part("inputSchema")].to_vec();
                file_digest(&canonical(&Value::array(parts)))
            })
            .collect()
    };
    digests(after).difference(&digests(before)).count()
}

fn update(name: String, before: &Release, after: &Release) -> Update {
    let is_near = is_near(&before.version, &after.version);
    let items = held(before, after);
    let hashed = hashed(before, after);
    if items.is_empty() {
        return Update { name, worst: None, held: 0, lines: 0, decisions: 0, is_near, hashed };
    }
    let (mut screen, mut shown) = (Screen::new(), Shown::new("words", "demo"));
    words_in(&mut screen, &mut shown, "demo", &items, false, Detail::Changed);
    let page = screen.render(COLUMNS, false);
    if std::env::var("NOISE_SHOW").is_ok_and(|wanted| name.contains(&wanted)) {
        println!("==== {name}\n{page}");
    }
    Update {
        name,
        worst: ordered(&items).first().map(|one| one.group),
        held: items.len(),
        lines: page.lines().count() + QUESTION_LINES,
        decisions: 1,
        is_near,
        hashed,
    }
}

/// The next patch or minor version of one major version; of versions by date, at most three months later.
fn is_near(before: &[u64], after: &[u64]) -> bool {
    let part = |version: &[u64], at: usize| version.get(at).copied().unwrap_or_default();
    let months = |version: &[u64]| part(version, 0) * 12 + part(version, 1);
    if part(before, 0) >= 2000 {
        return months(after) - months(before) <= 3;
    }
    part(before, 0) == part(after, 0) && part(after, 1) - part(before, 1) <= 1
}

/// The median, the ninth decile and the largest.
fn spread(mut numbers: Vec<usize>) -> (usize, usize, usize) {
    numbers.sort_unstable();
    let at = |part: usize| numbers.get((numbers.len().saturating_sub(1)) * part / 10).copied().unwrap_or(0);
    (at(5), at(9), at(10))
}

fn row(title: &str, updates: &[&Update]) -> String {
    let (held, held_most, _) = spread(updates.iter().map(|one| one.held).collect());
    let (lines, lines_most, lines_max) = spread(updates.iter().map(|one| one.lines).collect());
    let (decisions, ..) = spread(updates.iter().map(|one| one.decisions).collect());
    let alarms = updates.iter().filter(|one| one.decisions > 0).count();
    let (hashed, hashed_most, _) = spread(updates.iter().map(|one| one.hashed).collect());
    let hashed_alarms = updates.iter().filter(|one| one.hashed > 0).count();
    format!(
        "| {title} | {} | {alarms} | {held} ({held_most}) | {decisions} | {lines} ({lines_most}, {lines_max}) \
         | {hashed_alarms} | {hashed} ({hashed_most}) |\n",
        updates.len()
    )
}

#[test]
fn the_median_update_is_one_decision_and_few_lines() {
    let mut updates = Vec::new();
    for (server, releases) in &releases() {
        for pair in releases.windows(2) {
            let name = format!("{server} {} -> {}", pair[0].spelled, pair[1].spelled);
            updates.push(update(name, &pair[0], &pair[1]));
        }
    }
    if updates.is_empty() {
        return;
    }
    let mut table = String::from(
        "== asks\n| updates | pairs | questions | objects held | decisions | lines | stops by hash | tools by hash |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    table.push_str(&row("all", &updates.iter().collect::<Vec<_>>()));
    let changing: Vec<&Update> = updates.iter().filter(|one| one.worst.is_some()).collect();
    table.push_str(&row("that change anything", &changing));
    let near: Vec<&Update> = changing.iter().copied().filter(|one| one.is_near).collect();
    table.push_str(&row("of these, between neighbouring versions", &near));
    for group in Group::ALL {
        let of: Vec<&Update> = changing.iter().copied().filter(|one| one.worst == Some(group)).collect();
        if !of.is_empty() {
            table.push_str(&row(&format!("whose worst change is: {}", group.heading()), &of));
        }
    }
    // At once: other tests print beside this one.
    println!("\n{table}");
    if std::env::var("NOISE_SHOW").is_ok() {
        let mut all = changing.clone();
        all.sort_by_key(|one| one.lines);
        for one in all {
            println!("{:5} lines {:4} held  {}", one.lines, one.held, one.name);
        }
    }
    let median = |updates: &[&Update]| spread(updates.iter().map(|one| one.lines).collect()).0;
    assert!(changing.iter().all(|one| one.decisions == 1), "an update is one decision");
    // What is measured today, and a little room: a page that grows is noticed.
    assert!(median(&near) <= MOST_LINES_NEAR, "between neighbours: {} lines", median(&near));
    assert!(median(&changing) <= MOST_LINES, "of all: {} lines", median(&changing));
}
