//! `sign`: a captured manifest becomes a signed entry, with or without asking a log.

use pinfold_core::checkpoint::Origin;
use pinfold_core::digest::Digest;
use pinfold_core::entry::Entry;
use pinfold_core::keyset::Keyset;
use pinfold_core::manifest::Manifest;
use pinfold_core::statement::Statement;
use pinfold_core::text::{visible, visible_path};
use serde::Serialize;

use super::capture::{ReleasePart, check_output, release_part, write};
use super::diff;
use crate::args::SignArgs;
use crate::capturing::{Variables, check_tools};
use crate::changed::ObjectPart;
use crate::comparison::Comparison;
use crate::exit::Exit;
use crate::known_log::KnownLog;
use crate::output::{Output, Problem};
use crate::publishing::{Asked, Standing, ask, choose_log, claiming, logged_release};
use crate::release_file::ReleaseFile;
use crate::signing_key;

#[derive(Default, Serialize)]
struct Body {
    /// The entry.
    file: Option<String>,
    release: Option<ReleasePart>,
    claim: Option<String>,
    sequence: Option<u64>,
    /// SHA-256 of the release statement.
    statement: Option<String>,
    key_id: Option<String>,
    /// What differs from the release before; `null` where there is none or its words are not known.
    changes: Option<Vec<ObjectPart>>,
}

/// Signs a manifest.
pub fn run(args: &SignArgs, output: &mut Output<'_>) -> Exit {
    const SCHEMA: &str = "pinfold/sign/v1";
    let mut body = Body::default();
    let done = sign(args, &mut body, output).map(|()| Exit::Done);
    output.end(SCHEMA, &body, done)
}

/// Under what the release is signed.
struct Ground {
    claim: Digest,
    is_first_claim: bool,
    earlier_claims: u64,
    before: Option<Before>,
    log: Option<KnownLog>,
}

/// The release before.
struct Before {
    sequence: u64,
    payload: Digest,
    version: String,
    manifest: Option<Manifest>,
}

fn sign(args: &SignArgs, body: &mut Body, output: &mut Output<'_>) -> Result<(), Problem> {
    let file = ReleaseFile::read(&args.manifest)?;
    let manifest = file.manifest();
    body.release = Some(release_part(manifest));
    check_output(&args.output)?;
    let key = signing_key::read(args.signing.key.as_deref(), &args.signing.passphrase, output)?;
    let public = key.signing().public_key();
    body.key_id = Some(public.id().to_string());
    let ground = ground(args, manifest, &key)?;
    body.claim = Some(ground.claim.to_string());
    let old = ground.before.as_ref().and_then(|before| before.manifest.as_ref());
    let comparison = old.map(|old| Comparison::of(old, manifest));
    body.changes = comparison.as_ref().map(ObjectPart::all);
    check_version(manifest, ground.before.as_ref())?;
    check_tools(manifest, old, args.expect_tools, &Variables::default())?;
    // At a terminal the question shows them, with every word.
    if let Some(comparison) = comparison.as_ref().filter(|_| args.signing.yes) {
        diff::lines(comparison, output);
    }
    let previous = ground.before.as_ref().map(|before| (before.sequence, before.payload));
    let statement = Statement::build(manifest, ground.claim, previous);
    body.sequence = Some(statement.sequence);
    if !args.signing.yes {
        let asked = Asked {
            manifest,
            sequence: statement.sequence,
            claim: ground.claim,
            is_first_claim: ground.is_first_claim,
            earlier_claims: ground.earlier_claims,
            key: &public,
            log: ground.log.as_ref(),
            comparison: comparison.as_ref(),
            before: ground.before.as_ref().map(|before| before.version.as_str()),
        };
        ask(&asked, "pinfold sign")?;
    }
    let entry = Entry::sign(statement, &[key.signing()]).map_err(|error| {
        Problem::new(
            Exit::Refused,
            "ENTRY_INVALID",
            format!("no entry can be made of the release: {}", visible(&error.to_string())),
            "name fewer files, or shorter ones",
        )
    })?;
    body.statement = Some(entry.payload_digest().to_string());
    write(&args.output, entry.as_bytes())?;
    body.file = Some(visible_path(&args.output));
    output.line(format!(
        "{}: {} {} signed.",
        visible_path(&args.output),
        manifest.name().as_str(),
        manifest.version()
    ));
    output.line(format!(
        "`pinfold publish --manifest {} --entry {}` sends it.",
        visible_path(&args.manifest),
        visible_path(&args.output)
    ));
    Ok(())
}

fn ground(args: &SignArgs, manifest: &Manifest, key: &pinfold_keys::Key) -> Result<Ground, Problem> {
    if let Some(path) = &args.previous {
        return of_bundle(&ReleaseFile::read(path)?, manifest);
    }
    if let Some(origin) = &args.first {
        return of_nothing(origin, manifest, key);
    }
    let name = manifest.name();
    let log = choose_log(&args.to, &name.namespace())?;
    let standing = Standing::of(&log, name)?;
    let claiming = claiming(&log, &standing, name, key.signing())?;
    let before = match &standing.name {
        None => None,
        Some(state) => {
            let release = logged_release(&log, name, state.value.newest.index)?;
            Some(Before {
                sequence: release.statement.sequence,
                payload: release.payload,
                version: release.statement.version.to_string(),
                manifest: release.manifest,
            })
        }
    };
    Ok(Ground {
        claim: claiming.claim,
        is_first_claim: claiming.keyset.is_some(),
        earlier_claims: claiming.earlier,
        before,
        log: Some(log),
    })
}

/// The bundle of the release before says everything; whether it is the newest, the log says when the entry is sent.
fn of_bundle(file: &ReleaseFile, manifest: &Manifest) -> Result<Ground, Problem> {
    let wrong = |message: String| {
        Problem::new(
            Exit::Usage,
            "RELEASE_FILE_INVALID",
            message,
            "`--previous` names the bundle of the release before, of the same name",
        )
    };
    let ReleaseFile::Bundle(bundle) = file else {
        return Err(wrong(
            "that is a manifest, which does not say under which claim it was released".to_owned(),
        ));
    };
    let statement = bundle.statement();
    if statement.name.lower() != manifest.name().lower() {
        return Err(wrong(format!("that is a release of {}", statement.name.as_str())));
    }
    let before = Before {
        sequence: statement.sequence,
        payload: bundle.entry().payload_digest(),
        version: statement.version.to_string(),
        manifest: Some(bundle.manifest().clone()),
    };
    Ok(Ground {
        claim: statement.claim,
        is_first_claim: false,
        earlier_claims: 0,
        before: Some(before),
        log: None,
    })
}

/// The first release of a namespace that this key claims: the claim follows from name, log and key.
fn of_nothing(origin: &str, manifest: &Manifest, key: &pinfold_keys::Key) -> Result<Ground, Problem> {
    let wrong = |message: String| {
        Problem::new(Exit::Usage, "USAGE", message, "`--first` takes the log's origin, a bare host name")
    };
    let parsed: Origin = origin
        .parse()
        .map_err(|error| wrong(format!("`{}` is no origin of a log: {error}", visible(origin))))?;
    let keyset = Keyset::of_one_key(manifest.name().namespace(), parsed, key.signing().public_key())
        .map_err(|error| wrong(visible(&error.to_string())))?;
    Ok(Ground { claim: keyset.claim(), is_first_claim: true, earlier_claims: 0, before: None, log: None })
}

fn check_version(manifest: &Manifest, before: Option<&Before>) -> Result<(), Problem> {
    match before {
        Some(before) if before.version == manifest.version().as_str() => Err(Problem::new(
            Exit::Refused,
            "VERSION_USED",
            format!("{} {} is published already", manifest.name().as_str(), manifest.version()),
            "give the release another version; a version is used once",
        )),
        _ => Ok(()),
    }
}
