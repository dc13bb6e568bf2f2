//! Whether a decision would change anything: twenty processes that decide alike leave one decision.

use super::decision::{Approval, Decision};
use super::state::{ApprovalState, LabelPins, Pins};
use crate::digest::Digest;
use crate::name::Label;

impl Pins {
    /// Whether everything that the decision says is so already.
    ///
    /// What a name is compared with ([`super::NamePins::latest`]) and the time of the decision do not count.
    pub fn is_settled(&self, decision: &Decision) -> bool {
        match decision {
            Decision::LaunchApproved { label, launch, replaces } => {
                self.is_approved_launch(label, &launch.digest())
                    && !replaces.iter().any(|old| self.is_approved_launch(label, old))
            }
            Decision::LaunchRejected { label, launch } => {
                let pins = self.label(label);
                pins.and_then(|pins| pins.launch_state(&launch.digest())) == Some(ApprovalState::Rejected)
            }
            Decision::SurfaceApproved { label, claim, objects } => {
                let is_said = |pins: &LabelPins| {
                    let publisher = pins.publisher();
                    claim.as_ref().is_none_or(|claim| publisher.is_some_and(|known| known.covers(claim)))
                };
                let published = claim.as_ref().map(|claim| claim.sequence);
                let is_so = |pins| objects.iter().all(|object| is_approved(pins, object, published));
                self.label(label).is_some_and(|pins| is_said(pins) && is_so(pins))
            }
            Decision::ObjectRejected { label, kind, name, digest } => {
                let name = self.label(label).and_then(|pins| pins.name(*kind, name));
                name.and_then(|name| name.state(digest)) == Some(ApprovalState::Rejected)
            }
            Decision::AskApproved { label, ask } => {
                self.label(label).and_then(|pins| pins.ask_state(*ask)) == Some(ApprovalState::Approved)
            }
            Decision::AskRejected { label, ask } => {
                self.label(label).and_then(|pins| pins.ask_state(*ask)) == Some(ApprovalState::Rejected)
            }
            Decision::InterpreterAccepted { path, digest } => {
                self.interpreter(path).is_some_and(|pin| pin.digest == *digest)
            }
            Decision::HomeAccepted { home } => self.accepted_home() == Some(home),
            Decision::StoreAccepted { .. } => false,
            Decision::CallAllowed { label, tool, until } => {
                let allowance = self.label(label).and_then(|pins| pins.allowance(tool));
                allowance.is_some_and(|allowance| allowance.until == *until)
            }
            Decision::LabelForgotten { label } => {
                self.label(label).is_none_or(|pins| pins.forgotten().is_some())
            }
        }
    }

    fn is_approved_launch(&self, label: &Label, launch: &Digest) -> bool {
        self.label(label).and_then(|pins| pins.launch_state(launch)) == Some(ApprovalState::Approved)
    }
}

impl Decision {
    /// Whether this decision and another are about the same thing, so that one taken without knowing of the other may
    /// be wrong. Decisions about one label are; a store that was accepted is about everything.
    pub fn concerns_the_same(&self, other: &Decision) -> bool {
        match (self.subject(), other.subject()) {
            (Subject::Everything, _) | (_, Subject::Everything) => true,
            (left, right) => left == right,
        }
    }

    /// The label that the decision is about.
    pub fn label(&self) -> Option<&Label> {
        match self {
            Decision::LaunchApproved { label, .. }
            | Decision::LaunchRejected { label, .. }
            | Decision::SurfaceApproved { label, .. }
            | Decision::ObjectRejected { label, .. }
            | Decision::AskApproved { label, .. }
            | Decision::AskRejected { label, .. }
            | Decision::CallAllowed { label, .. }
            | Decision::LabelForgotten { label } => Some(label),
            Decision::InterpreterAccepted { .. }
            | Decision::HomeAccepted { .. }
            | Decision::StoreAccepted { .. } => None,
        }
    }

    fn subject(&self) -> Subject<'_> {
        match self {
            Decision::InterpreterAccepted { path, .. } => Subject::Interpreter(path),
            Decision::HomeAccepted { .. } => Subject::Home,
            Decision::StoreAccepted { .. } => Subject::Everything,
            _ => self.label().map_or(Subject::Everything, |label| Subject::Label(label.key())),
        }
    }
}

#[derive(PartialEq)]
enum Subject<'a> {
    Label(String),
    Interpreter(&'a str),
    Home,
    Everything,
}

/// Words that a person approved are not approved once more because a release has them or has them no more, unless the
/// decision names the release.
fn is_approved(pins: &LabelPins, object: &Approval, published: Option<u64>) -> bool {
    let name = pins.name(object.kind, &object.name);
    let state = |digest| name.and_then(|name| name.state(&digest));
    state(object.digest) == Some(ApprovalState::Approved)
        && (published.is_none() || name.is_some_and(|name| name.published(&object.digest) == published))
        && name.is_some_and(|name| name.rules(&object.digest) == object.rules)
        && object.replaces.and_then(state) != Some(ApprovalState::Approved)
}
