//! What a publisher or an auditor does wrong with files, once each, on purpose: what it says, how it ends, and that
//! nothing was started, signed or sent before.

use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::Path;

use pinfold_tests::disk::Disk;
use pinfold_tests::in_the_way::{self, take_away};
use pinfold_tests::log::TestLog;
use pinfold_tests::stage::run_to_end;

use crate::log::{policy, size};
use crate::support::{NAME, Publisher, code, not_run, one_document};

/// What can stand at a path where a plain file belongs.
const IN_THE_WAY: [&str; 7] = ["nothing", "empty", "folder", "pipe", "loop", "garbage", "large"];
/// Codes in the order of [`IN_THE_WAY`].
type Codes = [&'static str; 7];

/// Nobody else can write it, which is another fault.
fn put(what: &str, at: &Path) {
    in_the_way::put(what, at);
    if at.is_file() {
        fs::set_permissions(at, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }
}

/// The exit status that goes with a code (`spec/command-line.md`, *Codes*).
fn exit_of(code: &str) -> i32 {
    match code {
        "ENTRY_INVALID" | "KEY_UNUSABLE" => 1,
        "RELEASE_FILE_INVALID" | "POLICY_INVALID" | "PROJECT_SILENT" => 2,
        _ => 3,
    }
}

fn same(code: &'static str) -> Codes {
    [code; 7]
}

#[test]
fn files_that_are_none_are_refused_before_anything_is_started() {
    let (publisher, log) = (Publisher::of_two_tools(), TestLog::alone());
    let policy = policy(&publisher, &log);
    publisher.capture("1.0.0", "m.json");
    let starts = publisher.server.starts();
    let release = ["--name", NAME, "--version", "1.0.0"];
    let url = log.url();
    // A release of words that was named: absent and unreadable (3) are not *no manifest* (2).
    let words: Codes = [
        "RELEASE_FILE_ABSENT",
        "RELEASE_FILE_INVALID",
        "RELEASE_FILE_UNREADABLE",
        "RELEASE_FILE_UNREADABLE",
        "RELEASE_FILE_UNREADABLE",
        "RELEASE_FILE_INVALID",
        "RELEASE_FILE_UNREADABLE",
    ];
    let (entry, keys): (Codes, Codes) = (
        [
            "ENTRY_UNREADABLE",
            "ENTRY_INVALID",
            "ENTRY_UNREADABLE",
            "ENTRY_UNREADABLE",
            "ENTRY_UNREADABLE",
            "ENTRY_INVALID",
            "ENTRY_UNREADABLE",
        ],
        [
            "KEY_ABSENT",
            "KEY_UNUSABLE",
            "KEY_UNUSABLE",
            "KEY_UNUSABLE",
            "KEY_UNREADABLE",
            "KEY_UNUSABLE",
            "KEY_UNUSABLE",
        ],
    );
    let policies: Codes = [
        "POLICY_UNREADABLE",
        "POLICY_INVALID",
        "POLICY_UNREADABLE",
        "POLICY_UNREADABLE",
        "POLICY_UNREADABLE",
        "POLICY_INVALID",
        "POLICY_UNREADABLE",
    ];
    // In a folder whose file says nothing the name has to be given; what cannot be read is not taken for that.
    let mut project = same("PROJECT_UNREADABLE");
    project[0] = "PROJECT_SILENT";
    // A name that ends in .tgz must be a tarball.
    let with_server: [(&[&str], &str, Codes); 4] = [
        (&["capture", "-o", "n.json", "--artifact", "FILE.tgz"], "FILE.tgz", same("ARTIFACT_UNREADABLE")),
        (&["capture", "-o", "n.json", "--previous", "FILE"], "FILE", words),
        (&["capture", "-o", "n.json", "--add-to", "FILE"], "FILE", words),
        (&["capture", "-o", "n.json"], "server.json", project),
    ];
    let alone: [(&[&str], &str, Codes); 8] = [
        (&["sign", "FILE", "-o", "e", "--first", "log.example", "--yes"], "FILE", words),
        (&["sign", "m.json", "-o", "e", "--previous", "FILE", "--yes"], "FILE", words),
        (&["sign", "m.json", "-o", "e", "--first", "log.example", "--yes", "--key", "FILE"], "FILE", keys),
        (&["publish", "--manifest", "FILE", "--policy", &policy, "--yes"], "FILE", words),
        (
            &["publish", "--manifest", "m.json", "--entry", "FILE", "--policy", &policy, "--yes"],
            "FILE",
            entry,
        ),
        (&["publish", "--manifest", "m.json", "--policy", "FILE", "--yes"], "FILE", policies),
        (&["log", "consistency", "0", "FILE", "--policy", &policy], "FILE", same("CHECKPOINT_UNREADABLE")),
        (&["diff", "m.json", "FILE"], "FILE", words),
    ];
    let audit: [(&[&str], &str, Codes); 1] =
        [(&["log", "audit", &url, "--policy", &policy, "--state", "FILE"], "FILE", same("AUDIT_UNREADABLE"))];
    for (arguments, file, codes) in with_server.into_iter().chain(alone).chain(audit) {
        let at = publisher.file(file);
        for (in_the_way, expected) in IN_THE_WAY.into_iter().zip(codes) {
            if expected == "AUDIT_UNREADABLE" && in_the_way == "nothing" {
                continue; // a first audit
            }
            put(in_the_way, &at);
            let document = match arguments[0] {
                "capture" if file == "server.json" => {
                    publisher.document_with_server(arguments, exit_of(expected))
                }
                "capture" => {
                    publisher.document_with_server(&[arguments, &release].concat(), exit_of(expected))
                }
                _ => publisher.document(arguments, exit_of(expected)),
            };
            assert_eq!(code(&document), expected, "{arguments:?}, {in_the_way}: {document:#}");
            let name = file.trim_end_matches(".tgz");
            let says = document["error"]["message"].as_str().unwrap();
            assert!(
                expected == "PROJECT_SILENT" || says.contains(name),
                "{arguments:?}, {in_the_way}: {says}"
            );
            take_away(&at);
        }
    }
    assert_eq!((publisher.server.starts(), size(&log)), (starts, 0));
    let left: Vec<String> = publisher.files().into_iter().filter(|name| !name.ends_with(".lock")).collect();
    assert_eq!(left, ["m.json"]);
}

#[test]
fn an_output_that_cannot_be_written_is_found_before_anything_is_signed() {
    let (publisher, log) = (Publisher::of_two_tools(), TestLog::alone());
    let policy = policy(&publisher, &log);
    publisher.capture("1.0.0", "m.json");
    let starts = publisher.server.starts();
    fs::write(publisher.file("file"), b"mine").unwrap();
    fs::create_dir(publisher.file("folder")).unwrap();
    put("pipe", &publisher.file("pipe"));
    symlink("file", publisher.file("link")).unwrap();
    for place in ["folder", "pipe", "link", "file/out", "/dev/null"] {
        let capture = ["capture", "--name", NAME, "--version", "1.0.0", "-o", place];
        let published = ["publish", "--manifest", "m.json", "--policy", &policy, "--yes", "-o", place];
        let documents = [
            publisher.document_with_server(&capture, 3),
            publisher.document(&["sign", "m.json", "-o", place, "--first", "log.example", "--yes"], 3),
            publisher.document(&published, 3),
        ];
        for document in documents {
            assert_eq!(code(&document), "FILE_NOT_WRITTEN", "{place}: {document:#}");
        }
    }
    // The bundle's usual name, too, and before the question.
    fs::create_dir(publisher.file("demo-1.0.0.pinfold")).unwrap();
    let document = publisher.document(&["publish", "--manifest", "m.json", "--policy", &policy], 3);
    assert_eq!(code(&document), "FILE_NOT_WRITTEN", "{document:#}");
    assert_eq!((publisher.server.starts(), size(&log)), (starts, 0));
    assert_eq!(fs::read(publisher.file("file")).unwrap(), b"mine");
    assert!(fs::symlink_metadata(publisher.file("link")).unwrap().is_symlink());
    assert!(fs::symlink_metadata(publisher.file("pipe")).unwrap().file_type().is_fifo());
    assert!(fs::symlink_metadata("/dev/null").unwrap().file_type().is_char_device());
}

#[test]
fn facts_that_make_no_release_are_refused_before_anything_is_started() {
    let publisher = Publisher::of_two_tools();
    fs::create_dir(publisher.file("other")).unwrap();
    for file in ["a.bin", "two words.bin", "other/a.bin"] {
        fs::write(publisher.file(file), b"x").unwrap();
    }
    publisher.capture("1.0.0", "m.json");
    let starts = publisher.server.starts();
    let release = |version: &'static str| ["capture", "-o", "n.json", "--name", NAME, "--version", version];
    let cases: [(&str, &[&str], i32, &str); 6] = [
        ("1.0.0", &["--remote", "no address"], 1, "MANIFEST_INVALID"),
        ("1.0.0", &["--artifact", "a.bin", "--artifact", "other/a.bin"], 1, "MANIFEST_INVALID"),
        ("1.0.0", &["--artifact", "two words.bin"], 2, "ARTIFACT_UNUSABLE"),
        ("two words", &[], 2, "USAGE"),
        ("1.0.0", &["--env", "A=B"], 2, "USAGE"),
        ("1.0.0", &["--name", "nowhere"], 2, "USAGE"),
    ];
    for (version, more, exit, expected) in cases {
        let document = publisher.document_with_server(&[&release(version)[..], more].concat(), exit);
        let is_usage = document["schema"] == "pinfold/capture/v1" || code(&document) == "USAGE";
        assert!(code(&document) == expected && is_usage, "{version}, {more:?}: {document:#}");
    }
    // A registry is asked about files; a manifest that was captured before names them, and nobody would look.
    let registry = ["publish", "--manifest", "m.json", "--registry", "http://127.0.0.1:1", "--yes"];
    assert_eq!(code(&publisher.document(&registry, 2)), "USAGE");
    assert_eq!(publisher.server.starts(), starts);
    assert!(!publisher.file("n.json").exists());
}

#[test]
fn a_key_that_cannot_be_made_is_named_and_leaves_nothing() {
    let publisher = Publisher::of_two_tools();
    fs::write(publisher.file("file"), b"mine").unwrap();
    put("loop", &publisher.file("loop"));
    let long = "x".repeat(300);
    let cases: [(&[&str], i32, &str, &str); 9] = [
        (&["new", "--no-passphrase"], 1, "KEY_EXISTS", "exists already"),
        (&["new", "file", "--no-passphrase"], 1, "KEY_EXISTS", "file exists already"),
        (&["new", "loop", "--no-passphrase"], 1, "KEY_EXISTS", "loop exists already"),
        (&["new", "file/k", "--no-passphrase"], 3, "KEY_NOT_WRITTEN", "there is no folder file"),
        (&["new", "k", "--no-passphrase", "--comment", &long], 2, "USAGE", "a comment has at most 256 bytes"),
        (&["new", "k", "--passphrase-env", "NOT_SET"], 2, "PASSPHRASE_UNUSABLE", "NOT_SET is not set"),
        (&["new", "k", "--passphrase-fd", "77"], 2, "PASSPHRASE_UNUSABLE", "descriptor 77 cannot be read"),
        (&["new", "k", "--passphrase-fd", "0"], 2, "PASSPHRASE_UNUSABLE", "the passphrase is empty"),
        (&["new", "k"], 4, "NO_TERMINAL", "a passphrase is asked for at a terminal"),
    ];
    for (arguments, exit, expected, words) in cases {
        let document = publisher.document(&[&["key"], arguments].concat(), exit);
        let says = document["error"]["message"].as_str().unwrap();
        assert!(code(&document) == expected && says.contains(words), "{arguments:?}: {document:#}");
    }
    assert_eq!(publisher.files(), ["file", "loop"]);
    assert_eq!(fs::read(publisher.file("file")).unwrap(), b"mine");
}

#[test]
fn a_full_disk_leaves_no_half_of_a_file_and_a_release_is_finished_later() {
    let (publisher, log) = (Publisher::of_two_tools(), TestLog::alone());
    let policy = policy(&publisher, &log);
    publisher.capture("1.0.0", "m.json");
    let place = publisher.file("disk");
    fs::create_dir(&place).unwrap();
    let disk = match Disk::over(&place, 64) {
        Ok(disk) => disk,
        Err(reason) => return not_run(&reason),
    };
    let run = |arguments: &[&str], exit: i32| {
        let command = publisher.command(&[arguments, &["--json"]].concat());
        one_document(&run_to_end(disk.inside(&command)), exit)
    };
    // Relative paths lead from the folder as it is outside.
    let on_disk = |name: &str| place.join(name).to_str().unwrap().to_owned();
    let (bundle, entry, key, state) = (on_disk("b"), on_disk("e"), on_disk("k"), on_disk("st"));
    let publish = ["publish", "--manifest", "m.json", "--policy", &policy, "--yes", "-o", &bundle];
    let url = log.url();
    disk.fill();
    assert_eq!(code(&run(&["key", "new", &key, "--no-passphrase"], 3)), "KEY_NOT_WRITTEN");
    let sign = ["sign", "m.json", "-o", &entry, "--first", "log.example", "--yes"];
    assert_eq!(code(&run(&sign, 3)), "FILE_NOT_WRITTEN");
    let lost = run(&publish, 3);
    assert_eq!((code(&lost), &lost["index"]), ("FILE_NOT_WRITTEN", &2.into()));
    let hint = lost["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("the release is in log.example all the same, entry 2"), "{hint}");
    let audit = ["log", "audit", &url, "--policy", &policy, "--state", &state];
    assert_eq!(code(&run(&audit, 3)), "AUDIT_NOT_KEPT");
    let left = |disk: &Disk| {
        let mut list = publisher.home.command("ls");
        let output = run_to_end(disk.inside(list.arg("-A").arg(&place)));
        String::from_utf8(output.stdout).unwrap().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let names = left(&disk);
    assert!(names.iter().all(|name| ["fill", "rest", "st.lock"].contains(&name.as_str())), "{names:?}");
    disk.empty();
    assert_eq!(run(&publish, 0)["already"], true);
    assert!(left(&disk).contains(&"b".to_owned()));
}
