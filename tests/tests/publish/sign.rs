//! `sign` and `diff`: without a log, and what no key may do.

use std::process::Command;

use base64::Engine as _;
use pinfold_tests::scenario::{Scenario, tool};
use pinfold_tests::stage::{describe, run_to_end};
use pinfold_tests::terminal::Terminal;
use serde_json::{Value, json};

use crate::support::{NAME, POISON, Publisher, code, not_run, one_document};

const SIGN: &[&str] = &["sign", "m.json", "-o", "e", "--first", "log.example", "--yes"];

/// The statement that an entry signs.
fn statement(publisher: &Publisher, file: &str) -> Value {
    let entry: Value = serde_json::from_slice(&std::fs::read(publisher.file(file)).unwrap()).unwrap();
    let payload = entry["payload"].as_str().unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::STANDARD.decode(payload).unwrap()).unwrap()
}

#[test]
fn a_first_release_is_signed_without_a_network() {
    let publisher = Publisher::of_two_tools();
    publisher.capture("1.0.0", "m.json");
    let signed = publisher.document(SIGN, 0);
    assert_eq!(signed["sequence"], 1);
    let statement = statement(&publisher, "e");
    assert_eq!(statement["predicate"]["name"], NAME);
    assert_eq!(statement["predicate"]["claim"], signed["claim"]);
    assert!(statement["predicate"]["previous"].is_null());
    let first = std::fs::read(publisher.file("e")).unwrap();
    publisher.document(SIGN, 0);
    assert_eq!(std::fs::read(publisher.file("e")).unwrap(), first, "the same release gives the same entry");
}

#[test]
fn the_question_shows_every_word_and_needs_the_typed_text() {
    let publisher = Publisher::new(&Scenario::of_tools(&[tool("look", POISON)]));
    publisher.capture("1.0.0", "m.json");
    let arguments = ["sign", "m.json", "-o", "e", "--first", "log.example"];
    let nobody = publisher.run(&arguments);
    assert_eq!(nobody.status.code(), Some(4), "{}", describe(&nobody));
    assert!(!describe(&nobody).contains("POISON"), "{}", describe(&nobody));
    let refused = Terminal::run(publisher.command(&arguments)).refuse_all().expect_code(1);
    assert!(refused.text.contains("POISON") && refused.text.contains("this claims it with your key"));
    assert!(!publisher.file("e").exists());
    let mut marked = publisher.command(&arguments);
    marked.env("CLAUDECODE", "1");
    let marked = Terminal::run(marked).finish().expect_code(4);
    assert!(!marked.text.contains("POISON"), "{}", marked.text);
    Terminal::run(publisher.command(&arguments)).approve_all().expect_code(0);
    assert!(publisher.file("e").exists());
}

#[test]
fn keys_that_cannot_sign_are_each_told_by_name() {
    let publisher = Publisher::of_two_tools();
    publisher.capture("1.0.0", "m.json");
    let keygen = |arguments: &[&str]| {
        Command::new("ssh-keygen").args(arguments).current_dir(publisher.home.work()).output()
    };
    if keygen(&["-q", "-t", "ecdsa", "-N", "", "-f", "ecdsa.key"]).is_err() {
        return not_run("there is no ssh-keygen here");
    }
    keygen(&["-q", "-t", "ed25519", "-N", "correct horse", "-f", "enc.key"]).unwrap();
    std::fs::write(publisher.file("garbage.key"), "hello\n").unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(publisher.file("garbage.key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::copy(publisher.key_file(), publisher.file("open.key")).unwrap();
    std::fs::set_permissions(publisher.file("open.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    for (key, expected, exit) in [
        ("ecdsa.key", "KEY_UNUSABLE", 1),
        ("enc.key.pub", "KEY_UNUSABLE", 1),
        ("garbage.key", "KEY_UNUSABLE", 1),
        ("open.key", "KEY_OPEN_TO_OTHERS", 1),
        ("absent.key", "KEY_ABSENT", 3),
        ("enc.key", "PASSPHRASE_NEEDED", 4),
    ] {
        let document = publisher.document(&[SIGN, &["--key", key]].concat(), exit);
        assert_eq!(code(&document), expected, "{key}: {document:#}");
        assert!(!publisher.file("e").exists(), "{key}");
    }
    let with = |words: &str| {
        let mut command = publisher.command(&[SIGN, &["--key", "enc.key", "--json"]].concat());
        command.args(["--passphrase-env", "PASS"]).env("PASS", words);
        run_to_end(command)
    };
    assert_eq!(code(&one_document(&with("correct house"), 1)), "PASSPHRASE_WRONG");
    assert!(!publisher.file("e").exists());
    one_document(&with("correct horse"), 0);
}

#[test]
fn a_passphrase_typed_at_the_terminal_opens_the_key() {
    let publisher = Publisher::of_two_tools();
    publisher.capture("1.0.0", "m.json");
    let mut make = publisher.command(&["key", "new", "a.key", "--passphrase-env", "PASS"]);
    make.env("PASS", "correct horse");
    assert!(run_to_end(make).status.success());
    let mut terminal = Terminal::run(publisher.command(&[SIGN, &["--key", "a.key"]].concat()));
    terminal.wait_for("passphrase of a.key:");
    terminal.type_keys("correct horse\n");
    let outcome = terminal.finish().expect_code(0);
    assert!(!outcome.text.contains("correct horse"), "{}", outcome.text);
}

#[test]
fn diff_names_classes_and_places_and_keeps_the_words_for_a_terminal() {
    let publisher = Publisher::of_two_tools();
    publisher.capture("1.0.0", "old.json");
    let changed = [tool("look", POISON), tool("more", POISON)];
    publisher.server.play(&Scenario::of_tools(&changed));
    publisher.capture("1.0.1", "new.json");
    let output = publisher.run(&["diff", "old.json", "new.json", "--json"]);
    let document = one_document(&output, 0);
    assert_eq!(document["equal"], false);
    let objects = document["objects"].as_array().unwrap();
    let found: Vec<(&str, &str)> =
        objects.iter().map(|o| (o["name"].as_str().unwrap(), o["change"].as_str().unwrap())).collect();
    assert_eq!(found, [("find", "removed"), ("look", "changed"), ("more", "added")]);
    let change =
        json!({"meaning": "prose", "class": "DESC_CHANGED", "pointer": "/description", "reach": "model"});
    assert_eq!(objects[1]["changes"], json!([change]));
    assert!(objects[1]["old"].as_str().unwrap().starts_with("sha256:"));
    let plain = publisher.run(&["diff", "old.json", "new.json"]);
    for output in [&output, &plain] {
        assert!(!describe(output).contains("POISON"), "{}", describe(output));
    }
    assert!(
        describe(&plain).contains("changed tool look: DESC_CHANGED at /description"),
        "{}",
        describe(&plain)
    );
    let mut marked = publisher.command(&["diff", "old.json", "new.json"]);
    marked.env("CLAUDECODE", "1");
    assert!(!Terminal::run(marked).finish().expect_code(0).text.contains("POISON"));
    let person = Terminal::run(publisher.command(&["diff", "old.json", "new.json"])).finish().expect_code(0);
    assert!(person.text.contains("POISON"), "{}", person.text);
    let same = publisher.document(&["diff", "old.json", "old.json"], 0);
    assert_eq!((&same["equal"], &same["objects"]), (&json!(true), &json!([])));
}

#[test]
fn sarif_of_a_diff_holds_no_word_of_a_server() {
    let publisher = Publisher::of_two_tools();
    publisher.capture("1.0.0", "old.json");
    let sentence = format!("{POISON} in a sentence");
    let with =
        format!(r#"{{"name":"look","inputSchema":{{"type":"object","properties":{{"{sentence}":{{}}}}}}}}"#);
    publisher.server.play(&Scenario::of_tools(&[with, tool("more", POISON)]));
    publisher.capture("1.0.1", "new.json");
    let output = publisher.run(&["diff", "old.json", "new.json", "--sarif"]);
    assert_eq!(output.status.code(), Some(0), "{}", describe(&output));
    assert!(!describe(&output).contains(POISON), "{}", describe(&output));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&document["version"], &document["$schema"]),
        (&json!("2.1.0"), &json!("https://json.schemastore.org/sarif-2.1.0.json"))
    );
    let results = document["runs"][0]["results"].as_array().unwrap();
    let told: Vec<(&str, &str)> =
        results.iter().map(|one| (one["ruleId"].as_str().unwrap(), one["level"].as_str().unwrap())).collect();
    assert_eq!(
        told,
        [
            ("removed", "note"),
            ("parameter-added", "error"),
            ("widened", "error"),
            ("prose", "warning"),
            ("added", "warning")
        ]
    );
    let place = "/runs/0/results/1/locations/0/logicalLocations/0/fullyQualifiedName";
    let place = document.pointer(place).and_then(Value::as_str).unwrap();
    assert_eq!(place, format!("tool look /inputSchema/properties/({} bytes left out)", sentence.len()));
    let file = document.pointer("/runs/0/results/1/locations/0/physicalLocation/artifactLocation/uri");
    assert_eq!(file, Some(&json!("new.json")));
    let both = publisher.run(&["diff", "old.json", "new.json", "--sarif", "--json"]);
    assert_eq!(both.status.code(), Some(2), "one document, not two");
}

#[test]
fn files_that_hold_no_release_are_told_apart() {
    let publisher = Publisher::of_two_tools();
    publisher.capture("1.0.0", "m.json");
    let bytes = std::fs::read(publisher.file("m.json")).unwrap();
    std::fs::write(publisher.file("cut.json"), &bytes[..bytes.len() - 1]).unwrap();
    std::fs::write(publisher.file("spaced.json"), [&bytes[..], b"\n"].concat()).unwrap();
    std::fs::write(publisher.file("empty"), "").unwrap();
    for (file, expected, exit) in [
        ("absent", "RELEASE_FILE_ABSENT", 3),
        (".", "RELEASE_FILE_UNREADABLE", 3),
        ("empty", "RELEASE_FILE_INVALID", 2),
        ("cut.json", "RELEASE_FILE_INVALID", 2),
        ("spaced.json", "RELEASE_FILE_INVALID", 2),
    ] {
        let document = publisher.document(&["diff", "m.json", file], exit);
        assert_eq!(code(&document), expected, "{file}: {document:#}");
        assert_eq!(document["old"]["holds"], "manifest");
        assert!(document["new"].is_null());
    }
}
