//! Sessions as process groups: waiting for one, and ending what it leaves behind, also when this program is ended.

use std::fs;
use std::io;
use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// How long a client's children may take to end after it.
const GRACE: Duration = Duration::from_secs(3);

/// The sessions that run, each a process group.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Other processes that live as long as this program.
static BESIDE: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

fn running() -> MutexGuard<'static, Vec<Pid>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn beside() -> MutexGuard<'static, Vec<Pid>> {
    BESIDE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// These children end with this program, too.
pub(crate) fn end_beside_us(children: &[u32]) {
    beside().extend(children.iter().filter_map(|id| i32::try_from(*id).ok().and_then(Pid::from_raw)));
}

/// From now on the running sessions end when this program is told to: a client whose model is gone goes on asking for
/// it for many minutes.
///
/// # Errors
/// When the signals cannot be caught.
pub(crate) fn end_with_us() -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::spawn(move || {
        for signal in signals.forever() {
            for group in running().iter() {
                let _ = kill_process_group(*group, Signal::KILL);
            }
            for child in beside().iter() {
                let _ = kill_process(*child, Signal::KILL);
            }
            // Now as if it had not been caught.
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    });
    Ok(())
}

/// Waits for the end of a session, which leads a process group of its own, and ends what it leaves behind. Says how it
/// failed, if it did.
///
/// # Errors
/// When the child cannot be waited for.
pub(crate) fn wait(mut child: Child, longest: Duration) -> io::Result<Option<String>> {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    running().extend(group);
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if started.elapsed() > longest {
            break None;
        }
        thread::sleep(Duration::from_millis(20));
    };
    if let Some(group) = group {
        end_group(group, status.is_some());
        running().retain(|other| *other != group);
    }
    match status {
        Some(status) if status.success() => Ok(None),
        Some(status) => Ok(Some(format!("the client ended with {status}"))),
        None => {
            child.wait()?;
            Ok(Some(format!("the client had not ended after {} s", longest.as_secs())))
        }
    }
}

/// Lets what the client left behind, such as a server, end by itself, then ends it: nothing lives on into the next
/// session.
fn end_group(group: Pid, in_peace: bool) {
    let started = Instant::now();
    while in_peace && started.elapsed() < GRACE && runs(group) {
        thread::sleep(Duration::from_millis(20));
    }
    // Fails when the group is gone, which is what is wanted.
    let _ = kill_process_group(group, Signal::KILL);
}

/// Whether a process of the group still runs. One that has ended and waits for its parent's notice does not count. Where
/// the system has no `/proc`, none is seen and the group gets no grace.
fn runs(group: Pid) -> bool {
    let member = |entry: fs::DirEntry| {
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        // `pid (name) state parent group …`; a name may hold spaces and brackets.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let state = fields.next()?;
        let own_group = fields.nth(1)?;
        Some(state != "Z" && own_group == group.to_string())
    };
    let Ok(processes) = fs::read_dir("/proc") else { return false };
    processes.flatten().filter_map(member).any(|runs| runs)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use super::*;

    #[test]
    fn a_group_runs_until_it_is_ended() {
        let mut child = Command::new("sleep").arg("60").process_group(0).spawn().unwrap();
        let group = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        assert!(runs(group));
        end_group(group, false);
        child.wait().unwrap();
        assert!(!runs(group));
    }
}
