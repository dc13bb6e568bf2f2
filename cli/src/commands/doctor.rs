//! `doctor`: what is wrong, and what mends it (`spec/doctor.md`).

use std::fs;
use std::os::unix::fs::PermissionsExt;

use pinfold_store::{Access, Places, Store};
use serde::Serialize;

use crate::doctor::{Finding, Remedy, Ward};
use crate::exit::Exit;
use crate::home;
use crate::output::{Output, counted};
use crate::protect::renew_copy;

const SCHEMA: &str = "pinfold/doctor/v1";

#[derive(Default, Serialize)]
struct Body {
    findings: Vec<Finding>,
    /// Files of clients that were read.
    files: Vec<String>,
}

/// Runs the command.
pub fn run(fix: bool, output: &mut Output<'_>) -> Exit {
    let mut body = Body::default();
    let (ward, mut found) = match Ward::of_process() {
        Ok(ward) => ward,
        Err(problem) => return output.finish(SCHEMA, &body, problem.exit, Some(&problem)),
    };
    found.extend(ward.findings());
    if fix {
        mend(&mut found, &ward.places, output);
    }
    body.files = ward.file_names();
    body.findings = found;
    print(&body, output);
    let is_ill = body.findings.iter().any(Finding::is_open_problem);
    output.finish(SCHEMA, &body, if is_ill { Exit::Refused } else { Exit::Done }, None)
}

/// Carries out what needs no question. What fails is said, and stays a finding.
fn mend(found: &mut [Finding], places: &Places, output: &mut Output<'_>) {
    for finding in found {
        let Some(remedy) = &finding.remedy else { continue };
        let done = match remedy {
            Remedy::Close(path) => fs::metadata(path)
                .and_then(|about| {
                    let mode = about.permissions().mode();
                    fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o7700))
                })
                .map_err(|error| error.to_string()),
            Remedy::RenewCopy => renew_copy(places).map_err(|error| error.to_string()),
            Remedy::ForgetWrapper { client, file, place } => Store::open(places, Access::Observe)
                .and_then(|store| store.forget_wrapper(client, file, place))
                .map_err(|error| home::problem(&error).message),
        };
        match done {
            Ok(()) => finding.fixed = true,
            Err(error) => output.note(format!("warning: {} could not be mended: {error}", finding.code)),
        }
    }
}

fn print(body: &Body, output: &mut Output<'_>) {
    let mut last = "";
    for (index, finding) in body.findings.iter().enumerate() {
        let alike = alike(finding, &body.findings);
        if body.findings[..index].iter().any(|before| is_alike(before, finding)) {
            continue;
        }
        if finding.weight != last {
            if !last.is_empty() {
                output.line("");
            }
            output.heading(match finding.weight {
                "problem" => "Problems",
                "warning" => "Warnings",
                _ => "To know",
            });
            last = finding.weight;
        }
        if alike.len() > 1 {
            output.line(format!("  {}  each of {} {}", finding.code, alike.len(), finding.words));
            for one in alike {
                let who = format!(
                    "{} `{}`",
                    one.client.unwrap_or_default(),
                    one.key.as_deref().unwrap_or_default()
                );
                output.line(format!("      {who} in {}", place(one).unwrap_or_default()));
            }
        } else {
            output.line(format!("  {}  {}", finding.code, sentence(finding)));
            if let Some(place) = place(finding) {
                output.line(format!("      in {place}"));
            }
        }
        let fix = if finding.fixed { "mended".to_owned() } else { format!("fix: {}", finding.fix) };
        output.line(format!("      {fix}"));
    }
    if !body.findings.is_empty() {
        output.line("");
    }
    let open = body.findings.iter().filter(|finding| finding.is_open_problem()).count();
    let warnings =
        body.findings.iter().filter(|finding| finding.weight == "warning" && !finding.fixed).count();
    let files = counted(body.files.len() as u64, "configuration file");
    let warned =
        if warnings == 0 { String::new() } else { format!(", {}", counted(warnings as u64, "warning")) };
    output.line(format!("{files} looked at, {}{warned}.", counted(open as u64, "problem")));
    output.line("Connectors of an account and servers of editor extensions and plugins are not seen here.");
}

/// Findings that differ in nothing but the entry that they are about, this one among them.
fn alike<'a>(finding: &Finding, all: &'a [Finding]) -> Vec<&'a Finding> {
    all.iter().filter(|other| is_alike(finding, other)).collect()
}

fn is_alike(one: &Finding, other: &Finding) -> bool {
    let names_an_entry = |finding: &Finding| finding.client.is_some() && finding.key.is_some();
    let said = |finding: &Finding| (finding.code, finding.words.clone(), finding.fix.clone(), finding.fixed);
    names_an_entry(one) && names_an_entry(other) && said(one) == said(other)
}

fn place(finding: &Finding) -> Option<String> {
    let line = finding.line.map(|line| format!(", line {line}")).unwrap_or_default();
    Some(format!("{}{line}", finding.file.as_ref()?))
}

/// Who it is about and what is so, in one sentence.
pub(crate) fn sentence(finding: &Finding) -> String {
    let client = finding.client.unwrap_or_default();
    let who = match (&finding.key, finding.client) {
        (Some(key), Some(_)) => format!("{client} `{key}` "),
        (None, Some(_)) if finding.line.is_some() => format!("{client}: a server "),
        (None, Some(_)) => format!("{client}: "),
        _ if !finding.labels.is_empty() => format!("{}: ", finding.labels.join(", ")),
        _ => String::new(),
    };
    format!("{who}{}", finding.words)
}
