//! The tree of processes below this one, read from `/proc`.
//!
//! A subreaper's descendants stay its descendants whatever they do (fork twice, `setsid`, change their name), so a walk
//! over parent links finds every process that a server left behind.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, wait};

/// How long to wait between two looks at a tree that is ending.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// The processes below this one, nearest first. A process that ends while we look may or may not be in it.
#[allow(clippy::disallowed_methods, reason = "/proc is the table of processes and no disk")]
pub(super) fn descendants() -> Vec<Pid> {
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if let Some(parent) = parent_of(pid) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = Vec::new();
    let mut next = vec![getpid().as_raw_nonzero().get()];
    while let Some(parent) = next.pop() {
        for child in children.remove(&parent).unwrap_or_default() {
            next.push(child);
            found.extend(Pid::from_raw(child));
        }
    }
    found
}

/// Ends every process below this one, waiting in turns for at most `grace` after SIGTERM, and reaps them.
///
/// Returns when none is left. Processes started meanwhile by the tree are found at the next look.
pub fn end_descendants(grace: Duration) {
    signal_all(Signal::TERM);
    let term_ends = Instant::now() + grace;
    while Instant::now() < term_ends {
        if reap_all() {
            return;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    while !reap_all() {
        signal_all(Signal::KILL);
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// Collects the ended children; true when this process has no child any more.
pub(super) fn reap_all() -> bool {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some(_)) => {}
            Ok(None) => return false,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return true,
        }
    }
}

fn signal_all(signal: Signal) {
    for pid in descendants() {
        // Gone already is as good as ended.
        let _ = kill_process(pid, signal);
    }
}

/// The parent of a process: the fourth field of its `stat`, counted behind the last `)` because the second field, the
/// program's name, may hold anything.
#[allow(clippy::disallowed_methods, reason = "/proc is the table of processes and no disk")]
fn parent_of(pid: i32) -> Option<i32> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let after_name = &stat[stat.iter().rposition(|byte| *byte == b')')? + 1..];
    std::str::from_utf8(after_name).ok()?.split_ascii_whitespace().nth(1)?.parse().ok()
}
