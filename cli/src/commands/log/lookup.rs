//! `log lookup`: the newest release of a name, or that there is none; proven by the index.

use pinfold_core::index::{NameStatus, VerifiedIndex};
use pinfold_core::pins::UnixSeconds;
use pinfold_core::registry_name::RegistryName;
use pinfold_log_client::LookupAnswer;
use serde::Serialize;

use super::Checks;
use super::entry::EntryPart;
use super::problems::{garbage, unreachable};
use super::show::Entries;
use super::which::{HeadPart, Published, choose, head_line};
use crate::args::WhichLog;
use crate::exit::Exit;
use crate::known_log::KnownLog;
use crate::output::{Output, Problem};
use crate::time;

const SCHEMA: &str = "pinfold/log-lookup/v1";

#[derive(Default, Serialize)]
struct Body {
    head: Option<HeadPart>,
    name: Option<String>,
    /// `released`, `withdrawn` or `absent`.
    status: Option<&'static str>,
    claim: Option<String>,
    /// Releases and withdrawals of the name in its claim.
    history_count: Option<u64>,
    newest: Option<EntryPart>,
    /// First and last sequence of each withdrawn range.
    withdrawn: Vec<(u64, u64)>,
    /// The claim in force for the namespace, and how many there were before.
    namespace_claim: Option<String>,
    earlier_claims: Option<u64>,
    index_time: Option<String>,
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
        output.line("");
        output.line(format!("{name} was never published: {} is empty.", asked.origin()));
        (body.head, body.status) = (Some(published.part), Some("absent"));
        return Ok(());
    };
    body.head = Some(published.part.clone());
    body.index_time = time::for_programs(UnixSeconds(index.time()));
    if let Some(namespace) = index.namespace() {
        body.namespace_claim = Some(namespace.claim.to_string());
        body.earlier_claims = Some(namespace.earlier);
    }
    let Some(state) = index.current_name() else {
        body.status = Some("absent");
        output.line("");
        output.line(absent_words(&name, &asked, &index));
        return Ok(());
    };
    let status = match state.value.status {
        NameStatus::Released => "released",
        NameStatus::Withdrawn => "withdrawn",
    };
    body.status = Some(status);
    body.claim = Some(state.value.claim.to_string());
    body.history_count = Some(state.value.history.count);
    body.withdrawn = state.withdrawn.ranges().to_vec();
    let newest = state.value.newest;
    let bytes = Entries::of(&asked, &published)?.at(newest.index)?;
    let part = EntryPart::of(newest.index, &bytes);
    let is_it = pinfold_core::merkle::leaf_hash(&bytes) == newest.leaf
        && part.kind == Some("release")
        && part.sequence == Some(newest.sequence)
        && part.name.as_ref().is_some_and(|found| found.eq_ignore_ascii_case(name.as_str()));
    if !is_it {
        return Err(wrong_index(&asked, newest.index));
    }
    body.checks.hold(format!("entry {} is in the tree and is that release", newest.index), output);
    output.line("");
    output.line(format!(
        "{name}: the newest release is {}, entry {} of {}{}.",
        part.version.as_deref().unwrap_or("(no version)"),
        newest.index,
        asked.origin(),
        if status == "withdrawn" { ", and it is WITHDRAWN" } else { "" }
    ));
    output.line(format!(
        "Its history in the claim {} counts {} releases and withdrawals; {} withdrawn.",
        state.value.claim,
        state.value.history.count,
        state.withdrawn.count()
    ));
    body.newest = Some(part);
    Ok(())
}

/// Asks for the index proof of a name and checks it under the very head that comes with it, and says what was checked.
/// `None`: the log is empty.
pub(super) fn ask(
    asked: &KnownLog,
    name: &RegistryName,
    checks: &mut Checks,
    output: &mut Output<'_>,
) -> Result<Option<(Published, VerifiedIndex)>, Problem> {
    let Some((published, index)) = look_up(asked, name, output)? else { return Ok(None) };
    output.heading(head_line(&published.part));
    published.say_checks(checks, output);
    checks.hold(format!("the map-head is entry {}, the last one of that tree", index.head_index()), output);
    checks.hold("the paths of name and namespace lead to its root", output);
    Ok(Some((published, index)))
}

/// The same without a word, but for warnings.
///
/// # Errors
/// The log gives no answer, or one that is refused.
pub(crate) fn look_up(
    asked: &KnownLog,
    name: &RegistryName,
    output: &mut Output<'_>,
) -> Result<Option<(Published, VerifiedIndex)>, Problem> {
    let body = match asked.client.lookup(name.as_str()) {
        // An empty log has no map-head, and so no proof.
        Err(pinfold_log_client::LogError::NotFound { .. }) => return empty(asked, output),
        body => body.map_err(|error| unreachable(&error))?,
    };
    let answer = LookupAnswer::parse(&body).ok_or_else(|| garbage("the answer to a look-up is none"))?;
    let published = asked.meet(&answer.checkpoint, output)?;
    let (size, root) = (published.head.size(), published.head.root());
    let index = answer.state.verify(name, size, &root).map_err(|error| {
        Problem::new(
            Exit::Refused,
            "INDEX_PROOF_BAD",
            format!("{} does not prove what it says of {name}: {error}", asked.origin()),
            "ask again; if it stays so, do not rely on this log and tell others who use it",
        )
    })?;
    Ok(Some((published, index)))
}

fn empty(asked: &KnownLog, output: &mut Output<'_>) -> Result<Option<(Published, VerifiedIndex)>, Problem> {
    let published = asked.published(output)?;
    if published.head.size() == 0 {
        return Ok(None);
    }
    Err(garbage(format!("{} has entries and gives no index proof", asked.origin())))
}

/// The sentence of a name that has no release in the claim in force.
pub(super) fn absent_words(name: &RegistryName, asked: &KnownLog, index: &VerifiedIndex) -> String {
    match (index.name(), index.namespace()) {
        (Some(_), Some(_)) => format!(
            "{name} has no release of the claim that is in force for {}; an earlier claim released it.",
            name.namespace()
        ),
        (None, Some(_)) => {
            format!("{name} was never published in {}; its namespace is claimed.", asked.origin())
        }
        _ => format!("{name} was never published in {}, and nobody claims its namespace.", asked.origin()),
    }
}

/// The index names an entry that is not what it says.
pub(super) fn wrong_index(asked: &KnownLog, index: u64) -> Problem {
    Problem::new(
        Exit::Refused,
        "INDEX_PROOF_BAD",
        format!("the index of {} names entry {index} as what it is not", asked.origin()),
        "the log broke its own rules: `pinfold log audit URL` finds where; tell others who use it",
    )
}
