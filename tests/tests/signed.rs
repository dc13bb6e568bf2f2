//! Words that a publisher answers for, behind the gate: first use by a bundle, changes that are published and changes
//! that are not, and every reason for which a release is refused in a review.
#![allow(clippy::unwrap_used)]

#[path = "../../verifier/tests/tiny_log/mod.rs"]
mod tiny_log;

mod lying_log;

use std::time::{Duration, Instant};

use lying_log::{Answers, Served, answers, now, with_bundle};
use pinfold_core::entry::Entry;
use pinfold_core::manifest::Manifest;
use pinfold_tests::PATIENCE;
use pinfold_tests::expect;
use pinfold_tests::scenario::{Listing, Scenario, tool};
use pinfold_tests::stage::{LABEL, Stage, describe};
use pinfold_tests::terminal::{Outcome, Terminal};
use serde_json::Value;
use tiny_log::{Publisher, TinyLog, manifest_of};

const NAME: &str = "io.github.acme/files";
const NOBODYS: &str = "SIG_REQUIRED";

/// What the server says, generation by generation; each is what a release may say.
fn says(generation: usize) -> Vec<String> {
    match generation {
        0 => vec![tool("look", "Look."), tool("read", "Read.")],
        _ => vec![tool("look", "Look twice."), tool("read", "Read.")],
    }
}

/// A scripted server, a log, and the releases that were published in it.
struct World {
    stage: Stage,
    log: TinyLog,
    publisher: Publisher,
    releases: Vec<(Entry, Manifest, u64)>,
}

impl World {
    /// Nothing is published yet but the claim, which is trusted.
    fn new() -> World {
        let listing = Listing::of("tools", &says(0)).then("tools", &says(1));
        let stage = Stage::new(&Scenario::of_tools::<&str>(&[]).listing("tools/list", listing));
        let mut log = TinyLog::new("log.example", 2, 2);
        let publisher = Publisher::claim(&mut log, "io.github.acme", "acme");
        let world = World { stage, log, publisher, releases: Vec::new() };
        world.trust("http://127.0.0.1:9");
        world
    }

    fn trust(&self, url: &str) {
        self.trust_claim(url, &self.publisher.claim_id().to_string());
    }

    fn trust_claim(&self, url: &str, claim: &str) {
        let policy = self.log.policy();
        let text = format!(
            "version = 1\n[[log]]\norigin = \"log.example\"\nurl = \"{url}\"\npolicy = \"\"\"\n{policy}\"\"\"\n\
             [[claim]]\nnamespace = \"io.github.acme\"\nlog = \"log.example\"\nclaim = \"{claim}\"\n"
        );
        let file = self.stage.home.path().join(".config/pinfold/trust.toml");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    /// Publishes these tools as the next release of the name, witnessed this many seconds ago; the number of the release.
    fn publish_of(&mut self, name: &str, tools: &[String], seconds_ago: u64) -> usize {
        let manifest = manifest_of(name, &format!("1.{}.0", self.releases.len()), tools);
        let previous = self.releases.iter().rev().find(|(_, before, _)| before.name() == manifest.name());
        let entry = self.publisher.release(&manifest, previous.map(|(entry, _, _)| entry));
        let index = self.log.submit(&entry);
        self.log.publish(now() - seconds_ago);
        self.releases.push((entry, manifest, index));
        self.releases.len() - 1
    }

    fn publish(&mut self, tools: &[String]) -> usize {
        self.publish_of(NAME, tools, 60)
    }

    /// The bundle of a release under the newest head; the path is relative to the working folder.
    fn bundle(&self, release: usize) -> String {
        let (_, manifest, index) = &self.releases[release];
        self.write(&format!("r{release}"), &self.log.bundle(*index, manifest.as_bytes()))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        let file = format!("{name}.pinfold");
        std::fs::write(self.stage.home.work().join(&file), bytes).unwrap();
        file
    }

    /// Serves the newest head and all releases over loopback, and lets the trust file say so.
    fn serve(&self) -> Served {
        let served = Served::new(self.answers());
        self.trust(&served.url);
        served
    }

    fn answers(&self) -> Answers {
        let head = self.log.heads.len() - 1;
        let mut all = answers(&self.log, head, &[NAME]);
        for (_, manifest, index) in &self.releases {
            all = with_bundle(all, &self.log, *index, head);
            let digest = manifest.digest().to_string();
            let hex = digest.trim_start_matches("sha256:").to_owned();
            all.insert(format!("/manifest/{hex}"), manifest.as_bytes().to_vec());
        }
        all
    }

    fn review(&self, arguments: &[&str]) -> Terminal {
        Terminal::run(self.stage.home.pinfold([&["review", LABEL], arguments].concat()))
    }

    /// First use by the bundle of a release, while a client waits.
    fn first_use(&self, release: usize) -> Outcome {
        let client = self.stage.waiting_session();
        let outcome = self.review(&["--bundle", &self.bundle(release)]).approve_all();
        client.close();
        outcome
    }

    /// The server says the next generation, and a client has seen that it is held.
    fn change(&self) {
        self.stage.server.set_state(1);
        let mut client = self.stage.session();
        let names = client.names_until("tools/list", |names| !names.contains(&"look".to_owned()));
        assert!(names.contains(&"read".to_owned()), "{names:?}");
        client.close();
    }

    fn json(&self, arguments: &[&str]) -> Value {
        self.stage.status_of(&[&["review", LABEL, "--json"], arguments].concat())
    }

    /// A review with this file is refused with this code and changes nothing.
    #[track_caller]
    fn refuses(&self, file: &str, code: &str) {
        let document = self.json(&["--bundle", file]);
        assert_eq!(document["error"]["code"], code, "{document:#}");
        let hint = document["error"]["hint"].as_str().unwrap_or_default();
        assert!(!hint.is_empty(), "{code} says what to do: {document:#}");
        let outcome = self.review(&["--bundle", file]).approve_all();
        assert_eq!(outcome.code(), 1, "{}", outcome.text);
        assert!(!outcome.text.contains("approved."), "{}", outcome.text);
    }
}

fn challenges(outcome: &Outcome) -> usize {
    outcome.text.matches("to approve, or n to refuse").count()
}

#[test]
fn a_first_use_by_a_bundle_asks_about_launch_and_publisher_and_not_about_words() {
    let mut world = World::new();
    world.publish(&says(0));
    let outcome = world.first_use(0).expect_code(0);
    assert_eq!(challenges(&outcome), 2, "{}", outcome.text);
    assert!(outcome.text.contains(&world.publisher.claim_id().to_string()), "{}", outcome.text);
    assert!(outcome.text.contains("the words only, not about the code"), "{}", outcome.text);
    assert!(!outcome.text.contains("Look."), "the words are there at a key only: {}", outcome.text);
    expect::nothing_is_held(&world.stage, &mut world.stage.session(), &["look", "read"]);
    let publisher = &world.json(&[])["publisher"];
    assert_eq!((&publisher["name"], &publisher["sequence"]), (&Value::from(NAME), &Value::from(1)));
    assert_eq!(&world.stage.status()["servers"][0]["publisher"], publisher);
    let told = world.stage.output(&["status", LABEL]);
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("published by io.github.acme/files up to 1.0.0, in log.example"), "{told}");
}

#[test]
fn the_words_of_a_release_are_shown_at_a_key() {
    let mut world = World::new();
    world.publish(&says(0));
    let client = world.stage.waiting_session();
    let mut review = world.review(&["--bundle", &world.bundle(0)]);
    let launch = review.challenge();
    review.type_keys(&format!("{launch}\n"));
    review.challenge();
    review.type_keys("u");
    let text = review.wait_for("Read.");
    assert!(text.contains("Look."), "{text}");
    let outcome = review.refuse_all();
    assert_eq!(outcome.code(), 1, "{}", outcome.text);
    client.close();
    assert!(world.json(&[])["publisher"].is_null(), "a refusal ties nothing");
}

#[test]
fn what_the_server_shows_beyond_the_release_is_held() {
    let mut world = World::new();
    world.publish(&says(0)[1..]);
    let client = world.stage.waiting_session();
    let mut review = world.review(&["--bundle", &world.bundle(0)]);
    for _ in 0..2 {
        let word = review.challenge();
        review.type_keys(&format!("{word}\n"));
    }
    let text = review.wait_for(NOBODYS);
    assert!(!text.contains("Look."), "nothing of it is in the question before: {text}");
    let outcome = review.refuse_all();
    assert_eq!(outcome.code(), 1, "{}", outcome.text);
    client.close();
    let mut client = world.stage.session();
    assert_eq!(client.names("tools/list"), ["read", expect::NOTICE]);
}

#[test]
fn words_that_were_approved_before_are_tied_to_their_publisher() {
    let mut world = World::new();
    world.stage.approve();
    world.publish(&says(0));
    let outcome = world.review(&["--bundle", &world.bundle(0)]).approve_all().expect_code(0);
    assert_eq!(challenges(&outcome), 1, "{}", outcome.text);
    assert!(outcome.text.contains("it approves nothing new"), "{}", outcome.text);
    assert_eq!(world.json(&[])["publisher"]["version"], "1.0.0");
}

#[test]
fn an_unpublished_change_is_said_to_be_nobodys_and_the_label_stays_signed() {
    let mut world = World::new();
    world.publish(&says(0));
    world.first_use(0).expect_code(0);
    world.change();
    let _log = world.serve();
    let refused = world.review(&[]).refuse_all();
    assert!(refused.text.contains(NOBODYS), "{}", refused.text);
    assert!(refused.text.contains("the newest release"), "{}", refused.text);
    // A person may still say yes to exactly these words.
    world.review(&[]).approve_all().expect_code(0);
    expect::nothing_is_held(&world.stage, &mut world.stage.session(), &["look", "read"]);
    assert_eq!(world.json(&[])["publisher"]["sequence"], 1, "it keeps its publisher");
}

#[test]
fn a_log_that_does_not_answer_is_said_and_the_words_are_nobodys() {
    let mut world = World::new();
    world.publish(&says(0));
    world.first_use(0).expect_code(0);
    world.change();
    let outcome = world.review(&[]).refuse_all();
    assert!(outcome.text.contains("its log gave no answer"), "{}", outcome.text);
    assert!(outcome.text.contains(NOBODYS), "{}", outcome.text);
}

#[test]
fn a_published_change_is_said_to_be_and_asked_about_once() {
    let mut world = World::new();
    world.publish(&says(0));
    world.first_use(0).expect_code(0);
    world.publish(&says(1));
    world.change();
    let _log = world.serve();
    let document = world.json(&[]);
    assert_eq!(document["release"]["sequence"], 2, "{document:#}");
    assert_eq!(
        (&document["release"]["source"], &document["release"]["newest"]),
        (&"log".into(), &true.into())
    );
    let outcome = world.review(&[]).approve_all().expect_code(0);
    assert_eq!(challenges(&outcome), 1, "{}", outcome.text);
    for part in ["the release below has exactly these words", "1.1.0", "Look twice."] {
        assert!(outcome.text.contains(part), "{part}: {}", outcome.text);
    }
    assert!(!outcome.text.contains(NOBODYS), "{}", outcome.text);
    expect::nothing_is_held(&world.stage, &mut world.stage.session(), &["look", "read"]);
    assert_eq!(world.json(&[])["publisher"]["sequence"], 2);
}

#[test]
fn a_name_finds_the_release_in_the_log_that_is_trusted_for_it() {
    let mut world = World::new();
    world.publish(&says(0));
    let _log = world.serve();
    let client = world.stage.waiting_session();
    let outcome = world.review(&["--name", NAME]).approve_all().expect_code(0);
    client.close();
    assert_eq!(challenges(&outcome), 2, "{}", outcome.text);
    expect::nothing_is_held(&world.stage, &mut world.stage.session(), &["look", "read"]);
    let nobody = world.json(&["--name", "io.github.other/files"]);
    assert_eq!(nobody["error"]["code"], "CLAIM_UNTRUSTED", "{nobody:#}");
}

#[test]
fn a_release_of_another_package_than_the_launch_names_is_refused() {
    let mut world = World::new();
    world.publish(&says(0));
    let mut gate = world.stage.home.pinfold(["run", "--as", LABEL, "--", "npx", "-y"]);
    gate.arg("another-package");
    let client = pinfold_tests::client::Client::connect(gate);
    client.complaint("pinfold review");
    world.refuses(&world.bundle(0), "IDENTITY_MISMATCH");
    client.close();
}

#[test]
fn a_bundle_of_another_server_of_the_same_publisher_is_refused() {
    let mut world = World::new();
    world.publish(&says(0));
    world.first_use(0).expect_code(0);
    world.publish_of("io.github.acme/other", &says(1), 60);
    world.change();
    world.refuses(&world.bundle(1), "SUBJECT_MISMATCH");
}

#[test]
fn an_older_release_than_the_approved_one_is_refused() {
    let mut world = World::new();
    world.publish(&says(1));
    world.publish(&says(0));
    world.first_use(1).expect_code(0);
    world.change();
    world.refuses(&world.bundle(0), "VERSION_ROLLBACK");
    // Also on a machine that lost what it saw: the approval itself is a mark.
    std::fs::remove_dir_all(world.stage.home.path().join(".local/state/pinfold/seen")).unwrap();
    world.refuses(&world.bundle(0), "VERSION_ROLLBACK");
}

#[test]
fn a_withdrawn_release_is_refused() {
    let mut world = World::new();
    let release = world.publish(&says(0));
    let withdrawal = world.publisher.withdraw(&world.releases[release].0);
    world.log.submit(&withdrawal);
    world.log.publish(now() - 30);
    let client = world.stage.waiting_session();
    world.refuses(&world.bundle(release), "REVOKED");
    client.close();
}

#[test]
fn a_head_that_nobody_witnessed_for_long_approves_nothing() {
    let mut world = World::new();
    world.publish_of(NAME, &says(0), 3 * 86_400);
    let client = world.stage.waiting_session();
    world.refuses(&world.bundle(0), "CHECKPOINT_STALE");
    client.close();
}

#[test]
fn a_clock_that_was_set_back_is_noticed() {
    let mut world = World::new();
    world.publish(&says(0));
    world.first_use(0).expect_code(0);
    // Witnesses have stamped a later time than this machine's clock shows now.
    let head = world.stage.home.path().join(".local/state/pinfold/seen/log.example/head.json");
    let text = std::fs::read_to_string(&head).unwrap();
    let seen: Value = serde_json::from_str(&text).unwrap();
    let time = seen["quorum_time"].as_u64().unwrap();
    std::fs::write(&head, text.replace(&time.to_string(), &(now() + 3_600).to_string())).unwrap();
    world.refuses(&world.bundle(0), "CLOCK_SKEW");
}

#[test]
fn an_edited_manifest_and_the_proof_of_another_entry_are_refused() {
    let mut world = World::new();
    world.publish(&says(0));
    world.publish(&says(1));
    let client = world.stage.waiting_session();
    let (_, first, _) = &world.releases[0];
    let second_index = world.releases[1].2;
    let swapped = world.log.bundle(second_index, first.as_bytes());
    world.refuses(&world.write("swapped", &swapped), "MANIFEST_MISMATCH");
    let bundle = String::from_utf8(world.log.bundle(second_index, world.releases[1].1.as_bytes())).unwrap();
    let other = format!("index {}", world.releases[0].2);
    let moved = bundle.replace(&format!("index {second_index}"), &other);
    assert_ne!(moved, bundle, "the index stands in the proofs");
    world.refuses(&world.write("moved", moved.as_bytes()), "LOG_ENTRY_MISMATCH");
    client.close();
}

#[test]
fn a_log_that_nobody_trusts_is_refused() {
    let mut world = World::new();
    let mut other = TinyLog::new("other.example", 2, 2);
    let publisher = Publisher::claim(&mut other, "io.github.acme", "acme");
    let manifest = manifest_of(NAME, "1.0.0", &says(0));
    let index = other.submit(&publisher.release(&manifest, None));
    other.publish(now() - 60);
    world.publish(&says(0));
    let client = world.stage.waiting_session();
    let file = world.write("copy", &other.bundle(index, manifest.as_bytes()));
    world.refuses(&file, "LOG_UNTRUSTED");
    client.close();
}

#[test]
fn another_publisher_is_a_question_of_its_own_and_only_if_it_is_trusted() {
    let mut world = World::new();
    world.publish(&says(0));
    world.first_use(0).expect_code(0);
    let mut log = TinyLog::new("log.example", 2, 2);
    let stranger = Publisher::claim(&mut log, "io.github.acme", "stranger");
    let manifest = manifest_of(NAME, "9.0.0", &says(0));
    let index = log.submit(&stranger.release(&manifest, None));
    log.publish(now() - 10);
    std::fs::remove_dir_all(world.stage.home.path().join(".local/state/pinfold/seen")).unwrap();
    let file = world.write("stranger", &log.bundle(index, manifest.as_bytes()));
    world.refuses(&file, "KEY_DISCONTINUITY");
    // A person who trusts it is asked whether it takes the place of the one before.
    world.trust_claim("http://127.0.0.1:9", &stranger.claim_id().to_string());
    let refused = world.review(&["--bundle", &file]).refuse_all();
    assert!(refused.text.contains("ANOTHER PUBLISHER"), "{}", refused.text);
    assert_eq!(world.json(&[])["publisher"]["claim"], world.publisher.claim_id().to_string());
    world.review(&["--bundle", &file]).approve_all().expect_code(0);
    let publisher = world.json(&[])["publisher"].clone();
    assert_eq!(publisher["claim"], stranger.claim_id().to_string());
}

#[test]
fn without_a_terminal_a_bundle_decides_nothing_and_no_word_of_it_is_printed() {
    let mut world = World::new();
    world.publish(&says(0));
    let client = world.stage.waiting_session();
    for arguments in [vec!["review", LABEL, "--bundle"], vec!["review", LABEL, "--json", "--bundle"]] {
        let file = world.bundle(0);
        let output = world.stage.output(&[arguments, vec![file.as_str()]].concat());
        assert_eq!(output.status.code(), Some(4), "{}", describe(&output));
        let printed =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!printed.contains("Look."), "{printed}");
    }
    client.close();
    assert!(world.json(&[])["publisher"].is_null());
}

/// What `status` says of the last look-up, once there is one that fits.
fn looked_up(world: &World, outcome: &str) -> Value {
    let end = Instant::now() + PATIENCE;
    loop {
        let found = world.stage.status()["servers"][0]["lookup"].clone();
        if found["outcome"] == outcome {
            return found;
        }
        assert!(Instant::now() < end, "the look-up says {found:#}, not {outcome}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The next start looks up again, as if a day had passed.
fn a_day_later(world: &World) {
    let file = world.stage.home.path().join(".local/state/pinfold/lookups/demo.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let at = document["at"].as_u64().unwrap();
    std::fs::write(&file, text.replace(&at.to_string(), &(at - 86_400).to_string())).unwrap();
}

#[test]
fn a_signed_label_is_looked_up_once_a_day_and_status_says_what_was_found() {
    let mut world = World::new();
    world.publish(&says(0));
    world.first_use(0).expect_code(0);
    let served = world.serve();
    world.stage.session().close();
    looked_up(&world, "same");
    // What happens at the log now is not asked for on the same day.
    world.publish(&says(1));
    served.serve(world.answers());
    world.stage.session().close();
    assert_eq!(world.stage.status()["servers"][0]["lookup"]["outcome"], "same");
    a_day_later(&world);
    let client = world.stage.session();
    let found = looked_up(&world, "newer");
    assert_eq!((&found["sequence"], &found["version"]), (&Value::from(2), &Value::from("1.1.0")));
    client.close();
    let withdrawal = world.publisher.withdraw(&world.releases[0].0);
    world.log.submit(&withdrawal);
    world.log.publish(now() - 5);
    served.serve(world.answers());
    a_day_later(&world);
    let client = world.stage.session();
    looked_up(&world, "withdrawn");
    client.close();
    let told = world.stage.output(&["status", LABEL]);
    assert!(String::from_utf8_lossy(&told.stdout).contains("WITHDRAWN"), "{}", describe(&told));
}

#[test]
fn a_log_that_is_silent_makes_no_start_wait_and_a_forked_one_is_refused() {
    let mut world = World::new();
    world.publish(&says(0));
    world.first_use(0).expect_code(0);
    let mut client = world.stage.session();
    assert_eq!(client.names("tools/list"), ["look", "read"]);
    looked_up(&world, "no-answer");
    client.close();
    // Another history of the same log, of the same size.
    let mut fork = TinyLog::new("log.example", 2, 2);
    let acme = Publisher::claim(&mut fork, "io.github.acme", "acme");
    let manifest = manifest_of(NAME, "6.6.6", &says(1));
    fork.submit(&acme.release(&manifest, None));
    fork.publish(now() - 5);
    let served = Served::new(answers(&fork, fork.heads.len() - 1, &[NAME]));
    world.trust(&served.url);
    a_day_later(&world);
    let client = world.stage.session();
    let found = looked_up(&world, "refused");
    client.close();
    assert_eq!(found["code"], "LOG_INCONSISTENT", "{found:#}");
    let evidence = std::fs::read_dir(world.stage.home.path().join(".local/state/pinfold/evidence"));
    assert!(evidence.is_ok_and(|folder| folder.count() == 1), "both heads are kept");
}

#[test]
fn a_log_past_its_grace_is_said_at_every_start() {
    let mut world = World::new();
    world.publish(&says(0));
    world.first_use(0).expect_code(0);
    let file = world.stage.home.path().join(".local/state/pinfold/seen/log.example/head.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let seen: Value = serde_json::from_str(&text).unwrap();
    let time = seen["quorum_time"].as_u64().unwrap();
    std::fs::write(&file, text.replace(&time.to_string(), &(time - 30 * 86_400).to_string())).unwrap();
    for _ in 0..2 {
        let mut client = world.stage.session();
        client.complaint("CHECKPOINT_STALE");
        assert_eq!(client.names("tools/list"), ["look", "read"], "what is approved goes on");
        client.close();
    }
}

/// Release 1 is approved by its bundle; release 2, with other words, is four days old, and the gate has looked it up.
fn with_a_published_update() -> (World, Served) {
    const DAY: u64 = 86_400;
    let mut world = World::new();
    world.publish_of(NAME, &says(0), 5 * DAY);
    world.publish_of(NAME, &says(1), 4 * DAY);
    world.log.witness_again(&[now() - 60; 2]);
    world.first_use(0).expect_code(0);
    let served = world.serve();
    let client = world.stage.session();
    looked_up(&world, "newer");
    client.close();
    world.stage.server.set_state(1);
    (world, served)
}

/// What a new session lists once its server was looked at.
fn listed(world: &World) -> Vec<String> {
    let mut client = world.stage.session();
    let names = client.names("tools/list");
    client.close();
    names
}

fn policy(world: &World, lines: &str) {
    world.stage.home.write_policy(&format!("[server.{LABEL}]\n{lines}"));
}

#[test]
fn a_published_update_passes_by_the_policy_and_status_says_so() {
    let (world, _log) = with_a_published_update();
    let held = ["read", expect::NOTICE];
    let update = |world: &World| world.stage.status()["servers"][0]["update"].clone();
    assert_eq!(listed(&world), held, "without a word of the policy every change is asked about");
    assert!(update(&world).is_null());
    policy(&world, "updates = \"signed\"");
    assert_eq!(listed(&world), held, "other words are power");
    assert_eq!(update(&world)["let_through"], Value::from(Vec::<Value>::new()));
    policy(&world, "updates = \"signed\"\nprose = \"allow\"\nmin_age = \"30d\"");
    assert_eq!(listed(&world), held, "it is too young");
    assert_eq!(update(&world)["refused"], "too-young");
    policy(&world, "updates = \"signed\"\nprose = \"allow\"");
    let mut client = world.stage.session();
    assert_eq!(client.names("tools/list"), ["look", "read"]);
    assert!(client.has_received("Look twice."), "it is the published definition");
    client.close();
    assert_eq!(update(&world)["let_through"][0]["name"], "look");
    let told = world.stage.output(&["status", LABEL]);
    assert!(String::from_utf8_lossy(&told.stdout).contains("passing by your policy"), "{}", describe(&told));
    // Nothing was recorded: without the policy it is held again.
    policy(&world, "updates = \"ask\"");
    assert_eq!(listed(&world), held);
}

#[test]
fn a_person_and_a_damaged_bundle_take_an_update_back() {
    let (world, _log) = with_a_published_update();
    let held = ["read", expect::NOTICE];
    assert_eq!(listed(&world), held);
    let terms = "updates = \"signed\"\nprose = \"allow\"";
    let bundle = world.stage.home.path().join(".local/state/pinfold/lookups/demo.pinfold");
    let good = std::fs::read_to_string(&bundle).unwrap();
    policy(&world, terms);
    assert_eq!(listed(&world), ["look", "read"]);
    std::fs::write(&bundle, good.replace("Look twice.", "Look away..")).unwrap();
    assert_eq!(listed(&world), held, "an edited bundle lets nothing through");
    std::fs::remove_file(&bundle).unwrap();
    assert_eq!(listed(&world), held, "nor does one that is gone");
    // What is held is there to be decided about, and a no counts more than the policy.
    assert_eq!(world.review(&[]).reject_all().code(), 1);
    std::fs::write(&bundle, good).unwrap();
    assert_eq!(listed(&world), held);
}
