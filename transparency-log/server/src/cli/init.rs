//! `pinfold-log init`: key, database and last-signed record, once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pinfold_core::checkpoint::{Checkpoint, Origin, SignedCheckpoint};
use pinfold_core::merkle::EMPTY_ROOT;
use pinfold_core::note::VerifierKey;
use pinfold_core::text::visible_path;
use pinfold_keys::{CreateError, Protection};
use pinfold_log_client::BaseUrl;
use pinfold_service::{Problem, finish, print};
use serde::Serialize;

use super::args::InitArgs;
use super::policy;
use crate::last_signed::{LastSigned, default_path};
use crate::store::{Database, Kind, LogRow, database};

/// What `init --json` prints.
#[derive(Serialize, Default)]
struct Made {
    origin: Option<String>,
    verifier_key: Option<String>,
    policy: Option<String>,
    key_file: Option<PathBuf>,
    last_signed: Option<PathBuf>,
}

pub(super) fn run(args: &InitArgs) -> ExitCode {
    let result = make(args).and_then(|made| {
        if !args.json {
            print(&words(args, &made))?;
        }
        Ok(made)
    });
    let (made, problem) = match result {
        Ok(made) => (made, None),
        Err(problem) => (Made::default(), Some(problem)),
    };
    finish("pinfold-log/init/v1", args.json, &made, problem.as_ref())
}

fn make(args: &InitArgs) -> Result<Made, Problem> {
    let origin: Origin = args.origin.parse().map_err(|error| {
        Problem::usage(format!("--origin {}: {error}", args.origin), "for example: --origin log.example")
    })?;
    if let Some(url) = &args.url {
        url.parse::<BaseUrl>().map_err(|error| {
            Problem::usage(format!("--url {url}: {error}"), "for example: --url https://log.example")
        })?;
    }
    let last_signed = last_signed_path(args.last_signed.as_deref(), &origin)?;
    fs::create_dir_all(&args.dir).map_err(|error| {
        let message = format!("the folder {} cannot be made: {error}", visible_path(&args.dir));
        Problem::undetermined("LOG_READ_ONLY", message, "choose a folder that this user can write")
    })?;
    let _lock = database::lock(&args.dir).map_err(|error| error.problem())?;
    refuse_what_exists(args, &last_signed)?;

    LastSigned::may_stand_at(&last_signed, &args.dir).map_err(|error| error.problem())?;
    let key_file = args.dir.join("key");
    let mut made_files = Vec::new();
    let made = make_files(args, &origin, &key_file, &last_signed, &mut made_files);
    if made.is_err() {
        // The key has signed nothing that anybody saw. What cannot be removed is refused by the next `init`.
        for file in made_files {
            let _ = fs::remove_file(file);
        }
    }
    made
}

/// Makes the files, and notes each one that is its own.
fn make_files(
    args: &InitArgs,
    origin: &Origin,
    key_file: &Path,
    last_signed: &Path,
    made: &mut Vec<PathBuf>,
) -> Result<Made, Problem> {
    let key = pinfold_keys::create(key_file, origin.as_str(), Protection::None)
        .map_err(|error| key_problem(&error))?;
    made.push(key_file.to_owned());
    let verifier = VerifierKey::ed25519(origin.key_name(), key.signing().public_key());
    let empty = Checkpoint::new(origin, 0, EMPTY_ROOT);
    let head = SignedCheckpoint::sign(empty, &origin.key_name(), key.signing()).map_err(|error| {
        let hint = "choose another origin";
        Problem::undetermined("LOG_NOT_MADE", format!("the empty head cannot be signed: {error}"), hint)
    })?;
    let note = head.to_bytes();
    LastSigned::create(last_signed, &args.dir, &note).map_err(|error| error.problem())?;
    made.push(last_signed.to_owned());
    let kind = if args.test { Kind::Test } else { Kind::Names };
    let row = LogRow { origin: origin.to_string(), kind, vkey: verifier.to_string(), url: args.url.clone() };
    Database::create(&args.dir, &row, EMPTY_ROOT.as_bytes(), &note).map_err(|error| error.problem())?;
    Ok(Made {
        policy: Some(policy::without_witnesses(&row.vkey, args.url.as_deref())),
        origin: Some(row.origin),
        verifier_key: Some(row.vkey),
        key_file: Some(key_file.to_owned()),
        last_signed: Some(last_signed.to_owned()),
    })
}

/// Everything is looked at before anything is made, so that a refusal leaves nothing behind.
fn refuse_what_exists(args: &InitArgs, last_signed: &Path) -> Result<(), Problem> {
    for (path, what) in [
        (
            database::path(&args.dir),
            "a log is made once; choose an empty folder, or serve the log that is there",
        ),
        (
            args.dir.join("key"),
            "an `init` that was cut off leaves a key: remove it if no log was ever served with it",
        ),
        (
            last_signed.to_owned(),
            "a log of this origin has signed here; choose another origin or --last-signed FILE",
        ),
    ] {
        if path.symlink_metadata().is_ok() {
            return Err(Problem::refused("LOG_EXISTS", format!("{} exists", visible_path(&path)), what));
        }
    }
    Ok(())
}

/// The place of the last-signed record.
///
/// # Errors
/// Neither the option nor a home says it.
pub(super) fn last_signed_path(given: Option<&Path>, origin: &Origin) -> Result<PathBuf, Problem> {
    if let Some(path) = given {
        return Ok(path.to_owned());
    }
    default_path(origin.as_str()).map_err(|why| {
        Problem::undetermined(
            "HOME_UNUSABLE",
            format!("{why}, so the last-signed record has no place"),
            "set HOME, or give the place with --last-signed FILE",
        )
    })
}

fn key_problem(error: &CreateError) -> Problem {
    Problem::undetermined(
        "KEY_NOT_MADE",
        error.to_string(),
        "choose a folder that this user can write; nothing was left behind",
    )
}

fn words(args: &InitArgs, made: &Made) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let path = |path: &Option<PathBuf>| path.as_deref().map(visible_path).unwrap_or_default();
    let rules = if args.test { " (without rules, for tests)" } else { "" };
    format!(
        "made log {}{rules} in {}\n\
         private key         {}  (not encrypted; keep a copy apart from the database)\n\
         last-signed record  {}  (leave it out of every backup)\n\
         verifier key        {}\n\n\
         policy for users and publishers:\n\n{}",
        text(&made.origin),
        visible_path(&args.dir),
        path(&made.key_file),
        path(&made.last_signed),
        text(&made.verifier_key),
        text(&made.policy),
    )
}
