//! A log that contradicted itself: the evidence is kept in a file of its own, and the problem names it.

use std::io;
use std::path::{Path, PathBuf};

use pinfold_core::checkpoint::{Origin, SignedCheckpoint};
use pinfold_core::digest::file_digest;
use pinfold_core::merkle::HashReader;
use pinfold_core::text::visible_path;
use pinfold_core::tlog_policy::TlogPolicy;
use pinfold_log_client::Fork;

use crate::exit::Exit;
use crate::home;
use crate::output::Problem;
use crate::own_file;

/// Keeps the evidence of two heads, the older one first, and says so.
pub(super) fn forked<R: HashReader>(
    origin: &Origin,
    policy: &TlogPolicy,
    notes: [&[u8]; 2],
    tree: Option<&R>,
) -> Problem {
    let [older, newer] = notes.map(SignedCheckpoint::parse);
    let key = policy.logs().first().map(|log| &log.key);
    let fork = match (older, newer, key) {
        (Ok(older), Ok(newer), Some(key)) => {
            Fork::new(key, older, newer, tree).ok().filter(|fork| fork.check().is_ok())
        }
        _ => None,
    };
    match fork {
        Some(fork) => of_fork(origin, &fork),
        // The heads do contradict what was kept, but not in a way that convinces a stranger.
        None => problem(origin, (0, 0), Err(io::Error::other("the two heads do not prove it to others"))),
    }
}

/// Keeps the evidence of a fork, and says so.
pub(super) fn of_fork(origin: &Origin, fork: &Fork) -> Problem {
    problem(origin, fork.sizes(), keep(origin, &fork.to_bytes()))
}

/// The problem of a fork whose evidence was kept, or could not be.
fn problem(origin: &Origin, sizes: (u64, u64), kept: io::Result<PathBuf>) -> Problem {
    let what = match sizes {
        (0, 0) => "a head that it shows now contradicts one that was seen before".to_owned(),
        (old, new) if old == new => format!("it signed two different trees of {old} entries"),
        (old, new) => format!("its tree of {new} entries does not continue its tree of {old}"),
    };
    let hint = match kept {
        Ok(path) => format!(
            "both signed heads are kept in {}: show them to others who use this log, and trust nothing new from it",
            visible_path(&path)
        ),
        Err(error) => format!("trust nothing new from this log; the evidence could not be kept: {error}"),
    };
    let message = format!("SECURITY ERROR: the log {origin} contradicts itself: {what}");
    Problem::new(Exit::Refused, "LOG_INCONSISTENT", message, hint)
}

fn keep(origin: &Origin, bytes: &[u8]) -> io::Result<PathBuf> {
    let places = home::places().map_err(|problem| io::Error::other(problem.message))?;
    let name = format!("{origin}-{}.json", file_digest(bytes).short());
    let path = places.state_folder().join("evidence").join(name);
    write_once(&path, bytes)?;
    Ok(path)
}

/// The same evidence has the same name: what is there already stays.
fn write_once(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.is_file() { Ok(()) } else { own_file::write(path, bytes, 0o600) }
}
