//! Findings about the programs of approved launches, each file once with every server that it is about.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use pinfold_core::launch::{Launch, ProgramFile};
use pinfold_core::name::Label;
use pinfold_core::text::visible;

use super::finding::Code;
use super::{Finding, Ward};
use crate::home;
use crate::launch::{
    DigestCache, Entry, FileFault, InterpreterFile, InterpreterStanding, MemoryDigests, Surroundings,
    hash_file, resolve, trusted_place,
};

/// Programs before the command that isolate a server.
const ISOLATORS: &[&str] = &["bwrap", "docker", "firejail", "nerdctl", "podman", "systemd-run"];

/// What is found about launches, and what waits.
pub(super) fn findings(ward: &Ward) -> Vec<Finding> {
    let mut by_file: BTreeMap<(Code, String), (Vec<String>, String)> = BTreeMap::new();
    let mut bare = Vec::new();
    let mut cache = MemoryDigests::default();
    for known in ward.pins.labels() {
        let label = known.spelling();
        for (_, launch) in known.approved_launches() {
            for file in &launch.program {
                if let Some((code, words)) = program(ward, launch, file, &mut cache) {
                    let (labels, _) =
                        by_file.entry((code, file.file.clone())).or_insert_with(|| (Vec::new(), words));
                    labels.push(label.to_string());
                }
            }
            if !is_isolated(launch) {
                bare.push(label.to_string());
            }
        }
    }
    let mut all: Vec<Finding> =
        by_file.into_iter().map(|((code, _), (labels, words))| told(code, labels, words)).collect();
    all.extend(waiting(ward));
    bare.dedup();
    if !bare.is_empty() {
        all.push(
            Finding::new(
                Code::NotIsolated,
                "can do everything that you can: read your files, reach every host",
                "start them in a sandbox, as docs/isolation.md shows",
            )
            .labels(bare),
        );
    }
    all
}

fn told(code: Code, mut labels: Vec<String>, words: String) -> Finding {
    labels.dedup();
    let first = labels.first().cloned().unwrap_or_default();
    let fix = match code {
        Code::ProgramGone => {
            format!("start a client that runs it, then run `pinfold review {first}` (and the others alike)")
        }
        _ => {
            format!("run `pinfold review {first}`; one yes counts for all of them where it is an interpreter")
        }
    };
    Finding::new(code, words, fix).labels(labels)
}

/// What is wrong with one file of a launch.
fn program(
    ward: &Ward,
    launch: &Launch,
    file: &ProgramFile,
    cache: &mut dyn DigestCache,
) -> Option<(Code, String)> {
    let path = Path::new(&file.file);
    let shown = visible(&file.file);
    match (hash_file(path, cache), file.digest) {
        (Err(FileFault::Io(error)), _) if error.kind() == io::ErrorKind::NotFound => {
            let now = match leads_to(launch) {
                Some(now) => format!("; `{}` leads to {} now", visible(&launch.command), visible(&now)),
                None => String::new(),
            };
            Some((Code::ProgramGone, format!("{shown} is gone, so nothing that needs it starts{now}")))
        }
        (Err(fault), _) => Some((Code::ProgramGone, format!("{shown}: {fault}"))),
        (Ok(now), Some(approved)) if now != approved => {
            Some((Code::ProgramChanged, format!("{shown} has other bytes than you approved, so it is held")))
        }
        (Ok(digest), None) => {
            let trusted_place = trusted_place(path, home::of_account().as_deref());
            let live = InterpreterFile { path: file.file.clone(), digest, trusted_place };
            let standing = live.standing(ward.pins.interpreter(&file.file).map(|pin| pin.digest));
            matches!(standing, InterpreterStanding::Changed | InterpreterStanding::New).then(|| {
                (
                    Code::InterpreterChanged,
                    format!("{shown} has bytes that nobody accepted, so all that it runs is held"),
                )
            })
        }
        _ => None,
    }
}

/// The file to which the command leads now.
fn leads_to(launch: &Launch) -> Option<String> {
    let around = Surroundings::of_process(home::of_account().as_deref()).ok()?;
    let entry = Entry { command: launch.command.clone(), args: Vec::new(), env_names: Vec::new() };
    let fresh = resolve(&entry, &around, &mut MemoryDigests::default()).ok()?;
    fresh.launch.program.first().map(|file| file.file.clone())
}

fn is_isolated(launch: &Launch) -> bool {
    let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    launch.program.iter().any(|file| ISOLATORS.contains(&name(&file.path).as_str()))
        || ISOLATORS.contains(&name(&launch.command).as_str())
}

/// What waits for the person, label by label.
fn waiting(ward: &Ward) -> Vec<Finding> {
    let Some(store) = &ward.store else { return Vec::new() };
    let labels = crate::waiting::labels(store).unwrap_or_default();
    let waits =
        |label: &Label| crate::waiting::Waiting::of(store, label).is_ok_and(|waiting| !waiting.is_empty());
    let finding = |label: Label| {
        let fix = format!("run `pinfold review {label}` in a terminal");
        Finding::new(Code::WaitsForYou, "has something that waits for you", fix).labels([label.to_string()])
    };
    labels.into_iter().filter(waits).map(finding).collect()
}
