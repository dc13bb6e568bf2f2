//! Every way in which a command line, a file of the person's own or the home folder can be wrong: what is said, the exit
//! status, one document with `--json`, and nothing changed on the disk.

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use pinfold_tests::expect;
use pinfold_tests::home::Home;
use pinfold_tests::scenario::{Scenario, tool};
use pinfold_tests::stage::{LABEL, Stage, describe, run_to_end};
use serde_json::Value;

fn approved() -> Stage {
    Stage::approved(&Scenario::of_tools(&[tool("look", "Look.")]))
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs the command in both forms. Both end so; one says one error and one hint, the other one document with the code.
#[track_caller]
fn fails(home: &Home, arguments: &[&str], exit: i32, code: &str) -> Value {
    let output = run_to_end(home.pinfold(arguments));
    assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {}", describe(&output));
    expect::is_one_clear_error(&said(&output.stderr));
    let document = document(home, arguments, exit);
    assert_eq!(document["error"]["code"], code, "{arguments:?}: {document:#}");
    document
}

#[track_caller]
fn document(home: &Home, arguments: &[&str], exit: i32) -> Value {
    let output = run_to_end(home.pinfold([arguments, &["--json"]].concat()));
    let document: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{arguments:?}: no document ({error}): {}", describe(&output)));
    assert_eq!((output.status.code(), &document["exit"]), (Some(exit), &exit.into()), "{document:#}");
    document
}

/// A gate that ends before it serves, with this status and one clear error; what it said.
#[track_caller]
fn gate_ends(command: Command, exit: i32) -> String {
    let output = run_to_end(command);
    assert_eq!(output.status.code(), Some(exit), "{}", describe(&output));
    assert!(output.stdout.is_empty(), "{}", describe(&output));
    let said = said(&output.stderr);
    expect::is_one_clear_error(&said);
    said
}

/// Every file below a home with its bytes, and in the place of the database, whose pages move when it is read, how many
/// decisions it has.
fn contents(stage: &Stage) -> BTreeMap<String, Vec<u8>> {
    let mut all = files(stage.home.path());
    // Files without bytes are only locked.
    all.retain(|name, bytes| !name.contains("pinfold.db") && !bytes.is_empty());
    let status = stage.status_of(&["status", "--json"]);
    all.insert("decisions".to_owned(), status["store"]["decisions"].to_string().into_bytes());
    all
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().expect("it has a kind"));
        if kind.is_dir() {
            all.extend(files(&path));
        } else if kind.is_file() {
            all.insert(path.display().to_string(), std::fs::read(&path).expect("it can be read"));
        }
    }
    all
}

#[test]
fn what_is_not_known_is_said_by_every_command_in_the_same_way() {
    let stage = approved();
    let before = contents(&stage);
    let table: &[(&[&str], i32, &str)] = &[
        (&["review", "a b"], 2, "LABEL_INVALID"),
        (&["status", "a b"], 2, "LABEL_INVALID"),
        (&["status", "--live", "a b"], 2, "LABEL_INVALID"),
        (&["lock", "a b"], 2, "LABEL_INVALID"),
        (&["policy", "explain", "a b"], 2, "LABEL_INVALID"),
        (&["policy", "allow", "a b", "look", "--for", "1m"], 2, "LABEL_INVALID"),
        (&["review", "other"], 2, "LABEL_UNKNOWN"),
        (&["status", "other"], 2, "LABEL_UNKNOWN"),
        (&["status", "--history", "other"], 2, "LABEL_UNKNOWN"),
        (&["status", "--live", "other"], 2, "LABEL_UNKNOWN"),
        (&["policy", "allow", "other", "look", "--for", "1m"], 2, "LABEL_UNKNOWN"),
        (&["policy", "allow", LABEL, "other", "--for", "1m"], 1, "TOOL_NOT_APPROVED"),
        (&["status", LABEL, "other"], 2, "NAME_UNKNOWN"),
        (&["lock", "other"], 1, "SERVER_UNKNOWN"),
        (&["protect", "other"], 2, "CLIENT_UNKNOWN"),
        (&["unprotect", "other"], 2, "CLIENT_UNKNOWN"),
        (&["review", LABEL, "--name", "no name"], 2, "REGISTRY_NAME_INVALID"),
        (&["policy", "check", "absent"], 3, "POLICY_ABSENT"),
        (&["verify", "absent"], 3, "RELEASE_FILE_ABSENT"),
        (&["policy", "trust", "absent"], 3, "RELEASE_FILE_ABSENT"),
        (&["review", LABEL, "--bundle", "absent"], 3, "RELEASE_FILE_ABSENT"),
        (&["diff", "absent", "absent"], 3, "RELEASE_FILE_ABSENT"),
        (&["completions", "other"], 2, "USAGE"),
        (&["doctor", "other"], 2, "USAGE"),
        (&["other"], 2, "USAGE"),
    ];
    for (arguments, exit, code) in table {
        fails(&stage.home, arguments, *exit, code);
    }
    assert_eq!(contents(&stage), before, "nothing was written");
    assert_eq!(std::fs::read_dir(stage.home.work()).expect("it is there").count(), 0);
}

#[test]
fn what_is_no_name_of_a_variable_is_refused_before_anything_else() {
    let stage = approved();
    let before = contents(&stage);
    let verbs: &[&[&str]] = &[
        &["review", "new"],
        &["verify", "absent"],
        &["capture", "-o", "m.json"],
        &["publish", "--name", "io.github.acme/demo", "--version", "1.0.0"],
    ];
    let names = [
        ("A B", "`A…`", "a blank"),
        ("TOKEN,A B", "`A…`", "a blank"),
        ("TOKEN, HOST", "`…`", "a blank"),
        ("TOKEN=hunter2", "`TOKEN…`", "a value"),
        ("$TOKEN", "`…`", "`$`"),
        ("A\u{200b}", "`A…`", "`\\u{200B}`"),
        ("1A", "begins with", "letter"),
        ("TOKEN,,HOST", "empty name", "`--env`"),
        ("", "empty name", "`--env`"),
    ];
    for (name, shown, why) in names {
        let told = |said: &str| {
            assert!(
                said.contains(shown) && said.contains(why) && !said.contains("hunter2"),
                "{name:?}: {said}"
            );
        };
        for verb in verbs {
            let line = [verb, &["--env", name][..]].concat();
            let behind = |options: &[&'static str]| [&line[..], options, &["--", "true"]].concat();
            let output = run_to_end(stage.home.pinfold(behind(&[])));
            assert_eq!(output.status.code(), Some(2), "{line:?}: {}", describe(&output));
            expect::is_one_clear_error(&said(&output.stderr));
            told(&said(&output.stderr));
            let output = run_to_end(stage.home.pinfold(behind(&["--json"])));
            let document: Value = serde_json::from_slice(&output.stdout).expect("a document");
            assert_eq!((&document["exit"], &document["error"]["code"]), (&2.into(), &"USAGE".into()));
            told(document["error"]["message"].as_str().expect("a message"));
        }
        let mut gate = stage.home.pinfold(["run", "--as", LABEL, "--env", name, "--"]);
        gate.args(stage.server_command());
        told(&gate_ends(gate, 2));
    }
    assert_eq!(contents(&stage), before, "nothing was written");
    assert_eq!(std::fs::read_dir(stage.home.work()).expect("it is there").count(), 0);
    assert_eq!(stage.server.starts(), 1, "the first use alone started it");
}

#[test]
fn a_followed_label_that_is_not_known_is_said_to_be_so() {
    let stage = approved();
    let mut command = Command::new("timeout");
    let pinfold = stage.home.pinfold(["status", "--follow", "other"]);
    command.arg("3").arg(pinfold.get_program()).args(pinfold.get_args()).env_clear();
    command.env("HOME", stage.home.path()).env("PATH", "/usr/bin:/bin");
    let line = said(&run_to_end(command).stdout);
    let line: Value = serde_json::from_str(&line).expect("one line");
    assert_eq!((&line["label"], &line["state"]), (&"other".into(), &"unknown".into()), "{line}");
}

/// What can stand in the place of a file, and whether it then has bytes that only mean nothing.
type Fault = (&'static str, fn(&Path), bool);

const FAULTS: &[Fault] = &[
    ("empty", |path| put(path, b""), true),
    ("no text", |path| put(path, b"\xff\x00"), true),
    ("broken off", |path| put(path, b"{\"a\":[1,"), true),
    ("too large", |path| put(path, &vec![b' '; 40 << 20]), true),
    ("a folder", |path| std::fs::create_dir(path).expect("made"), false),
    ("a pipe", |path| assert!(Command::new("mkfifo").arg(path).status().expect("it runs").success()), false),
    ("a link to itself", |path| symlink(path, path).expect("linked"), false),
    ("a link that leads nowhere", |path| symlink("/nowhere/at/all", path).expect("linked"), false),
];

fn put(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("its mode is set");
}

fn take_away(path: &Path) {
    if path.symlink_metadata().is_ok_and(|about| about.is_dir()) {
        std::fs::remove_dir_all(path).expect("taken away");
    } else {
        std::fs::remove_file(path).expect("taken away");
    }
}

#[test]
fn a_policy_that_is_there_and_cannot_be_meant_is_never_taken_for_none() {
    let stage = approved();
    let file = stage.home.policy_file();
    std::fs::create_dir_all(file.parent().expect("it has a folder")).expect("made");
    for (fault, make, has_bytes) in FAULTS {
        make(&file);
        let (exit, code) = if *has_bytes { (2, "POLICY_INVALID") } else { (3, "POLICY_UNREADABLE") };
        let allow: &[&str] = &["policy", "allow", LABEL, "look", "--for", "1m"];
        for arguments in [&["policy", "check"], &["policy", "explain"][..], allow, &["status", "--live"]] {
            fails(&stage.home, arguments, exit, code);
        }
        gate_ends(stage.gate(), exit);
        // Who looks at the status learns that nothing starts.
        let output = stage.output(&["status"]);
        assert!(said(&output.stderr).contains("no server starts"), "{fault}: {}", describe(&output));
        let found = document(&stage.home, &["doctor"], 1).to_string();
        assert!(found.contains("POLICY_FAILS"), "{fault}: {found}");
        take_away(&file);
    }
    put(&file, b"version = 1\n");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o622)).expect("its mode is set");
    fails(&stage.home, &["policy", "check"], 3, "POLICY_UNREADABLE");
    gate_ends(stage.gate(), 3);
    assert_eq!(stage.server.starts(), 1, "the first use alone started it");
}

#[test]
fn a_trust_file_that_is_there_and_cannot_be_meant_is_never_taken_for_none() {
    let stage = approved();
    let file = stage.home.policy_file().with_file_name("trust.toml");
    std::fs::create_dir_all(file.parent().expect("it has a folder")).expect("made");
    put(&stage.home.work().join("a.pinfold"), b"{}");
    for (_, make, has_bytes) in FAULTS {
        make(&file);
        let (exit, code) = if *has_bytes { (2, "TRUST_INVALID") } else { (3, "TRUST_UNREADABLE") };
        for arguments in [&["verify", "a.pinfold"][..], &["policy", "trust", "a.pinfold"]] {
            fails(&stage.home, arguments, exit, code);
        }
        let named = file.display().to_string();
        fails(&stage.home, &["verify", "a.pinfold", "--policy", &named], exit, code);
        take_away(&file);
    }
    fails(&stage.home, &["verify", "a.pinfold", "--policy", "absent"], 3, "TRUST_ABSENT");
}

#[test]
fn what_is_no_release_is_refused_by_every_command_that_reads_one() {
    let stage = approved();
    let file = stage.home.work().join("a.pinfold");
    let before = contents(&stage);
    for (fault, make, has_bytes) in FAULTS {
        make(&file);
        let is_read = *has_bytes && *fault != "too large";
        let (exit, code) = if is_read { (1, "BUNDLE_INVALID") } else { (3, "RELEASE_FILE_UNREADABLE") };
        for arguments in [
            &["verify", "a.pinfold"][..],
            &["verify", "a.pinfold", "--inspect"],
            &["verify", "a.pinfold", "--refresh"],
            &["policy", "trust", "a.pinfold"],
            &["review", LABEL, "--bundle", "a.pinfold"],
        ] {
            fails(&stage.home, arguments, exit, code);
        }
        let (exit, code) = if is_read { (2, "RELEASE_FILE_INVALID") } else { (exit, code) };
        fails(&stage.home, &["diff", "a.pinfold", "a.pinfold"], exit, code);
        take_away(&file);
    }
    assert_eq!(contents(&stage), before, "nothing was written");
}

#[test]
fn a_lock_that_cannot_be_read_starts_nothing_and_says_which_it_is() {
    let mut stage = approved();
    let file = stage.home.work().join("pinfold.lock");
    stage.options = vec!["--locked".to_owned()];
    assert!(gate_ends(stage.gate(), 1).contains("LOCK_ABSENT"));
    for (fault, make, has_bytes) in FAULTS {
        make(&file);
        let (exit, code) = if *has_bytes { (1, "LOCK_INVALID") } else { (3, "LOCK_UNREADABLE") };
        let said = gate_ends(stage.gate(), exit);
        assert!(said.contains(code), "{fault}: {said}");
        take_away(&file);
    }
    assert_eq!(stage.server.starts(), 1, "the first use alone started it");
}

#[test]
fn a_lock_is_written_over_plain_files_alone() {
    let stage = approved();
    for (fault, make, _) in FAULTS {
        let file = stage.home.work().join("out.lock");
        make(&file);
        let kind = file.symlink_metadata().expect("it is there").file_type();
        if kind.is_file() {
            document(&stage.home, &["lock", "-o", "out.lock"], 0);
        } else {
            fails(&stage.home, &["lock", "-o", "out.lock"], 3, "FILE_NOT_WRITTEN");
            assert_eq!(file.symlink_metadata().expect("it is there").file_type(), kind, "{fault}");
        }
        take_away(&file);
    }
}

#[test]
fn a_store_in_whose_place_something_else_stands_approves_nothing() {
    for (fault, make, has_bytes) in FAULTS {
        for of_store in [true, false] {
            let stage = approved();
            let file = if of_store { stage.home.store_file() } else { stage.home.marker_file() };
            if of_store {
                std::fs::remove_dir_all(stage.home.store_folder()).expect("taken away");
                std::fs::create_dir(stage.home.store_folder()).expect("made");
                let private = std::fs::Permissions::from_mode(0o700);
                std::fs::set_permissions(stage.home.store_folder(), private).expect("its mode is set");
            } else {
                take_away(&file);
            }
            make(&file);
            // A database without bytes is one that is not there.
            let exit = if *has_bytes && !(of_store && *fault == "empty") { 3 } else { 1 };
            for arguments in [&["status"][..], &["lock"]] {
                fails(&stage.home, arguments, exit, "PINSTORE_TAMPERED");
            }
            let said = gate_ends(stage.gate(), exit);
            assert!(!said.contains("(at \"\")"), "{fault}: {said}");
            assert_eq!(stage.server.starts(), 1, "{fault}");
        }
    }
}

#[test]
fn without_a_home_that_is_a_folder_nothing_is_guessed() {
    let stage = approved();
    let release = "a.pinfold";
    put(&stage.home.work().join(release), b"{}");
    let plain = stage.home.work().join("plain");
    put(&plain, b"");
    let absent = stage.home.work().join("absent");
    for home in ["", "relative", &plain.display().to_string(), &absent.display().to_string()] {
        for arguments in [
            &["status"][..],
            &["status", "--live"],
            &["status", "--follow"],
            &["review"],
            &["lock"],
            &["policy", "check"],
            &["policy", "explain"],
            &["policy", "trust", release],
            &["verify", release],
            &["doctor"],
            &["protect"],
            &["unprotect"],
        ] {
            let mut command = stage.home.pinfold(arguments);
            command.arg("--json").env("HOME", home);
            let output = run_to_end(command);
            assert_eq!(output.status.code(), Some(3), "{home:?} {arguments:?}: {}", describe(&output));
            expect::is_one_clear_error(&said(&output.stderr));
            if !arguments.contains(&"--follow") {
                let document: Value = serde_json::from_slice(&output.stdout).expect("a document");
                assert_eq!(document["error"]["code"], "HOME_UNUSABLE", "{home:?} {arguments:?}");
            }
        }
        let mut gate = stage.gate();
        gate.env("HOME", home);
        gate_ends(gate, 3);
    }
    assert!(!absent.exists(), "no home is made");
}

#[test]
fn an_output_that_is_full_is_told_and_one_that_is_closed_is_not() {
    let stage = approved();
    for arguments in
        [&["status"][..], &["doctor", "--json"], &["policy", "explain"], &["completions", "bash"]]
    {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("a full device");
        let output = ended(stage.home.pinfold(arguments).stdout(full));
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {}", describe(&output));
        assert!(said(&output.stderr).contains("the output could not be written"), "{}", describe(&output));
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = ended(stage.home.pinfold(arguments).stdout(writer));
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", describe(&output));
        assert!(output.stderr.is_empty(), "{}", describe(&output));
    }
    let full = std::fs::File::options().write(true).open("/dev/full").expect("a full device");
    assert_eq!(ended(stage.home.pinfold(["--help"]).stdout(full)).status.code(), Some(3));
}

fn ended(command: &mut Command) -> Output {
    let child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    child.wait_with_output().expect("it ends")
}
