//! The support library against itself: the scripted server and the scripted client, without the gate.

use pinfold_tests::client::Client;
use pinfold_tests::disk::Disk;
use pinfold_tests::scenario::{Listing, Scenario, Step, Trigger, part, tool};
use pinfold_tests::stage::Stage;

#[test]
fn a_listing_changes_with_the_state_file_and_says_so() {
    let listing =
        Listing::of("tools", &[tool("look", "Old.")]).then("tools", &[tool("look", "New.")]).announced();
    let stage = Stage::new(&Scenario::of_tools::<&str>(&[]).listing("tools/list", listing));
    let mut client = Client::connect(stage.direct());
    assert!(client.list("tools/list").text().contains("Old."));
    stage.server.set_state(1);
    client.notification("notifications/tools/list_changed");
    assert!(client.list("tools/list").text().contains("New."));
    assert!(client.close().success());
}

#[test]
fn a_listing_changes_after_calls() {
    let listing = Listing::of("tools", &[tool("look", "Old.")]).then("tools", &[tool("look", "New.")]);
    let stage = Stage::new(
        &Scenario::default().greeting("{}").listing("tools/list", listing.after(Trigger::Calls(2))),
    );
    let mut client = Client::connect(stage.direct());
    client.call("look", "");
    assert!(client.list("tools/list").text().contains("Old."));
    client.call("look", r#"{"text":"again"}"#);
    assert!(client.list("tools/list").text().contains("New."));
    assert_eq!(stage.server.calls_of("look").len(), 2);
}

#[test]
fn pages_are_asked_for_by_their_cursor_also_by_the_empty_one() {
    let pages = vec![
        part(None, "tools", &[tool("one", "One.")], Some(r#""""#)),
        part(Some(""), "tools", &[tool("two", "Two.")], Some("null")),
    ];
    let stage = Stage::new(&Scenario::of_tools::<&str>(&[]).listing("tools/list", Listing::of_pages(pages)));
    let mut client = Client::connect(stage.direct());
    assert_eq!(client.names("tools/list"), ["one", "two"]);
    assert_eq!(client.request("tools/list", r#"{"cursor":"other"}"#).error_code(), -32602);
}

#[test]
fn a_call_that_asks_the_client_waits_while_others_are_answered() {
    let ask = Step::Ask { id: r#""ask-1""#.into(), method: "elicitation/create".into(), params: "{}".into() };
    let answer = Step::Answer(r#"{"content":[{"type":"text","text":"@REPLY@"}]}"#.into());
    let stage =
        Stage::new(&Scenario::of_tools(&[tool("book", "Book.")]).on("tools/call book", [ask, answer]));
    let mut client = Client::connect(stage.direct());
    let booking = client.ask_call("book", "");
    let question = client.request_from_server("elicitation/create");
    assert_eq!(client.request("ping", "").result(), &serde_json::json!({}));
    client.reply(&question, r#"{"action":"decline"}"#);
    assert!(client.answer_to(booking).words().contains("decline"));
}

#[test]
fn a_grandchild_outlives_its_server_unless_someone_ends_it() {
    let stage =
        Stage::new(&Scenario::of_tools::<&str>(&[]).on("ping", [Step::Grandchild { holds_output: false }]));
    let mut client = Client::connect(stage.direct());
    client.request("ping", "");
    while stage.server.pids().len() < 2 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    client.close();
    let [orphan] = stage.server.alive()[..] else {
        panic!("only the grandchild lives: {:?}", stage.server.alive())
    };
    let pid = rustix::process::Pid::from_raw(orphan.cast_signed()).expect("a pid");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it can be ended");
    stage.server.expect_nothing_alive();
}

#[test]
fn a_disk_can_be_full_and_read_only() {
    let home = pinfold_tests::home::Home::new();
    let Ok(disk) = Disk::over(home.path(), 1024) else { return };
    let write = |name: &str| {
        let mut command = home.command("sh");
        command.args(["-c", r#"echo words > "$HOME/$1""#, "sh", name]);
        disk.inside(&command).output().expect("it runs").status.success()
    };
    assert!(write("one"));
    disk.fill();
    assert!(!write("two"));
    disk.empty();
    assert!(write("two"));
    disk.make_read_only();
    assert!(!write("three"));
    assert!(!home.path().join("one").exists(), "outside, the folder is as it was");
}

#[test]
fn the_recorder_changes_nothing_and_writes_down_both_directions() {
    let stage = Stage::new(&Scenario::of_tools(&[tool("look", "Look.")]));
    let log = stage.home.work().join("wire.log");
    let mut command = stage.home.command(pinfold_tests::binary::tee());
    command.arg(&log).args(stage.server_command());
    let mut client = Client::connect(command);
    let answer = client.list("tools/list");
    assert!(client.close().success());
    let lines = std::fs::read_to_string(log).expect("the log");
    assert!(
        lines.contains(&format!("< {}", answer.text())) && lines.contains(r#"> {"jsonrpc":"2.0","id":1"#),
        "{lines}"
    );
}
