//! Interpreters and launchers of launches whose bytes a person has to accept.

use std::path::Path;

use pinfold_core::launch::Launch;
use pinfold_core::name::Label;
use pinfold_core::pins::Pins;
use pinfold_core::text::visible;

use crate::exit::Exit;
use crate::home;
use crate::launch::{
    DigestCache, InterpreterFile, InterpreterStanding, MemoryDigests, hash_file, trusted_place,
};
use crate::output::Problem;
use crate::page::start::Interpreter;

/// Those of all approved launches of a label, each file once.
///
/// # Errors
///
/// As [`of_launch`].
pub(crate) fn of_label(label: &Label, pins: &Pins) -> Result<Vec<Interpreter>, Problem> {
    let mut found: Vec<Interpreter> = Vec::new();
    for (_, launch) in pins.label(label).into_iter().flat_map(|pins| pins.approved_launches()) {
        for one in of_launch(launch, pins)? {
            if found.iter().all(|other| other.path != one.path) {
                found.push(one);
            }
        }
    }
    Ok(found)
}

/// Those of one launch: in a place that the user can write, and new or changed.
///
/// # Errors
///
/// A file cannot be read; then nothing can be said about the launch.
pub(crate) fn of_launch(launch: &Launch, pins: &Pins) -> Result<Vec<Interpreter>, Problem> {
    of_launch_with(launch, pins, &mut MemoryDigests::default())
}

/// The same with digests that are known already.
///
/// # Errors
///
/// As [`of_launch`].
pub(crate) fn of_launch_with(
    launch: &Launch,
    pins: &Pins,
    cache: &mut dyn DigestCache,
) -> Result<Vec<Interpreter>, Problem> {
    let account_home = home::of_account();
    let mut found = Vec::new();
    for file in launch.program.iter().filter(|file| file.digest.is_none()) {
        let path = Path::new(&file.file);
        let digest = hash_file(path, cache).map_err(|fault| {
            Problem::new(
                Exit::Undetermined,
                "LAUNCH_UNREADABLE",
                format!("{}: {fault}", visible(&file.file)),
                "the launch cannot be judged; start the client again, then review",
            )
        })?;
        let trusted_place = trusted_place(path, account_home.as_deref());
        let live = InterpreterFile { path: file.file.clone(), digest, trusted_place };
        let accepted = pins.interpreter(&live.path).map(|pin| pin.digest);
        if matches!(live.standing(accepted), InterpreterStanding::New | InterpreterStanding::Changed) {
            found.push(Interpreter { path: live.path, digest, before: accepted });
        }
    }
    Ok(found)
}
