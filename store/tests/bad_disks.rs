//! Disks that are full, folders that are read-only, files that may not be read.
//!
//! Root may do all of that, so where the tests run as root they play their roles as another user (`setpriv`); full and
//! read-only file systems are mounted in a namespace of their own (`unshare`). What cannot be run is said.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use pinfold_core::digest::ObjectKind;
use pinfold_core::pins::{ApprovalState, Ask};
use pinfold_core::reason::ReasonCode;
use pinfold_store::{Access, Held, Places, Store, StoreError};
use support::*;

/// A user who is not root and owns nothing else.
const NOBODY: u32 = 65_534;

/// Does nothing in the run of the whole test program; as a child it plays its role.
#[test]
fn plays_a_role() {
    let Some((role, places)) = role() else { return };
    match role.as_str() {
        "report" => report(&places),
        "fill the disk" => fill_the_disk(&places),
        "make a store" => make_a_store(&places),
        "decide once" => decide_once(&places),
        "leave a log" => leave_a_log(&places),
        "watch" => watch(&places),
        other => panic!("no role {other}"),
    }
}

/// Says what each kind of access comes to, and what can be done with what was opened.
fn report(places: &Places) {
    for (name, access) in [("read", Access::Read), ("write", Access::Write), ("observe", Access::Observe)] {
        let store = Store::open(places, access);
        say(format_args!("{name} {}", outcome(&store)));
        let Ok(mut store) = store else { continue };
        let is_right = tool_state(&store, 1) == Some(ApprovalState::Approved);
        let object = store.object(&tool(1).digest).is_ok_and(|object| object == tool(1));
        say(format_args!("{name} pins {is_right} {object}"));
        let noted = store.record_ask(&demo(), &launch(1).digest(), Ask::Sampling, NOW);
        say(format_args!("{name} noted {}", outcome(&noted)));
        say(format_args!("{name} decided {}", outcome(&decide(&mut store, vec![approve_launch(1)]))));
        say(format_args!("{name} refreshed {}", outcome(&store.refresh())));
    }
}

const READ_ONLY: [&str; 11] = [
    "read ok",
    "read pins true true",
    "read noted read-only",
    "read decided read-only",
    "read refreshed ok",
    "write read-only",
    "observe ok",
    "observe pins true true",
    "observe noted read-only",
    "observe decided read-only",
    "observe refreshed ok",
];

#[test]
fn a_store_in_a_read_only_folder_is_read_and_not_written() {
    let home = Home::with_words();
    set_modes(&home, 0o555, 0o444);
    let Some(said) = as_nobody(&home, "report") else { return };
    assert_eq!(said, READ_ONLY);
}

#[test]
fn a_log_that_a_killed_process_left_is_read_in_a_read_only_folder() {
    let home = Home::with_words();
    killed_with_a_log(&home);
    set_modes(&home, 0o555, 0o444);
    let Some(said) = as_nobody(&home, "report") else { return };
    assert_eq!(said, READ_ONLY);
    // Without the shared memory the log cannot be read, and what lies in it must not be left out.
    set_modes(&home, 0o700, 0o600);
    fs::remove_file(side_file(&home, "-shm")).unwrap();
    set_modes(&home, 0o555, 0o444);
    let said = as_nobody(&home, "report").unwrap();
    assert!(said[0].starts_with("read ") && said[0] != "read ok", "{said:?}");
}

#[test]
fn a_home_on_a_read_only_file_system_is_read_and_not_written() {
    let home = Home::with_words();
    let script =
        r#"mount --bind "$ROLE_HOME" "$ROLE_HOME" && mount -o remount,ro,bind "$ROLE_HOME" && exec "$@""#;
    let Some(said) = in_namespace(&home, script, "report") else { return };
    assert_eq!(said, READ_ONLY);
}

#[test]
fn a_home_without_a_store_that_cannot_be_written_is_an_empty_store_for_reading() {
    let home = Home::new();
    set_modes(&home, 0o555, 0o444);
    let Some(said) = as_nobody(&home, "report") else { return };
    let opened: Vec<_> = said.iter().filter(|line| line.split(' ').count() == 2).collect();
    assert_eq!(opened, ["read ok", "write read-only", "observe ok"]);
    assert!(said.contains(&String::from("observe pins false false")));
}

#[test]
fn what_may_not_be_read_is_not_an_empty_store() {
    let parts: [fn(&Places) -> PathBuf; 5] =
        [Places::database, Places::store_folder, Places::marker, Places::state_folder, Places::lock];
    for part in parts {
        let home = Home::with_words();
        let path = part(&home.places);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        let said = as_nobody(&home, "report");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        let Some(said) = said else { return };
        assert_eq!(said, ["read unreadable", "write unreadable", "observe unreadable"], "{}", path.display());
    }
}

/// Waits for a decision that somebody else takes, as a gate in a container does whose home is mounted read-only.
fn watch(places: &Places) {
    let mut store = Store::open(places, Access::Observe).unwrap();
    assert!(!store.is_writable());
    say("watching");
    let mut stamp = store.change_stamp();
    store.refresh().unwrap();
    while tool_state(&store, 2).is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
        let now = store.change_stamp();
        if now != stamp {
            store.refresh().unwrap();
            stamp = now;
        }
    }
    say(format_args!("{:?}", tool_state(&store, 2)));
}

#[test]
fn a_reader_that_cannot_write_sees_what_others_decide() {
    let home = Home::with_words();
    let script =
        r#"mount --bind "$ROLE_HOME" "$ROLE_HOME" && mount -o remount,ro,bind "$ROLE_HOME" && exec "$@""#;
    let said = std::thread::scope(|scope| {
        let watching = scope.spawn(|| in_namespace(&home, script, "watch"));
        // Long enough for the watcher to have opened; if it has not, it sees the decision at once.
        std::thread::sleep(std::time::Duration::from_millis(500));
        approve_tool(&mut home.write().unwrap(), 2, Some(1)).unwrap();
        watching.join().unwrap()
    });
    let Some(said) = said else { return };
    assert_eq!(said, ["watching", "Some(Approved)"]);
}

/// Fills the disk to the last byte, then gives back a little more each time, and decides.
fn fill_the_disk(places: &Places) {
    make_a_store(places);
    let open = Store::open(places, Access::Write).unwrap();
    let filler = places.home().join("filler");
    let mut free = 0;
    let (mut full, mut recorded) = (0, 0);
    for number in 2..60 {
        fill(&filler, free);
        let head = Store::open(places, Access::Read).unwrap().head();
        let object = tool(number);
        let result = Store::open(places, Access::Write).and_then(|mut store| {
            let seen = store.head();
            store.decide(ruling(seen, vec![approval(&object, None)], vec![object.clone()]))
        });
        let store = Store::open(places, Access::Read).unwrap();
        assert_eq!(tool_state(&store, 1), Some(ApprovalState::Approved));
        match result {
            Ok(_) => {
                recorded += 1;
                assert_eq!(tool_state(&store, number), Some(ApprovalState::Approved));
                assert_eq!(store.object(&object.digest).unwrap(), object);
            }
            Err(StoreError::Full) => {
                full += 1;
                assert_eq!(store.head(), head);
                free += 2048;
            }
            Err(other) => panic!("with {free} bytes free: {other:?}"),
        }
        let observing = Store::open(places, Access::Observe).unwrap();
        assert_eq!(tool_state(&observing, 1), Some(ApprovalState::Approved));
        let held = held_of(20_000, number);
        let noted = observing.record_held(&demo(), &launch(1).digest(), &[held], NOW);
        assert!(matches!(noted, Ok(()) | Err(StoreError::Full | StoreError::ReadOnly)), "{noted:?}");
    }
    drop(open);
    // With no other process, and so without SQLite's shared memory, on a disk without a byte.
    fill(&filler, 0);
    let store = Store::open(places, Access::Observe).unwrap();
    assert_eq!(tool_state(&store, 1), Some(ApprovalState::Approved));
    assert_eq!(store.object(&tool(1).digest).unwrap(), tool(1));
    drop(store);
    fs::remove_file(&filler).unwrap();
    let mut store = Store::open(places, Access::Write).unwrap();
    approve_tool(&mut store, 99, None).unwrap();
    say(format_args!("full {}", full > 0));
    say(format_args!("recorded {}", recorded > 0));
}

fn held_of(bytes: usize, number: u32) -> Held {
    let text = format!("{{\"name\":\"read\",\"description\":\"{number} {}\"}}", "x".repeat(bytes));
    Held {
        object: object(ObjectKind::Tool, &text),
        name: String::from("read"),
        reason: ReasonCode::DescChanged,
        pointer: String::new(),
        compared_with: None,
        fault: None,
    }
}

/// Takes all room on the disk but this much.
fn fill(filler: &Path, free_bytes: u64) {
    let mut file = fs::OpenOptions::new().create(true).append(true).open(filler).unwrap();
    for size in [4096, 1] {
        while file.write(&vec![0; size]).is_ok_and(|written| written == size) {}
    }
    let length = file.metadata().unwrap().len();
    file.set_len(length.saturating_sub(free_bytes)).unwrap();
}

#[test]
fn a_full_disk_loses_nothing_and_leaves_nothing_half_written() {
    let home = Home::new();
    let script = r#"mount -t tmpfs -o size=1m,mode=0700 tmpfs "$ROLE_HOME" && exec "$@""#;
    let Some(said) = in_namespace(&home, script, "fill the disk") else { return };
    assert_eq!(said, ["full true", "recorded true"]);
}

fn make_a_store(places: &Places) {
    let mut store = Store::open(places, Access::Write).unwrap();
    decide(&mut store, vec![approve_launch(1)]).unwrap();
    approve_tool(&mut store, 1, None).unwrap();
}

fn decide_once(places: &Places) {
    let result = Store::open(places, Access::Write).and_then(|mut store| approve_tool(&mut store, 2, None));
    say(outcome(&result));
}

/// A file size limit is a disk that is full at a chosen byte. Where the signal is not ignored, the process dies there.
#[test]
fn a_write_that_fails_at_any_byte_loses_nothing() {
    for ignore in [true, false] {
        let (mut failed, mut recorded) = (0, 0);
        for step in 0..48 {
            // Up to beyond the size of the database; rarely at the border of a page.
            let limit = step * 3_500 + 500;
            let home = Home::quick();
            home.approve_words();
            let head = home.read().unwrap().head();
            let trap = if ignore { "trap '' XFSZ; " } else { "" };
            let script = format!("{trap}exec prlimit --fsize={limit} --core=0 -- \"$@\"");
            let wrapper = ["sh", "-c", &script, "sh"];
            let mut command = wrapped_child(&wrapper, "plays_a_role", "decide once", home.path());
            let Some(output) = run(&mut command) else { return };
            let store = home.read().unwrap();
            assert_eq!(tool_state(&store, 1), Some(ApprovalState::Approved), "limit {limit}");
            let said = said(&output);
            if said == ["ok"] {
                assert_eq!(tool_state(&store, 2), Some(ApprovalState::Approved), "limit {limit}");
                recorded += 1;
            } else {
                let is_told = said == ["full"] || said == ["not written"];
                assert!(!ignore || is_told, "limit {limit}: {said:?}");
                assert!(!ignore || store.head() == head, "limit {limit}: {said:?}, and yet recorded");
                failed += 1;
            }
            drop(store);
            approve_tool(&mut home.write().unwrap(), 3, None).unwrap();
        }
        println!("signal ignored: {ignore}; {failed} failed, {recorded} recorded");
        assert!(failed > 5 && recorded > 5, "{failed} failed, {recorded} recorded");
    }
}

fn leave_a_log(places: &Places) {
    let store = Store::open(places, Access::Write).unwrap();
    store.record_ask(&demo(), &launch(1).digest(), Ask::Sampling, NOW).unwrap();
    say("ready");
    std::thread::sleep(std::time::Duration::from_secs(600));
}

fn killed_with_a_log(home: &Home) {
    use std::io::BufRead;
    let mut command = child("plays_a_role", "leave a log", home.path());
    let mut writer = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufReader::new(writer.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("SAID ready")));
    writer.kill().unwrap();
    writer.wait().unwrap();
    assert!(fs::metadata(side_file(home, "-wal")).unwrap().len() > 0);
}

fn side_file(home: &Home, end: &str) -> PathBuf {
    let mut path = home.places.database().into_os_string();
    path.push(end);
    PathBuf::from(path)
}

/// Gives every folder and file of the home these modes, parents last when they take a right away.
fn set_modes(home: &Home, folders: u32, files: u32) {
    let mut all = vec![home.path().to_owned()];
    let mut next = 0;
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700)).unwrap();
    while let Some(folder) = all.get(next).cloned() {
        next += 1;
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
            }
            all.push(path);
        }
    }
    for path in all.iter().rev() {
        let mode = if path.is_dir() { folders } else { files };
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
}

/// Plays a role as a user whom permissions bind. `None`: not possible here, and said.
fn as_nobody(home: &Home, role: &str) -> Option<Vec<String>> {
    let uid = NOBODY.to_string();
    let wrapper = ["setpriv", "--reuid", &uid, "--regid", &uid, "--clear-groups", "--inh-caps=-all"];
    let wrapper: &[&str] = if rustix::process::geteuid().is_root() { &wrapper } else { &[] };
    if !wrapper.is_empty() {
        give_to_nobody(home.path());
    }
    let output = run(&mut wrapped_child(wrapper, "plays_a_role", role, home.path()))?;
    if !wrapper.is_empty() && output.status.code() == Some(126 | 127) {
        not_run("another user cannot run the test program here");
        return None;
    }
    assert!(output.status.success(), "{}", text(&output));
    Some(said(&output))
}

/// Plays a role in a mount namespace of its own, after a script that prepares it. `None`: not possible here, and said.
fn in_namespace(home: &Home, script: &str, role: &str) -> Option<Vec<String>> {
    let probe = Command::new("unshare").args(["-m", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        not_run("no right to mount in a namespace");
        return None;
    }
    let wrapper = ["unshare", "-m", "sh", "-c", script, "sh"];
    let output = run(&mut wrapped_child(&wrapper, "plays_a_role", role, home.path()))?;
    assert!(output.status.success(), "{}", text(&output));
    Some(said(&output))
}

fn run(command: &mut Command) -> Option<Output> {
    match command.output() {
        Ok(output) => Some(output),
        Err(error) => {
            not_run(format_args!("{}: {error}", command.get_program().to_string_lossy()));
            None
        }
    }
}

fn text(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn give_to_nobody(path: &Path) {
    let (was, folder) = (fs::metadata(path).unwrap().permissions(), path.is_dir());
    if folder {
        for entry in fs::read_dir(path).unwrap() {
            give_to_nobody(&entry.unwrap().path());
        }
    }
    chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    fs::set_permissions(path, was).unwrap();
}
