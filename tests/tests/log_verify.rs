//! `pinfold verify` and `pinfold policy trust` on the built program.
#![allow(clippy::unwrap_used)]

#[path = "../../verifier/tests/tiny_log/mod.rs"]
mod tiny_log;

mod lying_log;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output};

use lying_log::{Served, answers, now, with_bundle};
use pinfold_core::entry::Entry;
use pinfold_core::manifest::{Capture, CapturedObject, Manifest};
use pinfold_core::volatile::{Rule, RuleKind};
use pinfold_log_client::Fork;
use pinfold_tests::binary;
use pinfold_tests::expect;
use pinfold_tests::home::Home;
use pinfold_tests::scenario::{Scenario, tool};
use pinfold_tests::stage::Folder;
use pinfold_tests::terminal::Terminal;
use serde_json::Value;
use tiny_log::{Publisher, TinyLog, manifest, manifest_of};

const NAME: &str = "io.github.acme/files";
/// Stands in the words of the released server, and must stand nowhere in what is printed.
const POISON: &str = "POISON";

/// A log with two witnesses, a publisher and two releases, and a home that trusts both.
struct World {
    home: Home,
    log: TinyLog,
    publisher: Publisher,
    releases: Vec<(Entry, Manifest)>,
}

impl World {
    /// Published and witnessed at these two times.
    fn at(times: [u64; 2]) -> World {
        let mut log = TinyLog::new("log.example", 2, 2);
        let publisher = Publisher::claim(&mut log, "io.github.acme", "acme");
        let tool =
            format!(r#"{{"description":"{POISON} one","inputSchema":{{"type":"object"}},"name":"look"}}"#);
        let first = manifest_of(NAME, "1.0.0", &[tool]);
        let mut releases = vec![(publisher.release(&first, None), first)];
        log.submit(&releases[0].0);
        log.publish(times[0]);
        let second = manifest(NAME, "1.1.0");
        releases.push((publisher.release(&second, Some(&releases[0].0)), second));
        log.submit(&releases[1].0);
        log.publish(times[1]);
        let world = World { home: Home::new(), log, publisher, releases };
        world.trust(&world.trust_text("http://127.0.0.1:9", true));
        world
    }

    fn now() -> World {
        World::at([now(); 2])
    }

    fn trust_text(&self, url: &str, claim: bool) -> String {
        let policy = self.log.policy();
        let log =
            format!("[[log]]\norigin = \"log.example\"\nurl = \"{url}\"\npolicy = \"\"\"\n{policy}\"\"\"\n");
        let claim = match claim {
            true => format!(
                "[[claim]]\nnamespace = \"io.github.acme\"\nlog = \"log.example\"\nclaim = \"{}\"\n",
                self.publisher.claim_id()
            ),
            false => String::new(),
        };
        format!("version = 1\n{log}{claim}")
    }

    fn trust_file(&self) -> PathBuf {
        self.home.path().join(".config/pinfold/trust.toml")
    }

    fn trust(&self, text: &str) {
        std::fs::create_dir_all(self.trust_file().parent().unwrap()).unwrap();
        std::fs::write(self.trust_file(), text).unwrap();
    }

    /// Writes the bundle of a release under a head; the path is relative to the working folder.
    fn bundle(&self, release: usize, head: usize) -> String {
        let index = [1, 3][release];
        let bytes = self.log.bundle_under(index, head, self.releases[release].1.as_bytes());
        let name = format!("r{release}-h{head}.pinfold");
        std::fs::write(self.home.work().join(&name), bytes).unwrap();
        name
    }

    fn verify(&self, arguments: &[&str]) -> Output {
        self.home.pinfold([&["verify"], arguments].concat()).output().unwrap()
    }

    fn document(&self, arguments: &[&str], exit: i32) -> Value {
        let output = self.verify(&[&["--json"], arguments].concat());
        assert_eq!(output.status.code(), Some(exit), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("one document")
    }
}

fn code(document: &Value) -> &str {
    document["error"]["code"].as_str().unwrap_or("none")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn every_step_is_told_with_what_it_found() {
    let world = World::at([now() - 7_300, now() - 3_670]);
    let file = world.bundle(1, 1);
    let output = world.verify(&[&file]);
    let claim = world.publisher.claim_id().to_string();
    let digest = world.releases[1].1.digest().to_string();
    let bytes = std::fs::metadata(world.home.work().join(&file)).unwrap().len();
    let said = stdout(&output).replace(&claim, "CLAIM").replace(&digest, "MANIFEST");
    let said = said.replace(&format!("{bytes} bytes"), "N bytes");
    let wanted = include_str!("log_verify/transcript.txt");
    assert_eq!(said, wanted, "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_document_has_one_shape_whatever_became_of_it() {
    let world = World::now();
    let file = world.bundle(1, 1);
    std::fs::write(world.home.work().join("empty"), "").unwrap();
    let good = world.document(&[&file], 0);
    assert_eq!((&good["verdict"], &good["marks"]), (&"verified".into(), &"stored".into()));
    assert_eq!(good["release"]["version"], "1.1.0");
    assert_eq!(good["steps"].as_array().unwrap().len(), 23);
    let shape = |document: &Value| document.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let refused = world.document(&["empty"], 1);
    assert_eq!(refused["steps"].as_array().unwrap().len(), 23);
    let absent = world.document(&["no-such-file"], 3);
    assert_eq!(code(&absent), "RELEASE_FILE_ABSENT");
    assert_eq!(shape(&good), shape(&refused));
    assert_eq!(shape(&good), shape(&absent));
    let usage = world.document(&[&file, "--no-such-option"], 2);
    assert_eq!(usage["schema"], "pinfold/verify/v1");
}

#[test]
fn no_variable_and_no_empty_file_changes_the_outcome() {
    let world = World::now();
    let contents = ["", "\n", "null", "[]", "{}", r#"{"signatures":[]}"#, r#"{"entry":[],"keysets":[]}"#];
    let switches = [
        ("PINFOLD_SKIP_VERIFY", "1"),
        ("PINFOLD_INSECURE", "1"),
        ("PINFOLD_INTEGRITY_KEYS", ""),
        ("PINFOLD_KEYS", "0"),
        ("PINFOLD_NO_LOG", "true"),
        ("PINFOLD_POLICY", "/dev/null"),
        ("PINFOLD_TRUST", "all"),
        ("CI", "true"),
        ("XDG_CONFIG_HOME", "/nonexistent"),
        ("XDG_STATE_HOME", "/nonexistent"),
    ];
    for content in contents {
        std::fs::write(world.home.work().join("empty"), content).unwrap();
        let plain = world.verify(&["empty"]);
        assert_eq!(plain.status.code(), Some(1));
        let said = String::from_utf8(plain.stderr.clone()).unwrap();
        let lines: Vec<&str> = said.lines().collect();
        assert!(
            lines[0].starts_with("error: this is no bundle: ") && lines[1].starts_with("hint: "),
            "{said}"
        );
        assert_eq!(lines.len(), 2, "{said}");
        for (name, value) in switches {
            let switched = world.home.pinfold(["verify", "empty"]).env(name, value).output().unwrap();
            assert_eq!(
                (switched.status.code(), &switched.stdout, &switched.stderr),
                (plain.status.code(), &plain.stdout, &plain.stderr),
                "{name}"
            );
        }
    }
}

#[test]
fn verification_opens_no_socket_in_a_namespace_without_any() {
    let world = World::now();
    let file = world.bundle(1, 1);
    let mut command = Command::new("unshare");
    command.args(["--net", "--map-root-user"]).arg(binary::pinfold()).args(["verify", &file]);
    command.env_clear().env("HOME", world.home.path()).current_dir(world.home.work());
    command.env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
    let output = match command.output() {
        Ok(output) if !String::from_utf8_lossy(&output.stderr).contains("unshare") => output,
        impossible => {
            // Past the capture of the test harness, so that nobody takes this for a test that ran.
            let why = impossible.map_or_else(
                |error| error.to_string(),
                |output| String::from_utf8_lossy(&output.stderr).into_owned(),
            );
            let _ = writeln!(std::io::stderr(), "\nNOT RUN: no network namespace can be made: {why}\n");
            assert!(std::env::var("CI").as_deref() != Ok("true"), "CI must be able to make one");
            return;
        }
    };
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_claim_that_nobody_trusts_is_said_with_the_command_that_would_trust_it() {
    let world = World::now();
    let file = world.bundle(1, 1);
    world.trust(&world.trust_text("http://127.0.0.1:9", false));
    let refused = world.document(&[&file], 1);
    assert_eq!(code(&refused), "CLAIM_UNTRUSTED");
    assert!(refused["error"]["hint"].as_str().unwrap().contains(&format!("`pinfold policy trust {file}`")));
    assert_eq!(refused["claimant"]["claim"], world.publisher.claim_id().to_string());
    assert_eq!(refused["release"], Value::Null);
    assert_eq!(refused["steps"][21]["code"], "CLAIM_UNTRUSTED");
    std::fs::remove_file(world.trust_file()).unwrap();
    let refused = world.document(&[&file], 1);
    assert_eq!(code(&refused), "LOG_UNTRUSTED");
    assert!(refused["error"]["hint"].as_str().unwrap().contains("pinfold policy trust"));
}

#[test]
fn a_trust_file_that_cannot_be_meant_or_read_is_never_taken_for_none() {
    let world = World::now();
    let file = world.bundle(1, 1);
    for text in ["", "version = 2\n", "version = 1\nlogs = []\n", "nonsense"] {
        world.trust(text);
        assert_eq!(code(&world.document(&[&file], 2)), "TRUST_INVALID", "{text:?}");
    }
    assert_eq!(code(&world.document(&[&file, "--policy", "no-such-file"], 3)), "TRUST_ABSENT");
    std::fs::write(world.home.work().join("other.toml"), world.trust_text("http://127.0.0.1:9", true))
        .unwrap();
    assert_eq!(world.document(&[&file, "--policy", "other.toml"], 0)["verdict"], "verified");
    std::fs::remove_file(world.trust_file()).unwrap();
    std::fs::create_dir(world.trust_file()).unwrap();
    assert_eq!(code(&world.document(&[&file], 3)), "TRUST_UNREADABLE");
}

#[test]
fn an_older_release_after_a_newer_one_is_refused() {
    let world = World::now();
    let (old, new) = (world.bundle(0, 1), world.bundle(1, 1));
    assert_eq!(world.document(&[&old], 0)["release"]["newest_sequence"], 2);
    world.document(&[&new], 0);
    assert_eq!(code(&world.document(&[&old], 1)), "VERSION_ROLLBACK");
    // Another name that is asked for.
    assert_eq!(code(&world.document(&[&new, "--name", "io.github.acme/other"], 1)), "SUBJECT_MISMATCH");
    assert_eq!(code(&world.document(&[&new, "--name", "no name"], 2)), "REGISTRY_NAME_INVALID");
    // A mark that is damaged is not a mark that was never there.
    let folder = world.home.path().join(".local/state/pinfold/seen/log.example/names");
    let mark = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&mark, "").unwrap();
    assert_eq!(code(&world.document(&[&new], 3)), "SEEN_UNREADABLE");
    assert_eq!(std::fs::read(&mark).unwrap(), b"");
}

#[test]
fn a_log_with_two_histories_is_refused_and_both_heads_are_kept() {
    let one = World::now();
    let mut log = TinyLog::new("log.example", 2, 2);
    let publisher = Publisher::claim(&mut log, "io.github.acme", "acme");
    let other = manifest(NAME, "6.6.6");
    log.submit(&publisher.release(&other, None));
    Publisher::claim(&mut log, "io.github.third", "third");
    Publisher::claim(&mut log, "io.github.fourth", "fourth");
    log.publish(now());
    assert_eq!(log.heads[0].size, one.log.heads[1].size);
    let file = one.bundle(1, 1);
    one.document(&[&file], 0);
    std::fs::write(one.home.work().join("other.pinfold"), log.bundle(1, other.as_bytes())).unwrap();
    let refused = one.document(&["other.pinfold"], 1);
    assert_eq!(code(&refused), "LOG_INCONSISTENT");
    let folder = one.home.path().join(".local/state/pinfold/evidence");
    let file = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    Fork::parse(&std::fs::read(file).unwrap()).unwrap().check().unwrap();
}

#[test]
fn a_log_that_was_last_seen_long_ago_is_said_and_refuses_nothing() {
    const DAY: u64 = 86_400;
    for (days, word, outcome) in [
        (0, "fresh", "witnessed 0 seconds"),
        (3, "stale", "3 days ago, so this is stale"),
        (21, "past-grace", "21 days ago, which is past its grace"),
    ] {
        let world = World::at([now() - days * DAY; 2]);
        let file = world.bundle(1, 1);
        assert_eq!(world.document(&[&file], 0)["release"]["freshness"], word);
        let output = world.verify(&[&file]);
        let said = stdout(&output);
        assert!(days == 0 || said.contains(outcome), "{said}");
        assert!(!said.contains("delete") && output.status.success());
    }
}

#[test]
fn what_is_in_the_file_is_told_without_a_word_of_the_server() {
    let world = World::now();
    let file = world.bundle(0, 1);
    std::fs::remove_file(world.trust_file()).unwrap();
    let output = world.verify(&[&file, "--inspect"]);
    assert!(output.status.success());
    let said = stdout(&output);
    assert!(said.starts_with("Nothing here was judged") && said.contains("tool look sha256:"), "{said}");
    let document = world.document(&[&file, "--inspect"], 0);
    assert_eq!(document["entry"]["version"], "1.0.0");
    assert_eq!((&document["head"]["size"], &document["first"]["size"]), (&5.into(), &3.into()));
    let whole = world.document(&[&file], 1).to_string();
    for text in [said, document.to_string(), whole, stdout(&world.verify(&[&file]))] {
        assert!(!text.contains(POISON), "{text}");
    }
    std::fs::write(world.home.work().join("empty"), "{}").unwrap();
    assert_eq!(code(&world.document(&["empty", "--inspect"], 1)), "BUNDLE_INVALID");
}

#[test]
fn proofs_are_renewed_if_what_comes_verifies_and_not_otherwise() {
    let mut world = World::now();
    let file = world.bundle(1, 1);
    let path = world.home.work().join(&file);
    let old = std::fs::read(&path).unwrap();
    let third = manifest(NAME, "1.2.0");
    let entry = world.publisher.release(&third, Some(&world.releases[1].0));
    world.log.submit(&entry);
    world.log.publish(now());
    let served = Served::new(with_bundle(answers(&world.log, 2, &[]), &world.log, 3, 2));
    world.trust(&world.trust_text(&served.url, true));
    world.document(&[&file], 0);

    // The proofs of another release do not fit.
    let honest = answers(&world.log, 2, &[]);
    let other = with_bundle(honest.clone(), &world.log, 1, 2)["/bundle/1"].clone();
    served.change("/bundle/3", |body| *body = other);
    assert_eq!(code(&world.document(&[&file, "--refresh"], 1)), "LOG_ENTRY_MISMATCH");
    served.change("/bundle/3", |body| body.truncate(100));
    assert_eq!(code(&world.document(&[&file, "--refresh"], 3)), "LOG_ANSWER");
    assert_eq!(std::fs::read(&path).unwrap(), old, "nothing was written");

    served.serve(with_bundle(honest, &world.log, 3, 2));
    let renewed = world.document(&[&file, "--refresh"], 0);
    assert_eq!((&renewed["refreshed"], &renewed["release"]["head_size"]), (&true.into(), &7.into()));
    assert_eq!(renewed["steps"][19]["result"], "passed", "the new head was proven to continue the one seen");
    let new = std::fs::read(&path).unwrap();
    assert_ne!(new, old);
    let first = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap()["first"].clone();
    assert_eq!(first(&new), first(&old), "the first proof stays");

    world.trust(&world.trust_text("http://127.0.0.1:9", true));
    assert_eq!(code(&world.document(&[&file, "--refresh"], 3)), "LOG_UNREACHABLE");
    assert_eq!(std::fs::read(&path).unwrap(), new);
}

#[test]
fn a_restless_server_is_compared_by_its_rules() {
    let world = World::now();
    let of = |day: &str, words: &str| {
        format!(r#"{{"description":"{words} {day}.","inputSchema":{{"type":"object"}},"name":"day"}}"#)
    };
    let mut log = TinyLog::new("log.example", 2, 2);
    let publisher = Publisher::claim(&mut log, "io.github.acme", "acme");
    let plain = manifest_of(NAME, "2.0.0", &[of("2026-10-24", "Since")]);
    let rule = Rule { pointer: "/description".to_owned(), start: 6, end: 16, kind: RuleKind::Date };
    let object = &plain.surface()[0];
    let captured = CapturedObject { kind: object.kind, bytes: plain.object_bytes(object).to_vec() };
    let capture = Capture {
        capabilities: Vec::new(),
        era: "2025-11-25".to_owned(),
        variables: Vec::new(),
        objects: vec![captured],
    };
    let rules = [(object.digest, vec![rule])].into();
    let (name, version) = (plain.name(), plain.version());
    let released =
        Manifest::build_with_rules(name, version, plain.artifacts(), &[], &[capture], &rules).unwrap();
    log.submit(&publisher.release(&released, None));
    log.publish(now());
    std::fs::write(world.home.work().join("live.pinfold"), log.bundle(1, released.as_bytes())).unwrap();
    let compare = |tool: String, exit: i32| {
        let folder = Folder::new(&Scenario::of_tools(&[tool]));
        let fixture = binary::fixture().to_str().unwrap();
        world.document(&["live.pinfold", "--", fixture, folder.path().to_str().unwrap()], exit)
    };
    let same = compare(of("2026-11-26", "Since"), 0);
    assert_eq!((&same["live"][0]["result"], same["live"].as_array().unwrap().len()), (&"same".into(), 1));
    assert_eq!(same["live"][0]["digest"], object.digest.to_string(), "it counts as the released one");
    assert_eq!(code(&compare(of("2026-11-26", "Until"), 1)), "LIVE_DIFFERS");
    assert_eq!(code(&compare(of("2026-11-31", "Since"), 1)), "LIVE_DIFFERS");
}

#[test]
fn a_live_server_is_compared_object_by_object() {
    let world = World::now();
    let plain = r#"{"description":"Look at one thing.","inputSchema":{"type":"object"},"name":"look"}"#;
    let more = r#"{"description":"Another.","inputSchema":{"type":"object"},"name":"more"}"#;
    let mut log = TinyLog::new("log.example", 2, 2);
    let publisher = Publisher::claim(&mut log, "io.github.acme", "acme");
    let released = manifest_of(NAME, "2.0.0", &[plain.to_owned(), more.to_owned()]);
    log.submit(&publisher.release(&released, None));
    log.publish(now());
    std::fs::write(world.home.work().join("live.pinfold"), log.bundle(1, released.as_bytes())).unwrap();
    let fixture = binary::fixture().to_str().unwrap();
    let compare = |scenario: &Scenario, exit: i32| {
        let folder = Folder::new(scenario);
        let arguments = ["live.pinfold", "--", fixture, folder.path().to_str().unwrap()];
        world.document(&arguments, exit)
    };
    // Fewer tools are no difference.
    let same = compare(&Scenario::of_tools(&[plain.to_owned()]), 0);
    let results = |document: &Value| {
        let live = document["live"].as_array().unwrap();
        let of =
            |part: &Value| format!("{} {}", part["result"].as_str().unwrap(), part["name"].as_str().unwrap());
        live.iter().filter(|part| part["kind"] == "tool").map(of).collect::<Vec<_>>()
    };
    assert_eq!(results(&same), ["same look", "absent more"]);
    let changed = compare(&Scenario::of_tools(&[tool("look", POISON), tool("extra", POISON)]), 1);
    assert_eq!(code(&changed), "LIVE_DIFFERS");
    assert_eq!(changed["verdict"], "verified", "the release is what it was; the server is another");
    let mut found = results(&changed);
    found.sort();
    assert_eq!(found, ["absent more", "changed look", "new extra"]);
    assert!(!changed.to_string().contains(POISON));
}

#[test]
fn a_publisher_is_trusted_at_a_terminal_and_nowhere_else() {
    let world = World::now();
    let file = world.bundle(1, 1);
    std::fs::remove_file(world.trust_file()).unwrap();
    std::fs::write(world.home.work().join("log.policy"), world.log.policy()).unwrap();
    let line = ["policy", "trust", file.as_str(), "--log", "log.policy"];
    // No terminal, a document, an agent's marker, a stream of answers: nobody is asked.
    assert_eq!(world.home.pinfold(line).output().unwrap().status.code(), Some(4));
    let json = world.home.pinfold([&line[..], &["--json"]].concat()).output().unwrap();
    assert_eq!(json.status.code(), Some(4));
    let document: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&document["verdict"], &document["new_log"]), (&"waits".into(), &true.into()));
    let mut marked = world.home.pinfold(line);
    marked.env("CLAUDECODE", "1");
    Terminal::run(marked).finish().expect_code(4);
    assert!(!world.trust_file().exists());
    // A log that is not named.
    let unnamed = world.home.pinfold(["policy", "trust", &file]).output().unwrap();
    assert_eq!(unnamed.status.code(), Some(2), "{}", String::from_utf8_lossy(&unnamed.stderr));

    Terminal::run(world.home.pinfold(line)).refuse_all().expect_code(1);
    assert!(!world.trust_file().exists());
    let mut terminal = Terminal::run(world.home.pinfold(line));
    let word = terminal.challenge();
    let shown = terminal.text();
    for words in [
        &world.publisher.claim_id().to_string()[..],
        "evidence     none",
        "log.example (not trusted yet; a yes trusts it too)",
        "witness w2.example",
        "keyset 1 is in force",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    terminal.type_keys(&format!("{word}\n"));
    terminal.finish().expect_code(0);
    assert_eq!(world.document(&[&file], 0)["verdict"], "verified");
    let again = world.home.pinfold(line).output().unwrap();
    assert!(stdout(&again).contains("trusted already"));
}

#[test]
fn another_publisher_of_a_trusted_namespace_is_shown_as_that() {
    let world = World::now();
    let mut log = TinyLog::new("log.example", 2, 2);
    let squatter = Publisher::claim(&mut log, "io.github.acme", "squatter");
    let released = manifest(NAME, "1.0.0");
    log.submit(&squatter.release(&released, None));
    log.publish(now());
    std::fs::write(world.home.work().join("s.pinfold"), log.bundle(1, released.as_bytes())).unwrap();
    assert_eq!(code(&world.document(&["s.pinfold"], 1)), "KEY_DISCONTINUITY");
    let mut terminal = Terminal::run(world.home.pinfold(["policy", "trust", "s.pinfold"]));
    terminal.challenge();
    let shown = terminal.text();
    assert!(shown.contains("ANOTHER claim is trusted for this namespace now"), "{shown}");
    assert!(shown.contains(&world.publisher.claim_id().to_string()), "{shown}");
    let before = std::fs::read(world.trust_file()).unwrap();
    terminal.type_keys("n");
    terminal.finish().expect_code(1);
    assert_eq!(std::fs::read(world.trust_file()).unwrap(), before);
    // What does not verify is not asked about.
    std::fs::write(world.home.work().join("bad.pinfold"), "{}").unwrap();
    Terminal::run(world.home.pinfold(["policy", "trust", "bad.pinfold"])).finish().expect_code(1);
}

#[test]
fn a_trust_file_that_changed_while_the_question_stood_is_not_overwritten() {
    let world = World::now();
    let file = world.bundle(1, 1);
    world.trust(&world.trust_text("http://127.0.0.1:9", false));
    let mut terminal = Terminal::run(world.home.pinfold(["policy", "trust", &file]));
    let word = terminal.challenge();
    let changed = world.trust_text("http://127.0.0.1:10", false);
    world.trust(&changed);
    terminal.type_keys(&format!("{word}\n"));
    let outcome = terminal.finish().expect_code(1);
    assert!(outcome.text.contains("changed before you answered"), "{}", outcome.text);
    assert_eq!(std::fs::read_to_string(world.trust_file()).unwrap(), changed);
}

#[test]
fn where_marks_cannot_be_written_a_release_is_verified_with_a_warning() {
    let world = World::now();
    let file = world.bundle(1, 1);
    let state = world.home.path().join(".local/state/pinfold");
    std::fs::create_dir_all(&state).unwrap();
    // A folder in which nobody can make a file, not even root.
    std::os::unix::fs::symlink("/sys/kernel", state.join("seen")).unwrap();
    let output = world.verify(&["--json", &file]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&document["verdict"], &document["marks"]), (&"verified".into(), &"not-stored".into()));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("warning: "));
}

#[test]
fn marks_that_another_process_holds_are_waited_for_and_then_told() {
    let world = World::now();
    let file = world.bundle(1, 1);
    world.document(&[&file], 0);
    let lock = world.home.path().join(".local/state/pinfold/seen/lock");
    let mut holder = Command::new("flock").arg("-F").arg(&lock).args(["sleep", "600"]).spawn().unwrap();
    let is_free = || Command::new("flock").arg("-n").arg(&lock).arg("true").status().unwrap().success();
    expect::wait_until("the lock is held", || !is_free());
    assert_eq!(code(&world.document(&[&file], 3)), "SEEN_LOCKED");
    holder.kill().unwrap();
    holder.wait().unwrap();
    world.document(&[&file], 0);
}

#[test]
fn a_no_to_a_publisher_and_a_log_of_that_name_with_other_witnesses_change_nothing() {
    let world = World::now();
    let file = world.bundle(1, 1);
    world.trust(&world.trust_text("http://127.0.0.1:9", false));
    let before = std::fs::read(world.trust_file()).unwrap();
    let refused =
        Terminal::run(world.home.pinfold(["policy", "trust", &file])).refuse_all().expect_code(1).text;
    expect::is_one_clear_error(&refused);
    assert!(refused.contains("the claim of io.github.acme is not trusted"), "{refused}");
    let other = TinyLog::new("log.example", 1, 1).policy();
    std::fs::write(world.home.work().join("other.policy"), other).unwrap();
    let line = ["policy", "trust", &file, "--log", "other.policy", "--json"];
    let output = world.home.pinfold(line).output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((code(&document), &document["exit"]), ("LOG_TRUSTED_OTHERWISE", &1.into()), "{document:#}");
    assert_eq!(std::fs::read(world.trust_file()).unwrap(), before);
}
