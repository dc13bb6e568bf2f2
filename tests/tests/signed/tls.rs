//! A log behind a certificate that is not believed: made here, and shown by a server on loopback.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pinfold_core::signature::SigningKey;
use pinfold_tests::binary::fixture;
use pinfold_tests::stage::{LABEL, describe, run_to_end};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

use crate::lying_log::{Answers, answers, now};
use crate::tiny_log::{Publisher, TinyLog, manifest};
use crate::world::{NAME, World, says};

/// A certificate that signs itself, in DER.
struct Certificate {
    bytes: Vec<u8>,
    key: SigningKey,
}

/// From the year 2000 to 2049: `YYMMDDhhmmssZ`.
const ALWAYS: [&str; 2] = ["000101000000Z", "491231235959Z"];
const LONG_AGO: [&str; 2] = ["000101000000Z", "010101000000Z"];
/// 127.0.0.1, and another machine, as the alternative names of a certificate.
const LOOPBACK: &[u8] = &[0x87, 4, 127, 0, 0, 1];
const ANOTHER: &[u8] = b"\x82\x0bother.local";

impl Certificate {
    fn new(valid: [&str; 2], name: &[u8]) -> Certificate {
        let key = SigningKey::from_seed(&[7; 32]);
        let ed25519 = der(0x30, &[&der(0x06, &[&[0x2b, 0x65, 0x70]])]);
        let common_name = der(0x30, &[&der(0x06, &[&[0x55, 4, 3]]), &der(0x0c, &[b"a log"])]);
        let who = der(0x30, &[&der(0x31, &[&common_name])]);
        let times = valid.map(|time| der(0x17, &[time.as_bytes()]));
        let public = der(0x30, &[&ed25519, &der(0x03, &[&[0], key.public_key().as_bytes()])]);
        let names = der(0x04, &[&der(0x30, &[name])]);
        let names = der(0x30, &[&der(0x06, &[&[0x55, 0x1d, 0x11]]), &names]);
        let to_sign = der(
            0x30,
            &[
                &der(0xa0, &[&der(0x02, &[&[2]])]),
                &der(0x02, &[&[1]]),
                &ed25519,
                &who,
                &der(0x30, &[&times[0], &times[1]]),
                &who,
                &public,
                &der(0xa3, &[&der(0x30, &[&names])]),
            ],
        );
        let signature = key.sign(&to_sign);
        let bytes = der(0x30, &[&to_sign, &ed25519, &der(0x03, &[&[0], signature.as_bytes()])]);
        Certificate { bytes, key }
    }

    fn config(&self) -> ServerConfig {
        let ed25519 = der(0x30, &[&der(0x06, &[&[0x2b, 0x65, 0x70]])]);
        let seed = der(0x04, &[&der(0x04, &[self.key.seed()])]);
        let key = PrivatePkcs8KeyDer::from(der(0x30, &[&der(0x02, &[&[0]]), &ed25519, &seed]));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let chain = vec![CertificateDer::from(self.bytes.clone())];
        config.with_no_client_auth().with_single_cert(chain, PrivateKeyDer::Pkcs8(key)).unwrap()
    }

    /// The file by which a machine believes it.
    fn write(&self, file: &Path) {
        let text = STANDARD.encode(&self.bytes);
        fs::write(file, format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")).unwrap();
    }
}

/// A value of DER: tag, length, contents.
fn der(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let contents = contents.concat();
    let length = contents.len();
    let length = match length {
        0..0x80 => vec![length as u8],
        0x80..0x100 => vec![0x81, length as u8],
        _ => vec![0x82, (length >> 8) as u8, length as u8],
    };
    [&[tag][..], &length, &contents].concat()
}

/// A server, and how many requests it has read. It goes on until the test ends.
struct Tls {
    url: String,
    requests: Arc<AtomicUsize>,
    /// Which of its certificates it shows.
    shown: Arc<AtomicUsize>,
}

impl Tls {
    /// A server that knows nothing (404).
    fn new(certificate: &Certificate) -> Tls {
        Tls::serving(Answers::new(), &[certificate], "")
    }

    /// A server of these answers. Once it has answered `last` it shows the last of its certificates, before the first.
    fn serving(answers: Answers, certificates: &[&Certificate], last: &'static str) -> Tls {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let configs: Vec<_> = certificates.iter().map(|one| Arc::new(one.config())).collect();
        let (requests, shown) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (read, shows) = (Arc::clone(&requests), Arc::clone(&shown));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let config = Arc::clone(&configs[shows.load(Ordering::SeqCst)]);
                let connection = ServerConnection::new(config).unwrap();
                let mut stream = StreamOwned::new(connection, stream.unwrap());
                let mut request = [0; 4096];
                // A client that does not believe the certificate hangs up before it asks.
                let Ok(count @ 1..) = stream.read(&mut request) else { continue };
                read.fetch_add(1, Ordering::SeqCst);
                let request = String::from_utf8_lossy(&request[..count]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default();
                let (status, body) = match answers.get(path) {
                    Some(body) => ("200 OK", &body[..]),
                    None => ("404 Not Found", &[][..]),
                };
                if path == last {
                    shows.store(configs.len() - 1, Ordering::SeqCst);
                }
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                let answer = [head.as_bytes(), body].concat();
                let _ = stream.write_all(&answer).and_then(|()| stream.flush());
            }
        });
        Tls { url, requests, shown }
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// The same command on a machine that believes the certificates of this file, and no other.
fn document(world: &World, arguments: &[&str], believes: Option<&Path>) -> Value {
    let mut command = world.stage.home.pinfold([arguments, &["--json"]].concat());
    if arguments[0] == "publish" {
        command.arg("--").arg(fixture()).arg(world.stage.server.path());
    }
    command.envs(believes.map(|file| ("SSL_CERT_FILE", file)));
    let output = run_to_end(command);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{arguments:?}: {}", describe(&output)))
}

/// Every file of home and working folder with its bytes, but for the database and what is only locked.
fn files(world: &World) -> BTreeMap<String, Vec<u8>> {
    let (mut all, mut left) =
        (BTreeMap::new(), vec![world.stage.home.path().to_owned(), world.stage.home.work().to_owned()]);
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                left.push(entry);
            } else if !entry.to_string_lossy().contains("pinfold.db") {
                let bytes = fs::read(&entry).unwrap();
                all.insert(entry.display().to_string(), bytes);
            }
        }
    }
    all.retain(|_, bytes| !bytes.is_empty());
    all
}

#[test]
fn a_log_whose_certificate_is_not_believed_is_refused_by_every_command() {
    let mut world = World::new();
    let release = world.publish(&says(0));
    let bundle = world.bundle(release);
    world.stage.approve();
    assert!(run_to_end(world.stage.home.pinfold(["key", "new", "--no-passphrase"])).status.success());
    let certificate = Certificate::new(ALWAYS, LOOPBACK);
    let server = Tls::new(&certificate);
    world.trust(&server.url);
    // The second of two starts finds the files that the first one made.
    document(&world, &["log", "info"], None);
    let (before, starts) = (files(&world), world.stage.server.starts());
    let state = ["log", "audit", &server.url, "--state", "audit.state"];
    let commands: [&[&str]; 11] = [
        &["log", "info"],
        &["log", "lookup", NAME],
        &["log", "history", NAME],
        &["log", "show", "0"],
        &["log", "consistency", "0", "1"],
        &state,
        &["log", "info", "--log", &server.url],
        &["verify", &bundle, "--refresh"],
        &["review", LABEL, "--name", NAME],
        &["withdraw", NAME, "1.0.0", "--reason", "defective", "--yes"],
        &["publish", "--name", NAME, "--version", "9.0.0", "--yes"],
    ];
    for arguments in commands {
        let document = document(&world, arguments, None);
        let error = &document["error"];
        assert_eq!(
            (&document["exit"], &error["code"]),
            (&3.into(), &"LOG_CERTIFICATE".into()),
            "{document:#}"
        );
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("nobody whom this machine trusts has issued it"), "{message}");
        assert!(message.contains(&server.url), "{message}");
        assert!(error["hint"].as_str().unwrap().contains("nothing was "), "{document:#}");
    }
    assert_eq!(server.requests(), 0, "nobody was asked anything");
    assert_eq!(world.stage.server.starts(), starts, "nothing was started");
    assert_eq!(files(&world), before, "nothing was written");
}

#[test]
fn what_is_wrong_with_a_certificate_is_said_and_a_right_one_is_believed() {
    let world = World::new();
    let believed = world.stage.home.work().join("believed.pem");
    let ask = |certificate: &Certificate| {
        let server = Tls::new(certificate);
        certificate.write(&believed);
        let document = document(&world, &["log", "info", "--log", &server.url], Some(&believed));
        let error = |member: &str| document["error"][member].as_str().unwrap_or_default().to_owned();
        (error("code"), error("message"), server.requests())
    };
    for (certificate, words) in [
        (Certificate::new(LONG_AGO, LOOPBACK), "it has expired"),
        (Certificate::new(ALWAYS, ANOTHER), "it is for another name"),
    ] {
        let (code, message, requests) = ask(&certificate);
        assert_eq!((code.as_str(), requests), ("LOG_CERTIFICATE", 0), "{message}");
        assert!(message.contains(words), "{message}");
    }
    // The same server with the same key is asked where its certificate holds; it is no log.
    let (code, message, requests) = ask(&Certificate::new(ALWAYS, LOOPBACK));
    assert_eq!((code.as_str(), requests), ("LOG_ANSWER", 1), "{message}");
}

#[test]
fn a_certificate_that_goes_bad_in_the_middle_of_an_audit_is_said() {
    let mut log = TinyLog::new("log.example", 0, 0);
    let publisher = Publisher::claim(&mut log, "io.github.acme", "acme");
    for number in 0..300 {
        log.submit(&publisher.release(&manifest(&format!("io.github.acme/n{number}"), "1.0.0"), None));
    }
    log.publish(now());
    let world = World::new();
    let believed = world.stage.home.work().join("believed.pem");
    let good = Certificate::new(ALWAYS, LOOPBACK);
    good.write(&believed);
    let bad = Certificate::new(LONG_AGO, LOOPBACK);
    let first = "/tile/entries/000";
    let server = Tls::serving(answers(&log, 0, &[]), &[&good, &bad], first);
    let audit =
        || document(&world, &["log", "audit", &server.url, "--state", "audit.state"], Some(&believed));
    let stopped = audit();
    let error = &stopped["error"];
    assert_eq!((&stopped["exit"], &error["code"]), (&3.into(), &"LOG_CERTIFICATE".into()), "{stopped:#}");
    assert!(error["message"].as_str().unwrap().contains("it has expired"), "{stopped:#}");
    let hint = error["hint"].as_str().unwrap();
    assert!(hint.ends_with("256 of 302 entries are replayed and kept: it goes on from there"), "{hint}");
    assert_eq!((&stopped["to"], &stopped["verdict"]), (&256.into(), &Value::Null));
    // Before a word of the log came nothing more is kept.
    let at_once = audit();
    assert_eq!(at_once["error"]["code"], "LOG_CERTIFICATE", "{at_once:#}");
    assert!(at_once["error"]["hint"].as_str().unwrap().ends_with("nothing was changed"), "{at_once:#}");
    server.shown.store(0, Ordering::SeqCst);
    let done = audit();
    assert_eq!(
        (&done["from"], &done["to"], &done["exit"]),
        (&256.into(), &302.into(), &0.into()),
        "{done:#}"
    );
}
