//! `log history`: every release and withdrawal of a name, with proof that none is missing.

use pinfold_core::index::HistoryHead;
use pinfold_core::merkle::{Hash, leaf_hash};
use pinfold_core::registry_name::RegistryName;
use pinfold_log_client::HistoryAnswer;
use serde::Serialize;

use super::Checks;
use super::entry::EntryPart;
use super::lookup::{absent_words, ask, wrong_index};
use super::problems::{garbage, unreachable};
use super::show::Entries;
use super::which::{HeadPart, choose, head_line};
use crate::args::WhichLog;
use crate::exit::Exit;
use crate::known_log::KnownLog;
use crate::output::{Output, Problem};

const SCHEMA: &str = "pinfold/log-history/v1";
/// Entries of a history that are fetched. The longest real name of the registry has 1,300 versions.
const MAX_ENTRIES: u64 = 100_000;

#[derive(Default, Serialize)]
struct Body {
    head: Option<HeadPart>,
    name: Option<String>,
    claim: Option<String>,
    entries: Vec<EntryPart>,
    checks: Checks,
}

/// Runs the command.
pub(super) fn run(name: &str, which: &WhichLog, output: &mut Output<'_>) -> Exit {
    let mut body = Body::default();
    let done = look(name, which, &mut body, output).map(|()| Exit::Done);
    output.end(SCHEMA, &body, done)
}

fn look(name: &str, which: &WhichLog, body: &mut Body, output: &mut Output<'_>) -> Result<(), Problem> {
    let name = super::parse_name(name)?;
    body.name = Some(name.to_string());
    let asked = choose(which)?;
    let Some((published, index)) = ask(&asked, &name, &mut body.checks, output)? else {
        let published = asked.published(output)?;
        output.heading(head_line(&published.part));
        output.line(format!("{name} was never published: {} is empty.", asked.origin()));
        body.head = Some(published.part);
        return Ok(());
    };
    body.head = Some(published.part.clone());
    let Some(state) = index.current_name() else {
        output.line("");
        output.line(absent_words(&name, &asked, &index));
        return Ok(());
    };
    let value = &state.value;
    body.claim = Some(value.claim.to_string());
    let items = proven_history(&asked, &name, &value.history)?;
    let count = value.history.count;
    body.checks
        .hold(format!("its history of {} is the one of the index, none missing", entries(count)), output);
    let mut entries_of = Entries::of(&asked, &published)?;
    output.line("");
    for (index, leaf) in &items {
        let bytes = entries_of.at(*index)?;
        let part = EntryPart::of(*index, &bytes);
        let is_it = leaf_hash(&bytes) == *leaf
            && part.name.as_ref().is_some_and(|found| found.eq_ignore_ascii_case(name.as_str()));
        if !is_it {
            return Err(wrong_index(&asked, *index));
        }
        output.line(format!("{index:>8}  {}", part.words));
        body.entries.push(part);
    }
    output.line("");
    body.checks.hold("each of them is in the tree", output);
    Ok(())
}

fn entries(count: u64) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

/// Index and leaf of each release and withdrawal of a name, in order: all that the index commits to, and no other.
///
/// # Errors
/// The log gives no answer, or another history.
pub(crate) fn proven_history(
    asked: &KnownLog,
    name: &RegistryName,
    committed: &HistoryHead,
) -> Result<Vec<(u64, Hash)>, Problem> {
    let items = items(asked, name, committed.count)?;
    let chain = items.iter().fold(HistoryHead::EMPTY, |chain, (index, leaf)| chain.with(*index, leaf));
    if chain == *committed { Ok(items) } else { Err(incomplete(asked, name)) }
}

/// A history that a log commits to may be listed.
///
/// # Errors
/// It has more entries than are fetched.
pub(crate) fn check_length(name: &RegistryName, count: u64) -> Result<(), Problem> {
    if count <= MAX_ENTRIES {
        return Ok(());
    }
    Err(Problem::new(
        Exit::Undetermined,
        "HISTORY_TOO_LONG",
        format!("the history of {name} has {count} entries, more than {MAX_ENTRIES}"),
        "`pinfold log audit URL` replays a log of any length",
    ))
}

/// The items of a history, as many as the index says, however the log parts them.
fn items(asked: &KnownLog, name: &RegistryName, count: u64) -> Result<Vec<(u64, Hash)>, Problem> {
    check_length(name, count)?;
    let mut items: Vec<(u64, Hash)> = Vec::new();
    while (items.len() as u64) < count {
        let body =
            asked.client.history(name.as_str(), items.len() as u64).map_err(|error| unreachable(&error))?;
        let answer =
            HistoryAnswer::parse(&body).ok_or_else(|| garbage("the answer with a history is none"))?;
        if answer.from != items.len() as u64 || answer.items.is_empty() {
            return Err(incomplete(asked, name));
        }
        items.extend(answer.items);
    }
    // The log may have grown since the head that is judged.
    items.truncate(usize::try_from(count).expect("bounded above"));
    Ok(items)
}

fn incomplete(asked: &KnownLog, name: &RegistryName) -> Problem {
    Problem::new(
        Exit::Refused,
        "HISTORY_INCOMPLETE",
        format!("{} does not give the history of {name} that its own index commits to", asked.origin()),
        "ask again; if it stays so, the log hides or invents entries: tell others who use it",
    )
}
