//! A disk that fails at every single write or sync, one after the other, as `strace` makes it fail.
#![allow(clippy::unwrap_used)]

mod support;

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use pinfold_core::checkpoint::SignedCheckpoint;

use support::http::request;
use support::publisher::{Prepared, Publisher};
use support::witness::Witness;
use support::{Log, Serving, proven};

/// What SQLite and the last-signed record read, write and sync with.
const CALLS: [&str; 4] = ["pread64", "pwrite64", "fdatasync", "fsync"];

/// Whether `strace` works here. Without it nothing is tested, which is said, and is a failure where `CI` is set.
fn strace_works() -> bool {
    let works = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    if works.is_ok_and(|output| output.status.success()) {
        return true;
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "strace is missing or may not trace; install it");
    eprintln!("SKIPPED: no failing disk was tested, because strace is missing or may not trace");
    false
}

/// `serve` under strace, which stands behind it, so that the child is the log itself.
fn traced(log: &Log, serve: &[&str], options: &[&str]) -> Command {
    let inner = log.serve_command(serve);
    let mut command = Command::new("strace");
    command.arg("-D").arg("-o").arg(log.root.path().join("trace")).args(options);
    command.arg(inner.get_program()).args(inner.get_args()).env_remove("HOME");
    command
}

/// How often the main thread, which alone writes to the database, makes each call: until it serves, and until it has
/// answered a submission.
fn count_calls(with_witness: bool) -> (Vec<usize>, Vec<usize>) {
    let (log, _witness, policy) = prepared_log(with_witness);
    let options = serve_options(&policy);
    let trace = format!("trace={}", CALLS.join(","));
    let serving = Serving::start(traced(&log, &options, &["-e", &trace]));
    serving.wait_for_open();
    let count = || {
        let text = std::fs::read_to_string(log.root.path().join("trace")).unwrap();
        CALLS.map(|call| text.lines().filter(|line| line.starts_with(&format!("{call}("))).count()).to_vec()
    };
    let until_serving = count();
    assert_eq!(serving.post("/submit", &release().body()).status, 200);
    thread::sleep(Duration::from_millis(300));
    (until_serving, count())
}

/// A log with one keyset, and a witness that is its quorum, if one is wanted.
fn prepared_log(with_witness: bool) -> (Log, Option<Witness>, Option<String>) {
    let log = Log::new();
    let witness = with_witness.then(|| Witness::new(1));
    let policy = witness.as_ref().map(|witness| log.witness_policy(&[witness], 1));
    let mut serving = log.serve_with(&serve_options(&policy));
    serving.wait_for_open();
    assert_eq!(serving.post("/submit", &Publisher::new(1).keyset().body()).status, 200);
    assert!(serving.terminate().success());
    (log, witness, policy)
}

fn serve_options(policy: &Option<String>) -> Vec<&str> {
    policy.iter().flat_map(|policy| ["--witness-policy", policy]).collect()
}

fn release() -> Prepared {
    Publisher::new(1).release("files", "1.0.0", None)
}

/// What became of a submission to a log whose disk failed once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// Acknowledged: the failure did not matter, or came later.
    Acknowledged,
    /// The log did not start.
    NotStarted,
    /// Refused with 503, and the log goes on.
    Refused,
    /// The log stopped, and the entry is not stored.
    StoppedNotStored,
    /// The log stopped, and the entry is stored all the same.
    StoppedStored,
}

impl Fate {
    const ALL: [Fate; 5] =
        [Fate::Acknowledged, Fate::NotStarted, Fate::Refused, Fate::StoppedNotStored, Fate::StoppedStored];

    fn told(self) -> &'static str {
        match self {
            Fate::Acknowledged => "the entry was acknowledged: the failure did not matter, or came later",
            Fate::NotStarted => "the log did not start",
            Fate::Refused => "the entry was refused with 503, and the log went on",
            Fate::StoppedNotStored => "the log stopped, and the entry was not stored",
            Fate::StoppedStored => "the log stopped; the entry was stored, and nothing was promised",
        }
    }
}

fn run(with_witness: bool, call: &str, error: &str, when: usize) -> Fate {
    let ((log, _witness, policy), release) = (prepared_log(with_witness), release());
    let options = serve_options(&policy);
    let mut seen: Vec<SignedCheckpoint> = Vec::new();
    let inject = format!("inject={call}:error={error}:when={when}");
    let trace = format!("trace={}", CALLS.join(","));
    let fate = match Serving::try_start(traced(&log, &options, &["-e", &trace, "-e", &inject])) {
        // The program itself could not be loaded: not ours to answer.
        Err((status, _)) if status.code() == Some(127) => Fate::NotStarted,
        Err((status, stderr)) => {
            assert_eq!(status.code(), Some(3), "{call} {error} {when}: {stderr}");
            support::has_one_error_and_one_hint(&stderr);
            Fate::NotStarted
        }
        Ok(mut serving) => {
            // The first round needs nobody to ask for it: its failure can have ended the log by now.
            seen.extend(serving.checkpoint_if_it_answers(&log.key));
            settle(&mut serving);
            let answer = request(&serving.address, "POST", "/submit", &release.body());
            match answer {
                Ok(answer) if answer.status == 200 => {
                    let (_, head) = proven(&answer, release.entry.leaf_hash(), &log.key);
                    seen.push(head);
                    Fate::Acknowledged
                }
                answer => {
                    if let Ok(answer) = &answer {
                        assert_eq!(answer.status, 503, "{call} {error} {when}: {}", answer.text());
                    }
                    let until = Instant::now() + Duration::from_secs(3);
                    loop {
                        if let Some(status) = serving.child.try_wait().unwrap() {
                            assert_eq!(status.code(), Some(3), "{call} {error} {when}: {}", serving.stderr());
                            break Fate::StoppedNotStored;
                        }
                        if Instant::now() > until {
                            // It goes on, and takes the same submission now.
                            let again = serving.post("/submit", &release.body());
                            let (_, head) = proven(&again, release.entry.leaf_hash(), &log.key);
                            seen.push(head);
                            break Fate::Refused;
                        }
                        thread::sleep(Duration::from_millis(10));
                    }
                }
            }
        }
    };
    // The next start, on a disk that works, stands by everything.
    let serving = log.serve_with(&options);
    serving.wait_for_open();
    let head = serving.checkpoint(&log.key);
    for older in &seen {
        assert!(
            older.checkpoint().size() <= head.checkpoint().size(),
            "{call} {error} {when}: a head is gone"
        );
        serving.continues(older, &head);
    }
    let is_stored = head.checkpoint().size() == 4;
    if matches!(fate, Fate::Acknowledged | Fate::Refused) {
        assert!(is_stored, "{call} {error} {when}: what was acknowledged is gone");
    }
    let answer = serving.post("/submit", &release.body());
    let (index, first) = proven(&answer, release.entry.leaf_hash(), &log.key);
    assert_eq!((index, first.checkpoint().size()), (2, 4), "{call} {error} {when}");
    drop(serving);
    log.adds_up();
    if fate == Fate::StoppedNotStored && is_stored { Fate::StoppedStored } else { fate }
}

/// Waits until the log signs, or has ended.
fn settle(serving: &mut Serving) {
    while serving.child.try_wait().unwrap().is_none() {
        match request(&serving.address, "POST", "/submit", b"{}") {
            Ok(answer) if answer.status == 503 => thread::sleep(Duration::from_millis(5)),
            _ => return,
        }
    }
}

#[test]
fn a_failing_disk_at_every_call() {
    if !strace_works() {
        return;
    }
    // Short: the calls of one round, each with the error that it is likelier to have; with a witness only its syncs and
    // last writes, which are those after the quorum. Long (`PINFOLD_LONG`): all of them and those of the start, with
    // both errors.
    let is_long = std::env::var("PINFOLD_LONG").is_ok();
    let mut fates = Vec::new();
    for with_witness in [false, true] {
        let (until_serving, until_answered) = count_calls(with_witness);
        for (at, call) in CALLS.into_iter().enumerate() {
            let (first, last) = (until_serving[at] + 1, until_answered[at]);
            let first = match (is_long, with_witness) {
                (true, _) => 1,
                (false, true) if call.starts_with('p') => first.max(last.saturating_sub(4)),
                (false, _) => first,
            };
            for when in first..=last {
                let usual = if call == "pwrite64" && when % 2 == 0 { "ENOSPC" } else { "EIO" };
                let errors: &[&str] = if is_long { &["EIO", "ENOSPC"] } else { &[usual] };
                for error in errors {
                    let fate = run(with_witness, call, error, when);
                    let quorum = if with_witness { "one witness" } else { "none" };
                    println!("quorum {quorum}: {call} {when} of {last} fails with {error}: {fate:?}");
                    fates.push(fate);
                }
            }
        }
    }
    assert!(fates.len() >= 4, "{fates:?}: the calls of a round were not found");
    let mut table = String::from("== fates\n| failing calls | what became of it |\n|---|---|\n");
    for fate in Fate::ALL {
        let count = fates.iter().filter(|one| **one == fate).count();
        table.push_str(&format!("| {count} | {} |\n", fate.told()));
    }
    for fate in [Fate::Refused, Fate::StoppedNotStored, Fate::StoppedStored] {
        assert!(fates.contains(&fate), "{fates:?}: never {fate:?}");
    }
    println!("\n{table}");
}
