//! Starts that must not serve, or must not sign: each says why and what to do.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use support::publisher::Publisher;
use support::witness::{Mood, Witness};
use support::{Log, has_one_error_and_one_hint, program, refused_start};

fn sqlite(log: &Log, sql: &str) {
    let connection = rusqlite::Connection::open(log.dir().join("log.sqlite")).unwrap();
    connection.execute_batch(sql).unwrap();
}

#[test]
fn each_bad_start_has_one_error_and_one_hint() {
    let (log, other) = (Log::new(), Log::new());
    let at = |dir: &str| {
        let mut command = program();
        command.args(["serve", "--listen", "127.0.0.1:0", "--dir", dir]);
        command.arg("--last-signed").arg(log.record());
        command
    };
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut port = program();
    port.args(["serve", "--dir"]).arg(log.dir()).arg("--last-signed").arg(log.record());
    port.arg("--listen").arg(taken.local_addr().unwrap().to_string());

    let newer = Log::new();
    sqlite(&newer, "PRAGMA user_version = 2");
    let foreign = Log::new();
    sqlite(&foreign, "PRAGMA application_id = 7");
    let tables = Log::new();
    sqlite(&tables, "CREATE TABLE more (x)");
    let text = Log::new();
    fs::write(text.dir().join("log.sqlite"), "not a database, but long enough to look at".repeat(99))
        .unwrap();
    let empty = Log::new();
    fs::write(empty.dir().join("log.sqlite"), "").unwrap();
    let keyless = Log::new();
    fs::remove_file(keyless.dir().join("key")).unwrap();
    let open_key = Log::new();
    fs::set_permissions(open_key.dir().join("key"), fs::Permissions::from_mode(0o644)).unwrap();
    let wrong_key = Log::new();
    fs::copy(other.dir().join("key"), wrong_key.dir().join("key")).unwrap();
    let unmounted = log.root.path().join("unmounted");
    fs::create_dir(&unmounted).unwrap();
    let bad_policy = log.root.path().join("bad.policy");
    fs::write(&bad_policy, "quorum none\n").unwrap();
    let mut inside = program();
    inside.args(["serve", "--listen", "127.0.0.1:0", "--dir"]).arg(log.dir());
    inside.arg("--last-signed").arg(log.dir().join("last"));

    let cases = [
        (port, 3, "cannot listen on"),
        (at("/nonexistent/log"), 3, "there is no log in"),
        // A path cannot write to the terminal.
        (at("/nonexistent/\u{1b}[2Jlog"), 3, "there is no log in /nonexistent/\\u{1B}[2Jlog"),
        (at(unmounted.to_str().unwrap()), 3, "is its disk mounted?"),
        (newer.serve_command(&[]), 3, "has version 2"),
        (foreign.serve_command(&[]), 3, "another program made it"),
        (tables.serve_command(&[]), 3, "its tables are not ours"),
        (text.serve_command(&[]), 3, "it is no SQLite database"),
        (empty.serve_command(&[]), 3, "it is empty"),
        (keyless.serve_command(&[]), 3, "put it back"),
        (open_key.serve_command(&[]), 3, "key"),
        (wrong_key.serve_command(&[]), 3, "is not the key that this log was made with"),
        (inside, 3, "stands in the log's folder"),
        (log.serve_command(&["--witness-policy", "/nonexistent/policy"]), 3, "cannot be read"),
        (log.serve_command(&["--witness-policy", bad_policy.to_str().unwrap()]), 2, "has this log's key"),
        (log.serve_command(&["--without-witness", "w9"]), 2, "no witness of this name"),
        (log.serve_command(&["--rewitness", "0"]), 2, "--rewitness"),
        (log.serve_command(&["--nonsense"]), 2, "--nonsense"),
    ];
    for (command, code, words) in cases {
        let shown = format!("{command:?}");
        let (found, stderr) = refused_start(command);
        assert_eq!(found, Some(code), "{shown}: {stderr}");
        has_one_error_and_one_hint(&stderr);
        assert!(stderr.contains(words), "{shown}: {stderr}");
    }

    let _serving = log.serve();
    let (code, stderr) = refused_start(log.serve_command(&[]));
    assert_eq!(code, Some(3));
    assert!(stderr.contains("another process serves the log"), "{stderr}");
}

#[test]
fn init_happens_once() {
    let log = Log::new();
    let before: Vec<_> = ["key", "log.sqlite"].map(|file| fs::read(log.dir().join(file)).unwrap()).into();
    let init = |record: &str| {
        let mut command = program();
        command.args(["init", "--origin", "log.example", "--dir"]).arg(log.dir());
        command.arg("--last-signed").arg(log.root.path().join(record));
        command.output().unwrap()
    };
    for record in ["last", "another"] {
        let output = init(record);
        assert_eq!(output.status.code(), Some(1));
        has_one_error_and_one_hint(&String::from_utf8_lossy(&output.stderr));
    }
    let after: Vec<_> = ["key", "log.sqlite"].map(|file| fs::read(log.dir().join(file)).unwrap()).into();
    assert_eq!(before, after);
    assert!(!log.root.path().join("another").exists());
    assert_eq!(fs::metadata(log.dir().join("key")).unwrap().permissions().mode() & 0o777, 0o600);

    // A record that cannot be made leaves no key and no database behind.
    for record in ["half/log/last", "half/blocked/last"] {
        fs::create_dir_all(log.root.path().join("half")).unwrap();
        fs::write(log.root.path().join("half/blocked"), "a file").unwrap();
        let mut half = program();
        half.args(["init", "--origin", "log.example", "--dir"]).arg(log.root.path().join("half/log"));
        half.arg("--last-signed").arg(log.root.path().join(record));
        let output = half.output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{record}");
        has_one_error_and_one_hint(&String::from_utf8_lossy(&output.stderr));
        let left: Vec<_> = fs::read_dir(log.root.path().join("half/log")).unwrap().flatten().collect();
        assert!(left.iter().all(|entry| entry.file_name() == "serving.lock"), "{left:?}");
    }

    // A new folder with the record of a log that signed: the key is gone, and so is the log.
    let mut again = program();
    again.args(["init", "--origin", "log.example", "--dir"]).arg(log.root.path().join("fresh"));
    again.arg("--last-signed").arg(log.record());
    let output = again.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!log.root.path().join("fresh/key").exists());
    for origin in ["https://log.example", "Log.example", "log.example/2026", ""] {
        let mut bad = program();
        bad.args(["init", "--origin", origin, "--json", "--dir"]).arg(log.root.path().join("bad"));
        bad.arg("--last-signed").arg(log.root.path().join("bad.last"));
        let output = bad.output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{origin}");
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["error"]["code"], "USAGE");
        assert!(!log.root.path().join("bad").exists());
    }
}

#[test]
fn an_old_backup_does_not_sign() {
    // By the record, without any witness.
    let (log, publisher) = (Log::new(), Publisher::new(1));
    let mut serving = log.serve();
    assert_eq!(serving.post("/submit", &publisher.keyset().body()).status, 200);
    assert!(serving.terminate().success());
    let backup = log.backup("backup");
    let newest = log.backup_after(|serving| {
        let release = publisher.release("files", "1.0.0", None);
        assert_eq!(serving.post("/submit", &release.body()).status, 200);
    });
    log.restore(&backup);
    let mut serving = log.serve();
    assert!(serving.stderr().contains("old copy of the database"), "{}", serving.stderr());
    let answer = serving.post("/submit", &publisher.release("files", "1.0.1", None).body());
    assert_eq!((answer.status, answer.refusal().as_str()), (503, "NotSigning"));
    assert_eq!(serving.checkpoint(&log.key).checkpoint().size(), 2);
    assert!(serving.terminate().success());
    // The newest copy signs again.
    log.restore(&newest);
    let serving = log.serve();
    assert_eq!(serving.post("/submit", &publisher.release("files", "1.0.0", None).body()).status, 200);

    // By the witnesses alone, the record being lost, and by one of them against the others.
    let (log, witnesses) = (Log::new(), [1, 2, 3].map(Witness::new));
    let path = log.witness_policy(&[&witnesses[0], &witnesses[1], &witnesses[2]], 2);
    let options = ["--witness-policy", path.as_str()];
    let mut serving = log.serve_with(&options);
    serving.wait_for_open();
    assert_eq!(serving.post("/submit", &publisher.keyset().body()).status, 200);
    assert!(serving.terminate().success());
    let backup = log.backup("backup");
    let mut serving = log.serve_with(&options);
    serving.wait_for_open();
    assert_eq!(serving.post("/submit", &publisher.release("files", "1.0.0", None).body()).status, 200);
    assert!(serving.terminate().success());
    log.restore(&backup);
    fs::remove_file(log.record()).unwrap();
    let asked = witnesses[0].asked().len();
    let serving = log.serve_with(&options);
    serving.wait_for_words("nothing is signed from now on");
    let answer = serving.post("/submit", &publisher.release("files", "1.0.1", None).body());
    assert_eq!((answer.status, answer.refusal().as_str()), (503, "NotSigning"));
    let sizes: Vec<u64> = witnesses[0].asked()[asked..].iter().map(|asked| asked.size).collect();
    assert!(sizes.iter().all(|size| *size == 2), "{sizes:?}");
    // No record was made of the old head, which would let it sign where there are no witnesses.
    drop(serving);
    assert!(!log.record().exists());
    assert_eq!(refused_start(log.serve_command(&[])).0, Some(3));
}

#[test]
fn a_start_waits_for_witnesses_that_could_be_a_quorum() {
    let (log, publisher, witnesses) = (Log::new(), Publisher::new(1), [1, 2, 3].map(Witness::new));
    let path = log.witness_policy(&[&witnesses[0], &witnesses[1], &witnesses[2]], 2);
    let options = ["--witness-policy", path.as_str()];
    let mut serving = log.serve_with(&options);
    serving.wait_for_open();
    assert_eq!(serving.post("/submit", &publisher.keyset().body()).status, 200);
    assert!(serving.terminate().success());

    // One answers; the two that do not could have cosigned something larger together.
    witnesses[1].set(Mood::Down);
    witnesses[2].set(Mood::Down);
    let mut serving = log.serve_with(&options);
    serving.wait_for_words("not signing yet");
    let answer = serving.post("/submit", &publisher.release("files", "1.0.0", None).body());
    assert_eq!((answer.status, answer.refusal().as_str()), (503, "NotSigning"));
    // What was published is read meanwhile, by name too.
    assert_eq!(serving.checkpoint(&log.key).checkpoint().size(), 2);
    assert_eq!(serving.get("/keysets/io.github.p1").status, 200);
    assert!(serving.terminate().success());

    // A second answer is enough, or the operator's word.
    let serving = log.serve_with(&options);
    witnesses[1].set(Mood::Honest);
    serving.wait_for_open();
    drop(serving);
    let serving = log.serve_with(&[&options[..], &["--without-witness", "w2"]].concat());
    serving.wait_for_words("starting without an answer of witness w2");
    serving.wait_for_open();
    assert_eq!(serving.post("/submit", &publisher.release("files", "1.0.0", None).body()).status, 200);
}

#[test]
fn without_record_and_witness_nothing_is_served() {
    let log = Log::new();
    let kept = fs::read(log.record()).unwrap();
    for (content, words) in [
        (None, "does not exist"),
        (Some(vec![0; kept.len()]), "holds no head"),
        (Some(vec![1]), "holds no head"),
    ] {
        match content {
            None => fs::remove_file(log.record()).unwrap(),
            Some(content) => fs::write(log.record(), content).unwrap(),
        }
        let (code, stderr) = refused_start(log.serve_command(&[]));
        assert_eq!(code, Some(3), "{stderr}");
        has_one_error_and_one_hint(&stderr);
        assert!(stderr.contains(words), "{stderr}");
    }
    // A head of another log is none of this one.
    fs::copy(Log::new().record(), log.record()).unwrap();
    assert!(refused_start(log.serve_command(&[])).1.contains("holds no head"));
    // A quorum stands in for a record that is gone, not for one that cannot be read.
    let witness = Witness::new(1);
    let path = log.witness_policy(&[&witness], 1);
    assert!(refused_start(log.serve_command(&["--witness-policy", &path])).1.contains("holds no head"));
    fs::remove_file(log.record()).unwrap();
    let serving = log.serve_with(&["--witness-policy", &path]);
    serving.wait_for_open();
    assert!(log.record().exists());
}

#[test]
fn sigterm_finishes_the_batch_in_hand() {
    let (log, publisher, witness) = (Log::new(), Publisher::new(1), Witness::new(1));
    let path = log.witness_policy(&[&witness], 1);
    let mut serving = log.serve_with(&["--witness-policy", &path]);
    serving.wait_for_open();
    witness.set(Mood::Slow(Duration::from_millis(800)));
    let keyset = publisher.keyset();
    let answer = std::thread::scope(|scope| {
        let address = serving.address.clone();
        let body = keyset.body();
        let post = scope.spawn(move || support::http::request(&address, "POST", "/submit", &body).unwrap());
        std::thread::sleep(Duration::from_millis(300));
        serving.signal(rustix::process::Signal::TERM);
        post.join().unwrap()
    });
    support::proven(&answer, keyset.entry.leaf_hash(), &log.key);
    assert_eq!(serving.end().code(), Some(0));
    log.adds_up();
}

#[test]
fn help_teaches_and_completions_complete() {
    let run = |args: &[&str]| {
        let output = program().args(args).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), output.stderr)
    };
    let (code, help, _) = run(&["--help"]);
    assert_eq!(code, Some(0));
    for verb in ["init", "serve", "check", "completions"] {
        assert!(help.contains(verb), "{help}");
        let (code, help, _) = run(&[verb, "--help"]);
        assert_eq!(code, Some(0));
        assert!(verb == "completions" || help.contains("Example"), "{help}");
    }
    assert!(run(&["completions", "bash"]).1.contains("pinfold-log"));
    assert_eq!(run(&[]).0, Some(2));
    let (code, document, stderr) = run(&["check", "--json", "--nonsense"]);
    assert_eq!(code, Some(2));
    has_one_error_and_one_hint(&String::from_utf8(stderr).unwrap());
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!((&document["exit"], &document["error"]["code"]), (&2.into(), &"USAGE".into()));
}

#[test]
fn a_start_says_the_line_by_which_the_log_is_known() {
    for (options, url) in [(&[][..], ""), (&["--url", "https://log.example/a"], " https://log.example/a")] {
        let log = Log::made_with(options);
        let line = format!("log {}{url}", log.key);
        assert_eq!(
            log.policy,
            format!("{line}\nquorum none\n"),
            "it is that of the policy that `init` prints"
        );
        let mut serving = log.serve();
        serving.wait_for_words(&format!("its line in a policy: {line}\n"));
        assert!(serving.terminate().success());
    }
}
