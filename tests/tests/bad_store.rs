//! A full disk, a locked or damaged store, a read-only home, a store of a newer version: one clear error each, the
//! right exit status, no hang, and nothing lost or half written.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use pinfold_tests::client::Client;
use pinfold_tests::disk::Disk;
use pinfold_tests::expect::{self, NOTICE, POISON};
use pinfold_tests::scenario::{Listing, Scenario, tool};
use pinfold_tests::stage::{LABEL, Stage, describe};
use pinfold_tests::terminal::{Outcome, Terminal};

/// A server that has one more tool from state 1 on.
fn growing() -> Scenario {
    let look = tool("look", "Look.");
    let listing =
        Listing::of("tools", std::slice::from_ref(&look)).then("tools", &[look, tool("extra", POISON)]);
    Scenario::of_tools::<&str>(&[]).listing("tools/list", listing)
}

/// An approved stage whose home lies on a small disk.
struct SmallDisk {
    stage: Stage,
    disk: Disk,
}

impl SmallDisk {
    fn new() -> Option<SmallDisk> {
        let small = SmallDisk::fresh()?;
        let client = small.session();
        client.complaint("pinfold review");
        small.review().approve_all().expect_code(0);
        client.close();
        Some(small)
    }

    /// The same with nothing approved; none where the system mounts nothing for us.
    fn fresh() -> Option<SmallDisk> {
        let stage = Stage::new(&growing());
        match Disk::over(stage.home.path(), 4 * 1024) {
            Ok(disk) => Some(SmallDisk { stage, disk }),
            Err(reason) => {
                // Past the capture of the test harness, so that nobody takes this for a test that ran.
                let _ =
                    writeln!(std::io::stderr(), "\nNOT RUN: a disk of our own cannot be made: {reason}\n");
                assert!(
                    std::env::var("CI").as_deref() != Ok("true"),
                    "under CI the disk is a must: {reason}"
                );
                None
            }
        }
    }

    fn session(&self) -> Client {
        let mut client = Client::connect(self.disk.inside(&self.stage.gate()));
        client.until_verified();
        client
    }

    fn review(&self) -> Terminal {
        Terminal::run(self.disk.inside(&self.stage.home.pinfold(["review", LABEL])))
    }

    fn status(&self) -> Output {
        let command = self.stage.home.pinfold(["status", LABEL]);
        self.disk.inside(&command).stdin(Stdio::null()).output().expect("it runs")
    }
}

/// One `error:` line with one of these words, and one `hint:` line.
#[track_caller]
fn is_one_clear_error(outcome: &Outcome, words: &[&str]) {
    expect::is_one_clear_error(&outcome.text);
    assert!(words.iter().any(|word| outcome.text.contains(word)), "{words:?} in {}", outcome.text);
}

#[test]
fn on_a_full_disk_approved_tools_run_and_a_decision_fails_whole() {
    let Some(small) = SmallDisk::new() else { return };
    small.stage.server.set_state(1);
    let mut client = small.session();
    assert_eq!(client.names("tools/list"), ["look", NOTICE]);
    client.close();
    small.disk.fill();
    let mut client = small.session();
    assert_eq!(client.names("tools/list"), ["look", NOTICE]);
    assert_eq!(client.call("look", "").words(), "look was called");
    assert_eq!(client.call("extra", "").refusal(), "TOOL_ADDED");
    let outcome = small.review().approve_all().expect_code(3);
    is_one_clear_error(&outcome, &["full"]);
    assert_eq!(client.names("tools/list"), ["look", NOTICE], "nothing was approved");
    client.close();
    // With room again all is as it was, and the decision can be taken.
    small.disk.empty();
    let mut client = small.session();
    assert_eq!(client.names("tools/list"), ["look", NOTICE]);
    small.review().approve_all().expect_code(0);
    client.names_until("tools/list", |names| names == ["look", "extra"]);
}

#[test]
fn on_a_full_disk_a_first_use_is_held_and_says_why() {
    let Some(small) = SmallDisk::fresh() else { return };
    small.disk.fill();
    let mut client = small.session();
    assert_eq!(client.names("tools/list"), [NOTICE]);
    assert!(client.call("look", "").is_refusal());
    client.complaint("the disk is full");
    client.close();
    assert_eq!(small.stage.server.starts(), 0);
    // Nothing could be written down, so nothing is known.
    assert_eq!(small.status().status.code(), Some(2), "{}", describe(&small.status()));
}

#[test]
fn in_a_read_only_home_approved_tools_run_and_decisions_end_with_three() {
    let Some(small) = SmallDisk::new() else { return };
    small.stage.server.set_state(1);
    small.session().list("tools/list");
    small.disk.make_read_only();
    let mut client = small.session();
    assert_eq!(client.names("tools/list"), ["look", NOTICE]);
    assert_eq!(client.call("look", "").words(), "look was called");
    assert_eq!(client.call("extra", "").refusal(), "TOOL_ADDED");
    let outcome = small.review().approve_all().expect_code(3);
    is_one_clear_error(&outcome, &["read-only"]);
    assert_eq!(client.names("tools/list"), ["look", NOTICE]);
    assert_eq!(small.status().status.code(), Some(1), "{}", describe(&small.status()));
}

#[test]
fn in_a_read_only_home_a_first_use_is_held_and_says_why() {
    let Some(small) = SmallDisk::fresh() else { return };
    small.disk.make_read_only();
    let mut client = small.session();
    assert_eq!(client.names("tools/list"), [NOTICE]);
    client.complaint("read-only");
    client.close();
    assert_eq!(small.stage.server.starts(), 0);
}

/// An approved stage in whose store something is held.
fn approved_with_something_held() -> Stage {
    let stage = Stage::approved(&growing());
    stage.server.set_state(1);
    assert_eq!(stage.session().names("tools/list"), ["look", NOTICE]);
    stage
}

#[test]
fn a_store_that_another_process_locks_gives_an_error_and_loses_nothing() {
    let stage = approved_with_something_held();
    let file =
        std::fs::File::open(stage.home.path().join(".local/state/pinfold/lock")).expect("the lock's file");
    rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive).expect("it can be locked");
    let start = Instant::now();
    let outcome = stage.review().approve_all().expect_code(3);
    assert!(start.elapsed() < Duration::from_secs(30), "it gave up after {:?}", start.elapsed());
    is_one_clear_error(&outcome, &["lock"]);
    expect::gate_refuses(&stage, stage.gate(), &[3]);
    drop(file);
    assert_eq!(stage.session().names("tools/list"), ["look", NOTICE]);
    stage.approve_changes();
    assert_eq!(stage.session().names("tools/list"), ["look", "extra"]);
}

/// After the file was spoilt nothing counts as approved: gate, `status` and `review` say so in one line and end with this
/// exit status, and nothing is started.
#[track_caller]
fn fails_closed(stage: &Stage, code: i32) {
    expect::gate_refuses(stage, stage.gate(), &[code]);
    let output = stage.output(&["status", LABEL]);
    assert_eq!(output.status.code(), Some(code), "{}", describe(&output));
    expect::is_one_clear_error(&String::from_utf8_lossy(&output.stderr));
    let outcome = stage.review().approve_all().expect_code(code);
    expect::is_one_clear_error(&outcome.text);
}

fn spoil(stage: &Stage, bytes: &[u8]) {
    // The write-ahead log goes too, or it would heal the file.
    for file in store_files(stage) {
        if file != stage.home.store_file() {
            std::fs::remove_file(file).expect("it can be removed");
        }
    }
    std::fs::write(stage.home.store_file(), bytes).expect("it can be written");
}

fn store_files(stage: &Stage) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(stage.home.store_folder()).expect("there is a store");
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

#[test]
fn a_store_of_garbage_fails_closed() {
    let stage = approved_with_something_held();
    spoil(&stage, &b"no database at all ".repeat(1000));
    fails_closed(&stage, 3);
}

#[test]
fn an_empty_store_fails_closed() {
    let stage = approved_with_something_held();
    spoil(&stage, b"");
    fails_closed(&stage, 1);
}

#[test]
fn a_store_that_was_cut_in_half_fails_closed() {
    let stage = approved_with_something_held();
    checkpoint(&stage);
    let whole = std::fs::read(stage.home.store_file()).expect("the store");
    spoil(&stage, &whole[..whole.len() / 2]);
    fails_closed(&stage, 3);
}

#[test]
fn a_store_of_a_newer_version_fails_closed_and_is_left_alone() {
    let stage = approved_with_something_held();
    sql(&stage, "PRAGMA user_version = 99");
    checkpoint(&stage);
    let before = std::fs::read(stage.home.store_file()).expect("the store");
    assert!(expect::gate_refuses(&stage, stage.gate(), &[3]).contains("version 99"));
    let output = stage.output(&["status", LABEL]);
    assert_eq!(output.status.code(), Some(3), "{}", describe(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("99"), "{}", describe(&output));
    let outcome = stage.review().approve_all().expect_code(3);
    is_one_clear_error(&outcome, &["version 99"]);
    assert_eq!(std::fs::read(stage.home.store_file()).expect("the store"), before, "not a byte was changed");
}

/// Folds the write-ahead log into the file.
fn checkpoint(stage: &Stage) {
    sql(stage, "PRAGMA wal_checkpoint(TRUNCATE)");
}

fn sql(stage: &Stage, statement: &str) {
    let connection = rusqlite::Connection::open(stage.home.store_file()).expect("the store opens");
    connection.execute_batch(statement).expect("the statement runs");
}

#[test]
fn the_json_of_a_failure_is_one_document_too() {
    let stage = approved_with_something_held();
    spoil(&stage, b"garbage");
    let document = stage.status();
    assert_eq!(document["exit"], 3, "{document:#}");
    assert!(document["error"].is_object(), "{document:#}");
    assert!(document["schema"].as_str().is_some_and(|schema| schema.starts_with("pinfold/")), "{document:#}");
    expect::all_reasons(&document);
}
