//! The one writer: takes what waits, makes a round of it, and answers.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pinfold_core::checkpoint::{Checkpoint, Origin, SignedCheckpoint};
use pinfold_core::note::VerifierKey;
use pinfold_core::signature::SigningKey;
use pinfold_service::{Problem, say};
use thiserror::Error;

use crate::clock::{QuorumTime, map_head_time};
use crate::http::Refused;
use crate::last_signed::LastSignedError;
use crate::limits;
use crate::published::Showcase;
use crate::round::draft::Draft;
use crate::round::gate::{Gate, Signing};
use crate::round::memory::Memory;
use crate::round::queue::{Queue, Waiting};
use crate::round::start::RecordState;
use crate::round::submission::Answer;
use crate::store::write::{CommitError, RoundWriter};
use crate::store::{Database, Head, StoreError};
use crate::witnesses::{Outcome, Witnesses};

/// The writer and everything that only it changes.
pub(crate) struct Sequencer {
    /// The one writing connection.
    pub(crate) database: Database,
    /// The log's folder.
    pub(crate) folder: PathBuf,
    /// Held as long as this process serves.
    pub(crate) _lock: File,
    /// The log's name.
    pub(crate) origin: Origin,
    /// Its private key.
    pub(crate) key: SigningKey,
    /// Its verifier key.
    pub(crate) verifier: VerifierKey,
    /// The last-signed record.
    pub(crate) record: RecordState,
    /// What is stored, as far as a round needs it.
    pub(crate) memory: Memory,
    /// The witnesses.
    pub(crate) witnesses: Witnesses,
    /// Witnesses without whose answer the log starts.
    pub(crate) left_out: BTreeSet<usize>,
    /// What waits.
    pub(crate) queue: Arc<Queue>,
    /// Whether the log signs.
    pub(crate) gate: Arc<Gate>,
    /// What is published.
    pub(crate) showcase: Arc<Showcase>,
    /// The newest time that a quorum vouched for.
    pub(crate) quorum_time: Option<QuorumTime>,
    /// How long an idle head goes without new cosignatures.
    pub(crate) rewitness: Duration,
    /// When the published head was last offered.
    pub(crate) offered: Instant,
    /// When trouble was last said.
    pub(crate) complained: Option<Instant>,
    /// The calendar's clock, in seconds since 1970; tests set another.
    pub(crate) now: fn() -> u64,
}

/// Why the process ends. What is stored is found out by the next start.
#[derive(Debug, Error)]
pub(crate) enum Fatal {
    /// After signing, a commit failed.
    #[error("a round was signed, and whether it is stored is not known: {0}")]
    Commit(#[from] CommitError),
    /// After the commit, the record could not be written.
    #[error("{0}")]
    Record(#[from] LastSignedError),
    /// After the quorum, the published head could not be kept; or what is stored cannot be read any more.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A head could not be written as a note, which means that this program is wrong.
    #[error("a head cannot be signed: {0}")]
    Sign(String),
}

impl Fatal {
    /// The two lines for the operator.
    pub(crate) fn problem(&self) -> Problem {
        let hint = "look at the disk, then start again: a start recovers what was committed";
        Problem::undetermined("LOG_STOPPED", self.to_string(), hint)
    }
}

/// How a head came out of its quorum.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// Published.
    Published,
    /// Not, and this process will not: it is stopping, or stopped signing.
    Kept,
}

impl Sequencer {
    /// Rounds until the queue is closed and empty.
    ///
    /// # Errors
    /// [`Fatal`]
    pub(crate) fn run(&mut self) -> Result<(), Fatal> {
        loop {
            self.hear();
            let Some(batch) = self.queue.take(self.patience()) else { return Ok(()) };
            if batch.is_empty() {
                self.idle();
            } else {
                self.round(batch)?;
            }
        }
    }

    /// How long to wait for a submission: cosignatures that come late are heard soon, and an idle log sleeps.
    fn patience(&self) -> Duration {
        if self.witnesses.policy().witnesses().is_empty() {
            Duration::from_secs(1)
        } else {
            Duration::from_millis(100)
        }
    }

    /// Takes in what witnesses said about the published head meanwhile.
    fn hear(&mut self) {
        while let Some(event) = self.witnesses.poll() {
            match event.outcome {
                Outcome::Contradicts(what) => self.stop_signing(event.witness, &what),
                Outcome::Cosigned(signature) if event.size == self.memory.head.size => {
                    self.add_cosignature(signature);
                }
                Outcome::Cosigned(_) => {}
            }
        }
    }

    /// Nothing was submitted: the head is offered again when it is time.
    fn idle(&mut self) {
        if !self.gate.is_open() {
            return;
        }
        let has_witnesses = !self.witnesses.policy().witnesses().is_empty();
        if has_witnesses && self.offered.elapsed() >= self.rewitness {
            self.offered = Instant::now();
            self.witnesses.offer(&self.memory.signed);
        }
    }

    pub(crate) fn round(&mut self, batch: Vec<Waiting>) -> Result<(), Fatal> {
        if let Signing::Waiting(why) | Signing::Stopped(why) = self.gate.get() {
            let refused = Refused::unavailable("NotSigning", format!("the log does not sign: {why}"));
            answer_all(batch, &refused);
            return Ok(());
        }
        let last = self.memory.rules.as_ref().map_or(0, |rules| rules.last_time());
        let quorum = self.quorum_time.map(|quorum| (quorum.time, quorum.learned.elapsed().as_secs()));
        let time = match map_head_time((self.now)(), last, quorum) {
            Ok(time) => time,
            Err(fault) => {
                self.complain(format!("nothing is signed: {fault}"));
                answer_all(batch, &Refused::unavailable("ClockWrong", fault.to_string()));
                return Ok(());
            }
        };
        let bytes: usize = batch.iter().map(|waiting| waiting.submission.bytes()).sum();
        if let Err(error) = self.disk_has_room(bytes as u64) {
            answer_all(batch, &self.store_refusal(&error));
            return Ok(());
        }
        let round_start = self.memory.head.size;
        let mut draft = Draft::default();
        let built = draft.build(&self.database, &mut self.memory, &self.origin, batch, time);
        let stored = match built {
            Ok(()) if draft.is_empty() => return Ok(()),
            Ok(()) => self.sign_and_store(&draft)?,
            Err(error) => Err(error),
        };
        let (head, signed) = match stored {
            Ok(stored) => stored,
            Err(error) => {
                let refused = self.store_refusal(&error);
                draft.answer(|_| Answer::Refused(refused.clone()));
                self.memory = Memory::load(&self.database, &self.origin, &self.verifier)?;
                return Ok(());
            }
        };
        let (tree, nodes) = draft.take_tree();
        self.memory.head = head;
        self.memory.signed = signed;
        self.memory.tree = tree;
        match self.leave(round_start, nodes)? {
            Left::Published => {
                let just_now = self.showcase.get();
                draft.answer(|index| Answer::Logged { index, just_now: just_now.clone() });
            }
            Left::Kept => {
                let refused = Refused::unavailable("NoQuorumYet", "no head with this entry is published yet");
                draft.answer(|_| Answer::Refused(refused.clone()));
            }
        }
        self.settle_when_long();
        Ok(())
    }

    /// Writes a round, signs its head and commits. Inner errors are from before the signature: nothing is stored then.
    fn sign_and_store(
        &mut self,
        draft: &Draft,
    ) -> Result<Result<(Head, SignedCheckpoint), StoreError>, Fatal> {
        let writer = match RoundWriter::begin(&mut self.database.connection) {
            Ok(writer) => writer,
            Err(error) => return Ok(Err(error)),
        };
        if let Err(error) = draft.write(&writer, &mut self.memory) {
            return Ok(Err(error));
        }
        let (head, signed) = sign(&self.origin, &self.key, draft)?;
        let needs_no_witness = self.witnesses.policy().needs_no_witness();
        writer.commit(&self.memory.head, &head, needs_no_witness)?;
        Ok(Ok((head, signed)))
    }

    /// Nothing is signed on a disk that is nearly full: what fails after signing ends the process.
    pub(crate) fn disk_has_room(&self, bytes: u64) -> Result<(), StoreError> {
        let disk = rustix::fs::statvfs(&self.folder)
            .map_err(|error| StoreError::reading(&self.folder, error.into()))?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        // Each byte is written to the write-ahead log and to the database, with its tiles and rows beside it.
        if free < limits::MIN_FREE_BYTES.saturating_add(bytes.saturating_mul(4)) {
            Err(StoreError::Full)
        } else {
            Ok(())
        }
    }

    /// What submitters are told when a round could not be written, before anything was signed.
    fn store_refusal(&mut self, error: &StoreError) -> Refused {
        self.complain(format!("nothing is signed: {error}"));
        match error {
            StoreError::Full => Refused::unavailable("DiskFull", "the log's disk is full"),
            _ => Refused::unavailable("WriteFailed", "the log could not write"),
        }
    }

    /// Says what is wrong, but not with every round.
    fn complain(&mut self, what: String) {
        if self.complained.is_none_or(|last| last.elapsed() > limits::COMPLAINT_PAUSE) {
            self.complained = Some(Instant::now());
            say(format_args!("{what}"));
        }
    }

    /// Moves the write-ahead log into the database between rounds. A failure loses nothing; the next one tries again.
    fn settle_when_long(&self) {
        let log = self.folder.join("log.sqlite-wal");
        let is_long = std::fs::metadata(log).is_ok_and(|log| log.len() > (8 << 20));
        if is_long && let Err(error) = self.database.settle_some() {
            say(format_args!("the write-ahead log could not be moved yet: {error}"));
        }
    }

    /// Signs nothing from now on, and says why.
    pub(crate) fn stop_signing(&self, witness: usize, what: &str) {
        if matches!(self.gate.get(), Signing::Stopped(_)) {
            return;
        }
        let name = self.witnesses.name(witness);
        say(format_args!(
            "error: witness {name} contradicts this log: {what}; nothing is signed from now on"
        ));
        say(format_args!(
            "hint: an old backup, or a second log with this key. Put the newest database back and start again; if none \
             is left, this origin is over"
        ));
        self.gate.set(Signing::Stopped(format!("witness {name} contradicts it: {what}")));
    }
}

fn sign(origin: &Origin, key: &SigningKey, draft: &Draft) -> Result<(Head, SignedCheckpoint), Fatal> {
    let (size, root) = draft.size_and_root();
    let checkpoint = Checkpoint::new(origin, size, root);
    let signed = SignedCheckpoint::sign(checkpoint, &origin.key_name(), key)
        .map_err(|error| Fatal::Sign(error.to_string()))?;
    Ok((Head { size, root: *root.as_bytes(), note: signed.to_bytes() }, signed))
}

fn answer_all(batch: Vec<Waiting>, refused: &Refused) {
    for waiting in batch {
        // A submitter that went away is answered by its next submission.
        let _ = waiting.reply.send(Answer::Refused(refused.clone()));
    }
}
