//! What a person reads after a yes: what the clients need, and a second channel that tells of it.

use std::time::{Duration, Instant};

use pinfold_core::digest::ObjectKind;
use pinfold_core::name::Label;
use pinfold_store::{Access, GateState, HomeStanding, Places, Store};

use super::Review;
use super::words::Words;
use crate::notify::{DECIDED, Voice};
use crate::output::Output;
use crate::policy_file;
use crate::run::{Detail, NEEDS_RECONNECT};
use crate::waiting::gates;

/// How long a running gate gets to say that an approval waits for a reconnect.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Tells of approvals on the desktop, and says what is left to do in the clients.
pub(super) fn say(review: &mut Review, words: &Words, output: &mut Output<'_>) {
    if review.approved == 0 {
        return;
    }
    tell(&format!("{} approved for {} at a terminal.", count(review.approved), review.label), &review.places);
    if words.approved.is_empty() {
        return;
    }
    let runs = |store: &Store| gates(store, &review.label).is_ok_and(|gates| !gates.is_empty());
    let Some(store) = review.store().ok().filter(runs) else {
        output.note("no client runs this server now; the next start has what you approved.");
        return;
    };
    if words.approved.contains(&ObjectKind::Instructions) || needs_reconnect(&store, &review.label) {
        output.note("running clients see the new instructions or version only after they reconnect:");
    } else {
        output.note("running clients are told. One that shows no change needs a nudge:");
    }
    output.note("  Claude Code: /mcp, then Reconnect    Gemini CLI: /mcp refresh");
    output.note("  Codex CLI, OpenCode and others: start a new session");
}

/// Tells of a decision as the policy says. A policy that cannot be read tells nobody: what needs one refuses anyway.
pub(crate) fn tell(body: &str, places: &Places) {
    let standing =
        Store::open(places, Access::Read).map_or(HomeStanding::OtherUndecided, |store| store.home_standing());
    if let Ok(policy) = policy_file::own(&places.policy()) {
        Voice::in_home(&policy, standing).say("", DECIDED, body);
    }
}

fn needs_reconnect(store: &Store, label: &Label) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let says_so = gates(store, label).is_ok_and(|gates| {
            gates.iter().any(|gate| {
                gate.state == GateState::Ready && Detail::parse(&gate.detail).words == NEEDS_RECONNECT
            })
        });
        if says_so {
            return true;
        }
        std::thread::sleep(Duration::from_millis(150));
    }
    false
}

fn count(approved: usize) -> String {
    if approved == 1 { "1 question was".to_owned() } else { format!("{approved} things were") }
}
