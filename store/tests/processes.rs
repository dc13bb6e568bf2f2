//! Many processes at once, and processes that are killed.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::time::{Duration, Instant};

use pinfold_core::pins::{ApprovalState, Marker, UnixSeconds};
use pinfold_core::reason::ReasonCode;
use pinfold_store::{Access, GateRow, GateState, Inspection, ProcessStamp, Request, Store, StoreError};
use support::*;

/// Ends the process of a child when the test ends.
struct Ended(std::process::Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Does nothing in the run of the whole test program; as a child it plays its role.
#[test]
fn plays_a_role() {
    let Some((role, places)) = role() else { return };
    match role.as_str() {
        "first use" => first_use(&places),
        "decide for ever" => decide_for_ever(&places),
        "hold the lock" => hold_the_lock(&places),
        other => panic!("no role {other}"),
    }
}

fn first_use(places: &pinfold_store::Places) {
    // All begin together: each waits for the end of the file's making.
    let start = places.home().join("start");
    while !start.exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut store = Store::open(places, Access::Observe).unwrap();
    let request = Request {
        label: demo(),
        launch: launch(1),
        folder: String::from("/folder"),
        client: String::new(),
        values_shown: Vec::new(),
        withheld: Vec::new(),
        reason: ReasonCode::ServerUnknown,
        created: NOW,
    };
    store.record_request(&request).unwrap();
    let gate = GateRow {
        process: ProcessStamp::of_self().unwrap(),
        label: demo(),
        launch: launch(1).digest(),
        state: GateState::Waiting,
        detail: String::new(),
        updated: NOW,
    };
    store.set_gate(&gate).unwrap();
    let (object, seen) = (tool(1), store.head());
    let decisions = vec![approve_launch(1), approval(&object, None)];
    let decided = store.decide(ruling(seen, decisions, vec![object])).unwrap();
    say(decided.recorded);
    assert_eq!(tool_state(&Store::open(places, Access::Read).unwrap(), 1), Some(ApprovalState::Approved));
}

#[test]
fn twenty_first_uses_at_once_leave_one_pin() {
    let home = Home::new();
    let children: Vec<_> = (0..20)
        .map(|_| {
            let mut command = child("plays_a_role", "first use", home.path());
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    std::fs::write(home.path().join("start"), "").unwrap();
    let mut recorded = Vec::new();
    for child in children {
        let output = output(child);
        let told = [&output.stdout, &output.stderr].map(|told| String::from_utf8_lossy(told));
        assert!(output.status.success(), "{}", told.join("\n"));
        recorded.extend(said(&output));
    }
    recorded.sort();
    let mut expected = vec!["0"; 19];
    expected.push("3");
    assert_eq!(recorded, expected, "one recorded home, launch and words; the others found them in force");
    let store = home.read().unwrap();
    assert_eq!(store.head().sequence, 3);
    assert_eq!(store.pins().label(&demo()).unwrap().launches().len(), 1);
    assert_eq!(store.requests().unwrap(), [], "the decision answered the one request");
    assert_eq!(store.gates().unwrap(), [], "all have ended");
}

/// Approves the next words again and again, and says each number before and after.
fn decide_for_ever(places: &pinfold_store::Places) {
    let mut store = Store::open(places, Access::Write).unwrap();
    let mut number = store.head().sequence as u32;
    loop {
        number += 1;
        say(format_args!("begin {number}"));
        if number.is_multiple_of(3) {
            // A gate opens anew for every start.
            store = Store::open(places, Access::Write).unwrap();
        }
        let object = tool(number);
        let seen = store.head();
        let at = UnixSeconds(u64::from(number));
        let mut ruling = ruling(seen, vec![approval(&object, None)], vec![object]);
        ruling.at = at;
        store.decide(ruling).unwrap();
        say(format_args!("end {number}"));
    }
}

/// Kills a child in the middle of writing, at moments of a fixed sequence that is stretched over the first two decisions
/// of the child; what it said to be recorded must be there, what it did not say may be, nothing else may, and the marker
/// is never ahead.
#[test]
fn a_killed_process_loses_nothing_and_leaves_nothing_half_written() {
    const KILLS: u32 = 60;
    let home = Home::new();
    let mut store = home.write().unwrap();
    decide(&mut store, vec![approve_launch(1)]).unwrap();
    let begin = Instant::now();
    for number in 3..=6 {
        approve_tool(&mut store, number, None).unwrap();
    }
    let window = (begin.elapsed() / 2).as_micros() as u64;
    drop(store);
    let mut random = 0x5EED_u64;
    let (mut recorded, mut lagging, mut unsaid) = (0, 0, 0);
    for kill in 0..KILLS {
        let mut command = child("plays_a_role", "decide for ever", home.path());
        let spawned = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut child = Ended(spawned);
        let mut lines = BufReader::new(child.0.stdout.take().unwrap());
        let (mut begun, mut ended) = (None, None);
        let mut note = |line: &str| {
            let number = |word: &str| line.split_once(word)?.1.trim().parse::<u32>().ok();
            begun = number("begin ").or(begun);
            ended = number("end ").or(ended);
        };
        // Wait until it writes, then a pseudo-random while.
        let mut line = String::new();
        while !line.contains("SAID begin") {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0, "the child ended by itself");
            note(&line);
        }
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_micros((random >> 33) % window));
        child.0.kill().unwrap();
        child.0.wait().unwrap();
        let mut rest = String::new();
        lines.read_to_string(&mut rest).unwrap();
        rest.lines().filter(|line| line.contains("SAID")).for_each(&mut note);

        // As the files lie there, before anybody opens them.
        let marker = Marker::from_bytes(&std::fs::read(home.places.marker()).unwrap()).unwrap();
        let store = home.read().unwrap_or_else(|error| panic!("after kill {kill}: {error:?}"));
        let head = store.head();
        assert!(marker.point.counter <= head.sequence, "the marker leads after kill {kill}");
        assert!(head.sequence - marker.point.counter <= 1);
        lagging += u64::from(marker.point.counter < head.sequence);
        // Numbers and places in the chain are the same here.
        let last = u64::from(ended.unwrap_or(0));
        assert!(head.sequence >= last, "kill {kill}: {last} was said to be recorded and is gone");
        assert!(head.sequence <= u64::from(begun.unwrap()), "kill {kill}: more than was begun");
        unsaid += u64::from(head.sequence > last && last > 0);
        for number in 3..=head.sequence as u32 {
            assert_eq!(tool_state(&store, number), Some(ApprovalState::Approved), "kill {kill}");
            assert_eq!(store.object(&tool(number).digest).unwrap(), tool(number));
        }
        assert!(Inspection::of(&home.places).unwrap().is_none(), "kill {kill}");
        recorded = head.sequence;
    }
    println!(
        "{KILLS} kills, {recorded} decisions; {lagging} times the marker lagged, {unsaid} recorded unsaid"
    );
    assert!(recorded > u64::from(KILLS) / 4, "too few decisions for the kills to meet any");
    let marker = Marker::from_bytes(&std::fs::read(home.places.marker()).unwrap()).unwrap();
    assert!(home.write().is_ok());
    let repaired = Marker::from_bytes(&std::fs::read(home.places.marker()).unwrap()).unwrap();
    assert_eq!(repaired.point.counter, recorded, "was {}", marker.point.counter);
}

fn hold_the_lock(places: &pinfold_store::Places) {
    let file = std::fs::File::options().read(true).write(true).open(places.lock()).unwrap();
    rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive).unwrap();
    say("locked");
    std::thread::sleep(Duration::from_secs(600));
}

#[test]
fn a_lock_that_is_not_let_go_is_waited_for_and_then_told() {
    let home = Home::with_words();
    let mut open = home.write().unwrap();
    let mut command = child("plays_a_role", "hold the lock", home.path());
    let mut holder = Ended(command.stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(holder.0.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("SAID locked")));
    let begin = Instant::now();
    let results = std::thread::scope(|scope| {
        let deciding = scope.spawn(|| decide(&mut open, vec![approve_launch(2)]).map(|_| ()));
        let reading = scope.spawn(|| home.read().map(|_| ()));
        [deciding.join().unwrap(), reading.join().unwrap()]
    });
    let waited = begin.elapsed();
    for result in results {
        assert!(matches!(result, Err(StoreError::Locked)), "{result:?}");
    }
    assert!(waited >= Duration::from_secs(5) && waited < Duration::from_secs(20), "{waited:?}");
    // An observation needs the database only.
    open.record_ask(&demo(), &launch(1).digest(), pinfold_core::pins::Ask::Sampling, NOW).unwrap();
    drop(holder);
    decide(&mut open, vec![approve_launch(2)]).unwrap();
}

#[test]
fn a_database_that_another_program_locks_is_waited_for_and_then_told() {
    let home = Home::with_words();
    let mut store = home.write().unwrap();
    let head = store.head();
    let other = rusqlite::Connection::open(home.places.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = decide(&mut store, vec![approve_launch(2)]).unwrap_err();
    assert!(matches!(error, StoreError::Locked), "{error:?}");
    assert_eq!(home.read().unwrap().head(), head, "readers are not kept away");
    other.execute_batch("ROLLBACK").unwrap();
    decide(&mut store, vec![approve_launch(2)]).unwrap();
}
