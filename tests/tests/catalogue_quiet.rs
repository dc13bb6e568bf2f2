//! What is no change must raise no alarm: the same definitions in another order, on other pages, in other letters.

use pinfold_tests::expect;
use pinfold_tests::scenario::{Listing, Page, Scenario, part, tool};
use pinfold_tests::stage::Stage;

const LOOK: &str = r#"{"name":"look","description":"Look at ümlauts – and 😀.","inputSchema":{"type":"object","properties":{"n":{"type":"number","maximum":100,"default":0.5}},"required":["n"]},"annotations":{"readOnlyHint":true,"openWorldHint":false}}"#;

/// Approves [`LOOK`] and `stay`, then plays these pages.
#[track_caller]
fn raises_no_alarm(pages: Vec<Page>, names: &[&str]) {
    let honest = Listing::of("tools", &[LOOK, &tool("stay", "Stay.")]).then_pages(pages);
    let stage = Stage::approved(&Scenario::of_tools::<&str>(&[]).listing("tools/list", honest));
    stage.server.set_state(1);
    let mut client = stage.session();
    assert_eq!(client.names("tools/list"), names);
    assert!(expect::all_reasons(&stage.status()).is_empty(), "{:#}", stage.status());
    if names.contains(&"look") {
        assert_eq!(client.call("look", r#"{"n":1}"#).words(), "look was called");
    }
    expect::works(&stage, &mut client, "stay");
}

fn one_page(look: &str) -> Vec<Page> {
    vec![part(None, "tools", &[look, &tool("stay", "Stay.")], None)]
}

#[test]
fn another_order_of_members_is_no_alarm() {
    let other = r#"{"annotations":{"openWorldHint":false,"readOnlyHint":true},"inputSchema":{"required":["n"],"properties":{"n":{"default":0.5,"maximum":100,"type":"number"}},"type":"object"},"description":"Look at ümlauts – and 😀.","name":"look"}"#;
    raises_no_alarm(one_page(other), &["look", "stay"]);
}

#[test]
fn another_order_of_tools_is_no_alarm() {
    raises_no_alarm(vec![part(None, "tools", &[&tool("stay", "Stay."), LOOK], None)], &["stay", "look"]);
}

#[test]
fn another_size_of_pages_is_no_alarm() {
    let pages = vec![
        part(None, "tools", &[LOOK], Some(r#""two""#)),
        part::<&str>(Some("two"), "tools", &[], Some(r#""three""#)),
        part(Some("three"), "tools", &[tool("stay", "Stay.")], None),
    ];
    raises_no_alarm(pages, &["look", "stay"]);
}

#[test]
fn other_whitespace_is_no_alarm() {
    let spaced = LOOK.replace(',', " ,\t").replace("\":", "\" : ");
    raises_no_alarm(one_page(&spaced), &["look", "stay"]);
}

#[test]
fn other_escapes_are_no_alarm() {
    let escaped = LOOK.replace('ü', r"\u00FC").replace('–', r"\u2013").replace('😀', r"\uD83D\ude00");
    let escaped = escaped.replace("look", r"l\u006fok").replace("\"inputSchema\"", r#""input\u0053chema""#);
    raises_no_alarm(one_page(&escaped), &["look", "stay"]);
}

#[test]
fn another_form_of_the_same_number_is_no_alarm() {
    let forms = [("100.0", "0.50"), ("1e2", "5e-1"), ("1E+2", "0.5e0"), ("10000e-2", "0.05E1")];
    let tools = forms.map(|(hundred, half)| {
        LOOK.replace(":100,", &format!(":{hundred},")).replace(":0.5}", &format!(":{half}}}"))
    });
    let stage = Stage::approved(&Scenario::of_tools(&[LOOK]));
    for tool in tools {
        stage.server.play(&Scenario::of_tools(&[&tool]));
        let mut client = stage.session();
        assert_eq!(client.names("tools/list"), ["look"], "{tool}");
        assert!(client.has_received(&tool), "as the server wrote it");
    }
    assert!(expect::all_reasons(&stage.status()).is_empty(), "{:#}", stage.status());
}

#[test]
fn fewer_tools_are_no_alarm() {
    raises_no_alarm(vec![part(None, "tools", &[tool("stay", "Stay.")], None)], &["stay"]);
}

#[test]
fn an_honest_server_passes_in_session_after_session() {
    let stage = Stage::approved(&Scenario::of_tools(&[LOOK, &tool("stay", "Stay.")]));
    for _ in 0..3 {
        let mut client = stage.session();
        let answer = client.list("tools/list");
        let wanted = format!("[{LOOK},{}]", tool("stay", "Stay."));
        assert!(answer.text().contains(&wanted), "byte for byte: {}", answer.text());
        assert!(client.close().success());
    }
}

#[test]
fn zero_width_characters_of_honest_servers_are_no_alarm() {
    let look = tool("look", "Look\u{200b} \u{2764}\u{fe0f} \u{200f}here.");
    let stage = Stage::approved(&Scenario::of_tools(&[look]));
    expect::nothing_is_held(&stage, &mut stage.session(), &["look"]);
}
