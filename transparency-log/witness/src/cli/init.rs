//! `pinfold-witness init`.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::ExitCode;

use pinfold_core::note::{KeyName, VerifierKey};
use pinfold_core::text::{visible, visible_path};
use pinfold_keys::{CreateError, Protection};
use pinfold_service::{Problem, finish, print};
use serde::Serialize;

use super::args::InitArgs;
use crate::database::Database;

#[derive(Default, Serialize)]
struct Body {
    name: Option<String>,
    verifier_key: Option<String>,
    dir: Option<String>,
}

pub(super) fn run(args: &InitArgs) -> ExitCode {
    let made = make(args);
    let problem = made.as_ref().err().cloned();
    let problem = problem.or_else(|| {
        let key = made.as_ref().ok()?;
        if args.json { None } else { print(&words(key, args)).err() }
    });
    let body = made.map_or_else(
        |_| Body::default(),
        |key| Body {
            name: Some(key.name().to_string()),
            verifier_key: Some(key.to_string()),
            dir: Some(visible_path(&args.dir)),
        },
    );
    finish("pinfold-witness/init/v1", args.json, &body, problem.as_ref())
}

fn words(key: &VerifierKey, args: &InitArgs) -> String {
    let dir = visible_path(&args.dir);
    format!(
        "{key}\n\nThis is the witness's verifier key: give it to those who rely on this witness, for their policies:\n  \
         witness NAME {key} https://…\nIts private half is {dir}/key. Next:\n  \
         pinfold-witness serve --dir {dir} --listen 127.0.0.1:8090 --log VKEY\n"
    )
}

fn make(args: &InitArgs) -> Result<VerifierKey, Problem> {
    let name: KeyName = args.name.parse().map_err(|error| {
        let message = format!("--name {}: {error}", visible(&args.name));
        Problem::usage(message, "a host name of yours, maybe with a path: witness.example/w1")
    })?;
    let folder = &args.dir;
    refuse_what_exists(folder)?;
    make_folder(folder)?;
    let key =
        pinfold_keys::create(&folder.join("key"), name.as_str(), Protection::None).map_err(key_problem)?;
    let key = VerifierKey::cosigner(name, key.signing().public_key());
    if let Err(error) = Database::create(folder, &key) {
        // The key has signed nothing that anybody saw. What cannot be removed is refused by the next `init`.
        for file in ["key", "witness.db", "witness.db-wal", "witness.db-shm"] {
            let _ = fs::remove_file(folder.join(file));
        }
        return Err(error.problem());
    }
    Ok(key)
}

/// A witness, or what an `init` or an accident left of one.
fn refuse_what_exists(folder: &Path) -> Result<(), Problem> {
    let exists = |file: &str| folder.join(file).symlink_metadata().is_ok();
    let shown = visible_path(folder);
    let (message, hint) = match (exists("key"), exists("witness.db")) {
        (false, false) => return Ok(()),
        (true, true) => (
            format!("there is a witness already in {shown}"),
            "`pinfold-witness serve` uses it; a new one needs another folder",
        ),
        (true, false) => (
            format!("there is a key already in {shown}, and no witness"),
            "an `init` that was cut off leaves a key: remove it if no witness ever served with it",
        ),
        (false, true) => (
            format!("there is a witness already in {shown}, without its key"),
            "put the key back from its own copy; a new witness needs another folder",
        ),
    };
    Err(Problem::refused("WITNESS_EXISTS", message, hint))
}

fn make_folder(folder: &Path) -> Result<(), Problem> {
    let failed = |error: std::io::Error| {
        let message = format!("the folder {} cannot be made: {error}", visible_path(folder));
        Problem::undetermined(
            "WITNESS_UNREADABLE",
            message,
            "look at the disk and at the rights of the folder above",
        )
    };
    if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        made => made.map_err(failed),
    }
}

fn key_problem(error: CreateError) -> Problem {
    match error {
        CreateError::Exists { .. } => Problem::refused(
            "WITNESS_EXISTS",
            error.to_string(),
            "`pinfold-witness serve` uses it; a new one needs another folder",
        ),
        CreateError::Comment => {
            let message = "--name: it has more than 256 bytes, or a character that shows nothing";
            Problem::usage(message, "a host name of yours, maybe with a path: witness.example/w1")
        }
        other => Problem::undetermined(
            "KEY_UNWRITABLE",
            other.to_string(),
            "look at the disk and at the rights of the folder",
        ),
    }
}
