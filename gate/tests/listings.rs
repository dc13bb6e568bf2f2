//! Listings: what is released, what is held, and when. Rules: `spec/gate.md`.
#![allow(clippy::unwrap_used)]

mod support;

use pinfold_core::digest::ObjectKind::{Prompt, ResourceTemplate, Tool};
use pinfold_core::reason::ReasonCode;
use pinfold_gate::gate::{LaunchStanding, Report};
use support::*;

#[test]
fn an_unchanged_listing_passes_byte_for_byte_and_adds_nothing() {
    let approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let mut bench = Bench::session(&approvals, &[LOOK, FIND]);
    bench.client_lists(1, &[LOOK, FIND]);
    let line = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{{\"tools\":[{LOOK},{FIND}]}}}}\n");
    assert_eq!(bench.raw_to_client.last(), Some(&line));
}

#[test]
fn a_changed_tool_is_held_and_the_others_pass_byte_for_byte() {
    let approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let mut bench = Bench::session(&approvals, &[LOOK, FIND_CHANGED]);
    let tools = bench.client_lists(1, &[LOOK, FIND_CHANGED]);
    assert_eq!(names(&tools), ["look", "pinfold_notice"]);
    assert!(bench.client_saw(LOOK) && !bench.client_saw("POISON"));
    assert_eq!(bench.held("find"), Some(ReasonCode::DescChanged));
}

#[test]
fn other_spelling_other_order_and_fewer_tools_are_no_alarm() {
    let approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let spelled =
        r#"{ "inputSchema": {"type":"object"}, "description":"Find one th\u0069ng.","name":"find" }"#;
    let mut bench = Bench::session(&approvals, &[spelled, LOOK]);
    assert_eq!(names(&bench.client_lists(1, &[spelled, LOOK])), ["find", "look"]);
    assert!(bench.client_saw(spelled), "as received");
    assert_eq!(names(&bench.client_lists(2, &[LOOK])), ["look"]);
    assert!(
        !bench.reports.iter().any(|report| matches!(report, Report::Seen { held, .. } if !held.is_empty()))
    );
}

#[test]
fn nothing_of_page_one_is_released_before_the_last_page() {
    let approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let mut bench = Bench::new(&approvals);
    bench.greet(r#"{"tools":{}}"#, "");
    bench.client(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#);
    bench.lists("tools/list", &format!(r#"{{"tools":[{LOOK}],"nextCursor":"2"}}"#));
    assert!(bench.has_answer(1).is_none() && !bench.client_saw("look"));
    assert!(bench.server_saw(r#""params":{"cursor":"2"}"#));
    bench.lists_tools(&[FIND]);
    assert_eq!(names(&bench.answer(1)["result"]["tools"]), ["look", "find"]);
    assert!(bench.answer(1)["result"].get("nextCursor").is_none());
}

#[test]
fn an_empty_cursor_is_followed() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::new(&approvals);
    bench.greet(r#"{"tools":{}}"#, "");
    bench.client(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":""}}"#);
    bench.lists("tools/list", &format!(r#"{{"tools":[{LOOK}],"nextCursor":""}}"#));
    bench.lists_tools(&[FIND_CHANGED]);
    assert_eq!(names(&bench.answer(1)["result"]["tools"]), ["look", "pinfold_notice"]);
    assert_eq!(bench.held("find"), Some(ReasonCode::ToolAdded));
}

#[test]
fn a_looping_cursor_holds_the_listing() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::new(&approvals);
    bench.greet(r#"{"tools":{}}"#, "");
    bench.client(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#);
    bench.lists("tools/list", &format!(r#"{{"tools":[{LOOK}],"nextCursor":"a"}}"#));
    bench.lists("tools/list", r#"{"tools":[],"nextCursor":"a"}"#);
    assert_eq!(names(&bench.answer(1)["result"]["tools"]), ["pinfold_notice"]);
    bench.call(2, "look", "{}");
    assert_eq!(reason_of(&bench.answer(2)), "CURSOR_LOOP");
}

#[test]
fn an_endless_listing_is_held() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::new(&approvals);
    bench.greet(r#"{"tools":{}}"#, "");
    for page in 0..64 {
        bench.lists("tools/list", &format!(r#"{{"tools":[],"nextCursor":"{page}"}}"#));
    }
    bench.call(2, "look", "{}");
    assert_eq!(reason_of(&bench.answer(2)), "LIMIT_PAGES");

    let many: Vec<String> = (0..4097).map(|n| format!(r#"{{"name":"t{n}","inputSchema":{{}}}}"#)).collect();
    let mut bench = Bench::new(&approvals);
    bench.greet(r#"{"tools":{}}"#, "");
    for (page, tools) in many.chunks(1000).enumerate() {
        bench.lists("tools/list", &format!(r#"{{"tools":[{}],"nextCursor":"{page}"}}"#, tools.join(",")));
    }
    bench.call(2, "look", "{}");
    assert_eq!(reason_of(&bench.answer(2)), "LIMIT_TOOLS");
}

#[test]
fn a_duplicate_name_holds_the_server() {
    let approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let mut bench = Bench::session(&approvals, &[LOOK, FIND, FIND]);
    let tools = bench.client_lists(1, &[LOOK, FIND, FIND]);
    assert_eq!(names(&tools), ["pinfold_notice"]);
    bench.call(2, "look", "{}");
    assert_eq!(reason_of(&bench.answer(2)), "DUP_TOOL_NAME");
    assert!(!bench.server_saw(r#""id":2"#));
}

#[test]
fn prompts_and_templates_are_held_like_tools() {
    let prompt = r#"{"name":"greet","description":"Greets."}"#;
    let template = r#"{"uriTemplate":"file:///{path}","name":"files"}"#;
    let approvals = Approvals::of(&[(Prompt, prompt), (ResourceTemplate, template)]);
    let mut bench = Bench::new(&approvals);
    bench.greet(r#"{"prompts":{},"resources":{}}"#, "");
    bench.client(r#"{"jsonrpc":"2.0","id":1,"method":"prompts/list"}"#);
    bench.client(r#"{"jsonrpc":"2.0","id":2,"method":"resources/templates/list"}"#);
    bench.lists("prompts/list", r#"{"prompts":[{"name":"greet","description":"Greets. POISON"}]}"#);
    bench.lists(
        "resources/templates/list",
        &format!(r#"{{"resourceTemplates":[{template},{{"uriTemplate":"x:{{y}}","name":"POISON"}}]}}"#),
    );
    assert_eq!(bench.answer(1)["result"]["prompts"].as_array().unwrap().len(), 0);
    assert_eq!(bench.answer(2)["result"]["resourceTemplates"].as_array().unwrap().len(), 1);
    assert!(!bench.client_saw("POISON"));
    assert_eq!(bench.held("greet"), Some(ReasonCode::DescChanged));
    assert_eq!(bench.held("x:{y}"), Some(ReasonCode::TemplateAdded));
    bench.client(r#"{"jsonrpc":"2.0","id":3,"method":"prompts/get","params":{"name":"greet"}}"#);
    assert_eq!(reason_of(&bench.answer(3)), "DESC_CHANGED");
    assert!(!bench.server_saw("prompts/get"));
}

#[test]
fn a_change_in_mid_session_is_noticed_without_a_notification() {
    let approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let mut bench = Bench::session(&approvals, &[LOOK, FIND]);
    bench.client_lists(1, &[LOOK, FIND]);
    bench.now += 10_000;
    bench.call(2, "look", "{}");
    bench.news();
    bench.server(r#"{"jsonrpc":"2.0","id":2,"result":{"content":[]}}"#);
    bench.lists_tools(&[LOOK, FIND_CHANGED]);
    let news = bench.news();
    assert!(news.iter().any(|message| message["method"] == "notifications/tools/list_changed"), "{news:?}");
    bench.call(3, "find", "{}");
    assert_eq!(reason_of(&bench.answer(3)), "DESC_CHANGED");
}

#[test]
fn a_renewal_after_calls_happens_at_most_every_five_seconds_and_is_not_forgotten() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::session(&approvals, &[LOOK]);
    for id in 10..20 {
        bench.call(id, "look", "{}");
        bench.server(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#));
    }
    assert_eq!(bench.own_id("tools/list"), None, "walked a moment ago");
    bench.pass(4_900);
    assert_eq!(bench.own_id("tools/list"), None);
    bench.pass(200);
    assert!(bench.own_id("tools/list").is_some());
}

#[test]
fn a_listing_of_thirty_seconds_is_renewed_before_a_call() {
    let approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let mut bench = Bench::session(&approvals, &[LOOK, FIND]);
    bench.now += 31_000;
    bench.call(2, "find", "{}");
    assert!(!bench.server_saw("tools/call"), "the call waits");
    bench.lists_tools(&[LOOK, FIND_CHANGED]);
    assert_eq!(reason_of(&bench.answer(2)), "DESC_CHANGED");
    assert!(!bench.server_saw("tools/call"));
}

#[test]
fn a_notification_begins_a_check_and_calls_wait_for_it() {
    let approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let mut bench = Bench::session(&approvals, &[LOOK, FIND]);
    bench.server(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#);
    assert!(!bench.client_saw("list_changed"), "a notification is not passed on");
    bench.call(2, "find", "{}");
    assert!(bench.has_answer(2).is_none() && !bench.server_saw("tools/call"));
    bench.lists_tools(&[LOOK, FIND_CHANGED]);
    assert_eq!(reason_of(&bench.answer(2)), "DESC_CHANGED");
}

#[test]
fn a_listing_that_changes_while_it_is_walked_is_walked_again() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::new(&approvals);
    bench.greet(r#"{"tools":{}}"#, "");
    bench.client(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#);
    for _ in 0..8 {
        bench.server(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#);
        bench.lists_tools(&[LOOK]);
        assert!(bench.has_answer(1).is_none());
    }
    bench.server(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#);
    bench.lists_tools(&[LOOK]);
    assert_eq!(names(&bench.answer(1)["result"]["tools"]), ["pinfold_notice"]);
    bench.call(2, "look", "{}");
    assert_eq!(reason_of(&bench.answer(2)), "LIST_UNSTABLE");
}

#[test]
fn a_flood_of_notifications_ends_the_server() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::session(&approvals, &[LOOK]);
    for _ in 0..2001 {
        bench.server(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#);
    }
    assert_eq!(bench.ended_servers, 1);
    bench.call(2, "look", "{}");
    assert_eq!(reason_of(&bench.answer(2)), "NOTIFY_FLOOD");
}

#[test]
fn a_server_that_is_ended_before_it_shook_hands_leaves_no_client_waiting() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let flood = |bench: &mut Bench| {
        for _ in 0..2001 {
            bench.server(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#);
        }
        assert_eq!(bench.ended_servers, 1);
    };
    let is_held = |bench: &mut Bench, reason: &str| {
        assert_eq!(bench.answer(0)["result"]["serverInfo"]["name"], "pinfold");
        bench.call(1, "look", "{}");
        assert_eq!(reason_of(&bench.answer(1)), reason);
    };
    let mut bench = Bench::new(&approvals);
    bench.client_greets();
    flood(&mut bench);
    is_held(&mut bench, "NOTIFY_FLOOD");
    let mut bench = Bench::new(&approvals);
    flood(&mut bench);
    bench.client_greets();
    is_held(&mut bench, "NOTIFY_FLOOD");
    // The same where somebody takes the launch back in that moment.
    let mut bench = Bench::new(&approvals);
    bench.client_greets();
    bench.act(|gate, _, out| gate.launch_changed(LaunchStanding::Held(ReasonCode::LaunchChanged), out));
    is_held(&mut bench, "LAUNCH_CHANGED");
}

#[test]
fn a_call_that_was_sent_is_not_said_to_be_unsent() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::session(&approvals, &[LOOK]);
    bench.call(1, "look", "{}");
    for _ in 0..2001 {
        bench.server(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#);
    }
    bench.call(2, "look", "{}");
    for (id, words) in [(1, "This was sent to the MCP server"), (2, "Pinfold did not make this call")] {
        assert_eq!(reason_of(&bench.answer(id)), "NOTIFY_FLOOD");
        assert!(bench.answer(id).to_string().contains(words), "{}", bench.answer(id));
    }
}

#[test]
fn a_hold_of_the_whole_server_is_said_to_be_over_once_nothing_is_held_whole() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let holds = |bench: &Bench| -> Vec<Option<ReasonCode>> {
        let holds = bench.reports.iter().filter_map(|report| match report {
            Report::WholeHold(reason) => Some(*reason),
            _ => None,
        });
        holds.collect()
    };
    // Of an earlier session something may be noted.
    let mut bench = Bench::new(&approvals);
    bench.greet(r#"{"tools":{}}"#, "");
    assert_eq!(holds(&bench), [], "nothing was looked at yet");
    bench.lists_tools(&[LOOK]);
    assert_eq!(holds(&bench), [None]);
    // A listing that is held as a whole was told of by itself.
    let mut bench = Bench::new(&approvals);
    bench.greet(r#"{"tools":{}}"#, "");
    bench.lists("tools/list", r#"{"tools":5}"#);
    assert!(bench.reports.iter().any(|report| matches!(report, Report::ListingRefused(Tool, _))));
    assert_eq!(holds(&bench), []);
    assert_eq!(names(&bench.client_lists(1, &[LOOK])), ["look"]);
    assert_eq!(holds(&bench), [None]);
    assert_eq!(names(&bench.client_lists(2, &[LOOK, LOOK])), ["pinfold_notice"]);
    assert_eq!(holds(&bench), [None, Some(ReasonCode::DupToolName)]);
}

/// A session in which a person has this moment approved what was held when the client listed.
fn just_approved() -> Bench {
    let mut approvals = Approvals::of(&[(Tool, LOOK), (Tool, FIND)]);
    let mut bench = Bench::session(&approvals, &[LOOK, FIND_CHANGED]);
    bench.client_lists(1, &[LOOK, FIND_CHANGED]);
    bench.news();
    approvals.approve(Tool, FIND_CHANGED, Some(digest_of(Tool, FIND)));
    bench.approvals_changed(&approvals);
    bench
}

#[test]
fn an_approval_is_announced_and_served() {
    let mut bench = just_approved();
    assert_eq!(bench.news().last().unwrap()["method"], "notifications/tools/list_changed");
    assert_eq!(names(&bench.client_lists(2, &[LOOK, FIND_CHANGED])), ["look", "find"]);
}

#[test]
fn news_is_told_again_until_the_client_lists() {
    let mut bench = just_approved();
    let told = |bench: &mut Bench| bench.news().len();
    assert_eq!(told(&mut bench), 1);
    bench.pass(0);
    for wait in [500, 1000, 2000] {
        bench.pass(wait - 1);
        assert_eq!(told(&mut bench), 0, "{wait} ms have not passed");
        bench.pass(1);
        assert_eq!(told(&mut bench), 1, "{wait} ms have passed");
    }
    bench.client_lists(2, &[LOOK, FIND_CHANGED]);
    bench.news();
    bench.pass(60_000);
    assert_eq!(told(&mut bench), 0, "it has listed");
}

#[test]
fn a_request_that_waited_heeds_no_news_that_came_after_it() {
    const ONE: &str = r#"{"name":"one","uriTemplate":"demo://{one}"}"#;
    let mut approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::new(&approvals);
    bench.greet(r#"{"tools":{},"resources":{}}"#, "");
    bench.lists_tools(&[LOOK]);
    bench.lists("resources/templates/list", &format!(r#"{{"resourceTemplates":[{ONE}]}}"#));
    bench.client(r#"{"jsonrpc":"2.0","id":1,"method":"resources/templates/list"}"#);
    bench.lists("resources/templates/list", &format!(r#"{{"resourceTemplates":[{ONE}]}}"#));
    bench.pass(3_000);
    bench.server(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#);
    bench.call(2, "look", "{}");
    bench.client(r#"{"jsonrpc":"2.0","id":3,"method":"resources/list"}"#);
    bench.news();
    approvals.approve(ResourceTemplate, ONE, None);
    bench.approvals_changed(&approvals);
    assert!(bench.news().iter().any(|news| news["method"] == "notifications/resources/list_changed"));
    bench.lists_tools(&[LOOK]);
    assert!(bench.server_saw(r#""id":3,"#), "it was asked before the news, and goes now");
    bench.news();
    bench.pass(0);
    bench.pass(500);
    assert!(bench.news().iter().any(|news| news["method"] == "notifications/resources/list_changed"));
}

#[test]
fn news_heeded_in_the_first_moments_is_told_once_more() {
    let mut bench = just_approved();
    assert_eq!(bench.news().len(), 1);
    bench.pass(100);
    bench.client_lists(2, &[LOOK, FIND_CHANGED]);
    bench.news();
    bench.pass(0);
    bench.pass(999);
    assert_eq!(bench.news().len(), 0);
    bench.pass(1);
    assert_eq!(bench.news().len(), 1, "it may have put an older listing in the place of this one");
    bench.client_lists(3, &[LOOK, FIND_CHANGED]);
    bench.news();
    bench.pass(60_000);
    assert_eq!(bench.news().len(), 0, "once");
}

#[test]
fn a_client_that_never_lists_again_is_left_alone_in_the_end() {
    let mut bench = just_approved();
    for _ in 0..1000 {
        bench.pass(100);
    }
    assert_eq!(bench.news().len(), 7, "once, and six times again");
}

#[test]
fn a_listing_with_a_member_twice_is_held_and_nothing_hangs() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::new(&approvals);
    bench.greet(r#"{"tools":{}}"#, "");
    bench.client(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#);
    bench.lists("tools/list", &format!(r#"{{"tools":[{LOOK}],"tools":[]}}"#));
    assert_eq!(names(&bench.answer(1)["result"]["tools"]), ["pinfold_notice"]);
    bench.call(2, "look", "{}");
    assert_eq!(reason_of(&bench.answer(2)), "JSON_DUP_KEY");
}

#[test]
fn a_listing_that_never_comes_is_answered_in_time() {
    let approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = Bench::new(&approvals);
    bench.greet(r#"{"tools":{}}"#, "");
    bench.client(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#);
    bench.pass(49_000);
    assert!(bench.has_answer(1).is_none());
    bench.pass(1_000);
    assert_eq!(reason_of(&bench.answer(1)), "SERVER_SILENT");
}
