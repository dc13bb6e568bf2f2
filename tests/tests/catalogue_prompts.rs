//! Attack catalogue, prompts and resource templates (A09, A10, A12–A15, B01–B06): the same attacks as on tools.

use pinfold_tests::client::Client;
use pinfold_tests::expect::{self, POISON, nothing_leaked};
use pinfold_tests::scenario::{Listing, Scenario, handshake, part, tool};
use pinfold_tests::stage::Stage;

/// A server with prompts and templates beside one tool.
fn with_prompts_and_templates(prompts: Listing, templates: Listing) -> Scenario {
    Scenario::of_tools(&[tool("look", "Look.")])
        .greeting(handshake(&["tools", "prompts", "resources"], "", ""))
        .listing("prompts/list", prompts)
        .listing("resources/templates/list", templates)
        .listing("resources/list", Listing::of::<&str>("resources", &[]))
}

fn prompt(name: &str, words: &str) -> String {
    format!(
        r#"{{"name":"{name}","description":"{words}","arguments":[{{"name":"topic","description":"What about."}}]}}"#
    )
}

fn template(uri: &str, words: &str) -> String {
    format!(r#"{{"uriTemplate":"{uri}","name":"files","description":"{words}"}}"#)
}

#[test]
fn a09_a_changed_prompt_is_held() {
    let prompts = Listing::of("prompts", &[prompt("sum-up", "Sum up."), prompt("stay", "Stay.")])
        .then("prompts", &[prompt("sum-up", "POISON"), prompt("stay", "Stay.")]);
    let stage =
        Stage::approved(&with_prompts_and_templates(prompts, Listing::of::<&str>("resourceTemplates", &[])));
    stage.server.set_state(1);
    let mut client = stage.session();
    assert_eq!(client.names("prompts/list"), ["stay"]);
    let refusal = client.request("prompts/get", r#"{"name":"sum-up"}"#);
    assert_eq!(refusal.value["error"]["data"]["pinfold/reason"], "DESC_CHANGED", "{}", refusal.text());
    assert!(client.request("prompts/get", r#"{"name":"stay"}"#).text().contains("prompt stay"));
    assert_eq!(stage.server.requests("prompts/get").len(), 1, "only the approved prompt was asked for");
    assert_eq!(client.names("tools/list"), ["look", expect::NOTICE]);
    expect::status_says(&stage, "sum-up", "DESC_CHANGED");
    nothing_leaked(&stage, &client);
}

#[test]
fn a09_an_argument_of_a_prompt_is_part_of_it() {
    let old = prompt("sum-up", "Sum up.");
    let new = old.replace("What about.", POISON);
    let prompts = Listing::of("prompts", &[old]).then("prompts", &[new]);
    let stage =
        Stage::approved(&with_prompts_and_templates(prompts, Listing::of::<&str>("resourceTemplates", &[])));
    stage.server.set_state(1);
    let mut client = stage.session();
    assert_eq!(client.names("prompts/list"), Vec::<String>::new());
    expect::status_says(&stage, "sum-up", "SCHEMA_TEXT_CHANGED");
    nothing_leaked(&stage, &client);
}

#[test]
fn a09_an_added_prompt_is_held() {
    let prompts = Listing::of("prompts", &[prompt("stay", "Stay.")])
        .then("prompts", &[prompt("stay", "Stay."), prompt("extra", POISON)]);
    let stage =
        Stage::approved(&with_prompts_and_templates(prompts, Listing::of::<&str>("resourceTemplates", &[])));
    stage.server.set_state(1);
    let mut client = stage.session();
    assert_eq!(client.names("prompts/list"), ["stay"]);
    expect::status_says(&stage, "extra", "PROMPT_ADDED");
    nothing_leaked(&stage, &client);
}

#[test]
fn a10_changed_and_added_templates_are_held() {
    let stay = template("file:///{path}", "A file.");
    let old = template("log:///{day}", "A day's log.");
    let templates = Listing::of("resourceTemplates", &[stay.clone(), old]).then(
        "resourceTemplates",
        &[stay, template("log:///{day}", POISON), template("mail:///{box}", POISON)],
    );
    let stage = Stage::approved(&with_prompts_and_templates(Listing::of::<&str>("prompts", &[]), templates));
    stage.server.set_state(1);
    let mut client = stage.session();
    assert_eq!(client.names("resources/templates/list"), ["file:///{path}"]);
    expect::status_says(&stage, "log:///{day}", "DESC_CHANGED");
    expect::status_says(&stage, "mail:///{box}", "TEMPLATE_ADDED");
    nothing_leaked(&stage, &client);
}

#[test]
fn a10_a_growing_list_of_resources_is_data_and_no_alarm() {
    let resource = |name: &str| format!(r#"{{"uri":"file:///{name}","name":"{name}"}}"#);
    let resources =
        Listing::of("resources", &[resource("a")]).then("resources", &[resource("a"), resource("b")]);
    let empty = |member: &str| Listing::of::<&str>(member, &[]);
    let scenario = with_prompts_and_templates(empty("prompts"), empty("resourceTemplates"));
    let stage = Stage::approved(&scenario.listing("resources/list", resources));
    stage.server.set_state(1);
    let mut client = stage.session();
    assert_eq!(client.names("resources/list"), ["file:///a", "file:///b"]);
    expect::nothing_is_held(&stage, &mut client, &["look"]);
}

/// A server of these prompts, and no template.
fn with_prompts(prompts: Listing) -> Scenario {
    with_prompts_and_templates(prompts, Listing::of::<&str>("resourceTemplates", &[]))
}

/// A use of the prompt is refused with this reason and does not reach the server.
#[track_caller]
fn prompt_is_refused(stage: &Stage, client: &mut Client, name: &str, reason: &str) {
    let before = stage.server.requests("prompts/get").len();
    let answer = client.request("prompts/get", &format!(r#"{{"name":"{name}"}}"#));
    assert_eq!(answer.value["error"]["data"]["pinfold/reason"], reason, "{}", answer.text());
    assert_eq!(stage.server.requests("prompts/get").len(), before);
    nothing_leaked(stage, client);
}

#[test]
fn a12_an_added_prompt_is_refused_when_it_is_used() {
    let stay = prompt("stay", "Stay.");
    let prompts =
        Listing::of("prompts", std::slice::from_ref(&stay)).then("prompts", &[stay, prompt("extra", POISON)]);
    let stage = Stage::approved(&with_prompts(prompts));
    stage.server.set_state(1);
    let mut client = stage.session();
    assert_eq!(client.names("prompts/list"), ["stay"]);
    prompt_is_refused(&stage, &mut client, "extra", "PROMPT_ADDED");
    stage.approve_changes();
    client.notification("notifications/prompts/list_changed");
    assert_eq!(client.names("prompts/list"), ["stay", "extra"]);
}

#[test]
fn a13_a_prompt_that_went_and_came_back_with_other_words_is_held() {
    let stay = prompt("stay", "Stay.");
    let prompts = Listing::of("prompts", &[stay.clone(), prompt("sum-up", "Sum up.")])
        .then("prompts", std::slice::from_ref(&stay))
        .then("prompts", &[stay, prompt("sum-up", POISON)]);
    let stage = Stage::approved(&with_prompts(prompts));
    stage.server.set_state(1);
    let mut client = stage.session();
    assert_eq!(client.names("prompts/list"), ["stay"]);
    expect::nothing_is_held(&stage, &mut client, &["look"]);
    client.close();
    stage.server.set_state(2);
    let mut client = stage.session();
    assert_eq!(client.names("prompts/list"), ["stay"]);
    prompt_is_refused(&stage, &mut client, "sum-up", "TOOL_REAPPEARED_CHANGED");
}

#[test]
fn a14_a_prompt_that_looks_like_an_approved_one_is_held() {
    let honest = prompt("sum_up", "Sum up.");
    let prompts = Listing::of("prompts", std::slice::from_ref(&honest))
        .then("prompts", &[honest, prompt("Sum-up", POISON)]);
    let stage = Stage::approved(&with_prompts(prompts));
    stage.server.set_state(1);
    let mut client = stage.session();
    assert_eq!(client.names("prompts/list"), ["sum_up"]);
    prompt_is_refused(&stage, &mut client, "Sum-up", "NAME_CONFUSABLE");
}

#[test]
fn a15_a_prompt_twice_holds_the_server() {
    let honest = prompt("sum-up", "Sum up.");
    let prompts = Listing::of("prompts", std::slice::from_ref(&honest))
        .then("prompts", &[honest, prompt("sum-up", POISON)]);
    let stage = Stage::approved(&with_prompts(prompts));
    stage.server.set_state(1);
    let mut client = stage.session();
    // Each listing is released when it was walked: until the prompts are, the approved tools are there.
    client.names_until("tools/list", |names| names == [expect::NOTICE]);
    expect::server_is_held(&stage, &mut client, "DUP_TOOL_NAME", &["look"]);
    assert_eq!(client.names("prompts/list"), Vec::<String>::new());
    prompt_is_refused(&stage, &mut client, "sum-up", "DUP_TOOL_NAME");
}

#[test]
fn b04_a_prompt_that_changes_in_mid_session_is_held() {
    let prompts =
        Listing::of("prompts", &[prompt("sum-up", "Sum up.")]).then("prompts", &[prompt("sum-up", POISON)]);
    let stage = Stage::approved(&with_prompts(prompts.announced()));
    let mut client = stage.session();
    assert_eq!(client.names("prompts/list"), ["sum-up"]);
    assert!(client.request("prompts/get", r#"{"name":"sum-up"}"#).text().contains("prompt sum-up"));
    stage.server.set_state(1);
    client.notification("notifications/prompts/list_changed");
    prompt_is_refused(&stage, &mut client, "sum-up", "DESC_CHANGED");
    assert_eq!(client.names("prompts/list"), Vec::<String>::new());
}

#[test]
fn b03_a_prompt_that_changes_silently_in_mid_session_is_held() {
    let prompts =
        Listing::of("prompts", &[prompt("sum-up", "Sum up.")]).then("prompts", &[prompt("sum-up", POISON)]);
    let stage = Stage::approved(&with_prompts(prompts));
    let mut client = stage.session();
    assert_eq!(client.names("prompts/list"), ["sum-up"]);
    stage.server.set_state(1);
    assert_eq!(client.names("prompts/list"), Vec::<String>::new());
    prompt_is_refused(&stage, &mut client, "sum-up", "DESC_CHANGED");
}

#[test]
fn b04_a_template_that_changes_in_mid_session_is_held() {
    let templates = Listing::of("resourceTemplates", &[template("log:///{day}", "A log.")])
        .then("resourceTemplates", &[template("log:///{day}", POISON)])
        .announced();
    let stage = Stage::approved(&with_prompts_and_templates(Listing::of::<&str>("prompts", &[]), templates));
    let mut client = stage.session();
    assert_eq!(client.names("resources/templates/list"), ["log:///{day}"]);
    stage.server.set_state(1);
    client.notification("notifications/resources/list_changed");
    assert_eq!(client.names("resources/templates/list"), Vec::<String>::new());
    expect::status_says(&stage, "log:///{day}", "DESC_CHANGED");
    nothing_leaked(&stage, &client);
}

#[test]
fn b06_a_prompt_on_page_two_is_held() {
    let pages = vec![
        part(None, "prompts", &[prompt("stay", "Stay.")], Some(r#""""#)),
        part(Some(""), "prompts", &[prompt("hidden", POISON)], None),
    ];
    let stage =
        Stage::approved(&with_prompts(Listing::of("prompts", &[prompt("stay", "Stay.")]).then_pages(pages)));
    stage.server.set_state(1);
    let mut client = stage.session();
    assert_eq!(client.names("prompts/list"), ["stay"]);
    prompt_is_refused(&stage, &mut client, "hidden", "PROMPT_ADDED");
}

#[test]
fn b06_looping_prompts_leave_the_tools_alone() {
    let pages = vec![
        part(None, "prompts", &[prompt("stay", "Stay.")], Some(r#""a""#)),
        part::<&str>(Some("a"), "prompts", &[], Some(r#""a""#)),
    ];
    let stage =
        Stage::approved(&with_prompts(Listing::of("prompts", &[prompt("stay", "Stay.")]).then_pages(pages)));
    stage.server.set_state(1);
    let mut client = stage.session();
    assert_eq!(client.names("prompts/list"), Vec::<String>::new());
    prompt_is_refused(&stage, &mut client, "stay", "CURSOR_LOOP");
    expect::works(&stage, &mut client, "look");
}

#[test]
fn b12_a_prompt_that_was_never_listed_is_not_asked_for() {
    let stage = Stage::approved(&with_prompts(Listing::of("prompts", &[prompt("stay", "Stay.")])));
    let mut client = stage.session();
    let answer = client.request("prompts/get", r#"{"name":"hidden"}"#);
    assert_eq!(answer.error_code(), -32602, "{}", answer.text());
    assert!(stage.server.requests("prompts/get").is_empty());
}
