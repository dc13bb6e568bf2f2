//! The record of a run, and the tables of `docs/compare.md` that are made from it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cases::{CASES, When};
use super::peers::{Outcome, PEERS, Peer};
use crate::marked;

/// Where the record lies, from the root.
const RECORD: &str = "xtask/compare/measured.json";

/// The page with the tables.
const PAGE: &str = "docs/compare.md";

/// The places of the page in which a table stands.
const KIND: &str = "compare";
const BETWEEN: &str = "between client and server";
const BESIDE: &str = "in CI";

/// What one run found.
#[derive(Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    /// By the peer's key: what was installed.
    packages: BTreeMap<String, String>,
    /// By the peer's key and the case's: what came of it.
    cells: BTreeMap<String, BTreeMap<String, String>>,
    /// By the peer's key: members of an unchanged tool that the client did not get as the server wrote them.
    altered: BTreeMap<String, Vec<String>>,
}

impl Record {
    pub(super) fn add(&mut self, peer: &Peer, case: &str, cell: &str, outcome: Option<&Outcome>) {
        if let Some(package) = peer.package {
            self.packages.insert(peer.key.to_owned(), package.to_owned());
        }
        self.cells.entry(peer.key.to_owned()).or_default().insert(case.to_owned(), cell.to_owned());
        if let (Some(Outcome::Session(seen)), "same") = (outcome, case) {
            self.altered.insert(peer.key.to_owned(), seen.altered.clone());
        }
    }

    /// What is recorded, for a run that measures some programs anew.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn load() -> Result<Record, String> {
        let text = std::fs::read_to_string(crate::root().join(RECORD))
            .map_err(|error| format!("{RECORD}: {error}"))?;
        serde_json::from_str(&text).map_err(|error| format!("{RECORD}: {error}"))
    }

    fn cell(&self, peer: &Peer, case: &str) -> &str {
        self.cells.get(peer.key).and_then(|cells| cells.get(case)).map_or("not measured", String::as_str)
    }
}

/// The words of a cell.
pub(super) fn cell(outcome: Option<&Outcome>, when: When) -> String {
    let text = match outcome {
        None => "–",
        Some(Outcome::Check { code: Some(0), .. }) => "passes",
        Some(Outcome::Check { code: Some(1), .. }) => "**reported**",
        Some(Outcome::Check { code, .. }) => {
            return code.map_or("ended by a signal".to_owned(), |code| format!("exit {code}"));
        }
        Some(Outcome::Session(seen)) => match (seen.shown, seen.reached, seen.others_work) {
            (true, Some(true), true) if when == When::Never => "works",
            (_, _, _) if when == When::Never => "does not work",
            (false, Some(false) | None, true) => "**held**, the rest works",
            (false, Some(false) | None, false) => "**held**, with the rest",
            (true, Some(false), _) => "offered, **call refused**",
            (false, Some(true), _) if !seen.others_listed => "**nothing listed**",
            (false, Some(true), _) if matches!(when, When::During { .. }) => {
                "call passes, **held** at the next listing"
            }
            (false, Some(true), _) => "left out, call passes",
            (true, Some(true) | None, _) => "passes",
        },
    };
    text.to_owned()
}

/// Writes the record and puts the tables into the page.
///
/// # Errors
/// When a file cannot be read or written, or the page has no place for the tables.
pub(super) fn write(record: &Record) -> Result<(), String> {
    let root = crate::root();
    let text = serde_json::to_string_pretty(record).map_err(|error| error.to_string())? + "\n";
    std::fs::write(root.join(RECORD), text).map_err(|error| format!("{RECORD}: {error}"))?;
    let page = std::fs::read_to_string(root.join(PAGE)).map_err(|error| format!("{PAGE}: {error}"))?;
    let page = filled(&page, record)?;
    std::fs::write(root.join(PAGE), page).map_err(|error| format!("{PAGE}: {error}"))
}

/// The page with the tables of this record in its two places: programs between, and programs beside.
fn filled(page: &str, record: &Record) -> Result<String, String> {
    let places = marked::regions(page, KIND).map_err(|why| format!("{PAGE}: {why}"))?;
    let names: Vec<&str> = places.iter().map(|place| place.name.as_str()).collect();
    if names != [BETWEEN, BESIDE] {
        return Err(format!("{PAGE}: its places are {names:?}, not {BETWEEN} and {BESIDE}"));
    }
    marked::replaced(page, KIND, |name| Some(format!("\n{}\n", table(record, name == BETWEEN))))
}

fn table(record: &Record, between: bool) -> String {
    let peers: Vec<&Peer> = PEERS.iter().filter(|peer| peer.is_between() == between).collect();
    let row = |first: &str, cells: Vec<String>| format!("| {first} | {} |\n", cells.join(" | "));
    let head = |peer: &&Peer| peer.package.map_or(peer.key.to_owned(), |package| package.replace("==", " "));
    let mut text = row("", peers.iter().map(head).collect());
    text.push_str(&format!("|---{}|\n", "|---".repeat(peers.len())));
    text.push_str(&row("set to", peers.iter().map(|peer| peer.set.to_owned()).collect()));
    for case in CASES {
        let cells: Vec<String> = peers.iter().map(|peer| record.cell(peer, case.key).to_owned()).collect();
        if cells.iter().any(|cell| cell != "–") {
            text.push_str(&row(case.says, cells));
        }
    }
    if between {
        let altered = |peer: &&Peer| match record.altered.get(peer.key).map(Vec::as_slice) {
            None => "not measured".to_owned(),
            Some([]) => "none".to_owned(),
            Some(members) => {
                members.iter().map(|member| format!("`{member}`")).collect::<Vec<_>>().join(", ")
            }
        };
        text.push_str(&row(
            "members of an unchanged tool that come otherwise",
            peers.iter().map(altered).collect(),
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_what_was_recorded() {
        let root = crate::root();
        let record = Record::load().unwrap();
        let page = std::fs::read_to_string(root.join(PAGE)).unwrap();
        assert!(
            filled(&page, &record).unwrap() == page,
            "{PAGE} is not what {RECORD} says; cargo xtask compare writes both"
        );
        for peer in PEERS {
            let package = record.packages.get(peer.key).map(String::as_str);
            assert_eq!(package, peer.package, "{} was measured in another version", peer.key);
            let missing: Vec<&str> = CASES
                .iter()
                .map(|case| case.key)
                .filter(|case| record.cell(peer, case) == "not measured")
                .collect();
            assert!(missing.is_empty(), "{} was not measured in {missing:?}", peer.key);
        }
    }
}
