//! The fold: one decision after the other, each refused if it makes no sense where it stands.

use std::collections::BTreeSet;

use thiserror::Error;

use super::decision::{Approval, Ask, Decision};
use super::limits::{
    MAX_ALLOWED_SECONDS, MAX_APPROVALS_A_DECISION, MAX_HOME_BYTES, MAX_NAME_BYTES, MAX_PATH_BYTES,
    MAX_REPLACED_LAUNCHES,
};
use super::publisher::Publication;
use super::state::{
    Allowance, ApprovalState, DigestPin, InterpreterPin, LabelPins, LaunchPin, NamePins, Pins, UnixSeconds,
};
use crate::digest::{Digest, ObjectKind};
use crate::launch::Launch;
use crate::name::{Label, is_tool_name};
use crate::volatile::{RuleFault, check_form};

/// Why a decision makes no sense where it stands. The pins are unchanged then.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FoldRefusal {
    /// Words or asks are approved for a label without an approved launch.
    #[error("no launch is approved under the label {0}")]
    LabelUnknown(String),
    /// Something is rejected or forgotten under a label about which nothing was decided, or that is forgotten already.
    #[error("nothing is decided about the label {0}")]
    NothingDecided(String),
    /// A surface without objects is approved.
    #[error("the decision approves no object")]
    NothingApproved,
    /// One decision approves the same digest of a name twice.
    #[error("the decision approves one digest of {0:?} twice")]
    ApprovedTwice(String),
    /// A digest or a launch replaces itself.
    #[error("a digest replaces itself")]
    ReplacesItself,
    /// The replaced digest is not one that was decided about under this name before this decision.
    #[error("the replaced digest of {0:?} is not known")]
    ReplacesUnknown(String),
    /// One decision approves a digest and replaces it.
    #[error("the decision approves and replaces one digest of {0:?}")]
    ReplacesApproved(String),
    /// The replaced launch is not approved.
    #[error("a replaced launch is not approved")]
    ReplacesUnapprovedLaunch,
    /// Replaced launches are not in ascending order, or one stands twice.
    #[error("replaced launches are not in ascending order")]
    ReplacesUnsorted,
    /// A path is relative, empty or contains a NUL.
    #[error("a path is not absolute")]
    PathNotAbsolute,
    /// What may be called is not the name of a tool.
    #[error("{0:?} is not the name of a tool")]
    NotATool(String),
    /// Calls are allowed until a time that is not after the decision, or too long after it.
    #[error("calls are allowed until a time that is not within a day after the decision")]
    EndOutOfRange,
    /// A release has a sequence, or its claim a number of keysets, that none has.
    #[error("no release has this sequence, or no claim this history")]
    OutOfRange,
    /// The label has another publisher, and the decision does not say that this one takes its place; or it says that it
    /// takes the place of one that the label does not have.
    #[error("the label has another publisher")]
    OtherPublisher,
    /// Words of a newer release of the publisher were approved before.
    #[error("release {found} is older than release {approved}, which was approved before")]
    OlderRelease {
        /// The highest sequence that was approved.
        approved: u64,
        /// The sequence of the decision.
        found: u64,
    },
    /// The rules of an object are none, whatever the object is.
    #[error(transparent)]
    Rules(#[from] RuleFault),
    /// A limit of spec/pins.md is exceeded; the text names it.
    #[error("over the limit: {0}")]
    TooLarge(&'static str),
}

impl FoldRefusal {
    /// The name of the refusal in spec/pins.md.
    pub fn name(&self) -> &'static str {
        match self {
            FoldRefusal::LabelUnknown(_) => "LABEL_UNKNOWN",
            FoldRefusal::NothingDecided(_) => "NOTHING_DECIDED",
            FoldRefusal::NothingApproved => "NOTHING_APPROVED",
            FoldRefusal::ApprovedTwice(_) => "APPROVED_TWICE",
            FoldRefusal::ReplacesItself => "REPLACES_ITSELF",
            FoldRefusal::ReplacesUnknown(_) => "REPLACES_UNKNOWN",
            FoldRefusal::ReplacesApproved(_) => "REPLACES_APPROVED",
            FoldRefusal::ReplacesUnapprovedLaunch => "REPLACES_UNAPPROVED_LAUNCH",
            FoldRefusal::ReplacesUnsorted => "REPLACES_UNSORTED",
            FoldRefusal::PathNotAbsolute => "PATH_NOT_ABSOLUTE",
            FoldRefusal::NotATool(_) => "NOT_A_TOOL",
            FoldRefusal::EndOutOfRange => "END_OUT_OF_RANGE",
            FoldRefusal::OutOfRange => "OUT_OF_RANGE",
            FoldRefusal::OtherPublisher => "OTHER_PUBLISHER",
            FoldRefusal::OlderRelease { .. } => "OLDER_RELEASE",
            FoldRefusal::Rules(fault) => fault.name(),
            FoldRefusal::TooLarge(_) => "OVER_LIMIT",
        }
    }
}

impl Pins {
    /// Folds one more decision, taken at the time `at`.
    ///
    /// Whether the words that are approved exist, and who decided, is not checked here.
    ///
    /// # Errors
    /// A [`FoldRefusal`]; the pins are as before.
    pub fn apply(&mut self, decision: &Decision, at: UnixSeconds) -> Result<(), FoldRefusal> {
        match decision {
            Decision::LaunchApproved { label, launch, replaces } => {
                self.approve_launch(label, launch, replaces, at)?;
            }
            Decision::LaunchRejected { label, launch } => {
                let pins = self.label_or_new(label);
                let pin = LaunchPin { launch: launch.clone(), state: ApprovalState::Rejected, since: at };
                pins.launches.insert(launch.digest(), pin);
            }
            Decision::SurfaceApproved { label, claim, objects } => {
                self.approve_surface(label, claim.as_ref(), objects, at)?;
            }
            Decision::ObjectRejected { label, kind, name, digest } => {
                self.reject_object(label, *kind, name, *digest, at)?;
            }
            Decision::AskApproved { label, ask } => self.approve_ask(label, *ask, at)?,
            Decision::AskRejected { label, ask } => {
                self.decided(label)?.asks.insert(*ask, (ApprovalState::Rejected, at));
            }
            Decision::InterpreterAccepted { path, digest } => {
                absolute(path, MAX_PATH_BYTES, "path of an interpreter")?;
                self.interpreters.insert(path.clone(), InterpreterPin { digest: *digest, since: at });
            }
            Decision::HomeAccepted { home } => {
                absolute(home, MAX_HOME_BYTES, "path of a home folder")?;
                self.home = Some(home.clone());
            }
            Decision::StoreAccepted { .. } => {}
            Decision::CallAllowed { label, tool, until } => self.allow_calls(label, tool, *until, at)?,
            Decision::LabelForgotten { label } => self.forget(label, at)?,
        }
        self.decisions += 1;
        Ok(())
    }

    fn approve_launch(
        &mut self,
        label: &Label,
        launch: &Launch,
        replaces: &[Digest],
        at: UnixSeconds,
    ) -> Result<(), FoldRefusal> {
        if replaces.len() > MAX_REPLACED_LAUNCHES {
            return Err(FoldRefusal::TooLarge("replaced launches of a decision"));
        }
        if replaces.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(FoldRefusal::ReplacesUnsorted);
        }
        let digest = launch.digest();
        if replaces.contains(&digest) {
            return Err(FoldRefusal::ReplacesItself);
        }
        let known = self.label(label);
        let approved = |old| known.and_then(|pins| pins.launch_state(old)) == Some(ApprovalState::Approved);
        if !replaces.iter().all(approved) {
            return Err(FoldRefusal::ReplacesUnapprovedLaunch);
        }
        let pins = self.label_or_new(label);
        for old in replaces {
            if let Some(pin) = pins.launches.get_mut(old) {
                pin.state = ApprovalState::Retired;
                pin.since = at;
            }
        }
        let pin = LaunchPin { launch: launch.clone(), state: ApprovalState::Approved, since: at };
        pins.launches.insert(digest, pin);
        if pins.forgotten.take().is_some() {
            pins.spelling = label.clone();
        }
        Ok(())
    }

    fn approve_surface(
        &mut self,
        label: &Label,
        claim: Option<&Publication>,
        objects: &[Approval],
        at: UnixSeconds,
    ) -> Result<(), FoldRefusal> {
        let base_rank = self.decisions * MAX_APPROVALS_A_DECISION as u64;
        let pins = self.known(label)?;
        check_approvals(pins, objects)?;
        let publisher = claim.map(|claim| claim.follow(pins.publisher.as_ref(), at)).transpose()?;
        if claim.is_some_and(|claim| pins.publisher.as_ref().is_some_and(|known| !known.is_of(claim))) {
            // The number of a release says nothing without its publisher.
            let pins = pins.objects.values_mut().flat_map(|name| name.digests.values_mut());
            pins.for_each(|pin| pin.published = None);
        }
        pins.publisher = publisher.or(pins.publisher.take());
        let published = claim.map(|claim| claim.sequence);
        for (rank, approval) in (base_rank + 1..).zip(objects) {
            let name = pins.objects.entry((approval.kind, approval.name.clone())).or_default();
            retire(name, approval.replaces, at);
            let rules = approval.rules.clone();
            let state = ApprovalState::Approved;
            let pin = DigestPin { state, since: at, rules, published, approval_rank: rank };
            name.digests.insert(approval.digest, pin);
        }
        Ok(())
    }

    fn reject_object(
        &mut self,
        label: &Label,
        kind: ObjectKind,
        name: &str,
        digest: Digest,
        at: UnixSeconds,
    ) -> Result<(), FoldRefusal> {
        if name.len() > MAX_NAME_BYTES {
            return Err(FoldRefusal::TooLarge("name of an object"));
        }
        let pins = self.decided(label)?.objects.entry((kind, name.to_owned())).or_default();
        let state = ApprovalState::Rejected;
        let rejected = DigestPin { state, since: at, rules: Vec::new(), published: None, approval_rank: 0 };
        pins.digests.insert(digest, rejected);
        Ok(())
    }

    fn approve_ask(&mut self, label: &Label, ask: Ask, at: UnixSeconds) -> Result<(), FoldRefusal> {
        self.known(label)?.asks.insert(ask, (ApprovalState::Approved, at));
        Ok(())
    }

    fn allow_calls(
        &mut self,
        label: &Label,
        tool: &str,
        until: UnixSeconds,
        at: UnixSeconds,
    ) -> Result<(), FoldRefusal> {
        if !is_tool_name(tool) {
            return Err(FoldRefusal::NotATool(tool.to_owned()));
        }
        if until <= at || until.0 - at.0 > MAX_ALLOWED_SECONDS {
            return Err(FoldRefusal::EndOutOfRange);
        }
        self.known(label)?.allowed.insert(tool.to_owned(), Allowance { since: at, until });
        Ok(())
    }

    /// What was approved goes, what was rejected and who the publisher is stays. Launches remain as retired ones, so that the label cannot be
    /// taken over by another launch without a word about it (`PREVIOUSLY_PINNED_OTHER`).
    fn forget(&mut self, label: &Label, at: UnixSeconds) -> Result<(), FoldRefusal> {
        let pins = self.decided(label)?;
        if pins.forgotten.is_some() {
            return Err(FoldRefusal::NothingDecided(label.to_string()));
        }
        for pin in pins.launches.values_mut().filter(|pin| pin.state == ApprovalState::Approved) {
            pin.state = ApprovalState::Retired;
            pin.since = at;
        }
        for name in pins.objects.values_mut() {
            name.digests.retain(|_, pin| pin.state == ApprovalState::Rejected);
        }
        pins.objects.retain(|_, name| !name.digests.is_empty());
        pins.asks.retain(|_, (state, _)| *state == ApprovalState::Rejected);
        pins.allowed.clear();
        pins.forgotten = Some(at);
        Ok(())
    }

    fn label_or_new(&mut self, label: &Label) -> &mut LabelPins {
        self.labels.entry(label_key(label)).or_insert_with(|| LabelPins {
            spelling: label.clone(),
            launches: Default::default(),
            objects: Default::default(),
            asks: Default::default(),
            allowed: Default::default(),
            publisher: None,
            forgotten: None,
        })
    }

    fn decided(&mut self, label: &Label) -> Result<&mut LabelPins, FoldRefusal> {
        let refusal = || FoldRefusal::NothingDecided(label.to_string());
        self.labels.get_mut(&label_key(label)).ok_or_else(refusal)
    }

    fn known(&mut self, label: &Label) -> Result<&mut LabelPins, FoldRefusal> {
        let refusal = || FoldRefusal::LabelUnknown(label.to_string());
        self.labels.get_mut(&label_key(label)).filter(|pins| pins.is_known()).ok_or_else(refusal)
    }
}

/// Labels are unique without case.
pub(super) fn label_key(label: &Label) -> String {
    label.key()
}

fn check_approvals(pins: &LabelPins, objects: &[Approval]) -> Result<(), FoldRefusal> {
    if objects.is_empty() {
        return Err(FoldRefusal::NothingApproved);
    }
    if objects.len() > MAX_APPROVALS_A_DECISION {
        return Err(FoldRefusal::TooLarge("objects of a decision"));
    }
    let mut approved = BTreeSet::new();
    for approval in objects {
        if approval.name.len() > MAX_NAME_BYTES {
            return Err(FoldRefusal::TooLarge("name of an object"));
        }
        if !approved.insert((approval.kind, approval.name.as_str(), approval.digest)) {
            return Err(FoldRefusal::ApprovedTwice(approval.name.clone()));
        }
        check_form(approval.kind, &approval.rules)?;
    }
    for approval in objects {
        let Some(replaced) = approval.replaces else { continue };
        if replaced == approval.digest {
            return Err(FoldRefusal::ReplacesItself);
        }
        if approved.contains(&(approval.kind, approval.name.as_str(), replaced)) {
            return Err(FoldRefusal::ReplacesApproved(approval.name.clone()));
        }
        if pins.name(approval.kind, &approval.name).and_then(|name| name.state(&replaced)).is_none() {
            return Err(FoldRefusal::ReplacesUnknown(approval.name.clone()));
        }
    }
    Ok(())
}

/// A digest that was rejected stays so: retired would be the weaker word.
fn retire(name: &mut NamePins, replaced: Option<Digest>, at: UnixSeconds) {
    let Some(pin) = replaced.and_then(|digest| name.digests.get_mut(&digest)) else { return };
    if pin.state == ApprovalState::Approved {
        pin.state = ApprovalState::Retired;
        pin.since = at;
    }
}

fn absolute(path: &str, limit_bytes: usize, what: &'static str) -> Result<(), FoldRefusal> {
    if path.len() > limit_bytes {
        return Err(FoldRefusal::TooLarge(what));
    }
    if !path.starts_with('/') || path.contains('\0') {
        return Err(FoldRefusal::PathNotAbsolute);
    }
    Ok(())
}
