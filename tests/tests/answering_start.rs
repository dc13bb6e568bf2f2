//! Answering from the pins, and the launch: what is looked at before the answer and before the start, and servers that
//! are started on call. Rules: `spec/answers.md`.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use pinfold_tests::client::Client;
use pinfold_tests::expect::{self, NOTICE};
use pinfold_tests::scenario::{Scenario, tool};
use pinfold_tests::stage::{LABEL, Stage, run_to_end};
use pinfold_tests::terminal::Terminal;

/// A stage whose server is a file of its own, so that it can be replaced.
struct Replaceable {
    stage: Stage,
    program: PathBuf,
}

impl Replaceable {
    fn new() -> Replaceable {
        let stage = Stage::new(&Scenario::of_tools(&[tool("look", "Look.")]));
        let program = stage.home.path().join("server");
        std::fs::copy(pinfold_tests::binary::fixture(), &program).expect("the server is copied");
        let replaceable = Replaceable { stage, program };
        let client = Client::connect(replaceable.gate());
        client.complaint("pinfold review");
        Terminal::run(replaceable.stage.home.pinfold(["review", LABEL])).approve_all().expect_code(0);
        client.close();
        // A digest is remembered of a file that has not changed for some seconds.
        std::thread::sleep(Duration::from_millis(4_500));
        for _ in 0..2 {
            let mut client = replaceable.session();
            client.until_verified();
            client.close();
        }
        replaceable
    }

    fn gate(&self) -> Command {
        let mut command = self.stage.home.pinfold(["run", "--as", LABEL, "--"]);
        command.arg(&self.program).arg(self.stage.server.path());
        command
    }

    fn session(&self) -> Client {
        Client::connect(self.gate())
    }

    /// Other bytes under the same name, which would tell if they were run.
    fn replace(&self) {
        let new = self.program.with_extension("new");
        let script = format!("#!/bin/sh\ntouch {}\n", self.was_run().display());
        std::fs::write(&new, script).expect("the other server is written");
        std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o755)).expect("a mode");
        std::fs::rename(new, &self.program).expect("it takes the place");
    }

    fn was_run(&self) -> PathBuf {
        self.stage.home.path().join("was-run")
    }
}

#[test]
fn a_file_that_changed_before_the_question_is_not_answered() {
    let server = Replaceable::new();
    // Changed after the gate has started, before the client asks.
    let mut client = Client::start(server.gate());
    expect::wait_until("the gate runs", || !server.stage.server.alive().is_empty());
    server.replace();
    client.shake_hands();
    assert_eq!(client.names("tools/list"), [NOTICE]);
    assert_eq!(client.call("look", "").refusal(), "LAUNCH_CHANGED");
    client.close();
    // Changed before the gate has started.
    let mut client = server.session();
    assert_eq!(client.names("tools/list"), [NOTICE]);
    assert_eq!(client.call("look", "").refusal(), "LAUNCH_CHANGED");
    assert!(!server.was_run().exists());
}

#[test]
fn a_file_changed_behind_its_identity_is_never_started() {
    let server = Replaceable::new();
    server.replace();
    // Whoever can write the store makes it say that these bytes were hashed before.
    let found = std::fs::metadata(&server.program).expect("the server is there");
    let nanoseconds = |seconds: i64, rest: i64| seconds * 1_000_000_000 + rest;
    let connection = rusqlite::Connection::open(server.stage.home.store_file()).expect("the store opens");
    let changed = connection
        .execute(
            "UPDATE file_digests SET inode = ?1, size = ?2, mtime = ?3, ctime = ?4 WHERE path = CAST(?5 AS BLOB)",
            rusqlite::params![
                found.ino() as i64,
                found.size() as i64,
                nanoseconds(found.mtime(), found.mtime_nsec()),
                nanoseconds(found.ctime(), found.ctime_nsec()),
                server.program.to_str(),
            ],
        )
        .expect("the statement runs");
    assert_eq!(changed, 1, "the digest of the server was remembered");
    drop(connection);
    let mut client = server.session();
    let call = client.ask_call("look", "");
    assert_eq!(client.answer_to(call).refusal(), "LAUNCH_CHANGED");
    assert_eq!(client.names("tools/list"), [NOTICE]);
    client.close();
    assert!(!server.was_run().exists(), "the digest is checked before the start");
}

#[test]
fn a_server_on_call_costs_nothing_until_it_is_called() {
    let stage = Stage::approved(&Scenario::of_tools(&[tool("look", "Look.")]));
    stage.home.write_policy(&format!("[server.{LABEL}]\nstart = \"on-call\""));
    // Nothing is remembered for this client: the server is needed to answer.
    let mut client = Client::start(stage.gate());
    client.shake_hands_as("2025-06-18", "{}");
    assert_eq!(client.names("tools/list"), ["look"]);
    client.close();
    stage.server.expect_nothing_alive();
    let starts = stage.server.starts();
    let mut client = Client::start(stage.gate());
    client.shake_hands_as("2025-06-18", "{}");
    assert_eq!(client.names("tools/list"), ["look"]);
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(stage.server.starts(), starts, "a handshake and a listing start nothing");
    let gate = &stage.status()["servers"][0]["gates"][0];
    assert_eq!(gate["state"], "answering", "{gate}");
    expect::works(&stage, &mut client, "look");
    assert_eq!(stage.server.starts(), starts + 1);
    expect::wait_until("status says that it runs", || {
        stage.status()["servers"][0]["gates"][0]["state"] == "ready"
    });
    expect::works(&stage, &mut client, "look");
    assert_eq!(stage.server.starts(), starts + 1, "once");
    client.close();
    stage.server.expect_nothing_alive();
}

#[test]
fn a_server_on_call_that_nobody_called_ends_with_its_client() {
    let stage = Stage::approved(&Scenario::of_tools(&[tool("look", "Look.")]));
    stage.home.write_policy("[defaults]\nstart = \"on-call\"");
    let starts = stage.server.starts();
    let mut client = stage.early_session();
    assert_eq!(client.names("tools/list"), ["look"]);
    assert!(client.close().success());
    assert_eq!(stage.server.starts(), starts);
    let status = run_to_end(stage.home.pinfold(["status", LABEL]));
    assert_eq!(status.status.code(), Some(0), "nothing is held");
}
