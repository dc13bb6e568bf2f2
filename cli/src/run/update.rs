//! What a published update lets through in one process, by the person's policy (`spec/updates.md`).
//!
//! It is no approval: nothing of it is recorded, and every start judges it anew, from the bundle that the daily look-up
//! left, under the trust, the marks and the policy of that moment. Whatever a person says about an object wins over it.

use std::collections::BTreeMap;
use std::sync::Arc;

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::findings::Server;
use pinfold_core::name::Label;
use pinfold_core::pins::{Approval, ApprovalState, Decision, Pins, UnixSeconds};
use pinfold_store::{Places, Store};
use pinfold_verifier::listing::Memory;
use pinfold_verifier::policy::{Policy, Updates};
use pinfold_verifier::update::{Outcome, Plan, Terms, plan};

use crate::commands::run::counted;
use crate::found::others;
use crate::published::{Published, link, lookup};

/// A published update of a label, as far as it passes without a question.
pub(crate) struct Update {
    label: Label,
    passing: Vec<Passing>,
    objects: BTreeMap<Digest, Arc<[u8]>>,
}

/// One object that passes, and what it was compared with.
struct Passing {
    approval: Approval,
    base: Digest,
}

/// What the newest release that was looked up means for a label.
pub(crate) struct Planned {
    pub(crate) published: Published,
    pub(crate) plan: Plan,
}

/// The plan of the newest release that was looked up; `None`: the policy asks about every change, the label has no
/// publisher, or there is no release that stands today.
pub(crate) fn planned(places: &Places, policy: &Policy, store: &Store, label: &Label) -> Option<Planned> {
    let pins = counted(store).label(label)?;
    let policy = policy.for_label(label).updates;
    if policy.updates == Updates::Ask || pins.publisher().is_none() {
        return None;
    }
    let published = lookup::newest(places, pins)?;
    // A release of another package than the one that is started says nothing about it.
    link(pins.approved_launches().map(|(_, launch)| launch), published.release.manifest().artifacts())
        .ok()?;
    let others = others(store, label);
    let others: Vec<Server<'_>> = others.iter().map(|(label, objects)| Server { label, objects }).collect();
    let memory = StoreMemory(store);
    let terms = Terms { pins, policy: &policy, memory: &memory, others: &others };
    let plan = plan(&published.release, &terms);
    Some(Planned { published, plan })
}

impl Planned {
    /// Kind, name and digest of what passes by it, and what each was compared with; ascending by kind and name.
    pub(crate) fn let_through(&self) -> impl Iterator<Item = (ObjectKind, &str, Digest, Digest)> {
        self.plan.objects().filter_map(|(kind, name, digest, outcome)| match outcome {
            Outcome::LetThrough { base } => Some((kind, name, *digest, base)),
            _ => None,
        })
    }
}

impl Update {
    /// What passes in a process that starts now; `None`: nothing.
    pub(crate) fn of(places: &Places, policy: &Policy, store: &Store, label: &Label) -> Option<Arc<Update>> {
        let planned = planned(places, policy, store, label)?;
        let manifest = planned.published.release.manifest();
        let mut update = Update { label: label.clone(), passing: Vec::new(), objects: BTreeMap::new() };
        for (kind, name, digest, base) in planned.let_through() {
            let Some(object) = manifest.object(kind, &digest) else { continue };
            update.objects.insert(digest, Arc::from(manifest.object_bytes(object)));
            // What may vary in it is the person's to allow: until then it passes as it was signed, to the byte.
            let (name, rules) = (name.to_owned(), Vec::new());
            let approval = Approval { kind, name, digest, replaces: None, rules };
            update.passing.push(Passing { approval, base });
        }
        (!update.passing.is_empty()).then(|| Arc::new(update))
    }

    /// The pins with what passes, for this process alone: beside what is approved, and only where the person has said
    /// nothing about the object and still approves what it was compared with.
    pub(crate) fn with(&self, pins: &Pins) -> Pins {
        let mut pins = pins.clone();
        let Some(known) = pins.label(&self.label) else { return pins };
        let passes = |one: &&Passing| {
            let name = known.name(one.approval.kind, &one.approval.name);
            name.is_some_and(|name| {
                name.state(&one.approval.digest).is_none()
                    && name.state(&one.base) == Some(ApprovalState::Approved)
            })
        };
        let objects: Vec<Approval> =
            self.passing.iter().filter(passes).map(|one| one.approval.clone()).collect();
        if !objects.is_empty() {
            let decision = Decision::SurfaceApproved { label: self.label.clone(), claim: None, objects };
            // A decision that makes no sense lets nothing through.
            drop(pins.apply(&decision, UnixSeconds::default()));
        }
        pins
    }

    /// The bytes of an object that passes.
    pub(crate) fn object(&self, digest: &Digest) -> Option<Arc<[u8]>> {
        self.objects.get(digest).cloned()
    }
}

struct StoreMemory<'s>(&'s Store);

impl Memory for StoreMemory<'_> {
    fn object(&self, digest: &Digest) -> Option<Arc<[u8]>> {
        self.0.object(digest).ok().map(|object| object.bytes.into())
    }

    fn was_absent(&self, _: ObjectKind, _: &str) -> bool {
        false
    }
}
