//! Carrying a yes out: one ruling, then the files, each by itself.

use pinfold_core::pins::Decision;
use pinfold_core::text::visible_path;
use pinfold_store::{Access, Noted, Ruling, Store, StoreError, Wrapper};

use super::Found;
use crate::commands::review::{policy_digest, tell};
use crate::exit::Exit;
use crate::home;
use crate::launch::MemoryDigests;
use crate::output::{Output, Problem, counted};
use crate::protect::{FileEdit, Hearing, Written, is_unchanged};
use crate::time::now;

/// Approves what was shown, writes the files, and says what became of each.
pub(super) fn carry_out(
    found: &Found,
    hearings: &[Option<Hearing>],
    edits: &[FileEdit],
    output: &mut Output<'_>,
) -> Result<Exit, Problem> {
    let mut digests = MemoryDigests::default();
    if !is_unchanged(&found.plan, hearings, found.store.pins(), &mut digests)? {
        return Err(changed());
    }
    found.program.make().map_err(|error| {
        Problem::new(
            Exit::Undetermined,
            "FILE_NOT_WRITTEN",
            format!("{} cannot be written: {error}", visible_path(&found.program.path)),
            "make room, or install pinfold in a folder that stays; nothing was changed",
        )
    })?;
    decide(found, hearings, &digests)?;
    let (mut exit, mut wrappers) = (Exit::Done, Vec::new());
    for edit in edits {
        let here = &found.files.read[edit.file];
        let path = visible_path(&here.path);
        match edit.write(here, &found.places, now()) {
            Written::Done { backup } => {
                wrappers.extend(edit.wrappers(here, now()));
                output.line(format!("changed {path}"));
                output.line(format!("  the file as it was: {}", visible_path(&backup)));
            }
            Written::Changed => {
                exit = exit.max(Exit::Refused);
                output.problem(&Problem::new(
                    Exit::Refused,
                    "CHANGED_WHILE_SHOWN",
                    format!("{path}: an entry that was shown is another one now; the file was not changed"),
                    "run the command again and look at what it shows then",
                ));
            }
            Written::Failed(words) => {
                exit = exit.max(Exit::Undetermined);
                output.problem(&Problem::new(
                    Exit::Undetermined,
                    "CONFIG_NOT_WRITTEN",
                    format!("{words}; the file was not changed"),
                    "make the file and its folder writable, then run the command again",
                ));
            }
        }
    }
    remember(found, &wrappers, output);
    let entries = wrappers.len();
    if entries > 0 {
        let words = if entries == 1 { "1 entry is".to_owned() } else { format!("{entries} entries are") };
        tell(&format!("{words} behind the gate now, approved at a terminal."), &found.places);
        output.line(format!(
            "{words} behind the gate. Running clients need a restart, or their own refresh step."
        ));
        output.line("See what is approved: pinfold status    Take it back: pinfold unprotect");
    }
    Ok(exit)
}

/// Everything that the yes stands for, or nothing.
fn decide(found: &Found, hearings: &[Option<Hearing>], digests: &MemoryDigests) -> Result<(), Problem> {
    let (mut decisions, mut objects) = (Vec::new(), Vec::new());
    for (server, hearing) in found.plan.servers.iter().zip(hearings) {
        let (Some(hearing), Some(resolved)) = (hearing, &server.resolved) else { continue };
        let accepted = hearing.interpreters.iter();
        decisions.extend(
            accepted.map(|one| Decision::InterpreterAccepted { path: one.path.clone(), digest: one.digest }),
        );
        let label = server.label.clone();
        decisions.push(Decision::LaunchApproved {
            label: label.clone(),
            launch: resolved.launch.clone(),
            replaces: Vec::new(),
        });
        let approvals = hearing.words.approvals();
        if !approvals.is_empty() {
            decisions.push(Decision::SurfaceApproved { label, claim: None, objects: approvals });
            objects.extend(hearing.words.objects());
        }
    }
    if decisions.is_empty() {
        return Ok(());
    }
    let policy = policy_digest(&found.places)?;
    let ruling = Ruling { at: now(), policy, seen: found.store.head(), decisions, objects };
    let mut store = Store::open(&found.places, Access::Write).map_err(|error| home::problem(&error))?;
    match store.decide(ruling) {
        Err(StoreError::Raced) => Err(changed()),
        decided => {
            decided.map_err(|error| home::problem(&error))?;
            digests.keep(&store);
            remember_answers(found, hearings, &store);
            Ok(())
        }
    }
}

/// Notes what was answered to each client's greeting, so that a first session has its tools at once. Nothing hangs on
/// it: without it that session waits for its server.
fn remember_answers(found: &Found, hearings: &[Option<Hearing>], store: &Store) {
    for (server, hearing) in found.plan.servers.iter().zip(hearings) {
        let Some(hearing) = hearing else { continue };
        for (question, answer) in &hearing.answers {
            let _ = store.record_answer(&server.label, question, answer, Noted::AtTheEnd, now());
        }
    }
}

fn changed() -> Problem {
    Problem::new(
        Exit::Refused,
        "CHANGED_WHILE_SHOWN",
        "what was shown changed before you answered; nothing was approved and no file was changed",
        "run `pinfold protect` again and look at what it shows then",
    )
}

/// Notes the wrappers, so that one that a client or a generator removes is found. Nothing hangs on it.
fn remember(found: &Found, wrappers: &[Wrapper], output: &mut Output<'_>) {
    if wrappers.is_empty() {
        return;
    }
    let noted = Store::open(&found.places, Access::Write).and_then(|store| store.record_wrappers(wrappers));
    if let Err(error) = noted {
        let what = counted(wrappers.len() as u64, "wrapper");
        output.note(format!("warning: {what} could not be noted for `status`: {error}"));
    }
}
