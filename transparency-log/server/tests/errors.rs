//! What an operator may do wrong, once each, on purpose: what it says, how it ends, what it leaves behind.
#![allow(clippy::unwrap_used)]

#[path = "../../../tests/src/in_the_way.rs"]
mod in_the_way;
mod support;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use in_the_way::{IN_THE_WAY, put, take_away};
use serde_json::Value;
use support::witness::{Mood, Witness};
use support::{Log, has_one_error_and_one_hint, program, refused_start};

/// The one document of a command that ends with `exit`, whose words are one error and one hint.
#[track_caller]
fn document(mut command: Command, exit: i32) -> Value {
    let output = command.arg("--json").output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(exit), "{command:?}: {stderr}");
    has_one_error_and_one_hint(&stderr);
    assert_eq!(stderr.lines().count(), 2, "{stderr}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["exit"], exit, "{document:#}");
    document
}

fn code(document: &Value) -> &str {
    document["error"]["code"].as_str().unwrap()
}

#[test]
fn what_init_cannot_do_is_named_and_leaves_nothing() {
    let room = tempfile::tempdir().unwrap();
    let at = |name: &str| room.path().join(name);
    put("garbage", &at("file"));
    put("pipe", &at("pipe"));
    put("loop", &at("loop"));
    fs::write(at("kept.last"), b"a log signed here").unwrap();
    let init = |dir: &str, last: Option<&str>, options: &[&str]| {
        let mut command = program();
        command.current_dir(room.path()).args(["init", "--origin", "log.example", "--dir", dir]);
        command.args(options);
        if let Some(last) = last {
            command.args(["--last-signed", last]);
        }
        command
    };
    let mut relative_home = init("new", None, &[]);
    relative_home.env("HOME", "home");
    let mut empty_home = init("new", None, &[]);
    empty_home.env("HOME", "");
    let cases = [
        (init("new", None, &[]), 3, "HOME_UNUSABLE"),
        (relative_home, 3, "HOME_UNUSABLE"),
        (empty_home, 3, "HOME_UNUSABLE"),
        (init("file", Some("last"), &[]), 3, "LOG_READ_ONLY"),
        (init("file/log", Some("last"), &[]), 3, "LOG_READ_ONLY"),
        (init("pipe", Some("last"), &[]), 3, "LOG_READ_ONLY"),
        (init("loop", Some("last"), &[]), 3, "LOG_READ_ONLY"),
        (init("new", Some("new/last"), &[]), 3, "LAST_SIGNED_INSIDE"),
        (init("new", Some("kept.last"), &[]), 1, "LOG_EXISTS"),
        (init("new", Some("file/last"), &[]), 3, "LAST_SIGNED_IO"),
        (init("new", Some("last"), &["--url", "ftp://log.example"]), 2, "USAGE"),
        (init("new", Some("last"), &["--url", "https://log.example/?a"]), 2, "USAGE"),
    ];
    for (command, exit, expected) in cases {
        let shown = format!("{command:?}");
        let document = document(command, exit);
        assert_eq!(code(&document), expected, "{shown}: {document:#}");
        assert_eq!((&document["verifier_key"], &document["key_file"]), (&Value::Null, &Value::Null));
        for left in ["new/key", "new/log.sqlite", "last", "home"] {
            assert!(!at(left).exists(), "{shown} leaves {left}");
        }
    }
    assert_eq!(fs::read(at("kept.last")).unwrap(), b"a log signed here");
}

#[test]
fn files_that_are_none_are_refused_without_waiting() {
    let log = Log::new();
    let policy = log.root.path().join("witness.policy");
    let options = ["--witness-policy", policy.to_str().unwrap()];
    for (file, what, exit) in [(policy.clone(), "policy", None), (log.dir().join("key"), "key", Some(3))]
        .into_iter()
        .chain([(log.record(), "last-signed record", Some(3))])
    {
        let kept = fs::read(&file).ok();
        for in_the_way in IN_THE_WAY {
            put(in_the_way, &file);
            // A policy that can be read and says nothing is a mistake; what cannot be read is not judged.
            let exit = exit.unwrap_or(if matches!(in_the_way, "empty" | "garbage") { 2 } else { 3 });
            let options = if what == "policy" { &options[..] } else { &[] };
            let (found, stderr) = refused_start(log.serve_command(options));
            assert_eq!(found, Some(exit), "{what}, {in_the_way}: {stderr}");
            has_one_error_and_one_hint(&stderr);
            let name = file.file_name().unwrap().to_str().unwrap();
            assert!(stderr.contains(name), "{what}, {in_the_way}: {stderr}");
            take_away(&file);
        }
        if let Some(kept) = kept {
            fs::write(&file, kept).unwrap();
            let own = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            fs::set_permissions(&file, own).unwrap();
        }
    }
    // Everything as it was: it serves.
    assert!(log.serve().terminate().success());
}

#[test]
fn each_line_of_a_witness_policy_is_judged() {
    let (log, witness) = (Log::new(), Witness::new(1));
    let path = log.root.path().join("policy");
    let (key, its) = (log.key.to_string(), witness.key());
    let other = Log::new().key;
    let url = witness.url();
    let cases = [
        (format!("log {key}\nwitness w1 {its} {url}\n"), "no quorum line"),
        (format!("log {key}\nwitness w1 {its}\nquorum w1\n"), "witness w1 has no URL"),
        (
            format!("log {key}\nwitness w1 {its} ftp://w\nquorum w1\n"),
            "does not begin with https:// or http://",
        ),
        (format!("log {key}\nwitness w1 {key} {url}\nquorum w1\n"), "line 2: a key of this type cannot"),
        (format!("log {key}\nwitness w1 {its} {url}\nquorum w2\n"), "line 3: no earlier line defines `w2`"),
        (format!("log {other}\nwitness w1 {its} {url}\nquorum w1\n"), "no `log` line has this log's key"),
        (format!("witness w1 {its} {url}\nquorum w1\n"), "no `log` line has this log's key"),
        (format!("log {key}x\nquorum none\n"), "line 1: "),
        (format!("log {key}\nquorum none\nmore\n"), "line 3: "),
    ];
    for (text, words) in cases {
        fs::write(&path, &text).unwrap();
        let (found, stderr) = refused_start(log.serve_command(&["--witness-policy", path.to_str().unwrap()]));
        assert_eq!(found, Some(2), "{text}: {stderr}");
        has_one_error_and_one_hint(&stderr);
        assert!(stderr.contains(words), "{text}: {stderr}");
    }
    fs::write(&path, vec![b'#'; (1 << 20) + 1]).unwrap();
    let (found, stderr) = refused_start(log.serve_command(&["--witness-policy", path.to_str().unwrap()]));
    assert_eq!((found, stderr.contains("has more than 1048576 bytes")), (Some(3), true), "{stderr}");
}

#[test]
fn what_check_could_not_read_is_not_nothing() {
    let log = Log::new();
    let database = log.dir().join("log.sqlite");
    let check = |dir: &Path| {
        let mut command = program();
        command.args(["check", "--dir"]).arg(dir);
        command
    };
    let nothing = document(check(&log.root.path().join("nowhere")), 3);
    assert_eq!(code(&nothing), "LOG_ABSENT");
    let unknown = |document: &Value| {
        for member in ["origin", "entries", "heads", "names", "manifests"] {
            assert!(document[member].is_null(), "{document:#}");
        }
    };
    unknown(&nothing);
    let whole = fs::read(&database).unwrap();
    for (in_the_way, expected) in [
        ("nothing", "LOG_ABSENT"),
        ("empty", "LOG_FOREIGN"),
        ("folder", "LOG_FOREIGN"),
        ("pipe", "LOG_FOREIGN"),
        ("loop", "LOG_UNREADABLE"),
        ("garbage", "LOG_FOREIGN"),
    ] {
        put(in_the_way, &database);
        let found = document(check(&log.dir()), 3);
        assert_eq!(code(&found), expected, "{in_the_way}: {found:#}");
        unknown(&found);
        take_away(&database);
    }
    fs::write(&database, &whole[..20_000]).unwrap();
    let short = document(check(&log.dir()), 3);
    assert_eq!(code(&short), "LOG_DAMAGED");
    unknown(&short);
    // A page of its tables is another one: SQLite says so in several lines, and here it is one.
    let mut torn = whole.clone();
    torn[4096..12_288].fill(0x5a);
    fs::write(&database, torn).unwrap();
    let torn = document(check(&log.dir()), 1);
    assert_eq!((code(&torn), &torn["origin"]), ("LOG_WRONG", &"log.example".into()));
    assert!(!torn["findings"][0].as_str().unwrap().contains('\n'), "{torn:#}");
    fs::write(&database, whole).unwrap();
    log.adds_up();
}

#[test]
fn an_output_that_cannot_be_written_is_said_and_what_was_made_stays() {
    let room = tempfile::tempdir().unwrap();
    for json in [false, true] {
        let dir = room.path().join(format!("log-{json}"));
        let mut init = program();
        init.args(["init", "--origin", "log.example", "--dir"]).arg(&dir);
        init.arg("--last-signed").arg(room.path().join(format!("last-{json}")));
        init.args(json.then_some("--json")).stdout(File::options().write(true).open("/dev/full").unwrap());
        let output = init.stderr(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{stderr}");
        has_one_error_and_one_hint(&stderr);
        assert!(stderr.contains("the output could not be written") && stderr.contains("all else is done"));
        assert!(program().args(["check", "--dir"]).arg(&dir).output().unwrap().status.success());
    }
}

#[test]
fn a_log_that_waited_says_when_it_signs_again() {
    let (log, witness) = (Log::new(), Witness::new(1));
    let path = log.witness_policy(&[&witness], 1);
    witness.set(Mood::Down);
    let mut serving = log.serve_with(&["--witness-policy", &path]);
    serving.wait_for_words("not signing yet: no answer of w0");
    witness.set(Mood::Honest);
    serving.wait_for_words("enough witnesses have answered");
    serving.wait_for_open();
    assert!(serving.terminate().success());
    // A process that is told to end while its witnesses are silent ends, and says what it leaves to the next start.
    witness.set(Mood::Slow(Duration::from_secs(60)));
    let mut serving = log.serve_with(&["--witness-policy", &path, "--without-witness", "w0"]);
    serving.wait_for_words("waits for its quorum");
    assert!(serving.terminate().success());
    assert!(serving.stderr().contains("stopping without a quorum for size 0; the next start asks again"));
}
