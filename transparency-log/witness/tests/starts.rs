//! What keeps a witness from starting, in two lines each, and the words of the command line.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use pinfold_core::note::VerifierKey;
use pinfold_core::signature::PublicKey;
use support::{Log, Room, init, program};

fn log() -> Log {
    Log::new("log.example")
}

/// Exit status 3, and `error:` and `hint:` in one line each.
fn assert_undetermined(found: &(Option<i32>, String), error: &str) {
    let (status, said) = found;
    assert_eq!(*status, Some(3), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines[0].starts_with("error: ") && lines[0].contains(error), "{said}");
    assert!(lines[1].starts_with("hint: ") && lines[1].len() > 20, "{said}");
}

#[test]
fn a_folder_that_is_not_a_witness() {
    let room = Room::new();
    fs::rename(room.folder(), room.beside("elsewhere")).unwrap();
    assert_undetermined(&room.fails(&log(), &[]), "there is no witness in");
    // As where a disk is not mounted: the folder is there and empty.
    fs::create_dir(room.folder()).unwrap();
    assert_undetermined(&room.fails(&log(), &[]), "there is no witness in");
    assert!(!room.folder().join("witness.db").exists());
}

#[test]
fn absent_and_unreadable_differ() {
    let room = Room::new();
    let database = room.folder().join("witness.db");
    let whole = fs::read(&database).unwrap();
    fs::write(&database, vec![b'x'; whole.len()]).unwrap();
    assert_undetermined(&room.fails(&log(), &[]), "is damaged");
    fs::write(&database, []).unwrap();
    assert_undetermined(&room.fails(&log(), &[]), "is damaged");
    fs::remove_file(&database).unwrap();
    assert_undetermined(&room.fails(&log(), &[]), "there is no witness in");
    fs::write(&database, whole).unwrap();
    room.serve(&log()).stop();
}

#[test]
fn a_head_that_contradicts_itself_is_damage() {
    let (room, log) = (Room::new(), log());
    let witness = room.serve(&log);
    witness.cosigned(&log.request(0, &support::History::of(3)));
    witness.stop();
    let connection = rusqlite::Connection::open(room.folder().join("witness.db")).unwrap();
    connection.execute("UPDATE heads SET size = 2", ()).unwrap();
    drop(connection);
    assert_undetermined(&room.fails(&log, &[]), "is damaged: the head of log.example");
}

#[test]
fn a_folder_of_a_newer_version() {
    let room = Room::new();
    let connection = rusqlite::Connection::open(room.folder().join("witness.db")).unwrap();
    connection.pragma_update(None, "user_version", 2).unwrap();
    drop(connection);
    assert_undetermined(&room.fails(&log(), &[]), "newer pinfold-witness (version 2");
}

#[test]
fn a_port_in_use_and_a_folder_in_use() {
    let (room, log) = (Room::new(), log());
    let witness = room.serve(&log);
    assert_undetermined(&room.fails(&log, &[]), "another process uses");
    let other = Room::new();
    let mut command = program();
    command.args(["serve", "--listen", &witness.address, "--log"]).arg(log.verifier_key().to_string());
    command.arg("--dir").arg(other.folder()).arg("--last-signed").arg(other.record());
    let output = command.output().unwrap();
    let found = (output.status.code(), String::from_utf8(output.stderr).unwrap());
    assert_undetermined(&found, "cannot listen on");
    assert!(found.1.contains("another program listens there"), "{}", found.1);
}

#[test]
fn a_key_that_is_missing_open_to_others_or_another() {
    let (room, other) = (Room::new(), Room::new());
    let key = room.folder().join("key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    assert_undetermined(&room.fails(&log(), &[]), "others may read");
    fs::remove_file(&key).unwrap();
    assert_undetermined(&room.fails(&log(), &[]), "there is no key file");
    fs::copy(other.folder().join("key"), &key).unwrap();
    assert_undetermined(&room.fails(&log(), &[]), "is not the key that this witness was made with");
}

#[test]
fn a_record_in_the_folder_or_of_another_witness() {
    let (room, other) = (Room::new(), Room::new());
    let inside = room.folder().join("w.last");
    let mut command = program();
    command.args(["serve", "--listen", "127.0.0.1:0", "--log"]).arg(log().verifier_key().to_string());
    command.arg("--dir").arg(room.folder());
    let output = command.output().unwrap();
    let found = (output.status.code(), String::from_utf8(output.stderr).unwrap());
    assert_undetermined(&found, "HOME is not set, so the last-signed record has no place");
    let output = command.arg("--last-signed").arg(&inside).output().unwrap();
    let found = (output.status.code(), String::from_utf8(output.stderr).unwrap());
    assert_undetermined(&found, "lies in the witness's own folder");
    other.serve(&log()).stop();
    fs::create_dir_all(room.record().parent().unwrap()).unwrap();
    fs::copy(other.record(), room.record()).unwrap();
    assert_undetermined(&room.fails(&log(), &[]), "is not the last-signed record of this witness");
}

#[test]
fn init_makes_a_witness_once() {
    let room = Room::new();
    let before = fs::read(room.folder().join("key")).unwrap();
    let again = init(&room.folder());
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8(again.stderr).unwrap().starts_with("error: there is a witness already in"));
    assert_eq!(fs::read(room.folder().join("key")).unwrap(), before);
    assert_eq!(fs::metadata(room.folder().join("key")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(room.folder()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn what_cannot_be_meant_ends_with_two() {
    let room = Room::new();
    let (dir, key) = (room.folder(), log().verifier_key().to_string());
    let dir = dir.to_str().unwrap();
    let cosigner = room.key.to_string();
    let own = PublicKey::from_bytes(room.key.key_bytes()).unwrap();
    let own = VerifierKey::ed25519(room.key.name().clone(), own).to_string();
    let cases: [&[&str]; 8] = [
        &["serve", "--dir", dir, "--listen", "127.0.0.1:0", "--log", &own],
        &["serve", "--dir", dir, "--listen", "127.0.0.1:0"],
        &["serve", "--dir", dir, "--listen", "127.0.0.1:0", "--log", "x"],
        &["serve", "--dir", dir, "--listen", "127.0.0.1:0", "--log", &cosigner],
        &["serve", "--dir", dir, "--listen", "nowhere", "--log", &key],
        &["init", "--dir", "x", "--name", "two words"],
        &["init", "--dir", "x", "--name", "a+b"],
        &["witness"],
    ];
    for case in cases {
        let output = program().args(case).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{case:?}: {said}");
        assert_eq!(said.lines().count(), 2, "{case:?}: {said}");
        assert!(said.starts_with("error: ") && said.contains("\nhint: "), "{case:?}: {said}");
    }
}

#[test]
fn a_file_of_logs_is_read() {
    let room = Room::new();
    let file = room.beside("logs.txt");
    let other = Log::new("other.example").verifier_key();
    fs::write(&file, format!("# logs\n\n  {}\n{other}\n", log().verifier_key())).unwrap();
    let mut command = program();
    command.args(["serve", "--listen", "127.0.0.1:0", "--logs"]).arg(&file);
    command.arg("--dir").arg(room.folder()).arg("--last-signed").arg(room.record());
    let witness = room.serve_with(command);
    let about = String::from_utf8(witness.get("/").body).unwrap();
    assert!(about.ends_with("logs:\nlog.example\nother.example\n"), "{about}");
    fs::write(&file, "# logs\nnonsense\n").unwrap();
    let (status, said) = room.fails(&log(), &["--logs", file.to_str().unwrap()]);
    assert_eq!((status, said.contains("logs.txt, line 2")), (Some(2), true), "{said}");
}

#[test]
fn help_teaches_and_documents_have_one_shape() {
    let help = |args: &[&str]| {
        let output = program().args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(help(&["--help"]).contains("pinfold-witness init --dir"));
    for verb in ["init", "serve"] {
        assert!(help(&[verb, "--help"]).contains("Example"), "{verb}");
    }
    assert!(help(&["completions", "bash"]).contains("pinfold-witness"));
    assert_eq!(program().output().unwrap().status.code(), Some(2));

    let room = Room::new();
    let folder = room.beside("second");
    let document = |name: &str, expected: i32| {
        let mut command = program();
        command.args(["init", "--json", "--name", name, "--dir"]).arg(&folder);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(expected));
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["exit"], expected);
        document
    };
    let made = document("w.example", 0);
    assert_eq!(made["schema"], "pinfold-witness/init/v1");
    assert!(made["verifier_key"].as_str().unwrap().starts_with("w.example+"));
    let names = |value: &serde_json::Value| {
        let mut names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    for (name, exit) in [("w.example", 1), ("a b", 2)] {
        let failed = document(name, exit);
        assert_eq!(names(&failed), names(&made), "{name}");
        assert!(failed["error"]["hint"].is_string());
    }
}
