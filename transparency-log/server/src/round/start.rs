//! A start: what the record and the witnesses know is compared with what is stored, before anything is signed
//! (spec/log.md, Rollback protection).

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use pinfold_core::checkpoint::{Origin, SignedCheckpoint};
use pinfold_core::merkle::root;
use pinfold_core::note::VerifierKey;
use pinfold_core::signature::SigningKey;
use pinfold_core::text::visible_path;
use pinfold_core::tlog_policy::TlogPolicy;
use pinfold_service::{Problem, say};

use crate::last_signed::{LastSigned, LastSignedError};
use crate::published::{Published, Showcase};
use crate::round::gate::{Gate, Signing};
use crate::round::memory::Memory;
use crate::round::queue::Queue;
use crate::round::sequencer::{Fatal, Left, Sequencer};
use crate::round::tree::{StoredTree, prove_error};
use crate::store::readers::Readers;
use crate::store::{Database, Reader, StoreError};
use crate::witnesses::{Outcome, Witnesses};

/// What a start needs.
pub(crate) struct Parts {
    /// The writing connection.
    pub(crate) database: Database,
    /// The log's folder.
    pub(crate) folder: PathBuf,
    /// The lock of the folder.
    pub(crate) lock: File,
    /// The log's name.
    pub(crate) origin: Origin,
    /// Its private key.
    pub(crate) key: SigningKey,
    /// Its verifier key.
    pub(crate) verifier: VerifierKey,
    /// The last-signed record.
    pub(crate) record: RecordState,
    /// Witnesses and quorum.
    pub(crate) policy: TlogPolicy,
    /// Witnesses without whose answer the log starts.
    pub(crate) left_out: Vec<usize>,
    /// Connections of readers.
    pub(crate) readers: Arc<Readers>,
    /// Where submissions wait.
    pub(crate) queue: Arc<Queue>,
    /// Whether the log signs.
    pub(crate) gate: Arc<Gate>,
    /// What is published.
    pub(crate) showcase: Arc<Showcase>,
    /// How long an idle head goes without new cosignatures.
    pub(crate) rewitness: Duration,
    /// The calendar's clock, in seconds since 1970.
    pub(crate) now: fn() -> u64,
}

/// The last-signed record as a start finds it.
#[derive(Debug)]
pub(crate) enum RecordState {
    /// It holds a head of this log.
    Known(LastSigned, Box<SignedCheckpoint>),
    /// There is none. It is made when a quorum of witnesses has confirmed the stored head, and not before: made of an old
    /// backup, it would confirm that at the next start.
    Absent {
        /// Where it will be made.
        path: PathBuf,
    },
}

impl RecordState {
    /// Opens the record.
    ///
    /// # Errors
    /// It is there and cannot be used.
    pub(crate) fn open(path: &Path, folder: &Path, key: &VerifierKey) -> Result<RecordState, Problem> {
        let parse =
            |note: &[u8]| SignedCheckpoint::parse(note).ok().filter(|head| head.verify_log(key).is_ok());
        match LastSigned::open(path, folder, |note| Some(parse(note)?.checkpoint().size())) {
            Ok((record, note)) => {
                let head = parse(&note).ok_or_else(|| LastSignedError::Garbled(path.to_owned()).problem())?;
                Ok(RecordState::Known(record, Box::new(head)))
            }
            Err(LastSignedError::Absent(path)) => Ok(RecordState::Absent { path }),
            Err(error) => Err(error.problem()),
        }
    }
}

impl RecordState {
    /// Writes the newest head, synced; a record that was absent is made.
    ///
    /// # Errors
    /// Whether it is on the disk is not known then.
    pub(crate) fn write(&mut self, folder: &Path, head: &SignedCheckpoint) -> Result<(), LastSignedError> {
        let note = head.to_bytes();
        match self {
            RecordState::Known(record, _) => record.write(&note),
            RecordState::Absent { path } => {
                LastSigned::create(path, folder, &note)?;
                // What was written this moment is this log's.
                let (record, _) = LastSigned::open(path, folder, |_| Some(head.checkpoint().size()))?;
                *self = RecordState::Known(record, Box::new(head.clone()));
                Ok(())
            }
        }
    }
}

/// Reads what is stored and compares it with the record. What the witnesses know is asked by [`Sequencer::serve`].
///
/// # Errors
/// A [`Problem`]: nothing is served.
pub(crate) fn start(parts: Parts) -> Result<Sequencer, Problem> {
    let memory =
        Memory::load(&parts.database, &parts.origin, &parts.verifier).map_err(|error| error.problem())?;
    match &parts.record {
        RecordState::Known(_, known) => {
            compare(&parts.database, &memory, known, &parts.gate).map_err(|error| error.problem())?;
        }
        RecordState::Absent { path } if parts.policy.needs_no_witness() => {
            return Err(LastSignedError::Absent(path.clone()).problem());
        }
        RecordState::Absent { path } => say(format_args!(
            "warning: the last-signed record {} does not exist; a quorum of witnesses must confirm the stored head",
            visible_path(path)
        )),
    }
    let witnesses = Witnesses::start(parts.policy, &parts.readers);
    let mut sequencer = Sequencer {
        database: parts.database,
        folder: parts.folder,
        _lock: parts.lock,
        origin: parts.origin,
        key: parts.key,
        verifier: parts.verifier,
        record: parts.record,
        memory,
        witnesses,
        left_out: parts.left_out.into_iter().collect(),
        queue: parts.queue,
        gate: parts.gate,
        showcase: parts.showcase,
        quorum_time: None,
        rewitness: parts.rewitness,
        offered: Instant::now(),
        complained: None,
        now: parts.now,
    };
    sequencer.show_what_was_published().map_err(|error| error.problem())?;
    if sequencer.witnesses.policy().needs_no_witness() {
        sequencer.open().map_err(|fatal| fatal.problem())?;
    }
    Ok(sequencer)
}

/// Compares the record with what is stored. A record that is behind is the normal end of a crash.
fn compare(
    database: &Database,
    memory: &Memory,
    known: &SignedCheckpoint,
    gate: &Gate,
) -> Result<(), StoreError> {
    let (size, stored) = (known.checkpoint().size(), memory.head.size);
    let is_ours = size <= stored && {
        let reader = Reader(&database.connection);
        root(&StoredTree(reader), size).map_err(prove_error)? == *known.checkpoint().root()
    };
    if is_ours {
        return Ok(());
    }
    let what = if size > stored {
        format!("the last-signed record holds a head of size {size}, the database one of size {stored}")
    } else {
        format!("the last-signed record holds another head of size {size} than the database")
    };
    say(format_args!("error: {what}: this is an old copy of the database; nothing is signed"));
    say(format_args!(
        "hint: put the newest database back and start again. If it is lost, this log's history ends at what was \
         published: make a new log with another origin. Reading goes on"
    ));
    gate.set(Signing::Stopped(what));
    Ok(())
}

impl Sequencer {
    /// Asks the witnesses and lets the stored head leave; then the log signs. Where nobody needs to be asked, this is done
    /// before the first request comes in.
    ///
    /// # Errors
    /// [`Fatal`]
    pub(crate) fn open(&mut self) -> Result<(), Fatal> {
        if self.witnesses_agree() {
            let nodes = self.memory.tree.edge_nodes();
            if self.leave(self.memory.head.size, nodes)? == Left::Published {
                self.gate.set(Signing::Open);
            }
        }
        Ok(())
    }

    /// Rounds until the queue is closed.
    ///
    /// # Errors
    /// [`Fatal`]
    pub(crate) fn serve(&mut self) -> Result<(), Fatal> {
        if !self.gate.is_open() {
            self.open()?;
        }
        self.run()
    }

    /// Offers the stored head and waits until the witnesses that have not answered could not meet the quorum by
    /// themselves; without a record, until a quorum has answered.
    fn witnesses_agree(&mut self) -> bool {
        if let Signing::Stopped(_) = self.gate.get() {
            return false;
        }
        let mut answered: BTreeSet<usize> = self.left_out.clone();
        let mut cosigned = BTreeSet::new();
        self.witnesses.offer(&self.memory.signed);
        let mut has_complained = false;
        let begun = Instant::now();
        loop {
            let policy = self.witnesses.policy();
            let silent_could = policy.is_met_by(|place| !answered.contains(&place));
            let has_record = matches!(self.record, RecordState::Known(..));
            let is_confirmed = has_record || policy.is_met_by(|place| cosigned.contains(&place));
            if policy.needs_no_witness() || (!silent_could && is_confirmed) {
                if has_complained {
                    say(format_args!("enough witnesses have answered"));
                }
                return true;
            }
            if self.queue.is_closed() {
                return false;
            }
            if !has_complained && begun.elapsed() > Duration::from_secs(3) {
                has_complained = true;
                let silent: Vec<&str> = (0..policy.witnesses().len())
                    .filter(|place| !answered.contains(place))
                    .map(|place| self.witnesses.name(place))
                    .collect();
                say(format_args!("not signing yet: no answer of {}", silent.join(", ")));
                self.gate
                    .set(Signing::Waiting(format!("witnesses have not answered: {}", silent.join(", "))));
            }
            let Some(event) = self.witnesses.next(Duration::from_millis(100)) else { continue };
            match event.outcome {
                Outcome::Contradicts(what) => {
                    self.stop_signing(event.witness, &what);
                    return false;
                }
                Outcome::Cosigned(_) if event.size == self.memory.head.size => {
                    answered.insert(event.witness);
                    cosigned.insert(event.witness);
                }
                Outcome::Cosigned(_) => {}
            }
        }
    }

    /// What was published before is read on while the start asks around. If the newest head never was, the one before it
    /// is shown, without an index.
    fn show_what_was_published(&self) -> Result<(), StoreError> {
        let Some((size, note)) = Reader(&self.database.connection).last_published()? else { return Ok(()) };
        let head = SignedCheckpoint::parse(&note)
            .map_err(|error| StoreError::Damaged(format!("the published head of size {size}: {error}")))?;
        let is_newest = size == self.memory.head.size;
        let rules = self.memory.rules.as_ref().filter(|_| is_newest);
        self.showcase.put(Published {
            first: Arc::new(head.clone()),
            head,
            round_start: size,
            nodes: Arc::default(),
            names: rules.map(crate::round::rules::Rules::names),
        });
        Ok(())
    }
}
