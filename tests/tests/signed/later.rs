//! After the first use: the daily look-up, and updates that the policy lets pass.

use std::time::{Duration, Instant};

use pinfold_tests::PATIENCE;
use pinfold_tests::expect;
use pinfold_tests::scenario::{Scenario, Step};
use pinfold_tests::stage::{LABEL, describe};
use serde_json::Value;

use crate::lying_log::{Served, answers, now};
use crate::tiny_log::{Publisher, TinyLog, manifest_of};
use crate::world::{NAME, World, says};

/// What `status` says of the last look-up, once there is one that fits.
pub(crate) fn looked_up(world: &World, outcome: &str) -> Value {
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
pub(crate) fn a_day_later(world: &World) {
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

fn with_a_published_update() -> (World, Served) {
    updated(&[says(0), says(1)], &says(1))
}

/// Release 1 is the first generation and approved by its bundle. Release 2 is `published` and four days old; the gate has
/// looked it up. The server says the second generation now.
pub(crate) fn updated(generations: &[Vec<String>], published: &[String]) -> (World, Served) {
    const DAY: u64 = 86_400;
    let mut world = World::saying(generations);
    world.publish_of(NAME, &generations[0], 5 * DAY);
    world.publish_of(NAME, published, 4 * DAY);
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
pub(crate) fn listed(world: &World) -> Vec<String> {
    let mut client = world.stage.session();
    let names = client.names("tools/list");
    client.close();
    names
}

pub(crate) fn policy(world: &World, lines: &str) {
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
    assert_eq!(
        update(&world)["asks"],
        serde_json::json!([{"kind": "tool", "name": "look", "because": "words"}])
    );
    let told = describe(&world.stage.output(&["status", LABEL]));
    assert!(
        told.contains("tool look of release") && told.contains("asks (words): its words changed"),
        "{told}"
    );
    policy(&world, "updates = \"signed\"\nprose = \"allow\"\nmin_age = \"30d\"");
    assert_eq!(listed(&world), held, "it is too young");
    assert_eq!(update(&world)["refused"], "too-young");
    assert_eq!(update(&world)["asks"], serde_json::json!([]), "the one reason is the release's");
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

#[test]
fn what_a_release_approved_is_answered_as_the_server_writes_it() {
    let mut world = World::new();
    world.publish(&says(0));
    world.first_use(0).expect_code(0);
    let as_written = &says(0)[0];
    assert!(as_written.starts_with(r#"{"name":"#), "a manifest has its members in another order");
    // The first session shows the gate how the server writes it, the second is answered before the server is there.
    world.stage.session().close();
    world.stage.server.play(&Scenario::of_tools(&says(0)).on("start", [Step::Exit(3)]));
    let mut client = world.stage.early_session();
    assert_eq!(client.names("tools/list"), ["look", "read"]);
    assert!(client.has_received(as_written), "{}", client.account());
    client.close();
}
