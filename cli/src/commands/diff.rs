//! `diff`: what two releases say differently.

use std::io::IsTerminal;
use std::path::Path;

use serde::Serialize;

use pinfold_core::diff::Meaning;
use pinfold_core::findings::Finding;
use pinfold_core::text::visible_path;

use crate::args::DiffArgs;
use crate::changed::ObjectPart;
use crate::comparison::Comparison;
use crate::exit::Exit;
use crate::found::{FindingPart, found_between};
use crate::output::{Output, Problem};
use crate::page::found::findings;
use crate::page::release::differences;
use crate::release_file::ReleaseFile;
use crate::sarif::{About, Report};
use crate::screen::Screen;
use crate::terminal::Terminal;

#[derive(Default, Serialize)]
struct Body {
    old: Option<FilePart>,
    new: Option<FilePart>,
    /// Whether the two say the same; `null` where they could not be read.
    equal: Option<bool>,
    fields: Vec<FieldPart>,
    objects: Vec<ObjectPart>,
    /// What is found in the words that are new or changed.
    findings: Vec<FindingPart>,
}

#[derive(Serialize)]
struct FilePart {
    file: String,
    /// `manifest` or `bundle`.
    holds: &'static str,
    name: String,
    version: String,
    /// Of the manifest.
    digest: String,
}

#[derive(Serialize)]
pub(super) struct FieldPart {
    field: &'static str,
    old: String,
    new: String,
}

/// Compares two manifests or bundles. The words themselves are printed at a person's terminal only.
pub fn run(args: &DiffArgs, output: &mut Output<'_>) -> Exit {
    const SCHEMA: &str = "pinfold/diff/v1";
    let mut body = Body::default();
    let done = compare(args, &mut body, output).map(|()| Exit::Done);
    output.end(SCHEMA, &body, done)
}

fn compare(args: &DiffArgs, body: &mut Body, output: &mut Output<'_>) -> Result<(), Problem> {
    let old = ReleaseFile::read(&args.old)?;
    body.old = Some(file_part(&args.old, &old));
    let new = ReleaseFile::read(&args.new)?;
    body.new = Some(file_part(&args.new, &new));
    let comparison = Comparison::of(old.manifest(), new.manifest());
    body.equal = Some(comparison.is_empty());
    body.fields = field_parts(&comparison);
    body.objects = ObjectPart::all(&comparison);
    let found = found_between(&comparison);
    body.findings = found.iter().map(FindingPart::of).collect();
    if args.sarif {
        output.raw(report(&comparison, &found, &args.new).document().as_bytes());
    } else if !output.is_json() {
        print(&comparison, &found, output);
    }
    Ok(())
}

fn report(comparison: &Comparison, found: &[Finding], new: &Path) -> Report {
    let mut report = Report::default();
    report.about_file(new);
    for object in &comparison.objects {
        let Some(side) = object.new.as_ref().or(object.old.as_ref()) else { continue };
        let about = About { kind: object.kind, name: &object.name, digest: side.digest };
        match (&object.old, &object.new) {
            (None, _) if object.renamed_from.is_some() => report.whole(about, Meaning::ProbableRename),
            (None, _) => report.whole(about, Meaning::Added),
            (_, None) => report.whole(about, Meaning::Removed),
            (Some(_), Some(_)) => report.changes(about, &object.told),
        }
    }
    for finding in found {
        report.finding(finding);
    }
    report
}

fn print(comparison: &Comparison, found: &[Finding], output: &mut Output<'_>) {
    if comparison.is_empty() {
        return output.line("The two say the same.");
    }
    if std::io::stdout().is_terminal()
        && let Ok(terminal) = Terminal::open(|name| std::env::var_os(name))
    {
        let mut screen = Screen::new();
        findings(&mut screen, found);
        differences(&mut screen, comparison);
        if terminal.show(&screen).is_ok() {
            return output.line(comparison.summary());
        }
    }
    lines(comparison, output);
    for one in found {
        output.line(FindingPart::of(one).line(&one.detail.words()));
    }
    output.line(comparison.summary());
}

/// What differs, without the server's words.
pub(super) fn lines(comparison: &Comparison, output: &mut Output<'_>) {
    for field in &comparison.fields {
        output.line(format!("{}: {} -> {}", field.field, field.old, field.new));
    }
    for object in &comparison.objects {
        output.line(object.line());
        for (word, side) in [("was", &object.old), ("now", &object.new)] {
            if let Some(side) = side {
                output.line(format!("  {word} {}", side.digest));
            }
        }
    }
}

fn file_part(path: &std::path::Path, file: &ReleaseFile) -> FilePart {
    let manifest = file.manifest();
    FilePart {
        file: visible_path(path),
        holds: file.word(),
        name: manifest.name().as_str().to_owned(),
        version: manifest.version().as_str().to_owned(),
        digest: manifest.digest().to_string(),
    }
}

pub(super) fn field_parts(comparison: &Comparison) -> Vec<FieldPart> {
    let part = |field: &crate::comparison::FieldDifference| FieldPart {
        field: field.field,
        old: field.old.clone(),
        new: field.new.clone(),
    };
    comparison.fields.iter().map(part).collect()
}
