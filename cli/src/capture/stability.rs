//! Whether a server says the same at every start, and what depends on what its client can do.

use std::collections::BTreeMap;
use std::fmt;

use pinfold_core::diff;
use pinfold_core::digest::ObjectKind;
use pinfold_core::json::{self, ReadLimits};
use pinfold_gate::guardian::Command;

use super::session::{Capabilities, Said, Session};
use super::{CaptureRefusal, Interrupts};
use crate::elsewhere;

/// What a server says, stable over fresh processes.
#[derive(Debug)]
pub(crate) struct Captured {
    /// One session for each answer: one if the client's capabilities make no difference, else one for each set.
    pub(crate) sessions: Vec<Session>,
    /// How many processes were started.
    pub(crate) processes: usize,
}

/// Something that two processes with the same capabilities said in two ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unstable {
    pub(crate) kind: ObjectKind,
    /// Foreign text.
    pub(crate) name: String,
    /// Where in it, as a JSON Pointer; `None`: it was not in both listings.
    pub(crate) pointer: Option<String>,
}

impl fmt::Display for Unstable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = elsewhere::name(&self.name);
        match self.pointer.as_deref() {
            None => write!(out, "{} {name} was not in both", self.kind),
            Some("") => write!(out, "{} {name} differs", self.kind),
            Some(pointer) => write!(out, "{} {name} differs at {}", self.kind, elsewhere::pointer(pointer)),
        }
    }
}

/// Captures a server: two fresh processes, one for each set of capabilities. Where the two differ, two more tell what
/// depends on the capabilities from what differs at every start.
///
/// # Errors
/// [`CaptureRefusal`].
pub(crate) fn capture(
    command: &Command,
    interrupts: &Interrupts,
    mut progress: impl FnMut(&str),
) -> Result<Captured, CaptureRefusal> {
    let mut start = |capabilities: Capabilities, words: &str| {
        progress(words);
        publishable(Session::run(command, capabilities, interrupts)?)
    };
    let plain = start(Capabilities::None, "starting the server (a client that can do nothing)")?;
    let able = start(Capabilities::All, "starting it again (a client that can do everything)")?;
    if differences(&plain, &able).is_empty() {
        return Ok(Captured { sessions: vec![able], processes: 2 });
    }
    for first in [&plain, &able] {
        let again = start(first.capabilities, "the two differ; starting it once more to see why")?;
        let differences = differences(first, &again);
        if !differences.is_empty() {
            return Err(CaptureRefusal::Unstable(differences));
        }
    }
    Ok(Captured { sessions: vec![plain, able], processes: 4 })
}

/// A session whose every word a gate could let through.
fn publishable(mut session: Session) -> Result<Session, CaptureRefusal> {
    match session.refused.is_empty() {
        true => Ok(session),
        false => Err(CaptureRefusal::Object(Box::new(session.refused.swap_remove(0)))),
    }
}

/// What differs between two sessions, by kind and name. The order of a listing is no difference: clients are given
/// whole listings, and each object is approved by itself.
pub(crate) fn differences(one: &Session, other: &Session) -> Vec<Unstable> {
    let by_name = |session: &Session| -> BTreeMap<(ObjectKind, String), Said> {
        session.said.iter().map(|said| ((said.kind, said.name.clone()), said.clone())).collect()
    };
    let (one, other) = (by_name(one), by_name(other));
    let mut found = Vec::new();
    for ((kind, name), said) in &one {
        let pointer = match other.get(&(*kind, name.clone())) {
            None => None,
            Some(same) if same.digest == said.digest => continue,
            Some(changed) => Some(first_pointer(*kind, &said.bytes, &changed.bytes)),
        };
        found.push(Unstable { kind: *kind, name: name.clone(), pointer });
    }
    for (kind, name) in other.keys().filter(|key| !one.contains_key(key)) {
        found.push(Unstable { kind: *kind, name: name.clone(), pointer: None });
    }
    found
}

fn first_pointer(kind: ObjectKind, old: &[u8], new: &[u8]) -> String {
    let limits = ReadLimits::LISTING;
    let (Ok(old), Ok(new)) = (json::read(old, &limits), json::read(new, &limits)) else {
        return String::new();
    };
    let changes = diff::changes(kind, &old, &new);
    diff::headline(&changes).map(|change| change.pointer.clone()).unwrap_or_default()
}
