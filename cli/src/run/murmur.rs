//! What a gate says on standard error, by a thread of its own.
//!
//! A client need not read it and may have closed it, and the server fills the same pipe. Neither may keep what was seen
//! from being written down, nor a session from ending.

use std::io::{self, Write};
use std::sync::mpsc::{self, SyncSender};
use std::time::Duration;

use crate::output::{Output, Problem};

/// How many lines wait for a standard error that nobody reads; further ones are lost.
const MAX_WAITING: usize = 256;

/// How long the last lines get at the end.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A way to standard error that never makes anybody wait.
#[derive(Clone)]
pub(crate) struct Murmur(SyncSender<Word>);

enum Word {
    Lines(String),
    /// Everything before it was written.
    Done(mpsc::Sender<()>),
}

impl Murmur {
    pub(crate) fn new() -> Murmur {
        let (words, inbox) = mpsc::sync_channel(MAX_WAITING);
        std::thread::spawn(move || {
            for word in inbox {
                match word {
                    // Nobody is there to be told that nobody reads.
                    Word::Lines(lines) => drop(io::stderr().write_all(lines.as_bytes())),
                    Word::Done(done) => drop(done.send(())),
                }
            }
        });
        Murmur(words)
    }

    /// One line.
    pub(crate) fn say(&self, line: String) {
        let _ = self.0.try_send(Word::Lines(line + "\n"));
    }

    /// A problem, as every command says it.
    pub(crate) fn problem(&self, problem: &Problem) {
        let mut lines = Vec::new();
        Output::to(false, io::sink(), &mut lines).problem(problem);
        let _ = self.0.try_send(Word::Lines(String::from_utf8_lossy(&lines).into_owned()));
    }

    /// Waits until everything is written, for a moment.
    pub(crate) fn finish(&self) {
        let (done, written) = mpsc::channel();
        if self.0.try_send(Word::Done(done)).is_ok() {
            let _ = written.recv_timeout(LAST_WORDS);
        }
    }
}
