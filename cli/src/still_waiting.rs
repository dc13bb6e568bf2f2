//! Words for a person at a terminal while something takes long.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long nobody is told anything: most servers answer sooner.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a person is told that it goes on.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// A wait of which a person is told on standard error until this is dropped. Where standard error is no terminal, nobody
/// is: a log of cron has no use for it.
pub(crate) struct StillWaiting(Option<(mpsc::Sender<()>, JoinHandle<()>)>);

impl StillWaiting {
    /// Tells of a wait for this, in our own words.
    pub(crate) fn tell(what: impl Into<String>) -> StillWaiting {
        if !io::stderr().is_terminal() {
            return StillWaiting(None);
        }
        // A handle of its own: while a server runs that inherits it, standard error may be led elsewhere.
        let Ok(terminal) = rustix::io::fcntl_dupfd_cloexec(io::stderr(), 3) else {
            return StillWaiting(None);
        };
        let mut terminal = File::from(terminal);
        let (what, began) = (what.into(), Instant::now());
        let (end, ended) = mpsc::channel();
        let teller = thread::spawn(move || {
            let mut pause = PATIENCE;
            while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                let seconds = began.elapsed().as_secs();
                // A standard error that cannot be written is not a failure.
                let _ = writeln!(terminal, "still waiting for {what}, {seconds} s …");
                pause = TELL_EVERY;
            }
        });
        StillWaiting(Some((end, teller)))
    }
}

impl Drop for StillWaiting {
    fn drop(&mut self) {
        if let Some((end, teller)) = self.0.take() {
            drop(end);
            // Its line is whole before the next one of ours.
            let _ = teller.join();
        }
    }
}
