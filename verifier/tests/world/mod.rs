//! A small world for decisions: what was decided, what was released, what is remembered. Built from a vector's document
//! or by hand.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pinfold_core::digest::{Digest, ObjectKind, object_digest};
use pinfold_core::json::{self, ReadLimits, Value};
use pinfold_core::launch::{Launch, ProgramFile};
use pinfold_core::name::Label;
use pinfold_core::pins::{Approval, Decision, Pins, UnixSeconds};
use pinfold_core::surface::{self, Received};
use pinfold_core::volatile::{Passed, Rule};
use pinfold_verifier::listing::{Approved, ListingVerdict, Memory, Passing, SessionNames, judge_listing};

pub(crate) struct World {
    pub(crate) kind: ObjectKind,
    pub(crate) pins: Pins,
    pub(crate) approved: Approved,
    /// What of a published update passes in the process.
    pub(crate) passing: Passing,
    pub(crate) session: SessionNames,
    pub(crate) memory: Remembered,
    pub(crate) passed: Passed,
}

/// Old objects and names that were gone.
#[derive(Default)]
pub(crate) struct Remembered {
    pub(crate) objects: BTreeMap<Digest, Arc<[u8]>>,
    pub(crate) absent: BTreeSet<(ObjectKind, String)>,
}

impl Memory for Remembered {
    fn object(&self, digest: &Digest) -> Option<Arc<[u8]>> {
        self.objects.get(digest).cloned()
    }

    fn was_absent(&self, kind: ObjectKind, name: &str) -> bool {
        self.absent.contains(&(kind, name.to_owned()))
    }
}

pub(crate) fn label() -> Label {
    Label::parse("demo").unwrap()
}

impl Default for World {
    /// A label with an approved launch and no approved words.
    fn default() -> Self {
        let file = ProgramFile { path: "/opt/demo".into(), file: "/opt/demo".into(), digest: None };
        let launch = Launch {
            command: "demo".into(),
            program: vec![file],
            args: Vec::new(),
            folder: None,
            env: BTreeMap::new(),
            passes: BTreeSet::new(),
        };
        let mut pins = Pins::new();
        let approval = Decision::LaunchApproved { label: label(), launch, replaces: Vec::new() };
        pins.apply(&approval, UnixSeconds(1)).unwrap();
        let approved = Approved::at_start(pins.label(&label()).unwrap());
        World {
            kind: ObjectKind::Tool,
            pins,
            approved,
            passing: Passing::default(),
            session: SessionNames::default(),
            memory: Remembered::default(),
            passed: Passed::default(),
        }
    }
}

impl World {
    /// `kind`; `decided`: decisions before the process starts; `released`: listings of this session so far;
    /// `decided-since`: decisions after it started; `absent`: names that were gone; `forgotten`: old objects are not at
    /// hand; `passed`: what was passed to the server.
    pub(crate) fn read(document: &Value<'_>, bytes: &[u8]) -> Self {
        World::default().and(document, bytes)
    }

    /// The same, after what this world has.
    pub(crate) fn and(self, document: &Value<'_>, bytes: &[u8]) -> Self {
        self.and_passing(document, bytes, |_| Passing::default())
    }

    /// The same, where this passes by a published update once everything is decided and before the process starts.
    pub(crate) fn and_passing(
        self,
        document: &Value<'_>,
        bytes: &[u8],
        passing: impl FnOnce(&Self) -> Passing,
    ) -> Self {
        let mut world = self;
        if let Some(kind) = document.get("kind") {
            world.kind = kind.as_str().unwrap().parse().unwrap();
        }
        let passed = |name| document.get("passed")?.get(name)?.as_str().map(str::to_owned);
        world.passed = Passed { home: passed("home"), folder: passed("folder"), arguments: Vec::new() };
        for decision in elements(document, "decided") {
            world.apply(decision, bytes);
        }
        world.passing = passing(&world);
        world.start();
        for listing in elements(document, "released") {
            let verdict = world.decide(listing, bytes);
            assert_eq!(verdict.held, [], "an earlier listing of the session passed whole");
        }
        for decision in elements(document, "decided-since") {
            world.apply(decision, bytes);
        }
        world.renew();
        for name in elements(document, "absent") {
            world.memory.absent.insert((world.kind, name.as_str().unwrap().to_owned()));
        }
        if document.get("forgotten").is_some() {
            world.memory.objects.clear();
        }
        world
    }

    /// What is approved now is what was approved at the start.
    pub(crate) fn start(&mut self) {
        let approved = Approved::at_start(self.pins.label(&label()).unwrap());
        self.approved = approved.with_passing(self.passing.clone());
        self.session = SessionNames::default();
    }

    pub(crate) fn renew(&mut self) {
        self.approved = self.approved.renewed(self.pins.label(&label()).unwrap());
    }

    pub(crate) fn decide(&mut self, listing: &Value<'_>, bytes: &[u8]) -> ListingVerdict {
        let objects = listing.as_array().unwrap().iter().enumerate().map(|(index, object)| {
            surface::read_object(self.kind, object.slice(bytes)).unwrap().with_index_after(index)
        });
        self.judge(objects.collect())
    }

    pub(crate) fn judge(&mut self, objects: Vec<Received>) -> ListingVerdict {
        judge_listing(self.kind, objects, &self.approved, &mut self.session, &self.memory, &self.passed)
    }

    pub(crate) fn base(&self, object: &Value<'_>) -> Digest {
        object_digest(self.kind, object)
    }

    pub(crate) fn approve(&mut self, objects: &[Received]) {
        let approvals = objects.iter().map(|object| Approval {
            kind: object.kind,
            name: object.name.clone(),
            digest: object.digest,
            replaces: None,
            rules: Vec::new(),
        });
        self.decide_on(Decision::SurfaceApproved {
            label: label(),
            claim: None,
            objects: approvals.collect(),
        });
        for object in objects {
            self.memory.objects.insert(object.digest, Arc::clone(&object.bytes));
        }
    }

    pub(crate) fn approve_with(&mut self, object: &Received, rules: Vec<Rule>) {
        let (kind, name, digest) = (object.kind, object.name.clone(), object.digest);
        let approval = Approval { kind, name, digest, replaces: None, rules };
        self.decide_on(Decision::SurfaceApproved { label: label(), claim: None, objects: vec![approval] });
        self.memory.objects.insert(object.digest, Arc::clone(&object.bytes));
    }

    pub(crate) fn forget(&mut self) {
        self.decide_on(Decision::LabelForgotten { label: label() });
    }

    fn apply(&mut self, decision: &Value<'_>, bytes: &[u8]) {
        let kind = decision.get("kind").map_or(self.kind, |kind| kind.as_str().unwrap().parse().unwrap());
        let digest = |object: &Value<'_>| object_digest(kind, object);
        if let Some(object) = decision.get("approve") {
            let received = of(kind, object, bytes);
            let approval = Approval {
                kind,
                name: received.name.clone(),
                digest: received.digest,
                replaces: decision.get("replaces").map(digest),
                rules: elements(decision, "rules")
                    .iter()
                    .map(|rule| Rule::from_value(rule).unwrap())
                    .collect(),
            };
            self.decide_on(Decision::SurfaceApproved {
                label: label(),
                claim: None,
                objects: vec![approval],
            });
            self.memory.objects.insert(received.digest, received.bytes);
        } else {
            let received = of(kind, decision.get("reject").unwrap(), bytes);
            self.decide_on(Decision::ObjectRejected {
                label: label(),
                kind,
                name: received.name,
                digest: received.digest,
            });
        }
    }

    pub(crate) fn decide_on(&mut self, decision: Decision) {
        self.pins.apply(&decision, UnixSeconds(2)).unwrap();
    }
}

fn of(kind: ObjectKind, object: &Value<'_>, bytes: &[u8]) -> Received {
    surface::read_object(kind, object.slice(bytes)).unwrap()
}

fn elements<'v, 'a>(document: &'v Value<'a>, member: &str) -> &'v [Value<'a>] {
    document.get(member).and_then(Value::as_array).unwrap_or_default()
}

/// Reads the objects of a listing from JSON text.
pub(crate) fn received(kind: ObjectKind, list: &str) -> Vec<Received> {
    let value = json::read(list.as_bytes(), &ReadLimits::LISTING).unwrap();
    let objects = value.as_array().unwrap().iter().enumerate();
    objects.map(|(index, object)| of(kind, object, list.as_bytes()).with_index_after(index)).collect()
}
