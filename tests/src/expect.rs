//! What every held change must look like from outside.

use std::process::Command;
use std::time::Instant;

use serde_json::Value;

use crate::PATIENCE;
use crate::client::Client;
use crate::stage::{LABEL, Stage};

/// The tool that the gate adds while something is held.
pub const NOTICE: &str = "pinfold_notice";

/// Stands in every text that nobody approved, so that one search finds all of them.
pub const POISON: &str = "POISON";

/// Checks that a tool is held for a reason while the others work:
///
/// - it is absent from the listing, the notice is there, and every tool of `others` too;
/// - a call of it is refused with the reason, and never reaches the server;
/// - calls of the others reach the server and are answered;
/// - `status` gives the same reason;
/// - nowhere in all that the client received, on standard error or in `status` stands a word that nobody approved.
#[track_caller]
pub fn tool_is_held(stage: &Stage, client: &mut Client, tool: &str, reason: &str, others: &[&str]) {
    let names = client.names("tools/list");
    assert!(!names.iter().any(|name| name == tool), "{tool} is listed: {names:?}");
    assert!(names.iter().any(|name| name == NOTICE), "the notice is listed: {names:?}");
    calls_are_refused(stage, client, tool, reason);
    for other in others {
        assert!(names.iter().any(|name| name == other), "{other} is listed: {names:?}");
        works(stage, client, other);
    }
    assert!(client.call(NOTICE, "").words().contains("pinfold review"), "the notice says what to do");
    status_says(stage, tool, reason);
    nothing_leaked(stage, client);
}

/// Checks that a call of a tool is refused with this reason and never reaches the server.
#[track_caller]
pub fn calls_are_refused(stage: &Stage, client: &mut Client, tool: &str, reason: &str) {
    let before = stage.server.calls_of(tool).len();
    let answer = client.call(tool, "");
    assert_eq!(answer.refusal(), reason, "a call of {tool}: {}", answer.text());
    assert_eq!(answer.result()["_meta"]["pinfold/label"], LABEL);
    assert_eq!(stage.server.calls_of(tool).len(), before, "the call of {tool} never reaches the server");
}

/// Checks that a tool can be called.
#[track_caller]
pub fn works(stage: &Stage, client: &mut Client, tool: &str) {
    let before = stage.server.calls_of(tool).len();
    let answer = client.call(tool, "");
    assert_eq!(answer.words(), format!("{tool} was called"), "a call of {tool}: {}", answer.text());
    assert_eq!(stage.server.calls_of(tool).len(), before + 1, "the call of {tool} reaches the server");
}

/// Checks that the whole server is held for a reason: the notice alone is listed, and no call passes.
#[track_caller]
pub fn server_is_held(stage: &Stage, client: &mut Client, reason: &str, tools: &[&str]) {
    assert_eq!(client.names("tools/list"), [NOTICE]);
    for tool in tools {
        calls_are_refused(stage, client, tool, reason);
    }
    assert!(client.call(NOTICE, "").words().contains("pinfold review"), "the notice says what to do");
    wait_until(&format!("status says {reason}"), || {
        all_reasons(&stage.status()).iter().any(|found| found == reason)
    });
    nothing_leaked(stage, client);
}

/// Checks that nothing is held: exactly these tools are listed, without the notice, and all of them can be called.
#[track_caller]
pub fn nothing_is_held(stage: &Stage, client: &mut Client, tools: &[&str]) {
    assert_eq!(client.names("tools/list"), tools);
    for tool in tools {
        works(stage, client, tool);
    }
    let status = stage.status();
    assert!(all_reasons(&status).is_empty(), "status holds nothing: {status:#}");
    assert_eq!(status["exit"], 0, "{status:#}");
}

/// Checks that the gate does not serve at all: it gives the client no result, ends with one of these exit codes, says one
/// `error:` and one `hint:` on standard error, and starts no server. Gives what it said.
#[track_caller]
pub fn gate_refuses(stage: &Stage, command: Command, codes: &[i32]) -> String {
    let starts = stage.server.starts();
    let mut client = Client::start(command);
    client.ask(
        "initialize",
        r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"tester","version":"1"}}"#,
    );
    client.wait_for(PATIENCE, |line| line.value.get("result").is_some());
    let status = client.wait_for_exit();
    assert!(status.code().is_some_and(|code| codes.contains(&code)), "{status}: {}", client.account());
    assert!(client.received().is_empty(), "{}", client.account());
    assert_eq!(stage.server.starts(), starts, "nothing is started");
    let said = client.complaint("hint: ");
    is_one_clear_error(&said);
    said
}

/// Checks that a text has one line `error: …` and one line `hint: …`.
#[track_caller]
pub fn is_one_clear_error(said: &str) {
    for beginning in ["error: ", "hint: "] {
        let lines = said.lines().filter(|line| line.starts_with(beginning));
        assert_eq!(lines.count(), 1, "one line that begins {beginning:?}: {said}");
    }
}

/// Checks that [`POISON`] stands in nothing that a client or a command without a terminal can see.
#[track_caller]
pub fn nothing_leaked(stage: &Stage, client: &Client) {
    assert!(
        !client.has_received(POISON),
        "a word that nobody approved reached the client:\n{}",
        client.account()
    );
    assert!(!client.complaints().contains(POISON), "… standard error:\n{}", client.complaints());
    for arguments in [&["status", LABEL][..], &["status", LABEL, "--json"], &["status", "--history"]] {
        let output = stage.output(arguments);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(!said.contains(POISON), "… the output of {arguments:?}:\n{said}");
    }
}

/// Checks that `status` gives this reason, and no other, for something of this name. A name that breaks the rules is not
/// printed where there is no terminal: then somewhere among the names left out.
#[track_caller]
pub fn status_says(stage: &Stage, name: &str, reason: &str) {
    // The gate writes down what it saw beside its work, so the status may be a moment late.
    let end = Instant::now() + PATIENCE;
    loop {
        let reasons = match reasons_of(stage, name) {
            none if none.is_empty() && reason == "NAME_INVALID" => all_reasons(&stage.status()),
            reasons => reasons,
        };
        if reasons.iter().any(|found| found == reason) && (reason == "NAME_INVALID" || reasons.len() == 1) {
            return;
        }
        assert!(Instant::now() < end, "status says why {name} is held: {:#}", stage.status());
    }
}

/// Waits until something is so, and fails with these words when it never is.
#[track_caller]
pub fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "never so: {what}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// The reasons for which `status` says that something of this name is held.
pub fn reasons_of(stage: &Stage, name: &str) -> Vec<String> {
    let mut reasons = Vec::new();
    visit(&stage.status(), &mut |object| {
        if object.get("name").and_then(Value::as_str) == Some(name) {
            reasons.extend(object.get("reason").and_then(Value::as_str).map(str::to_owned));
        }
    });
    reasons
}

/// Every reason in a document.
pub fn all_reasons(document: &Value) -> Vec<String> {
    let mut reasons = Vec::new();
    visit(document, &mut |object| {
        reasons.extend(object.get("reason").and_then(Value::as_str).map(str::to_owned));
    });
    reasons
}

fn visit(value: &Value, see: &mut impl FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            see(members);
            members.values().for_each(|value| visit(value, see));
        }
        Value::Array(elements) => elements.iter().for_each(|value| visit(value, see)),
        _ => {}
    }
}
