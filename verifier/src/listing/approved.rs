//! What one process may release.

use std::collections::{BTreeMap, BTreeSet};

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::name::skeleton;
use pinfold_core::pins::{ApprovalState, LabelPins, NamePins};
use pinfold_core::volatile::Rule;

use super::Passing;
use super::passing::Pass;

/// What a running gate may release of a server's words: what was approved when it started, and what was approved since;
/// without what is rejected now.
///
/// An approval that retires an older digest does so for servers that start from then on. A process that runs already
/// keeps what was approved at its start, so that a second client's session does not lose a tool because of a yes in the
/// first.
///
/// What of a published update passes in the process stands beside it, and is no approval.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Approved {
    /// With the rules that each digest had then.
    at_start: BTreeMap<(ObjectKind, String), BTreeMap<Digest, Vec<Rule>>>,
    now: BTreeMap<(ObjectKind, String), NamePins>,
    /// All names that a person ever approved, by kind and skeleton.
    skeletons: BTreeMap<(ObjectKind, String), BTreeSet<String>>,
    passing: Passing,
}

impl Approved {
    /// What a process that starts now may release.
    pub fn at_start(pins: &LabelPins) -> Self {
        let approved = |pins: &NamePins| {
            let digests = pins.approved().map(|digest| (*digest, pins.rules(digest).to_vec()));
            digests.collect::<BTreeMap<_, _>>()
        };
        let at_start = pins.objects().iter().map(|(name, pins)| (name.clone(), approved(pins)));
        let at_start = at_start.filter(|(_, digests)| !digests.is_empty()).collect();
        Self { at_start, ..Self::default() }.renewed(pins)
    }

    /// The same process, in which a published update passes as far as the person's policy says.
    #[must_use]
    pub fn with_passing(self, passing: Passing) -> Self {
        Self { passing, ..self }
    }

    /// The same process after further decisions.
    #[must_use]
    pub fn renewed(&self, pins: &LabelPins) -> Self {
        let approved_now =
            pins.objects().iter().filter(|(_, pins)| pins.latest().is_some()).map(|(name, _)| name);
        let mut skeletons: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
        for (kind, name) in approved_now.chain(self.at_start.keys()) {
            skeletons.entry((*kind, skeleton(name))).or_default().insert(name.clone());
        }
        Self {
            at_start: self.at_start.clone(),
            now: pins.objects().clone(),
            skeletons,
            passing: self.passing.clone(),
        }
    }

    /// Whether an object may be released by this process. Rejected wins over everything.
    pub fn releases(&self, kind: ObjectKind, name: &str, digest: &Digest) -> bool {
        match self.state(kind, name, digest) {
            Some(ApprovalState::Rejected) => false,
            Some(ApprovalState::Approved) => true,
            Some(ApprovalState::Retired) => self.was_approved_at_start(kind, name, digest),
            None => {
                self.was_approved_at_start(kind, name, digest)
                    || matches!(self.pass(kind, name, digest), Some(Pass::LetThrough { .. }))
            }
        }
    }

    /// The approved object that stands for one that passes by a published update: itself where it is let through, else the
    /// one whose words are kept. `None`: it does not pass by an update, or not any more.
    pub fn stands_for(&self, kind: ObjectKind, name: &str, digest: &Digest) -> Option<Digest> {
        match self.pass(kind, name, digest)? {
            Pass::LetThrough { .. } => Some(*digest),
            Pass::KeptWords { base, .. } => Some(base),
            Pass::Unseen => None,
        }
    }

    /// Whether an object of a published update is not given to the client, and nobody is asked about it: nothing was
    /// decided about its name, which looks like no approved one.
    pub fn waits_unseen(&self, kind: ObjectKind, name: &str, digest: &Digest) -> bool {
        matches!(self.pass(kind, name, digest), Some(Pass::Unseen))
            && self.name(kind, name).is_none()
            && !self.has_lookalike(kind, name)
    }

    /// What may vary in an object that this process may release: as its last approval says, and for one that was retired
    /// since the start, as it was then.
    pub fn rules(&self, kind: ObjectKind, name: &str, digest: &Digest) -> &[Rule] {
        match self.state(kind, name, digest) {
            Some(ApprovalState::Rejected) => &[],
            Some(ApprovalState::Approved) => self.name(kind, name).map_or(&[], |pins| pins.rules(digest)),
            Some(ApprovalState::Retired) | None => {
                let at_start = self.at_start.get(&(kind, name.to_owned()));
                at_start.and_then(|digests| digests.get(digest)).map_or(&[], Vec::as_slice)
            }
        }
    }

    /// Whether a person said no to a digest, which wins over every yes.
    pub fn is_rejected(&self, kind: ObjectKind, name: &str, digest: &Digest) -> bool {
        self.state(kind, name, digest) == Some(ApprovalState::Rejected)
    }

    /// What a person decided about a digest last.
    pub fn state(&self, kind: ObjectKind, name: &str, digest: &Digest) -> Option<ApprovalState> {
        self.name(kind, name)?.state(digest)
    }

    /// The digest that changes of a name are compared with: the one that a person approved last. `None`: nothing of
    /// this name was ever approved.
    pub fn base(&self, kind: ObjectKind, name: &str) -> Option<Digest> {
        self.name(kind, name)?.latest()
    }

    /// The names of a kind of which this process may release something, ascending.
    pub fn names(&self, kind: ObjectKind) -> impl Iterator<Item = &str> {
        let all: BTreeSet<&str> = self.now.keys().chain(self.at_start.keys()).filter_map(of(kind)).collect();
        all.into_iter().filter(move |name| self.releasable(kind, name).next().is_some())
    }

    /// The digests of a name that this process may release, ascending.
    pub fn releasable(&self, kind: ObjectKind, name: &str) -> impl Iterator<Item = Digest> {
        let now = self.name(kind, name).into_iter().flat_map(|pins| pins.digests().keys());
        let at_start = self.at_start.get(&(kind, name.to_owned())).into_iter().flat_map(BTreeMap::keys);
        let all: BTreeSet<Digest> = now.chain(at_start).copied().collect();
        all.into_iter().filter(move |digest| self.releases(kind, name, digest))
    }

    /// How an object passes by a published update: only while nothing was decided about it, and while the object that it
    /// was compared with is approved.
    pub(super) fn pass(&self, kind: ObjectKind, name: &str, digest: &Digest) -> Option<Pass> {
        let pass = self.passing.of(kind, name, digest)?;
        let is_undecided = self.state(kind, name, digest).is_none();
        let rests = |base: Digest| self.state(kind, name, &base) == Some(ApprovalState::Approved);
        (is_undecided && pass.base().is_none_or(rests)).then_some(pass)
    }

    /// Whether an object could be released from the start of this process on, by a person's approval or by an update.
    pub(super) fn could_pass_at_start(&self, kind: ObjectKind, name: &str, digest: &Digest) -> bool {
        self.was_approved_at_start(kind, name, digest) || self.pass(kind, name, digest).is_some()
    }

    /// Whether a person approved the digest before this process started.
    pub(super) fn was_approved_at_start(&self, kind: ObjectKind, name: &str, digest: &Digest) -> bool {
        self.at_start.get(&(kind, name.to_owned())).is_some_and(|digests| digests.contains_key(digest))
    }

    /// Whether another name that a person approved looks like this one.
    pub(super) fn has_lookalike(&self, kind: ObjectKind, name: &str) -> bool {
        let alike = self.skeletons.get(&(kind, skeleton(name)));
        alike.is_some_and(|names| names.iter().any(|other| other != name))
    }

    fn name(&self, kind: ObjectKind, name: &str) -> Option<&NamePins> {
        self.now.get(&(kind, name.to_owned()))
    }
}

/// The name alone, where it is of this kind.
fn of(kind: ObjectKind) -> impl Fn(&(ObjectKind, String)) -> Option<&str> {
    move |(of, name)| (*of == kind).then_some(name.as_str())
}
