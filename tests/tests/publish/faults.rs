//! What can happen between a command and a log: each command ends in one error, with what is in the log all the same.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pinfold_tests::log::TestLog;

use crate::bad_log::{policy, reply, serving};
use crate::log::{policy as real_policy, size};
use crate::support::{NAME, Publisher, code};

/// A log that answers every request in this way, and its policy.
fn answering(
    publisher: &Publisher,
    answer: impl Fn(&mut TcpStream) + Send + Sync + 'static,
) -> (String, String) {
    let url = serving(move |_, _, stream| answer(stream));
    (url.clone(), policy(publisher, &url))
}

/// Every question that is put to a log by name or number, at this address.
fn questions<'a>(url: &'a str, policy: &'a str) -> [Vec<&'a str>; 6] {
    let ask = |words: &[&'a str]| [words, &["--policy", policy]].concat();
    [
        ask(&["log", "info"]),
        ask(&["log", "lookup", NAME]),
        ask(&["log", "history", NAME]),
        ask(&["log", "show", "0"]),
        ask(&["log", "consistency", "0", "1"]),
        ask(&["log", "audit", url]),
    ]
}

type Answer = Box<dyn Fn(&mut TcpStream) + Send + Sync>;

fn raw(bytes: &'static [u8]) -> Answer {
    Box::new(move |stream| {
        let _ = stream.write_all(bytes);
    })
}

fn status(line: &'static str, body: &'static [u8]) -> Answer {
    Box::new(move |stream| reply(stream, line, body))
}

#[test]
fn whatever_answers_in_a_logs_place_each_question_ends_in_one_error() {
    let publisher = Publisher::of_two_tools();
    let endless: Answer = Box::new(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 65_536]).is_ok() {}
    });
    let busy: &[u8] = b"HTTP/1.1 503 Busy\r\nRetry-After: 900\r\nContent-Length: 0\r\n\r\n";
    let slow_down: &[u8] = b"HTTP/1.1 429 Slow\r\nRetry-After: 900\r\nContent-Length: 0\r\n\r\n";
    let elsewhere: &[u8] =
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    let half: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nlog.example\n3\n";
    let cases: [(&str, Answer, &str, &str); 12] = [
        ("nothing", raw(b""), "LOG_ANSWER", "broke off"),
        ("no HTTP", raw(b"\x00\x01\x02 hello\r\n\r\n"), "LOG_ANSWER", "not HTTP"),
        ("half", raw(half), "LOG_ANSWER", "broke off"),
        ("a page", status("200 OK", b"<html>hello</html>"), "LOG_ANSWER", ""),
        ("no byte", status("200 OK", b""), "LOG_ANSWER", ""),
        ("no text", status("200 OK", b"\xff\xfe\xfd"), "LOG_ANSWER", ""),
        ("500", status("500 Oops", b"oops \x1b[31m"), "LOG_ANSWER", "status 500: oops \\u{1B}[31m"),
        ("403", status("403 Forbidden", b""), "LOG_ANSWER", "status 403"),
        ("503", raw(busy), "LOG_UNREACHABLE", "is busy (status 503)"),
        ("429", raw(slow_down), "LOG_UNREACHABLE", "is busy (status 429)"),
        ("302", raw(elsewhere), "LOG_ANSWER", "redirects elsewhere, which is not followed"),
        ("endless", endless, "LOG_ANSWER", "more than"),
    ];
    for (what, answer, expected, words) in cases {
        let (url, policy) = answering(&publisher, answer);
        for question in questions(&url, &policy) {
            let document = publisher.document(&question, 3);
            let says = document["error"]["message"].as_str().unwrap();
            assert_eq!(code(&document), expected, "{what}, {question:?}: {says}");
            assert!(says.contains(words) && !says.contains('\n'), "{what}, {question:?}: {says}");
        }
    }
    let closed = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    // What speaks no TLS is not talked to without it.
    let plain = serving(|_, _, stream| reply(stream, "200 OK", b"hello")).replace("http:", "https:");
    let nowhere = "http://no-such-host.invalid".to_owned();
    for (url, count) in [(closed, 6), (plain, 6), (nowhere, 1)] {
        let policy = policy(&publisher, &url);
        for question in &questions(&url, &policy)[..count] {
            let document = publisher.document(question, 3);
            let unreachable = ["LOG_UNREACHABLE", "LOG_ANSWER"].contains(&code(&document));
            assert!(unreachable, "{url}, {question:?}: {document:#}");
        }
    }
    let state = publisher.home.path().join(".local/state/pinfold");
    let kept = fs::read_dir(state.join("audit")).unwrap().flatten().map(|entry| entry.file_name());
    assert!(kept.into_iter().all(|name| name.to_string_lossy().ends_with(".lock")), "nothing was replayed");
}

#[test]
fn a_busy_log_is_asked_six_times_and_no_more() {
    let publisher = Publisher::of_two_tools();
    publisher.capture("1.0.0", "m.json");
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let (_, policy) = answering(&publisher, move |stream| {
        count.fetch_add(1, Ordering::Relaxed);
        let _ = stream.write_all(
            b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        );
    });
    let document = publisher.document(&["publish", "--manifest", "m.json", "--policy", &policy, "--yes"], 3);
    assert_eq!(code(&document), "LOG_UNAVAILABLE", "{document:#}");
    assert!(document["error"]["hint"].as_str().unwrap().ends_with("run the same command again later"));
    assert_eq!(asked.load(Ordering::Relaxed), 6);
}

/// Passes requests on to a log, but for those that are answered otherwise: each by its path and its number among those of
/// its kind, from 1 on.
fn between(
    log: &TestLog,
    instead: impl Fn(&str, usize) -> Option<Vec<u8>> + Send + Sync + 'static,
) -> String {
    let real = real_address(log);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for mut stream in listener.incoming().flatten() {
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
                head.push(byte[0]);
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let length = head.to_ascii_lowercase().lines().find_map(|line| {
                line.strip_prefix("content-length:").and_then(|length| length.trim().parse().ok())
            });
            let mut body = vec![0; length.unwrap_or(0)];
            if stream.read_exact(&mut body).is_err() {
                continue;
            }
            let path = head.split(' ').nth(1).unwrap_or_default();
            let count = counts.entry(path.split('/').nth(1).unwrap_or_default().to_owned()).or_default();
            *count += 1;
            let answer = instead(path, *count).unwrap_or_else(|| {
                let first = head.lines().next().unwrap().replace("HTTP/1.1", "HTTP/1.0");
                answer_of(&real, &first, &body)
            });
            let _ = stream.write_all(&answer);
        }
    });
    url
}

fn real_address(log: &TestLog) -> String {
    log.url().trim_start_matches("http://").to_owned()
}

/// The whole answer of a log at this address to a request with this first line.
fn answer_of(address: &str, first: &str, body: &[u8]) -> Vec<u8> {
    let mut upstream = TcpStream::connect(address).unwrap();
    let asked = format!("{first}\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n", body.len());
    upstream.write_all(&[asked.as_bytes(), body].concat()).unwrap();
    let mut answer = Vec::new();
    let _ = upstream.read_to_end(&mut answer);
    answer
}

fn broken() -> Option<Vec<u8>> {
    Some(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec())
}

/// The policy of a log, with the address of what stands before it.
fn policy_through(publisher: &Publisher, log: &TestLog, url: &str) -> String {
    let file = publisher.home.path().join("through.policy");
    fs::write(&file, log.policy().replace(&log.url(), url)).unwrap();
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn what_is_in_the_log_is_said_when_the_rest_fails() {
    let (publisher, log) = (Publisher::of_two_tools(), TestLog::alone());
    publisher.capture("1.0.0", "m.json");
    let real = real_policy(&publisher, &log);
    let lossy = |url: &str| policy_through(&publisher, &log, url);
    // The release is logged, and its proofs do not come.
    let policy = lossy(&between(&log, |path, _| if path.starts_with("/bundle/") { broken() } else { None }));
    let publish = |policy: &str, exit: i32| {
        publisher.document(&["publish", "--manifest", "m.json", "--policy", policy, "--yes"], exit)
    };
    let lost = publish(&policy, 3);
    assert_eq!(code(&lost), "LOG_UNAVAILABLE", "{lost:#}");
    let hint = lost["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("the release is in log.example all the same, entry 2"), "{hint}");
    assert!(hint.contains("run the same command again"), "{hint}");
    assert_eq!((size(&log), publisher.file("demo-1.0.0.pinfold").exists()), (4, false));
    let found = publish(&real, 0);
    assert_eq!((&found["already"], &found["index"]), (&true.into(), &2.into()));

    // The withdrawal is logged, and its proof does not come.
    let policy =
        lossy(&between(
            &log,
            |path, count| if path.starts_with("/lookup/") && count > 1 { broken() } else { None },
        ));
    let withdraw = |policy: &str, exit: i32| {
        let words = ["withdraw", NAME, "1.0.0", "--reason", "mistaken", "--policy", policy, "--yes"];
        publisher.document(&words, exit)
    };
    let lost = withdraw(&policy, 3);
    let hint = lost["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("the withdrawal is in log.example all the same, entry 4"), "{hint}");
    assert_eq!(lost["index"], 4);
    assert_eq!(withdraw(&real, 0)["index"], 4);
}

#[test]
fn a_log_that_stays_busy_takes_the_release_later() {
    let (publisher, log) = (Publisher::of_two_tools(), TestLog::alone());
    publisher.capture("1.0.0", "m.json");
    // The first entry is the claim, and is taken.
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let url = between(&log, move |path, number| {
        let is_refused = path == "/submit" && number > 1;
        count.fetch_add(usize::from(is_refused), Ordering::Relaxed);
        is_refused.then(|| {
            b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec()
        })
    });
    let publish = |policy: &str, exit: i32| {
        publisher.document(&["publish", "--manifest", "m.json", "--policy", policy, "--yes"], exit)
    };
    let busy = publish(&policy_through(&publisher, &log, &url), 3);
    assert_eq!(code(&busy), "LOG_BUSY", "{busy:#}");
    assert_eq!(
        busy["error"]["hint"], "run the same command again later; it gives the same entry",
        "{busy:#}"
    );
    assert_eq!(asked.load(Ordering::Relaxed), 6, "six times and no more");
    // What was taken is told; nothing else is there.
    assert_eq!((&busy["keyset_index"], &busy["index"]), (&0.into(), &serde_json::Value::Null));
    assert_eq!((size(&log), publisher.files()), (2, vec!["m.json".to_owned()]));
    let later = publish(&real_policy(&publisher, &log), 0);
    assert_eq!((&later["already"], &later["sequence"]), (&false.into(), &1.into()), "{later:#}");
    assert_eq!((&later["keyset_index"], &later["claim"]), (&serde_json::Value::Null, &busy["claim"]));
}

#[test]
fn where_the_words_before_are_lost_the_number_of_tools_is_asked_for() {
    let (publisher, log) = (Publisher::of_two_tools(), TestLog::alone());
    let policy = real_policy(&publisher, &log);
    let publish = |version: &str, more: &[&str], exit: i32| {
        let words = ["publish", "--name", NAME, "--version", version, "--policy", &policy, "--yes"];
        publisher.document_with_server(&[&words[..], more].concat(), exit)
    };
    publish("1.0.0", &[], 0);
    let database = rusqlite::Connection::open(log.folder().join("log.sqlite")).unwrap();
    database.busy_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(database.execute("DELETE FROM manifests", []).unwrap(), 1);
    drop(database);
    let entries = size(&log);
    let lost = publish("1.0.1", &[], 1);
    assert_eq!(code(&lost), "WORDS_LOST", "{lost:#}");
    assert!(lost["error"]["message"].as_str().unwrap().contains("version 1.0.0"), "{lost:#}");
    assert!(lost["error"]["hint"].as_str().unwrap().ends_with("say `--expect-tools N`"), "{lost:#}");
    assert_eq!((size(&log), publisher.files()), (entries, vec!["demo-1.0.0.pinfold".to_owned()]));
    // A number that is not theirs is no answer; theirs is, and what cannot be compared is not called equal.
    assert_eq!(code(&publish("1.0.1", &["--expect-tools", "3"], 1)), "TOOLS_UNEXPECTED");
    let done = publish("1.0.1", &["--expect-tools", "2"], 0);
    assert_eq!((&done["sequence"], &done["changes"]), (&2.into(), &serde_json::Value::Null), "{done:#}");
    // The words that came with it are there to compare with.
    assert!(publish("1.0.2", &[], 0)["changes"].is_array());
}

#[test]
fn a_withdrawal_that_the_log_takes_and_does_not_prove_is_said() {
    let (publisher, log) = (Publisher::of_two_tools(), TestLog::alone());
    publisher.capture("1.0.0", "m.json");
    let real = real_policy(&publisher, &log);
    publisher.document(&["publish", "--manifest", "m.json", "--policy", &real, "--yes"], 0);
    // The log takes it, and goes on showing its signed head from before.
    let before = answer_of(&real_address(&log), &format!("GET /lookup/{NAME} HTTP/1.0"), &[]);
    let url = between(&log, move |path, _| path.starts_with("/lookup/").then(|| before.clone()));
    let withdraw = |policy: &str, exit: i32| {
        let words = ["withdraw", NAME, "1.0.0", "--reason", "defective", "--policy", policy, "--yes"];
        publisher.document(&words, exit)
    };
    let unproven = withdraw(&policy_through(&publisher, &log, &url), 1);
    assert_eq!((code(&unproven), &unproven["index"]), ("WITHDRAWAL_NOT_PROVEN", &4.into()), "{unproven:#}");
    let hint = unproven["error"]["hint"].as_str().unwrap();
    assert!(hint.starts_with("run the command again; if it stays so, tell the log's operator"), "{hint}");
    assert!(hint.ends_with("the withdrawal is in log.example, entry 4"), "{hint}");
    let done = withdraw(&real, 0);
    assert_eq!((&done["index"], size(&log)), (&4.into(), 6), "one withdrawal");
}
