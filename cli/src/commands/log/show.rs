//! `log show`: one entry, with the proof that the published head has it.

use pinfold_core::entry::Entry;
use pinfold_core::merkle::{
    EntryBundle, FULL_WIDTH, Hash, TileTree, leaf_hash, prove_inclusion, verify_inclusion,
};
use pinfold_log_client::LogTiles;
use serde::Serialize;

use super::Checks;
use super::entry::EntryPart;
use super::problems::{garbage, tiles_failed};
use super::which::{HeadPart, Published, choose, head_line};
use crate::args::WhichLog;
use crate::exit::Exit;
use crate::known_log::KnownLog;
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
    let done = look(index, which, &mut body, output).map(|()| Exit::Done);
    output.end(SCHEMA, &body, done)
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
            format!("{} has {} entries, none with index {index}", asked.origin(), published.head.size()),
            "indexes are counted from 0; `pinfold log info` says how many there are",
        ));
    }
    let bytes = Entries::of(&asked, &published)?.at(index)?;
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

/// Entries of one published head, each proven before it is given. The bundle that was read last is kept: neighbours are
/// asked for one after the other.
pub(super) struct Entries<'a> {
    asked: &'a KnownLog,
    size: u64,
    root: Hash,
    tree: TileTree<LogTiles<'a>>,
    last: Option<EntryBundle>,
}

impl<'a> Entries<'a> {
    /// Those of a head.
    pub(super) fn of(asked: &'a KnownLog, published: &Published) -> Result<Entries<'a>, Problem> {
        let head = &published.head;
        Ok(Entries { asked, size: head.size(), root: head.root(), tree: asked.tree(head)?, last: None })
    }

    /// One entry, proven by its inclusion path.
    pub(super) fn at(&mut self, index: u64) -> Result<Vec<u8>, Problem> {
        let (asked, size) = (self.asked, self.size);
        let number = index / u64::from(FULL_WIDTH);
        let bundle = match self.last.take().filter(|bundle| bundle.name().index() == number) {
            Some(bundle) => bundle,
            None => self.tree.entries(number).map_err(|error| tiles_failed(asked.origin(), &error))?,
        };
        let place = usize::try_from(index % u64::from(FULL_WIDTH)).expect("less than 256");
        let bytes = bundle.entries().nth(place).map(<[u8]>::to_vec).ok_or_else(|| {
            garbage(format!(
                "the index of {} names entry {index}, which its tree does not have",
                asked.origin()
            ))
        })?;
        self.last = Some(bundle);
        let path =
            prove_inclusion(&self.tree, size, index).map_err(|error| tiles_failed(asked.origin(), &error))?;
        verify_inclusion(leaf_hash(&bytes), index, size, &path, &self.root)
            .map_err(|error| tiles_failed(asked.origin(), &error))?;
        Ok(bytes)
    }
}
