//! The plan: for every object of a verified release, what becomes of it under a label.

use std::collections::{BTreeMap, BTreeSet};

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::findings::{Detail, Server, cross_server};
use pinfold_core::json::{self, ReadLimits};
use pinfold_core::manifest::{Manifest, SurfaceObject};
use pinfold_core::name::skeleton;
use pinfold_core::pins::{ApprovalState, LabelPins};
use pinfold_core::surface::{Received, read_object};

use super::change::{Pair, Weight};
use super::standing::may_pass;
use super::{AddedPower, Asked, Outcome, ReleaseRule};
use crate::listing::{Memory, Pass, Passing};
use crate::policy::{Prose, UpdatePolicy, Updates};
use crate::release::{Release, Verified};

/// What an update is judged by, beside the release.
#[derive(Clone, Copy)]
pub struct Terms<'t> {
    /// What the person decided about the label.
    pub pins: &'t LabelPins,
    /// What the person's policy says about its updates.
    pub policy: &'t UpdatePolicy,
    /// The bytes of what was approved.
    pub memory: &'t dyn Memory,
    /// What other servers offer, by their labels; none of it needs to be approved. Empty, no words speak of others.
    pub others: &'t [Server<'t>],
}

/// What becomes of each object of one release under one label.
///
/// A listing is compared with it by kind, name and digest. It is no approval: nothing of it is recorded, and at another
/// time it is made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    refused: Option<ReleaseRule>,
    objects: BTreeMap<(ObjectKind, String, Digest), Outcome>,
}

/// Judges a verified release as an update of a label.
///
/// Costs time in proportion to the changed objects and to the words of the other servers.
///
/// Not judged: what the server lists, whether the release is of the package that the launch names, and what its code
/// does.
pub fn plan(release: &Verified<Release>, terms: &Terms<'_>) -> Plan {
    let refused = may_pass(release, terms.pins.publisher(), terms.policy).err();
    let manifest = release.manifest();
    let judge = Judge::new(manifest, terms);
    let objects = manifest.surface().iter().map(|object| {
        let outcome = match (judge.decided(object), refused) {
            (Some(decided), _) => decided,
            (None, Some(rule)) => Outcome::Asks(Asked::Release(rule)),
            (None, None) => judge.outcome(object).unwrap_or_else(Outcome::Asks),
        };
        ((object.kind, object.name.clone(), object.digest), outcome)
    });
    Plan { refused, objects: objects.collect() }
}

impl Plan {
    /// The plan where there is no release: every change asks.
    pub const fn without_release() -> Self {
        Self { refused: None, objects: BTreeMap::new() }
    }

    /// The rule by which no update of this release passes. `None`: some may.
    pub const fn refused(&self) -> Option<ReleaseRule> {
        self.refused
    }

    /// What becomes of an object that a server lists.
    pub fn outcome(&self, kind: ObjectKind, name: &str, digest: &Digest) -> Outcome {
        let known = self.objects.get(&(kind, name.to_owned(), *digest));
        known.copied().unwrap_or(Outcome::Asks(Asked::NotPublished))
    }

    /// What of it passes in a process that starts now, for the decision on its listings.
    pub fn passing(&self) -> Passing {
        let mut passing = Passing::default();
        for (kind, name, digest, outcome) in self.objects() {
            let pass = match outcome {
                Outcome::LetThrough { base } => Pass::LetThrough { base },
                Outcome::KeptWords { base, closed } => Pass::KeptWords { base, closed },
                Outcome::WaitsUnseen => Pass::Unseen,
                Outcome::Approved | Outcome::Asks(_) => continue,
            };
            passing.insert(kind, name, *digest, pass);
        }
        passing
    }

    /// Every object of the release, by kind, name and digest.
    pub fn objects(&self) -> impl Iterator<Item = (ObjectKind, &str, &Digest, Outcome)> {
        self.objects.iter().map(|((kind, name, digest), outcome)| (*kind, name.as_str(), digest, *outcome))
    }
}

struct Judge<'t> {
    manifest: &'t Manifest,
    terms: &'t Terms<'t>,
    /// Skeletons of names of which something is approved.
    skeletons: BTreeSet<(ObjectKind, String)>,
    /// What the release's words name of other servers' tools, by the digest of the object.
    spoken_of: BTreeMap<Digest, BTreeSet<String>>,
}

impl<'t> Judge<'t> {
    fn new(manifest: &'t Manifest, terms: &'t Terms<'t>) -> Self {
        let approved =
            terms.pins.objects().iter().filter(|(_, pins)| pins.is_approved()).map(|(name, _)| name);
        let published = manifest.surface().iter();
        let published: Vec<Received> = published.filter_map(|object| read(manifest, object)).collect();
        Self {
            manifest,
            terms,
            skeletons: approved.map(|(kind, name)| (*kind, skeleton(name))).collect(),
            spoken_of: spoken_of(&published, terms.others),
        }
    }

    /// What a person decided about exactly this object.
    fn decided(&self, object: &SurfaceObject) -> Option<Outcome> {
        let state = self.terms.pins.name(object.kind, &object.name)?.state(&object.digest)?;
        Some(match state {
            ApprovalState::Approved => Outcome::Approved,
            ApprovalState::Rejected => Outcome::Asks(Asked::Rejected),
            ApprovalState::Retired => Outcome::Asks(Asked::Returned),
        })
    }

    /// What becomes of an object about which nothing was decided.
    fn outcome(&self, object: &SurfaceObject) -> Result<Outcome, Asked> {
        let keeps_words = self.terms.policy.updates == Updates::ApprovedWords;
        let Some(base) = self.base(object)? else {
            return if keeps_words { Ok(Outcome::WaitsUnseen) } else { Err(Asked::New) };
        };
        let old = self.approved_bytes(object.kind, &base).ok_or(Asked::BaseNotAtHand)?;
        let new = self.manifest.object_bytes(object);
        let limits = ReadLimits::LISTING;
        let (Ok(before), Ok(after)) = (json::read(&old.bytes, &limits), json::read(new, &limits)) else {
            return Err(Asked::BaseNotAtHand);
        };
        let pair = Pair { kind: object.kind, old: &before, new: &after };
        let kept = |closed| Outcome::KeptWords { base, closed };
        match pair.worst(&old.bytes, new) {
            Weight::Power(power) => Err(Asked::Adds(power)),
            Weight::Nothing => Ok(Outcome::LetThrough { base }),
            Weight::Words if self.terms.policy.prose == Prose::Allow && !self.speaks_anew(object, &old) => {
                Ok(Outcome::LetThrough { base })
            }
            Weight::Words if keeps_words => Ok(kept(false)),
            Weight::Words if self.terms.policy.prose == Prose::Allow => Err(Asked::SpeaksOfOthers),
            Weight::Words => Err(Asked::Words),
            Weight::OptionalParameter if !keeps_words => Err(Asked::Adds(AddedPower::Parameter)),
            Weight::OptionalParameter if pair.is_closable() => Ok(kept(true)),
            Weight::OptionalParameter => Err(Asked::Adds(AddedPower::OpenParameters)),
        }
    }

    /// The approved digest that changes are compared with: the last approved one. `None`: nothing of this name was ever
    /// decided about.
    fn base(&self, object: &SurfaceObject) -> Result<Option<Digest>, Asked> {
        let Some(pins) = self.terms.pins.name(object.kind, &object.name) else {
            let is_alike = self.skeletons.contains(&(object.kind, skeleton(&object.name)));
            return if is_alike { Err(Asked::LooksAlike) } else { Ok(None) };
        };
        let last = pins.latest().filter(|digest| pins.state(digest) == Some(ApprovalState::Approved));
        last.map(Some).ok_or(Asked::New)
    }

    /// The approved object, if its bytes are at hand and have its digest.
    fn approved_bytes(&self, kind: ObjectKind, digest: &Digest) -> Option<Received> {
        let bytes = self.terms.memory.object(digest)?;
        read_object(kind, &bytes).ok().filter(|object| object.digest == *digest)
    }

    /// Whether its words name a tool of another server that those of the approved object do not name.
    fn speaks_anew(&self, object: &SurfaceObject, old: &Received) -> bool {
        let Some(now) = self.spoken_of.get(&object.digest) else { return false };
        let before = spoken_of(std::slice::from_ref(old), self.terms.others);
        now.iter().any(|name| before.get(&old.digest).is_none_or(|before| !before.contains(name)))
    }
}

fn read(manifest: &Manifest, object: &SurfaceObject) -> Option<Received> {
    read_object(object.kind, manifest.object_bytes(object)).ok()
}

/// The tools of other servers that texts of these objects name, by the object's digest.
fn spoken_of(objects: &[Received], others: &[Server<'_>]) -> BTreeMap<Digest, BTreeSet<String>> {
    // No label is empty, so this one is nobody's.
    let own = Server { label: "", objects };
    let servers: Vec<Server<'_>> = std::iter::once(own).chain(others.iter().copied()).collect();
    let mut named: BTreeMap<Digest, BTreeSet<String>> = BTreeMap::new();
    for finding in cross_server(&servers).into_iter().filter(|finding| finding.label.is_empty()) {
        if let Detail::SpeaksOf(tools) = finding.detail {
            let names = tools.into_iter().map(|(label, name)| format!("{label} {name}"));
            named.entry(finding.digest).or_default().extend(names);
        }
    }
    named
}
