//! `review` on the built program: questions about launches, programs that run them, and the store.
#![allow(clippy::unwrap_used)]

mod support;

use pinfold_core::digest::{ObjectKind, file_digest};
use pinfold_core::launch::ProgramFile;
use pinfold_core::pins::ApprovalState;
use pinfold_core::reason::ReasonCode;
use support::{Home, LABEL, POISON, Terminal, describe, label, launch, now, object, tool};

fn review(home: &Home) -> Terminal {
    Terminal::run(home.command(&["review", LABEL]))
}

#[test]
fn a_launch_is_approved_before_its_words_and_kept_without_a_client() {
    let home = Home::new();
    home.request(&launch("one"), &[]);
    let mut terminal = review(&home);
    let word = terminal.challenge();
    terminal.type_keys(&format!("{word}\r"));
    let (code, text) = terminal.end();
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("your yes is kept"), "{text}");
    assert!(home.store().pins().label(&label()).unwrap().is_known());
    assert!(home.store().requests().unwrap().is_empty());
}

#[test]
fn withheld_names_go_to_the_server_only_when_they_are_typed() {
    for (typed, expected) in [("", vec![]), ("DEMO_TOKEN\r", vec!["DEMO_TOKEN"]), ("OTHER\r", vec![])] {
        let home = Home::new();
        home.request(&launch("one"), &["DEMO_TOKEN", "NODE_OPTIONS"]);
        let mut terminal = review(&home);
        let mut word = terminal.challenge();
        if !typed.is_empty() {
            terminal.type_keys("l");
            terminal.wait_for("names to let through");
            terminal.type_keys(typed);
            word = terminal.challenge();
        }
        terminal.type_keys(&format!("{word}\r"));
        assert_eq!(terminal.end().0, 0);
        let store = home.store();
        let pins = store.pins().label(&label()).unwrap();
        let (_, approved) = pins.approved_launches().next().unwrap();
        assert_eq!(approved.passes.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn another_launch_under_a_known_label_can_replace_or_stand_beside() {
    for (keys, both) in [("", false), ("a", true)] {
        let home = Home::new();
        home.approve_launch(&launch("one"));
        home.request(&launch("two"), &[]);
        let mut terminal = review(&home);
        let mut word = terminal.challenge();
        assert!(terminal.text().contains("another server under this name"), "{}", terminal.text());
        if !keys.is_empty() {
            terminal.type_keys(keys);
            word = terminal.challenge();
        }
        terminal.type_keys(&format!("{word}\r"));
        assert_eq!(terminal.end().0, 0);
        let store = home.store();
        let pins = store.pins().label(&label()).unwrap();
        let one = pins.launch_state(&launch("one").digest());
        assert_eq!(one, Some(if both { ApprovalState::Approved } else { ApprovalState::Retired }));
        assert_eq!(pins.launch_state(&launch("two").digest()), Some(ApprovalState::Approved));
    }
}

/// A launch that an interpreter in the home folder runs.
fn interpreted(home: &Home, bytes: &str) -> (pinfold_core::launch::Launch, String) {
    let path = home.path().canonicalize().unwrap().join("node");
    std::fs::write(&path, bytes).unwrap();
    let path = path.to_str().unwrap().to_owned();
    let mut launch = launch("one");
    launch.program[0] = ProgramFile { path: path.clone(), file: path.clone(), digest: None };
    (launch, path)
}

#[test]
fn an_interpreter_is_accepted_with_the_first_launch_and_asked_about_when_it_changes() {
    let home = Home::new();
    let (launch, path) = interpreted(&home, "one");
    home.request(&launch, &[]);
    let mut terminal = review(&home);
    let word = terminal.challenge();
    terminal.type_keys(&format!("{word}\r"));
    assert_eq!(terminal.end().0, 0);
    let accepted = |home: &Home| home.store().pins().interpreter(&path).unwrap().digest;
    assert_eq!(accepted(&home), file_digest(b"one"));
    // Another version of it: one question, which is not about the launch.
    interpreted(&home, "two");
    let hold = Some((ReasonCode::InterpreterChanged, ""));
    home.store().record_hold(&label(), &launch.digest(), hold, now()).unwrap();
    assert_eq!(home.output(&["status", LABEL]).status.code(), Some(1));
    let mut terminal = review(&home);
    let word = terminal.challenge();
    assert!(terminal.text().contains("a program that runs approved servers has other bytes"));
    // Changed once more while it is shown.
    interpreted(&home, "three");
    terminal.type_keys(&format!("{word}\r"));
    let (code, text) = terminal.end();
    assert_eq!(code, 1, "{text}");
    assert_eq!(accepted(&home), file_digest(b"one"));
    let mut terminal = review(&home);
    let word = terminal.challenge();
    terminal.type_keys(&format!("{word}\r"));
    assert_eq!(terminal.end().0, 0);
    assert_eq!(accepted(&home), file_digest(b"three"));
    assert_eq!(home.output(&["status", LABEL]).status.code(), Some(0));
}

#[test]
fn a_store_that_fails_is_accepted_only_by_its_challenge() {
    let home = Home::with_a_change(&tool("look", "Look."), &tool("look", POISON));
    std::fs::remove_file(home.places().marker()).unwrap();
    let output = home.output(&["review", "--store"]);
    assert_eq!(output.status.code(), Some(4), "{}", describe(&output));
    let mut terminal = Terminal::run(home.command(&["review", "--store"]));
    terminal.challenge();
    terminal.type_keys("n");
    assert_eq!(terminal.end().0, 1);
    assert_eq!(home.output(&["status"]).status.code(), Some(1));
    let mut terminal = Terminal::run(home.command(&["review", "--store"]));
    let word = terminal.challenge();
    assert!(terminal.text().contains("demo: 1 approved: look"), "{}", terminal.text());
    terminal.type_keys(&format!("{word}\r"));
    let (code, text) = terminal.end();
    assert_eq!(code, 0, "{text}");
    assert_eq!(home.output(&["review", "--store"]).status.code(), Some(0));
    let store = home.store();
    let name = store.pins().label(&label()).unwrap().name(ObjectKind::Tool, "look").unwrap();
    assert_eq!(name.state(&object(&tool("look", "Look.")).digest), Some(ApprovalState::Approved));
}

/// A server of one tool, in shell.
const SERVER: &str = r#"#!/bin/sh
echo "STDERR-POISON" >&2
while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\("[^"]*"\|[0-9]*\).*/\1/p')
  case "$line" in
    *'"initialize"'*) echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}}" ;;
    *'"tools/list"'*) echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{\"tools\":[{\"name\":\"look\",\"description\":\"Look around.\",\"inputSchema\":{\"type\":\"object\"}}]}}" ;;
  esac
done
"#;

#[test]
fn a_command_behind_the_label_is_started_here_after_the_same_questions() {
    let home = Home::new();
    let server = home.path().join("server.sh");
    std::fs::write(&server, SERVER).unwrap();
    let args = ["review", LABEL, "--", "sh", server.to_str().unwrap()];
    let mut terminal = Terminal::run(home.command(&args));
    let word = terminal.challenge();
    assert!(terminal.text().contains("environment and folder of this terminal"), "{}", terminal.text());
    terminal.type_keys(&format!("{word}\r"));
    let word = terminal.challenge();
    terminal.type_keys(&format!("{word}\r"));
    let (code, text) = terminal.end();
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("Look around.") && !text.contains("STDERR-POISON"), "{text}");
    let store = home.store();
    let pins = store.pins().label(&label()).unwrap();
    assert!(pins.is_known() && pins.objects().len() == 1);
    assert!(store.gates().unwrap().is_empty(), "the gate ended with it");
}

#[test]
fn a_command_that_does_not_exist_is_not_started_and_says_so() {
    let home = Home::new();
    let (code, text) = Terminal::run(home.command(&["review", LABEL, "--", "/no/such/command"])).end();
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("error: ") && text.contains("hint: "), "{text}");
}
