//! `pinfold protect` and `unprotect` on the built binary: one question, and every file comes back byte for byte.

use std::process::Output;

use pinfold_tests::client::Client;
use pinfold_tests::configs::{
    CLAUDE_CODE, CODEX, CURSOR, entry, protect, servers, started, text, unprotect, write,
};
use pinfold_tests::expect::{NOTICE, POISON, is_one_clear_error};
use pinfold_tests::home::Home;
use pinfold_tests::scenario::{Listing, Scenario, Step, tool};
use pinfold_tests::stage::{Folder, describe, run_to_end};
use pinfold_tests::terminal::Terminal;
use serde_json::{Value, json};

fn server(tools: &[&str]) -> Folder {
    let tools: Vec<String> = tools.iter().map(|name| tool(name, "Does one thing.")).collect();
    Folder::new(&Scenario::of_tools(&tools))
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no document: {}", describe(output)))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
}

#[test]
fn five_servers_are_protected_with_one_answer_and_come_back_byte_for_byte() {
    let home = Home::new();
    let folders: Vec<Folder> = (0..5).map(|number| server(&[&format!("tool{number}"), "common"])).collect();
    let names = ["one", "two", "three", "four", "five"];
    let entries: Vec<(&str, Value)> = names.iter().copied().zip(folders.iter().map(entry)).collect();
    let before = servers(&entries);
    let file = write(&home, CLAUDE_CODE, &before);

    let outcome = protect(&home, &[]).expect_code(0);
    assert_eq!(outcome.text.matches("to approve, or n to refuse:").count(), 1, "{}", outcome.text);
    for (number, folder) in folders.iter().enumerate() {
        assert_eq!(folder.starts(), 2, "{number}: two fresh processes");
        folder.expect_nothing_alive();
        let mut client = Client::connect(started(&home, &file, &format!("/mcpServers/{}", names[number])));
        assert_eq!(client.names("tools/list"), [format!("tool{number}"), "common".to_owned()]);
        client.close();
    }
    let status = document(&run_to_end(home.pinfold(["status", "--json"])));
    assert_eq!(status["exit"], 0, "{status:#}");
    assert_eq!(
        status["store"]["decisions"], 11,
        "the home, and launch and words of five: one ruling: {status:#}"
    );

    let protected = text(&file);
    let again = run_to_end(home.pinfold(["protect"]));
    assert_eq!(again.status.code(), Some(0), "{}", describe(&again));
    assert!(
        said(&again).contains("Nothing to change: 5 entries are behind the gate."),
        "{}",
        describe(&again)
    );
    assert_eq!(text(&file), protected);

    // The copy of the program that entries start comes back by itself.
    let program = home.path().join(".local/share/pinfold/bin/pinfold");
    std::fs::remove_file(&program).expect("it is there");
    let again = run_to_end(home.pinfold(["protect"]));
    assert_eq!(again.status.code(), Some(0), "{}", describe(&again));
    assert!(program.is_file());

    let outcome = unprotect(&home).expect_code(0);
    assert_eq!(text(&file), before, "{}", outcome.text);
}

#[test]
fn the_same_launch_in_two_files_is_one_label_and_is_heard_once() {
    let home = Home::new();
    let shared = server(&["look"]);
    let other = server(&["look"]);
    let claude = write(&home, CLAUDE_CODE, servers(&[("files", entry(&shared))]));
    let cursor = write(&home, CURSOR, servers(&[("docs", entry(&shared)), ("files", entry(&other))]));
    let codex = write(
        &home,
        CODEX,
        format!(
            "# mine\nmodel = \"x\"\n\n[mcp_servers.\"a b\"]\ncommand = {:?}\nargs = [{:?}] # here\n",
            pinfold_tests::binary::fixture(),
            shared.path()
        ),
    );
    let before = [text(&claude), text(&cursor), text(&codex)];

    protect(&home, &[]).expect_code(0);
    assert_eq!(
        (shared.starts(), other.starts()),
        (3, 2),
        "one process more for the greeting of another client"
    );
    let label = |text: &str| -> Vec<String> {
        let after = text.split("\"--as\"").skip(1);
        after.map(|rest| rest.split('"').nth(1).unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(label(&text(&claude)), ["files"]);
    assert_eq!(label(&text(&cursor)), ["files", "files-cursor"]);
    assert_eq!(label(&text(&codex)), ["files"]);

    // A third client with the same launch is taken along without hearing it again.
    let gemini = write(&home, ".gemini/settings.json", servers(&[("x", entry(&shared))]));
    protect(&home, &[]).expect_code(0);
    assert_eq!(label(&text(&gemini)), ["files"]);
    assert_eq!(shared.starts(), 3);

    unprotect(&home).expect_code(0);
    assert_eq!([text(&claude), text(&cursor), text(&codex)], before);
}

#[test]
fn a_dry_run_starts_nothing_and_writes_nothing() {
    let home = Home::new();
    let folder = server(&["look"]);
    let file = write(&home, CLAUDE_CODE, servers(&[("files", entry(&folder))]));
    let before = std::fs::metadata(&file).expect("it is there").modified().expect("a time");
    for arguments in [&["protect", "--dry-run"][..], &["protect", "--dry-run", "--json"]] {
        let output = run_to_end(home.pinfold(arguments));
        assert_eq!(output.status.code(), Some(0), "{}", describe(&output));
        assert!(said(&output).contains("files"), "{}", describe(&output));
    }
    let document = document(&run_to_end(home.pinfold(["protect", "--dry-run", "--json"])));
    assert_eq!(document["servers"][0]["state"], "start", "{document:#}");
    assert_eq!(document["files"][0]["state"], "changes", "{document:#}");
    assert_eq!(folder.starts(), 0);
    assert_eq!(std::fs::metadata(&file).expect("it is there").modified().expect("a time"), before);
    assert!(!home.path().join(".local").exists(), "no store, no copy, no backup");
}

#[test]
fn under_an_agents_marker_and_without_a_terminal_nothing_is_started() {
    let home = Home::new();
    let folder = Folder::new(&Scenario::of_tools(&[tool("look", POISON)]));
    let mut secret = entry(&folder);
    secret["args"].as_array_mut().expect("a list").extend(["--api-key".into(), "hunter2hunter2".into()]);
    let file = write(&home, CLAUDE_CODE, servers(&[("files", secret)]));
    let before = text(&file);
    let mut marked = home.pinfold(["protect"]);
    marked.env("CLAUDECODE", "1");
    let in_a_terminal = Terminal::run(marked).refuse_all().expect_code(4);
    let mut words = vec![in_a_terminal.text];
    for arguments in [&["protect"][..], &["protect", "--json"]] {
        let output = run_to_end(home.pinfold(arguments));
        assert_eq!(output.status.code(), Some(4), "{}", describe(&output));
        words.push(said(&output));
    }
    is_one_clear_error(&words[1]);
    for words in words {
        assert!(words.contains("files"), "{words}");
        assert!(!words.contains("hunter2") && !words.contains(POISON), "{words}");
    }
    assert_eq!(folder.starts(), 0);
    assert_eq!(text(&file), before);
    assert!(!home.path().join(".local").exists());
}

#[test]
fn a_no_changes_nothing_and_approves_nothing() {
    let home = Home::new();
    let folder = server(&["look"]);
    let file = write(&home, CLAUDE_CODE, servers(&[("files", entry(&folder))]));
    let before = text(&file);
    let outcome = Terminal::run(home.pinfold(["protect"])).refuse_all().expect_code(1);
    assert!(outcome.text.contains("nothing was changed"), "{}", outcome.text);
    assert_eq!(text(&file), before);
    let status = document(&run_to_end(home.pinfold(["status", "--json"])));
    assert_eq!(status["store"]["decisions"], 0, "{status:#}");
    folder.expect_nothing_alive();
}

#[test]
fn every_word_can_be_read_first_and_a_refused_server_stays_as_it_is() {
    let home = Home::new();
    let good = Folder::new(&Scenario::of_tools(&[tool("look", "GOOD words.")]));
    let bad = Folder::new(&Scenario::of_tools(&[tool("spy", "BAD words.")]));
    let file = write(&home, CLAUDE_CODE, servers(&[("bad", entry(&bad)), ("good", entry(&good))]));
    let mut terminal = Terminal::run(home.pinfold(["protect"]));
    terminal.challenge();
    assert!(!terminal.text().contains("GOOD words."), "{}", terminal.text());
    terminal.type_keys("e");
    terminal.wait_for("BAD words.");
    terminal.challenge();
    terminal.type_keys("n");
    terminal.wait_for("GOOD words.");
    let outcome = terminal.approve_all().expect_code(0);
    assert!(outcome.text.contains("you said no to its words"), "{}", outcome.text);
    assert_eq!(text(&file).matches("\"--as\"").count(), 1);
    let mut client = Client::connect(started(&home, &file, "/mcpServers/good"));
    assert_eq!(client.names("tools/list"), ["look"]);
    client.close();
}

#[test]
fn a_server_that_does_not_start_is_listed_and_left_and_the_others_are_protected() {
    let home = Home::new();
    let good = server(&["look"]);
    let dying = Folder::new(&Scenario::default().on("start", [Step::Exit(3)]));
    let mut missing = entry(&good);
    missing["command"] = "a-program-that-nobody-has".into();
    let file = write(
        &home,
        CLAUDE_CODE,
        servers(&[("dying", entry(&dying)), ("good", entry(&good)), ("missing", missing)]),
    );
    let outcome = protect(&home, &[]).expect_code(0);
    assert!(outcome.text.contains("not protected (2)"), "{}", outcome.text);
    assert!(outcome.text.contains("exited with status 3"), "{}", outcome.text);
    assert!(outcome.text.contains("a-program-that-nobody-has is not found"), "{}", outcome.text);
    assert_eq!(text(&file).matches("\"--as\"").count(), 1);
    let document = document(&run_to_end(home.pinfold(["protect", "--dry-run", "--json"])));
    assert_eq!(document["not_protected"][0]["reason"], "COMMAND_NOT_FOUND", "{document:#}");
}

/// A server whose state moves on at every start.
fn restless(folder: &Folder) -> Value {
    let script =
        r#"s="$1/state"; n=$(cat "$s" 2>/dev/null || echo 0); echo $((n + 1)) >"$s"; exec "$0" "$1""#;
    json!({"command": "sh", "args": ["-c", script, pinfold_tests::binary::fixture(), folder.path()]})
}

#[test]
fn what_breaks_a_rule_or_differs_at_every_start_stays_held_and_the_rest_is_approved() {
    let home = Home::new();
    let tools = |number: usize| {
        [
            tool("good", "Does one thing."),
            tool("two words", "Does one thing."),
            tool("clock", &format!("It is 2026-11-26T02:44:1{number}Z here.")),
            tool("prose", &format!("It is version {number} of this.")),
        ]
    };
    let listing =
        (1..9).fold(Listing::of("tools", &tools(0)), |listing, number| listing.then("tools", &tools(number)));
    let folder = Folder::new(&Scenario::of_tools(&tools(0)).listing("tools/list", listing));
    let file = write(&home, CLAUDE_CODE, servers(&[("mixed", restless(&folder))]));
    let outcome = protect(&home, &[]).expect_code(0);
    assert!(outcome.text.contains("stays held (NAME_INVALID)"), "{}", outcome.text);
    assert!(outcome.text.contains("tool prose: stays held (LIST_UNSTABLE)"), "{}", outcome.text);
    assert!(outcome.text.contains("tool clock: may hold another time at"), "{}", outcome.text);
    assert_eq!(folder.starts(), 4, "two more processes tell what differs at every start");
    let mut client = Client::connect(started(&home, &file, "/mcpServers/mixed"));
    let names = client.names("tools/list");
    assert_eq!(names, ["good", "clock", NOTICE], "a clock is a rule, prose is held");
    client.close();
}

#[test]
fn an_interrupt_ends_the_servers_and_changes_nothing() {
    let home = Home::new();
    let quick = server(&["look"]);
    let hanging = Folder::new(&Scenario::of_tools(&[tool("look", "x")]).on("initialize", [Step::Hang]));
    let before = servers(&[("hanging", entry(&hanging)), ("quick", entry(&quick))]);
    let file = write(&home, CLAUDE_CODE, &before);
    let mut terminal = Terminal::run(home.pinfold(["protect"]));
    terminal.wait_for("heard quick");
    terminal.wait_for("still waiting for hanging");
    terminal.type_keys("\u{3}");
    let outcome = terminal.finish().expect_code(1);
    assert!(
        outcome.text.contains("interrupted; the servers were ended and nothing was changed"),
        "{}",
        outcome.text
    );
    hanging.expect_nothing_alive();
    quick.expect_nothing_alive();
    assert_eq!(text(&file), before);
    let status = document(&run_to_end(home.pinfold(["status", "--json"])));
    assert_eq!(status["store"]["decisions"], 0, "{status:#}");
}
