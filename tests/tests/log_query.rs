//! `pinfold log` on the built program: each question answered with its proof, and what happens when the proof is none.
#![allow(clippy::unwrap_used)]

#[path = "../../verifier/tests/tiny_log/mod.rs"]
mod tiny_log;

mod lying_log;

use std::process::Output;

use lying_log::{Answers, Served, answers, now, with_bundle};
use pinfold_core::entry::Entry;
use pinfold_core::index::{IndexKey, IndexValue};
use pinfold_log_client::Fork;
use pinfold_tests::home::Home;
use serde_json::Value;
use tiny_log::{Publisher, TinyLog, manifest};

const NAME: &str = "io.github.acme/files";
const NAMES: &[&str] = &[NAME, "io.github.acme/none", "io.github.nobody/none"];

fn log() -> (TinyLog, Publisher, Vec<Entry>) {
    let mut log = TinyLog::new("log.example", 2, 2);
    let publisher = Publisher::claim(&mut log, "io.github.acme", "acme");
    let first = publisher.release(&manifest(NAME, "1.0.0"), None);
    log.submit(&first);
    log.publish(now());
    let second = publisher.release(&manifest(NAME, "1.1.0"), Some(&first));
    log.submit(&second);
    log.submit(&publisher.withdraw(&first));
    log.publish(now());
    (log, publisher, vec![first, second])
}

fn newest(log: &TinyLog) -> Answers {
    answers(log, log.heads.len() - 1, NAMES)
}

/// A home that trusts the log at this URL, and no claim.
fn trusting(log: &TinyLog, served: &Served) -> Home {
    let home = Home::new();
    let file = home.path().join(".config/pinfold/trust.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let policy = log.policy();
    let url = &served.url;
    let text = format!(
        "version = 1\n[[log]]\norigin = \"log.example\"\nurl = \"{url}\"\npolicy = \"\"\"\n{policy}\"\"\"\n"
    );
    std::fs::write(file, text).unwrap();
    home
}

fn ask(home: &Home, arguments: &[&str]) -> Output {
    home.pinfold([&["log"], arguments, &["--json"]].concat()).output().unwrap()
}

fn document(output: &Output, exit: i32) -> Value {
    assert_eq!(output.status.code(), Some(exit), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one document")
}

fn code(document: &Value) -> &str {
    document["error"]["code"].as_str().unwrap_or("none")
}

#[test]
fn a_name_is_looked_up_and_every_proof_is_said() {
    let (log, ..) = log();
    let served = Served::new(newest(&log));
    let home = trusting(&log, &served);
    let found = document(&ask(&home, &["lookup", NAME]), 0);
    assert_eq!(found["status"], "released");
    assert_eq!((&found["newest"]["version"], &found["newest"]["index"]), (&"1.1.0".into(), &3.into()));
    assert_eq!(found["withdrawn"], serde_json::json!([[1, 1]]));
    let checks: Vec<&str> =
        found["checks"].as_array().unwrap().iter().map(|check| check["check"].as_str().unwrap()).collect();
    assert_eq!(
        checks,
        [
            "the head is signed by the key of log.example",
            "2 witnesses signed, enough for the quorum",
            "the map-head is entry 5, the last one of that tree",
            "the paths of name and namespace lead to its root",
            "entry 3 is in the tree and is that release",
        ]
    );
    for name in ["io.github.acme/none", "io.github.nobody/none"] {
        let absent = document(&ask(&home, &["lookup", name]), 0);
        assert_eq!(absent["status"], "absent", "{absent}");
    }
}

#[test]
fn a_history_has_every_entry_or_is_refused() {
    let (log, ..) = log();
    let served = Served::new(newest(&log));
    let home = trusting(&log, &served);
    let whole = document(&ask(&home, &["history", NAME]), 0);
    let kinds: Vec<&str> =
        whole["entries"].as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["release", "release", "withdrawal"]);
    let path = format!("/history/{NAME}?from=0");
    for lie in [
        // The withdrawal is not told.
        |body: &mut Vec<u8>| {
            let text = String::from_utf8(body.clone()).unwrap();
            let last = text.rfind(",{").unwrap();
            *body = format!("{}]}}", &text[..last]).into_bytes();
        },
        // It is told of another entry.
        |body: &mut Vec<u8>| {
            *body =
                String::from_utf8(body.clone()).unwrap().replace("\"index\":4", "\"index\":2").into_bytes();
        },
    ] {
        served.serve(newest(&log));
        served.change(&path, lie);
        served.add(&format!("/history/{NAME}?from=2"), b"{\"from\":2,\"items\":[]}");
        let refused = document(&ask(&home, &["history", NAME]), 1);
        assert_eq!(code(&refused), "HISTORY_INCOMPLETE", "{refused}");
    }
}

#[test]
fn a_history_that_is_too_long_to_list_is_left_to_an_audit() {
    // Its index says that the history of the name has so many entries.
    let of_count = |count: u64| {
        let (mut log, publisher, releases) = log();
        let release = log.submit(&publisher.release(&manifest(NAME, "1.2.0"), Some(&releases[1])));
        let key = IndexKey::name(&NAME.parse().unwrap());
        let Some(IndexValue::Name(mut value)) = log.state.value(&key) else { panic!("it was released") };
        value.history.count = count;
        log.lie(key, IndexValue::Name(value));
        let head = log.publish(now());
        with_bundle(newest(&log), &log, release, head)
    };
    let (log, ..) = log();
    let served = Served::new(of_count(100_000));
    // Of a log that nobody trusts, so that nothing is kept of it.
    let ask = || ask(&Home::new(), &["history", NAME, "--log", &served.url]);
    let listed = document(&ask(), 3);
    assert_eq!(code(&listed), "LOG_ANSWER", "as many are asked for: {listed}");
    served.serve(of_count(100_001));
    let refused = document(&ask(), 3);
    assert_eq!(code(&refused), "HISTORY_TOO_LONG", "{refused}");
    assert!(refused["error"]["message"].as_str().unwrap().contains("100001 entries, more than 100000"));
    assert!(refused["error"]["hint"].as_str().unwrap().contains("pinfold log audit"), "{refused}");
    assert_eq!(
        (&refused["name"], &refused["entries"]),
        (&NAME.into(), &serde_json::json!([])),
        "none is told"
    );
    // Nor is it searched for an earlier version.
    let home = trusting(&log, &served);
    let withdraw = ["withdraw", NAME, "1.0.0", "--reason", "defective", "--yes", "--json"];
    let refused = document(&home.pinfold(withdraw).output().unwrap(), 3);
    assert_eq!(code(&refused), "HISTORY_TOO_LONG", "{refused}");
}

#[test]
fn an_index_proof_of_another_name_or_head_is_refused() {
    let (log, ..) = log();
    let served = Served::new(newest(&log));
    let home = trusting(&log, &served);
    let other = newest(&log)["/lookup/io.github.nobody/none"].clone();
    served.change(&format!("/lookup/{NAME}"), |body| *body = other);
    assert_eq!(code(&document(&ask(&home, &["lookup", NAME]), 1)), "INDEX_PROOF_BAD");
    // The proof under the first head, put under the newest checkpoint.
    let old = String::from_utf8(answers(&log, 0, NAMES)[&format!("/lookup/{NAME}")].clone()).unwrap();
    let new = String::from_utf8(newest(&log)[&format!("/lookup/{NAME}")].clone()).unwrap();
    let state = &old[old.find("\"state\"").unwrap()..];
    let mixed = format!("{}{state}", &new[..new.find("\"state\"").unwrap()]);
    served.change(&format!("/lookup/{NAME}"), |body| *body = mixed.into_bytes());
    assert_eq!(code(&document(&ask(&home, &["lookup", NAME]), 1)), "INDEX_PROOF_BAD");
}

#[test]
fn an_entry_is_shown_with_its_proof() {
    let (log, ..) = log();
    let served = Served::new(newest(&log));
    let home = trusting(&log, &served);
    let shown = document(&ask(&home, &["show", "1"]), 0);
    assert_eq!((&shown["entry"]["kind"], &shown["entry"]["sequence"]), (&"release".into(), &1.into()));
    assert_eq!(shown["payload"]["predicate"]["version"], "1.0.0");
    assert_eq!(code(&document(&ask(&home, &["show", "6"]), 1)), "ENTRY_ABSENT");
    served.change("/tile/entries/000.p/6", |bytes| bytes[30] ^= 1);
    assert_eq!(code(&document(&ask(&home, &["show", "1"]), 3)), "LOG_ANSWER");
}

#[test]
fn the_heads_of_a_trusted_log_make_one_history() {
    let (mut log, publisher, releases) = log();
    let served = Served::new(answers(&log, 0, NAMES));
    let home = trusting(&log, &served);
    let seen = |home: &Home| document(&ask(home, &["info"]), 0)["head"]["seen"].clone();
    assert_eq!(seen(&home), "first");
    assert_eq!(seen(&home), "same");
    served.serve(newest(&log));
    assert_eq!(seen(&home), "continues");
    served.serve(answers(&log, 0, NAMES));
    let older = document(&ask(&home, &["info"]), 0);
    assert_eq!((&older["head"]["seen"], &older["head"]["seen_size"]), (&"older".into(), &6.into()));
    assert_ne!(older["head"]["freshness"], "fresh");
    // A log of the same key with another history.
    let (mut other, other_publisher, _) = self::log();
    let other_release = other_publisher.release(&manifest(NAME, "6.6.6"), Some(&releases[1]));
    other.submit(&other_release);
    other.publish(now());
    log.submit(&publisher.release(&manifest(NAME, "1.2.0"), Some(&releases[1])));
    log.publish(now());
    served.serve(newest(&log));
    assert_eq!(seen(&home), "continues");
    served.serve(newest(&other));
    let forked = document(&ask(&home, &["lookup", NAME]), 1);
    assert_eq!(code(&forked), "LOG_INCONSISTENT");
    let folder = home.path().join(".local/state/pinfold/evidence");
    let file = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    Fork::parse(&std::fs::read(file).unwrap()).unwrap().check().unwrap();
}

#[test]
fn consistency_is_proven_between_sizes_and_between_checkpoints() {
    let (log, ..) = log();
    let served = Served::new(newest(&log));
    let home = trusting(&log, &served);
    let proven = document(&ask(&home, &["consistency", "3", "6"]), 0);
    assert_eq!((&proven["old"]["size"], &proven["new"]["size"]), (&3.into(), &6.into()));
    assert!(!proven["proof"].as_array().unwrap().is_empty());
    assert_eq!(document(&ask(&home, &["consistency", "0", "6"]), 0)["proof"], serde_json::json!([]));
    assert_eq!(code(&document(&ask(&home, &["consistency", "6", "3"]), 2)), "OLD_LARGER_THAN_NEW");
    assert_eq!(code(&document(&ask(&home, &["consistency", "3", "7"]), 1)), "ENTRY_ABSENT");
    assert_eq!(
        code(&document(&ask(&home, &["consistency", "no-such-file", "6"]), 3)),
        "CHECKPOINT_UNREADABLE"
    );
    let file = home.work().join("old.note");
    std::fs::write(&file, log.heads[0].checkpoint.to_bytes()).unwrap();
    let old = document(&ask(&home, &["consistency", "old.note", "6"]), 0);
    assert_eq!(old["old"]["from_checkpoint"], true);
    // A log that shows less than it signed has not forked by that alone.
    let behind = Served::new(answers(&log, 0, NAMES));
    std::fs::write(home.work().join("new.note"), log.heads[1].checkpoint.to_bytes()).unwrap();
    let home_of_behind = trusting(&log, &behind);
    let note = home.work().join("new.note").display().to_string();
    assert_eq!(code(&document(&ask(&home_of_behind, &["consistency", "3", &note]), 3)), "LOG_BEHIND");
    // A checkpoint that the same key signed for another history of that size.
    let mut other = TinyLog::new("log.example", 2, 2);
    Publisher::claim(&mut other, "io.github.other", "other");
    Publisher::claim(&mut other, "io.github.third", "third");
    other.publish(now());
    std::fs::write(&file, other.heads[0].checkpoint.to_bytes()).unwrap();
    assert_eq!(code(&document(&ask(&home, &["consistency", "old.note", "6"]), 1)), "LOG_INCONSISTENT");
    std::fs::write(&file, "log.example\n3\n").unwrap();
    assert_eq!(code(&document(&ask(&home, &["consistency", "old.note", "6"]), 3)), "CHECKPOINT_UNREADABLE");
}

#[test]
fn a_log_that_nobody_named_is_judged_by_its_own_word_and_that_is_said() {
    let (log, ..) = log();
    let served = Served::new(newest(&log));
    let home = Home::new();
    assert_eq!(code(&document(&ask(&home, &["info"]), 2)), "LOG_NOT_CONFIGURED");
    let output = ask(&home, &["info", "--log", &served.url]);
    assert_eq!(document(&output, 0)["head"]["basis"], "own-word");
    assert!(String::from_utf8_lossy(&output.stderr).contains("are its own word"));
    // With the policy in a file it is not.
    std::fs::write(home.work().join("log.policy"), log.policy()).unwrap();
    let output = ask(&home, &["info", "--log", &served.url, "--policy", "log.policy"]);
    assert_eq!(document(&output, 0)["head"]["basis"], "policy-file");
    assert!(output.stderr.is_empty());
    // And nothing was kept of a log that nobody trusts.
    assert!(!home.path().join(".local/state/pinfold/seen").exists());
    for wrong in ["log.example", "ftp://log.example", "http://user@127.0.0.1"] {
        assert_eq!(code(&document(&ask(&home, &["info", "--log", wrong]), 2)), "LOG_URL_INVALID");
    }
}
