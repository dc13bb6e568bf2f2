//! `verify --inspect`: what is in a bundle, without judging any of it.

use std::path::Path;

use pinfold_core::bundle::Bundle;
use pinfold_core::checkpoint::SignedCheckpoint;
use pinfold_core::entry::Entry;
use pinfold_core::text::visible_path;
use serde::Serialize;

use super::super::log::EntryPart;
use crate::elsewhere;
use crate::exit::Exit;
use crate::output::{Output, Problem};
use crate::release_file;

const SCHEMA: &str = "pinfold/verify-inspect/v1";

#[derive(Default, Serialize)]
struct Body {
    file: Option<String>,
    bytes: Option<usize>,
    entry: Option<EntryPart>,
    signed_by: Vec<String>,
    objects: Vec<ObjectPart>,
    artifacts: Vec<ArtifactPart>,
    keysets: Vec<EntryPart>,
    first: Option<HeadPart>,
    head: Option<HeadPart>,
}

#[derive(Serialize)]
struct ObjectPart {
    kind: &'static str,
    name: String,
    digest: String,
}

#[derive(Serialize)]
struct ArtifactPart {
    file: String,
    sha256: String,
}

#[derive(Serialize)]
struct HeadPart {
    origin: String,
    size: u64,
    root: String,
    /// Names on the signature lines; none was verified.
    signature_lines: Vec<String>,
}

/// Runs the command.
pub(super) fn run(path: &Path, output: &mut Output<'_>) -> Exit {
    let mut body = Body { file: Some(visible_path(path)), ..Body::default() };
    let done = look(path, &mut body, output).map(|()| Exit::Done);
    output.end(SCHEMA, &body, done)
}

fn look(path: &Path, body: &mut Body, output: &mut Output<'_>) -> Result<(), Problem> {
    let bytes = release_file::bytes(path)?;
    body.bytes = Some(bytes.len());
    let bundle = Bundle::parse(&bytes).map_err(|error| release_file::no_bundle(&error))?;
    fill(&bundle, body);
    print(body, output);
    Ok(())
}

fn fill(bundle: &Bundle, body: &mut Body) {
    body.entry = Some(EntryPart::of(bundle.proof().index(), bundle.entry().as_bytes()));
    body.signed_by = signers(bundle.entry());
    body.objects = bundle
        .manifest()
        .surface()
        .iter()
        .map(|object| ObjectPart {
            kind: object.kind.as_str(),
            name: elsewhere::name(&object.name),
            digest: object.digest.to_string(),
        })
        .collect();
    body.artifacts = bundle
        .statement()
        .subjects
        .iter()
        .map(|subject| ArtifactPart {
            file: elsewhere::name(&subject.file),
            sha256: subject.sha256.to_string(),
        })
        .collect();
    let keyset = |logged: &pinfold_core::bundle::LoggedKeyset| {
        EntryPart::of(logged.proof.index(), logged.entry.as_bytes())
    };
    body.keysets = bundle.keysets().iter().map(keyset).collect();
    body.first = Some(head(bundle.first().checkpoint()));
    body.head = Some(head(bundle.proof().checkpoint()));
}

fn signers(entry: &Entry) -> Vec<String> {
    entry.signatures().iter().map(|signature| signature.key_id.to_string()).collect()
}

fn head(signed: &SignedCheckpoint) -> HeadPart {
    let checkpoint = signed.checkpoint();
    HeadPart {
        origin: elsewhere::name(checkpoint.origin()),
        size: checkpoint.size(),
        root: checkpoint.root().to_string(),
        signature_lines: signed
            .note()
            .signatures()
            .iter()
            .map(|line| elsewhere::name(line.name.as_str()))
            .collect(),
    }
}

fn print(body: &Body, output: &mut Output<'_>) {
    output.line("Nothing here was judged: `pinfold verify` without --inspect does that.");
    if let Some(entry) = &body.entry {
        output.line("");
        output.heading(format!("{}, said to be entry {}", entry.words, entry.index));
        for (role, value) in [("claim", &entry.claim), ("manifest", &entry.manifest)] {
            output.line(format!("  {role:10}{}", value.as_deref().unwrap_or_default()));
        }
        for key in &body.signed_by {
            output.line(format!("  signed by {key}"));
        }
    }
    for artifact in &body.artifacts {
        output.line(format!("  artifact  {} {}", artifact.file, artifact.sha256));
    }
    for keyset in &body.keysets {
        output.line(format!("  {}, said to be entry {}", keyset.words, keyset.index));
    }
    for (role, head) in [("first", &body.first), ("head", &body.head)] {
        if let Some(head) = head {
            let lines = head.signature_lines.join(", ");
            output.line(format!(
                "  {role:10}{}: {} entries, signature lines of {lines}",
                head.origin, head.size
            ));
        }
    }
    output.line("");
    output.line(format!("{} objects:", body.objects.len()));
    for object in &body.objects {
        output.line(format!("  {} {} {}", object.kind, object.name, object.digest));
    }
}
