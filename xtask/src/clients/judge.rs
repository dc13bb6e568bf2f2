//! What must hold for a session: the checks on its recorded bodies and on the server's log.

use super::cases::{APPROVED_TOOLS, Case, Held, NOTICE, read_by};
use super::eye::{self, Turn};
use super::session::Outcome;
use super::verdict::Verdict;
use super::words::{ALPHA, APPROVED, BETA, BETA_ANSWER, CHANGED, READ_BY_ALL, READ_BY_MOST, READ_BY_NONE};

/// The turns of a session that ran to its end; without them there is nothing to judge.
pub(crate) fn turns(verdict: &mut Verdict, outcome: &Outcome) -> Option<Vec<Turn>> {
    verdict.check(outcome.failure.is_none(), outcome.failure.clone().unwrap_or_default());
    match eye::turns(verdict.client, &outcome.requests) {
        Ok(turns) => {
            verdict.check(!turns.is_empty(), "the model was never asked");
            (!turns.is_empty()).then_some(turns)
        }
        Err(why) => {
            verdict.check(false, why);
            None
        }
    }
}

/// Without a gate and without a change: the tools are offered and called, and exactly the members that are said to
/// reach the model do. Gives what the model saw.
pub(crate) fn direct(verdict: &mut Verdict, outcome: &Outcome) -> Option<Vec<Turn>> {
    let turns = turns(verdict, outcome)?;
    all_tools_work(verdict, outcome, &turns);
    for carrier in [READ_BY_ALL, READ_BY_MOST, READ_BY_NONE].concat() {
        let expected = read_by(verdict.client).any(|read| read == carrier);
        let seen = eye::count(&outcome.requests, &carrier.approved()) > 0;
        let not = if expected { "does not reach" } else { "reaches" };
        verdict.check(seen == expected, format!("{} {not} the model", carrier.as_str()));
    }
    Some(turns)
}

/// Behind the gate and approved: the model sees what it saw without the gate, byte for byte.
pub(crate) fn same(verdict: &mut Verdict, outcome: &Outcome, direct: Option<&[Turn]>) {
    let Some(turns) = turns(verdict, outcome) else { return };
    all_tools_work(verdict, outcome, &turns);
    equal(verdict, &turns, direct);
    verdict.word = "equal to direct";
}

/// What the model saw is what it saw without the gate, byte for byte.
pub(crate) fn equal(verdict: &mut Verdict, turns: &[Turn], direct: Option<&[Turn]>) {
    let difference = match direct {
        Some(direct) => eye::difference(direct, turns),
        None => Some("there is no direct session to compare with".to_owned()),
    };
    verdict.check(difference.is_none(), difference.unwrap_or_default());
    let bytes: usize = turns.iter().flat_map(|turn| turn.seen.values()).map(Vec::len).sum();
    verdict
        .notes
        .push(format!("{} turns, {bytes} bytes before the model, equal to the direct run", turns.len()));
}

fn all_tools_work(verdict: &mut Verdict, outcome: &Outcome, turns: &[Turn]) {
    for turn in turns {
        let offered = &turn.offered;
        verdict.check(*offered == APPROVED_TOOLS, format!("turn {} offers {offered:?}", turn.calls));
    }
    for tool in APPROVED_TOOLS {
        called(verdict, outcome, tool, 1);
    }
    answered(verdict, outcome);
}

/// Without a gate and with a change: what is said to reach the model must, so that the other leg can fail.
pub(crate) fn unprotected(verdict: &mut Verdict, outcome: &Outcome, case: &Case) {
    if turns(verdict, outcome).is_none() {
        return;
    }
    called(verdict, outcome, BETA, 1);
    let mut hidden = Vec::new();
    for carrier in case.changed.iter().copied() {
        let seen = eye::count(&outcome.requests, &carrier.changed()) > 0;
        let expected = case.reaches_model(verdict.client, carrier);
        match (expected, seen) {
            (true, _) => {
                verdict.check(seen, format!("changed {} should be seen without a gate", carrier.as_str()))
            }
            (false, false) => hidden.push(carrier.as_str()),
            // Whether a client uses a re-listed tool at once is a matter of its timing.
            (false, true) if case.in_session() => {
                verdict.notes.push(format!("{} was seen", carrier.as_str()))
            }
            (false, true) => {
                verdict.check(false, format!("changed {} was said not to reach the model", carrier.as_str()));
            }
        }
    }
    verdict.word = if hidden.len() == case.changed.len() { "not visible" } else { "SHOWN" };
    if !hidden.is_empty() {
        verdict.notes.push(format!("not visible in this client: {}", hidden.join(", ")));
    }
}

/// Behind the gate and with a change: no changed byte anywhere, nothing held reaches the server, the rest works.
///
/// The first listing is answered from what is approved, before the server has said anything; a client that asks again
/// is offered the notice in the place of what is held, one that does not is told by the refusal.
pub(crate) fn gated(verdict: &mut Verdict, outcome: &Outcome, case: &Case) {
    let Some(turns) = turns(verdict, outcome) else { return };
    nothing_of(verdict, outcome, CHANGED);
    let last = turns.last().map(|turn| turn.offered.as_slice()).unwrap_or_default();
    let lists_again = verdict.client.lists_again();
    match case.held() {
        Held::Server => {
            if lists_again {
                verdict.listed_again(*last == [NOTICE], format!("it offers {last:?}"));
            }
            for tool in APPROVED_TOOLS {
                called(verdict, outcome, tool, 0);
            }
            told(verdict, outcome);
            verdict.word = "server held";
        }
        Held::Tool(held) => {
            // In mid-session the first call was of the approved tool; the second came after the change.
            called(verdict, outcome, held, usize::from(case.in_session()));
            others_work(verdict, outcome, &turns);
            let is_offered = |offered: &[String], name: &str| offered.iter().any(|tool| tool == name);
            let was_approved = APPROVED_TOOLS.contains(&held);
            if lists_again {
                let is_new = !is_offered(last, held) && is_offered(last, NOTICE);
                verdict.listed_again(is_new, format!("it offers {last:?}"));
            }
            if !was_approved {
                let ever = turns.iter().any(|turn| is_offered(&turn.offered, held));
                verdict.must(!ever, "the new tool is offered");
            }
            // A client that lists once never hears of a new tool, nor of the notice about it.
            if lists_again || was_approved {
                told(verdict, outcome);
            }
            verdict.word = "held";
        }
    }
}

/// Behind the gate before anything is approved, or with the launch approved and the words not.
pub(crate) fn first_use(verdict: &mut Verdict, outcome: &Outcome, launch_approved: bool) {
    let Some(turns) = turns(verdict, outcome) else { return };
    nothing_of(verdict, outcome, APPROVED);
    only_the_notice(verdict, outcome, &turns);
    told(verdict, outcome);
    let started = outcome.received.any();
    let fault = if started { "the server was started" } else { "the server was not started" };
    verdict.exactly(started, launch_approved, fault);
    verdict.word = if launch_approved { "words held" } else { "not started" };
}

/// No request to the model has `marker` in it.
pub(crate) fn nothing_of(verdict: &mut Verdict, outcome: &Outcome, marker: &str) {
    let seen = eye::count(&outcome.requests, marker);
    verdict.must(seen == 0, format!("{marker} stands {seen} times in the requests to the model"));
}

fn only_the_notice(verdict: &mut Verdict, outcome: &Outcome, turns: &[Turn]) {
    for turn in turns {
        let offered = &turn.offered;
        verdict.check(*offered == [NOTICE], format!("turn {} offers {offered:?}", turn.calls));
    }
    for tool in APPROVED_TOOLS {
        called(verdict, outcome, tool, 0);
    }
}

fn others_work(verdict: &mut Verdict, outcome: &Outcome, turns: &[Turn]) {
    for turn in turns {
        verdict.check(
            turn.offered.iter().any(|tool| tool == BETA),
            format!("turn {} does not offer the unchanged {BETA}", turn.calls),
        );
    }
    called(verdict, outcome, BETA, 1);
    answered(verdict, outcome);
}

/// So many calls of `tool` reached the server.
pub(crate) fn called(verdict: &mut Verdict, outcome: &Outcome, tool: &str, times: usize) {
    let calls = outcome.received.calls(tool);
    verdict.exactly(calls, times, format!("{calls} calls of {tool} reached the server, not {times}"));
}

/// The answer of the tool that never changes reached the model.
pub(crate) fn answered(verdict: &mut Verdict, outcome: &Outcome) {
    let seen = eye::count(&outcome.requests, BETA_ANSWER) > 0;
    verdict.check(seen, format!("the answer of {BETA} did not reach the model"));
}

/// The model reads in fixed words what the user can do.
pub(crate) fn told(verdict: &mut Verdict, outcome: &Outcome) {
    let seen = eye::count(&outcome.requests, "pinfold review") > 0;
    verdict.check(seen, "no words of the gate tell the model of `pinfold review`");
}

/// The calls that the model asks for without a gate: the changing tool, then the other.
pub(crate) const PLAN: [&str; 2] = [ALPHA, BETA];

/// The calls that the model asks for behind the gate.
pub(crate) fn gated_plan(case: &Case) -> Vec<&'static str> {
    match case.held() {
        Held::Server => vec![NOTICE, ALPHA, BETA],
        // The notice may be unknown to a client that lists once: then its call comes to nothing.
        Held::Tool(held) if case.in_session() => vec![held, BETA, held, NOTICE],
        Held::Tool(held) => vec![BETA, NOTICE, held],
    }
}
