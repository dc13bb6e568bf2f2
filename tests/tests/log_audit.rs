//! `pinfold log audit` on the built program: honest logs, logs that lie, and servers that are none.
#![allow(clippy::unwrap_used)]

#[path = "../../verifier/tests/tiny_log/mod.rs"]
mod tiny_log;

mod lying_log;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use lying_log::{Answers, Served, answers, now};
use pinfold_core::checkpoint::Checkpoint;
use pinfold_core::entry::Entry;
use pinfold_core::index::{IndexKey, IndexValue};
use pinfold_core::merkle::EMPTY_ROOT;
use pinfold_log_client::Fork;
use pinfold_tests::PATIENCE;
use pinfold_tests::binary;
use pinfold_tests::home::Home;
use pinfold_tests::log::TestLog;
use pinfold_tests::scenario::{Scenario, tool};
use pinfold_tests::stage::Folder;
use serde_json::Value;
use tiny_log::{Publisher, TinyLog, key, manifest};

const NAME: &str = "io.github.acme/files";

/// A log with two witnesses of which both must sign, a publisher, and one release; published now.
fn small() -> (TinyLog, Publisher, Entry) {
    let mut log = TinyLog::new("log.example", 2, 2);
    let publisher = Publisher::claim(&mut log, "io.github.acme", "acme");
    let release = publisher.release(&manifest(NAME, "1.0.0"), None);
    log.submit(&release);
    log.publish(now());
    (log, publisher, release)
}

fn newest(log: &TinyLog) -> Answers {
    answers(log, log.heads.len() - 1, &[])
}

fn audit(home: &Home, served: &Served) -> Output {
    home.pinfold(["log", "audit", served.url.as_str(), "--json"]).output().unwrap()
}

/// The document of an audit that ended so.
fn document(output: &Output, exit: i32) -> Value {
    assert_eq!(output.status.code(), Some(exit), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one document")
}

fn code(document: &Value) -> &str {
    document["error"]["code"].as_str().unwrap_or("none")
}

fn state_file(home: &Home) -> PathBuf {
    home.path().join(".local/state/pinfold/audit/log.example")
}

#[test]
fn an_honest_log_is_replayed_and_the_next_audit_goes_on_from_there() {
    let (mut log, publisher, release) = small();
    let home = Home::new();
    let served = Served::new(newest(&log));
    let first = document(&audit(&home, &served), 0);
    assert_eq!((&first["verdict"], &first["from"], &first["to"]), (&"complete".into(), &0.into(), &3.into()));
    assert_eq!(first["sentence"].as_str().unwrap().matches("all 3 entries").count(), 1, "{first}");

    let second = publisher.release(&manifest(NAME, "1.1.0"), Some(&release));
    log.submit(&second);
    log.submit(&publisher.withdraw(&release));
    log.publish(now());
    served.serve(newest(&log));
    let next = document(&audit(&home, &served), 0);
    assert_eq!((&next["from"], &next["to"]), (&3.into(), &6.into()));
    assert_eq!(
        (&next["releases"], &next["keysets"], &next["withdrawals"], &next["map_heads"]),
        (&2.into(), &1.into(), &1.into(), &2.into())
    );
    // The same head once more: nothing is left to replay.
    assert_eq!(document(&audit(&home, &served), 0)["from"], 6);
}

#[test]
fn an_audit_for_people_ends_in_a_sentence_fit_to_quote() {
    let (log, ..) = small();
    let home = Home::new();
    let served = Served::new(newest(&log));
    let output = home.pinfold(["log", "audit", served.url.as_str()]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("log.example: all 3 entries of the head with the root "), "{said}");
    assert!(said.contains("witnessed by w1.example, w2.example at "), "{said}");
    let end = "were replayed and every rule holds: 1 release of 1 name, 1 keyset, 0 withdrawals and 1 map-head, \
               each signature, tile and index root computed anew. The log's key and its witnesses are the log's own \
               word.\n";
    assert!(said.ends_with(end), "{said}");
}

#[test]
fn an_empty_log_is_audited_and_so_is_its_first_entry_after_it() {
    let mut log = TinyLog::new("log.example", 0, 0);
    let home = Home::new();
    let empty = Checkpoint::new(&log.origin, 0, EMPTY_ROOT);
    let note = log.sign(empty, &[]).to_bytes();
    let served = Served::new(Answers::from([
        ("/checkpoint".to_owned(), note),
        ("/policy".to_owned(), log.policy().into_bytes()),
    ]));
    let first = document(&audit(&home, &served), 0);
    assert_eq!(first["to"], 0);
    assert!(first["sentence"].as_str().unwrap().starts_with("log.example is empty"), "{first}");
    Publisher::claim(&mut log, "io.github.acme", "acme");
    log.publish(now());
    served.serve(newest(&log));
    assert_eq!(document(&audit(&home, &served), 0)["to"], 2);
}

#[test]
fn a_map_head_with_a_wrong_root_is_found() {
    let (mut log, publisher, release) = small();
    log.submit(&publisher.release(&manifest(NAME, "1.1.0"), Some(&release)));
    let key = IndexKey::name(&NAME.parse().unwrap());
    // The index goes on naming the old release as the newest.
    let Some(IndexValue::Name(mut value)) = log.state.value(&key) else { panic!("it was released") };
    value.newest.sequence = 1;
    log.lie(key, IndexValue::Name(value));
    log.publish(now());
    let home = Home::new();
    let document = document(&audit(&home, &Served::new(newest(&log))), 1);
    assert_eq!(code(&document), "LOG_BROKE_RULES");
    assert_eq!(document["verdict"], "found");
    assert_eq!(
        (&document["finding"]["name"], &document["finding"]["index"]),
        (&"WrongIndex".into(), &4.into())
    );
    // What was replayed before the lie stands.
    assert_eq!(document["to"], 4);
}

#[test]
fn a_release_by_a_key_that_was_not_in_force_is_found() {
    let (mut log, publisher, release) = small();
    let stranger = publisher.release_by(&[&key("stranger")], &manifest(NAME, "1.1.0"), Some(&release));
    log.smuggle(&stranger);
    log.publish(now());
    let document = document(&audit(&Home::new(), &Served::new(newest(&log))), 1);
    assert_eq!(document["finding"]["name"], "AgainstTheRules");
    assert_eq!(document["finding"]["rule"], "UnknownSigner");
    assert_eq!(document["finding"]["index"], 3);
}

#[test]
fn a_sequence_that_was_taken_is_found() {
    let (mut log, publisher, _) = small();
    log.smuggle(&publisher.release(&manifest(NAME, "9.9.9"), None));
    log.publish(now());
    let document = document(&audit(&Home::new(), &Served::new(newest(&log))), 1);
    assert_eq!(document["finding"]["rule"], "SequenceTaken");
}

#[test]
fn a_head_that_does_not_end_in_a_map_head_is_found() {
    let (mut log, publisher, release) = small();
    log.smuggle(&publisher.release(&manifest(NAME, "1.1.0"), Some(&release)));
    let tree = lying_log::tree_of(&log.entries);
    let head = Checkpoint::new(&log.origin, 4, tree.frontier().root());
    let note = log.sign(head, &[now(), now()]).to_bytes();
    let served = Served::new(lying_log::tree(&log, &log.entries, &note));
    let document = document(&audit(&Home::new(), &served), 1);
    assert_eq!(document["finding"]["name"], "NoMapHead");
}

#[test]
fn a_map_head_from_the_future_is_found() {
    let mut log = TinyLog::new("log.example", 2, 2);
    Publisher::claim(&mut log, "io.github.acme", "acme");
    log.publish_at(now() + 1000, &[now(), now()]);
    let document = document(&audit(&Home::new(), &Served::new(newest(&log))), 1);
    assert_eq!(document["finding"]["name"], "MapHeadAhead");
}

#[test]
fn tiles_that_are_not_the_trees_are_an_error_and_nothing_is_lost() {
    let (log, ..) = small();
    for path in ["/tile/0/000.p/3", "/tile/entries/000.p/3"] {
        let home = Home::new();
        let served = Served::new(newest(&log));
        served.change(path, |bytes| bytes[40] ^= 1);
        let document = document(&audit(&home, &served), 3);
        assert_eq!(code(&document), "LOG_ANSWER", "{path}: {document}");
        served.serve(newest(&log));
        assert_eq!(audit(&home, &served).status.code(), Some(0));
    }
}

/// Two logs of one key that part after the first release.
fn fork() -> (TinyLog, TinyLog) {
    let (mut one, publisher, release) = small();
    let (mut other, ..) = small();
    one.submit(&publisher.release(&manifest(NAME, "1.1.0"), Some(&release)));
    other.submit(&publisher.release(&manifest(NAME, "6.6.6"), Some(&release)));
    for log in [&mut one, &mut other] {
        log.publish(now());
    }
    (one, other)
}

#[test]
fn a_fork_is_found_and_the_evidence_convinces_by_itself() {
    let (one, mut other) = fork();
    let home = Home::new();
    let served = Served::new(newest(&one));
    assert_eq!(audit(&home, &served).status.code(), Some(0));
    // First the same size, then a larger one.
    served.serve(newest(&other));
    let same = document(&audit(&home, &served), 1);
    assert_eq!(code(&same), "LOG_INCONSISTENT");
    Publisher::claim(&mut other, "io.github.other", "other");
    other.publish(now());
    served.serve(newest(&other));
    let larger = document(&audit(&home, &served), 1);
    assert_eq!(larger["finding"]["name"], "Forked");
    assert!(larger["error"]["message"].as_str().unwrap().starts_with("SECURITY ERROR"), "{larger}");
    let folder = home.path().join(".local/state/pinfold/evidence");
    let files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 2);
    for file in files {
        Fork::parse(&std::fs::read(file).unwrap()).unwrap().check().unwrap();
    }
    // The honest history is still what was replayed.
    served.serve(newest(&one));
    assert_eq!(audit(&home, &served).status.code(), Some(0));
}

#[test]
fn a_log_that_shows_fewer_entries_than_before_is_found() {
    let (mut log, publisher, release) = small();
    log.submit(&publisher.release(&manifest(NAME, "1.1.0"), Some(&release)));
    log.publish(now());
    let home = Home::new();
    let served = Served::new(newest(&log));
    assert_eq!(audit(&home, &served).status.code(), Some(0));
    served.serve(answers(&log, 0, &[]));
    let document = document(&audit(&home, &served), 1);
    assert_eq!(code(&document), "LOG_ROLLED_BACK");
    assert_eq!(document["to"], 5, "what was replayed stands");
}

#[test]
fn a_head_without_its_key_or_its_quorum_is_refused() {
    let (log, ..) = small();
    let mut unwitnessed = TinyLog::new("log.example", 2, 2);
    Publisher::claim(&mut unwitnessed, "io.github.acme", "acme");
    unwitnessed.publish_at(now(), &[now(), 0]);
    let served = Served::new(newest(&unwitnessed));
    assert_eq!(code(&document(&audit(&Home::new(), &served), 1)), "WITNESS_QUORUM");
    let other = TinyLog::new("other.example", 2, 2);
    served.serve(newest(&log));
    served.change("/policy", |policy| {
        *policy = other.policy().replace("other.example", "log.example").into_bytes()
    });
    assert_ne!(audit(&Home::new(), &served).status.code(), Some(0));
}

#[test]
fn a_long_log_that_breaks_off_is_gone_on_with_from_where_it_broke() {
    let mut log = TinyLog::new("log.example", 0, 0);
    let publisher = Publisher::claim(&mut log, "io.github.acme", "acme");
    for number in 0..300 {
        let name = format!("io.github.acme/n{number}");
        log.submit(&publisher.release(&manifest(&name, "1.0.0"), None));
    }
    log.publish(now());
    let home = Home::new();
    let served = Served::new(newest(&log));
    let second = served.remove("/tile/entries/001.p/46");
    let broken = document(&audit(&home, &served), 3);
    assert_eq!((code(&broken), &broken["to"]), ("LOG_ANSWER", &256.into()));
    // A log that deleted the partial tile when the full one came serves what is longer.
    let mut full = second;
    full.extend_from_slice(&[0, 1, b'x'].repeat(210));
    let mut answers = newest(&log);
    answers.remove("/tile/entries/001.p/46");
    answers.insert("/tile/entries/001".to_owned(), full);
    served.serve(answers);
    let done = document(&audit(&home, &served), 0);
    assert_eq!((&done["from"], &done["to"], &done["releases"]), (&256.into(), &302.into(), &300.into()));
}

#[test]
fn a_file_of_an_audit_that_is_damaged_or_of_another_log_is_never_taken_for_none() {
    let (log, ..) = small();
    let home = Home::new();
    let served = Served::new(newest(&log));
    assert_eq!(audit(&home, &served).status.code(), Some(0));
    let file = state_file(&home);
    let good = std::fs::read(&file).unwrap();
    let mut flipped = good.clone();
    flipped[100] ^= 1;
    for bad in [Vec::new(), b"x".to_vec(), good[..good.len() - 1].to_vec(), flipped] {
        std::fs::write(&file, &bad).unwrap();
        assert_eq!(code(&document(&audit(&home, &served), 3)), "AUDIT_UNREADABLE");
        assert_eq!(std::fs::read(&file).unwrap(), bad, "it is left as it was");
    }
    std::fs::write(&file, &good).unwrap();
    let mut other = TinyLog::new("other.example", 0, 0);
    Publisher::claim(&mut other, "io.github.acme", "acme");
    other.publish(now());
    let elsewhere = Served::new(newest(&other));
    let mut command = home.pinfold(["log", "audit", elsewhere.url.as_str(), "--json", "--state"]);
    assert_eq!(code(&document(&command.arg(&file).output().unwrap(), 1)), "AUDIT_OTHER_LOG");
    assert_eq!(std::fs::read(&file).unwrap(), good);
    assert_eq!(document(&audit(&home, &served), 0)["from"], 3);
}

#[test]
fn of_two_audits_with_one_file_the_second_is_refused() {
    let (log, ..) = small();
    let home = Home::new();
    let served = Served::new(newest(&log));
    assert_eq!(audit(&home, &served).status.code(), Some(0));
    let before = std::fs::read(state_file(&home)).unwrap();
    let lock = std::fs::File::open(state_file(&home).with_file_name("log.example.lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(code(&document(&audit(&home, &served), 3)), "AUDIT_LOCKED");
    assert_eq!(std::fs::read(state_file(&home)).unwrap(), before);
    drop(lock);
    assert_eq!(document(&audit(&home, &served), 0)["from"], 3);
}

#[test]
fn garbage_endlessness_and_silence_end_in_one_error_and_leave_no_file() {
    type Behaviour = fn(TcpStream);
    let lines: &[(&str, Behaviour)] = &[
        ("garbage", |mut stream| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\x00\x01\x02\x03");
        }),
        ("endless", |mut stream| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            while stream.write_all(&[b'x'; 65536]).is_ok() {}
        }),
        ("no http", |mut stream| {
            let _ = stream.write_all(b"220 mail.example ESMTP\r\n");
        }),
    ];
    for (what, behave) in lines {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let behave = *behave;
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 1024]);
                behave(stream);
            }
        });
        let home = Home::new();
        let start = Instant::now();
        let output = home.pinfold(["log", "audit", url.as_str(), "--json"]).output().unwrap();
        let document = document(&output, 3);
        assert_eq!(code(&document), "LOG_ANSWER", "{what}: {document}");
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(errors.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{what}: {errors}");
        assert!(!Path::new(&state_file(&home)).exists(), "{what}");
    }
}

#[test]
fn a_keyset_that_stands_in_the_log_twice_is_found() {
    let (mut log, ..) = small();
    let keyset = log.entries[0].clone();
    log.smuggle(&keyset);
    log.publish(now());
    let document = document(&audit(&Home::new(), &Served::new(newest(&log))), 1);
    assert_eq!((&document["finding"]["name"], &document["finding"]["index"]), (&"Twice".into(), &3.into()));
}

#[test]
fn an_interrupted_audit_keeps_what_it_replayed() {
    let mut log = TinyLog::new("log.example", 0, 0);
    let publisher = Publisher::claim(&mut log, "io.github.acme", "acme");
    for number in 0..600 {
        let name = format!("io.github.acme/n{number}");
        log.submit(&publisher.release(&manifest(&name, "1.0.0"), None));
    }
    log.publish(now());
    let mut answers = newest(&log);
    answers.insert(lying_log::SLOW.to_owned(), Vec::new());
    let served = Served::new(answers);
    let home = Home::new();
    let mut command = home.pinfold(["log", "audit", served.url.as_str(), "--json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(1000));
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::TERM)
        .unwrap();
    let stopped = document(&child.wait_with_output().unwrap(), 3);
    assert_eq!(code(&stopped), "INTERRUPTED");
    let kept = stopped["to"].as_u64().unwrap();
    assert!(kept < 602 && kept.is_multiple_of(256), "{stopped}");
    served.serve(newest(&log));
    let done = document(&audit(&home, &served), 0);
    assert_eq!((done["from"].as_u64(), done["to"].as_u64()), (Some(kept), Some(602)));
}

#[test]
fn the_built_log_is_audited_while_it_is_empty_and_after_its_first_release() {
    let log = TestLog::with_witnesses(3, 2);
    let home = Home::new();
    let policy = log.policy_file();
    let policy = policy.to_str().unwrap();
    let audit = || {
        let line = ["log", "audit", &log.url(), "--policy", policy, "--json"];
        document(&home.pinfold(line).output().unwrap(), 0)
    };
    // The first head waits for the witnesses.
    let deadline = Instant::now() + PATIENCE;
    let info = || home.pinfold(["log", "info", "--policy", policy]).output().unwrap().status.success();
    while !info() {
        assert!(Instant::now() < deadline, "the log publishes no head");
    }
    assert_eq!(audit()["to"], 0);
    let folder = Folder::new(&Scenario::of_tools(&[tool("look", "Look at one thing.")]));
    let made = home.pinfold(["key", "new", "--no-passphrase"]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let url = log.url();
    let mut publish = home.pinfold(["publish", "--yes", "--log", &url, "--policy", policy, "--name", NAME]);
    publish.args(["--version", "1.0.0", "--remote", "https://demo.example/mcp", "-o", "r.pinfold", "--"]);
    let published = publish.arg(binary::fixture()).arg(folder.path()).output().unwrap();
    assert!(published.status.success(), "{}", String::from_utf8_lossy(&published.stderr));
    let done = audit();
    assert_eq!((&done["from"], &done["releases"], &done["keysets"]), (&0.into(), &1.into(), &1.into()));
    assert!(done["head"]["witnesses"].as_array().unwrap().len() >= 2, "{done}");
    let history = home.pinfold(["log", "history", NAME, "--policy", policy, "--json"]).output().unwrap();
    assert_eq!(document(&history, 0)["entries"].as_array().unwrap().len(), 1);
}
