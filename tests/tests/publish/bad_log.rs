//! A log that answers garbage, endlessly, or not at all, and a registry that is slow: one error, nothing half written.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::support::{NAME, Publisher, code, not_run};

/// A server that does this with each connection; it ends with the test's process.
pub(crate) fn serving(answer: impl Fn(usize, &str, &mut TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (answer, count) = (Arc::new(answer), Arc::new(AtomicUsize::new(0)));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (answer, number) = (Arc::clone(&answer), count.fetch_add(1, Ordering::Relaxed));
            std::thread::spawn(move || {
                let mut stream = stream;
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
                    head.push(byte[0]);
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                // What was not read when the connection is closed makes it a broken one, and the answer can be lost.
                let length = head.to_ascii_lowercase().lines().find_map(|line| {
                    line.strip_prefix("content-length:").and_then(|length| length.trim().parse().ok())
                });
                let _ = stream.read_exact(&mut vec![0; length.unwrap_or(0)]);
                let path = head.split(' ').nth(1).unwrap_or_default();
                answer(number, path, &mut stream);
            });
        }
    });
    format!("http://{address}")
}

pub(crate) fn reply(stream: &mut TcpStream, status: &str, body: &[u8]) {
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

/// A policy of a log at this address that nobody runs.
pub(crate) fn policy(publisher: &Publisher, url: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let key = "log.example+c8a93de0+ARss2475OQzP4vxJLXpl94WS94Od6EoLqAwadCTcQQej";
    let file = publisher.home.path().join("bad.policy");
    std::fs::write(&file, format!("log {key} {url}\nquorum none\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    file.to_str().unwrap().to_owned()
}

fn fails(url: &str, expected: &[&str], exit: i32) {
    let publisher = Publisher::of_two_tools();
    let policy = policy(&publisher, url);
    let arguments = ["publish", "--name", NAME, "--version", "1.0.0", "--policy", &policy, "--yes"];
    let document = publisher.document_with_server(&arguments, exit);
    assert!(expected.contains(&code(&document)), "{document:#}");
    assert_eq!(publisher.files(), [] as [&str; 0]);
    assert_eq!(publisher.server.starts(), 0);
}

#[test]
fn a_log_that_answers_garbage_is_no_log() {
    let garbage = serving(|_, _, stream| reply(stream, "200 OK", b"<html>hello</html>"));
    fails(&garbage, &["LOG_GARBAGE"], 3);
    let lists = serving(|_, _, stream| {
        reply(stream, "200 OK", b"{\"checkpoint\":\"x\",\"newest\":null,\"state\":{}}")
    });
    fails(&lists, &["LOG_GARBAGE"], 3);
    let broken = serving(|_, _, stream| reply(stream, "500 Oops", b"oops"));
    fails(&broken, &["LOG_UNAVAILABLE"], 3);
    let absent = serving(|_, _, stream| reply(stream, "404 Not Found", b""));
    fails(&absent, &["LOG_UNAVAILABLE"], 3);
    let nonsense = serving(|_, _, stream| {
        let _ = stream.write_all(b"\x00\x01\x02 not http at all\r\n\r\n");
    });
    fails(&nonsense, &["LOG_UNAVAILABLE"], 3);
    let elsewhere = serving(|_, _, stream| {
        let _ = stream
            .write_all(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    });
    fails(&elsewhere, &["LOG_UNAVAILABLE"], 3);
}

#[test]
fn a_log_that_answers_endlessly_is_cut_off() {
    let endless = serving(|_, _, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'{'; 65536]).is_ok() {}
    });
    fails(&endless, &["LOG_UNAVAILABLE", "LOG_GARBAGE"], 3);
}

#[test]
fn a_log_that_does_not_answer_is_given_up() {
    let silent = serving(|_, _, stream| {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    });
    fails(&silent, &["LOG_UNAVAILABLE"], 3);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    fails(&format!("http://{closed}"), &["LOG_UNAVAILABLE"], 3);
}

#[test]
fn an_unknown_log_that_says_no_policy_is_garbage() {
    let publisher = Publisher::of_two_tools();
    let url = serving(|_, _, stream| reply(stream, "200 OK", b"quorum none\n"));
    let arguments = ["publish", "--name", NAME, "--version", "1.0.0", "--log", &url];
    let document = publisher.document_with_server(&arguments, 3);
    assert_eq!(code(&document), "LOG_GARBAGE");
    let document =
        publisher.document_with_server(&["publish", "--name", NAME, "--version", "1", "--log", "x"], 2);
    assert_eq!(code(&document), "LOG_URL_INVALID");
}

/// A registry that shows version 1.0.1 of `demo-server` from look-up `misses` on; what it says of the file.
fn registry(misses: usize, integrity: &'static str) -> String {
    serving(move |number, path, stream| match path {
        "/demo-server/1.0.1" if number >= misses => {
            let body = json!({"name": "demo-server", "version": "1.0.1", "dist": {"integrity": integrity}});
            reply(stream, "200 OK", body.to_string().as_bytes());
        }
        _ => reply(stream, "404 Not Found", b"{\"error\":\"not found\"}"),
    })
}

fn publisher_of_a_package() -> Publisher {
    let publisher = Publisher::of_two_tools();
    let package = json!({"name": "demo-server", "version": "1.0.1", "mcpName": NAME});
    std::fs::write(publisher.file("package.json"), package.to_string()).unwrap();
    publisher
}

#[test]
fn a_registry_that_is_slow_is_waited_for_within_bounds() {
    let log = pinfold_tests::log::TestLog::alone();
    let publisher = publisher_of_a_package();
    let policy = crate::log::policy(&publisher, &log);
    let slow = registry(2, "sha512-x");
    let arguments =
        ["publish", "--policy", &policy, "--yes", "--registry", &slow, "--pause", "0", "--look-ups"];
    let too_few = publisher.document_with_server(&[&arguments[..], &["2"]].concat(), 3);
    assert_eq!(code(&too_few), "ARTIFACT_NOT_VISIBLE");
    assert_eq!((crate::log::size(&log), publisher.server.starts()), (0, 0), "nothing is signed or started");
    let rerun = publisher.document_with_server(&[&arguments[..], &["2"]].concat(), 0);
    assert_eq!(rerun["release"]["version"], "1.0.1");
}

#[test]
fn a_registry_with_another_file_is_refused() {
    let log = pinfold_tests::log::TestLog::alone();
    let publisher = publisher_of_a_package();
    let policy = crate::log::policy(&publisher, &log);
    let packed = std::process::Command::new("npm")
        .args(["pack", "--offline", "--ignore-scripts"])
        .current_dir(publisher.home.work())
        .output();
    if !packed.is_ok_and(|output| output.status.success()) {
        return not_run("there is no npm here");
    }
    let other = registry(0, "sha512-AAAA");
    let arguments = [
        "publish",
        "--policy",
        &policy,
        "--yes",
        "--registry",
        &other,
        "--artifact",
        "demo-server-1.0.1.tgz",
    ];
    let refused = publisher.document_with_server(&arguments, 1);
    assert_eq!(code(&refused), "ARTIFACT_DIFFERS");
    assert_eq!((crate::log::size(&log), publisher.server.starts()), (0, 0));
    // Without a registry the file counts as it is.
    let published = publisher.document_with_server(&[&arguments[..4], &arguments[6..]].concat(), 0);
    let artifact = &published["release"]["artifacts"][0];
    assert_eq!(artifact["purl"], "pkg:npm/demo-server@1.0.1");
    let sum = std::process::Command::new("sha256sum")
        .arg(publisher.file("demo-server-1.0.1.tgz"))
        .output()
        .unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    assert_eq!(artifact["sha256"].as_str().unwrap().strip_prefix("sha256:"), sum.split(' ').next());
}
