//! The envelope and the statement of a release, read by independent libraries of two other languages.

use std::path::Path;
use std::process::{Command, Output};

use pinfold_tests::binary::workspace;
use pinfold_tests::log::TestLog;
use pinfold_tests::sdk::Sdk;
use pinfold_tests::stage::{describe, run_to_end};
use serde_json::Value;

use crate::log::policy;
use crate::support::{NAME, Publisher, not_run, one_document};

/// A release's envelope in a file, and its public key in hexadecimal.
struct Released {
    publisher: Publisher,
    key: String,
}

fn released() -> Released {
    let publisher = Publisher::of_two_tools();
    let log = TestLog::alone();
    let policy = policy(&publisher, &log);
    let publish = ["publish", "--name", NAME, "--version", "1.0.0", "--policy", &policy, "--yes", "--json"];
    one_document(&run_to_end(publisher.command_with_server(&publish)), 0);
    let bundle = std::fs::read(publisher.file("demo-1.0.0.pinfold")).unwrap();
    let bundle: Value = serde_json::from_slice(&bundle).unwrap();
    std::fs::write(publisher.file("envelope.json"), bundle["entry"].to_string()).unwrap();
    let output = Command::new("ssh-keygen").arg("-y").arg("-f").arg(publisher.key_file()).output().unwrap();
    let line = String::from_utf8(output.stdout).unwrap();
    let key = hexadecimal_key(line.split(' ').nth(1).unwrap());
    Released { publisher, key }
}

/// The last 32 bytes of an OpenSSH public key: the raw Ed25519 key.
fn hexadecimal_key(base64: &str) -> String {
    let program = "import base64, sys; print(base64.b64decode(sys.argv[1])[-32:].hex())";
    let output = Command::new("python3").args(["-c", program, base64]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Both readers on one envelope.
fn read(sdk: &Sdk, envelope: &Path, key: &str) -> [(&'static str, Output); 2] {
    let scripts = workspace().join("tests/interop");
    let mut node = Command::new("node");
    node.env("PACKAGES", sdk.npm()).arg(scripts.join("dsse.mjs")).arg(envelope).arg(key);
    let mut python = Command::new(sdk.python_program("python"));
    python.arg(scripts.join("dsse.py")).arg(envelope).arg(key);
    [("@sigstore/core", run_to_end(node)), ("securesystemslib", run_to_end(python))]
}

#[test]
fn a_release_is_read_by_libraries_of_two_other_languages() {
    let sdk = match Sdk::installed() {
        Ok(sdk) => sdk,
        Err(reason) => return not_run(reason),
    };
    let released = released();
    let envelope = released.publisher.file("envelope.json");
    for (reader, output) in read(sdk, &envelope, &released.key) {
        assert!(output.status.success(), "{reader}: {}", describe(&output));
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), format!("{NAME} 1.0.0"), "{reader}");
    }

    // The same readers refuse what is not what was signed: another statement, and another key.
    let mut changed: Value = serde_json::from_slice(&std::fs::read(&envelope).unwrap()).unwrap();
    let payload = changed["payload"].as_str().unwrap().replacen('a', "b", 1);
    changed["payload"] = Value::from(payload);
    let forged = released.publisher.file("forged.json");
    std::fs::write(&forged, changed.to_string()).unwrap();
    let other = if released.key.starts_with('0') { "1" } else { "0" }.to_owned() + &released.key[1..];
    for (reader, output) in read(sdk, &forged, &released.key).into_iter().chain(read(sdk, &envelope, &other))
    {
        assert!(!output.status.success(), "{reader} takes what was not signed");
    }
}
