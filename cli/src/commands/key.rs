//! `key new`.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use pinfold_core::text::visible_path;
use pinfold_keys::{Key, Protection, create, lies_among_login_keys, public_line, ssh_fingerprint};
use serde::Serialize;

use crate::args::KeyNewArgs;
use crate::exit::Exit;
use crate::output::{Output, Problem};
use crate::{passphrase, signing_key};

#[derive(Default, Serialize)]
struct Body {
    file: Option<String>,
    /// The id under which the key signs: SHA-256 of `ed25519`, a zero byte and the key, in hexadecimal digits.
    key_id: Option<String>,
    /// The public key in base64.
    public_key: Option<String>,
    /// The public key as OpenSSH writes it.
    openssh: Option<String>,
    /// What `ssh-keygen -l` prints.
    ssh_fingerprint: Option<String>,
    encrypted: Option<bool>,
}

/// Makes a key file.
pub fn new(args: &KeyNewArgs, output: &mut Output<'_>) -> Exit {
    const SCHEMA: &str = "pinfold/key-new/v1";
    let mut body = Body::default();
    match make(args, &mut body, output) {
        Ok(()) => {
            print(&body, output);
            output.finish(SCHEMA, &body, Exit::Done, None)
        }
        Err(problem) => output.finish(SCHEMA, &body, problem.exit, Some(&problem)),
    }
}

fn make(args: &KeyNewArgs, body: &mut Body, output: &mut Output<'_>) -> Result<(), Problem> {
    let path = match &args.file {
        Some(path) => path.clone(),
        None => prepared_place()?,
    };
    body.file = Some(visible_path(&path));
    // Nobody chooses a passphrase for a file that cannot be made.
    if path.symlink_metadata().is_ok() {
        return Err(signing_key::create_problem(&pinfold_keys::CreateError::Exists { path }));
    }
    let key = if args.no_passphrase {
        create(&path, &args.comment, Protection::None)
    } else {
        let passphrase = passphrase::for_new_key(&args.passphrase)?;
        create(&path, &args.comment, Protection::Passphrase(&passphrase))
    };
    fill(body, &key.map_err(|error| signing_key::create_problem(&error))?);
    if lies_among_login_keys(&path) {
        output.note(signing_key::login_key_warning(&path));
    }
    Ok(())
}

/// The usual place, with the folder that it needs.
fn prepared_place() -> Result<PathBuf, Problem> {
    let path = signing_key::usual_place()?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| {
        Problem::new(
            Exit::Undetermined,
            "KEY_NOT_WRITTEN",
            format!("the folder {} cannot be made: {error}", visible_path(folder)),
            "name a file in a folder that exists",
        )
    })?;
    Ok(path)
}

fn fill(body: &mut Body, key: &Key) {
    let public = key.signing().public_key();
    body.key_id = Some(public.id().to_string());
    body.public_key = Some(public.to_base64());
    body.openssh = Some(public_line(&public));
    body.ssh_fingerprint = Some(ssh_fingerprint(&public));
    body.encrypted = Some(key.is_encrypted());
}

fn print(body: &Body, output: &mut Output<'_>) {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let protection =
        if body.encrypted == Some(true) { "encrypted by your passphrase" } else { "not encrypted" };
    output.line(format!("{}: a new Ed25519 key, {protection}.", text(&body.file)));
    output.line(format!("  key id   {}", text(&body.key_id)));
    output.line(format!("  public   {}", text(&body.openssh)));
    output.line("Keep a copy of the file: who loses it cannot publish under the same claim any more.");
}
