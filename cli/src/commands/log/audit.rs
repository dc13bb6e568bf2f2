//! `log audit`: replays a whole log and says in one sentence what was found (`spec/audit.md`).

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pinfold_core::text::{visible, visible_path};
use pinfold_log_client::audit::{Audit, AuditError, Finding, MAX_AUDIT_FILE_BYTES};
use rustix::fs::{FlockOperation, flock};
use serde::Serialize;

use super::evidence;
use super::problems::tiles_failed_after;
use super::which::{HeadPart, Published, choose, head_line};
use crate::args::{AuditArgs, WhichLog};
use crate::exit::Exit;
use crate::home;
use crate::known_log::{Basis, KnownLog};
use crate::output::{Output, Problem, counted};
use crate::own_file::{self, OwnFileFault, Writers};

const SCHEMA: &str = "pinfold/log-audit/v1";
/// How often a line of progress is printed.
const PROGRESS: Duration = Duration::from_secs(2);
/// How often what was replayed is kept.
const KEEP: Duration = Duration::from_secs(20);

#[derive(Default, Serialize)]
struct Body {
    head: Option<HeadPart>,
    /// `complete`, `found` (a rule was broken), or `null` where it could not be determined.
    verdict: Option<&'static str>,
    /// The sentence.
    sentence: Option<String>,
    /// Entries that were replayed before this run, and after it.
    from: Option<u64>,
    to: Option<u64>,
    releases: Option<u64>,
    keysets: Option<u64>,
    withdrawals: Option<u64>,
    map_heads: Option<u64>,
    finding: Option<FindingPart>,
    state_file: Option<String>,
}

#[derive(Serialize)]
struct FindingPart {
    name: &'static str,
    rule: Option<&'static str>,
    index: Option<u64>,
}

/// Runs the command.
pub(super) fn run(args: &AuditArgs, output: &mut Output<'_>) -> Exit {
    let mut body = Body::default();
    let done = audit(args, &mut body, output).map(|()| Exit::Done);
    output.end(SCHEMA, &body, done)
}

fn audit(args: &AuditArgs, body: &mut Body, output: &mut Output<'_>) -> Result<(), Problem> {
    let which = WhichLog { log: Some(args.url.clone()), policy: args.policy.clone(), form: args.form };
    let asked = choose(&which)?;
    let path = match &args.state {
        Some(path) => path.clone(),
        None => home::places()?.state_folder().join("audit").join(asked.origin().as_str()),
    };
    body.state_file = Some(visible_path(&path));
    let _lock = lock(&path)?;
    let mut audit = read(&path, &asked)?;
    body.from = Some(audit.size());
    let published = asked.published(output)?;
    output.note(head_line(&published.part));
    body.head = Some(published.part.clone());
    let done = replay(&mut audit, &asked, &published, &path, output);
    fill(body, &audit);
    match done {
        Ok(()) => {}
        Err(Stop::Found(finding)) => return Err(found(*finding, &asked, body)),
        Err(Stop::Problem(problem)) => return Err(problem),
    }
    keep(&audit, &path)?;
    let sentence = sentence(&audit, &asked, &published);
    output.line(&sentence);
    (body.verdict, body.sentence) = (Some("complete"), Some(sentence));
    Ok(())
}

enum Stop {
    Found(Box<Finding>),
    Problem(Problem),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Stop {
        Stop::Problem(problem)
    }
}

fn replay(
    audit: &mut Audit,
    asked: &KnownLog,
    published: &Published,
    path: &Path,
    output: &mut Output<'_>,
) -> Result<(), Stop> {
    let ended = ended().map_err(|error| Problem::signals_unwatched(&error))?;
    let tree = asked.tree(&published.head)?;
    let size = published.head.size();
    let (mut told, mut kept) = (Instant::now(), Instant::now());
    let mut failed = None;
    let result = audit.replay(&published.head, &tree, |audit| {
        if told.elapsed() >= PROGRESS {
            output.note(format!("{} of {size} entries replayed", audit.size()));
            told = Instant::now();
        }
        let is_ended = ended.load(Ordering::Relaxed);
        if is_ended || kept.elapsed() >= KEEP {
            if let Err(problem) = keep(audit, path) {
                failed = Some(problem);
                return ControlFlow::Break(());
            }
            kept = Instant::now();
        }
        if is_ended { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match result {
        Ok(()) => Ok(()),
        Err(AuditError::Finding(finding)) => Err(Stop::Found(Box::new(finding))),
        Err(AuditError::Tiles(error)) => {
            // What was replayed before the failure is right and need not be fetched again.
            keep(audit, path)?;
            let so =
                format!("{} of {size} entries are replayed and kept: it goes on from there", audit.size());
            Err(Stop::Problem(tiles_failed_after(asked.origin(), &error, &so)))
        }
        Err(AuditError::OtherLog) => {
            Err(Stop::Problem(other_log(AuditError::<io::Error>::OtherLog.to_string())))
        }
        Err(AuditError::Stopped) => Err(Stop::Problem(failed.unwrap_or_else(|| {
            Problem::new(
                Exit::Undetermined,
                "INTERRUPTED",
                format!("the audit was interrupted after {} of {size} entries", audit.size()),
                "run the same command again: it goes on from there",
            )
        }))),
    }
}

/// Set by the signals that ask the program to end; a second one of a kind ends it as usual.
fn ended() -> io::Result<Arc<AtomicBool>> {
    let ended = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT, signal_hook::consts::SIGHUP] {
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&ended))?;
        signal_hook::flag::register(signal, Arc::clone(&ended))?;
    }
    Ok(ended)
}

fn found(finding: Finding, asked: &KnownLog, body: &mut Body) -> Problem {
    body.verdict = Some("found");
    body.finding = Some(FindingPart { name: finding.name(), rule: finding.rule(), index: finding.index() });
    let sentence = format!("The log {} broke its rules: {}.", asked.origin(), visible(&finding.to_string()));
    body.sentence = Some(sentence.clone());
    match finding {
        Finding::Forked(fork) => evidence::of_fork(asked.origin(), &fork),
        Finding::RolledBack { .. } => Problem::new(
            Exit::Refused,
            "LOG_ROLLED_BACK",
            sentence,
            "keep the file of this audit: it holds the larger head, signed; trust nothing new from this log",
        ),
        _ => Problem::new(
            Exit::Refused,
            "LOG_BROKE_RULES",
            sentence,
            "everybody who replays the log finds the same; do not rely on it and tell others who use it",
        ),
    }
}

fn fill(body: &mut Body, audit: &Audit) {
    let counts = audit.counts();
    body.to = Some(audit.size());
    body.releases = Some(counts.releases);
    body.keysets = Some(counts.keysets);
    body.withdrawals = Some(counts.withdrawals);
    body.map_heads = Some(counts.map_heads);
}

/// The sentence fit to quote.
fn sentence(audit: &Audit, asked: &KnownLog, published: &Published) -> String {
    let part = &published.part;
    let by = match (part.witnesses.as_slice(), &part.witnessed_at) {
        ([], _) => "that no witness signed".to_owned(),
        (names, None) => format!("witnessed by {}", visible(&names.join(", "))),
        (names, Some(at)) => format!("witnessed by {} at {at}", visible(&names.join(", "))),
    };
    let key = match asked.basis {
        Basis::OwnWord => " The log's key and its witnesses are the log's own word.",
        Basis::Trust | Basis::PolicyFile => "",
    };
    if part.size == 0 {
        return format!(
            "{} is empty: its head of 0 entries, {by}, has the root of nothing.{key}",
            asked.origin()
        );
    }
    let counts = audit.counts();
    format!(
        "{}: all {} entries of the head with the root {}, {by}, were replayed and every rule holds: {} of {}, {}, \
         {} and {}, each signature, tile and index root computed anew.{key}",
        asked.origin(),
        part.size,
        part.root,
        counted(counts.releases, "release"),
        counted(audit.names() as u64, "name"),
        counted(counts.keysets, "keyset"),
        counted(counts.withdrawals, "withdrawal"),
        counted(counts.map_heads, "map-head"),
    )
}

fn read(path: &Path, asked: &KnownLog) -> Result<Audit, Problem> {
    let bytes = match own_file::read(path, MAX_AUDIT_FILE_BYTES, Writers::Owner) {
        Err(OwnFileFault::Absent(_)) => {
            let key = asked.policy().logs()[0].key.clone();
            return Ok(Audit::new(asked.origin().clone(), key));
        }
        bytes => bytes.map_err(|fault| unreadable(fault.to_string()))?,
    };
    let audit =
        Audit::from_bytes(&bytes).map_err(|error| unreadable(format!("{}: {error}", visible_path(path))))?;
    let same_key = asked.policy().logs().iter().any(|log| log.key == *audit.key());
    if !same_key {
        let message = format!("{} is of the log {} with another key", visible_path(path), audit.origin());
        return Err(other_log(message));
    }
    Ok(audit)
}

fn keep(audit: &Audit, path: &Path) -> Result<(), Problem> {
    own_file::write(path, &audit.to_bytes(), 0o600).map_err(|error| {
        Problem::new(
            Exit::Undetermined,
            "AUDIT_NOT_KEPT",
            format!("what was replayed cannot be kept in {}: {error}", visible_path(path)),
            "make room, or name a file that can be written with --state",
        )
    })
}

fn unreadable(message: String) -> Problem {
    Problem::new(
        Exit::Undetermined,
        "AUDIT_UNREADABLE",
        format!("what was replayed before cannot be read: {message}"),
        "find out who changed it; with --state and the name of a new file the log is replayed from the beginning",
    )
}

fn other_log(message: String) -> Problem {
    Problem::new(
        Exit::Refused,
        "AUDIT_OTHER_LOG",
        message,
        "a log never changes its key; name another file with --state to audit another log",
    )
}

/// Two audits of one log would overwrite each other's file.
fn lock(path: &Path) -> Result<File, Problem> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    let lock: PathBuf = path.with_file_name(name);
    let open = || -> io::Result<File> {
        if let Some(folder) = lock.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        File::options().read(true).write(true).create(true).truncate(false).mode(0o600).open(&lock)
    };
    let file = open().map_err(|error| {
        Problem::new(
            Exit::Undetermined,
            "AUDIT_NOT_KEPT",
            format!("{} cannot be made: {error}", visible_path(&lock)),
            "name a file in a folder that can be written with --state",
        )
    })?;
    flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|_| {
        Problem::new(
            Exit::Undetermined,
            "AUDIT_LOCKED",
            format!("another audit works with {}", visible_path(path)),
            "wait for it to end, or name another file with --state",
        )
    })?;
    Ok(file)
}
