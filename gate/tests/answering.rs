//! Answering from the pins: what a client has before its server is verified. Rules: `spec/answers.md`.
#![allow(clippy::unwrap_used)]

mod support;

use pinfold_core::answer::{Answer, AnsweredObject};
use pinfold_core::digest::ObjectKind::{Instructions, Prompt, ServerInfo, Tool};
use pinfold_core::reason::ReasonCode;
use pinfold_gate::gate::{Ending, LaunchStanding, Report};
use pinfold_gate::guardian::ServerExit;
use support::from_pins::*;
use support::*;

const ASK: &str = r#"{"name":"ask","description":"Ask."}"#;
const ALL: &str = r#"{"tools":{},"prompts":{},"resources":{}}"#;
const TOOLS_CHANGED: &str = "notifications/tools/list_changed";

fn was_told(bench: &mut Bench, method: &str) -> bool {
    bench.news().iter().any(|message| message["method"] == method)
}

#[test]
fn without_a_memory_the_handshake_waits() {
    let mut bench = Bench::new(&Approvals::of(&[(Tool, LOOK)]));
    bench.client_greets();
    assert_eq!(bench.has_answer(0), None);
}

#[test]
fn everything_that_is_listed_is_answered_at_once() {
    let words = r#"{"title":"Server"}"#;
    let approvals = Approvals::of(&[
        (Tool, LOOK),
        (Tool, FIND),
        (Prompt, ASK),
        (Instructions, r#""Be brief.""#),
        (ServerInfo, words),
    ]);
    let more = r#","instructions":"Be brief.""#;
    let mut first = Bench::new(&approvals);
    first.client_greets();
    let id = first.own_id("initialize").unwrap();
    first.server(&format!(
        r#"{{"jsonrpc":"2.0","id":"{id}","result":{{"protocolVersion":"2025-06-18","capabilities":{ALL},"serverInfo":{{"name":"s","version":"1","title":"Server"}}{more}}}}}"#
    ));
    first.lists("prompts/list", &format!(r#"{{"prompts":[{ASK}]}}"#));
    first.lists("resources/templates/list", r#"{"resourceTemplates":[]}"#);
    first.lists_tools(&[FIND, LOOK]);
    let mut bench = Bench::recalling(&approvals, answered(&first), ALWAYS);
    bench.client_greets();
    // The same, but for the order of members.
    assert_eq!(bench.answer(0)["result"], first.answer(0)["result"]);
    assert_eq!(bench.answer(0)["result"]["serverInfo"]["title"], "Server");
    assert_eq!(bench.answer(0)["result"]["capabilities"]["resources"]["listChanged"], true);
    bench.client(READY);
    assert_eq!(tools(&mut bench, 1), ["find", "look"]);
    assert!(bench.client_saw(LOOK) && bench.client_saw(FIND), "byte for byte");
    for (id, method, member, count) in [
        (2, "prompts/list", "prompts", 1),
        (3, "resources/templates/list", "resourceTemplates", 0),
        (4, "resources/list", "resources", 0),
    ] {
        bench.client(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}"}}"#));
        let listed = bench.answer(id)["result"][member].as_array().map(Vec::len);
        assert_eq!(listed, Some(count), "{method}");
    }
    bench.client(r#"{"jsonrpc":"2.0","id":5,"method":"ping"}"#);
    assert!(bench.has_answer(5).is_some());
    // The server is asked for the version that was answered, and nothing of what it lists is news.
    bench.news();
    server_shakes_hands(&mut bench, ALL, more);
    bench.lists("prompts/list", &format!(r#"{{"prompts":[{ASK}]}}"#));
    bench.lists("resources/templates/list", r#"{"resourceTemplates":[]}"#);
    bench.lists_tools(&[FIND, LOOK]);
    let news = bench.news();
    assert_eq!(news.len(), 1, "{news:?}");
    assert_eq!(news[0]["method"], "notifications/resources/list_changed", "the empty list was no answer");
}

#[test]
fn only_what_is_approved_now_is_answered() {
    let mut approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let remembered = answer(&approvals, &[LOOK, FIND]);
    approvals.reject(Tool, FIND);
    let mut bench = Bench::recalling(&approvals, remembered, ALWAYS);
    bench.client_greets();
    bench.client(READY);
    assert_eq!(tools(&mut bench, 1), ["look", "pinfold_notice"]);
    assert!(!bench.client_saw("Find one thing"));
    // Rejected while the server is still silent.
    bench.news();
    approvals.reject(Tool, LOOK);
    bench.approvals_changed(&approvals);
    assert!(was_told(&mut bench, TOOLS_CHANGED));
    assert_eq!(tools(&mut bench, 2), ["pinfold_notice"]);
}

#[test]
fn what_was_held_is_answered_once_it_is_approved() {
    let mut approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let before = answer(&approvals, &[LOOK, FIND]);
    let remembered = answer(&approvals, &[LOOK, FIND_CHANGED]);
    let mut bench = Bench::recalling(&approvals, remembered.clone(), ALWAYS);
    bench.client_greets();
    assert_eq!(tools(&mut bench, 1), ["look", "pinfold_notice"]);
    assert!(!bench.client_saw("POISON"));
    approvals.approve(Tool, FIND_CHANGED, Some(digest_of(Tool, FIND)));
    let mut bench = Bench::recalling(&approvals, remembered, ALWAYS);
    bench.client_greets();
    assert_eq!(tools(&mut bench, 1), ["look", "find"]);
    assert!(bench.client_saw("POISON"), "which are approved words now");
    // The words that were replaced stand for those that replaced them, and never for themselves.
    let mut bench = Bench::recalling(&approvals, before, ALWAYS);
    bench.client_greets();
    assert_eq!(tools(&mut bench, 1), ["look", "find"]);
    assert!(bench.client_saw("POISON") && !bench.client_saw(FIND));
}

#[test]
fn bytes_that_have_another_digest_are_not_answered() {
    let mut approvals = Approvals::of(&[(Tool, LOOK), (ServerInfo, r#"{"title":"Server"}"#)]);
    let mut answer = answer(&approvals, &[LOOK]);
    let digest = digest_of(ServerInfo, r#"{"title":"Server"}"#);
    answer.objects.push(AnsweredObject { kind: ServerInfo, name: "serverInfo".to_owned(), digest });
    for (bytes, title) in
        [(r#"{"title":"Server"}"#, Some("Server")), (LOOK, None), (r#"{"title":"POISON"}"#, None)]
    {
        approvals.garble(digest, bytes);
        let mut bench = Bench::recalling(&approvals, answer.clone(), ALWAYS);
        bench.client_greets();
        assert_eq!(bench.answer(0)["result"]["serverInfo"]["title"].as_str(), title, "{bytes}");
        assert_eq!(bench.answer(0)["result"]["serverInfo"]["name"], "s");
    }
}

#[test]
fn a_memory_that_somebody_edited_approves_nothing() {
    let approvals = Approvals::of(&[(Tool, LOOK), (Instructions, r#""Be brief.""#)]);
    let mut edited = answer(&approvals, &[LOOK]);
    edited.objects[0].digest = digest_of(Tool, FIND_CHANGED);
    let mut bench = Bench::recalling(&approvals, edited.clone(), ALWAYS);
    bench.client_greets();
    assert_eq!(tools(&mut bench, 1), ["pinfold_notice"]);
    // Approved under one name is not approved under another, and a name twice gives nothing.
    let honest = answer(&approvals, &[LOOK]);
    for (name, twice) in [("other", false), ("look", true)] {
        let mut edited = honest.clone();
        edited.objects[0].name = name.to_owned();
        if twice {
            edited.objects.push(edited.objects[0].clone());
        }
        let mut bench = Bench::recalling(&approvals, edited, ALWAYS);
        bench.client_greets();
        assert_eq!(tools(&mut bench, 1), ["pinfold_notice"], "{name}");
    }
    // Instructions that nobody approved, and a version of no era: as without a memory.
    let mut edited = honest.clone();
    edited.objects[0].kind = Instructions;
    edited.objects[0].name = "instructions".to_owned();
    let unknown = Answer { version: "1999-01-01".to_owned(), ..honest };
    for edited in [edited, unknown] {
        let mut bench = Bench::recalling(&approvals, edited, ALWAYS);
        bench.client_greets();
        assert_eq!(bench.has_answer(0), None);
    }
}

#[test]
fn what_waits_goes_in_order_once_the_server_is_verified() {
    let approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let mut bench = early(&approvals, &[LOOK, FIND], ALWAYS);
    bench.call(1, "look", "{}");
    bench.client(r#"{"jsonrpc":"2.0","id":2,"method":"resources/read","params":{"uri":"a:b"}}"#);
    bench.call(3, "find", "{}");
    bench.pass(40_000);
    assert!(!bench.server_saw("tools/call") && !bench.server_saw("resources/read"));
    server_shakes_hands(&mut bench, r#"{"tools":{}}"#, "");
    assert!(!bench.server_saw("tools/call"), "a handshake verifies nothing");
    bench.lists_tools(&[LOOK, FIND]);
    let sent: Vec<_> = bench.to_server.iter().filter_map(|message| message["id"].as_u64()).collect();
    assert_eq!(sent, [1, 2, 3]);
}

#[test]
fn a_call_that_waits_too_long_is_refused_and_the_server_goes_on() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = early(&approvals, &[LOOK], ALWAYS);
    bench.pass(30_000);
    bench.call(1, "look", "{}");
    bench.pass(49_000);
    assert_eq!(bench.has_answer(1), None);
    bench.pass(1_000);
    assert_eq!(reason_of(&bench.answer(1)), "SERVER_SILENT");
    assert_eq!((bench.ended_servers, bench.ending), (0, None), "a slow server may still come");
    server_shakes_hands(&mut bench, r#"{"tools":{}}"#, "");
    bench.pass(70_000);
    bench.lists_tools(&[LOOK]);
    assert!(!bench.server_saw(r#""id":1,"#), "what was refused is never sent");
    bench.call(2, "look", "{}");
    assert!(bench.server_saw(r#""id":2,"#));
}

#[test]
fn a_cancelled_call_is_never_sent_and_the_end_drops_all() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = early(&approvals, &[LOOK], ALWAYS);
    bench.call(1, "look", "{}");
    bench.call(2, "look", "{}");
    bench.client(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#);
    server_shakes_hands(&mut bench, r#"{"tools":{}}"#, "");
    bench.lists_tools(&[LOOK]);
    assert!(!bench.server_saw(r#""id":1,"#) && bench.server_saw(r#""id":2,"#));
    assert!(!bench.server_saw("cancelled"), "the server does not even hear of it");

    let mut bench = early(&approvals, &[LOOK], ALWAYS);
    bench.call(1, "look", "{}");
    bench.act(|gate, _, out| gate.client_ended(out));
    server_shakes_hands(&mut bench, r#"{"tools":{}}"#, "");
    bench.lists_tools(&[LOOK]);
    assert!(!bench.server_saw("tools/call"));
    assert_eq!(bench.ending, Some(Ending::ClientLeft));
}

#[test]
fn before_verification_only_roots_and_ping_pass() {
    let mut approvals = Approvals::of(&[(Tool, LOOK)]);
    approvals.approve_sampling();
    let mut bench = early(&approvals, &[LOOK], ALWAYS);
    server_shakes_hands(&mut bench, r#"{"tools":{}}"#, "");
    bench.news();
    for (id, method, reason) in
        [("e", "elicitation/create", "ASK_NOT_APPROVED"), ("s", "sampling/createMessage", "ASK_NOT_APPROVED")]
    {
        bench.server(&format!(r#"{{"jsonrpc":"2.0","id":"{id}","method":"{method}","params":{{}}}}"#));
        let answer = bench.to_server.last().unwrap();
        assert_eq!((&answer["id"], reason_of(answer)), (&id.into(), reason));
    }
    bench.server(r#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#);
    assert_eq!(bench.to_server.last().unwrap()["id"], "p");
    bench.server(r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"POISON"}}"#);
    assert_eq!(bench.news(), Vec::<serde_json::Value>::new());
    bench.server(r#"{"jsonrpc":"2.0","id":"r","method":"roots/list"}"#);
    assert_eq!(bench.news()[0]["method"], "roots/list");
    assert!(!bench.reports.iter().any(|report| matches!(report, Report::Asked(_))), "sampling is approved");
    bench.lists_tools(&[LOOK]);
    bench.server(r#"{"jsonrpc":"2.0","id":"s","method":"sampling/createMessage","params":{}}"#);
    assert_eq!(bench.news().last().unwrap()["method"], "sampling/createMessage");
}

#[test]
fn a_tool_that_changed_since_is_held() {
    let approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let mut bench = early(&approvals, &[LOOK, FIND], ALWAYS);
    assert_eq!(tools(&mut bench, 1), ["look", "find"]);
    bench.call(2, "find", "{}");
    bench.call(3, "look", "{}");
    bench.news();
    server_shakes_hands(&mut bench, r#"{"tools":{}}"#, "");
    bench.lists_tools(&[LOOK, FIND_CHANGED]);
    assert_eq!(reason_of(&bench.answer(2)), "DESC_CHANGED");
    assert!(!bench.server_saw(r#""name":"find""#) && bench.server_saw(r#""name":"look""#));
    assert!(was_told(&mut bench, TOOLS_CHANGED));
    assert!(!bench.client_saw("POISON"));
}

#[test]
fn a_held_server_lists_no_resources() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::new(&approvals);
    bench.client_greets();
    bench.server_greets(ALL, r#","instructions":"nobody approved this""#);
    bench.lists_tools(&[LOOK]);
    bench.lists("prompts/list", r#"{"prompts":[]}"#);
    bench.lists("resources/templates/list", r#"{"resourceTemplates":[]}"#);
    assert_eq!(tools(&mut bench, 1), ["pinfold_notice"]);
    bench.client(r#"{"jsonrpc":"2.0","id":2,"method":"resources/list"}"#);
    assert_eq!(bench.answer(2)["result"]["resources"], serde_json::json!([]));
    bench.client(r#"{"jsonrpc":"2.0","id":3,"method":"prompts/list"}"#);
    assert_eq!(bench.answer(3)["result"]["prompts"], serde_json::json!([]));
}

#[test]
fn a_listing_that_lacks_a_name_is_walked_twice() {
    let approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    // It first lists nothing, and then everything.
    let mut bench = early(&approvals, &[LOOK, FIND], ALWAYS);
    assert_eq!(tools(&mut bench, 1), ["look", "find"]);
    bench.call(2, "look", "{}");
    server_shakes_hands(&mut bench, r#"{"tools":{}}"#, "");
    bench.news();
    bench.lists_tools(&[]);
    assert_eq!(bench.has_answer(2), None, "the call waits");
    assert!(bench.news().is_empty(), "nobody is told yet");
    bench.pass(1_000);
    bench.lists_tools(&[LOOK, FIND]);
    assert!(bench.server_saw(r#""id":2,"#));
    assert!(bench.news().is_empty(), "there is nothing to tell");
    assert!(
        !bench
            .reports
            .iter()
            .any(|report| matches!(report, Report::Answered { answer, .. } if answer.objects.is_empty()))
            || bench.ending.is_none()
    );

    // It lists less, and goes on doing so.
    let mut bench = early(&approvals, &[LOOK, FIND], ALWAYS);
    assert_eq!(tools(&mut bench, 1), ["look", "find"]);
    bench.call(2, "find", "{}");
    server_shakes_hands(&mut bench, r#"{"tools":{}}"#, "");
    bench.lists_tools(&[LOOK]);
    bench.news();
    assert_eq!(bench.has_answer(2), None);
    bench.pass(1_000);
    bench.lists_tools(&[LOOK]);
    assert!(was_told(&mut bench, TOOLS_CHANGED));
    assert_eq!(bench.answer(2)["error"]["code"], -32602);
    assert_eq!(bench.client_lists(3, &[LOOK]).as_array().unwrap().len(), 1);
}

#[test]
fn a_listing_that_never_agrees_is_walked_four_times() {
    let approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let mut bench = early(&approvals, &[LOOK, FIND], ALWAYS);
    assert_eq!(tools(&mut bench, 1), ["look", "find"]);
    server_shakes_hands(&mut bench, r#"{"tools":{}}"#, "");
    bench.news();
    for (walk, listed) in [&[LOOK][..], &[], &[LOOK], &[]].into_iter().enumerate() {
        assert!(bench.news().is_empty(), "walk {walk}");
        bench.lists_tools(listed);
        bench.pass(1_000);
    }
    assert!(was_told(&mut bench, TOOLS_CHANGED));
    assert_eq!(bench.own_id("tools/list"), None, "no further walk");
}

#[test]
fn another_version_or_other_instructions_need_a_reconnect() {
    let brief = r#","instructions":"Be brief.""#;
    let mut approvals = Approvals::of(&[(Tool, LOOK), (Instructions, r#""Be brief.""#)]);
    approvals.approve(Instructions, r#""Be long.""#, None);
    let mut first = Bench::new(&approvals);
    first.greet(r#"{"tools":{}}"#, brief);
    first.lists_tools(&[LOOK]);
    let remembered = answered(&first);
    for (version, more, reason) in [
        ("2025-06-18", brief, None),
        ("2025-03-26", brief, Some("RECONNECT_NEEDED")),
        ("2025-06-18", r#","instructions":"Be long.""#, Some("RECONNECT_NEEDED")),
        ("2025-06-18", "", Some("RECONNECT_NEEDED")),
        ("2025-06-18", r#","instructions":"POISON""#, Some("INSTRUCTIONS_CHANGED")),
    ] {
        let mut bench = Bench::recalling(&approvals, remembered.clone(), ALWAYS);
        bench.client_greets();
        bench.client(READY);
        assert_eq!(bench.answer(0)["result"]["instructions"], "Be brief.");
        assert_eq!(tools(&mut bench, 1), ["look"]);
        bench.call(2, "look", "{}");
        let id = bench.own_id("initialize").unwrap();
        bench.server(&format!(
            r#"{{"jsonrpc":"2.0","id":"{id}","result":{{"protocolVersion":"{version}","capabilities":{{"tools":{{}}}},"serverInfo":{{"name":"s","version":"1"}}{more}}}}}"#
        ));
        bench.lists_tools(&[LOOK]);
        let Some(reason) = reason else {
            assert!(bench.server_saw("tools/call"));
            continue;
        };
        assert_eq!(reason_of(&bench.answer(2)), reason, "{version} {more}");
        assert!(!bench.server_saw("tools/call") && !bench.client_saw("POISON"));
        assert!(was_told(&mut bench, TOOLS_CHANGED));
        bench.client(r#"{"jsonrpc":"2.0","id":3,"method":"tools/list"}"#);
        if bench.has_answer(3).is_none() {
            bench.lists_tools(&[LOOK]);
        }
        assert_eq!(names(&bench.answer(3)["result"]["tools"]), ["pinfold_notice"]);
        let is_void = bench.reports.iter().any(|report| matches!(report, Report::AnswerVoid(_)));
        assert_eq!(is_void, reason == "RECONNECT_NEEDED", "the next session asks the server first");
        if reason == "RECONNECT_NEEDED" {
            let words = bench.answer(2)["result"]["content"][0]["text"].to_string();
            assert!(words.contains("reconnected"), "{words}");
        }
    }
}

#[test]
fn a_failed_start_leaves_the_listing_and_is_tried_again() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = early(&approvals, &[LOOK], ALWAYS);
    bench.call(1, "look", "{}");
    bench.act(|gate, _, out| gate.server_ended(ServerExit::Status(1), out));
    assert_eq!(reason_of(&bench.answer(1)), "SERVER_ENDED");
    assert!(
        bench.answer(1)["result"]["content"][0]["text"].as_str().unwrap().contains("pinfold status demo")
    );
    assert_eq!(bench.ending, None, "the session goes on");
    assert_eq!(tools(&mut bench, 2), ["look"]);
    assert_eq!(bench.started, 1, "a listing starts nothing");
    bench.call(3, "look", "{}");
    assert_eq!(bench.started, 2);
    bench.act(|gate, _, out| gate.server_not_started(ReasonCode::StartFailed, out));
    assert_eq!(reason_of(&bench.answer(3)), "START_FAILED");
    bench.call(4, "look", "{}");
    bench.pass(600_000);
    assert_eq!(reason_of(&bench.answer(4)), "SERVER_SILENT");
    bench.call(5, "look", "{}");
    server_shakes_hands(&mut bench, r#"{"tools":{}}"#, "");
    bench.lists_tools(&[LOOK]);
    assert!(bench.server_saw(r#""id":5,"#));
    let failed: Vec<_> = bench
        .reports
        .iter()
        .filter_map(|report| match report {
            Report::StartFailed(reason) => Some(reason.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(failed, ["SERVER_ENDED", "START_FAILED", "SERVER_SILENT"]);
    // A launch that does not check out is another matter.
    let mut bench = early(&approvals, &[LOOK], ALWAYS);
    bench.call(1, "look", "{}");
    bench.act(|gate, _, out| gate.server_not_started(ReasonCode::LaunchChanged, out));
    assert_eq!(reason_of(&bench.answer(1)), "LAUNCH_CHANGED");
    assert_eq!(tools(&mut bench, 2), ["pinfold_notice"]);
}

#[test]
fn what_a_server_has_already_is_answered_when_it_ends_before_it_is_verified() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = early(&approvals, &[LOOK], ALWAYS);
    server_shakes_hands(&mut bench, r#"{"tools":{},"prompts":{}}"#, "");
    bench.lists_tools(&[LOOK]);
    bench.call(1, "look", "{}");
    assert!(bench.server_saw(r#""id":1,"#), "its own listing was verified");
    bench.client(r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#);
    bench.client(r#"{"jsonrpc":"2.0","id":3,"method":"resources/read"}"#);
    bench.act(|gate, _, out| gate.server_ended(ServerExit::Status(1), out));
    assert_eq!(reason_of(&bench.answer(1)), "SERVER_ENDED");
    let words = |bench: &Bench, id| bench.answer(id).to_string();
    assert!(words(&bench, 1).contains("This was sent to the MCP server"), "{}", words(&bench, 1));
    assert_eq!(names(&bench.answer(2)["result"]["tools"]), ["look"]);
    assert!(words(&bench, 3).contains("Pinfold did not send this"), "{}", words(&bench, 3));
}

#[test]
fn a_listing_that_was_shown_is_not_waited_for_longer_because_another_one_is_missing() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = early(&approvals, &[LOOK], ALWAYS);
    server_shakes_hands(&mut bench, r#"{"tools":{},"prompts":{}}"#, "");
    bench.lists_tools(&[LOOK]);
    bench.client(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#);
    bench.pass(50_000);
    assert_eq!(reason_of(&bench.answer(1)), "SERVER_SILENT");
    assert_eq!(bench.ended_servers, 0, "its prompts may still come");
}

#[test]
fn a_server_that_is_dead_before_the_client_asks_is_no_end_of_the_session() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::recalling(&approvals, answer(&approvals, &[LOOK]), ALWAYS);
    bench.act(|gate, _, out| gate.server_ended(ServerExit::Status(1), out));
    assert_eq!(bench.ending, None);
    bench.client_greets();
    assert_eq!(tools(&mut bench, 1), ["look"]);
    // Without a memory it is.
    let mut bench = Bench::new(&approvals);
    bench.act(|gate, _, out| gate.server_ended(ServerExit::Status(1), out));
    bench.client_greets();
    assert_eq!(reason_of(&bench.answer(0)), "SERVER_ENDED");
    assert!(matches!(bench.ending, Some(Ending::ServerEnded { early: true, .. })));
}

#[test]
fn on_call_the_server_starts_with_the_first_request_that_needs_it() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    for request in [
        r#"{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"look","arguments":{}}}"#,
        r#"{"jsonrpc":"2.0","id":9,"method":"prompts/get","params":{"name":"ask"}}"#,
        r#"{"jsonrpc":"2.0","id":9,"method":"resources/read","params":{"uri":"a:b"}}"#,
    ] {
        let mut bench = early(&approvals, &[LOOK], ON_CALL);
        assert_eq!(tools(&mut bench, 1), ["look"]);
        bench.client(r#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#);
        bench.call(3, "pinfold_notice", "{}");
        bench.pass(600_000);
        assert_eq!(bench.started, 0);
        bench.client(request);
        assert_eq!(bench.started, 1, "{request}");
        server_shakes_hands(&mut bench, r#"{"tools":{}}"#, "");
        bench.lists_tools(&[LOOK]);
        assert_eq!(bench.started, 1);
        bench.call(4, "look", "{}");
        assert!(bench.server_saw(r#""id":4,"#));
    }
    // Without a memory it is needed for the handshake.
    let mut bench = Bench::with(&approvals, ON_CALL, LaunchStanding::Approved);
    assert_eq!(bench.started, 0);
    bench.client_greets();
    assert_eq!(bench.started, 1);
}

#[test]
fn on_call_a_launch_that_is_approved_again_is_as_one_that_was_not_needed_yet() {
    let approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let mut bench = early(&approvals, &[LOOK, FIND], ON_CALL);
    bench.call(1, "look", "{}");
    server_shakes_hands(&mut bench, r#"{"tools":{}}"#, "");
    bench.lists_tools(&[FIND, LOOK]);
    assert_eq!(bench.started, 1);
    let held = LaunchStanding::Held(ReasonCode::LaunchChanged);
    bench.act(|gate, _, out| gate.launch_changed(held, out));
    assert_eq!(tools(&mut bench, 2), ["pinfold_notice"]);
    bench.act(|gate, _, out| gate.launch_changed(LaunchStanding::Approved, out));
    assert_eq!(bench.started, 1);
    assert_eq!(tools(&mut bench, 3), ["look", "find"], "as it was answered, not as the ended process had it");
    bench.call(4, "look", "{}");
    assert_eq!(bench.started, 2);
    server_shakes_hands(&mut bench, r#"{"tools":{}}"#, "");
    bench.lists_tools(&[FIND, LOOK]);
    assert!(bench.server_saw(r#""id":4,"#));
}

#[test]
fn news_does_not_wait_for_a_second_look_at_an_ended_server() {
    let approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let mut bench = early(&approvals, &[LOOK, FIND], ALWAYS);
    assert_eq!(tools(&mut bench, 1), ["look", "find"]);
    server_shakes_hands(&mut bench, r#"{"tools":{}}"#, r#","instructions":"POISON""#);
    bench.lists_tools(&[LOOK]);
    assert_eq!(bench.ended_servers, 1);
    assert!(was_told(&mut bench, TOOLS_CHANGED));
    assert_eq!(tools(&mut bench, 2), ["pinfold_notice"]);
    // It was told when the server was held, and is told no less if it comes to be ready afterwards.
    let mut bench = Bench::recalling(&approvals, answer(&approvals, &[LOOK, FIND]), ALWAYS);
    bench.client_greets();
    assert_eq!(tools(&mut bench, 1), ["look", "find"]);
    server_shakes_hands(&mut bench, r#"{"tools":{}}"#, r#","instructions":"POISON""#);
    bench.lists_tools(&[LOOK]);
    bench.news();
    bench.client(READY);
    assert!(was_told(&mut bench, TOOLS_CHANGED));
}
