//! A fresh start of an approved launch, compared with what a person approved.
//!
//! Arguments, variables and folder are those of the client's entry. Where the entry needs something that only the client
//! has, nothing is started and that is said; where there is no entry, what was approved is started if nothing of it is
//! missing.

use std::sync::{Arc, Mutex, PoisonError};

use pinfold_core::digest::Digest;
use pinfold_core::launch::{EnvPin, Launch, Piece};
use pinfold_core::name::Label;
use pinfold_core::pins::Pins;
use pinfold_core::reason::ReasonCode;
use pinfold_core::volatile::Passed;
use pinfold_gate::guardian::Command;
use pinfold_store::{Request, Store};
use pinfold_verifier::listing::Passing;
use pinfold_verifier::policy::Policy;

use crate::capture::{Audit, CaptureRefusal, Interrupts, Known, audit};
use crate::commands::run::{absent_names, counted, object_bytes, request};
use crate::configured::Configured;
use crate::launch::{
    Entry, MemoryDigests, PinnedStart, ResolvedLaunch, Surroundings, check_again, resolve_pinned,
};
use crate::run::{Update, command_of, interpreters_pass};

/// What became of one approved launch.
pub(crate) struct Live {
    /// Its digest.
    pub(crate) launch: Digest,
    /// The entry that it was started as; `None`: as it was approved.
    pub(crate) from: Option<String>,
    /// What was found.
    pub(crate) found: Found,
}

/// What was found of one approved launch.
pub(crate) enum Found {
    /// It was started, and this is what a gate made of it.
    Heard(Audit),
    /// Nothing was started, because it would be held; with it what a person would be asked, where that is known.
    Held(ReasonCode, Option<Box<Request>>),
    /// Nothing was started, because these parts of it are not known here; in our words.
    NotCompared(Vec<String>),
    /// It was started and could not be asked.
    Failed(CaptureRefusal),
}

/// Starts every approved launch of a label, one after the other.
pub(crate) fn compare(
    store: &Arc<Mutex<Store>>,
    label: &Label,
    policy: &Policy,
    configured: &[Configured],
    base: &Surroundings,
    interrupts: &Interrupts,
) -> Vec<Live> {
    let pins = counted(&lock(store)).clone();
    let Some(known) = pins.label(label) else { return Vec::new() };
    let passing = passing(&lock(store), policy, label);
    let entries: Vec<&Configured> = configured.iter().filter(|one| one.label.key() == label.key()).collect();
    let mut all = Vec::new();
    for (digest, launch) in known.approved_launches() {
        let (from, way) = way(label, launch, &entries, base, &pins);
        let found = match way {
            Way::Held(reason, request) => Found::Held(reason, request),
            Way::Missing(parts) => Found::NotCompared(parts),
            Way::Start(command, passed) => {
                let asked = Known {
                    label: label.clone(),
                    pins: known.clone(),
                    policy: policy.for_label(label),
                    passing: passing.clone(),
                    object_bytes: object_bytes(store),
                    absent_names: absent_names(&lock(store), label),
                    passed,
                };
                audit(&command, asked, interrupts).map_or_else(Found::Failed, Found::Heard)
            }
        };
        all.push(Live { launch: *digest, from, found });
    }
    all
}

/// What of a published update passes in a process that starts now.
fn passing(store: &Store, policy: &Policy, label: &Label) -> Passing {
    Update::of(store.places(), policy, store, label).passing
}

enum Way {
    Start(Box<Command>, Passed),
    Held(ReasonCode, Option<Box<Request>>),
    Missing(Vec<String>),
}

/// How a launch is started here: as the first entry that comes down to it, else as it was approved.
fn way(
    label: &Label,
    launch: &Launch,
    entries: &[&Configured],
    base: &Surroundings,
    pins: &Pins,
) -> (Option<String>, Way) {
    let mut missing = Vec::new();
    let mut changed = None;
    for entry in entries {
        if !entry.missing.is_empty() {
            missing.extend(entry.missing.iter().map(|part| format!("{}: {part}", entry.place)));
            continue;
        }
        let around = entry.around(base, launch);
        match resolve_pinned(launch, &entry.entry, &around, &mut MemoryDigests::default()) {
            Ok(PinnedStart::Same(resolved)) => {
                let passed = around.passed(&entry.entry.args);
                return (Some(entry.place.clone()), started(*resolved, passed, pins));
            }
            Ok(PinnedStart::Changed { fresh, .. }) if changed.is_none() => {
                changed = Some((entry.place.clone(), fresh.ok().map(|fresh| asked(label, &around, &fresh))));
            }
            Ok(PinnedStart::Changed { .. }) => {}
            Err(_) => changed = changed.or_else(|| Some((entry.place.clone(), None))),
        }
    }
    match (entries.is_empty(), missing.is_empty()) {
        (true, _) => (None, as_approved(label, launch, base, pins)),
        (false, false) => (None, Way::Missing(missing)),
        (false, true) => {
            let (place, request) = changed.unzip();
            (place, Way::Held(ReasonCode::LaunchChanged, request.flatten()))
        }
    }
}

/// Without an entry: the words that were approved, unless one of them is a secret or a variable is not set here.
fn as_approved(label: &Label, launch: &Launch, base: &Surroundings, pins: &Pins) -> Way {
    let mut missing = Vec::new();
    let mut args = Vec::new();
    for (index, masked) in launch.args.iter().enumerate() {
        let mut word = String::new();
        for piece in masked.pieces() {
            match piece {
                Piece::Text(text) => word.push_str(text),
                Piece::Secret => {
                    missing.push(format!("argument {} holds a secret, and no entry was found", index + 1))
                }
            }
        }
        args.push(word);
    }
    for (name, pin) in &launch.env {
        let is_set = base.environment.iter().any(|(found, _)| found.to_str() == Some(name));
        if *pin != EnvPin::Absent && !is_set {
            missing.push(format!("{name} is not set here, and no entry was found"));
        }
    }
    if !missing.is_empty() {
        return Way::Missing(missing);
    }
    let entry =
        Entry { command: launch.command.clone(), args, env_names: launch.env.keys().cloned().collect() };
    let mut around = base.clone();
    if let Some(folder) = &launch.folder {
        around.folder = folder.into();
    }
    match resolve_pinned(launch, &entry, &around, &mut MemoryDigests::default()) {
        Ok(PinnedStart::Same(resolved)) => started(*resolved, around.passed(&entry.args), pins),
        Ok(PinnedStart::Changed { fresh, .. }) => {
            Way::Held(ReasonCode::LaunchChanged, fresh.ok().map(|fresh| asked(label, &around, &fresh)))
        }
        Err(_) => Way::Held(ReasonCode::LaunchChanged, None),
    }
}

fn started(resolved: ResolvedLaunch, passed: Passed, pins: &Pins) -> Way {
    if !interpreters_pass(&resolved, pins) {
        return Way::Held(ReasonCode::InterpreterChanged, None);
    }
    match check_again(&resolved, &mut MemoryDigests::default()) {
        Ok(()) => Way::Start(Box::new(command_of(resolved)), passed),
        Err(_) => Way::Held(ReasonCode::LaunchChanged, None),
    }
}

/// The request that a gate would leave, was it started with this.
fn asked(label: &Label, around: &Surroundings, fresh: &ResolvedLaunch) -> Box<Request> {
    Box::new(request(label, around, fresh, ReasonCode::LaunchChanged))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
