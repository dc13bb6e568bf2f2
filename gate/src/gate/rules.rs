//! What the person's policy says about single tools. Source: `spec/policy.md`, *Meaning*.

use pinfold_core::digest::ObjectKind;
use pinfold_core::reason::ReasonCode;
use pinfold_verifier::listing::ListingVerdict;
use pinfold_verifier::policy::{LabelPolicy, ToolRule};

use super::{Effect, Gate, Report};
use crate::words;

impl Gate {
    /// Why no call of this tool is made, by policy alone: `TOOL_DENIED`, or `CONFIRM_NEEDED` while no yes lasts.
    pub(super) fn ruled_out(&self, tool: &str) -> Option<ReasonCode> {
        match self.policy.tool(tool) {
            ToolRule::Free => None,
            ToolRule::Deny(_) => Some(ReasonCode::ToolDenied),
            ToolRule::Confirm(_) => {
                let allowance = self.pins.as_ref().and_then(|pins| pins.allowance(tool));
                let lasts = allowance.is_some_and(|allowance| allowance.holds_at((self.unix_now)()));
                (!lasts).then_some(ReasonCode::ConfirmNeeded)
            }
        }
    }

    /// The words of a call that policy rules out. That a yes is wanted is also reported, for the person to hear of.
    pub(super) fn rule_words(&self, reason: ReasonCode, out: &mut Vec<Effect>) -> String {
        if reason == ReasonCode::ConfirmNeeded {
            out.push(Effect::Report(Report::ConfirmNeeded));
        }
        words::ruled_out(self.said_label(), reason)
    }
}

/// Takes the denied tools out of what was decided about a listing: they are neither offered nor held.
pub(super) fn without_denied(
    policy: &LabelPolicy,
    kind: ObjectKind,
    mut verdict: ListingVerdict,
) -> ListingVerdict {
    if kind != ObjectKind::Tool || policy.deny.is_empty() {
        return verdict;
    }
    let stays = |name: &str| policy.deny.naming(name).is_none();
    verdict.released.retain(|object| stays(object.name()));
    verdict.held.retain(|object| stays(&object.name));
    verdict
}
