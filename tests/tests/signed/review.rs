//! A release in a review: what it answers, and every way in which it is refused.

use pinfold_tests::expect;
use pinfold_tests::stage::{LABEL, describe};
use pinfold_tests::terminal::Outcome;
use serde_json::Value;

use crate::lying_log::{Answers, answers, now};
use crate::tiny_log::{Publisher, TinyLog, manifest_of};
use crate::world::{NAME, NOBODYS, World, says};

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
fn a_release_for_a_label_that_nobody_knows_or_that_has_it_already_asks_nothing() {
    let mut world = World::new();
    world.publish(&says(0));
    let file = world.bundle(0);
    let unknown = world.json(&["--bundle", &file]);
    assert_eq!(unknown["error"]["code"], "LABEL_UNKNOWN", "{unknown:#}");
    world.stage.approve();
    let open = world.json(&["--bundle", &file]);
    assert_eq!(open["exit"], 4, "whose the words are waits for a person: {open:#}");
    world.review(&["--bundle", &file]).approve_all().expect_code(0);
    let again = world.review(&["--bundle", &file]).approve_all().expect_code(0);
    assert!(again.text.contains("Nothing of `demo` waits for you."), "{}", again.text);
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
fn a_server_that_was_set_back_is_said_to_say_what_an_older_release_said() {
    let mut world = World::new();
    world.publish(&says(1));
    world.publish(&says(0));
    world.first_use(1).expect_code(0);
    world.change();
    let served = world.serve();
    let older = "An OLDER release has exactly these: 1.0.0, number 1, entry 1 of the log log.example.";
    let refused = world.review(&[]).refuse_all();
    let text = refused.text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(NOBODYS) && text.contains(older), "{}", refused.text);
    // One that its publisher withdrew is said to be.
    let withdrawal = world.publisher.withdraw(&world.releases[0].0);
    world.log.submit(&withdrawal);
    world.log.publish(now() - 5);
    served.serve(world.answers());
    let refused = world.review(&[]).refuse_all();
    let text = refused.text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("log.example, which its publisher withdrew."), "{}", refused.text);
    // A log that does not give the release says nothing of it, and refuses nothing.
    let mut silent = world.answers();
    silent.retain(|path, _| !path.starts_with("/history/"));
    served.serve(silent);
    let refused = world.review(&[]).refuse_all();
    assert!(refused.text.contains(NOBODYS) && !refused.text.contains("OLDER"), "{}", refused.text);
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
fn a_name_of_which_nothing_is_published_and_lost_words_are_two_answers() {
    let mut world = World::new();
    world.publish(&says(0));
    let served = world.serve();
    let client = world.stage.waiting_session();
    let none = "io.github.acme/none";
    let head = world.log.heads.len() - 1;
    let all: Answers = world.answers().into_iter().chain(answers(&world.log, head, &[none])).collect();
    served.serve(all);
    let nothing = world.json(&["--name", none]);
    assert_eq!((&nothing["exit"], &nothing["error"]["code"]), (&1.into(), &"NOT_PUBLISHED".into()));
    assert!(nothing["error"]["message"].as_str().unwrap().contains(none), "{nothing:#}");
    assert!(nothing["error"]["hint"].as_str().unwrap().starts_with("check the name"), "{nothing:#}");
    let mut lost = world.answers();
    lost.retain(|path, _| !path.starts_with("/manifest/"));
    served.serve(lost);
    let absent = world.json(&["--name", NAME]);
    assert_eq!((&absent["exit"], &absent["error"]["code"]), (&3.into(), &"MANIFEST_ABSENT".into()));
    assert!(absent["error"]["hint"].as_str().unwrap().ends_with("`--bundle FILE`"), "{absent:#}");
    let outcome = world.review(&["--name", NAME]).finish().expect_code(3);
    expect::is_one_clear_error(&outcome.text);
    assert_eq!(world.stage.server.starts(), 0, "nothing was started");
    // The bundle that the hint asks for has the words.
    world.review(&["--bundle", &world.bundle(0)]).approve_all().expect_code(0);
    client.close();
    // Of a label with a publisher the words are nobody's until they can be had again.
    world.publish(&says(1));
    let mut lost = world.answers();
    lost.retain(|path, _| !path.starts_with("/manifest/"));
    served.serve(lost);
    world.change();
    let refused = world.review(&[]).refuse_all();
    assert!(refused.text.contains(NOBODYS) && refused.text.contains("MANIFEST_ABSENT"), "{}", refused.text);
    served.serve(world.answers());
    let found = world.review(&[]).refuse_all();
    assert!(!found.text.contains(NOBODYS), "{}", found.text);
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
