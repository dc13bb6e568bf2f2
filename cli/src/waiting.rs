//! What of one label waits for a person, read from the store's observations.

use std::collections::{BTreeMap, BTreeSet};

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::json::{self, ReadLimits};
use pinfold_core::launch::Launch;
use pinfold_core::name::{Label, skeleton};
use pinfold_core::pins::{ApprovalState, LabelPins, UnixSeconds};
use pinfold_core::reason::ReasonCode;
use pinfold_core::text::visible;
use pinfold_core::volatile::{MAX_RULES_AN_OBJECT, Passed, Rule, carry, propose, propose_paths};
use pinfold_store::{GateRow, PendingAsk, PendingObject, Request, ServerHold, Store, StoreError};

use crate::home;
use crate::interpreters;
use crate::output::Problem;
use crate::page::start::Interpreter;
use crate::page::words::{Base, Item};
use crate::rejected;
use crate::time;

/// A held text counts as no longer said when another one of its name and launch was seen this much later.
///
/// Long enough that the words which several waiting gates of one launch got at one moment all stand, short enough that
/// last week's words do not.
const SAID_TOGETHER_SECONDS: u64 = 600;

/// What waits under one label.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    /// Launches that were not started, newest first.
    pub(crate) requests: Vec<Request>,
    /// Objects that are held.
    pub(crate) held: Vec<PendingObject>,
    /// Older texts of the same names that nobody says any more.
    pub(crate) outdated: usize,
    /// Servers that are held whole for what no yes mends.
    pub(crate) holds: Vec<ServerHold>,
    /// What the servers asked for.
    pub(crate) asks: Vec<PendingAsk>,
    /// Programs with other bytes, for which approved launches are held.
    pub(crate) interpreters: Vec<Interpreter>,
}

impl Waiting {
    /// Reads what waits under a label.
    ///
    /// # Errors
    ///
    /// The store, or a program that is held for its bytes, cannot be read.
    pub(crate) fn of(store: &Store, label: &Label) -> Result<Waiting, Problem> {
        let mut waiting = Waiting::of_store(store, label).map_err(|error| home::problem(&error))?;
        let is_held_for_it = |hold: &ServerHold| hold.reason == ReasonCode::InterpreterChanged;
        if waiting.holds.iter().any(is_held_for_it) {
            // The hold is what a gate said once; what counts is what the files are now.
            waiting.interpreters = interpreters::of_label(label, store.pins())?;
            if waiting.interpreters.is_empty() {
                waiting.holds.retain(|hold| !is_held_for_it(hold));
            }
        }
        Ok(waiting)
    }

    fn of_store(store: &Store, label: &Label) -> Result<Waiting, StoreError> {
        let pins = store.pins().label(label);
        let requests = store.requests()?.into_iter();
        let requests =
            requests.filter(|request| request.label.key() == label.key() && is_open(request, pins));
        let (held, outdated) = present(store.pending(label)?);
        Ok(Waiting {
            requests: requests.collect(),
            held,
            outdated,
            holds: store.holds(label)?.into_iter().filter(is_beyond_a_yes).collect(),
            asks: store.pending_asks(label)?,
            interpreters: Vec::new(),
        })
    }

    /// Whether nothing is held.
    pub(crate) fn is_empty(&self) -> bool {
        self.is_settled() && self.holds.is_empty() && self.held.is_empty()
    }

    /// Whether nothing is left that a person has not decided and could say yes to.
    pub(crate) fn is_settled(&self) -> bool {
        let is_open =
            |held: &PendingObject| barred(held).is_none() && held.state != Some(ApprovalState::Rejected);
        let launches = self.requests.is_empty() && self.interpreters.is_empty();
        launches && self.asks.is_empty() && !self.held.iter().any(is_open)
    }

    /// What was shown, for the comparison before a yes counts: every kind, name and digest.
    pub(crate) fn held_digests(&self) -> Vec<(ObjectKind, String, Digest)> {
        let mut digests: Vec<_> =
            self.held.iter().map(|held| (held.kind, held.name.clone(), held.digest)).collect();
        digests.sort();
        digests
    }
}

/// Every label that something is known about: decided, asked for, or running; in order, each once.
pub(crate) fn labels(store: &Store) -> Result<Vec<Label>, StoreError> {
    let mut labels: Vec<Label> = store.pins().labels().map(|pins| pins.spelling().clone()).collect();
    labels.extend(store.requests()?.into_iter().map(|request| request.label));
    labels.extend(store.gates()?.into_iter().map(|gate| gate.label));
    labels.sort_by_key(Label::key);
    labels.dedup_by_key(|label| label.key());
    Ok(labels)
}

/// The gates of a label that run now.
pub(crate) fn gates(store: &Store, label: &Label) -> Result<Vec<GateRow>, StoreError> {
    Ok(store.gates()?.into_iter().filter(|gate| gate.label.key() == label.key()).collect())
}

/// Whether a yes was not given yet. A question about an interpreter is about a launch that is approved.
fn is_open(request: &Request, pins: Option<&LabelPins>) -> bool {
    let approved = pins.is_some_and(|pins| {
        pins.approved_launches().any(|(_, launch)| Launch::compare(launch, &request.launch).is_empty())
    });
    !approved || request.reason == ReasonCode::InterpreterChanged
}

/// Holds by a launch or by words stand as requests and held objects, which a yes answers.
fn is_beyond_a_yes(hold: &ServerHold) -> bool {
    !matches!(
        hold.reason,
        ReasonCode::ServerUnknown
            | ReasonCode::LaunchChanged
            | ReasonCode::InstructionsChanged
            | ReasonCode::ReconnectNeeded
    )
}

/// One row for each kind, name and digest, without texts that the same server has replaced since.
fn present(pending: Vec<PendingObject>) -> (Vec<PendingObject>, usize) {
    let mut newest: BTreeMap<(Digest, ObjectKind, String), u64> = BTreeMap::new();
    for one in &pending {
        let seen = newest.entry((one.launch, one.kind, one.name.clone())).or_default();
        *seen = one.last_seen.0.max(*seen);
    }
    let (mut said, mut outdated) = (Vec::new(), 0);
    let mut known = BTreeSet::new();
    for one in pending {
        let newest = newest.get(&(one.launch, one.kind, one.name.clone())).copied().unwrap_or_default();
        if one.last_seen.0.saturating_add(SAID_TOGETHER_SECONDS) < newest {
            outdated += 1;
        } else if known.insert((one.kind, one.name.clone(), one.digest)) {
            said.push(one);
        }
    }
    (said, outdated)
}

/// Why a held object cannot be approved, made visible; `None`: it can.
pub(crate) fn barred(held: &PendingObject) -> Option<String> {
    match (&held.fault, held.reason) {
        (Some(fault), _) => Some(visible(fault)),
        (None, ReasonCode::DupToolName) => {
            Some("the listing holds a name twice; the server has to be corrected".to_owned())
        }
        (None, ReasonCode::MidsessionChange) => {
            Some("it may pass, but the session began with other words; reconnect the client".to_owned())
        }
        (None, _) => None,
    }
}

/// A held object with the texts that the page needs.
pub(crate) fn item(
    store: &Store,
    label: &Label,
    held: &PendingObject,
    all: &[PendingObject],
) -> Result<Item, StoreError> {
    let pins = store.pins().label(label);
    let name = pins.and_then(|pins| pins.name(held.kind, &held.name));
    let base = name.and_then(|name| name.latest()).filter(|base| *base != held.digest).map(|digest| {
        let since = name.and_then(|name| name.digests().get(&digest)).map_or(UnixSeconds(0), |pin| pin.since);
        let bytes = store.object(&digest).ok().map(|object| object.bytes);
        Base { digest, approved: time::for_people(since), bytes }
    });
    let rejected = rejected::object(store.pins(), label, held.kind, &held.name, &held.digest);
    let bytes = store.object(&held.digest)?.bytes;
    let rules_before = base.as_ref().and_then(|base| Some(name?.rules(&base.digest))).unwrap_or_default();
    let rules = rules(held.kind, base.as_ref(), rules_before, &bytes);
    Ok(Item {
        kind: held.kind,
        name: held.name.clone(),
        digest: held.digest,
        bytes,
        reason: held.reason,
        pointer: held.pointer.clone(),
        since: time::for_people(held.first_seen),
        base,
        rejected,
        barred: barred(held),
        resembles: resembling(pins, held, all),
        renamed: None,
        rules,
    })
}

/// Of what was passed to a server, what a review knows: the home, which is that of the store.
pub(crate) fn home_alone() -> Passed {
    Passed { home: std::env::var("HOME").ok(), ..Passed::default() }
}

/// What may vary in a held object: as in the approved one where that says the same, what makes the two equal, and the
/// home folder.
fn rules(kind: ObjectKind, base: Option<&Base>, before: &[Rule], held: &[u8]) -> Vec<Rule> {
    let passed = home_alone();
    let Ok(new) = json::read(held, &ReadLimits::LISTING) else { return Vec::new() };
    let old = base.and_then(|base| json::read(base.bytes.as_deref()?, &ReadLimits::LISTING).ok());
    let mut rules = Vec::new();
    if let Some(old) = &old {
        rules = propose(kind, old, &new, &passed)
            .map_or_else(Vec::new, |proposed| carry(kind, old, &proposed, &new, &passed));
        for rule in carry(kind, old, before, &new, &passed) {
            if rules.len() < MAX_RULES_AN_OBJECT && !rules.iter().any(|known: &Rule| known.touches(&rule)) {
                rules.push(rule);
            }
        }
        rules.sort();
    }
    propose_paths(kind, &new, &passed, &mut rules);
    rules
}

/// Other names of the same kind, approved or waiting, that are taken for this one.
fn resembling(pins: Option<&LabelPins>, held: &PendingObject, all: &[PendingObject]) -> Vec<String> {
    if held.reason != ReasonCode::NameConfusable {
        return Vec::new();
    }
    let own = skeleton(&held.name);
    let approved = pins.into_iter().flat_map(|pins| pins.objects().keys());
    let waiting = all.iter().map(|other| (other.kind, other.name.clone()));
    let mut names: Vec<String> = approved
        .cloned()
        .chain(waiting)
        .filter(|(kind, name)| *kind == held.kind && *name != held.name && skeleton(name) == own)
        .map(|(_, name)| name)
        .collect();
    names.sort();
    names.dedup();
    names
}
