//! The person's policy about single tools: barred ones, ones that want a yes, and the command that tells of them.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use pinfold_tests::PATIENCE;
use pinfold_tests::expect::{self, NOTICE, POISON};
use pinfold_tests::scenario::{Listing, Scenario, Step, tool};
use pinfold_tests::stage::{LABEL, Stage, describe};
use pinfold_tests::terminal::Terminal;

fn post() -> Scenario {
    Scenario::of_tools(&[tool("look", "Look."), tool("send", "Send."), tool("delete_all", "Delete.")])
}

fn allow(stage: &Stage, tool: &str, time: &str) -> Terminal {
    Terminal::run(stage.home.pinfold(["policy", "allow", LABEL, tool, "--for", time]))
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "never so: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_denied_tool_is_not_listed_not_called_and_not_held() {
    let stage = Stage::approved(&post());
    stage.home.write_policy("[defaults]\ndeny = [\"delete_*\"]");
    let mut client = stage.session();
    assert_eq!(client.names("tools/list"), ["look", "send"], "and no notice");
    expect::calls_are_refused(&stage, &mut client, "delete_all", "TOOL_DENIED");
    expect::works(&stage, &mut client, "look");
    client.close();
    let status = stage.output(&["status", LABEL]);
    assert_eq!(status.status.code(), Some(0), "{}", describe(&status));
}

/// The gate answers at once from what it remembers, while the server takes its time.
#[test]
fn an_answer_from_the_pins_follows_the_policy_too() {
    let slow = Step::Sleep(Duration::from_secs(20).as_millis() as u64);
    let stage = Stage::approved(&post().later(1, "initialize", [slow]));
    stage.session().close();
    stage.server.set_state(1);
    stage.home.write_policy("[server.demo]\ndeny = [\"delete_*\"]\nconfirm = [\"send\"]");
    let began = Instant::now();
    let mut client = stage.early_session();
    assert_eq!(client.names("tools/list"), ["look", "send"]);
    assert_eq!(client.call("delete_all", "").refusal(), "TOOL_DENIED");
    assert_eq!(client.call("send", "").refusal(), "CONFIRM_NEEDED");
    assert!(began.elapsed() < Duration::from_secs(18), "nothing waits for the server: {:?}", began.elapsed());
    client.close();
    assert!(stage.server.requests("tools/call").is_empty());
}

#[test]
fn a_denied_tool_that_changes_asks_nothing_and_is_held_once_it_is_denied_no_more() {
    let changed = [tool("look", "Look."), tool("send", "Send."), tool("delete_all", POISON)];
    let before = [tool("look", "Look."), tool("send", "Send."), tool("delete_all", "Delete.")];
    let listing = Listing::of("tools", &before).then("tools", &changed);
    let stage = Stage::approved(&Scenario::of_tools::<&str>(&[]).listing("tools/list", listing));
    stage.home.write_policy("[server.demo]\ndeny = [\"delete_all\"]");
    stage.server.set_state(1);
    let mut client = stage.session();
    assert_eq!(client.names("tools/list"), ["look", "send"]);
    expect::calls_are_refused(&stage, &mut client, "delete_all", "TOOL_DENIED");
    client.close();
    stage.home.write_policy("");
    let mut client = stage.session();
    assert_eq!(client.names("tools/list"), ["look", "send", NOTICE]);
    expect::calls_are_refused(&stage, &mut client, "delete_all", "DESC_CHANGED");
    expect::nothing_leaked(&stage, &client);
}

#[test]
fn a_tool_to_confirm_is_called_only_while_a_yes_at_the_terminal_lasts() {
    let stage = Stage::approved(&post());
    stage.home.write_policy("[server.demo]\nconfirm = [\"send\"]");
    let mut client = stage.session();
    assert_eq!(client.names("tools/list"), ["look", "send", "delete_all"]);
    expect::calls_are_refused(&stage, &mut client, "send", "CONFIRM_NEEDED");
    let words = client.call("send", "").words();
    assert!(words.contains(&format!("pinfold policy allow {LABEL} TOOL --for 10m")), "{words}");

    let outcome = allow(&stage, "send", "10s").refuse_all().expect_code(1);
    assert!(outcome.text.contains("10 seconds") && outcome.text.contains("Send."), "{}", outcome.text);
    expect::calls_are_refused(&stage, &mut client, "send", "CONFIRM_NEEDED");

    let began = Instant::now();
    allow(&stage, "send", "10s").approve_all().expect_code(0);
    until("the running gate takes up the yes", || client.call("send", "").words() == "send was called");
    expect::works(&stage, &mut client, "look");
    until("the yes ends by itself", || client.call("send", "").words().contains("CONFIRM_NEEDED"));
    let lasted = began.elapsed();
    assert!(lasted >= Duration::from_secs(8), "it ended after {lasted:?}");
    let status = stage.status();
    assert_eq!(status["servers"][0]["rules"][0]["rule"], "confirm", "{status:#}");
    let history = stage.output(&["status", "--history"]);
    let history = String::from_utf8_lossy(&history.stdout).into_owned();
    assert!(history.contains("demo: calls of send allowed until"), "{history}");
}

#[test]
fn no_pipe_no_agent_and_no_program_allows_a_call() {
    let stage = Stage::approved(&post());
    stage.home.write_policy("[server.demo]\nconfirm = [\"send\"]");
    let arguments = ["policy", "allow", LABEL, "send", "--for", "10m"];
    let output = stage.output(&arguments);
    assert_eq!(output.status.code(), Some(4), "{}", describe(&output));
    let mut marked = stage.home.pinfold(arguments);
    marked.env("CLAUDECODE", "1");
    let outcome = Terminal::run(marked).finish();
    assert_eq!(outcome.code(), 4, "{}", outcome.text);
    let document = stage.status_of(&["policy", "allow", LABEL, "send", "--for", "10m", "--json"]);
    assert_eq!((&document["exit"], &document["verdict"]), (&4.into(), &"waits".into()), "{document:#}");
    let mut client = stage.session();
    expect::calls_are_refused(&stage, &mut client, "send", "CONFIRM_NEEDED");
}

#[test]
fn what_cannot_be_called_anyway_cannot_be_allowed() {
    let stage = Stage::approved(&post());
    stage.home.write_policy("[server.demo]\nconfirm = [\"*\"]\ndeny = [\"delete_*\"]");
    for (tool, time, code, says) in [
        ("delete_all", "10m", 1, "TOOL_DENIED"),
        ("unheard_of", "10m", 1, "TOOL_NOT_APPROVED"),
        ("send mail", "10m", 2, "NAME_INVALID"),
        ("send", "25h", 2, "USAGE"),
        ("send", "0s", 2, "USAGE"),
    ] {
        let document = stage.status_of(&["policy", "allow", LABEL, tool, "--for", time, "--json"]);
        assert_eq!(
            (&document["exit"], &document["error"]["code"]),
            (&code.into(), &says.into()),
            "{document:#}"
        );
    }
    stage.home.write_policy("");
    let document = stage.status_of(&["policy", "allow", LABEL, "send", "--for", "10m", "--json"]);
    assert_eq!((&document["exit"], &document["verdict"]), (&0.into(), &"free".into()), "{document:#}");
}

#[test]
fn explain_says_which_approved_tools_a_pattern_means() {
    let stage = Stage::approved(&post());
    stage.home.write_policy(
        "[defaults]\ndeny = [\"delete_*\", \"drop\"]\nstart = \"on-call\"\n[notify]\ncommand = [\"/bin/true\", \"secret\"]",
    );
    let document = stage.status_of(&["policy", "explain", LABEL, "--json"]);
    let server = &document["servers"][0];
    assert_eq!(server["deny"][0]["tools"], serde_json::json!(["delete_all"]), "{document:#}");
    assert_eq!(server["deny"][1]["tools"], serde_json::json!([]), "{document:#}");
    assert_eq!(server["start"], "on-call");
    assert_eq!(document["notify_command"], "/bin/true");
    let text = stage.output(&["policy", "explain", LABEL]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(text.contains("delete_*  (delete_all)") && !text.contains("secret"), "{text}");
}

#[test]
fn a_change_that_nobody_signed_is_held_whatever_the_policy_says_of_updates() {
    let stay = tool("stay", "Stay.");
    let listing = Listing::of("tools", &[stay.clone(), tool("look", "Look.")])
        .then("tools", &[stay, tool("look", "Look. POISON"), tool("send", "POISON")]);
    let stage = Stage::approved(&Scenario::of_tools::<&str>(&[]).listing("tools/list", listing));
    stage.home.write_policy("[defaults]\nupdates = \"approved-words\"\nprose = \"allow\"\nmin_age = \"1s\"");
    let document = stage.status_of(&["policy", "explain", LABEL, "--json"]);
    let server = &document["servers"][0];
    let said = [&server["updates"], &server["prose"], &server["min_age"]];
    assert_eq!(said, [&"approved-words".into(), &"allow".into(), &"1s".into()] as [&serde_json::Value; 3]);
    stage.server.set_state(1);
    let mut client = stage.session();
    for (tool, reason) in [("look", "DESC_CHANGED"), ("send", "TOOL_ADDED")] {
        expect::tool_is_held(&stage, &mut client, tool, reason, &["stay"]);
    }
}

/// A command that appends its arguments and its whole environment to a file, and the file.
fn telling(stage: &Stage, then: &str) -> PathBuf {
    let (script, told) = (stage.home.path().join("tell"), stage.home.path().join("told"));
    let text = format!("#!/bin/sh\n{{ echo \"$@\"; env; echo .; }} >>{}\n{then}\n", told.display());
    std::fs::write(&script, text).expect("the script is written");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("it may be run");
    stage.home.write_policy(&format!(
        "[notify]\ndesktop = false\ncommand = [\"{}\", \"--to\", \"me\"]\n[server.demo]\nconfirm = [\"send\"]",
        script.display()
    ));
    told
}

#[test]
fn the_command_is_told_reason_and_label_and_no_word_of_a_server() {
    let before = [tool("look", "Look."), tool("send", "Send.")];
    let listing = Listing::of("tools", &before).then("tools", &[tool("look", POISON), tool("send", "Send.")]);
    let stage = Stage::approved(&Scenario::of_tools::<&str>(&[]).listing("tools/list", listing));
    let told = telling(&stage, "");
    stage.server.set_state(1);
    let mut client = stage.session();
    client.names("tools/list");
    expect::calls_are_refused(&stage, &mut client, "send", "CONFIRM_NEEDED");
    let read = || std::fs::read_to_string(&told).unwrap_or_default();
    expect::wait_until("both are told", || {
        read().contains("PINFOLD_REASON=DESC_CHANGED") && read().contains("PINFOLD_REASON=CONFIRM_NEEDED")
    });
    for id in 0..3 {
        assert_eq!(client.call("send", "").refusal(), "CONFIRM_NEEDED", "{id}");
    }
    client.close();
    let text = read();
    assert_eq!(text.matches("PINFOLD_REASON=CONFIRM_NEEDED").count(), 1, "once a minute: {text}");
    assert!(text.contains("--to me\n") && text.contains("PINFOLD_LABEL=demo\n"), "{text}");
    assert!(!text.contains(POISON), "{text}");
    for line in text.lines().filter(|line| line.contains('=')) {
        let name = line.split('=').next().unwrap_or_default();
        let expected = ["PINFOLD_REASON", "PINFOLD_LABEL", "PATH", "HOME", "PWD", "SHLVL", "_", "OLDPWD"];
        assert!(expected.contains(&name), "{line}");
    }
}

/// The home of a test is not the account's, so it is one that a project's file could have set.
#[test]
fn a_home_in_which_nothing_was_decided_brings_no_command() {
    let stage = Stage::new(&post());
    let told = telling(&stage, "");
    let client = stage.waiting_session();
    client.close();
    assert!(!told.exists(), "{}", std::fs::read_to_string(&told).unwrap_or_default());
    stage.approve();
    expect::wait_until("after a decision it is run", || told.exists());
}

#[test]
fn a_command_that_hangs_holds_up_no_call_and_is_ended() {
    let stage = Stage::approved(&post());
    let told = telling(&stage, "echo $$ >\"$HOME/pid\"; sleep 600");
    let mut client = stage.session();
    expect::calls_are_refused(&stage, &mut client, "send", "CONFIRM_NEEDED");
    expect::wait_until("it is told", || told.exists() && stage.home.path().join("pid").exists());
    let began = Instant::now();
    expect::works(&stage, &mut client, "look");
    assert!(began.elapsed() < Duration::from_secs(4), "a call took {:?}", began.elapsed());
    let pid = std::fs::read_to_string(stage.home.path().join("pid")).expect("it wrote its id");
    let pid: u32 = pid.trim().parse().expect("it is a number");
    let end = Instant::now() + PATIENCE;
    while pinfold_tests::stage::is_alive(pid) {
        assert!(Instant::now() < end, "{pid} still runs");
        std::thread::sleep(Duration::from_millis(50));
    }
}
