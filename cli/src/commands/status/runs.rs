//! What runs an approved launch: interpreters and launchers as they are on this machine now.

use std::path::Path;

use pinfold_core::launch::Launch;
use pinfold_core::text::visible;
use pinfold_store::{Store, StoreError};
use serde::Serialize;

use crate::home;
use crate::launch::{InterpreterFile, InterpreterStanding, StoreDigests, hash_file, trusted_place};
use crate::output::Output;
use crate::time;

/// An interpreter or launcher.
#[derive(Serialize)]
pub(super) struct Interpreter {
    pub(super) path: String,
    /// `null`: it cannot be read now.
    pub(super) digest: Option<String>,
    /// `accepted`; `recorded`: only root can change it, which passes; `new` or `changed`: the next start is held;
    /// `unreadable`.
    pub(super) standing: &'static str,
    /// Since when these bytes are accepted, or were first started; `null`: never.
    pub(super) since: Option<String>,
    /// How often root put other bytes there, as far as starts saw it.
    pub(super) updates: usize,
}

/// Those of a launch, outermost first.
///
/// # Errors
/// The store cannot be read.
pub(super) fn of(store: &Store, launch: &Launch) -> Result<Vec<Interpreter>, StoreError> {
    let account_home = home::of_account();
    let mut found = Vec::new();
    for file in launch.program.iter().filter(|file| file.digest.is_none()) {
        let path = Path::new(&file.file);
        let shown = visible(&file.file);
        let Ok(digest) = hash_file(path, &mut StoreDigests(store)) else {
            let (digest, since, standing) = (None, None, "unreadable");
            found.push(Interpreter { path: shown, digest, standing, since, updates: 0 });
            continue;
        };
        let trusted_place = trusted_place(path, account_home.as_deref());
        let live = InterpreterFile { path: file.file.clone(), digest, trusted_place };
        let pin = store.pins().interpreter(&live.path);
        let seen = store.interpreter_sightings(&live.path)?;
        let standing = live.standing(pin.map(|pin| pin.digest));
        let since = match standing {
            InterpreterStanding::Accepted => pin.map(|pin| pin.since),
            InterpreterStanding::Recorded => {
                seen.iter().find(|(seen, _)| *seen == digest).map(|(_, since)| *since)
            }
            InterpreterStanding::New | InterpreterStanding::Changed => None,
        };
        found.push(Interpreter {
            path: shown,
            digest: Some(digest.to_string()),
            standing: match standing {
                InterpreterStanding::Accepted => "accepted",
                InterpreterStanding::Recorded => "recorded",
                InterpreterStanding::New => "new",
                InterpreterStanding::Changed => "changed",
            },
            since: since.and_then(time::for_programs),
            updates: seen.len().saturating_sub(1),
        });
    }
    Ok(found)
}

/// As people read it: what is not as it was.
pub(super) fn print(interpreters: &[Interpreter], output: &mut Output<'_>) {
    for one in interpreters {
        let path = &one.path;
        match (one.standing, &one.since) {
            ("changed" | "new", _) => {
                output.line(format!("    now: {path} has other bytes; the next start waits for you"));
            }
            ("recorded", Some(_)) if one.updates > 0 => {
                let since = time::read_for_people(one.since.as_deref());
                output.line(format!("    {path}: updated by root, started with these bytes since {since}"));
            }
            _ => {}
        }
    }
}
