//! Attack catalogue, how a listing is given (B06, B07, C06): pages, cursors, sizes.

use pinfold_tests::expect::{self, NOTICE, POISON};
use pinfold_tests::scenario::{Listing, Page, Scenario, Step, part, tool};
use pinfold_tests::stage::Stage;

fn with_pages(pages: Vec<Page>) -> Scenario {
    Scenario::of_tools::<&str>(&[]).listing("tools/list", Listing::of_pages(pages))
}

/// Approves one page with `look` and `stay`; then the server gives these pages.
fn stage_that_turns_to(pages: Vec<Page>) -> Stage {
    let first = vec![part(None, "tools", &[tool("look", "Look."), tool("stay", "Stay.")], None)];
    let listing = Listing::of_pages(first).then_pages(pages);
    let stage = Stage::approved(&Scenario::of_tools::<&str>(&[]).listing("tools/list", listing));
    stage.server.set_state(1);
    stage
}

#[test]
fn b06_a_change_on_page_two_is_held() {
    let stage = stage_that_turns_to(vec![
        part(None, "tools", &[tool("stay", "Stay.")], Some(r#""two""#)),
        part(Some("two"), "tools", &[tool("look", POISON)], None),
    ]);
    expect::tool_is_held(&stage, &mut stage.session(), "look", "DESC_CHANGED", &["stay"]);
}

#[test]
fn b06_a_tool_behind_an_empty_cursor_is_held() {
    let stage = stage_that_turns_to(vec![
        part(None, "tools", &[tool("look", "Look."), tool("stay", "Stay.")], Some(r#""""#)),
        part(Some(""), "tools", &[tool("hidden", POISON)], Some("null")),
    ]);
    let mut client = stage.session();
    expect::tool_is_held(&stage, &mut client, "hidden", "TOOL_ADDED", &["look", "stay"]);
    // A client that stops at the empty string, and one that goes on with it, get the same.
    let answer = client.request("tools/list", r#"{"cursor":""}"#);
    assert!(!answer.text().contains("hidden"), "{}", answer.text());
}

#[test]
fn b06_one_name_on_two_pages_holds_the_server() {
    let stage = stage_that_turns_to(vec![
        part(None, "tools", &[tool("look", "Look."), tool("stay", "Stay.")], Some(r#""two""#)),
        part(Some("two"), "tools", &[tool("look", POISON)], None),
    ]);
    expect::server_is_held(&stage, &mut stage.session(), "DUP_TOOL_NAME", &["look", "stay"]);
}

#[test]
fn b06_a_looping_listing_is_held() {
    let stage = stage_that_turns_to(vec![
        part(None, "tools", &[tool("look", "Look."), tool("stay", "Stay.")], Some(r#""loop""#)),
        part::<&str>(Some("loop"), "tools", &[], Some(r#""loop""#)),
    ]);
    expect::server_is_held(&stage, &mut stage.session(), "CURSOR_LOOP", &["look"]);
}

#[test]
fn b06_a_longer_loop_is_held() {
    let stage = stage_that_turns_to(vec![
        part(None, "tools", &[tool("look", "Look.")], Some(r#""a""#)),
        part(Some("a"), "tools", &[tool("stay", "Stay.")], Some(r#""b""#)),
        part::<&str>(Some("b"), "tools", &[], Some(r#""c""#)),
        part(Some("c"), "tools", &[tool("hidden", POISON)], Some(r#""a""#)),
    ]);
    expect::server_is_held(&stage, &mut stage.session(), "CURSOR_LOOP", &["look", "stay"]);
}

#[test]
fn b06_an_endless_listing_is_held() {
    let endless = part::<&str>(Some("*"), "tools", &[], Some(r#""page-@N@""#));
    let stage =
        stage_that_turns_to(vec![part(None, "tools", &[tool("look", "Look.")], Some(r#""go""#)), endless]);
    let before = stage.server.requests("tools/list").len();
    expect::server_is_held(&stage, &mut stage.session(), "LIMIT_PAGES", &["look"]);
    let pages = stage.server.requests("tools/list").len() - before;
    assert!(pages < 2_000, "the walks ended: {pages} pages were asked for");
}

#[test]
fn b06_nothing_of_page_one_is_released_before_the_last_page_was_verified() {
    let slow = [Step::Sleep(1_500)];
    let scenario = with_pages(vec![
        part(None, "tools", &[tool("one", "One.")], Some(r#""two""#)),
        part(Some("two"), "tools", &[tool("two", "Two.")], None),
    ]);
    let stage = Stage::approved(&scenario);
    // Each page now takes its time.
    stage.server.play(&scenario.on("tools/list", slow));
    let mut client = stage.session();
    let asked = client.ask("tools/list", "");
    let early =
        client.wait_for(std::time::Duration::from_millis(2_000), |line| line.text().contains(r#""one""#));
    assert!(early.is_none(), "page one came before page two was there: {early:?}");
    let answer = client.answer_to(asked);
    assert_eq!(answer.result()["tools"].as_array().map(Vec::len), Some(2), "one complete answer");
    assert!(answer.result().get("nextCursor").is_none());
}

#[test]
fn b06_a_cursor_that_the_gate_never_gave_is_refused() {
    let stage = Stage::approved(&with_pages(vec![
        part(None, "tools", &[tool("one", "One.")], Some(r#""two""#)),
        part(Some("two"), "tools", &[tool("two", "Two.")], None),
    ]));
    let mut client = stage.session();
    expect::nothing_is_held(&stage, &mut client, &["one", "two"]);
    let before = stage.server.requests("tools/list").len();
    let answer = client.request("tools/list", r#"{"cursor":"two"}"#);
    assert_eq!(answer.error_code(), -32602, "{}", answer.text());
    assert_eq!(
        stage.server.requests("tools/list").len(),
        before,
        "the server's cursors are not for the client"
    );
}

#[test]
fn b07_the_envelope_of_a_listing_is_not_the_servers() {
    let stage = Stage::new(&Scenario::of_tools(&[tool("look", "Look.")]));
    let page = |more: &str| Page {
        cursor: None,
        result: format!(r#"{{"tools":[{}]{more}}}"#, tool("look", "Look.")),
    };
    stage.server.play(&with_pages(vec![page("")]));
    stage.approve();
    let envelope = r#","ttlMs":86400000,"cacheScope":"public","_meta":{"words":"POISON"},"note":"POISON""#;
    stage.server.play(&with_pages(vec![page(envelope)]));
    let mut client = stage.session();
    let answer = client.list("tools/list");
    for member in ["ttlMs", "cacheScope", "_meta", "note"] {
        assert!(answer.result().get(member).is_none(), "{member} of the envelope reached the client");
    }
    expect::nothing_is_held(&stage, &mut client, &["look"]);
    expect::nothing_leaked(&stage, &client);
}

#[test]
fn c06_more_tools_than_the_limit_hold_the_listing() {
    let many: Vec<String> = (0..5_000).map(|number| tool(&format!("t{number}"), POISON)).collect();
    let stage = stage_that_turns_to(vec![part(None, "tools", &many, None)]);
    expect::server_is_held(&stage, &mut stage.session(), "LIMIT_TOOLS", &["look"]);
}

#[test]
fn c06_a_tool_above_the_size_limit_is_held_and_the_others_work() {
    let huge = format!("{POISON}{}", "x".repeat(200_000)).repeat(6);
    let stage =
        stage_that_turns_to(vec![part(None, "tools", &[tool("stay", "Stay."), tool("look", &huge)], None)]);
    let mut client = stage.session();
    assert_eq!(client.names("tools/list"), ["stay", NOTICE]);
    expect::tool_is_held(&stage, &mut client, "look", "LIMIT_BYTES", &["stay"]);
}

#[test]
fn c06_four_hundred_tools_on_one_page_pass() {
    let many: Vec<String> =
        (0..401).map(|number| tool(&format!("t{number}"), &"A real text. ".repeat(60))).collect();
    let stage = Stage::approved(&Scenario::of_tools(&many));
    let mut client = stage.session();
    let answer = client.list("tools/list");
    let given = String::from_utf8(answer.raw).expect("UTF-8");
    assert!(given.contains(&many.join(",")), "all tools, byte for byte, in the server's order");
}
