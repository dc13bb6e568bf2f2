//! `log consistency`: that one state of a log continues another.

use std::path::Path;

use pinfold_core::merkle::{EMPTY_ROOT, Hash, TileTree, prove_consistency, root, verify_consistency};
use pinfold_core::text::visible;
use pinfold_log_client::{Head, HeadError, LogTiles};
use serde::Serialize;

use super::problems::tiles_failed;
use super::which::{HeadPart, Published, choose, head_line};
use super::{Checks, evidence};
use crate::args::WhichLog;
use crate::exit::Exit;
use crate::known_log::KnownLog;
use crate::output::{Output, Problem};
use crate::own_file::{self, Writers};
use crate::time;

const SCHEMA: &str = "pinfold/log-consistency/v1";

#[derive(Default, Serialize)]
struct Body {
    head: Option<HeadPart>,
    old: Option<StatePart>,
    new: Option<StatePart>,
    /// Hashes of the proof from old to new.
    proof: Vec<String>,
    checks: Checks,
}

#[derive(Clone, Serialize)]
struct StatePart {
    size: u64,
    root: String,
    /// Whether the root comes from a checkpoint that was given; else it is that of the published tree.
    from_checkpoint: bool,
}

/// A state that is compared: its size, its root, and the note if it came in a file.
struct State {
    size: u64,
    root: Hash,
    note: Option<Vec<u8>>,
}

/// Runs the command.
pub(super) fn run(old: &str, new: &str, which: &WhichLog, output: &mut Output<'_>) -> Exit {
    let mut body = Body::default();
    let done = look(old, new, which, &mut body, output).map(|()| Exit::Done);
    output.end(SCHEMA, &body, done)
}

fn look(
    old: &str,
    new: &str,
    which: &WhichLog,
    body: &mut Body,
    output: &mut Output<'_>,
) -> Result<(), Problem> {
    let asked = choose(which)?;
    let published = asked.published(output)?;
    output.heading(head_line(&published.part));
    published.say_checks(&mut body.checks, output);
    body.head = Some(published.part.clone());
    let tree = asked.tree(&published.head)?;
    let old = state(old, &asked, &published, &tree)?;
    let new = state(new, &asked, &published, &tree)?;
    (body.old, body.new) = (Some(part(&old)), Some(part(&new)));
    if old.size > new.size {
        return Err(Problem::new(
            Exit::Usage,
            "OLD_LARGER_THAN_NEW",
            format!("the older state has {} entries, the newer one {}", old.size, new.size),
            "name the smaller state first",
        ));
    }
    // Each state that came in a file is first compared with the published tree, which is the one that has tiles.
    for state in [&old, &new].into_iter().filter(|state| state.note.is_some()) {
        in_published_tree(state, &asked, &published, &tree)?;
        body.checks.hold(
            format!("the checkpoint of {} entries is signed, and part of that tree", state.size),
            output,
        );
    }
    if old.size > 0 {
        let proof = prove_consistency(&tree, old.size, new.size)
            .map_err(|error| tiles_failed(asked.origin(), &error))?;
        verify_consistency(old.size, &old.root, new.size, &new.root, &proof)
            .map_err(|error| tiles_failed(asked.origin(), &error))?;
        body.proof = proof.hashes().iter().map(Hash::to_string).collect();
    }
    body.checks.hold(
        format!("the tree of {} entries begins with the {} of the older one", new.size, old.size),
        output,
    );
    output.line("");
    output.line(format!("  {:>10} entries, root {}", old.size, old.root));
    output.line(format!("  {:>10} entries, root {}", new.size, new.root));
    output.line(format!("Consistent: proven with {} hashes.", body.proof.len()));
    Ok(())
}

fn part(state: &State) -> StatePart {
    StatePart { size: state.size, root: state.root.to_string(), from_checkpoint: state.note.is_some() }
}

fn state(
    text: &str,
    asked: &KnownLog,
    published: &Published,
    tree: &TileTree<LogTiles<'_>>,
) -> Result<State, Problem> {
    if text.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(size) = text.parse::<u64>()
    {
        if size > published.head.size() {
            return Err(Problem::new(
                Exit::Refused,
                "ENTRY_ABSENT",
                format!("{} has {} entries, not {size}", asked.origin(), published.head.size()),
                "`pinfold log info` says how many there are",
            ));
        }
        let root = root(tree, size).map_err(|error| tiles_failed(asked.origin(), &error))?;
        return Ok(State { size, root, note: None });
    }
    let note = own_file::read(Path::new(text), pinfold_core::note::MAX_NOTE_BYTES, Writers::Anybody)
        .map_err(|fault| {
            Problem::new(
                Exit::Undetermined,
                "CHECKPOINT_UNREADABLE",
                format!("`{}` is neither a number nor a file with a checkpoint: {fault}", visible(text)),
                "a state is named by its number of entries, or by a file with a signed checkpoint",
            )
        })?;
    let head =
        Head::judge(&note, asked.policy(), asked.origin().as_str(), time::now().0).map_err(|error| {
            let (exit, code) = match &error {
                HeadError::Unreadable(_) => (Exit::Undetermined, "CHECKPOINT_UNREADABLE"),
                HeadError::Quorum { .. } => (Exit::Refused, "WITNESS_QUORUM"),
                _ => (Exit::Refused, "LOG_UNTRUSTED"),
            };
            Problem::new(
                exit,
                code,
                format!("{}: {}", visible(text), visible(&error.to_string())),
                "only checkpoints that the log signed, with its quorum of witnesses, are compared",
            )
        })?;
    Ok(State { size: head.size(), root: head.root(), note: Some(note) })
}

/// Whether the published tree, which has tiles, begins with a state; a state that is larger must continue it.
fn in_published_tree(
    state: &State,
    asked: &KnownLog,
    published: &Published,
    tree: &TileTree<LogTiles<'_>>,
) -> Result<(), Problem> {
    if state.size > published.head.size() {
        return Err(Problem::new(
            Exit::Undetermined,
            "LOG_BEHIND",
            format!(
                "{} shows {} entries, and the checkpoint has {}: it cannot be compared",
                asked.origin(),
                published.head.size(),
                state.size
            ),
            "ask again when the log has caught up; a log that stays behind its own checkpoint has lost entries",
        ));
    }
    let found = match state.size {
        0 => EMPTY_ROOT,
        size => root(tree, size).map_err(|error| tiles_failed(asked.origin(), &error))?,
    };
    if found == state.root {
        return Ok(());
    }
    let newer = published.head.signed().to_bytes();
    let older = state.note.as_deref().unwrap_or_default();
    Err(evidence::forked(asked.origin(), asked.policy(), [older, &newer], Some(tree)))
}
