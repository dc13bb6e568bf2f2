//! What the gates of one person share: the person, and what the store of a home folder keeps of their sessions.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use pinfold_core::answer::{Answer, AnsweredObject};
use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::pins::{Approval, Decision, LabelPins};
use pinfold_core::surface::read_object;
use pinfold_verifier::listing::Memory;
use pinfold_verifier::release::{Release, Verified};

use crate::dice::Dice;
use crate::published::Published;
use crate::support::Approvals;
use crate::things::{RELEASES, Thing, release, things};

/// The releases that a gate may find, and the decision that made their publisher that of the label.
pub(crate) struct Releases {
    pub(crate) verified: [Verified<Release>; RELEASES.len()],
    publisher: Decision,
}

impl Releases {
    pub(crate) fn publish() -> Releases {
        let published = RELEASES.map(|words| Published::second(release(words)));
        let signed = read_object(ObjectKind::Prompt, br#"{"name":"signed-before"}"#).unwrap();
        let (kind, name, digest) = (signed.kind, signed.name, signed.digest);
        let claim = published[0].verified().1("acme");
        let publisher = Decision::SurfaceApproved {
            label: "demo".parse().unwrap(),
            claim: Some(published[0].first(claim)),
            objects: vec![Approval { kind, name, digest, replaces: None, rules: Vec::new() }],
        };
        let verified = published.map(|published| published.verified().0);
        assert!(verified.iter().all(|release| release.claim() == claim), "one publisher");
        Releases { verified, publisher }
    }
}

/// A home folder.
pub(crate) struct Home {
    pub(crate) things: Rc<Vec<Thing>>,
    approvals: Approvals,
    pub(crate) pins: LabelPins,
    /// By digest; of some nothing is kept, or what has another digest.
    bytes: BTreeMap<Digest, &'static str>,
    /// By the version that was asked for.
    pub(crate) answers: BTreeMap<String, Answer>,
    /// Names that are known to have been gone.
    pub(crate) absent: BTreeSet<(ObjectKind, String)>,
    /// Those that ever were.
    pub(crate) ever_absent: BTreeSet<(ObjectKind, String)>,
    /// What any gate held.
    pub(crate) pending: BTreeSet<usize>,
    /// Which release its gates may find.
    pub(crate) release: usize,
    /// What the server said last, by kind.
    said: BTreeMap<ObjectKind, Vec<usize>>,
}

impl Home {
    /// A person who approved some of it.
    pub(crate) fn new(releases: &Releases, dice: &Dice) -> Home {
        let things = Rc::new(things());
        let mut bytes: BTreeMap<_, _> = things.iter().map(|thing| (thing.digest, thing.text)).collect();
        if dice.one_in(2) {
            let with_rule: Vec<&Thing> = things.iter().filter(|thing| thing.rule().is_some()).collect();
            let any = &things[dice.below(things.len())];
            let lost = if dice.one_in(2) { any } else { with_rule[dice.below(with_rule.len())] };
            let is_other = |thing: &&Thing| thing.kind == lost.kind && thing.name == lost.name;
            let others: Vec<&str> = things.iter().filter(is_other).map(|thing| thing.text).collect();
            match dice.below(3) {
                0 => bytes.remove(&lost.digest),
                1 => bytes.insert(lost.digest, things[dice.below(things.len())].text),
                _ => bytes.insert(lost.digest, dice.pick(&others)),
            };
        }
        let mut approvals = Approvals::of(&[(ObjectKind::Tool, things[0].text)]);
        approvals.decide(&releases.publisher);
        let pins = approvals.label_pins();
        let mut home = Home {
            things,
            approvals,
            pins,
            bytes,
            answers: BTreeMap::new(),
            absent: BTreeSet::new(),
            ever_absent: BTreeSet::new(),
            pending: BTreeSet::new(),
            release: dice.below(RELEASES.len()),
            said: BTreeMap::new(),
        };
        for at in 0..home.things.len() {
            let thing = &home.things[at];
            let is_rare = home.is_published(at) || (thing.rule().is_some() && dice.one_in(2));
            let is_likely = thing.kind == ObjectKind::Instructions || !dice.one_in(3);
            if thing.is_sound && (is_likely && !is_rare || dice.one_in(6)) {
                home.approve(at, None, dice);
            }
        }
        home
    }

    fn is_published(&self, at: usize) -> bool {
        RELEASES[self.release].contains(&self.things[at].word)
    }

    pub(crate) fn bytes(&self) -> BTreeMap<Digest, &'static str> {
        self.bytes.clone()
    }

    /// A person says something, mostly about what some gate held.
    pub(crate) fn decide(&mut self, dice: &Dice) {
        let pending: Vec<usize> = self.pending.iter().copied().collect();
        let at = match pending.len() {
            0 => dice.below(self.things.len()),
            _ if dice.one_in(2) => dice.below(self.things.len()),
            _ => dice.pick(&pending),
        };
        let thing = &self.things[at];
        let (kind, text) = (thing.kind, thing.text);
        match dice.below(5) {
            0 => self.approvals.approve_sampling(),
            1 => self.approvals.reject(kind, text),
            2 => {
                let base = self.pins.name(kind, &thing.name).and_then(|name| name.latest());
                if let Some(base) = base.filter(|base| thing.is_sound && *base != thing.digest) {
                    self.approve(at, Some(base), dice);
                }
            }
            _ if thing.is_sound => self.approve(at, None, dice),
            _ => {}
        }
        self.pending.remove(&at);
        self.pins = self.approvals.label_pins();
    }

    /// An approval, mostly with the rule where there is one.
    fn approve(&mut self, at: usize, replaces: Option<Digest>, dice: &Dice) {
        let thing = &self.things[at];
        let rules = thing.rule().filter(|_| !dice.one_in(5)).into_iter().collect();
        let (kind, name, digest) = (thing.kind, thing.name.clone(), thing.digest);
        self.approvals.decide(&Decision::SurfaceApproved {
            label: "demo".parse().unwrap(),
            claim: None,
            objects: vec![Approval { kind, name, digest, replaces, rules }],
        });
        self.pins = self.approvals.label_pins();
    }

    /// What the server says of a kind: often what it said last, or that with other words of one name, or what is published.
    pub(crate) fn says(&mut self, kind: ObjectKind, dice: &Dice) -> Vec<usize> {
        // Instructions seldom change: each change ends the session.
        let seldom = if kind == ObjectKind::Instructions { 12 } else { 3 };
        if let Some(said) = self.said.get(&kind).filter(|_| !dice.one_in(seldom)) {
            return said.clone();
        }
        if let Some(said) = self.said.get_mut(&kind).filter(|said| !said.is_empty() && dice.one_in(2)) {
            let place = dice.below(said.len());
            let named = &self.things[said[place]].name;
            let is_it = |at: &usize| self.things[*at].kind == kind && self.things[*at].name == *named;
            let others: Vec<usize> = (0..self.things.len()).filter(is_it).collect();
            said[place] = dice.pick(&others);
            return said.clone();
        }
        let mut some = self.some(kind, dice);
        if kind == ObjectKind::Instructions && dice.one_in(2) {
            some.clear();
        }
        let published = |at: &usize| self.things[*at].kind == kind && self.is_published(*at);
        for at in (0..self.things.len()).filter(published) {
            let name = &self.things[at].name;
            match some.iter_mut().find(|other| self.things[**other].name == *name) {
                _ if dice.one_in(2) => {}
                Some(other) => *other = at,
                None if kind == ObjectKind::Instructions => {}
                None => some.push(at),
            }
        }
        self.said.insert(kind, some.clone());
        some
    }

    /// Some definitions of a kind, some of them twice.
    pub(crate) fn some(&self, kind: ObjectKind, dice: &Dice) -> Vec<usize> {
        let mut all: Vec<usize> = (0..self.things.len()).filter(|at| self.things[*at].kind == kind).collect();
        let mut some = Vec::new();
        let mut names = BTreeSet::new();
        let twice = dice.one_in(20);
        while !all.is_empty() {
            let at = all.swap_remove(dice.below(all.len()));
            let is_first = names.insert(self.things[at].name.clone());
            if (is_first || twice) && !dice.one_in(3) && (self.things[at].is_sound || dice.one_in(3)) {
                some.push(at);
            }
        }
        some
    }

    /// An answer that somebody wrote into the store, or one there in which somebody changed something.
    pub(crate) fn forged(&self, version: &str, dice: &Dice) -> Answer {
        if let Some(stored) = self.answers.get(version).filter(|_| !dice.one_in(3)) {
            let mut answer = stored.clone();
            answer.objects.retain(|_| !dice.one_in(8));
            for object in answer.objects.iter_mut().filter(|_| dice.one_in(4)) {
                let is_other = |thing: &&Thing| thing.kind == object.kind && thing.name == object.name;
                let others: Vec<Digest> =
                    self.things.iter().filter(is_other).map(|thing| thing.digest).collect();
                object.digest = dice.pick(&others);
            }
            return answer;
        }
        let kinds = [
            ObjectKind::Instructions,
            ObjectKind::ServerInfo,
            ObjectKind::Tool,
            ObjectKind::Prompt,
            ObjectKind::ResourceTemplate,
        ];
        let mut objects = Vec::new();
        for kind in kinds.into_iter().skip(dice.below(2)) {
            let most = if matches!(kind, ObjectKind::Instructions | ObjectKind::ServerInfo) { 1 } else { 9 };
            for at in self.some(kind, dice).into_iter().take(most) {
                let thing = &self.things[at];
                objects.push(AnsweredObject { kind, name: thing.name.clone(), digest: thing.digest });
            }
        }
        Answer {
            version: dice.pick(&["2025-06-18", "2025-06-18", "2025-03-26", "2026-07-28"]).to_owned(),
            capabilities: br#"{"prompts":{},"resources":{},"tools":{}}"#.to_vec(),
            server_name: "s".into(),
            server_version: "1".into(),
            objects,
        }
    }

    /// Notes an answer: one that lacks a name takes the place of the stored one only at the end.
    pub(crate) fn note(
        &mut self,
        version: &str,
        answer: &Answer,
        unoffered: &BTreeSet<(ObjectKind, String)>,
        at_the_end: bool,
    ) {
        let name = |object: &AnsweredObject| (object.kind, object.name.clone());
        let names: BTreeSet<_> = answer.objects.iter().map(name).collect();
        let stored = self.answers.get(version).map_or(&[][..], |stored| &stored.objects);
        let mut lacks = stored.iter().map(name).filter(|name| !names.contains(name));
        if at_the_end || lacks.all(|name| unoffered.contains(&name)) {
            self.answers.insert(version.to_owned(), answer.clone());
        }
    }
}

impl Memory for Home {
    fn object(&self, digest: &Digest) -> Option<Arc<[u8]>> {
        self.bytes.get(digest).map(|text| text.as_bytes().into())
    }

    fn was_absent(&self, kind: ObjectKind, name: &str) -> bool {
        self.absent.contains(&(kind, name.to_owned()))
    }
}
