//! Servers that answer garbage, endlessly, elsewhere or not at all.
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pinfold_log_client::{
    AddRequest, BaseUrl, FetchError, Http, LogClient, LogError, SubmitError, WitnessAnswer, WitnessClient,
};

/// Answers each connection with `answer`, which gets the request's head and body; ends with the test.
fn serve(answer: impl Fn(&str, &mut TcpStream) + Send + 'static) -> BaseUrl {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let request = read_request(&mut stream);
            answer(&request, &mut stream);
        }
    });
    url.parse().unwrap()
}

fn read_request(stream: &mut TcpStream) -> String {
    let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok()
            });
            if body.len() >= length.unwrap_or(0usize) {
                return text;
            }
        }
        match stream.read(&mut chunk).unwrap_or(0) {
            0 => return text,
            count => request.extend_from_slice(&chunk[..count]),
        }
    }
}

fn respond(stream: &mut TcpStream, head: &str, body: &[u8]) {
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    // The client may have hung up already; that is its answer.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

fn http(url: &BaseUrl) -> Http {
    Http::new(url, Duration::from_millis(800))
}

#[test]
fn a_redirect_is_an_error_and_nothing_follows_it() {
    let url = serve(|_, stream| respond(stream, "302 Found\r\nLocation: http://127.0.0.1:1/", b""));
    let error = http(&url).get(&url.join("/checkpoint"), 100).unwrap_err();
    assert!(matches!(error, FetchError::Redirect { status: 302, .. }), "{error}");
}

#[test]
fn a_body_may_be_as_long_as_the_limit_and_no_byte_longer() {
    let url = serve(|_, stream| respond(stream, "200 OK", &[b'x'; 100]));
    assert_eq!(http(&url).get(&url.join("/a"), 100).unwrap().body.len(), 100);
    let error = http(&url).get(&url.join("/a"), 99).unwrap_err();
    assert!(matches!(error, FetchError::TooLong { limit_bytes: 99, .. }), "{error}");
}

#[test]
fn an_endless_body_ends_at_the_limit() {
    let url = serve(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    let error = http(&url).get(&url.join("/a"), 10_000).unwrap_err();
    assert!(matches!(error, FetchError::TooLong { limit_bytes: 10_000, .. }), "{error}");
}

#[test]
fn endless_headers_end_at_the_limit() {
    let url = serve(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"X-More: and more and more and more and more\r\n").is_ok() {}
    });
    let start = Instant::now();
    let error = http(&url).get(&url.join("/a"), 10_000).unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(5), "{error}");
}

#[test]
fn silence_and_a_dripping_body_run_into_the_time_limit() {
    let silent = serve(|_, _| thread::sleep(Duration::from_secs(5)));
    let dripping = serve(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        while stream.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(50));
        }
    });
    for url in [silent, dripping] {
        let start = Instant::now();
        let error = http(&url).get(&url.join("/a"), 10_000).unwrap_err();
        assert!(matches!(error, FetchError::TimedOut { .. }), "{error}");
        assert!(start.elapsed() < Duration::from_secs(4));
    }
}

#[test]
fn garbage_and_half_an_answer_are_named() {
    let garbage = serve(|_, stream| stream.write_all(b"\x00\x01\x02 what is this\r\n\r\n").unwrap());
    let error = http(&garbage).get(&garbage.join("/a"), 100).unwrap_err();
    assert!(matches!(error, FetchError::Broken { .. }), "{error:?}");
    let half = serve(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").unwrap();
    });
    let error = http(&half).get(&half.join("/a"), 100).unwrap_err();
    assert!(matches!(error, FetchError::Broken { .. }), "{error:?}");
}

#[test]
fn nobody_there_is_unreachable() {
    let url: BaseUrl = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap()).parse().unwrap()
    };
    let error = http(&url).get(&url.join("/a"), 100).unwrap_err();
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error:?}");
}

/// What the program `gzip` makes of a text.
fn gzip(text: &[u8]) -> Vec<u8> {
    use std::process::{Command, Stdio};
    let mut child = Command::new("gzip")
        .args(["-c", "-n"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("gzip is part of every base system");
    child.stdin.take().unwrap().write_all(text).unwrap();
    child.wait_with_output().unwrap().stdout
}

#[test]
fn gzip_that_nobody_negotiated_is_read_and_its_limit_counts_after_decompression() {
    let small = gzip(b"pinfold\n");
    let url = serve(move |_, stream| respond(stream, "200 OK\r\nContent-Encoding: gzip", &small));
    assert_eq!(http(&url).get(&url.join("/a"), 100).unwrap().body, b"pinfold\n");
    let bomb = gzip(&b"pinfold\n".repeat(1_000_000));
    assert!(bomb.len() < 100_000);
    let url = serve(move |_, stream| respond(stream, "200 OK\r\nContent-Encoding: gzip", &bomb));
    let error = http(&url).get(&url.join("/a"), 100_000).unwrap_err();
    assert!(matches!(error, FetchError::TooLong { limit_bytes: 100_000, .. }), "{error:?}");
}

#[test]
fn both_encodings_are_offered() {
    let url = serve(|request, stream| {
        let offered = request.to_ascii_lowercase().contains("accept-encoding: gzip, identity\r\n");
        respond(stream, "200 OK", if offered { b"both" } else { b"other" });
    });
    assert_eq!(http(&url).get(&url.join("/a"), 100).unwrap().body, b"both");
}

#[test]
fn statuses_of_a_log_have_their_own_errors() {
    let url = serve(|request, stream| match request.split(' ').nth(1).unwrap() {
        "/checkpoint" => respond(stream, "503 Busy\r\nRetry-After: 7", b"full"),
        "/bundle/3" => respond(stream, "404 Not Found", b""),
        _ => respond(stream, "500 Oh", b"words\x1b[2J"),
    });
    let log = LogClient::new(&url);
    assert!(matches!(log.checkpoint(), Err(LogError::Busy { retry_after_seconds: Some(7), .. })));
    assert!(matches!(log.bundle_parts(3), Err(LogError::NotFound { .. })));
    let error = log.lookup("a.b/c").unwrap_err().to_string();
    // As they came: who prints them makes them visible, once.
    assert!(error.ends_with("/lookup/a.b/c answers with status 500: words\u{1b}[2J"), "{error:?}");
}

#[test]
fn a_submission_is_one_document_and_its_refusal_is_named() {
    let url = serve(|request, stream| {
        let body = request.split_once("\r\n\r\n").unwrap().1;
        if body == r#"{"entry":{"payload":""},"manifest":null}"# {
            respond(stream, "200 OK", br#"{"first":"f","index":4,"schema":"pinfold/submitted/v1"}"#);
        } else {
            let refusal =
                br#"{"index":4,"message":"m","refusal":"VersionUsed","schema":"pinfold/refusal/v1"}"#;
            respond(stream, "409 Conflict", refusal);
        }
    });
    let log = LogClient::new(&url);
    assert_eq!(log.submit(br#"{"payload":""}"#, None).unwrap().index, 4);
    let error = log.submit(b"{}", Some(b"{}")).unwrap_err();
    assert!(
        matches!(&error, SubmitError::Refused { refusal, index: Some(4), .. } if refusal == "VersionUsed")
    );
}

#[test]
fn a_witness_that_is_behind_is_asked_again_from_its_size_with_the_proof_from_there() {
    let url = serve(|request, stream| {
        let body = request.split_once("\r\n\r\n").unwrap().1;
        match body.lines().next().unwrap() {
            "old 3" => respond(stream, "200 OK", "\u{2014} w.example AAAA\n".as_bytes()),
            _ => respond(stream, "409 Conflict\r\nContent-Type: text/x.tlog.size", b"3\n"),
        }
    });
    let mut asked = Vec::new();
    let answer = WitnessClient::new(&url).add_checkpoint(AddRequest { size: 9, old_size: 7 }, |old| {
        asked.push(old);
        Ok::<_, std::convert::Infallible>(format!("old {old}\n\nnote\n").into_bytes())
    });
    assert!(matches!(answer.unwrap(), WitnessAnswer::Cosigned(_)));
    assert_eq!(asked, [7, 3]);
}

#[test]
fn a_witness_that_never_settles_is_left_alone() {
    let url = serve(|request, stream| {
        let old: u64 = request.split_once("old ").unwrap().1.lines().next().unwrap().parse().unwrap();
        respond(stream, "409 Conflict", format!("{}\n", old + 1).as_bytes());
    });
    let mut asked = 0;
    let answer = WitnessClient::new(&url).add_checkpoint(AddRequest { size: 9, old_size: 0 }, |old| {
        asked += 1;
        Ok::<_, std::convert::Infallible>(format!("old {old}\n\nnote\n").into_bytes())
    });
    assert_eq!(answer.unwrap(), WitnessAnswer::Unsettled { size: 3 });
    assert_eq!(asked, 3);
}

#[test]
fn a_busy_log_is_asked_again_after_a_short_pause_and_left_alone_after_a_few() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let url = serve(move |request, stream| {
        let before = counted.fetch_add(1, Ordering::SeqCst);
        match request.starts_with("GET /checkpoint ") && before >= 2 {
            true => respond(stream, "200 OK", b"a head"),
            false => respond(stream, "503 Busy\r\nRetry-After: 0", b""),
        }
    });
    let log = LogClient::new(&url);
    assert_eq!(log.checkpoint().unwrap(), b"a head");
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    assert!(matches!(log.bundle_parts(1), Err(LogError::Busy { .. })));
    assert_eq!(asked.load(Ordering::SeqCst), 3 + 4);
}
