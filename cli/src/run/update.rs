//! What of a published update passes in one process, by the person's policy (`spec/updates.md`).
//!
//! It is no approval: nothing of it is recorded, and every start judges it anew, from the bundle that the daily look-up
//! left, under the trust, the marks and the policy of that moment. Whatever a person says about an object wins over it.

use std::collections::BTreeMap;
use std::sync::Arc;

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::findings::Server;
use pinfold_core::manifest::SurfaceObject;
use pinfold_core::name::Label;
use pinfold_store::{Places, Store};
use pinfold_verifier::listing::{Memory, Passing};
use pinfold_verifier::policy::{Policy, Updates};
use pinfold_verifier::update::{Asked, Outcome, Plan, Terms, plan};

use crate::commands::run::counted;
use crate::found::others;
use crate::published::{Link, Published, link, lookup};

/// A published update of a label, as far as it passes without a question. The default lets nothing pass.
#[derive(Clone, Default)]
pub(crate) struct Update {
    /// What a gate is given.
    pub(crate) passing: Passing,
    /// What goes to the client as it was signed.
    objects: BTreeMap<Digest, Arc<[u8]>>,
}

/// What the newest release that was looked up means for a label.
pub(crate) struct Planned {
    pub(crate) published: Published,
    pub(crate) link: Link,
    pub(crate) plan: Plan,
}

/// The plan of the newest release that was looked up; `None`: the policy asks about every change, the label has no
/// publisher, there is no release that stands today, or all of it is approved.
pub(crate) fn planned(places: &Places, policy: &Policy, store: &Store, label: &Label) -> Option<Planned> {
    let pins = counted(store).label(label)?;
    let policy = policy.for_label(label).updates;
    if policy.updates == Updates::Ask || pins.publisher().is_none() {
        return None;
    }
    let published = lookup::newest(places, pins)?;
    // A release of another package than the one that is started says nothing about it.
    let launches = pins.approved_launches().map(|(_, launch)| launch);
    let link = link(launches, published.release.manifest().artifacts()).ok()?;
    let others = others(store, label);
    let others: Vec<Server<'_>> = others.iter().map(|(label, objects)| Server { label, objects }).collect();
    let memory = StoreMemory(store);
    let terms = Terms { pins, policy: &policy, memory: &memory, others: &others };
    let plan = plan(&published.release, &terms);
    let is_approved_whole = plan.objects().all(|(_, _, _, outcome)| outcome == Outcome::Approved);
    (!is_approved_whole).then_some(Planned { published, link, plan })
}

impl Planned {
    /// The objects of the release of which this is the outcome, ascending by kind and name.
    pub(crate) fn objects_with(&self, is: fn(Outcome) -> bool) -> impl Iterator<Item = &SurfaceObject> {
        let manifest = self.published.release.manifest();
        let objects = self.plan.objects().filter(move |(_, _, _, outcome)| is(*outcome));
        objects.filter_map(move |(kind, _, digest, _)| manifest.object(kind, digest))
    }

    /// Those that pass as they were signed.
    pub(crate) fn let_through(&self) -> impl Iterator<Item = &SurfaceObject> {
        self.objects_with(|outcome| matches!(outcome, Outcome::LetThrough { .. }))
    }

    /// Those in whose place the client is given the approved words.
    pub(crate) fn kept(&self) -> impl Iterator<Item = &SurfaceObject> {
        self.objects_with(|outcome| matches!(outcome, Outcome::KeptWords { .. }))
    }

    /// Those about which a person is asked, and why; none where nothing of the release passes.
    pub(crate) fn asking(&self) -> impl Iterator<Item = (&SurfaceObject, Asked)> {
        let manifest = self.published.release.manifest();
        let of_release = self.plan.refused().is_none();
        self.plan.objects().filter(move |_| of_release).filter_map(|(kind, _, digest, outcome)| match outcome
        {
            Outcome::Asks(asked) => Some((manifest.object(kind, digest)?, asked)),
            _ => None,
        })
    }

    /// Those that are new, and wait without a question.
    pub(crate) fn unseen(&self) -> impl Iterator<Item = &SurfaceObject> {
        self.objects_with(|outcome| outcome == Outcome::WaitsUnseen)
    }
}

impl Update {
    /// What passes in a process that starts now.
    pub(crate) fn of(places: &Places, policy: &Policy, store: &Store, label: &Label) -> Update {
        let Some(planned) = planned(places, policy, store, label) else { return Update::default() };
        let manifest = planned.published.release.manifest();
        let bytes = |object: &SurfaceObject| (object.digest, Arc::from(manifest.object_bytes(object)));
        Update { passing: planned.plan.passing(), objects: planned.let_through().map(bytes).collect() }
    }

    /// The bytes of an object that is let through.
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
