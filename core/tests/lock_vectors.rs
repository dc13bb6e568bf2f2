//! The vectors of `spec/lock.md`, and the limits of locks.
#![allow(clippy::unwrap_used)]

mod support;

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::launch::{Masked, PortableLaunch};
use pinfold_core::lockfile::{
    Lock, LockError, LockedLaunch, LockedObject, LockedServer, MAX_LOCKED_LAUNCHES, MAX_LOCKED_OBJECTS,
    MAX_LOCKED_SERVERS,
};
use support::vectors;

#[test]
fn every_vector_of_locks_comes_out_as_expected() {
    for mut vector in vectors("lock") {
        assert_eq!(vector.need("input"), "lock", "{}", vector.file);
        let expect = vector.need("expect");
        match Lock::from_bytes(&vector.input) {
            Ok(lock) => {
                assert_eq!("ok", expect, "{}", vector.file);
                assert_eq!(lock.digest().to_string(), vector.need("digest"), "{}", vector.file);
                let again = Lock::build(lock.servers().to_vec()).unwrap();
                assert_eq!(again.as_bytes(), vector.input, "{}", vector.file);
            }
            Err(error) => assert_eq!(error.name(), expect, "{}: {error}", vector.file),
        }
        vector.finish();
    }
}

fn launch(argument: usize) -> LockedLaunch {
    let launch = PortableLaunch {
        command: "server".to_owned(),
        args: vec![Masked::plain(argument.to_string())],
        env: Default::default(),
        passes: Default::default(),
    };
    LockedLaunch { launch, package: None }
}

fn server(number: usize, launches: usize, objects: usize) -> LockedServer {
    let object = |number: usize| LockedObject {
        kind: ObjectKind::Tool,
        name: format!("tool-{number}"),
        digest: Digest::from_bytes([7; 32]),
        rules: Vec::new(),
        object: None,
    };
    LockedServer {
        label: format!("server-{number}").parse().unwrap(),
        launches: (0..launches).map(launch).collect(),
        objects: (0..objects).map(object).collect(),
        asks: Default::default(),
    }
}

#[test]
fn a_lock_has_limits() {
    let of = |servers: Vec<LockedServer>| Lock::build(servers).map(|lock| lock.servers().len());
    assert_eq!(
        of((0..MAX_LOCKED_SERVERS).map(|number| server(number, 1, 0)).collect()),
        Ok(MAX_LOCKED_SERVERS)
    );
    let more = (0..=MAX_LOCKED_SERVERS).map(|number| server(number, 1, 0)).collect();
    assert_eq!(of(more), Err(LockError::TooMany("servers")));
    assert_eq!(of(vec![server(0, MAX_LOCKED_LAUNCHES, 0)]), Ok(1));
    assert_eq!(of(vec![server(0, MAX_LOCKED_LAUNCHES + 1, 0)]), Err(LockError::TooMany("launches")));
    assert_eq!(of(vec![server(0, 1, MAX_LOCKED_OBJECTS)]), Ok(1));
    assert_eq!(of(vec![server(0, 1, MAX_LOCKED_OBJECTS + 1)]), Err(LockError::TooMany("objects")));
}
