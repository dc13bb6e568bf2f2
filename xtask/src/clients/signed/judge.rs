//! What must hold for a session with a signed server.

use super::super::cases::{NOTICE, read_by};
use super::super::eye::{self, Turn};
use super::super::judge::{answered, called, equal, nothing_of, told, turns};
use super::super::session::Outcome;
use super::super::verdict::Verdict;
use super::super::words::{ALPHA, CHANGED, Carrier};
use super::{PLAN, Release};

/// Without a gate: the whole release is offered and works, and its changed words are before the model. Gives what the
/// model saw; `before` is what it saw of the release before.
pub(super) fn direct(
    verdict: &mut Verdict,
    outcome: &Outcome,
    release: Release,
    before: Option<&[Turn]>,
) -> Option<Vec<Turn>> {
    let turns = turns(verdict, outcome)?;
    works(verdict, outcome, &turns, release.tools());
    for carrier in release.state().changed {
        let is_read = match carrier {
            Carrier::ParameterAdded | Carrier::ToolAdded => true,
            Carrier::Narrowed => continue,
            other => read_by(verdict.client).any(|read| read == other),
        };
        let seen = eye::count(&outcome.requests, &carrier.changed()) > 0;
        let not = if is_read { "does not reach" } else { "reaches" };
        verdict.check(seen == is_read, format!("changed {} {not} the model", carrier.as_str()));
    }
    // Codex leaves out of a schema what release 3 changes: there is nothing for its model to see.
    let differs = before.is_none_or(|before| eye::difference(before, &turns).is_some());
    verdict.word = match release {
        Release::One => "as approved",
        _ if differs => "SHOWN",
        _ => "not visible",
    };
    verdict.check(differs || release == Release::Three, "the model sees the same as of the release before");
    Some(turns)
}

/// Behind the gate: the model sees a release as it is without a gate, and every tool of it works.
pub(super) fn shown(
    verdict: &mut Verdict,
    outcome: &Outcome,
    sees: Release,
    direct: Option<&[Turn]>,
    spelling: Spelling,
) {
    let Some(turns) = turns(verdict, outcome) else { return };
    works(verdict, outcome, &turns, sees.tools());
    if sees == Release::One {
        nothing_of(verdict, outcome, CHANGED);
    }
    verdict.word = sees.seen();
    match (spelling, direct) {
        (Spelling::OfTheManifest, Some(direct)) if eye::difference(direct, &turns).is_some() => {
            let other = eye::other_values(direct, &turns);
            verdict.check(other.is_none(), other.unwrap_or_default());
            verdict.notes.push("the same values; members of a schema stand as in the manifest".to_owned());
        }
        _ => equal(verdict, &turns, direct),
    }
}

/// In what spelling a release is before the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// To the byte as without a gate.
    OfTheServer,
    /// The same values. What passes by the policy is in no store, and is answered before the server is there as the bundle
    /// has it, whose members are sorted.
    OfTheManifest,
}

/// Behind the gate: not one byte with `changed` in it, the changed tool does not reach the server, and `working` do.
pub(super) fn held(verdict: &mut Verdict, outcome: &Outcome, changed: &str, working: &[&str]) {
    let Some(turns) = turns(verdict, outcome) else { return };
    nothing_of(verdict, outcome, changed);
    for tool in PLAN {
        called(verdict, outcome, tool, usize::from(working.contains(&tool)));
    }
    for turn in &turns {
        let offers = |tool: &str| turn.offered.iter().any(|offered| offered == tool);
        for tool in PLAN.into_iter().filter(|tool| *tool != ALPHA) {
            let fault = format!("turn {} offers {:?}", turn.calls, turn.offered);
            verdict.exactly(offers(tool), working.contains(&tool), fault);
        }
    }
    answered(verdict, outcome);
    told(verdict, outcome);
    if let (true, Some(last)) = (verdict.client.lists_again(), turns.last()) {
        let offers = |tool: &str| last.offered.iter().any(|offered| offered == tool);
        verdict.listed_again(!offers(ALPHA) && offers(NOTICE), format!("it offers {:?}", last.offered));
    }
    verdict.word = "held";
}

fn works(verdict: &mut Verdict, outcome: &Outcome, turns: &[Turn], tools: &[&str]) {
    for turn in turns {
        let offered = &turn.offered;
        verdict.check(*offered == tools, format!("turn {} offers {offered:?}", turn.calls));
    }
    for tool in PLAN {
        called(verdict, outcome, tool, usize::from(tools.contains(&tool)));
    }
    answered(verdict, outcome);
}
