//! The pins: what the fold of all decisions says now. Only [`Pins::apply`] changes them.

use std::collections::BTreeMap;

use super::decision::Ask;
use super::publisher::Publisher;
use crate::digest::{Digest, ObjectKind};
use crate::launch::Launch;
use crate::name::Label;
use crate::volatile::Rule;

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixSeconds(pub u64);

/// What the last decision about a digest was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApprovalState {
    /// It passes.
    Approved,
    /// It was approved and something newer took its place; coming back, it is held.
    Retired,
    /// A person said no; it stays held until a person says yes.
    Rejected,
}

impl ApprovalState {
    /// The name in output and vectors.
    pub fn as_str(self) -> &'static str {
        match self {
            ApprovalState::Approved => "approved",
            ApprovalState::Retired => "retired",
            ApprovalState::Rejected => "rejected",
        }
    }
}

/// Everything that was approved and rejected in one store.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pins {
    pub(super) labels: BTreeMap<String, LabelPins>,
    pub(super) interpreters: BTreeMap<String, InterpreterPin>,
    pub(super) home: Option<String>,
    pub(super) decisions: u64,
}

impl Pins {
    /// Pins of an empty chain: nothing is approved.
    pub fn new() -> Pins {
        Pins::default()
    }

    /// The pins of a label, whatever the case of its letters; also of a forgotten one, whose rejections remain.
    pub fn label(&self, label: &Label) -> Option<&LabelPins> {
        self.labels.get(&super::fold::label_key(label))
    }

    /// The pins of all labels, in the order of their lower-case spelling.
    pub fn labels(&self) -> impl Iterator<Item = &LabelPins> {
        self.labels.values()
    }

    /// What was accepted at this absolute path, for every server that uses it.
    pub fn interpreter(&self, path: &str) -> Option<&InterpreterPin> {
        self.interpreters.get(path)
    }

    /// All accepted interpreters by absolute path.
    pub fn interpreters(&self) -> impl Iterator<Item = (&str, &InterpreterPin)> {
        self.interpreters.iter().map(|(path, pin)| (path.as_str(), pin))
    }

    /// The home folder other than the account's in which decisions were last accepted.
    pub fn accepted_home(&self) -> Option<&str> {
        self.home.as_deref()
    }

    /// How many decisions were folded.
    pub fn decisions(&self) -> u64 {
        self.decisions
    }
}

/// The bytes of an interpreter that a person accepted last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterpreterPin {
    /// Plain SHA-256 of the file.
    pub digest: Digest,
    /// When it was accepted.
    pub since: UnixSeconds,
}

/// What was decided about one label.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelPins {
    pub(super) spelling: Label,
    pub(super) launches: BTreeMap<Digest, LaunchPin>,
    pub(super) objects: BTreeMap<(ObjectKind, String), NamePins>,
    pub(super) asks: BTreeMap<Ask, (ApprovalState, UnixSeconds)>,
    /// By the name of the tool.
    pub(super) allowed: BTreeMap<String, Allowance>,
    pub(super) publisher: Option<Publisher>,
    pub(super) forgotten: Option<UnixSeconds>,
}

/// A while in which a tool may be called that the person's policy wants confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// When it was decided.
    pub since: UnixSeconds,
    /// The first second in which it holds no longer.
    pub until: UnixSeconds,
}

impl Allowance {
    /// Whether it holds at this time. Before it was decided it does not: a clock that was set back prolongs nothing.
    pub fn holds_at(&self, now: UnixSeconds) -> bool {
        (self.since..self.until).contains(&now)
    }
}

impl LabelPins {
    /// The label as it was spelled by the first decision about it.
    pub fn spelling(&self) -> &Label {
        &self.spelling
    }

    /// Whether a launch is approved. Without one, the label is unknown to `run` (`SERVER_UNKNOWN`).
    pub fn is_known(&self) -> bool {
        self.approved_launches().next().is_some()
    }

    /// When the label was forgotten, if no launch was approved since.
    pub fn forgotten(&self) -> Option<UnixSeconds> {
        self.forgotten
    }

    /// Whom the label knows as the publisher of its words; `None`: no approved words of it were ever published. It stays,
    /// whatever is approved or forgotten later, until a decision names another one in its place.
    pub fn publisher(&self) -> Option<&Publisher> {
        self.publisher.as_ref()
    }

    /// Whether any words may reach the client.
    pub fn has_words(&self) -> bool {
        self.objects.values().any(NamePins::is_approved)
    }

    /// Every launch that was decided about, by its digest, in any state.
    pub fn launches(&self) -> &BTreeMap<Digest, LaunchPin> {
        &self.launches
    }

    /// The launches that may be started.
    pub fn approved_launches(&self) -> impl Iterator<Item = (&Digest, &Launch)> {
        self.launches
            .iter()
            .filter(|(_, pin)| pin.state == ApprovalState::Approved)
            .map(|(digest, pin)| (digest, &pin.launch))
    }

    /// What was decided about a launch; `None`: nothing.
    pub fn launch_state(&self, launch: &Digest) -> Option<ApprovalState> {
        self.launches.get(launch).map(|pin| pin.state)
    }

    /// Every name that was decided about.
    pub fn objects(&self) -> &BTreeMap<(ObjectKind, String), NamePins> {
        &self.objects
    }

    /// What was decided about a name; `None`: nothing.
    pub fn name(&self, kind: ObjectKind, name: &str) -> Option<&NamePins> {
        self.objects.get(&(kind, name.to_owned()))
    }

    /// What was decided about something that the server may ask of its client; `None`: nothing.
    pub fn ask_state(&self, ask: Ask) -> Option<ApprovalState> {
        self.asks.get(&ask).map(|(state, _)| *state)
    }

    /// The while in which calls of a tool are allowed, over or not; `None`: nothing was decided.
    pub fn allowance(&self, tool: &str) -> Option<Allowance> {
        self.allowed.get(tool).copied()
    }

    /// All whiles in which calls are allowed, over or not, by the name of the tool.
    pub fn allowances(&self) -> impl Iterator<Item = (&str, Allowance)> {
        self.allowed.iter().map(|(tool, allowance)| (tool.as_str(), *allowance))
    }

    /// Everything that was decided about asks, with the time of the decision.
    pub fn asks(&self) -> &BTreeMap<Ask, (ApprovalState, UnixSeconds)> {
        &self.asks
    }
}

/// A launch and what was decided about it last.
#[derive(Clone, Debug, PartialEq)]
pub struct LaunchPin {
    /// The launch as it was shown.
    pub launch: Launch,
    /// What was decided last.
    pub state: ApprovalState,
    /// When.
    pub since: UnixSeconds,
}

/// What was decided about one name of a label. A name may have several approved digests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamePins {
    pub(super) digests: BTreeMap<Digest, DigestPin>,
}

/// A digest and what was decided about it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestPin {
    /// What was decided last.
    pub state: ApprovalState,
    /// When.
    pub since: UnixSeconds,
    /// What may vary in the object, as its last approval says; empty for a rejected one.
    pub rules: Vec<Rule>,
    /// The sequence of the release that stood behind its last approval; `None`: none of the publisher that the label has
    /// now did, or it is rejected.
    pub published: Option<u64>,
    /// Rank of its last approval among all approvals of the label's store; 0: never approved.
    pub(super) approval_rank: u64,
}

impl NamePins {
    /// Every digest that was decided about, in any state.
    pub fn digests(&self) -> &BTreeMap<Digest, DigestPin> {
        &self.digests
    }

    /// What was decided about a digest; `None`: nothing.
    pub fn state(&self, digest: &Digest) -> Option<ApprovalState> {
        self.digests.get(digest).map(|pin| pin.state)
    }

    /// What may vary in the object of a digest; empty: nothing, or nothing is known of it.
    pub fn rules(&self, digest: &Digest) -> &[Rule] {
        self.digests.get(digest).map_or(&[], |pin| &pin.rules)
    }

    /// The sequence of the release that stood behind the last approval of a digest; `None`: none of the label's publisher.
    pub fn published(&self, digest: &Digest) -> Option<u64> {
        self.digests.get(digest).and_then(|pin| pin.published)
    }

    /// Whether any of its digests passes.
    pub fn is_approved(&self) -> bool {
        self.approved().next().is_some()
    }

    /// The digests that pass.
    pub fn approved(&self) -> impl Iterator<Item = &Digest> {
        self.digests.iter().filter(|(_, pin)| pin.state == ApprovalState::Approved).map(|(digest, _)| digest)
    }

    /// The base of a comparison: the digest that a person approved last. Those still approved come before retired
    /// ones; a digest that was rejected after its approval is no base. `None`: nothing of this name was approved.
    pub fn latest(&self) -> Option<Digest> {
        self.digests
            .iter()
            .filter(|(_, pin)| pin.state != ApprovalState::Rejected)
            .max_by_key(|(_, pin)| (pin.state == ApprovalState::Approved, pin.approval_rank))
            .map(|(digest, _)| *digest)
    }
}
