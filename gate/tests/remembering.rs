//! What is remembered of a session. Rules: `spec/answers.md`.
#![allow(clippy::unwrap_used)]

mod support;

use pinfold_core::digest::ObjectKind::Tool;
use pinfold_gate::gate::Report;
use pinfold_gate::guardian::ServerExit;
use support::from_pins::*;
use support::*;

const ASK: &str = r#"{"name":"ask","description":"Ask."}"#;

#[test]
fn a_change_in_mid_session_is_not_how_the_next_one_begins() {
    let approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let began = answer(&approvals, &[LOOK, FIND]);
    let mut bench = Bench::session(&approvals, &[LOOK, FIND]);
    bench.server(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#);
    bench.lists_tools(&[LOOK, FIND_CHANGED, ASK]);
    assert!(bench.held("find").is_some() && bench.held("ask").is_some());
    assert_eq!(answered(&bench), began);
    // A server that begins with other words is remembered so.
    let changed = answer(&approvals, &[LOOK, FIND_CHANGED]);
    assert_ne!(changed, began);
}

#[test]
fn a_shorter_answer_is_reported_as_one_that_may_still_grow() {
    let approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let mut bench = early(&approvals, &[LOOK, FIND], ALWAYS);
    server_shakes_hands(&mut bench, r#"{"tools":{}}"#, "");
    bench.lists_tools(&[LOOK]);
    assert_eq!(noted(&bench), [(1, false)]);
    bench.act(|gate, _, out| gate.stop(out));
    assert_eq!(noted(&bench), [(1, false), (1, true)]);
    // One that did not shrink is noted already, perhaps by a younger session since.
    let mut bench = early(&approvals, &[LOOK, FIND], ALWAYS);
    server_shakes_hands(&mut bench, r#"{"tools":{}}"#, "");
    bench.lists_tools(&[FIND, LOOK]);
    bench.act(|gate, _, out| gate.stop(out));
    assert_eq!(noted(&bench), [(2, false)]);
    // A server that died has not stood until the end.
    let mut bench = early(&approvals, &[LOOK, FIND], ALWAYS);
    server_shakes_hands(&mut bench, r#"{"tools":{}}"#, "");
    bench.lists_tools(&[LOOK]);
    bench.act(|gate, _, out| gate.server_ended(ServerExit::Signal(9), out));
    bench.act(|gate, _, out| gate.client_ended(out));
    assert_eq!(noted(&bench), [(1, false)]);
}

#[test]
fn a_server_that_is_told_to_end_with_the_gate_stood_until_the_end() {
    let approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let orderly = [ServerExit::Signal(15), ServerExit::Status(143), ServerExit::Status(0)];
    for (exit, also_at_the_end) in orderly.map(|exit| (exit, true)).into_iter().chain([
        (ServerExit::Status(1), false),
        (ServerExit::Signal(11), false),
        (ServerExit::Unknown, false),
    ]) {
        let mut bench = early(&approvals, &[LOOK, FIND], ALWAYS);
        server_shakes_hands(&mut bench, r#"{"tools":{}}"#, "");
        bench.lists_tools(&[LOOK]);
        // The second look begins and does not come to an answer.
        bench.pass(1_000);
        assert!(bench.own_id("tools/list").is_some());
        bench.act(|gate, _, out| gate.server_ended(exit, out));
        bench.act(|gate, _, out| gate.stop(out));
        let expected: &[(usize, bool)] =
            if also_at_the_end { &[(1, false), (1, true)] } else { &[(1, false)] };
        assert_eq!(noted(&bench), expected, "{exit}");
    }
}

#[test]
fn what_was_held_and_is_gone_shortens_no_answer() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = early(&approvals, &[LOOK, FIND], ALWAYS);
    assert_eq!(tools(&mut bench, 1), ["look", "pinfold_notice"]);
    server_shakes_hands(&mut bench, r#"{"tools":{}}"#, "");
    bench.lists_tools(&[LOOK]);
    let unoffered = bench.reports.iter().find_map(|report| match report {
        Report::Answered { unoffered, .. } => Some(unoffered.clone()),
        _ => None,
    });
    assert_eq!(unoffered, Some([(Tool, "find".to_owned())].into()));
    bench.act(|gate, _, out| gate.stop(out));
    assert_eq!(noted(&bench), [(1, false)], "it is noted already");
}

/// What was reported to be remembered: of how many objects, and whether at the end.
fn noted(bench: &Bench) -> Vec<(usize, bool)> {
    let noted = bench.reports.iter().filter_map(|report| match report {
        Report::Answered { answer, at_the_end, .. } => Some((answer.objects.len(), *at_the_end)),
        _ => None,
    });
    noted.collect()
}
