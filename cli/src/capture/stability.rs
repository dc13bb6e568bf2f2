//! Whether a server says the same at every start, and what depends on what its client can do.

use std::collections::BTreeMap;
use std::fmt;

use pinfold_core::diff;
use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::json::{self, ReadLimits};
use pinfold_gate::guardian::Command;

use super::session::{Capabilities, Said, Session};
use super::volatile::{Rules, explain, is_equal, passed};
use super::{CaptureRefusal, Interrupts};
use crate::elsewhere;

/// What a server says, stable over fresh processes.
#[derive(Debug)]
pub(crate) struct Captured {
    /// One session for each answer: one if the client's capabilities make no difference, else one for each set.
    pub(crate) sessions: Vec<Session>,
    /// What may vary in the objects of these sessions.
    pub(crate) rules: Rules,
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

/// Captures a server: two fresh processes, one for each set of capabilities, the first of them in another time zone if
/// `elsewhere` is. Where the two differ by more than volatile rules explain, more processes tell what depends on the
/// capabilities from what differs at every start.
///
/// # Errors
/// [`CaptureRefusal`].
pub(crate) fn capture(
    command: &Command,
    elsewhere: &Command,
    interrupts: &Interrupts,
    mut progress: impl FnMut(&str),
) -> Result<Captured, CaptureRefusal> {
    let passed = passed(command);
    let mut processes = 0;
    let mut start = |command: &Command, capabilities: Capabilities, words: &str| {
        progress(words);
        processes += 1;
        publishable(Session::run(command, capabilities, interrupts)?)
    };
    const AGAIN: &str = "the two differ; starting it once more to see why";
    let plain_elsewhere =
        start(elsewhere, Capabilities::None, "starting the server (a client that can do nothing)")?;
    let able = start(command, Capabilities::All, "starting it again (a client that can do everything)")?;
    if let Ok(rules) = explain(&able, &[&plain_elsewhere], &[], &passed) {
        return Ok(Captured { sessions: vec![able], rules, processes });
    }
    let able_again = start(command, Capabilities::All, AGAIN)?;
    explain(&able, &[&able_again], &[], &passed).map_err(CaptureRefusal::Unstable)?;
    let mut plain = start(command, Capabilities::None, AGAIN)?;
    if let Ok(rules) = explain(&able, &[&able_again, &plain], &[&plain_elsewhere], &passed) {
        // The first process stands alone. Either something else than a zone depends on the zone, or it was chance.
        let elsewhere_again = start(elsewhere, Capabilities::None, AGAIN)?;
        if explain(&plain_elsewhere, &[&elsewhere_again], &[], &passed).is_ok() {
            return Ok(Captured { sessions: vec![able], rules, processes });
        }
        return Err(CaptureRefusal::Unstable(differences(&plain_elsewhere, &plain)));
    }
    let plain_again = match explain(&plain, &[&plain_elsewhere], &[], &passed) {
        Ok(_) => plain_elsewhere.clone(),
        Err(_) => start(command, Capabilities::None, AGAIN)?,
    };
    let rules_of_plain = explain(&plain, &[&plain_again], &[&plain_elsewhere, &able], &passed)
        .map_err(CaptureRefusal::Unstable)?;
    let rules = explain(&able, &[&able_again], &[&plain_elsewhere, &plain], &passed)
        .map_err(CaptureRefusal::Unstable)?;
    // What both clients are told, but for rules, is one object.
    for said in &mut plain.said {
        let same = able.said.iter().find(|other| (other.kind, &other.name) == (said.kind, &said.name));
        if let Some(same) = same.filter(|same| is_equal(same, &rules, said, &passed)) {
            *said = same.clone();
        }
    }
    let left = |digest: &Digest| plain.said.iter().any(|said| said.digest == *digest);
    let rules = rules_of_plain.into_iter().filter(|(digest, _)| left(digest)).chain(rules).collect();
    Ok(Captured { sessions: vec![plain, able], rules, processes })
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
