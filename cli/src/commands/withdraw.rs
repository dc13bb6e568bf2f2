//! `withdraw`: takes a release back, in the log, for everybody to see.

use pinfold_core::digest::Digest;
use pinfold_core::entry::Entry;
use pinfold_core::registry_name::RegistryName;
use pinfold_core::statement::{ReleaseVersion, Statement};
use pinfold_core::text::visible;
use pinfold_core::withdrawal::{ReleaseReason, Withdrawal};
use pinfold_log_client::{HistoryAnswer, LogError};
use serde::Serialize;

use crate::args::WithdrawArgs;
use crate::challenge::Shown;
use crate::commands::log::check_length;
use crate::exit::Exit;
use crate::known_log::KnownLog;
use crate::output::{Output, Problem};
use crate::publishing::{
    Standing, after_logging, agree, choose_log, claiming, garbage, no_answer, patiently, refuse_own_word,
    release_at, submit,
};
use crate::screen::Screen;
use crate::signing_key;
use crate::terminal::Terminal;

#[derive(Default, Serialize)]
struct Body {
    name: Option<String>,
    version: Option<String>,
    reason: Option<&'static str>,
    log: Option<String>,
    claim: Option<String>,
    /// The entry of the release.
    release: Option<u64>,
    sequence: Option<u64>,
    /// The entry of the withdrawal.
    index: Option<u64>,
}

/// Withdraws a release.
pub fn run(args: &WithdrawArgs, output: &mut Output<'_>) -> Exit {
    const SCHEMA: &str = "pinfold/withdraw/v1";
    let mut body = Body::default();
    let done = withdraw(args, &mut body, output).map(|()| Exit::Done);
    output.end(SCHEMA, &body, done)
}

fn withdraw(args: &WithdrawArgs, body: &mut Body, output: &mut Output<'_>) -> Result<(), Problem> {
    let name: RegistryName =
        args.name.parse().map_err(|error| usage("name", &args.name, &format!("{error}")))?;
    let version: ReleaseVersion =
        args.version.parse().map_err(|error| usage("version", &args.version, &format!("{error}")))?;
    let reason: ReleaseReason = args.reason.parse().map_err(|_| {
        let reasons: Vec<&str> = ReleaseReason::ALL.iter().map(|reason| reason.as_str()).collect();
        usage("reason", &args.reason, &format!("it is one of {}", reasons.join(", ")))
    })?;
    body.name = Some(name.as_str().to_owned());
    body.version = Some(version.as_str().to_owned());
    body.reason = Some(reason.as_str());
    let log = choose_log(&args.to, &name.namespace())?;
    body.log = Some(log.origin().to_string());
    refuse_own_word(&log, args.signing.yes)?;
    let standing = Standing::of(&log, &name)?;
    let (index, statement) = find(&log, &standing, &name, &version)?;
    body.release = Some(index);
    body.sequence = Some(statement.sequence);
    let key = signing_key::read(args.signing.key.as_deref(), &args.signing.passphrase, output)?;
    let claim = claiming(&log, &standing, &name, key.signing())?.claim;
    body.claim = Some(claim.to_string());
    if !args.signing.yes {
        ask(&log, &statement, index, reason)?;
    }
    let withdrawal = Withdrawal::of_release(claim, name, statement.sequence, version, reason);
    let entry = Entry::sign(withdrawal, &[key.signing()]).map_err(|error| {
        Problem::new(
            Exit::Refused,
            "ENTRY_INVALID",
            format!("no entry can be made of the withdrawal: {}", visible(&error.to_string())),
            "nothing was sent",
        )
    })?;
    let withdrawn = submit(&log, &entry, None, output)?.accepted()?;
    body.index = Some(withdrawn);
    confirm(&log, &statement).map_err(|problem| after_logging(problem, &log, "withdrawal", withdrawn))?;
    output.line(format!(
        "{} {} is withdrawn ({}), entry {withdrawn} of {}.",
        statement.name.as_str(),
        statement.version,
        reason.as_str(),
        log.origin()
    ));
    output.line(
        "It verifies no more under any later head; who has an older bundle learns it with the next one.",
    );
    Ok(())
}

/// The release of a version: the newest, or an earlier one of the name's history.
fn find(
    log: &KnownLog,
    standing: &Standing,
    name: &RegistryName,
    version: &ReleaseVersion,
) -> Result<(u64, Statement), Problem> {
    let unknown = || {
        Problem::new(
            Exit::Usage,
            "RELEASE_UNKNOWN",
            format!("{} {} was never published in {}", name.as_str(), version, log.origin()),
            format!("`pinfold log history {}` lists what was", name.as_str()),
        )
    };
    let state = standing.name.as_ref().ok_or_else(unknown)?;
    let newest = state.value.newest.index;
    let released = |index| Ok(release_at(log, name, index)?.filter(|release| release.version == *version));
    if let Some(statement) = released(newest)? {
        return Ok((newest, statement));
    }
    let earlier = history(log, name, state.value.history.count)?;
    for index in earlier.into_iter().rev().filter(|index| *index != newest) {
        // Nothing there: a withdrawal, or another release.
        if let Some(statement) = released(index)? {
            return Ok((index, statement));
        }
    }
    Err(unknown())
}

/// The entries of a name, the oldest first, as the log lists them; as many as its index says. What is taken from them is
/// verified by its signature: the log refuses a withdrawal of what it does not have.
fn history(log: &KnownLog, name: &RegistryName, count: u64) -> Result<Vec<u64>, Problem> {
    check_length(name, count)?;
    let mut indexes = Vec::new();
    while (indexes.len() as u64) < count {
        let answer = match patiently(|| log.client.history(name.as_str(), indexes.len() as u64)) {
            Err(LogError::NotFound { .. }) => break,
            answer => answer.map_err(|error| no_answer(&error))?,
        };
        let page = HistoryAnswer::parse(&answer)
            .ok_or_else(|| garbage(format!("the log's history of {} is unusable", name.as_str())))?;
        if page.items.is_empty() {
            break;
        }
        indexes.extend(page.items.iter().map(|(index, _)| *index));
    }
    Ok(indexes)
}

fn ask(log: &KnownLog, statement: &Statement, index: u64, reason: ReleaseReason) -> Result<(), Problem> {
    let terminal =
        Terminal::open(|name| std::env::var_os(name)).map_err(|absent| absent.problem("pinfold withdraw"))?;
    let (mut screen, mut shown) = (Screen::new(), Shown::new("withdraw", statement.name.as_str()));
    screen.heading(format!("{} {}", statement.name.as_str(), statement.version));
    screen.own(format!("   entry {index} of {}, release {} of this name", log.origin(), statement.sequence));
    screen.own(format!("   is withdrawn, because it is {}. That cannot be taken back.", reason.as_str()));
    let digest: Digest = statement.manifest;
    shown.digest("manifest", &digest);
    shown.answer("reason", reason.as_str());
    agree(&terminal, &screen, &shown, "not withdrawn")
}

/// The log proves that the release is withdrawn.
fn confirm(log: &KnownLog, statement: &Statement) -> Result<(), Problem> {
    let standing = Standing::of(log, &statement.name)?;
    let is_withdrawn = standing.name.is_some_and(|state| state.withdrawn.contains(statement.sequence));
    match is_withdrawn {
        true => Ok(()),
        false => Err(Problem::new(
            Exit::Refused,
            "WITHDRAWAL_NOT_PROVEN",
            "the log took the withdrawal and does not prove it in its index",
            "run the command again; if it stays so, tell the log's operator and its auditors",
        )),
    }
}

fn usage(what: &str, value: &str, why: &str) -> Problem {
    Problem::new(
        Exit::Usage,
        "USAGE",
        format!("`{}` is no {what}: {why}", visible(value)),
        "`pinfold withdraw --help` shows the usage and examples",
    )
}
