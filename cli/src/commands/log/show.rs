//! `log show`: one entry, with the proof that the published head has it.

use pinfold_core::entry::Entry;
use pinfold_core::merkle::{TileTree, prove_inclusion, verify_inclusion};
use pinfold_log_client::LogTiles;
use serde::Serialize;

use super::Checks;
use super::entry::EntryPart;
use super::which::{Asked, HeadPart, Published, choose, head_line, tiles_failed};
use crate::args::WhichLog;
use crate::exit::Exit;
use crate::output::{Output, Problem};

const SCHEMA: &str = "pinfold/log-show/v1";

#[derive(Default, Serialize)]
struct Body {
    head: Option<HeadPart>,
    entry: Option<EntryPart>,
    /// The payload as it was signed, if it is JSON.
    payload: Option<serde_json::Value>,
    checks: Checks,
}

/// Runs the command.
pub(super) fn run(index: u64, which: &WhichLog, output: &mut Output<'_>) -> Exit {
    let mut body = Body::default();
    match look(index, which, &mut body, output) {
        Ok(()) => output.finish(SCHEMA, &body, Exit::Done, None),
        Err(problem) => output.finish(SCHEMA, &body, problem.exit, Some(&problem)),
    }
}

fn look(index: u64, which: &WhichLog, body: &mut Body, output: &mut Output<'_>) -> Result<(), Problem> {
    let asked = choose(which)?;
    let published = asked.published(output)?;
    output.heading(head_line(&published.part));
    published.say_checks(&mut body.checks, output);
    body.head = Some(published.part.clone());
    if index >= published.head.size() {
        return Err(Problem::new(
            Exit::Refused,
            "ENTRY_ABSENT",
            format!("{} has {} entries, none with index {index}", asked.origin, published.head.size()),
            "indexes are counted from 0; `pinfold log info` says how many there are",
        ));
    }
    let bytes = entry_at(&asked, &published, &asked.tree(&published.head)?, index)?;
    body.checks.hold(format!("entry {index} is in the tree of {} entries", published.head.size()), output);
    let part = EntryPart::of(index, &bytes);
    output.line("");
    output.line(format!("Entry {index}: {}", part.words));
    output.line(format!("  leaf hash   {}", part.leaf));
    for (role, value) in [
        ("payload", &part.payload),
        ("claim", &part.claim),
        ("manifest", &part.manifest),
        ("evidence", &part.evidence),
    ] {
        if let Some(value) = value {
            output.line(format!("  {role:11} {value}"));
        }
    }
    if let Ok(entry) = Entry::parse(&bytes) {
        for signature in entry.signatures() {
            output.line(format!("  signed by   {}", signature.key_id));
        }
        body.payload = serde_json::from_slice(entry.payload_bytes()).ok();
    }
    body.entry = Some(part);
    Ok(())
}

/// One entry of a tree, proven by its inclusion path.
pub(super) fn entry_at(
    asked: &Asked,
    published: &Published,
    tree: &TileTree<LogTiles<'_>>,
    index: u64,
) -> Result<Vec<u8>, Problem> {
    let failed = |error: &dyn std::error::Error| tiles_failed(&asked.origin, error);
    let bundle = tree.entries(index / 256).map_err(|error| failed(&error))?;
    let place = usize::try_from(index % 256).expect("less than 256");
    let bytes = bundle.entries().nth(place).expect("the bundle has as many entries as the tree").to_vec();
    let path = prove_inclusion(tree, published.head.size(), index).map_err(|error| failed(&error))?;
    let leaf = pinfold_core::merkle::leaf_hash(&bytes);
    verify_inclusion(leaf, index, published.head.size(), &path, &published.head.root())
        .map_err(|error| failed(&error))?;
    Ok(bytes)
}
