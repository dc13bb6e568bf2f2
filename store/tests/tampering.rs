//! Every way in which a store can fail against its marker, on real files, and the way out.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use pinfold_core::pins::{ApprovalState, Decision, Marker, MarkerPoint, UnixSeconds};
use pinfold_core::reason::ReasonCode;
use pinfold_store::{Inspection, Store, StoreError, TamperCause, TamperReason};
use support::*;

/// Every kind of access fails with this reason, and changes nothing.
#[track_caller]
fn fails(home: &Home, reason: TamperReason) {
    let before = home.digests();
    for result in [home.read(), home.write()] {
        let error = result.unwrap_err();
        assert_eq!(error.tampered(), Some(reason), "{error:?}");
        assert_eq!(error.reason(), Some(ReasonCode::PinstoreTampered));
        assert_eq!(error.is_undetermined(), reason == TamperReason::Unreadable);
        assert!(!error.to_string().contains('\n') && !error.hint().is_empty());
    }
    let inspection = Inspection::of(&home.places).unwrap().unwrap();
    assert_eq!(inspection.reason, reason);
    assert_eq!(home.digests(), before, "a failing store was changed");
}

fn sql(home: &Home, statements: &str) {
    let connection = rusqlite::Connection::open(home.places.database()).unwrap();
    connection.execute_batch(statements).unwrap();
}

fn accept(home: &Home) -> Store {
    let inspection = Inspection::of(&home.places).unwrap().unwrap();
    Store::accept(&home.places, &inspection, UnixSeconds(5), None).unwrap()
}

#[test]
fn an_edited_decision_is_noticed() {
    let edits = [
        // Words that nobody approved, in the place of those that somebody did.
        "UPDATE decisions SET envelope = CAST(replace(CAST(envelope AS TEXT), '\"read\"', '\"evil\"') AS BLOB) \
         WHERE sequence = 3",
        "UPDATE decisions SET envelope = (SELECT envelope FROM decisions WHERE sequence = 2) WHERE sequence = 3",
        "UPDATE decisions SET sequence = 4 WHERE sequence = 3",
        "UPDATE decisions SET sequence = 0 WHERE sequence = 1",
        "INSERT INTO decisions SELECT -1, envelope FROM decisions WHERE sequence = 1",
        "UPDATE decisions SET envelope = x'7b7d' WHERE sequence = 1",
        "DELETE FROM decisions WHERE sequence = 1",
    ];
    for edit in edits {
        let home = Home::with_words();
        sql(&home, edit);
        fails(&home, TamperReason::Edited);
    }
}

#[test]
fn a_decision_added_with_a_sound_chain_is_noticed() {
    let (home, other) = (Home::with_words(), Home::with_words());
    let mut store = other.write().unwrap();
    decide(&mut store, vec![approve_launch(66)]).unwrap();
    drop(store);
    // The other store has the same chain up to here: only the time and the home differ, so give it ours.
    let copy = |from: &Home| fs::copy(from.places.database(), home.places.database()).unwrap();
    copy(&other);
    let id = Marker::from_bytes(&fs::read(home.places.marker()).unwrap()).unwrap().store.0;
    let hex = pinfold_core::hex::encode(&id);
    sql(&home, &format!("UPDATE store SET id = x'{hex}'"));
    fails(&home, TamperReason::Edited);
}

#[test]
fn a_foreign_table_trigger_or_index_is_noticed() {
    for edit in [
        "CREATE TRIGGER evil AFTER INSERT ON requests BEGIN DELETE FROM pending; END",
        "CREATE VIEW evil AS SELECT 1",
        "CREATE TABLE evil (a)",
        "CREATE INDEX evil ON objects (kind)",
        "DROP TABLE sightings",
        "ALTER TABLE pending ADD COLUMN evil TEXT",
    ] {
        let home = Home::with_words();
        sql(&home, edit);
        fails(&home, TamperReason::Edited);
        let store = accept(&home);
        assert_eq!(tool_state(&store, 1), None, "a store with other tables is begun anew");
    }
}

#[test]
fn an_older_copy_of_the_store_is_noticed() {
    let home = Home::with_words();
    let old = fs::read(home.places.database()).unwrap();
    approve_tool(&mut home.write().unwrap(), 2, Some(1)).unwrap();
    fs::write(home.places.database(), old).unwrap();
    fails(&home, TamperReason::Older);

    // A person looks at it and takes it: what was approved since is gone, and the chain says so.
    let inspection = Inspection::of(&home.places).unwrap().unwrap();
    assert_eq!((inspection.kept.len(), inspection.dropped, inspection.sets_aside), (3, 0, false));
    assert_eq!(inspection.marker.map(|point| point.counter), Some(4));
    let store = accept(&home);
    assert_eq!(tool_state(&store, 1), Some(ApprovalState::Approved));
    assert_eq!(tool_state(&store, 2), None);
    let last = store.history(1).unwrap().remove(0);
    let Decision::StoreAccepted { reason, kept, marker } = last.decision else { panic!("{last:?}") };
    assert_eq!((reason, kept), (TamperReason::Older, 3));
    assert_eq!(marker.map(|MarkerPoint { counter, .. }| counter), Some(4));
    assert!(home.read().is_ok());
}

#[test]
fn a_store_brought_from_elsewhere_is_noticed() {
    let (home, foreign) = (Home::new(), Home::with_words());
    // A home without a store, to which somebody copies one: no marker knows it.
    home.write().unwrap();
    fs::copy(foreign.places.database(), home.places.database()).unwrap();
    fails(&home, TamperReason::Other);
    // With its marker as well: it is in another folder.
    fs::copy(foreign.places.marker(), home.places.marker()).unwrap();
    fails(&home, TamperReason::Other);
    // In the place of a store in use: it has another id.
    let home = Home::with_words();
    fs::copy(foreign.places.database(), home.places.database()).unwrap();
    fails(&home, TamperReason::Other);
    let store = accept(&home);
    assert_eq!(store.history(9).unwrap().len(), 4);
    let id = |home: &Home| Marker::from_bytes(&fs::read(home.places.marker()).unwrap()).unwrap().store;
    assert_ne!(id(&home), id(&foreign), "an accepted copy is a store of its own");
}

#[test]
fn a_folder_that_was_put_in_the_place_of_the_stores_is_noticed() {
    for home in Home::of_every_kind() {
        home.approve_words();
        let folder = home.places.store_folder();
        let aside = folder.with_extension("aside");
        fs::rename(&folder, &aside).unwrap();
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        for entry in fs::read_dir(&aside).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
        fails(&home, TamperReason::Other);
        let mut store = accept(&home);
        assert_eq!(tool_state(&store, 1), Some(ApprovalState::Approved));
        approve_tool(&mut store, 2, Some(1)).unwrap();
        assert!(home.read().is_ok());
    }
}

#[test]
fn a_marker_that_is_gone_is_noticed() {
    let home = Home::with_words();
    fs::remove_file(home.places.marker()).unwrap();
    fails(&home, TamperReason::Other);
    let store = accept(&home);
    assert_eq!(tool_state(&store, 1), Some(ApprovalState::Approved));
}

#[test]
fn a_store_that_is_gone_is_noticed() {
    for remove_folder in [true, false] {
        let home = Home::with_words();
        if remove_folder {
            fs::remove_dir_all(home.path().join(".local/share")).unwrap();
        } else {
            fs::remove_file(home.places.database()).unwrap();
        }
        fails(&home, TamperReason::Absent);
        let store = accept(&home);
        assert_eq!(store.pins().labels().count(), 0);
        let last = store.history(9).unwrap();
        assert_eq!(last.len(), 2, "the acceptance, and that it was in this home");
        assert!(home.write().is_ok());
    }
}

#[test]
fn a_store_that_cannot_be_read_is_not_an_empty_one() {
    let garbage =
        b"This is no database, but it is long enough to look like the beginning of one. ".repeat(80);
    type Break<'a> = &'a dyn Fn(&[u8]) -> Vec<u8>;
    let breaks: [Break<'_>; 4] =
        [&|bytes| bytes[..50].to_vec(), &|bytes| bytes[..4096].to_vec(), &|_| garbage.clone(), &|bytes| {
            [&bytes[..2048], &garbage[..2048], &bytes[4096..]].concat()
        }];
    for damage in breaks {
        let home = Home::with_words();
        let bytes = fs::read(home.places.database()).unwrap();
        fs::write(home.places.database(), damage(&bytes)).unwrap();
        fails(&home, TamperReason::Unreadable);
        let inspection = Inspection::of(&home.places).unwrap().unwrap();
        assert!(inspection.sets_aside && inspection.kept.is_empty());
        let mut store = accept(&home);
        assert_eq!(store.pins().labels().count(), 0);
        decide(&mut store, vec![approve_launch(1)]).unwrap();
        let aside = home.files().into_iter().find(|(path, _)| is_aside(path)).unwrap();
        assert!(aside.1 == damage(&bytes), "what could not be read is kept");
    }
}

#[test]
fn damage_outside_the_decisions_is_found_when_looked_for_and_decisions_are_carried_over() {
    let home = Home::with_words();
    let mut bytes = fs::read(home.places.database()).unwrap();
    let pages = bytes.len() / 4096;
    let mut found = 0;
    for page in 1..pages {
        let whole = bytes[page * 4096..(page + 1) * 4096].to_vec();
        bytes[page * 4096..(page + 1) * 4096].fill(0x2a);
        fs::write(home.places.database(), &bytes).unwrap();
        let inspection = Inspection::of(&home.places).unwrap().unwrap();
        assert!(inspection.sets_aside, "page {page}");
        assert_eq!(inspection.reason, TamperReason::Unreadable, "page {page}");
        if let Ok(store) = home.read() {
            assert_eq!(tool_state(&store, 1), Some(ApprovalState::Approved), "page {page}");
            assert_eq!(inspection.kept.len(), 3, "page {page}");
            found += 1;
        }
        bytes[page * 4096..(page + 1) * 4096].copy_from_slice(&whole);
    }
    assert!(found > 5, "pages of observations can be damaged without a word at the start");
    bytes[4096..8192].fill(0x2a);
    fs::write(home.places.database(), &bytes).unwrap();
    let store = accept(&home);
    assert_eq!(tool_state(&store, 1), Some(ApprovalState::Approved));
    assert_eq!(store.object(&tool(1).digest).unwrap(), tool(1));
    assert!(Inspection::of(&home.places).unwrap().is_none());
}

#[test]
fn a_database_of_another_program_is_not_ours() {
    let home = Home::with_words();
    sql(&home, "PRAGMA application_id = 7");
    fails(&home, TamperReason::Unreadable);
    let home = Home::with_words();
    sql(&home, "PRAGMA user_version = 0");
    fails(&home, TamperReason::Unreadable);
}

#[test]
fn a_marker_that_cannot_be_read_is_not_an_absent_one() {
    let home = Home::with_words();
    let marker = fs::read(home.places.marker()).unwrap();
    for broken in [&b""[..], b"{}", &marker[..marker.len() - 1], &[b' '; 5000]] {
        fs::write(home.places.marker(), broken).unwrap();
        fails(&home, TamperReason::Unreadable);
    }
    let store = accept(&home);
    assert_eq!(tool_state(&store, 1), Some(ApprovalState::Approved), "only the marker was broken");
}

#[test]
fn an_edited_object_is_not_given_out() {
    let home = Home::with_words();
    sql(&home, "UPDATE objects SET bytes = x'7b7d'");
    let store = home.read().unwrap();
    let error = store.object(&tool(1).digest).unwrap_err();
    assert_eq!(error.tampered(), Some(TamperReason::Edited));
    assert!(matches!(error, StoreError::Tampered { cause: TamperCause::Object(_), .. }));
    drop(store);
    // `review --store` reads what a start does not.
    let inspection = Inspection::of(&home.places).unwrap().unwrap();
    assert_eq!((inspection.reason, inspection.wrong_objects), (TamperReason::Edited, 1));
    let store = accept(&home);
    assert!(matches!(store.object(&tool(1).digest), Err(StoreError::ObjectMissing(_))));
    assert!(Inspection::of(&home.places).unwrap().is_none());
}

#[test]
fn an_edited_observation_is_named_and_dropped_with_the_acceptance() {
    let home = Home::with_words();
    home.write().unwrap().record_ask(&demo(), &launch(1).digest(), ask(), NOW).unwrap();
    sql(&home, "UPDATE asks SET ask = 'everything'");
    let store = home.read().unwrap();
    assert_eq!(tool_state(&store, 1), Some(ApprovalState::Approved), "it approves nothing, so pins stand");
    assert_eq!(store.pending_asks(&demo()).unwrap_err().tampered(), Some(TamperReason::Edited));
    drop(store);
    let store = accept(&home);
    assert_eq!(store.pending_asks(&demo()).unwrap(), []);
}

#[test]
fn of_an_edited_chain_what_adds_up_can_be_kept() {
    let home = Home::with_words();
    approve_tool(&mut home.write().unwrap(), 2, Some(1)).unwrap();
    sql(
        &home,
        "UPDATE decisions SET envelope = CAST(replace(CAST(envelope AS TEXT), '\"read\"', '\"evil\"') AS BLOB) \
                WHERE sequence = 3",
    );
    let inspection = Inspection::of(&home.places).unwrap().unwrap();
    assert_eq!((inspection.kept.len(), inspection.dropped), (2, 2), "the edited one and the one after it go");
    let store = accept(&home);
    assert_eq!(launch_state(&store, 1), Some(ApprovalState::Approved));
    assert_eq!(tool_state(&store, 1), None);
    let aside = home.files().into_iter().find(|(path, _)| is_aside(path)).unwrap().0;
    assert_eq!(fs::metadata(&aside).unwrap().permissions().mode() & 0o777, 0o600);
    let kept = rusqlite::Connection::open(aside).unwrap();
    let count: i64 = kept.query_row("SELECT count(*) FROM decisions", (), |row| row.get(0)).unwrap();
    assert_eq!(count, 4, "what was dropped is set aside");
}

#[test]
fn a_store_is_accepted_only_as_it_was_looked_at() {
    let home = Home::with_words();
    approve_tool(&mut home.write().unwrap(), 2, Some(1)).unwrap();
    fs::remove_file(home.places.marker()).unwrap();
    let inspection = Inspection::of(&home.places).unwrap().unwrap();
    sql(&home, "DELETE FROM decisions WHERE sequence = 4");
    let after = Inspection::of(&home.places).unwrap().unwrap();
    assert_ne!(inspection.digest(), after.digest());
    let before = home.digests();
    let error = Store::accept(&home.places, &inspection, NOW, None).unwrap_err();
    assert!(matches!(error, StoreError::Raced), "{error:?}");
    assert_eq!(home.digests(), before);
    fails(&home, TamperReason::Other);
    Store::accept(&home.places, &after, NOW, None).unwrap();
    // It does not fail any more, so there is nothing to accept.
    assert!(Inspection::of(&home.places).unwrap().is_none());
    let error = Store::accept(&home.places, &after, NOW, None).unwrap_err();
    assert!(matches!(error, StoreError::Raced), "{error:?}");
}

#[test]
fn a_store_or_marker_of_a_newer_version_is_left_alone() {
    let newer = |home: &Home| {
        let before = home.digests();
        let results = [home.read().err(), home.write().err(), Inspection::of(&home.places).err()];
        for error in results.map(Option::unwrap) {
            assert!(matches!(error, StoreError::Newer { found: 2 }), "{error:?}");
            assert!(error.is_undetermined());
        }
        assert_eq!(home.digests(), before);
    };
    let home = Home::with_words();
    sql(&home, "PRAGMA user_version = 2");
    newer(&home);
    let home = Home::with_words();
    let marker = fs::read_to_string(home.places.marker()).unwrap();
    fs::write(home.places.marker(), marker.replace("pinfold/marker/v1", "pinfold/marker/v2")).unwrap();
    newer(&home);
}

fn ask() -> pinfold_core::pins::Ask {
    pinfold_core::pins::Ask::Sampling
}

fn is_aside(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    name.starts_with("set-aside-") && name.ends_with(".db")
}
