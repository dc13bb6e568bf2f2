//! Observations: what is kept, what gives way, and that none of it approves.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::fs;

use pinfold_core::answer::{Answer, AnsweredObject};
use pinfold_core::digest::{ObjectKind, file_digest};
use pinfold_core::launch::Launch;
use pinfold_core::pins::{ApprovalState, Ask, Decision, UnixSeconds};
use pinfold_core::reason::ReasonCode;
use pinfold_store::{
    Access, Counters, Exit, FileKey, GateRow, GateState, Held, MAX_ANSWERS_A_LABEL, MAX_PENDING_BYTES,
    MAX_REQUESTS, MAX_REQUESTS_A_FOLDER, MAX_WRAPPERS, Noted, ProcessStamp, Request, Store, StoreError,
    StoredObject, Wrapper,
};
use support::*;

fn request(number: u32, folder: &str, created: u64) -> Request {
    Request {
        label: demo(),
        launch: launch(number),
        folder: folder.to_owned(),
        client: String::from("client \u{1b}[31m"),
        values_shown: vec![(String::from("LEVEL"), String::from("3"))],
        withheld: vec![String::from("API_KEY")],
        reason: ReasonCode::ServerUnknown,
        created: UnixSeconds(created),
    }
}

fn held(object: pinfold_store::StoredObject) -> Held {
    Held {
        object,
        name: String::from("read"),
        reason: ReasonCode::DescChanged,
        pointer: String::from("/description"),
        compared_with: Some(tool(1).digest),
        fault: None,
    }
}

#[test]
fn requests_are_one_a_launch_and_the_oldest_gives_way() {
    let home = Home::new();
    let store = home.write().unwrap();
    store.record_request(&request(1, "/a", 1)).unwrap();
    store.record_request(&request(1, "/b", 2)).unwrap();
    assert_eq!(store.requests().unwrap(), [request(1, "/b", 2)]);
    for number in 2..20 {
        store.record_request(&request(number, "/a", 10)).unwrap();
    }
    let of_folder = |folder: &str| {
        let requests = store.requests().unwrap();
        requests.into_iter().filter(|request| request.folder == folder).collect::<Vec<_>>()
    };
    let newest: Vec<_> = (12..20).rev().map(|number| request(number, "/a", 10)).collect();
    assert_eq!(newest.len(), MAX_REQUESTS_A_FOLDER);
    assert_eq!(of_folder("/a"), newest);
    assert_eq!(of_folder("/b").len(), 1, "another folder's request stays");
    for number in 100..200 {
        store.record_request(&request(number, &format!("/{number}"), u64::from(number))).unwrap();
    }
    let all = home.read().unwrap().requests().unwrap();
    assert_eq!(all.len(), MAX_REQUESTS);
    assert_eq!(all[0], request(199, "/199", 199));
    assert!(of_folder("/b").is_empty());
    store.remove_request(&launch(199).digest()).unwrap();
    assert_eq!(store.requests().unwrap().len(), MAX_REQUESTS - 1);
    assert_eq!(store.pins().labels().count(), 0);
}

#[test]
fn a_request_that_is_too_large_is_refused() {
    let home = Home::new();
    let store = home.write().unwrap();
    let large = Request { client: "c".repeat(1 << 20), ..request(1, "/a", 1) };
    assert!(matches!(store.record_request(&large), Err(StoreError::TooLarge(_))));
    assert_eq!(store.requests().unwrap(), []);
}

#[test]
fn a_decision_answers_its_request_even_if_more_variables_are_let_through() {
    let home = Home::new();
    let mut store = home.write().unwrap();
    for number in 1..=3 {
        store.record_request(&request(number, "/a", u64::from(number))).unwrap();
    }
    let other_label = Request { label: "other".parse().unwrap(), ..request(4, "/a", 4) };
    store.record_request(&other_label).unwrap();
    let passes = [String::from("API_KEY")].into_iter().collect();
    let approved = Launch { passes, ..launch(1) };
    decide(
        &mut store,
        vec![
            Decision::LaunchApproved { label: demo(), launch: approved, replaces: Vec::new() },
            Decision::LaunchRejected { label: demo(), launch: launch(2) },
            Decision::LaunchRejected { label: demo(), launch: launch(4) },
        ],
    )
    .unwrap();
    assert_eq!(store.requests().unwrap(), [other_label.clone(), request(3, "/a", 3)]);
    // A gate that did not know yet notes its request after the decision.
    store.record_request(&request(1, "/a", 9)).unwrap();
    assert_eq!(store.requests().unwrap(), [other_label, request(3, "/a", 3)]);
}

#[test]
fn held_objects_wait_until_they_are_decided() {
    let home = Home::with_words();
    let mut store = home.write().unwrap();
    let launch = launch(1).digest();
    let words = [tool(2), tool(3), tool(4)];
    let record = |store: &Store, at| {
        let held: Vec<_> = words.iter().cloned().map(held).collect();
        store.record_held(&demo(), &launch, &held, UnixSeconds(at)).unwrap();
    };
    record(&store, 10);
    record(&store, 20);
    let pending = store.pending(&"DEMO".parse().unwrap()).unwrap();
    assert_eq!(pending.len(), 3);
    assert_eq!((pending[0].first_seen, pending[0].last_seen), (UnixSeconds(10), UnixSeconds(20)));
    assert_eq!((pending[0].digest, pending[0].reason), (tool(2).digest, ReasonCode::DescChanged));
    assert_eq!(pending[0].compared_with, Some(tool(1).digest));
    assert_eq!(store.object(&tool(3).digest).unwrap(), tool(3));
    assert_eq!(tool_state(&home.read().unwrap(), 2), None, "holding approves nothing");

    let seen = store.head();
    let reject = Decision::ObjectRejected {
        label: demo(),
        kind: ObjectKind::Tool,
        name: String::from("read"),
        digest: tool(3).digest,
    };
    // The bytes are there already.
    let decisions = vec![approval(&tool(2), Some(tool(1).digest)), reject];
    store.decide(ruling(seen, decisions, Vec::new())).unwrap();
    assert_eq!(store.pending(&demo()).unwrap().len(), 1);
    // What comes again after a decision says what the decision was; what is approved does not wait.
    record(&store, 30);
    let states: Vec<_> =
        store.pending(&demo()).unwrap().iter().map(|object| (object.digest, object.state)).collect();
    let expected = [(tool(4).digest, None), (tool(3).digest, Some(ApprovalState::Rejected))];
    assert_eq!(states.len(), 2);
    assert!(expected.iter().all(|state| states.contains(state)), "{states:?}");
}

#[test]
fn a_question_that_settled_itself_leaves_the_list() {
    let home = Home::with_words();
    let store = home.write().unwrap();
    let launch = launch(1).digest();
    let other = Held { name: String::from("write"), ..held(tool(4)) };
    store.record_held(&demo(), &launch, &[held(tool(2)), held(tool(3)), other], NOW).unwrap();
    let quiet = "quiet".parse().unwrap();
    store.record_held(&quiet, &launch, &[held(tool(2))], NOW).unwrap();
    store.settle_passing(&demo(), &[(ObjectKind::Tool, String::from("read"))]).unwrap();
    store.settle_passing(&demo(), &[(ObjectKind::Prompt, String::from("write"))]).unwrap();
    let names: Vec<_> =
        store.pending(&demo()).unwrap().into_iter().map(|object| (object.name, object.digest)).collect();
    assert_eq!(names, [(String::from("write"), tool(4).digest)]);
    assert_eq!(store.pending(&quiet).unwrap().len(), 1, "another label's questions stay");
    assert!(matches!(store.object(&tool(3).digest), Err(StoreError::ObjectMissing(_))));
    assert_eq!(store.object(&tool(2).digest).unwrap(), tool(2), "its words as well");
    assert_eq!(tool_state(&store, 1), Some(ApprovalState::Approved));
}

#[test]
fn words_that_a_gate_lies_about_are_not_stored() {
    let home = Home::with_words();
    let store = home.write().unwrap();
    let forged = pinfold_store::StoredObject { bytes: tool(3).bytes, ..tool(2) };
    let error = store.record_held(&demo(), &launch(1).digest(), &[held(forged)], NOW).unwrap_err();
    assert!(matches!(error, StoreError::ObjectWrong(_)), "{error:?}");
    assert_eq!(store.pending(&demo()).unwrap(), []);
}

#[test]
fn of_a_flood_of_words_the_oldest_give_way_and_other_labels_keep_theirs() {
    let home = Home::with_words();
    let store = home.write().unwrap();
    let quiet = "quiet".parse().unwrap();
    store.record_held(&quiet, &launch(2).digest(), &[held(tool(9))], NOW).unwrap();
    let big = |number: u32| {
        let text = format!("{{\"name\":\"read\",\"description\":\"{number} {}\"}}", "x".repeat(900_000));
        object(ObjectKind::Tool, &text)
    };
    for number in 0..90 {
        store
            .record_held(&demo(), &launch(1).digest(), &[held(big(number))], UnixSeconds(u64::from(number)))
            .unwrap();
    }
    let pending = store.pending(&demo()).unwrap();
    let bytes: usize = pending.iter().map(|object| store.object(&object.digest).unwrap().bytes.len()).sum();
    assert!(bytes <= MAX_PENDING_BYTES && bytes > MAX_PENDING_BYTES / 2, "{bytes}");
    assert_eq!(pending.last().unwrap().digest, big(89).digest);
    assert!(matches!(store.object(&big(0).digest), Err(StoreError::ObjectMissing(_))));
    assert_eq!(store.pending(&quiet).unwrap().len(), 1);
    assert_eq!(store.object(&tool(1).digest).unwrap(), tool(1), "approved words never give way");
}

#[test]
fn asks_wait_until_they_are_decided() {
    let home = Home::with_words();
    let mut store = home.write().unwrap();
    let launch = launch(1).digest();
    store.record_ask(&demo(), &launch, Ask::Sampling, UnixSeconds(5)).unwrap();
    store.record_ask(&demo(), &launch, Ask::Sampling, UnixSeconds(6)).unwrap();
    let pending = store.pending_asks(&demo()).unwrap();
    assert_eq!(pending.len(), 1);
    assert_eq!((pending[0].ask, pending[0].first_seen), (Ask::Sampling, UnixSeconds(5)));
    decide(&mut store, vec![Decision::AskRejected { label: demo(), ask: Ask::Sampling }]).unwrap();
    store.record_ask(&demo(), &launch, Ask::Sampling, UnixSeconds(7)).unwrap();
    assert_eq!(store.pending_asks(&demo()).unwrap(), []);
}

#[test]
fn a_name_that_was_missing_is_remembered_until_it_passes_or_is_approved_anew() {
    let home = Home::with_words();
    let mut store = home.write().unwrap();
    let name = (ObjectKind::Tool, String::from("read"));
    for at in [5, 9] {
        store.record_absent(&demo(), std::slice::from_ref(&name), UnixSeconds(at)).unwrap();
    }
    let other = (ObjectKind::Prompt, String::from("read"));
    store.settle_passing(&demo(), &[other]).unwrap();
    assert_eq!(store.absent(&demo()).unwrap(), [(name.clone(), UnixSeconds(5))].into_iter().collect());
    approve_tool(&mut store, 2, Some(1)).unwrap();
    assert!(store.absent(&demo()).unwrap().is_empty());
    store.record_absent(&demo(), std::slice::from_ref(&name), UnixSeconds(11)).unwrap();
    store.settle_passing(&demo(), &[name]).unwrap();
    assert!(store.absent(&demo()).unwrap().is_empty());
}

#[test]
fn a_held_server_is_noted_and_let_go() {
    let home = Home::with_words();
    let store = home.write().unwrap();
    let launch = launch(1).digest();
    store.record_hold(&demo(), &launch, Some((ReasonCode::DupToolName, "/tools/1")), NOW).unwrap();
    store.record_hold(&demo(), &launch, Some((ReasonCode::JsonDupKey, "/tools")), NOW).unwrap();
    let holds = store.holds(&demo()).unwrap();
    assert_eq!(holds.len(), 1);
    assert_eq!((holds[0].reason, holds[0].pointer.as_str()), (ReasonCode::JsonDupKey, "/tools"));
    store.record_hold(&demo(), &launch, None, NOW).unwrap();
    assert_eq!(store.holds(&demo()).unwrap(), []);
}

#[test]
fn gates_that_have_ended_are_not_listed() {
    let home = Home::new();
    let store = home.write().unwrap();
    let this = ProcessStamp::of_self().unwrap();
    let row = |process: &ProcessStamp, state| GateRow {
        process: process.clone(),
        label: "Demo".parse().unwrap(),
        launch: launch(1).digest(),
        state,
        detail: String::from("detail"),
        updated: NOW,
    };
    let ended = ProcessStamp { start_ticks: this.start_ticks.wrapping_add(1), ..this.clone() };
    store.set_gate(&row(&ended, GateState::Waiting)).unwrap();
    store.set_gate(&row(&this, GateState::Waiting)).unwrap();
    store.set_gate(&row(&this, GateState::Ready)).unwrap();
    assert_eq!(store.gates().unwrap(), [row(&this, GateState::Ready)]);
    assert_eq!(home.read().unwrap().gates().unwrap().len(), 1);
    store.remove_gate(&this).unwrap();
    assert_eq!(store.gates().unwrap(), []);
}

#[test]
fn counters_exits_and_notices() {
    let home = Home::new();
    let store = home.write().unwrap();
    assert_eq!(store.counters(&demo()).unwrap(), Counters::default());
    for dropped_notifications in [2, u64::MAX] {
        store.add_counters(&demo(), Counters { junk_lines: 1, dropped_notifications }).unwrap();
    }
    let counters = store.counters(&"DEMO".parse().unwrap()).unwrap();
    assert_eq!(counters, Counters { junk_lines: 2, dropped_notifications: 1 << 53 });

    let exit = Exit { launch: launch(1).digest(), at: NOW, how: String::from("exit status 1") };
    assert_eq!(store.last_exit(&demo()).unwrap(), None);
    store.record_exit(&demo(), &exit).unwrap();
    assert_eq!(store.last_exit(&demo()).unwrap(), Some(exit));

    let digest = file_digest(b"words");
    assert!(store.notify_once(&digest, NOW).unwrap());
    assert!(!store.notify_once(&digest, NOW).unwrap());

    for (bytes, at) in [(b"one", 1), (b"two", 2), (b"one", 3)] {
        store.record_interpreter("/usr/bin/node", &file_digest(bytes), UnixSeconds(at)).unwrap();
    }
    let seen = store.interpreter_sightings("/usr/bin/node").unwrap();
    assert_eq!(seen, [(file_digest(b"one"), UnixSeconds(1)), (file_digest(b"two"), UnixSeconds(2))]);
}

#[test]
fn forgetting_a_label_drops_its_observations() {
    let home = Home::with_words();
    let mut store = home.write().unwrap();
    let launch = launch(1).digest();
    store.record_held(&demo(), &launch, &[held(tool(2))], NOW).unwrap();
    store.record_ask(&demo(), &launch, Ask::Sampling, NOW).unwrap();
    store.add_counters(&demo(), Counters { junk_lines: 1, dropped_notifications: 0 }).unwrap();
    decide(&mut store, vec![Decision::LabelForgotten { label: demo() }]).unwrap();
    assert_eq!(store.pending(&demo()).unwrap(), []);
    assert_eq!(store.pending_asks(&demo()).unwrap(), []);
    assert_eq!(store.counters(&demo()).unwrap(), Counters::default());
    assert!(matches!(store.object(&tool(2).digest), Err(StoreError::ObjectMissing(_))));
    assert_eq!(store.object(&tool(1).digest).unwrap(), tool(1), "history can still be shown");
}

#[test]
fn the_digest_of_a_file_is_remembered_for_exactly_that_file() {
    let home = Home::new();
    let store = home.write().unwrap();
    let path = home.path().join("program");
    let key = || FileKey::new(&path, &fs::metadata(&path).unwrap()).unwrap();
    let write = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        key()
    };
    let first = write(b"first");
    let digest = file_digest(b"first");
    let now = fs::metadata(&path).unwrap().modified().unwrap();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    store.record_file_digest(&first, &digest, UnixSeconds(now + 1)).unwrap();
    assert_eq!(store.file_digest(&first).unwrap(), None, "it could still change within one tick");
    store.record_file_digest(&first, &digest, UnixSeconds(now + 10)).unwrap();
    assert_eq!(store.file_digest(&first).unwrap(), Some(digest));
    // The same size and, set back, the same time of modification: the time of change tells.
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    write(b"other");
    fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), modified);
    assert_eq!(store.file_digest(&key()).unwrap(), None);
    // Another file in its place.
    let other = home.path().join("other");
    fs::write(&other, b"first").unwrap();
    fs::rename(&other, &path).unwrap();
    assert_eq!(store.file_digest(&key()).unwrap(), None);
    assert_eq!(store.file_digest(&first).unwrap(), Some(digest));
}

#[test]
fn a_store_opened_for_reading_takes_no_observation() {
    let home = Home::with_words();
    let store = Store::open(&home.places, Access::Read).unwrap();
    let launch = launch(1).digest();
    let results = [
        store.record_request(&request(1, "/a", 1)),
        store.record_held(&demo(), &launch, &[held(tool(2))], NOW),
        store.record_ask(&demo(), &launch, Ask::Sampling, NOW),
        store.record_hold(&demo(), &launch, None, NOW),
        store.record_absent(&demo(), &[], NOW),
        store.add_counters(&demo(), Counters::default()),
        store.notify_once(&launch, NOW).map(|_| ()),
    ];
    for result in results {
        assert!(matches!(result, Err(StoreError::ReadOnly)), "{result:?}");
    }
}

fn wrapper(file: &str, place: &str, since: u64) -> Wrapper {
    Wrapper {
        client: String::from("claude-code"),
        file: file.to_owned(),
        place: place.to_owned(),
        label: demo(),
        since: UnixSeconds(since),
    }
}

#[test]
fn wrappers_are_one_a_place_and_approve_nothing() {
    let home = Home::new();
    let store = home.write().unwrap();
    store.record_wrappers(&[wrapper("/b", "x", 1), wrapper("/a", "y", 1)]).unwrap();
    store.record_wrappers(&[wrapper("/b", "x", 2)]).unwrap();
    assert_eq!(store.wrappers().unwrap(), [wrapper("/a", "y", 1), wrapper("/b", "x", 2)]);
    store.forget_wrapper("claude-code", "/a", "y").unwrap();
    store.forget_wrapper("cursor", "/b", "x").unwrap();
    assert_eq!(store.wrappers().unwrap(), [wrapper("/b", "x", 2)]);
    assert_eq!(store.pins().decisions(), 0);
    let many: Vec<_> = (0..MAX_WRAPPERS).map(|number| wrapper("/c", &number.to_string(), 3)).collect();
    store.record_wrappers(&many).unwrap();
    let kept = store.wrappers().unwrap();
    assert_eq!(kept.len(), MAX_WRAPPERS);
    assert!(kept.iter().all(|one| one.file == "/c"), "the oldest gave way");
}

fn answer(names: &[&str]) -> Answer {
    let objects = names.iter().map(|name| AnsweredObject {
        kind: ObjectKind::Tool,
        name: (*name).to_owned(),
        digest: file_digest(name.as_bytes()),
    });
    Answer {
        version: String::from("2025-06-18"),
        capabilities: br#"{"tools":{}}"#.to_vec(),
        server_name: String::from("s"),
        server_version: String::from("1"),
        objects: objects.collect(),
    }
}

#[test]
fn a_shorter_answer_replaces_a_longer_one_only_at_the_end() {
    let home = Home::new();
    let store = home.write().unwrap();
    let question = file_digest(b"question");
    let (none, held) = (BTreeSet::new(), BTreeSet::from([(ObjectKind::Tool, "c".to_owned())]));
    let note = |names: &[&str], noted: Noted| {
        store.record_answer(&demo(), &question, &answer(names), noted, UnixSeconds(1)).unwrap();
        store.answer(&demo(), &question).unwrap().unwrap()
    };
    assert_eq!(note(&["a", "b"], Noted::Meanwhile(&none)), answer(&["a", "b"]));
    assert_eq!(note(&["a"], Noted::Meanwhile(&none)), answer(&["a", "b"]), "it may still become longer");
    assert_eq!(note(&["a", "b", "c"], Noted::Meanwhile(&none)), answer(&["a", "b", "c"]));
    assert_eq!(note(&["b"], Noted::Meanwhile(&held)), answer(&["a", "b", "c"]), "`a` was offered");
    assert_eq!(note(&["b", "a"], Noted::Meanwhile(&held)), answer(&["b", "a"]), "`c` was not");
    assert_eq!(note(&["a"], Noted::AtTheEnd), answer(&["a"]));
    store.forget_answer(&demo(), &question).unwrap();
    assert_eq!(store.answer(&demo(), &question).unwrap(), None);
}

#[test]
fn of_the_questions_of_a_label_the_oldest_gives_way() {
    let home = Home::new();
    let store = home.write().unwrap();
    let question = |number: usize| file_digest(&number.to_be_bytes());
    let none = BTreeSet::new();
    let other = "other".parse().unwrap();
    store
        .record_answer(&other, &question(0), &answer(&["x"]), Noted::Meanwhile(&none), UnixSeconds(1))
        .unwrap();
    for number in 0..=MAX_ANSWERS_A_LABEL {
        let now = UnixSeconds(10 + number as u64);
        store
            .record_answer(&demo(), &question(number), &answer(&["a"]), Noted::Meanwhile(&none), now)
            .unwrap();
    }
    let kept = (0..=MAX_ANSWERS_A_LABEL).filter(|n| store.answer(&demo(), &question(*n)).unwrap().is_some());
    assert_eq!(kept.collect::<Vec<_>>(), (1..=MAX_ANSWERS_A_LABEL).collect::<Vec<_>>());
    assert!(store.answer(&other, &question(0)).unwrap().is_some(), "another label keeps its own");
}

#[test]
fn a_canonical_spelling_gives_way_once_to_that_of_a_server() {
    let home = Home::with_words();
    let mut store = home.write().unwrap();
    let spelled = |text: &str| object(ObjectKind::Tool, text);
    let canonical = spelled(r#"{"description":"words 9","inputSchema":{},"name":"read"}"#);
    let first = spelled(r#"{"name":"read", "description":"words 9","inputSchema":{}}"#);
    let second = spelled(r#"{"name":"read","inputSchema":{},"description":"words 9"}"#);
    let seen = store.head();
    let decisions = vec![approval(&canonical, Some(tool(1).digest))];
    store.decide(ruling(seen, decisions, vec![canonical.clone()])).unwrap();
    // Other bytes are no spelling of it.
    let other = StoredObject { bytes: tool(1).bytes, ..canonical.clone() };
    store.respell(&[other]).unwrap();
    assert_eq!(store.object(&canonical.digest).unwrap(), canonical);
    for from_server in [&first, &second] {
        store.respell(std::slice::from_ref(from_server)).unwrap();
        assert_eq!(store.object(&canonical.digest).unwrap(), first);
    }
    // Nothing comes in by it that no decision names.
    store.respell(&[tool(7)]).unwrap();
    assert!(matches!(store.object(&tool(7).digest), Err(StoreError::ObjectMissing(_))));
    assert_eq!(home.read().unwrap().object(&canonical.digest).unwrap(), first);
}
