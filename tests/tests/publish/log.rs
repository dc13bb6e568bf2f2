//! `publish` and `withdraw` against a real log on loopback.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use pinfold_tests::home::Home;
use pinfold_tests::log::{ORIGIN, TestLog};
use pinfold_tests::scenario::{Scenario, tool};
use pinfold_tests::stage::{describe, run_to_end};
use pinfold_tests::terminal::Terminal;
use serde_json::Value;

use crate::support::{NAME, POISON, Publisher, code, not_run, one_document};

/// The policy of a log as a file that only its owner can write.
pub(crate) fn policy(publisher: &Publisher, log: &TestLog) -> String {
    use std::os::unix::fs::PermissionsExt;
    let file = publisher.home.path().join("log.policy");
    std::fs::write(&file, log.policy()).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    file.to_str().unwrap().to_owned()
}

fn publish<'a>(version: &'a str, policy: &'a str) -> Vec<&'a str> {
    vec!["publish", "--name", NAME, "--version", version, "--policy", policy, "--yes"]
}

/// Entries of the log.
pub(crate) fn size(log: &TestLog) -> u64 {
    log.checkpoint().lines().nth(1).unwrap().parse().unwrap()
}

/// `verify` in an empty network namespace with another home, which trusts the log and the claim.
#[track_caller]
pub(crate) fn verify_elsewhere(bundle: &Path, log: &TestLog, claim: &str) -> Option<Output> {
    let reader = Home::new();
    let folder = reader.path().join(".config/pinfold");
    std::fs::create_dir_all(&folder).unwrap();
    let namespace = NAME.split('/').next().unwrap();
    let trust = format!(
        "version = 1\n\n[[log]]\norigin = \"{ORIGIN}\"\npolicy = \"\"\"\n{}\"\"\"\n\n[[claim]]\n\
         namespace = \"{namespace}\"\nlog = \"{ORIGIN}\"\nclaim = \"{claim}\"\nhistory = 1\n",
        log.policy()
    );
    std::fs::write(folder.join("trust.toml"), trust).unwrap();
    let copy = reader.work().join("release.pinfold");
    std::fs::copy(bundle, &copy).unwrap();
    let possible =
        Command::new("unshare").args(["-rn", "true"]).status().is_ok_and(|status| status.success());
    if !possible {
        not_run("no network namespace can be made here, so nothing shows that `verify` needs no network");
        return None;
    }
    let mut command = reader.command("unshare");
    command.args(["-rn"]).arg(pinfold_tests::binary::pinfold()).args(["verify", "release.pinfold", "--json"]);
    Some(run_to_end(command))
}

#[test]
fn a_first_release_claims_its_namespace_and_verifies_offline_elsewhere() {
    let (publisher, log) = (Publisher::of_two_tools(), TestLog::alone());
    let policy = policy(&publisher, &log);
    let published = publisher.document_with_server(&publish("1.0.0", &policy), 0);
    assert_eq!(published["schema"], "pinfold/publish/v1");
    assert_eq!((&published["keyset_index"], &published["sequence"]), (&0.into(), &1.into()), "{published:#}");
    assert_eq!(publisher.files(), ["demo-1.0.0.pinfold"]);
    let claim = published["claim"].as_str().unwrap();
    if let Some(output) = verify_elsewhere(&publisher.file("demo-1.0.0.pinfold"), &log, claim) {
        assert_eq!(output.status.code(), Some(0), "{}", describe(&output));
    }
    publisher
        .server
        .play(&Scenario::of_tools(&[tool("look", "Look twice."), tool("find", "Find one thing.")]));
    let second = publisher.document_with_server(&publish("1.0.1", &policy), 0);
    assert_eq!((&second["keyset_index"], &second["sequence"]), (&Value::Null, &2.into()), "{second:#}");
    assert_eq!(second["changes"][0]["changes"][0]["class"], "DESC_CHANGED", "{second:#}");
}

#[test]
fn a_quorum_of_two_of_three_witnesses_stands_behind_a_release() {
    let mut log = TestLog::with_witnesses(3, 2);
    log.stop_witness(3);
    let publisher = Publisher::of_two_tools();
    let policy = policy(&publisher, &log);
    let published = publisher.document_with_server(&publish("1.0.0", &policy), 0);
    let claim = published["claim"].as_str().unwrap();
    if let Some(output) = verify_elsewhere(&publisher.file("demo-1.0.0.pinfold"), &log, claim) {
        assert_eq!(output.status.code(), Some(0), "{}", describe(&output));
        assert!(String::from_utf8_lossy(&output.stdout).contains("w1"), "{}", describe(&output));
    }
}

#[test]
fn the_same_release_again_gives_the_same_entry_and_bytes() {
    let (publisher, log) = (Publisher::of_two_tools(), TestLog::alone());
    let policy = policy(&publisher, &log);
    let first = publisher.document_with_server(&publish("1.0.0", &policy), 0);
    let bytes = std::fs::read(publisher.file("demo-1.0.0.pinfold")).unwrap();
    let entries = size(&log);
    let again = publisher.document_with_server(&publish("1.0.0", &policy), 0);
    assert_eq!((&again["index"], &again["statement"]), (&first["index"], &first["statement"]));
    assert_eq!((&first["already"], &again["already"]), (&false.into(), &true.into()));
    assert_eq!(std::fs::read(publisher.file("demo-1.0.0.pinfold")).unwrap(), bytes);
    assert_eq!(size(&log), entries);
    // An older release, after a newer one.
    publisher.document_with_server(&publish("1.0.1", &policy), 0);
    let old = publisher.document_with_server(&publish("1.0.0", &policy), 0);
    assert_eq!((&old["index"], &old["already"]), (&first["index"], &true.into()), "{old:#}");
}

#[test]
fn a_run_that_is_killed_is_finished_by_the_next() {
    let (publisher, log) = (Publisher::of_two_tools(), TestLog::alone());
    let policy = policy(&publisher, &log);
    publisher.capture("1.0.0", "m.json");
    let arguments = ["publish", "--manifest", "m.json", "--policy", &policy, "--yes", "--json"];
    let mut index = None;
    for milliseconds in [20, 60, 90, 120, 160, 220, 300, 450] {
        let mut killed = publisher.command(&arguments);
        let mut child = killed.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        let _ = child.kill();
        let _ = child.wait();
        // What a killed run leaves behind has a name of its own; the bundle's name has a whole bundle or nothing.
        if let Ok(bundle) = std::fs::read(publisher.file("demo-1.0.0.pinfold")) {
            assert_eq!(bundle.last(), Some(&b'}'));
            publisher.document(&["diff", "m.json", "demo-1.0.0.pinfold"], 0);
        }
        let whole = publisher.document(&arguments[..6], 0);
        assert_eq!(*index.get_or_insert(whole["index"].clone()), whole["index"]);
        assert_eq!(whole["sequence"], 1, "{whole:#}");
    }
}

#[test]
fn another_content_under_the_same_version_is_refused_by_its_first_difference() {
    let (publisher, log) = (Publisher::of_two_tools(), TestLog::alone());
    let policy = policy(&publisher, &log);
    publisher.document_with_server(&publish("1.0.0", &policy), 0);
    let bytes = std::fs::read(publisher.file("demo-1.0.0.pinfold")).unwrap();
    let entries = size(&log);
    publisher.server.play(&Scenario::of_tools(&[tool("look", POISON), tool("find", "Find one thing.")]));
    let output = publisher.run_with_server(&[&publish("1.0.0", &policy)[..], &["--json"]].concat());
    let refused = one_document(&output, 1);
    assert_eq!(code(&refused), "VERSION_USED");
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("changed tool look: DESC_CHANGED at /description"), "{message}");
    assert!(!describe(&output).contains("POISON"), "{}", describe(&output));
    assert_eq!(size(&log), entries);
    assert_eq!(std::fs::read(publisher.file("demo-1.0.0.pinfold")).unwrap(), bytes);
    // The same for a version that is not the newest any more.
    publisher.document_with_server(&publish("1.0.1", &policy), 0);
    publisher.server.play(&Scenario::of_tools(&[tool("look", "Other."), tool("find", "Find one thing.")]));
    let older = publisher.document_with_server(&publish("1.0.0", &policy), 1);
    assert_eq!(code(&older), "VERSION_USED", "{older:#}");
}

#[test]
fn one_question_names_log_claim_and_words_and_no_is_no() {
    let (publisher, log) = (Publisher::new(&Scenario::of_tools(&[tool("look", POISON)])), TestLog::alone());
    let url = log.url();
    let arguments = ["publish", "--name", NAME, "--version", "1.0.0", "--log", &url];
    let refused = Terminal::run(publisher.command_with_server(&arguments)).refuse_all().expect_code(1);
    for shown in ["POISON", "this claims it with your key", "Its key and witnesses are its own word", ORIGIN]
    {
        assert!(refused.text.contains(shown), "{shown}: {}", refused.text);
    }
    assert_eq!((size(&log), publisher.files().len()), (0, 0));
    let yes = publisher.document_with_server(&[&arguments[..], &["--yes"]].concat(), 4);
    assert_eq!(code(&yes), "LOG_NOT_TRUSTED");
    let nobody = publisher.document_with_server(&arguments, 4);
    assert_eq!(code(&nobody), "NO_TERMINAL");
    assert_eq!((size(&log), publisher.files().len()), (0, 0));
    Terminal::run(publisher.command_with_server(&arguments)).approve_all().expect_code(0);
    assert_eq!(publisher.files(), ["demo-1.0.0.pinfold"]);
}

#[test]
fn without_a_log_the_answer_is_the_next_command() {
    let publisher = Publisher::of_two_tools();
    let arguments = ["publish", "--name", NAME, "--version", "1.0.0", "--yes"];
    let document = publisher.document_with_server(&arguments, 2);
    assert_eq!(code(&document), "LOG_NOT_CONFIGURED");
    assert!(document["error"]["hint"].as_str().unwrap().contains("--log URL"), "{document:#}");
    assert_eq!(publisher.server.starts(), 0, "nothing is started for a release that has nowhere to go");
}

#[test]
fn a_namespace_of_somebody_else_is_refused_before_anything_is_started() {
    let (publisher, log) = (Publisher::of_two_tools(), TestLog::alone());
    let policy = policy(&publisher, &log);
    publisher.document_with_server(&publish("1.0.0", &policy), 0);
    let entries = size(&log);
    publisher.document(&["key", "new", "other.key", "--no-passphrase"], 0);
    let starts = publisher.server.starts();
    let other = publisher
        .document_with_server(&[&publish("1.0.1", &policy)[..], &["--key", "other.key"]].concat(), 1);
    assert_eq!(code(&other), "KEY_NOT_IN_CLAIM");
    assert_eq!((size(&log), publisher.server.starts()), (entries, starts));
}

#[test]
fn fewer_tools_than_the_logged_release_need_a_word() {
    let (publisher, log) = (Publisher::of_two_tools(), TestLog::alone());
    let policy = policy(&publisher, &log);
    publisher.document_with_server(&publish("1.0.0", &policy), 0);
    publisher.server.play(&Scenario::of_tools(&[tool("look", "Look at one thing.")]));
    let fewer = publisher.document_with_server(&publish("1.0.1", &policy), 1);
    assert_eq!(code(&fewer), "TOOLS_FEWER");
    let meant = [&publish("1.0.1", &policy)[..], &["--expect-tools", "1"]].concat();
    assert_eq!(publisher.document_with_server(&meant, 0)["sequence"], 2);
}

#[test]
fn capture_sign_and_publish_are_the_steps_of_publish() {
    let (publisher, log) = (Publisher::of_two_tools(), TestLog::alone());
    let policy = policy(&publisher, &log);
    publisher.capture("1.0.0", "m.json");
    let send = ["publish", "--manifest", "m.json", "--entry", "e", "--policy", &policy, "--yes"];
    publisher.document(&["sign", "m.json", "-o", "e", "--policy", &policy, "--yes"], 0);
    let unclaimed = publisher.document(&send, 1);
    assert_eq!(code(&unclaimed), "CLAIM_ABSENT");
    publisher.document(&["publish", "--manifest", "m.json", "--policy", &policy, "--yes"], 0);
    publisher.capture("1.0.1", "m.json");
    let signed =
        publisher.document(&["sign", "m.json", "-o", "e", "--previous", "demo-1.0.0.pinfold", "--yes"], 0);
    assert_eq!(signed["sequence"], 2);
    // An entry that signs something else is told before it is sent.
    publisher.capture("1.0.2", "n.json");
    let other = ["publish", "--manifest", "n.json", "--entry", "e", "--policy", &policy, "--yes"];
    assert_eq!(code(&publisher.document(&other, 1)), "ENTRY_OUTDATED");
    // No key is needed to send what is signed.
    std::fs::remove_file(publisher.key_file()).unwrap();
    let sent = publisher.document(&send, 0);
    assert_eq!(sent["statement"], signed["statement"]);
}

#[test]
fn a_release_is_withdrawn_once_and_for_all() {
    let (publisher, log) = (Publisher::of_two_tools(), TestLog::alone());
    let policy = policy(&publisher, &log);
    publisher.document_with_server(&publish("1.0.0", &policy), 0);
    publisher.document_with_server(&publish("1.0.1", &policy), 0);
    let withdraw = |version: &'static str, reason: &'static str| {
        ["withdraw", NAME, version, "--reason", reason, "--policy", &policy, "--yes"].map(str::to_owned)
    };
    let run = |arguments: [String; 8], code: i32| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        publisher.document(&arguments, code)
    };
    let done = run(withdraw("1.0.0", "defective"), 0);
    assert_eq!((&done["sequence"], &done["release"]), (&1.into(), &2.into()), "{done:#}");
    assert_eq!(run(withdraw("1.0.0", "defective"), 0)["index"], done["index"], "the same again is one entry");
    assert_eq!(code(&run(withdraw("1.0.0", "mistaken"), 1)), "AlreadyWithdrawn");
    assert_eq!(code(&run(withdraw("3.0.0", "defective"), 2)), "RELEASE_UNKNOWN");
    assert_eq!(code(&run(withdraw("1.0.1", "bored"), 2)), "USAGE");
    let again = publisher.document_with_server(&publish("1.0.0", &policy), 1);
    assert_eq!(code(&again), "REVOKED", "{again:#}");
    let nobody =
        publisher.document(&["withdraw", NAME, "1.0.1", "--reason", "defective", "--policy", &policy], 4);
    assert_eq!(code(&nobody), "NO_TERMINAL");
    let person = ["withdraw", NAME, "1.0.1", "--reason", "defective", "--policy", &policy];
    Terminal::run(publisher.command(&person)).approve_all().expect_code(0);
    assert_eq!(publisher.document_with_server(&publish("1.0.2", &policy), 0)["sequence"], 3);
}

#[test]
fn two_publishers_at_once_get_two_sequences() {
    let (publisher, log) = (Publisher::of_two_tools(), TestLog::alone());
    let policy = policy(&publisher, &log);
    publisher.document_with_server(&publish("1.0.0", &policy), 0);
    publisher.capture("1.0.1", "a.json");
    publisher.capture("1.0.2", "b.json");
    let send = |manifest: &'static str| {
        ["publish", "--manifest", manifest, "--policy", &policy, "--yes", "--json"].map(str::to_owned)
    };
    let outputs: Vec<Output> = std::thread::scope(|scope| {
        let runs = ["a.json", "b.json"].map(|manifest| {
            let publisher = &publisher;
            scope.spawn(move || {
                let arguments = send(manifest);
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                run_to_end(publisher.command(&arguments))
            })
        });
        runs.map(|run| run.join().unwrap()).into()
    });
    for (output, manifest) in outputs.iter().zip(["a.json", "b.json"]) {
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        if output.status.code() != Some(0) {
            assert_eq!(code(&document), "SequenceTaken", "{document:#}");
            let arguments = send(manifest);
            let arguments: Vec<&str> = arguments[..6].iter().map(String::as_str).collect();
            publisher.document(&arguments, 0);
        }
    }
    assert_eq!(publisher.files().iter().filter(|file| file.ends_with(".pinfold")).count(), 3);
}
