//! Putting every configured server behind the gate, with one question (`spec/protect.md`).
//!
//! Files are found and read, a plan says what becomes of each entry, servers of the person's own files are heard, and one
//! page asks. In here nothing is asked and nothing decided: that is the command's part.

mod around;
mod edit;
mod edits;
mod find;
mod foreign;
mod hear;
mod labels;
mod model;
mod notes;
mod page;
mod plan;
mod program;
mod reasons;
mod words;

use std::collections::BTreeSet;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use pinfold_clients::Registry;
use pinfold_core::answer::Answer;
use pinfold_core::digest::Digest;
use pinfold_core::findings::{self, Finding};
use pinfold_core::launch::loader_variable;
use pinfold_core::pins::{ApprovalState, Pins};
use pinfold_core::surface::{Received, read_object};
use pinfold_store::{Places, Store};

pub(crate) use around::surroundings;
pub(crate) use edit::{EditFault, read as read_file, replace};
pub(crate) use edits::{FileEdit, Written, backup_name, backups, edits};
pub(crate) use find::{ConfigHere, Files, Unreadable, files, roots};
pub(crate) use foreign::{is_foreign, loads_into_gate};
pub(crate) use hear::{Heard, Progress};
pub(crate) use model::{Change, Plan, Server, Start, Why};
pub(crate) use page::{Page, counts, page};
pub(crate) use plan::{Here, plan};
pub(crate) use program::{Program, copy_place, is_own, renew_copy};
pub(crate) use reasons::{left_words, unreadable_words, version_words, why_code};
pub(crate) use words::Words;

use crate::capture::{CaptureRefusal, Interrupts};
use crate::interpreters;
use crate::launch::{MemoryDigests, check_again};
use crate::output::Problem;
use crate::page::start::Interpreter;
use crate::run::{QuestionKey, command_of};

/// A server that was heard.
pub(crate) struct Hearing {
    pub(crate) words: Words,
    /// Programs whose bytes a yes accepts.
    pub(crate) interpreters: Vec<Interpreter>,
    /// Names of variables that are set here, look like credentials and are kept from it.
    pub(crate) credentials: Vec<String>,
    /// The same of those that load or redirect code.
    pub(crate) loaders: Vec<String>,
    pub(crate) processes: usize,
    /// What it answered to its clients' greetings, for the gate to answer from.
    pub(crate) answers: Vec<(Digest, Answer)>,
}

/// An empty folder for as long as this lives: servers that name no folder are heard in it.
pub(crate) struct Nowhere(PathBuf);

impl Nowhere {
    /// Its place, which need not be there.
    pub(crate) fn place(places: &Places) -> PathBuf {
        places.state_folder().join(format!("nowhere-{}", std::process::id()))
    }

    /// Makes it.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub(crate) fn make(places: &Places) -> std::io::Result<Nowhere> {
        let place = Nowhere::place(places);
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&place)?;
        Ok(Nowhere(place))
    }
}

impl Drop for Nowhere {
    fn drop(&mut self) {
        // What servers wrote there was written by servers that were only asked what they say.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Starts every server of the plan that is to be heard. One that cannot be is taken out of the plan and left as it is,
/// with the reason. For each server that remains: what it said, if it was started.
///
/// # Errors
/// Nothing could be started.
pub(crate) fn hear(
    plan: &mut Plan,
    files: &Files,
    pins: &Pins,
    interrupts: &Interrupts,
    tell: impl FnMut(Progress<'_>),
) -> Result<Vec<Option<Hearing>>, Problem> {
    // Each file is hashed once for all servers, right before they are started.
    let mut cache = MemoryDigests::default();
    let mut jobs = Vec::new();
    for server in plan.servers.iter().filter(|server| server.start == Start::Now) {
        let again = crate::launch::resolve(&server.entry, &server.around, &mut cache);
        // It was resolved a moment ago; what is gone since fails as a start does.
        let Ok(resolved) = again else { continue };
        jobs.push(hear::Job {
            label: server.label.to_string(),
            command: command_of(resolved),
            package: package(server),
            // A declared zone is the same wherever the server is started.
            has_zone: server.entry.env_names.iter().any(|name| name == "TZ"),
            greetings: server
                .spots
                .iter()
                .filter_map(|spot| files.read[spot.file].kind.client.greeting())
                .collect(),
        });
    }
    let mut labels: Vec<String> = jobs.iter().map(|job| job.label.clone()).collect();
    let (mut heard, noise) = hear::hear_all(jobs, interrupts, tell).map_err(|error| {
        Problem::new(
            crate::exit::Exit::Undetermined,
            "START_FAILED",
            format!("standard error cannot be set aside: {error}"),
            "look at the limits of this process; nothing was started",
        )
    })?;
    let mut hearings = Vec::new();
    let servers = std::mem::take(&mut plan.servers);
    for server in servers {
        if server.start != Start::Now {
            plan.servers.push(server);
            hearings.push(None);
            continue;
        }
        let place = labels.iter().position(|label| *label == server.label.as_str());
        let one = place.map(|place| {
            labels.remove(place);
            heard.remove(place)
        });
        match outcome(&server, one, pins, &noise, &mut cache) {
            Ok(hearing) => {
                plan.servers.push(server);
                hearings.push(Some(hearing));
            }
            Err(why) => leave(plan, files, &server, &why),
        }
    }
    Ok(hearings)
}

/// Takes a server out: its entries stay as they are.
pub(crate) fn leave(plan: &mut Plan, files: &Files, server: &Server, why: &Why) {
    for spot in &server.spots {
        let file = &files.read[spot.file];
        if let Some(entry) = file.document.entry(&spot.place) {
            plan.left.push(plan::left(file, entry, why.clone()));
        }
    }
}

fn outcome(
    server: &Server,
    heard: Option<Heard>,
    pins: &Pins,
    noise: &str,
    cache: &mut MemoryDigests,
) -> Result<Hearing, Why> {
    let (Some(heard), Some(resolved)) = (heard, server.resolved.as_deref()) else {
        return Err(Why::Command(server.entry.command.clone(), "is gone"));
    };
    let today = match heard.today {
        Ok(today) => today,
        Err(refusal) => return Err(why_silent(server, &refusal, noise)),
    };
    let interpreters = interpreters::of_launch_with(&resolved.launch, pins, cache)
        .map_err(|problem| Why::Silent { code: problem.code, words: problem.message })?;
    let names = resolved.withheld.iter().map(|withheld| withheld.name.clone());
    let (loaders, credentials) = names.partition(|name| loader_variable(name));
    let questions = QuestionKey::new(resolved, &server.around);
    let mut today = today;
    let answered = std::mem::take(&mut today.answers);
    let processes = today.processes;
    let words = Words::of(today);
    let answers = answered
        .into_iter()
        .filter_map(|(question, answer)| Some((questions.of(&question)?, words.as_approved(answer))))
        .collect();
    Ok(Hearing { processes, words, answers, interpreters, credentials, loaders })
}

fn why_silent(server: &Server, refusal: &CaptureRefusal, noise: &str) -> Why {
    if package(server).is_some_and(|package| hear::is_unknown_to_registry(noise, &package)) {
        return Why::UnknownPackage;
    }
    let problem = refusal.problem();
    let hint = match (refusal, hear::npm_error(noise).filter(|_| is_of_npm(server))) {
        (CaptureRefusal::Ended { .. } | CaptureRefusal::Silent, Some(code)) => {
            format!("; npm stopped with {code}, and its command in a terminal says more")
        }
        (CaptureRefusal::Ended { .. } | CaptureRefusal::Silent, None) => {
            "; a login, a variable or the network may be missing, and its command in a terminal says more"
                .to_owned()
        }
        _ => String::new(),
    };
    Why::Silent { code: problem.code, words: format!("{}{hint}", problem.message) }
}

fn is_of_npm(server: &Server) -> bool {
    let package = server.recognised.as_ref().and_then(|recognised| recognised.package.as_ref());
    package.is_some_and(|package| package.registry == Registry::Npm)
}

/// The package that its launcher would fetch.
fn package(server: &Server) -> Option<String> {
    let package = server.recognised.as_ref()?.package.as_ref()?;
    (!package.is_local_only).then(|| package.name.clone())
}

/// Whether everything that was shown is still so: each launch, the files that it runs, the programs that run it.
///
/// # Errors
/// A program cannot be read.
pub(crate) fn is_unchanged(
    plan: &Plan,
    hearings: &[Option<Hearing>],
    pins: &Pins,
    cache: &mut MemoryDigests,
) -> Result<bool, Problem> {
    for (server, hearing) in plan.servers.iter().zip(hearings) {
        let (Some(hearing), Some(shown)) = (hearing, server.resolved.as_deref()) else { continue };
        let now = crate::launch::resolve(&server.entry, &server.around, cache);
        let is_same = now.is_ok_and(|now| now.launch == shown.launch) && check_again(shown, cache).is_ok();
        let digests = |list: &[Interpreter]| list.iter().map(|one| one.digest).collect::<Vec<_>>();
        let interpreters = interpreters::of_launch_with(&shown.launch, pins, cache)?;
        if !is_same || digests(&interpreters) != digests(&hearing.interpreters) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What stands in the words of the servers that were heard, and between them and those that are approved, that a person
/// should look at.
pub(crate) fn findings(
    plan: &Plan,
    hearings: &[Option<Hearing>],
    store: &Store,
    pins: &Pins,
) -> Vec<Finding> {
    let mut servers: Vec<(String, Vec<Received>)> = Vec::new();
    for (server, hearing) in plan.servers.iter().zip(hearings) {
        let Some(hearing) = hearing else { continue };
        let words = hearing.words.approvable.iter();
        let received = words.filter_map(|(said, _)| read_object(said.kind, &said.bytes).ok());
        servers.push((server.label.to_string(), received.collect()));
    }
    let heard: BTreeSet<String> = servers.iter().map(|(label, _)| label.clone()).collect();
    for pins in pins.labels().filter(|pins| pins.is_known() && !heard.contains(pins.spelling().as_str())) {
        let approved = pins.objects().iter().flat_map(|((kind, _), name)| {
            let digests = name.digests().iter().filter(|(_, pin)| pin.state == ApprovalState::Approved);
            digests.map(|(digest, _)| (*kind, *digest))
        });
        let read =
            approved.filter_map(|(kind, digest)| read_object(kind, &store.object(&digest).ok()?.bytes).ok());
        servers.push((pins.spelling().to_string(), read.collect()));
    }
    let views: Vec<findings::Server<'_>> =
        servers.iter().map(|(label, objects)| findings::Server { label, objects }).collect();
    let mut found = findings::all(&views);
    found.retain(|finding| heard.contains(&finding.label));
    found
}
