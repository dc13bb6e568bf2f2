//! Updates under `updates = "approved-words"`: the client keeps the words that a person approved, and what is new waits
//! without a question; everything else asks (`spec/updates.md`).

use pinfold_tests::client::Client;
use pinfold_tests::expect::{self, NOTICE};
use pinfold_tests::scenario::{tool, tool_with};
use pinfold_tests::stage::{LABEL, describe};
use serde_json::Value;

use crate::later::{listed, policy, updated};
use crate::world::World;

const KEEP: &str = "updates = \"approved-words\"";

/// A tool with these raw properties.
fn taking(name: &str, description: &str, properties: &str) -> String {
    let text = format!(r#"{{"text":{{"type":"string"}}{properties}}}"#);
    tool(name, description).replace(r#"{"text":{"type":"string"}}"#, &text)
}

/// The server as it is approved.
fn approved() -> Vec<String> {
    vec![tool("look", "Look."), tool("read", "Read.")]
}

/// Other words and a parameter more for one tool, and a tool more.
fn changed() -> Vec<String> {
    let look = taking("look", "POISON twice.", r#","depth":{"type":"integer"}"#);
    vec![look, tool("read", "Read."), tool("send", "POISON to send.")]
}

fn update(world: &World) -> Value {
    world.stage.status()["servers"][0]["update"].clone()
}

#[track_caller]
fn is_refused(answer: &Value, code: &str) {
    assert_eq!(answer["result"]["_meta"]["pinfold/reason"], code, "{answer:#}");
}

#[test]
fn an_update_keeps_the_approved_words_and_what_is_new_waits_unseen() {
    let (world, _log) = updated(&[approved(), changed()], &changed());
    assert_eq!(listed(&world), ["read", NOTICE], "without a word of the policy it is asked about");
    policy(&world, KEEP);
    let check = |client: &mut Client| {
        assert_eq!(client.names("tools/list"), ["look", "read"], "and no notice");
        let given = client.list("tools/list").result()["tools"][0].clone();
        let words: Value = serde_json::from_str(&approved()[0]).unwrap();
        assert_eq!(given, words, "as it was approved");
        expect::works(&world.stage, client, "look");
        let calls = world.stage.server.calls_of("look").len();
        assert_eq!(client.call("look", r#"{"text":"a"}"#).words(), "look was called");
        for arguments in [r#"{"depth":1}"#, r#"{"text":"a","depth":1}"#, r#"{"else":1}"#, r#"{"text":1}"#] {
            is_refused(&client.call("look", arguments).value, "ARGUMENTS_INVALID");
        }
        let answer = client.call("send", "{}");
        assert_eq!(answer.value["error"]["code"], -32602, "{}", answer.text());
        assert_eq!(world.stage.server.calls_of("look").len(), calls + 1);
        assert!(world.stage.server.calls_of("send").is_empty());
        expect::nothing_leaked(&world.stage, client);
    };
    for _ in 0..2 {
        let mut client = world.stage.session();
        check(&mut client);
        client.close();
    }
    // The memory of answers has the approved words too: they are there before the server says anything.
    let mut early = world.stage.early_session();
    assert_eq!(early.names("tools/list"), ["look", "read"]);
    early.close();
    let said = update(&world);
    assert_eq!(said["kept"], serde_json::json!([{"kind": "tool", "name": "look"}]), "{said:#}");
    assert_eq!(said["unseen"], serde_json::json!([{"kind": "tool", "name": "send"}]), "{said:#}");
    let told = world.stage.output(&["status", LABEL]);
    let text = describe(&told);
    assert!(
        text.contains("given in the words that you approved, in the place of release 1.1.0: tool look"),
        "{text}"
    );
    assert!(text.contains("not given and not asked about"), "{text}");
    assert_eq!(told.status.code(), Some(0), "nothing is held: {text}");
    let live = world.stage.status_of(&["status", "--live", LABEL, "--json"]);
    assert_eq!(live["servers"][0]["verdict"], "same", "{live:#}");
    // Nothing was recorded: without the policy it is held again.
    policy(&world, "updates = \"ask\"");
    assert_eq!(listed(&world), ["read", NOTICE]);
}

#[test]
fn what_waits_unseen_is_no_question_and_is_shown_to_who_asks() {
    let (world, _log) = updated(&[approved(), changed()], &changed());
    // An earlier session asked about both; under the policy neither is a question any more.
    assert_eq!(listed(&world), ["read", NOTICE]);
    assert_eq!(world.stage.status()["servers"][0]["held"].as_array().map(Vec::len), Some(2));
    policy(&world, KEEP);
    assert_eq!(listed(&world), ["look", "read"]);
    assert_eq!(world.stage.status()["servers"][0]["held"], serde_json::json!([]));
    let none = world.stage.output(&["review", LABEL]);
    assert_eq!(none.status.code(), Some(0), "{}", describe(&none));
    assert!(describe(&none).contains(&format!("pinfold review {LABEL} --unseen")), "{}", describe(&none));
    let asked = world.json(&["--unseen"]);
    assert_eq!((&asked["unseen"][0]["name"], &asked["exit"]), (&"send".into(), &4.into()), "{asked:#}");
    assert!(!asked.to_string().contains(expect::POISON), "no word of a server: {asked:#}");
    let client = world.stage.session();
    let outcome = world.review(&["--unseen"]).approve_all().expect_code(0);
    assert!(outcome.text.contains("POISON to send."), "a person sees it: {}", outcome.text);
    client.close();
    // Something of the release is approved now; the rest of it is no less of an update.
    let mut client = world.stage.session();
    assert_eq!(client.names("tools/list"), ["look", "read", "send"]);
    assert!(!client.has_received("POISON twice."));
    expect::works(&world.stage, &mut client, "send");
    is_refused(&client.call("look", r#"{"depth":1}"#).value, "ARGUMENTS_INVALID");
    client.close();
}

#[test]
fn an_update_that_adds_power_asks_whatever_stands_beside_it() {
    let (outputs, careful) =
        (r#","outputSchema":{"type":"object"}"#, r#","annotations":{"readOnlyHint":false}"#);
    let before = vec![
        tool("keep", "Keep."),
        tool_with("outputs", "Out.", outputs),
        tool_with("hint", "Hint.", careful),
        tool("demand", "Demand."),
        tool("wider", "Wider."),
        tool("value", "Value."),
        tool("hidden", "Hidden."),
        taking("inner", "Inner.", r#","in":{"type":"object","properties":{}}"#),
        tool("title", "Title."),
        tool("open", "Open.")
            .replace(r#""type":"object","#, r#""type":"object","patternProperties":{"^x":{}},"#),
    ];
    let wide = |name: &str| tool(name, "POISON").replace(r#"{"type":"string"}"#, "{}");
    let after = vec![
        tool("keep", "Kept: POISON"),
        tool_with("outputs", "Out.", r#","outputSchema":{"type":"object","description":"POISON"}"#),
        tool_with("hint", "Hint.", r#","annotations":{"readOnlyHint":true}"#),
        taking("demand", "Demand.", r#","more":{"type":"string"}"#).replace(
            r#"{"type":"object","properties""#,
            r#"{"type":"object","required":["more"],"properties""#,
        ),
        wide("wider"),
        tool("value", "Value.").replace(r#"{"type":"string"}"#, r#"{"type":"string","default":"POISON"}"#),
        tool("hidden", "Hidden.\\u200b POISON"),
        taking("inner", "Inner.", r#","in":{"type":"object","properties":{"deep":{"type":"string"}}}"#),
        tool_with("title", "Title.", r#","icons":[{"src":"https://example.org/POISON.png"}]"#),
        taking("open", "Open.", r#","more":{"type":"string"}"#)
            .replace(r#""type":"object","#, r#""type":"object","patternProperties":{"^x":{}},"#),
    ];
    let (world, _log) = updated(&[before, after.clone()], &after);
    policy(&world, KEEP);
    let mut client = world.stage.session();
    assert_eq!(client.names("tools/list"), ["keep", NOTICE]);
    for name in ["outputs", "hint", "demand", "wider", "value", "hidden", "inner", "title", "open"] {
        let answer = client.call(name, "");
        assert!(answer.refusal().contains('_') && world.stage.server.calls_of(name).is_empty(), "{name}");
    }
    expect::works(&world.stage, &mut client, "keep");
    expect::nothing_leaked(&world.stage, &client);
    client.close();
    assert_eq!(world.stage.status()["servers"][0]["held"].as_array().map(Vec::len), Some(9));
    assert_eq!(update(&world)["kept"].as_array().map(Vec::len), Some(1), "{:#}", update(&world));
}

#[test]
fn the_same_words_without_a_release_ask() {
    // What is published is one word away from what the server says, or another name for it.
    let published = [tool("look", "POISON thrice."), tool("read", "Read."), tool("sent", "POISON to send.")];
    let (world, _log) = updated(&[approved(), changed()], &published);
    policy(&world, KEEP);
    let mut client = world.stage.session();
    assert_eq!(client.names("tools/list"), ["read", NOTICE]);
    expect::calls_are_refused(&world.stage, &mut client, "look", "DESC_CHANGED");
    expect::calls_are_refused(&world.stage, &mut client, "send", "TOOL_ADDED");
    expect::nothing_leaked(&world.stage, &client);
    client.close();
}

#[test]
fn in_mid_session_an_update_changes_nothing_that_the_client_knows() {
    let narrow = tool("read", "Read.").replace(r#"{"type":"string"}"#, r#"{"type":"string","maxLength":9}"#);
    let published = vec![changed().remove(0), narrow, changed().remove(2)];
    let generations =
        [approved(), published.clone(), vec![tool("look", "POISON thrice."), tool("read", "Read.")]];
    let (world, _log) = updated(&generations, &published);
    policy(&world, KEEP);
    world.stage.server.set_state(0);
    let mut client = world.stage.session();
    assert_eq!(client.names("tools/list"), ["look", "read"]);
    world.stage.server.set_state(1);
    // Approved words go on; what would be let through is another definition than the one that this client knows.
    let names = client.names_until("tools/list", |names| names.contains(&NOTICE.to_owned()));
    assert_eq!(names, ["look", NOTICE]);
    expect::works(&world.stage, &mut client, "look");
    is_refused(&client.call("look", r#"{"depth":1}"#).value, "ARGUMENTS_INVALID");
    expect::calls_are_refused(&world.stage, &mut client, "read", "MIDSESSION_CHANGE");
    // Words that nobody signed do not hide behind those that somebody did.
    world.stage.server.set_state(2);
    let names = client.names_until("tools/list", |names| !names.contains(&"look".to_owned()));
    assert_eq!(names, ["read", NOTICE]);
    expect::calls_are_refused(&world.stage, &mut client, "look", "DESC_CHANGED");
    expect::nothing_leaked(&world.stage, &client);
    client.close();
    // The next session begins with the published definition.
    world.stage.server.set_state(1);
    assert_eq!(listed(&world), ["look", "read"]);
}

#[test]
fn a_head_that_went_stale_and_a_no_end_it() {
    let (world, _log) = updated(&[approved(), changed()], &changed());
    policy(&world, KEEP);
    let mut client = world.stage.session();
    assert_eq!(client.names("tools/list"), ["look", "read"]);
    let trust = world.stage.home.path().join(".config/pinfold/trust.toml");
    let fresh = std::fs::read_to_string(&trust).unwrap();
    let origin = "origin = \"log.example\"\n";
    std::fs::write(&trust, fresh.replace(origin, &format!("{origin}max_age = \"30s\"\n"))).unwrap();
    assert_eq!(listed(&world), ["read", NOTICE], "the next session asks");
    assert_eq!(client.names("tools/list"), ["look", "read"], "the one that runs goes on");
    // What is held is there to be decided about; a no counts more than the policy, in the session that runs too.
    assert_eq!(world.review(&[]).reject_all().code(), 1);
    let names = client.names_until("tools/list", |names| names.contains(&NOTICE.to_owned()));
    assert_eq!(names, ["read", NOTICE]);
    client.close();
    std::fs::write(&trust, fresh).unwrap();
    assert_eq!(listed(&world), ["read", NOTICE]);
}

#[test]
fn under_a_lock_no_update_passes() {
    let (world, _log) = updated(&[approved(), changed()], &changed());
    policy(&world, KEEP);
    let lock = world.stage.home.work().join("pinfold.lock").display().to_string();
    assert_eq!(world.stage.status_of(&["lock", "-o", &lock, "--json"])["exit"], 0);
    for (option, expected) in
        [(None, ["look", "read"].as_slice()), (Some(format!("--locked={lock}")), &["read"])]
    {
        let mut gate = world.stage.home.pinfold(["run", "--as", LABEL]);
        gate.args(option).arg("--").args(world.stage.server_command());
        let mut client = Client::connect(gate);
        client.until_verified();
        assert_eq!(client.names("tools/list"), expected);
        client.close();
    }
}
