//! `key new` on the built program, and keys of every kind where one signs.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use pinfold_tests::stage::{describe, run_to_end};
use pinfold_tests::terminal::Terminal;

use crate::support::{Publisher, code, not_run, one_document, two_tools};

const WORDS: &str = "correct horse";

fn publisher() -> Publisher {
    Publisher::without_key(&two_tools())
}

#[test]
fn a_key_is_made_once_in_the_usual_place_for_its_owner_alone() {
    let publisher = publisher();
    let made = publisher.document(&["key", "new", "--no-passphrase"], 0);
    assert_eq!(made["schema"], "pinfold/key-new/v1");
    assert_eq!(made["encrypted"], false);
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&publisher.key_file()), 0o600);
    assert_eq!(mode(publisher.key_file().parent().unwrap()), 0o700);
    let before = std::fs::read(publisher.key_file()).unwrap();
    let again = publisher.document(&["key", "new", "--no-passphrase"], 1);
    assert_eq!(code(&again), "KEY_EXISTS");
    assert_eq!(std::fs::read(publisher.key_file()).unwrap(), before);
}

#[test]
fn ssh_keygen_reads_the_key_that_was_made() {
    let publisher = publisher();
    let made = publisher.document(&["key", "new", "a.key", "--no-passphrase", "--comment", "acme"], 0);
    let read = Command::new("ssh-keygen").args(["-y", "-f"]).arg(publisher.file("a.key")).output();
    let Ok(read) = read else { return not_run("there is no ssh-keygen here") };
    let line = String::from_utf8_lossy(&read.stdout);
    assert_eq!(line.trim(), format!("{} acme", made["openssh"].as_str().unwrap()), "{}", describe(&read));
}

#[test]
fn a_passphrase_comes_from_a_variable_or_a_descriptor() {
    let publisher = publisher();
    let mut command = publisher.command(&["key", "new", "a.key", "--passphrase-env", "PASS", "--json"]);
    command.env("PASS", WORDS);
    assert_eq!(one_document(&run_to_end(command), 0)["encrypted"], true);
    std::fs::write(publisher.file("words"), format!("{WORDS}\n")).unwrap();
    let mut shell = publisher.home.command("sh");
    shell.args(["-c", "exec \"$0\" key new b.key --passphrase-fd 7 --json 7<words"]);
    shell.arg(pinfold_tests::binary::pinfold());
    assert_eq!(one_document(&run_to_end(shell), 0)["encrypted"], true);
    let unset = publisher.document(&["key", "new", "c.key", "--passphrase-env", "NOT_SET"], 2);
    assert_eq!(code(&unset), "PASSPHRASE_UNUSABLE");
    let mut short = publisher.command(&["key", "new", "c.key", "--passphrase-env", "PASS", "--json"]);
    short.env("PASS", "four");
    assert_eq!(code(&one_document(&run_to_end(short), 2)), "PASSPHRASE_UNUSABLE");
    let nobody = publisher.document(&["key", "new", "c.key"], 4);
    assert_eq!(code(&nobody), "NO_TERMINAL");
    assert_eq!(publisher.files(), ["a.key", "b.key", "words"]);
}

#[test]
fn a_passphrase_is_asked_for_twice_and_never_shown() {
    let publisher = publisher();
    let mut terminal = Terminal::run(publisher.command(&["key", "new", "a.key"]));
    for (prompt, answer) in [
        ("a passphrase for the new key:", "one two three\n"),
        ("the same once more:", "one two thee\n"),
        ("the two are not equal", ""),
        ("a passphrase for the new key:", "correct\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}correct horse\n"),
        ("the same once more:", "correct horse\n"),
    ] {
        terminal.wait_for(prompt);
        terminal.type_keys(answer);
    }
    let outcome = terminal.finish().expect_code(0);
    assert!(!outcome.text.contains("correct") && !outcome.text.contains("one two"), "{}", outcome.text);
    let mut command = publisher.command(&["sign", "none", "-o", "e", "--key", "a.key", "--json"]);
    command.args(["--passphrase-env", "PASS"]).env("PASS", WORDS);
    // The manifest is read first; that the passphrase opens the key is shown where a release is signed.
    assert_eq!(code(&one_document(&run_to_end(command), 3)), "RELEASE_FILE_ABSENT");
}

#[test]
fn a_refused_passphrase_makes_no_file() {
    let publisher = publisher();
    let mut terminal = Terminal::run(publisher.command(&["key", "new", "a.key"]));
    terminal.wait_for("a passphrase for the new key:");
    terminal.type_keys("\u{3}");
    terminal.finish().expect_code(1);
    assert!(publisher.files().is_empty());
}

#[test]
fn a_key_among_login_keys_gets_a_warning() {
    let publisher = publisher();
    let folder = publisher.home.path().join(".ssh");
    std::fs::create_dir(&folder).unwrap();
    let path = folder.join("pinfold");
    let output = publisher.run(&["key", "new", path.to_str().unwrap(), "--no-passphrase"]);
    assert!(output.status.success(), "{}", describe(&output));
    assert!(describe(&output).contains("warning: ") && describe(&output).contains("login keys"));
    let elsewhere = publisher.run(&["key", "new", "a.key", "--no-passphrase"]);
    assert!(!describe(&elsewhere).contains("warning: "), "{}", describe(&elsewhere));
}

#[test]
fn a_folder_that_is_not_there_is_told_before_a_passphrase_is_asked_for() {
    let publisher = publisher();
    let absent = publisher.document(&["key", "new", "no/such/a.key", "--no-passphrase"], 3);
    assert_eq!(code(&absent), "KEY_NOT_WRITTEN");
}
