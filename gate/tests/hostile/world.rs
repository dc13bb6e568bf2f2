//! What the servers of these histories may say, and what a person decided about it.

use std::collections::{BTreeMap, BTreeSet};

use pinfold_core::answer::{Answer, AnsweredObject};
use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::pins::{ApprovalState, LabelPins};
use pinfold_core::surface::read_object;

use crate::support::Approvals;

/// Numbers from a seed (SplitMix64), so that a failing history can be run again.
pub(crate) struct Dice(pub u64);

impl Dice {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }

    pub(crate) fn one_in(&mut self, end: usize) -> bool {
        self.below(end) == 0
    }

    pub(crate) fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }
}

/// One definition that a server may show. Each has a word of its own, so that it is known wherever it turns up.
pub(crate) struct Thing {
    pub(crate) kind: ObjectKind,
    pub(crate) name: String,
    pub(crate) digest: Digest,
    pub(crate) text: &'static str,
    /// Its own word.
    pub(crate) word: String,
    /// It can be approved: it breaks no rule.
    pub(crate) is_sound: bool,
}

const THINGS: &[(ObjectKind, &str)] = &[
    (
        ObjectKind::Tool,
        r#"{"name":"look","description":"WORD00.","inputSchema":{"type":"object","properties":{"count":{"type":["integer","null"]}}}}"#,
    ),
    (
        ObjectKind::Tool,
        r#"{"name":"look","description":"WORD01.","inputSchema":{"type":"object","properties":{"count":{"type":["integer","null"]},"deep":{"type":"boolean"}}}}"#,
    ),
    (ObjectKind::Tool, r#"{"name":"find","description":"WORD02.","inputSchema":{"type":"object"}}"#),
    (ObjectKind::Tool, r#"{"name":"find","description":"WORD03.","inputSchema":{"type":"object"}}"#),
    (ObjectKind::Tool, r#"{"name":"Find","description":"WORD04.","inputSchema":{"type":"object"}}"#),
    (ObjectKind::Tool, r#"{"name":"send","description":"WORD05.","inputSchema":{"type":"object"}}"#),
    (
        ObjectKind::Tool,
        r#"{"name":"pinfold_notice","description":"WORD06.","inputSchema":{"type":"object"}}"#,
    ),
    (ObjectKind::Tool, r#"{"name":"find","description":"WORD07 \u202e.","inputSchema":{"type":"object"}}"#),
    (ObjectKind::Tool, r#"{"description":"WORD08.","inputSchema":{"type":"object"}}"#),
    (ObjectKind::Prompt, r#"{"name":"ask","description":"WORD09."}"#),
    (ObjectKind::Prompt, r#"{"name":"ask","description":"WORD10."}"#),
    (ObjectKind::Prompt, r#"{"name":"tell","description":"WORD11."}"#),
    (ObjectKind::ResourceTemplate, r#"{"name":"n","uriTemplate":"demo://{one}","description":"WORD12."}"#),
    (ObjectKind::ResourceTemplate, r#"{"name":"n","uriTemplate":"demo://{one}","description":"WORD13."}"#),
    (ObjectKind::Instructions, r#""WORD14.""#),
    (ObjectKind::Instructions, r#""WORD15.""#),
    (ObjectKind::ServerInfo, r#"{"title":"WORD16."}"#),
    (ObjectKind::ServerInfo, r#"{"title":"WORD17."}"#),
];

/// All of them.
pub(crate) fn things() -> Vec<Thing> {
    let thing = |(at, (kind, text)): (usize, &(ObjectKind, &'static str))| {
        let received = read_object(*kind, text.as_bytes()).unwrap();
        Thing {
            kind: *kind,
            name: received.name,
            digest: received.digest,
            text,
            word: format!("WORD{at:02}"),
            is_sound: received.fault.is_none(),
        }
    };
    THINGS.iter().enumerate().map(thing).collect()
}

/// What a person decided, and what of it a process of the server began with.
pub(crate) struct World {
    pub(crate) things: Vec<Thing>,
    approvals: Approvals,
    pins: LabelPins,
    pub(crate) at_start: BTreeSet<usize>,
}

impl World {
    /// A person who approved some of it.
    pub(crate) fn new(dice: &mut Dice) -> World {
        let things = things();
        let mut approvals = Approvals::of(&[(ObjectKind::Tool, THINGS[0].1)]);
        for thing in things.iter().filter(|thing| thing.is_sound) {
            if !dice.one_in(3) {
                approvals.approve(thing.kind, thing.text, None);
            }
        }
        let pins = approvals.label_pins();
        World { things, approvals, pins, at_start: BTreeSet::new() }
    }

    pub(crate) fn pins(&self) -> &LabelPins {
        &self.pins
    }

    pub(crate) fn state(&self, at: usize) -> Option<ApprovalState> {
        let thing = &self.things[at];
        self.pins().name(thing.kind, &thing.name)?.state(&thing.digest)
    }

    /// A process of the server begins.
    pub(crate) fn begins(&mut self) {
        let approved = |at: &usize| self.state(*at) == Some(ApprovalState::Approved);
        self.at_start = (0..self.things.len()).filter(approved).collect();
    }

    /// Whether a definition may reach the client now: approved now, or when the process began, and not rejected.
    pub(crate) fn may_pass(&self, at: usize) -> bool {
        match self.state(at) {
            Some(ApprovalState::Approved) => true,
            Some(ApprovalState::Rejected) => false,
            Some(ApprovalState::Retired) | None => self.at_start.contains(&at),
        }
    }

    /// A person says something.
    pub(crate) fn decide(&mut self, dice: &mut Dice) {
        let at = dice.below(self.things.len());
        let (kind, text) = (self.things[at].kind, self.things[at].text);
        match dice.below(5) {
            0 => self.approvals.approve_sampling(),
            1 => self.approvals.reject(kind, text),
            2 => {
                let name = self.things[at].name.clone();
                let base = self.pins().name(kind, &name).and_then(|name| name.latest());
                if let Some(base) =
                    base.filter(|base| self.things[at].is_sound && *base != self.things[at].digest)
                {
                    self.approvals.approve(kind, text, Some(base));
                }
            }
            _ if self.things[at].is_sound => drop(self.approvals.approve(kind, text, None)),
            _ => {}
        }
        self.pins = self.approvals.label_pins();
    }

    /// Some definitions of a kind, some of them twice.
    pub(crate) fn some(&self, kind: ObjectKind, dice: &mut Dice) -> Vec<usize> {
        let mut all: Vec<usize> = (0..self.things.len()).filter(|at| self.things[*at].kind == kind).collect();
        let mut some = Vec::new();
        let mut names = BTreeSet::new();
        let twice = dice.one_in(12);
        while !all.is_empty() {
            let at = all.swap_remove(dice.below(all.len()));
            let is_first = names.insert(self.things[at].name.clone());
            if (is_first || twice) && !dice.one_in(3) && (self.things[at].is_sound || dice.one_in(3)) {
                some.push(at);
            }
        }
        some
    }

    /// An answer that a store may remember, true or not.
    pub(crate) fn remembered(&self, dice: &mut Dice) -> Answer {
        let kinds = [
            ObjectKind::Instructions,
            ObjectKind::ServerInfo,
            ObjectKind::Tool,
            ObjectKind::Prompt,
            ObjectKind::ResourceTemplate,
        ];
        let mut objects = Vec::new();
        for kind in kinds {
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

    /// The definitions of which a line holds the word.
    pub(crate) fn words_in<'w>(&'w self, line: &'w str) -> impl Iterator<Item = usize> + 'w {
        (0..self.things.len()).filter(|at| line.contains(&*self.things[*at].word))
    }

    /// The bytes of everything, by digest: a memory that knows more than it should.
    pub(crate) fn bytes(&self) -> BTreeMap<Digest, &'static str> {
        self.things.iter().map(|thing| (thing.digest, thing.text)).collect()
    }
}
