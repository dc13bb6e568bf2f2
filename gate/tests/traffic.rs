//! Traffic: what passes in both directions, and what does not. Rules: `spec/gate.md`.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::atomic::Ordering;

use pinfold_core::digest::ObjectKind::{Instructions, Tool};
use pinfold_core::reason::ReasonCode;
use pinfold_gate::gate::{Ending, LaunchStanding, MAX_JUNK_TOLD, Report};
use pinfold_gate::guardian::ServerExit;
use support::*;

const SAMPLING: &str =
    r#"{"jsonrpc":"2.0","id":"s1","method":"sampling/createMessage","params":{"messages":[],"maxTokens":1}}"#;
const ELICITATION: &str = r#"{"jsonrpc":"2.0","id":"e1","method":"elicitation/create","params":{"message":"?","requestedSchema":{}}}"#;

#[test]
fn an_approved_call_and_its_result_pass_as_they_are() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::session(&approvals, &[LOOK]);
    let call = r#"{ "jsonrpc": "2.0", "id":9007199254740993,"method":"tools/call","params":{"name":"l\u006fok","arguments":{"n":1.10,"big":7960607143101464576}}}"#;
    bench.client(call);
    assert_eq!(bench.raw_to_server.last().unwrap().trim_end(), call);
    let result =
        r#"{"id":9007199254740993,"result":{"x":123456789012345678901234567890,"x":1.10},"jsonrpc":"2.0"}"#;
    bench.server(&result.replace(r#","x":1.10"#, ""));
    assert!(bench.client_saw("123456789012345678901234567890"));
}

#[test]
fn a_call_of_a_held_tool_never_reaches_the_server() {
    let approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let mut bench = Bench::session(&approvals, &[LOOK, FIND_CHANGED]);
    bench.call(2, "find", "{}");
    let answer = bench.answer(2);
    assert_eq!(answer["result"]["isError"], true);
    assert_eq!(answer["result"]["_meta"]["pinfold/label"], "demo");
    assert_eq!(reason_of(&answer), "DESC_CHANGED");
    assert!(!bench.server_saw("tools/call"));
}

#[test]
fn a_denied_tool_is_neither_listed_nor_called_whatever_is_approved() {
    let mut approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    approvals.allow_calls("find", 600);
    let policy = "version = 1\n[server.demo]\ndeny = [\"fi*\"]\nconfirm = [\"find\"]\n";
    let mut bench = Bench::with(&approvals, policy, LaunchStanding::Approved);
    bench.unix_now.store(100, Ordering::Relaxed);
    bench.greet(r#"{"tools":{}}"#, "");
    bench.lists_tools(&[LOOK, FIND]);
    let listed = bench.client_lists(2, &[LOOK, FIND]);
    assert_eq!(listed.as_array().unwrap().len(), 1, "no notice either: {listed}");
    assert_eq!(listed[0]["name"], "look");
    bench.call(3, "find", "{}");
    assert_eq!(reason_of(&bench.answer(3)), "TOOL_DENIED");
    let changed = bench.client_lists(4, &[LOOK, FIND_CHANGED]);
    assert_eq!(changed.as_array().unwrap().len(), 1, "a change of it is no alarm: {changed}");
    bench.call(5, "fi_unheard_of", "{}");
    assert_eq!(reason_of(&bench.answer(5)), "TOOL_DENIED");
    assert!(!bench.server_saw("tools/call"));
    bench.call(6, "look", "{}");
    assert!(bench.server_saw(r#""id":6,"#));
}

#[test]
fn a_tool_to_confirm_is_listed_and_called_only_while_a_yes_lasts() {
    let mut approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let policy = "version = 1\n[defaults]\nconfirm = [\"find\"]\n";
    let mut bench = Bench::with(&approvals, policy, LaunchStanding::Approved);
    bench.greet(r#"{"tools":{}}"#, "");
    bench.lists_tools(&[LOOK, FIND]);
    assert_eq!(bench.client_lists(2, &[LOOK, FIND]).as_array().unwrap().len(), 2);
    let refused = |bench: &mut Bench, id| {
        bench.call(id, "find", "{}");
        assert_eq!(reason_of(&bench.answer(id)), "CONFIRM_NEEDED");
        assert!(!bench.server_saw(&format!(r#""id":{id},"#)));
    };
    refused(&mut bench, 3);
    assert!(bench.reports.iter().any(|report| matches!(report, Report::ConfirmNeeded)));
    let words = bench.answer(3)["result"]["content"][0]["text"].as_str().unwrap().to_owned();
    assert!(words.contains("pinfold policy allow demo TOOL --for 10m"), "{words}");
    approvals.allow_calls("find", 600);
    bench.approvals_changed(&approvals);
    let since = approvals.label_pins().allowance("find").unwrap().since.0;
    for (id, at) in [(4, since), (5, 599)] {
        bench.unix_now.store(at, Ordering::Relaxed);
        bench.call(id, "find", "{}");
        assert!(bench.server_saw(&format!(r#""id":{id},"#)), "at {at}");
    }
    for (id, at) in [(6, 600), (7, since - 1)] {
        bench.unix_now.store(at, Ordering::Relaxed);
        refused(&mut bench, id);
    }
    bench.unix_now.store(599, Ordering::Relaxed);
    bench.call(8, "find", r#"{"undeclared":1}"#);
    assert!(bench.server_saw(r#""id":8,"#));
    approvals.allow_calls("find", since + 100);
    bench.approvals_changed(&approvals);
    refused(&mut bench, 9);
}

/// A call that waits for a listing is looked at again when it goes.
#[test]
fn a_yes_that_ends_while_a_call_waits_is_over() {
    let mut approvals = Approvals::of(&[(Tool, LOOK)]);
    approvals.allow_calls("look", 600);
    let policy = "version = 1\n[defaults]\nconfirm = [\"*\"]\n";
    let mut bench = Bench::with(&approvals, policy, LaunchStanding::Approved);
    bench.unix_now.store(500, Ordering::Relaxed);
    bench.greet(r#"{"tools":{}}"#, "");
    bench.call(2, "look", "{}");
    assert_eq!(bench.has_answer(2), None, "it waits");
    bench.unix_now.store(700, Ordering::Relaxed);
    bench.lists_tools(&[LOOK]);
    assert_eq!(reason_of(&bench.answer(2)), "CONFIRM_NEEDED");
    assert!(!bench.server_saw("tools/call"));
}

#[test]
fn an_unlisted_tool_is_refused() {
    let approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let mut bench = Bench::session(&approvals, &[LOOK]);
    for (id, name) in [(2, "hidden"), (3, "find"), (4, "Look")] {
        bench.call(id, name, "{}");
        assert_eq!(bench.answer(id)["error"]["code"], -32602, "{name}");
        assert_eq!(reason_of(&bench.answer(id)), "TOOL_NOT_APPROVED");
    }
    assert!(!bench.server_saw("tools/call"));
}

#[test]
fn arguments_are_judged_by_the_approved_schema() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::session(&approvals, &[LOOK]);
    bench.call(2, "look", r#"{"count":"5"}"#);
    let answer = bench.answer(2);
    assert_eq!((reason_of(&answer), &answer["result"]["isError"]), ("ARGUMENTS_INVALID", &true.into()));
    let words = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(words.contains("/count") && words.contains("integer"), "{words}");
    assert!(!bench.server_saw("tools/call"));
    for (id, arguments) in
        [(3, r#"{"count":null}"#), (4, r#"{"count":5}"#), (5, r#"{"undeclared":1}"#), (6, "null")]
    {
        bench.call(id, "look", arguments);
        assert!(bench.server_saw(&format!(r#""id":{id},"#)), "{arguments}");
    }
    bench.client(r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"look"}}"#);
    assert!(bench.server_saw(r#""id":7,"#), "no arguments");
}

#[test]
fn an_unknown_method_is_never_forwarded() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::new(&approvals);
    bench.client(r#"{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{}}"#);
    assert_eq!(bench.answer(1)["error"]["code"], -32601);
    bench.greet(r#"{"tools":{}}"#, "");
    bench.lists_tools(&[LOOK]);
    bench.client(r#"{"jsonrpc":"2.0","id":2,"method":"tools/secret","params":{}}"#);
    assert_eq!(bench.answer(2)["error"]["code"], -32601);
    bench.client(r#"{"jsonrpc":"2.0","method":"notifications/secret"}"#);
    assert!(!bench.server_saw("secret") && !bench.server_saw("discover"));
}

#[test]
fn a_ping_is_answered_by_the_gate_in_both_directions() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::new(&approvals);
    bench.client(r#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#);
    assert_eq!(bench.raw_to_client.last().unwrap(), "{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"result\":{}}\n");
    bench.server(r#"{"jsonrpc":"2.0","id":5,"method":"ping"}"#);
    assert_eq!(bench.raw_to_server.last().unwrap(), "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}\n");
}

#[test]
fn initialize_does_not_wait_for_the_walk() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::new(&approvals);
    bench.greet(r#"{"tools":{},"logging":{}}"#, "");
    let result = &bench.answer(0)["result"];
    assert_eq!(result["protocolVersion"], "2025-06-18");
    assert_eq!(result["capabilities"]["tools"]["listChanged"], true);
    assert!(bench.server_saw("notifications/initialized"));
}

#[test]
fn changed_instructions_hold_the_whole_server() {
    let mut approvals = Approvals::of(&[(Tool, LOOK), (Instructions, r#""Be kind.""#)]);
    let mut bench = Bench::new(&approvals);
    bench.greet(r#"{"tools":{},"prompts":{}}"#, r#","instructions":"Be kind. POISON""#);
    assert!(bench.answer(0)["result"].get("instructions").is_none());
    bench.lists_tools(&[LOOK]);
    bench.lists("prompts/list", r#"{"prompts":[]}"#);
    assert_eq!(bench.ended_servers, 1, "its process is ended once everything was looked at");
    bench.client(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#);
    assert_eq!(names(&bench.answer(1)["result"]["tools"]), ["pinfold_notice"]);
    bench.call(2, "look", "{}");
    assert_eq!(reason_of(&bench.answer(2)), "INSTRUCTIONS_CHANGED");
    assert!(!bench.client_saw("POISON"));

    approvals.approve(Instructions, r#""Be kind. POISON""#, Some(digest_of(Instructions, r#""Be kind.""#)));
    bench.approvals_changed(&approvals);
    assert_eq!(bench.started, 2, "approval starts it anew");
    bench.server_greets(r#"{"tools":{},"prompts":{}}"#, r#","instructions":"Be kind. POISON""#);
    bench.lists_tools(&[LOOK]);
    bench.lists("prompts/list", r#"{"prompts":[]}"#);
    assert_eq!(names(&bench.client_lists(3, &[LOOK])), ["look"]);
    let settled = bench.reports.iter().rev().find_map(|report| match report {
        Report::Settled { needs_reconnect, .. } => Some(*needs_reconnect),
        _ => None,
    });
    assert_eq!(settled, Some(true), "the instructions reach the client when it reconnects");
}

#[test]
fn approved_instructions_are_given() {
    let approvals = Approvals::of(&[(Tool, LOOK), (Instructions, r#""Be kind.""#)]);
    let mut bench = Bench::new(&approvals);
    bench.greet(r#"{"tools":{}}"#, r#","instructions":"Be k\u0069nd.""#);
    assert!(bench.client_saw(r#""instructions":"Be k\u0069nd.""#), "as received");
}

#[test]
fn changed_words_of_the_server_about_itself_are_left_out() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::new(&approvals);
    bench.client_greets();
    let id = bench.own_id("initialize").unwrap();
    bench.server(&format!(r#"{{"jsonrpc":"2.0","id":"{id}","result":{{"protocolVersion":"2025-06-18","capabilities":{{"tools":{{}}}},"serverInfo":{{"name":"s","version":"2","title":"POISON"}},"extra":"POISON"}}}}"#));
    assert!(!bench.client_saw("POISON"));
    assert_eq!(bench.answer(0)["result"]["serverInfo"]["version"], "2");
    bench.lists_tools(&[LOOK]);
    assert!(names(&bench.client_lists(1, &[LOOK])).contains(&"look"), "the tools work");
}

#[test]
fn nothing_is_started_for_an_unknown_launch() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    for reason in [ReasonCode::ServerUnknown, ReasonCode::LaunchChanged] {
        let mut bench = Bench::with(&approvals, "version = 1\n", LaunchStanding::Held(reason));
        bench.client_greets();
        assert_eq!(bench.answer(0)["result"]["capabilities"]["tools"]["listChanged"], true);
        bench.client(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        bench.client(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#);
        assert_eq!(names(&bench.answer(1)["result"]["tools"]), ["pinfold_notice"]);
        bench.call(2, "pinfold_notice", "{}");
        assert!(bench.answer(2)["result"]["content"][0]["text"].as_str().unwrap().contains("pinfold review"));
        bench.call(3, "look", "{}");
        assert_eq!(reason_of(&bench.answer(3)), reason.as_str());
        assert_eq!((bench.started, bench.raw_to_server.len()), (0, 0));

        bench.act(|gate, _, out| gate.launch_changed(LaunchStanding::Approved, out));
        assert_eq!(bench.started, 1);
        bench.server_greets(r#"{"tools":{}}"#, "");
        bench.lists_tools(&[LOOK]);
        assert!(bench.news().iter().any(|news| news["method"] == "notifications/tools/list_changed"));
        assert_eq!(names(&bench.client_lists(4, &[LOOK])), ["look"]);
    }
}

#[test]
fn another_version_after_an_alone_greeting_needs_a_reconnect() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let held = LaunchStanding::Held(ReasonCode::ServerUnknown);
    let mut bench = Bench::with(&approvals, "version = 1\n", held);
    bench.client_greets();
    bench.act(|gate, _, out| gate.launch_changed(LaunchStanding::Approved, out));
    assert!(bench.server_saw(r#""protocolVersion":"2025-06-18""#), "the version that was answered");
    let id = bench.own_id("initialize").unwrap();
    bench.server(&format!(r#"{{"jsonrpc":"2.0","id":"{id}","result":{{"protocolVersion":"2024-11-05","capabilities":{{"tools":{{}}}},"serverInfo":{{"name":"s","version":"1"}}}}}}"#));
    bench.call(2, "look", "{}");
    assert_eq!(reason_of(&bench.answer(2)), "RECONNECT_NEEDED");
}

#[test]
fn elicitation_before_verification_is_refused() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::new(&approvals);
    bench.greet(r#"{"tools":{}}"#, "");
    bench.server(ELICITATION);
    assert!(!bench.client_saw("elicitation"));
    assert_eq!(bench.to_server.last().unwrap()["error"]["data"]["pinfold/reason"], "ASK_NOT_APPROVED");
    bench.lists_tools(&[LOOK]);
    bench.server(ELICITATION);
    assert!(bench.client_saw("elicitation/create"));
    bench.client(r#"{"jsonrpc":"2.0","id":"e1","result":{"action":"decline"}}"#);
    assert!(bench.server_saw(r#""action":"decline""#));
    bench.client(r#"{"jsonrpc":"2.0","id":"e1","result":{"action":"accept"}}"#);
    assert!(!bench.server_saw(r#""action":"accept""#), "one answer");
}

#[test]
fn policy_refuses_elicitation_and_roots() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let policy = "version = 1\n[server.demo]\nelicitation = \"refuse\"\nroots = \"refuse\"\n";
    let mut bench = Bench::with(&approvals, policy, LaunchStanding::Approved);
    bench.greet(r#"{"tools":{}}"#, "");
    bench.lists_tools(&[LOOK]);
    bench.server(ELICITATION);
    bench.server(r#"{"jsonrpc":"2.0","id":"r1","method":"roots/list"}"#);
    assert!(!bench.client_saw("elicitation") && !bench.client_saw("roots/list"));
}

#[test]
fn sampling_needs_approval() {
    let mut approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::session(&approvals, &[LOOK]);
    bench.client_lists(1, &[LOOK]);
    bench.news();
    bench.server(SAMPLING);
    assert!(!bench.client_saw("sampling"));
    assert_eq!(bench.to_server.last().unwrap()["error"]["data"]["pinfold/reason"], "UNPINNED_TOOLDEF");
    assert!(bench.reports.iter().any(|report| matches!(report, Report::Asked(_))));
    assert_eq!(
        bench.news().last().unwrap()["method"],
        "notifications/tools/list_changed",
        "the notice is there"
    );
    approvals.approve_sampling();
    bench.approvals_changed(&approvals);
    bench.server(SAMPLING);
    assert!(bench.client_saw("sampling/createMessage"));
}

#[test]
fn what_waits_is_cancelled_or_answered_in_time() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::new(&approvals);
    bench.greet(r#"{"tools":{}}"#, "");
    bench.call(2, "look", "{}");
    bench.call(3, "look", "{}");
    bench.client(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}"#);
    assert!(!bench.server_saw("cancelled"));
    bench.pass(51_000);
    assert_eq!(reason_of(&bench.answer(3)), "SERVER_SILENT");
    assert!(bench.has_answer(2).is_none() && !bench.server_saw("tools/call"));
}

#[test]
fn requests_wait_in_order_and_pings_do_not() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::new(&approvals);
    bench.greet(r#"{"tools":{},"resources":{}}"#, "");
    bench.call(2, "look", r#"{"n":2}"#);
    bench.client(r#"{"jsonrpc":"2.0","id":3,"method":"resources/read","params":{"uri":"a:b"}}"#);
    bench.call(4, "look", r#"{"n":4}"#);
    bench.client(r#"{"jsonrpc":"2.0","id":5,"method":"ping"}"#);
    assert!(bench.has_answer(5).is_some());
    bench.lists_tools(&[LOOK]);
    bench.lists("resources/templates/list", r#"{"resourceTemplates":[]}"#);
    let order: Vec<u64> = bench.to_server.iter().filter_map(|message| message["id"].as_u64()).collect();
    assert_eq!(order, [2, 3, 4]);
}

#[test]
fn a_late_cancellation_passes_and_an_unsent_one_does_not() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::session(&approvals, &[LOOK]);
    bench.call(2, "look", "{}");
    bench.server(r#"{"jsonrpc":"2.0","id":2,"result":{}}"#);
    bench.client(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}"#);
    assert!(bench.server_saw("notifications/cancelled"));
}

#[test]
fn requests_that_were_withdrawn_keep_no_place_from_others() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::session(&approvals, &[LOOK]);
    // A server need not answer what was withdrawn.
    for id in 1..=5_000 {
        bench.call(id, "look", "{}");
        bench.client(&format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{id}}}}}"#
        ));
    }
    bench.call(6_000, "look", "{}");
    assert!(bench.server_saw(r#""id":6000,"#));
    for id in 0..1_000 {
        bench.server(&ELICITATION.replace("e1", &format!("e{id}")));
        bench.server(&format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":"e{id}"}}}}"#
        ));
    }
    assert!(bench.client_saw(r#""id":"e999""#));
    bench.client(r#"{"jsonrpc":"2.0","id":"e999","result":{"action":"accept"}}"#);
    assert!(!bench.server_saw(r#""id":"e999""#), "the server withdrew it");
}

#[test]
fn progress_passes_for_open_requests_only() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::session(&approvals, &[LOOK]);
    for (id, token) in [(2, "7"), (3, r#""7""#), (4, "0")] {
        bench.client(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"look","_meta":{{"progressToken":{token}}}}}}}"#));
        bench.server(&format!(r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{token},"progress":1}}}}"#));
        let passed = format!(r#""progressToken":{token},"#);
        assert!(bench.client_saw(&passed));
        bench.server(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#));
    }
    let before = bench.raw_to_client.len();
    bench.server(r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"made-up","progress":1}}"#);
    bench.server(
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":1}}"#,
    );
    assert_eq!(bench.raw_to_client.len(), before);
    assert_eq!(bench.reports.iter().filter(|report| matches!(report, Report::Dropped)).count(), 2);
}

#[test]
fn an_unasked_answer_is_dropped() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::session(&approvals, &[LOOK]);
    bench.call(2, "look", "{}");
    let before = bench.raw_to_client.len();
    for id in ["3", r#""2""#, r#""pinfold/99""#, "null"] {
        bench.server(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#));
    }
    assert_eq!(bench.raw_to_client.len(), before);
    bench.server(r#"{"jsonrpc":"2.0","id":2,"result":{}}"#);
    bench.server(r#"{"jsonrpc":"2.0","id":2,"result":{"again":1}}"#);
    assert_eq!(bench.raw_to_client.len(), before + 1);
}

#[test]
fn an_id_in_use_is_refused() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::session(&approvals, &[LOOK]);
    bench.call(2, "look", "{}");
    bench.call(2, "look", r#"{"second":1}"#);
    assert_eq!(reason_of(&bench.answer(2)), "ID_COLLISION");
    assert!(!bench.server_saw("second"));
    bench.client(r#"{"jsonrpc":"2.0","id":"pinfold/1","method":"tools/call","params":{"name":"look"}}"#);
    assert!(!bench.server_saw(r#""id":"pinfold/1","method":"tools/call""#));
}

#[test]
fn every_open_request_is_answered_when_the_server_ends() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::session(&approvals, &[LOOK]);
    bench.call(2, "look", "{}");
    bench.client(r#"{"jsonrpc":"2.0","id":3,"method":"tools/list"}"#);
    bench.act(|gate, _, out| gate.server_ended(ServerExit::Status(1), out));
    for id in [2, 3] {
        let answer = bench.answer(id);
        assert_eq!(reason_of(&answer), "SERVER_ENDED");
        assert_eq!(answer["error"]["message"], "The MCP server exited with status 1.");
    }
    assert!(matches!(bench.ending, Some(Ending::ServerEnded { early: false, .. })));
}

#[test]
fn a_broken_answer_is_refused_to_whoever_waits_for_it() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::session(&approvals, &[LOOK]);
    bench.call(2, "look", "{}");
    bench.server(r#"{"jsonrpc":"2.0","id":2,"result":{"a":1,"a":2}}"#);
    assert_eq!(reason_of(&bench.answer(2)), "JSON_DUP_KEY");
}

#[test]
fn junk_and_broken_lines_of_the_client_are_answered_and_not_sent_on() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::session(&approvals, &[LOOK]);
    let sent = bench.raw_to_server.len();
    for (line, code) in [
        ("hello", -32700),
        ("[]", -32600),
        (r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"look","name":"find"}}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","Params":{"name":"look"}}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600),
    ] {
        bench.client(line);
        let answer = bench.to_client.last().unwrap();
        assert_eq!(answer["error"]["code"], code, "{line}");
        assert_eq!(answer["id"].as_u64(), line.contains(r#""id":2,"#).then_some(2), "under its id: {line}");
    }
    assert_eq!(bench.raw_to_server.len(), sent);
}

#[test]
fn of_a_flood_of_junk_only_the_beginning_is_told() {
    let mut bench = Bench::session(&Approvals::of(&[(Tool, LOOK)]), &[LOOK]);
    for _ in 0..MAX_JUNK_TOLD + 500 {
        bench.server(&"x".repeat(5_000));
    }
    let junk = bench.reports.iter().filter_map(|report| match report {
        Report::Junk(line) => Some(line.len()),
        _ => None,
    });
    let junk: Vec<usize> = junk.collect();
    assert_eq!(junk.len(), MAX_JUNK_TOLD + 500, "each is counted");
    assert_eq!(junk.iter().sum::<usize>(), MAX_JUNK_TOLD * 800);
}

#[test]
fn junk_of_the_server_never_reaches_the_client() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::new(&approvals);
    bench.server("Demo server v1.2");
    bench.greet(r#"{"tools":{}}"#, "");
    bench.server("listening {}");
    bench.lists_tools(&[LOOK]);
    assert!(!bench.client_saw("Demo server") && !bench.client_saw("listening"));
    assert_eq!(bench.reports.iter().filter(|report| matches!(report, Report::Junk(_))).count(), 2);
}

#[test]
fn a_silent_handshake_is_answered_in_time() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::new(&approvals);
    bench.client_greets();
    bench.pass(50_000);
    assert_eq!(reason_of(&bench.answer(0)), "SERVER_SILENT");
    assert_eq!(bench.ending, Some(Ending::ServerSilent));
}
