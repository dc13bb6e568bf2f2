//! What one gate may let through, by the specification: what a person decided as far as the gate was told, and what passes
//! by a published update or a volatile rule. Rules: `spec/decision.md`, `spec/updates.md`, `spec/volatile-rules.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use pinfold_core::answer::AnsweredObject;
use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::name::skeleton;
use pinfold_core::pins::{ApprovalState, LabelPins};
use pinfold_core::volatile::Passed;
use pinfold_verifier::policy::{Prose, UpdatePolicy, Updates};

use crate::home::Home;
use crate::things::{Change, Thing};

/// How a definition may go to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    /// As it was received, as this one.
    AsReceived(usize),
    /// This approved one goes in its place.
    Replaced { base: usize, is_closed: bool },
}

impl Way {
    /// What it counts as.
    pub(crate) fn counts_as(self) -> usize {
        match self {
            Way::AsReceived(pinned) | Way::Replaced { base: pinned, .. } => pinned,
        }
    }

    /// What the client sees of a definition that goes so.
    pub(crate) fn seen(self, live: usize) -> usize {
        match self {
            Way::AsReceived(_) => live,
            Way::Replaced { base, .. } => base,
        }
    }
}

/// What a published definition is by the policy.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    LetThrough(usize),
    Kept { base: usize, is_closed: bool },
    Unseen,
}

/// One gate's part of the world.
pub(crate) struct World {
    pub(crate) things: Rc<Vec<Thing>>,
    bytes: BTreeMap<Digest, &'static str>,
    pins: LabelPins,
    /// What was approved when the process of the server began, and whether with a rule.
    at_start: BTreeMap<usize, bool>,
    pub(crate) passed: Passed,
    outcomes: BTreeMap<usize, Outcome>,
}

impl World {
    /// The part of a gate that begins now.
    pub(crate) fn new(home: &Home, passed: Passed) -> World {
        let mut world = World {
            things: Rc::clone(&home.things),
            bytes: home.bytes(),
            pins: home.pins.clone(),
            at_start: BTreeMap::new(),
            passed,
            outcomes: BTreeMap::new(),
        };
        world.begins();
        world
    }

    pub(crate) fn pins(&self) -> &LabelPins {
        &self.pins
    }

    /// The gate is told what the person decided.
    pub(crate) fn told(&mut self, pins: LabelPins) {
        self.pins = pins;
    }

    pub(crate) fn state(&self, at: usize) -> Option<ApprovalState> {
        let thing = &self.things[at];
        self.pins().name(thing.kind, &thing.name)?.state(&thing.digest)
    }

    /// A process of the server begins.
    pub(crate) fn begins(&mut self) {
        let approved = |at: &usize| self.state(*at) == Some(ApprovalState::Approved);
        let with_rule = |at: usize| (at, self.has_rule(at));
        self.at_start = (0..self.things.len()).filter(approved).map(with_rule).collect();
    }

    fn has_rule(&self, at: usize) -> bool {
        let thing = &self.things[at];
        self.pins.name(thing.kind, &thing.name).is_some_and(|name| !name.rules(&thing.digest).is_empty())
    }

    /// Whether a person's word lets the process release it: approved now, or when it began, and not rejected.
    pub(crate) fn is_released(&self, at: usize) -> bool {
        match self.state(at) {
            Some(ApprovalState::Approved) => true,
            Some(ApprovalState::Rejected) => false,
            Some(ApprovalState::Retired) | None => self.at_start.contains_key(&at),
        }
    }

    /// Whether what is equal to it under its rule passes too.
    fn lets_equals_pass(&self, at: usize) -> bool {
        let has_rule = match self.state(at) {
            Some(ApprovalState::Approved) => self.has_rule(at),
            Some(ApprovalState::Rejected) => false,
            Some(ApprovalState::Retired) | None => self.at_start.get(&at).copied().unwrap_or_default(),
        };
        has_rule && self.is_at_hand(at)
    }

    fn is_at_hand(&self, at: usize) -> bool {
        self.bytes.get(&self.things[at].digest).is_some_and(|text| *text == self.things[at].text)
    }

    /// Every way in which a definition that the server shows may go to the client now.
    pub(crate) fn ways(&self, live: usize) -> BTreeSet<Way> {
        let thing = &self.things[live];
        let mut ways = BTreeSet::new();
        if !thing.is_sound || self.state(live) == Some(ApprovalState::Rejected) {
            return ways;
        }
        if self.is_released(live) {
            ways.insert(Way::AsReceived(live));
        }
        for (pinned, other) in self.things.iter().enumerate() {
            let is_other = pinned != live && other.kind == thing.kind && other.name == thing.name;
            if is_other && self.lets_equals_pass(pinned) && other.is_equal(thing, &self.passed) {
                ways.insert(Way::AsReceived(pinned));
            }
        }
        match self.outcome(live) {
            Some(Outcome::LetThrough(_)) => drop(ways.insert(Way::AsReceived(live))),
            Some(Outcome::Kept { base, is_closed }) if self.is_at_hand(base) => {
                ways.insert(Way::Replaced { base, is_closed });
            }
            _ => {}
        }
        ways
    }

    /// What an update makes of it now: only while nothing was decided about it, and its base is approved.
    fn outcome(&self, at: usize) -> Option<Outcome> {
        let outcome = *self.outcomes.get(&at)?;
        let is_approved = |base| self.state(base) == Some(ApprovalState::Approved);
        let stands = match outcome {
            Outcome::LetThrough(base) | Outcome::Kept { base, .. } => is_approved(base),
            Outcome::Unseen => self.pins.name(self.things[at].kind, &self.things[at].name).is_none(),
        };
        (stands && self.state(at).is_none()).then_some(outcome)
    }

    /// Whether nobody is asked about it.
    pub(crate) fn is_unseen(&self, at: usize) -> bool {
        self.outcome(at) == Some(Outcome::Unseen)
    }

    /// Whether its words may reach the client now, by itself or as what stands for something else.
    pub(crate) fn may_reach(&self, at: usize) -> bool {
        self.ways(at).iter().any(|way| way.seen(at) == at)
    }

    /// Whether what counts as this could pass when the process began, so that it may not take the place of something else
    /// in a session.
    pub(crate) fn could_pass_at_start(&self, at: usize) -> bool {
        self.at_start.contains_key(&at) || self.outcome(at).is_some()
    }

    /// What stands for an object of an answer before the server has said anything.
    pub(crate) fn answered(&self, object: &AnsweredObject) -> Option<usize> {
        let is_it = |thing: &Thing| {
            (thing.kind, &*thing.name, thing.digest) == (object.kind, &*object.name, object.digest)
        };
        let at = self.things.iter().position(is_it)?;
        let stands = match self.state(at) {
            Some(ApprovalState::Approved) => at,
            Some(ApprovalState::Rejected) => return None,
            Some(ApprovalState::Retired) => self.base(at)?,
            None => match self.outcome(at)? {
                Outcome::LetThrough(_) => at,
                Outcome::Kept { base, .. } => base,
                Outcome::Unseen => return None,
            },
        };
        self.is_at_hand(stands).then_some(stands)
    }

    /// Of the approved definitions of its name, the one that was approved last.
    fn base(&self, at: usize) -> Option<usize> {
        let thing = &self.things[at];
        let latest = self.pins.name(thing.kind, &thing.name)?.latest()?;
        let base = self.things.iter().position(|other| other.kind == thing.kind && other.digest == latest)?;
        (self.state(base) == Some(ApprovalState::Approved)).then_some(base)
    }

    /// A release is found when the gate begins: what of it passes under this policy, by the table of the specification.
    pub(crate) fn finds_release(&mut self, words: &[&str], policy: &UpdatePolicy) {
        let published = (0..self.things.len()).filter(|at| words.contains(&self.things[*at].word));
        let outcomes = published.filter_map(|at| Some((at, self.judged(at, policy)?)));
        self.outcomes = outcomes.collect();
    }

    fn judged(&self, at: usize, policy: &UpdatePolicy) -> Option<Outcome> {
        let thing = &self.things[at];
        let keeps = policy.updates == Updates::ApprovedWords;
        if policy.updates == Updates::Ask || self.state(at).is_some() {
            return None;
        }
        if self.pins.name(thing.kind, &thing.name).is_none() {
            return (keeps && !self.looks_like_approved(thing)).then_some(Outcome::Unseen);
        }
        let base = self.base(at).filter(|base| self.is_at_hand(*base))?;
        match thing.change_from(&self.things[base]) {
            Change::Nothing => Some(Outcome::LetThrough(base)),
            Change::Words if policy.prose == Prose::Allow => Some(Outcome::LetThrough(base)),
            Change::Words => keeps.then_some(Outcome::Kept { base, is_closed: false }),
            Change::Parameter => keeps.then_some(Outcome::Kept { base, is_closed: true }),
            Change::Power => None,
        }
    }

    fn looks_like_approved(&self, thing: &Thing) -> bool {
        let approved = (0..self.things.len()).filter(|at| self.state(*at) == Some(ApprovalState::Approved));
        let mut others = approved.map(|at| &self.things[at]).filter(|other| other.kind == thing.kind);
        others.any(|other| other.name != thing.name && skeleton(&other.name) == skeleton(&thing.name))
    }

    /// The definition with this digest.
    pub(crate) fn of(&self, kind: ObjectKind, digest: &Digest) -> Option<usize> {
        self.things.iter().position(|thing| thing.kind == kind && thing.digest == *digest)
    }

    /// The definitions of which a line holds the word.
    pub(crate) fn words_in<'w>(&'w self, line: &'w str) -> impl Iterator<Item = usize> + 'w {
        (0..self.things.len()).filter(|at| line.contains(self.things[*at].word))
    }
}
