//! What an operator of a witness may do wrong, once each, on purpose: what it says, how it ends, what it leaves behind.
#![allow(clippy::unwrap_used)]

#[path = "../../../tests/src/in_the_way.rs"]
mod in_the_way;
mod support;

use std::fs;
use std::process::Command;

use in_the_way::{IN_THE_WAY, put, take_away};
use serde_json::Value;
use support::{Log, Room, program};

/// Runs a command that does not do what it was asked: its status, and its two lines.
#[track_caller]
fn two_lines(mut command: Command) -> (i32, String) {
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{command:?}: {said}");
    assert!(lines[0].starts_with("error: ") && lines[1].starts_with("hint: "), "{said}");
    (output.status.code().unwrap(), said)
}

#[test]
fn what_init_cannot_do_is_named_and_leaves_nothing() {
    let room = tempfile::tempdir().unwrap();
    let at = |name: &str| room.path().join(name);
    put("garbage", &at("file"));
    put("pipe", &at("pipe"));
    put("loop", &at("loop"));
    fs::create_dir(at("half")).unwrap();
    put("garbage", &at("half/key"));
    fs::create_dir(at("keyless")).unwrap();
    put("garbage", &at("keyless/witness.db"));
    // Where SQLite would write its log something else stands: the database cannot be made.
    fs::create_dir_all(at("taken/witness.db-wal")).unwrap();
    let long = "w".repeat(300);
    let cases = [
        ("file", "w.example", 3, "WITNESS_UNREADABLE", "the folder file cannot be made"),
        ("file/w", "w.example", 3, "WITNESS_UNREADABLE", "the folder file/w cannot be made"),
        ("pipe", "w.example", 3, "WITNESS_UNREADABLE", "the folder pipe cannot be made"),
        ("loop", "w.example", 3, "WITNESS_UNREADABLE", "the folder loop cannot be made"),
        ("half", "w.example", 1, "WITNESS_EXISTS", "there is a key already in half, and no witness"),
        (
            "keyless",
            "w.example",
            1,
            "WITNESS_EXISTS",
            "there is a witness already in keyless, without its key",
        ),
        ("taken", "w.example", 3, "WITNESS_UNREADABLE", "taken/witness.db"),
        ("new", "two words", 2, "USAGE", "--name two words: "),
        ("new", "", 2, "USAGE", "--name"),
        ("new", &long, 2, "USAGE", "--name: it has more than 256 bytes"),
    ];
    for (dir, name, exit, code, words) in cases {
        let mut init = program();
        init.current_dir(room.path()).args(["init", "--json", "--dir", dir, "--name", name]);
        let output = init.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{dir}, {name}: {said}");
        assert!(said.contains(words) && said.lines().count() == 2, "{dir}, {name}: {said}");
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&document["exit"], &document["error"]["code"]), (&exit.into(), &code.into()));
        for left in ["taken/key", "taken/witness.db", "new/key", "new/witness.db"] {
            assert!(!at(left).exists(), "{dir}, {name}: leaves {left}");
        }
    }
}

#[test]
fn files_that_are_none_are_refused_without_waiting() {
    let (room, log) = (Room::new(), Log::new("log.example"));
    let logs = room.beside("logs.txt");
    for (file, what) in [
        (logs.clone(), "logs"),
        (room.folder().join("key"), "key"),
        (room.folder().join("witness.db"), "database"),
        (room.record(), "record"),
    ] {
        if what == "record" {
            // The first start of a witness makes it.
            room.serve(&log).stop();
        }
        let kept = fs::read(&file).ok();
        for in_the_way in IN_THE_WAY {
            if (what, in_the_way) == ("record", "nothing") {
                continue; // a witness that never cosigned gets a new one
            }
            put(in_the_way, &file);
            let mut command = program();
            command.args(["serve", "--listen", "127.0.0.1:0", "--dir"]).arg(room.folder());
            command.arg("--last-signed").arg(room.record());
            match what {
                "logs" => command.arg("--logs").arg(&logs),
                _ => command.arg("--log").arg(log.verifier_key().to_string()),
            };
            // A list that can be read and names no log is a mistake; what cannot be read is not judged.
            let is_mistake = what == "logs" && matches!(in_the_way, "empty" | "garbage");
            let (exit, said) = two_lines(command);
            assert_eq!(exit, if is_mistake { 2 } else { 3 }, "{what}, {in_the_way}: {said}");
            take_away(&file);
        }
        if let Some(kept) = kept {
            fs::write(&file, kept).unwrap();
            let own = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            fs::set_permissions(&file, own).unwrap();
        }
    }
    fs::write(&logs, vec![b'#'; (1 << 20) + 1]).unwrap();
    let mut large = program();
    large.args(["serve", "--listen", "127.0.0.1:0", "--dir"]).arg(room.folder()).arg("--logs").arg(&logs);
    let (exit, said) = two_lines(large);
    assert_eq!((exit, said.contains("has more than 1048576 bytes")), (3, true), "{said}");
    // Everything as it was: it serves.
    room.serve(&log).stop();
}

#[test]
fn without_an_absolute_home_the_record_has_no_place() {
    let (room, log) = (Room::new(), Log::new("log.example"));
    for (home, why) in [
        (None, "HOME is not set, so"),
        (Some(""), "HOME is empty, so"),
        (Some("home"), "HOME is not an absolute path, so"),
    ] {
        let mut command = program();
        command.current_dir(room.beside("")).env_remove("HOME").envs(home.map(|home| ("HOME", home)));
        command.args(["serve", "--listen", "127.0.0.1:0", "--dir"]).arg(room.folder());
        command.arg("--log").arg(log.verifier_key().to_string());
        let (exit, said) = two_lines(command);
        let told = format!("{why} the last-signed record has no place");
        assert_eq!((exit, said.contains(&told)), (3, true), "{said}");
        assert!(!room.beside("home").exists());
    }
}
