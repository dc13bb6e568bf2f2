//! What can be decided, and what happens when two decide at once.
#![allow(clippy::unwrap_used)]

mod support;

use pinfold_core::digest::{Digest, ObjectKind, file_digest};
use pinfold_core::pins::{ApprovalState, ChainHead, Decision, FoldRefusal, UnixSeconds};
use pinfold_core::reason::ReasonCode;
use pinfold_store::{Ruling, StoreError, StoredObject};
use support::*;

#[test]
fn a_change_that_is_approved_retires_what_it_was_compared_with() {
    let home = Home::with_words();
    let mut store = home.write().unwrap();
    approve_tool(&mut store, 2, Some(1)).unwrap();
    let store = home.read().unwrap();
    assert_eq!(tool_state(&store, 1), Some(ApprovalState::Retired));
    assert_eq!(tool_state(&store, 2), Some(ApprovalState::Approved));
    assert_eq!(store.object(&tool(1).digest).unwrap(), tool(1), "the old words stay for the comparison");
}

#[test]
fn the_time_and_the_policy_of_a_decision_are_kept() {
    let home = Home::new();
    let mut store = home.write().unwrap();
    let (policy, seen) = (Some(file_digest(b"policy")), store.head());
    let ruling =
        Ruling { at: UnixSeconds(77), policy, seen, decisions: vec![approve_launch(1)], objects: Vec::new() };
    let decided = store.decide(ruling).unwrap();
    assert_eq!(decided.head, store.head());
    let last = &home.read().unwrap().history(1).unwrap()[0];
    assert_eq!((last.at, last.policy), (UnixSeconds(77), policy));
    let since = store.pins().label(&demo()).unwrap().launches().values().next().unwrap().since;
    assert_eq!(since, UnixSeconds(77));
}

#[test]
fn a_decision_about_the_same_label_that_came_first_wins() {
    let home = Home::with_words();
    let (mut first, mut second) = (home.write().unwrap(), home.write().unwrap());
    approve_tool(&mut first, 2, Some(1)).unwrap();
    let head = first.head();
    let error = approve_tool(&mut second, 3, Some(1)).unwrap_err();
    assert!(matches!(error, StoreError::Raced), "{error:?}");
    assert_eq!(error.reason(), Some(ReasonCode::PinRace));
    assert_eq!(home.read().unwrap().head(), head, "nothing was recorded");
    assert_eq!(second.head(), head, "and the loser sees why");
    approve_tool(&mut second, 3, Some(2)).unwrap();
    assert_eq!(tool_state(&home.read().unwrap(), 3), Some(ApprovalState::Approved));
}

#[test]
fn a_decision_about_another_label_does_not_disturb() {
    let home = Home::with_words();
    let (mut first, mut second) = (home.write().unwrap(), home.write().unwrap());
    let other =
        Decision::LaunchApproved { label: "other".parse().unwrap(), launch: launch(7), replaces: vec![] };
    decide(&mut first, vec![other]).unwrap();
    approve_tool(&mut second, 2, Some(1)).unwrap();
    assert_eq!(second.pins().labels().count(), 2);
}

#[test]
fn what_the_person_saw_counts_and_not_what_was_refreshed_since() {
    let home = Home::with_words();
    let (mut first, mut second) = (home.write().unwrap(), home.write().unwrap());
    let (object, seen) = (tool(3), second.head());
    approve_tool(&mut first, 2, Some(1)).unwrap();
    second.refresh().unwrap();
    let decisions = vec![approval(&object, Some(tool(1).digest))];
    let error = second.decide(ruling(seen, decisions, vec![object])).unwrap_err();
    assert!(matches!(error, StoreError::Raced), "{error:?}");
}

#[test]
fn a_head_that_is_not_of_this_chain_is_a_race() {
    let home = Home::with_words();
    let mut store = home.write().unwrap();
    for seen in [
        ChainHead { sequence: 2, hash: file_digest(b"other") },
        ChainHead { sequence: 9, ..store.head() },
        ChainHead { sequence: 0, hash: file_digest(b"other") },
    ] {
        let error = store.decide(ruling(seen, vec![approve_launch(2)], Vec::new())).unwrap_err();
        assert!(matches!(error, StoreError::Raced), "{error:?}");
    }
}

#[test]
fn what_is_in_force_is_not_recorded_again() {
    let home = Home::with_words();
    let (mut first, mut second) = (home.write().unwrap(), home.write().unwrap());
    let recorded = approve_tool(&mut first, 2, Some(1)).unwrap().recorded;
    assert_eq!(recorded, 1);
    let recorded = approve_tool(&mut second, 2, Some(1)).unwrap().recorded;
    assert_eq!(recorded, 0, "two who decide alike are no race");
    // Of several decisions only those that change something, each judged after those before it.
    let forget = Decision::LabelForgotten { label: demo() };
    let decisions = vec![approve_launch(1), forget, approve_launch(1)];
    let decided = decide(&mut second, decisions).unwrap();
    assert_eq!(decided.recorded, 2);
    assert_eq!(launch_state(&second, 1), Some(ApprovalState::Approved));
    assert_eq!(tool_state(&second, 2), None);
}

#[test]
fn decisions_are_recorded_all_or_none() {
    let home = Home::with_words();
    let mut store = home.write().unwrap();
    let before = home.digests();
    let unknown = Decision::AskApproved { label: "unknown".parse().unwrap(), ask: ask() };
    let error = decide(&mut store, vec![approve_launch(2), unknown]).unwrap_err();
    let StoreError::Refused(refusal) = error else { panic!("{error:?}") };
    assert_eq!(refusal.name(), FoldRefusal::LabelUnknown(String::new()).name());
    assert_eq!(launch_state(&store, 2), None);
    drop(store);
    assert_eq!(home.digests(), before);
}

#[test]
fn words_are_approved_only_with_their_bytes() {
    let home = Home::with_words();
    let mut store = home.write().unwrap();
    let seen = store.head();
    let missing = store.decide(ruling(seen, vec![approval(&tool(2), None)], Vec::new())).unwrap_err();
    assert!(matches!(missing, StoreError::ObjectMissing(digest) if digest == tool(2).digest));
    let forged = StoredObject { bytes: tool(3).bytes, ..tool(2) };
    let wrong = store.decide(ruling(seen, vec![approval(&tool(2), None)], vec![forged])).unwrap_err();
    assert!(matches!(wrong, StoreError::ObjectWrong(digest) if digest == tool(2).digest));
    // The bytes of a tool are no prompt, although the digest is there.
    let as_prompt = StoredObject { kind: ObjectKind::Prompt, ..tool(1) };
    let other_kind = store.decide(ruling(seen, vec![approval(&as_prompt, None)], Vec::new())).unwrap_err();
    assert!(matches!(other_kind, StoreError::ObjectMissing(_)));
    assert_eq!(home.read().unwrap().head(), seen);
}

#[test]
fn instructions_and_server_words_are_objects_too() {
    let home = Home::with_words();
    let mut store = home.write().unwrap();
    let words = [
        object(ObjectKind::Instructions, "\"Use \\u0074he tools.\""),
        object(ObjectKind::ServerInfo, "{\"title\":\"Demo\"}"),
    ];
    let (seen, decisions) = (store.head(), words.iter().map(|object| approval(object, None)).collect());
    store.decide(ruling(seen, decisions, words.to_vec())).unwrap();
    let store = home.read().unwrap();
    words.iter().for_each(|object| assert_eq!(store.object(&object.digest).unwrap(), *object));
}

#[test]
fn a_store_opened_for_reading_does_not_decide() {
    let home = Home::with_words();
    let mut store = home.read().unwrap();
    let error = decide(&mut store, vec![approve_launch(2)]).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly), "{error:?}");
    assert!(error.is_undetermined());
}

#[test]
fn an_object_that_is_not_there_is_missing() {
    let home = Home::with_words();
    let absent: Digest = file_digest(b"absent");
    for store in [home.read().unwrap(), Home::new().read().unwrap()] {
        assert!(matches!(store.object(&absent), Err(StoreError::ObjectMissing(digest)) if digest == absent));
    }
}

fn ask() -> pinfold_core::pins::Ask {
    pinfold_core::pins::Ask::Sampling
}
