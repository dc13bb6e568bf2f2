//! Opening, deciding and reading again.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use pinfold_core::pins::{ApprovalState, ChainHead, Decision, Marker};
use pinfold_store::{Access, FolderFault, HomeFault, HomeStanding, Places, Store, StoreError, TamperReason};
use support::*;

#[test]
fn a_store_that_is_not_there_is_empty_and_reading_makes_nothing() {
    let home = Home::new();
    let store = home.read().unwrap();
    assert_eq!(store.head(), ChainHead::EMPTY);
    assert_eq!(store.pins().labels().count(), 0);
    assert_eq!(store.requests().unwrap(), []);
    assert_eq!(store.history(10).unwrap(), []);
    assert!(!store.is_writable());
    assert!(fs::read_dir(home.path()).unwrap().next().is_none());
}

#[test]
fn what_was_decided_is_there_after_reopening() {
    for home in Home::of_every_kind() {
        home.approve_words();
        let store = home.read().unwrap();
        assert_eq!(launch_state(&store, 1), Some(ApprovalState::Approved));
        assert_eq!(tool_state(&store, 1), Some(ApprovalState::Approved));
        assert_eq!(store.object(&tool(1).digest).unwrap(), tool(1));
        let types: Vec<_> =
            store.history(10).unwrap().iter().map(|envelope| envelope.decision.type_name()).collect();
        assert_eq!(types, ["surface-approved", "launch-approved", "home-accepted"]);
        assert_eq!(store.history(1).unwrap().len(), 1);
        let marker = Marker::from_bytes(&fs::read(home.places.marker()).unwrap()).unwrap();
        assert_eq!((marker.point.counter, marker.point.head), (3, store.head().hash));
        assert_eq!(marker.next, None);
    }
}

#[test]
fn folders_have_mode_0700_and_files_0600() {
    let home = Home::with_words();
    let open = home.write().unwrap();
    open.set_gate(&gate()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
    let share = home.path().join(".local/share/pinfold");
    for folder in [share.clone(), share.join("store"), home.places.state_folder()] {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
    }
    let files = home.files();
    assert!(files.iter().any(|(path, _)| path.ends_with("pinfold.db-wal")));
    for (path, _) in files {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn a_store_without_decisions_has_no_marker_and_may_go() {
    let home = Home::new();
    home.write().unwrap();
    assert!(home.places.database().exists() && !home.places.marker().exists());
    fs::remove_dir_all(home.places.store_folder()).unwrap();
    assert_eq!(home.write().unwrap().head(), ChainHead::EMPTY);
}

#[test]
fn another_handle_sees_a_decision_after_refresh() {
    let home = Home::new();
    let mut waiting = home.read().unwrap();
    let empty = waiting.change_stamp();
    let mut deciding = home.write().unwrap();
    decide(&mut deciding, vec![approve_launch(1)]).unwrap();
    assert_ne!(waiting.change_stamp(), empty);
    assert!(waiting.refresh().unwrap());
    assert_eq!(launch_state(&waiting, 1), Some(ApprovalState::Approved));

    let before = waiting.change_stamp();
    assert!(!waiting.refresh().unwrap());
    assert_eq!(waiting.change_stamp(), before, "looking changes nothing");
    approve_tool(&mut deciding, 1, None).unwrap();
    assert_ne!(waiting.change_stamp(), before);
    assert_eq!(tool_state(&waiting, 1), None);
    assert!(waiting.refresh().unwrap());
    assert_eq!(tool_state(&waiting, 1), Some(ApprovalState::Approved));
}

#[test]
fn a_refresh_notices_tampering_and_keeps_the_pins_it_had() {
    let home = Home::with_words();
    let mut store = home.write().unwrap();
    let head = store.head();
    let connection = rusqlite::Connection::open(home.places.database()).unwrap();
    connection.execute("DELETE FROM decisions WHERE sequence = 3", ()).unwrap();
    assert_eq!(store.refresh().unwrap_err().tampered(), Some(TamperReason::Older));
    assert_eq!(store.head(), head);
    let error = decide(&mut store, vec![approve_launch(2)]).unwrap_err();
    assert_eq!(error.tampered(), Some(TamperReason::Older));

    let home = Home::with_words();
    let mut store = home.write().unwrap();
    fs::remove_file(home.places.database()).unwrap();
    assert_eq!(store.refresh().unwrap_err().tampered(), Some(TamperReason::Absent));
    assert_eq!(tool_state(&store, 1), Some(ApprovalState::Approved));
}

#[test]
fn a_home_that_is_not_the_accounts_counts_after_a_decision() {
    let home = Home::new();
    assert_eq!(home.read().unwrap().home_standing(), HomeStanding::OtherUndecided);
    let mut store = home.write().unwrap();
    assert_eq!(store.home_standing(), HomeStanding::OtherUndecided);
    decide(&mut store, vec![approve_launch(1)]).unwrap();
    assert_eq!(store.home_standing(), HomeStanding::OtherDecided);
    assert_eq!(home.read().unwrap().home_standing(), HomeStanding::OtherDecided);
    let path = home.path().to_string_lossy().into_owned();
    assert_eq!(store.pins().accepted_home(), Some(path.as_str()));
    let accepted = |store: &Store| {
        let is_home = |decision: &Decision| matches!(decision, Decision::HomeAccepted { .. });
        store.history(99).unwrap().iter().filter(|envelope| is_home(&envelope.decision)).count()
    };
    assert_eq!(accepted(&store), 1);
    decide(&mut store, vec![approve_launch(2)]).unwrap();
    assert_eq!(accepted(&store), 1);
}

#[test]
fn a_copied_home_is_another_one_and_nothing_is_decided_there() {
    let home = Home::with_words();
    let copy = Home::new();
    copy_tree(home.path(), copy.path());
    assert_eq!(copy.read().unwrap_err().tampered(), Some(TamperReason::Other));
    assert_eq!(copy.write().unwrap_err().tampered(), Some(TamperReason::Other));
    assert_eq!(tool_state(&home.read().unwrap(), 1), Some(ApprovalState::Approved));
}

#[test]
fn a_home_that_is_moved_as_a_whole_is_the_same_store() {
    let home = Home::with_words();
    let parent = tempfile::tempdir_in(home.path().parent().unwrap()).unwrap();
    let moved = parent.path().join("moved");
    fs::create_dir(&moved).unwrap();
    fs::rename(home.path().join(".local"), moved.join(".local")).unwrap();
    let store = Store::open(&Places::of_home(&moved).unwrap(), Access::Read).unwrap();
    assert_eq!(tool_state(&store, 1), Some(ApprovalState::Approved));
}

#[test]
fn a_home_that_cannot_be_used_is_refused() {
    for (path, expected) in
        [("", HomeFault::Empty), ("home", HomeFault::NotAbsolute), ("/a\0b", HomeFault::NotAbsolute)]
    {
        let Err(StoreError::Home(fault)) = Places::of_home(Path::new(path)) else { panic!("{path:?}") };
        assert_eq!(fault, expected);
    }
    let long = format!("/{}", "h".repeat(3_600));
    assert!(matches!(Places::of_home(Path::new(&long)), Err(StoreError::Home(HomeFault::TooLong))));
    let home = Home::new();
    let absent = Places::of_home(&home.path().join("absent")).unwrap();
    let error = Store::open(&absent, Access::Write).unwrap_err();
    assert!(matches!(error, StoreError::Home(HomeFault::NotAFolder)), "{error:?}");
}

#[test]
fn folders_and_files_that_others_can_write_or_that_lead_elsewhere_are_refused() {
    let refused = |home: &Home| match (home.read(), home.write()) {
        (Err(StoreError::Unsafe { fault: read, .. }), Err(StoreError::Unsafe { fault: written, .. })) => {
            assert_eq!(read, written);
            read
        }
        other => panic!("{other:?}"),
    };
    let own_paths = |places: &Places| {
        let share = places.store_folder().parent().unwrap().to_owned();
        [
            share,
            places.store_folder(),
            places.state_folder(),
            places.database(),
            places.marker(),
            places.lock(),
        ]
    };
    for index in 0..6 {
        let home = Home::with_words();
        let path = own_paths(&home.places)[index].clone();
        let mode = |mode| fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode));
        for writable in [0o720, 0o702] {
            mode(writable).unwrap();
            assert_eq!(refused(&home), FolderFault::Writable { mode: writable }, "{}", path.display());
        }
        mode(0o755).unwrap();
        assert!(home.read().is_ok(), "{}: others may read, as far as the store is concerned", path.display());
        let elsewhere = home.path().join("elsewhere");
        fs::rename(&path, &elsewhere).unwrap();
        symlink(&elsewhere, &path).unwrap();
        assert_eq!(refused(&home), FolderFault::Symlink, "{}", path.display());
        fs::remove_file(&path).unwrap();
        // A file where a folder belongs, and the other way round.
        if elsewhere.is_dir() {
            fs::write(&path, "").unwrap();
        } else {
            fs::create_dir(&path).unwrap();
        }
        assert_eq!(refused(&home), FolderFault::WrongKind, "{}", path.display());
    }
}

#[test]
fn links_above_our_own_folders_are_followed() {
    let home = Home::new();
    let disk = home.path().join("disk");
    fs::create_dir(&disk).unwrap();
    symlink(&disk, home.path().join(".local")).unwrap();
    home.approve_words();
    assert_eq!(tool_state(&home.read().unwrap(), 1), Some(ApprovalState::Approved));
}

#[test]
fn a_folder_of_another_user_is_refused() {
    let home = Home::with_words();
    let stranger = 54_321;
    if std::os::unix::fs::chown(home.places.store_folder(), Some(stranger), None).is_err() {
        return not_run("chown needs root");
    }
    for result in [home.read(), home.write()] {
        let Err(StoreError::Unsafe { fault, .. }) = result else { panic!("{result:?}") };
        assert_eq!(fault, FolderFault::Owner { uid: stranger });
    }
}

fn gate() -> pinfold_store::GateRow {
    pinfold_store::GateRow {
        process: pinfold_store::ProcessStamp::of_self().unwrap(),
        label: demo(),
        launch: launch(1).digest(),
        state: pinfold_store::GateState::Waiting,
        detail: String::new(),
        updated: NOW,
    }
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_tree(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
