//! `capture`: what a server says, as a manifest, not signed.

use std::path::{Path, PathBuf};

use pinfold_core::manifest::{Manifest, SurfaceObject};
use pinfold_core::text::visible_path;
use pinfold_core::volatile::Rule;
use serde::Serialize;

use crate::args::CaptureArgs;
use crate::capturing::{self, Failed, Taken, check_tools};
use crate::changed::ObjectPart;
use crate::comparison::{Comparison, tool_count};
use crate::elsewhere;
use crate::exit::Exit;
use crate::output::{Output, Problem, counted};
use crate::own_file;
use crate::page::volatile::may_be;
use crate::release_file::ReleaseFile;

use super::diff;

#[derive(Default, Serialize)]
struct Body {
    file: Option<String>,
    release: Option<ReleasePart>,
    variables: VariablesPart,
    /// Fresh processes that were started.
    processes: Option<usize>,
    /// What two processes said in two ways; then nothing was written.
    unstable: Vec<UnstablePart>,
    /// What differs from the release before; `null` where none was named.
    changes: Option<Vec<ObjectPart>>,
}

/// A release as its manifest has it.
#[derive(Serialize)]
pub(super) struct ReleasePart {
    pub(super) name: String,
    pub(super) version: String,
    /// Plain SHA-256 of the manifest.
    pub(super) manifest: String,
    pub(super) tools: usize,
    pub(super) objects: usize,
    pub(super) artifacts: Vec<ArtifactPart>,
    pub(super) conditions: Vec<ConditionPart>,
    /// What may vary without a question.
    pub(super) volatile: Vec<VolatilePart>,
}

/// A volatile rule, without the words in its span.
#[derive(Serialize)]
pub(super) struct VolatilePart {
    kind: &'static str,
    name: String,
    pointer: String,
    rule: &'static str,
}

#[derive(Serialize)]
pub(super) struct ArtifactPart {
    file: String,
    purl: String,
    sha256: String,
}

#[derive(Serialize)]
pub(super) struct ConditionPart {
    capabilities: Vec<String>,
    era: String,
    variables: Vec<String>,
    objects: usize,
}

#[derive(Default, Serialize)]
pub(super) struct VariablesPart {
    present: Vec<String>,
    absent: Vec<String>,
    withheld: Vec<String>,
}

/// Something that differs between two processes.
#[derive(Serialize)]
pub(super) struct UnstablePart {
    kind: &'static str,
    name: String,
    pointer: Option<String>,
}

/// Captures a server into a manifest.
pub fn run(args: &CaptureArgs, output: &mut Output<'_>) -> Exit {
    const SCHEMA: &str = "pinfold/capture/v1";
    let mut body = Body::default();
    match make(args, &mut body, output) {
        Ok(()) => output.finish(SCHEMA, &body, Exit::Done, None),
        Err(failed) => {
            body.unstable = unstable_parts(&failed);
            output.finish(SCHEMA, &body, failed.problem.exit, Some(&failed.problem))
        }
    }
}

fn make(args: &CaptureArgs, body: &mut Body, output: &mut Output<'_>) -> Result<(), Failed> {
    let previous = args.previous.as_deref().map(ReleaseFile::read).transpose()?;
    check_output(&args.output)?;
    let facts = capturing::facts(&args.release)?;
    let taken = capturing::take(&args.release, &facts, &args.command, args.add_to.as_deref(), output)?;
    body.release = Some(release_part(&taken.manifest));
    body.variables = variables_part(&taken);
    body.processes = Some(taken.captured.processes);
    let before = previous.as_ref().map(ReleaseFile::manifest);
    if let Some(before) = before {
        let comparison = Comparison::of(before, &taken.manifest);
        body.changes = Some(ObjectPart::all(&comparison));
        diff::lines(&comparison, output);
    }
    check_tools(&taken.manifest, before, args.release.expect_tools, &taken.variables)?;
    write(&args.output, taken.manifest.as_bytes())?;
    body.file = Some(visible_path(&args.output));
    print(&taken, output);
    output.line(format!("written to {}; nothing is signed.", visible_path(&args.output)));
    Ok(())
}

/// Writes a file whole or not at all.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    own_file::write(&whole(path), bytes, 0o644).map_err(|error| not_written(path, &error))
}

/// Whether the file can be written, asked before anything is started, signed or sent.
pub(super) fn check_output(path: &Path) -> Result<(), Problem> {
    own_file::writable(&whole(path)).map(|_| ()).map_err(|error| not_written(path, &error))
}

fn whole(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn not_written(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(
        Exit::Undetermined,
        "FILE_NOT_WRITTEN",
        format!("{} cannot be written: {error}", visible_path(path)),
        "make room, or name a file in a folder that can be written",
    )
}

fn print(taken: &Taken, output: &mut Output<'_>) {
    let manifest = &taken.manifest;
    output.heading(format!("{} {}", manifest.name().as_str(), manifest.version()));
    output.line(format!(
        "  {}, {} in all; the same words from {} fresh processes",
        counted(tool_count(manifest) as u64, "tool"),
        counted(manifest.surface().len() as u64, "object"),
        taken.captured.processes
    ));
    for artifact in manifest.artifacts() {
        output.line(format!("  {}  {}", artifact.purl, artifact.sha256));
    }
    if manifest.artifacts().is_empty() && manifest.remotes().is_empty() {
        output.line("  no published file is named: the release is about words only, not about code");
    }
    if taken.captured.sessions.len() > 1 {
        output.line("  what it says depends on what its client can do; both are recorded");
    }
    for object in manifest.surface() {
        for rule in manifest.rules(&object.digest) {
            let (name, pointer) = (elsewhere::name(&object.name), elsewhere::pointer(&rule.pointer));
            output.line(format!("  may vary: {} {name} at {pointer}: {}", object.kind, may_be(rule.kind)));
        }
    }
    let names =
        |names: &[String]| names.iter().map(|name| elsewhere::name(name)).collect::<Vec<_>>().join(", ");
    for (words, list) in [
        ("variables that were set", &taken.variables.present),
        ("variables that were declared and not set", &taken.variables.absent),
        ("variables that were kept from the server because nothing declares them", &taken.variables.withheld),
    ] {
        if !list.is_empty() {
            output.line(format!("  {words}: {}", names(list)));
        }
    }
}

pub(super) fn release_part(manifest: &Manifest) -> ReleasePart {
    ReleasePart {
        name: manifest.name().as_str().to_owned(),
        version: manifest.version().as_str().to_owned(),
        manifest: manifest.digest().to_string(),
        tools: tool_count(manifest),
        objects: manifest.surface().len(),
        artifacts: manifest
            .artifacts()
            .iter()
            .map(|artifact| ArtifactPart {
                file: artifact.file.clone(),
                purl: artifact.purl.clone(),
                sha256: artifact.sha256.to_string(),
            })
            .collect(),
        conditions: manifest
            .conditions()
            .iter()
            .map(|condition| ConditionPart {
                capabilities: condition.capabilities.clone(),
                era: condition.era.clone(),
                variables: condition.variables.iter().map(|name| elsewhere::name(name)).collect(),
                objects: condition.objects.len(),
            })
            .collect(),
        volatile: volatile_parts(manifest),
    }
}

fn volatile_parts(manifest: &Manifest) -> Vec<VolatilePart> {
    let of_object = |object: &SurfaceObject| {
        let part = |rule: &Rule| VolatilePart {
            kind: object.kind.as_str(),
            name: elsewhere::name(&object.name),
            pointer: elsewhere::pointer(&rule.pointer),
            rule: rule.kind.as_str(),
        };
        manifest.rules(&object.digest).iter().map(part).collect::<Vec<_>>()
    };
    manifest.surface().iter().flat_map(of_object).collect()
}

pub(super) fn variables_part(taken: &Taken) -> VariablesPart {
    let names = |names: &[String]| names.iter().map(|name| elsewhere::name(name)).collect();
    VariablesPart {
        present: names(&taken.variables.present),
        absent: names(&taken.variables.absent),
        withheld: names(&taken.variables.withheld),
    }
}

pub(super) fn unstable_parts(failed: &Failed) -> Vec<UnstablePart> {
    let unstable = failed.refusal.as_ref().map(|refusal| refusal.unstable()).unwrap_or_default();
    unstable
        .iter()
        .map(|one| UnstablePart {
            kind: one.kind.as_str(),
            name: elsewhere::name(&one.name),
            pointer: one.pointer.as_deref().map(elsewhere::pointer),
        })
        .collect()
}
