//! The one thread that decides: it alone has the database, so no two requests are decided on one state.
//!
//! Requests that arrive together are decided in one transaction. It is on the disk, and the last-signed record after it,
//! before the first of their answers leaves.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

use pinfold_core::checkpoint::{SignedCheckpoint, cosign};
use pinfold_core::hex;
use pinfold_core::note::{NoteSignature, VerifierKey};
use pinfold_core::signature::SigningKey;
use pinfold_core::text::{visible, visible_path};
use pinfold_core::witnessing::{AddCheckpoint, Refusal, continues};
use pinfold_service::{Problem, say};
use sha2::{Digest as _, Sha256};
use tokio::sync::{oneshot, watch};

use crate::database::{Database, DatabaseError, Head, Heads};
use crate::limits::{CLOCK_STEP_SECONDS, MAX_BATCH, MAX_WAITING};
use crate::record::Record;
use crate::{clock, evidence};

/// What came of a request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The cosignature line. The head is on the disk.
    Cosigned(NoteSignature),
    /// The log's fault.
    Refused(Refusal),
    /// Ours: nothing was cosigned, and later it may be.
    Later(&'static str),
}

/// What monitors may read: by the hexadecimal SHA-256 of an origin, its last head.
#[derive(Clone, Default)]
pub(crate) struct Shown(Arc<RwLock<HashMap<String, Arc<Vec<u8>>>>>);

/// Where requests are handed in.
#[derive(Clone)]
pub(crate) struct Desk {
    jobs: SyncSender<Job>,
    /// What monitors may read.
    pub(crate) shown: Shown,
}

/// A request whose log signature was verified, and who waits for it.
struct Job {
    request: AddCheckpoint,
    /// The verified keys of its log.
    keys: Vec<VerifierKey>,
    answer: oneshot::Sender<Outcome>,
}

/// An outcome, and the head that was stored for it.
struct Decided {
    outcome: Outcome,
    head: Option<Head>,
}

impl Decided {
    fn not(outcome: Outcome) -> Decided {
        Decided { outcome, head: None }
    }
}

/// Why a batch was not decided.
struct Failure {
    /// Whether nothing may be decided later either.
    is_fatal: bool,
    problem: Problem,
}

/// What the deciding thread owns.
pub(crate) struct Keeper {
    /// The witness's folder, for evidence.
    pub(crate) folder: PathBuf,
    /// The state.
    pub(crate) database: Database,
    /// Outside of the folder.
    pub(crate) record: Record,
    /// The key of type 0x04, whose verifier key the database names.
    pub(crate) key: SigningKey,
}

impl Keeper {
    /// Starts the thread. It ends when every [`Desk`] is gone, or with a problem after which nothing may be decided; then
    /// `fatal` is set.
    ///
    /// # Errors
    /// A head in the database cannot be read.
    pub(crate) fn start(
        self,
        fatal: watch::Sender<bool>,
    ) -> Result<(Desk, JoinHandle<Result<(), Problem>>), DatabaseError> {
        let shown = Shown::default();
        for head in self.database.heads()? {
            shown.set(&head.note);
        }
        let (jobs, waiting) = sync_channel(MAX_WAITING);
        let desk = Desk { jobs, shown: shown.clone() };
        let thread = thread::spawn(move || {
            let ended = self.run(&waiting, &shown);
            if ended.is_err() {
                // Nobody left to tell is no failure.
                let _ = fatal.send(true);
            }
            ended
        });
        Ok((desk, thread))
    }

    fn run(mut self, waiting: &Receiver<Job>, shown: &Shown) -> Result<(), Problem> {
        while let Ok(first) = waiting.recv() {
            let mut batch = vec![first];
            batch.extend(waiting.try_iter().take(MAX_BATCH - 1));
            match self.decide(&batch) {
                Ok(outcomes) => {
                    for (job, decided) in batch.into_iter().zip(outcomes) {
                        if let Some(head) = decided.head {
                            shown.set(&head.note);
                        }
                        // A log that hung up asks again.
                        let _ = job.answer.send(decided.outcome);
                    }
                }
                Err(failure) => {
                    say(format_args!("error: nothing was cosigned: {}", failure.problem.message));
                    for job in batch {
                        let _ = job.answer.send(Outcome::Later("the witness cannot write its state now"));
                    }
                    if failure.is_fatal {
                        return Err(failure.problem);
                    }
                }
            }
        }
        Ok(())
    }

    /// Decides a batch. On failure nothing of it may be answered; [`Failure`] says whether later ones may be.
    fn decide(&mut self, batch: &[Job]) -> Result<Vec<Decided>, Failure> {
        let now = clock::now();
        let (key, folder) = (&self.key, &self.folder);
        let name = self.database.key().name().clone();
        let work = |heads: &Heads<'_>| {
            let decide_one = |job: &Job| {
                let stored = heads.get(job.request.checkpoint.checkpoint().origin())?;
                if let Err(refusal) = continues(stored.as_ref().map(Head::state), &job.request) {
                    if refusal.is_evidence() {
                        keep_evidence(folder, job, stored.as_ref(), &refusal, now);
                    }
                    return Ok(Decided::not(Outcome::Refused(refusal)));
                }
                let Some(time) = time_after(stored.as_ref(), now) else {
                    return Ok(Decided::not(Outcome::Later("the witness's clock went back")));
                };
                let known = |line: &NoteSignature| {
                    job.keys.iter().any(|key| *key.name() == line.name && key.id() == line.id)
                };
                let head = job.request.checkpoint.clone().only(known);
                let line = cosign(&name, key, time, &head);
                let Ok(note) = head.with_signature(line.clone()) else {
                    return Ok(Decided::not(Outcome::Later("the head has too many signatures")));
                };
                let head = Head { note, time };
                heads.put(&head)?;
                Ok(Decided { outcome: Outcome::Cosigned(line), head: Some(head) })
            };
            batch.iter().map(decide_one).collect::<Result<Vec<_>, DatabaseError>>()
        };
        let (outcomes, counter) = self
            .database
            .decide(work)
            .map_err(|error| Failure { is_fatal: error.is_fatal(), problem: error.problem() })?;
        if outcomes.iter().any(|decided| decided.head.is_some()) {
            // The database may lead the record; it must never be the other way round.
            self.record
                .write(counter)
                .map_err(|error| Failure { is_fatal: false, problem: error.problem() })?;
        }
        Ok(outcomes)
    }
}

/// The time to state: never below what was stated before, so that a later statement is never the smaller tree's. `None`
/// if the clock fell by more than a correction.
fn time_after(stored: Option<&Head>, now: u64) -> Option<u64> {
    let last = stored.map_or(0, |head| head.time);
    if last <= now {
        return Some(now);
    }
    (last - now <= CLOCK_STEP_SECONDS).then_some(last)
}

fn keep_evidence(folder: &std::path::Path, job: &Job, stored: Option<&Head>, refusal: &Refusal, now: u64) {
    let origin = visible(job.request.checkpoint.checkpoint().origin());
    match evidence::keep(folder, &job.request, stored, refusal, now) {
        Ok(Some(path)) => say(format_args!("evidence: {origin}: {refusal}; kept in {}", visible_path(&path))),
        Ok(None) => {}
        Err(error) => {
            say(format_args!("warning: {origin}: {refusal}; the evidence could not be kept: {error}"))
        }
    }
}

impl Desk {
    /// Hands in a request whose log signature was verified by one of `keys`.
    pub(crate) async fn ask(&self, request: AddCheckpoint, keys: Vec<VerifierKey>) -> Outcome {
        let (answer, decided) = oneshot::channel();
        match self.jobs.try_send(Job { request, keys, answer }) {
            Ok(()) => decided.await.unwrap_or(Outcome::Later("the witness is stopping")),
            Err(TrySendError::Full(_)) => Outcome::Later("too many requests wait"),
            Err(TrySendError::Disconnected(_)) => Outcome::Later("the witness is stopping"),
        }
    }
}

impl Shown {
    /// The last head of the origin whose SHA-256 this is.
    pub(crate) fn get(&self, digest: &str) -> Option<Arc<Vec<u8>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    fn set(&self, note: &SignedCheckpoint) {
        let digest = hex::encode(&Sha256::digest(note.checkpoint().origin().as_bytes()));
        let bytes = Arc::new(note.to_bytes());
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(digest, bytes);
    }
}

#[cfg(test)]
mod tests {
    use pinfold_core::checkpoint::{Checkpoint, Origin};

    use super::*;

    #[test]
    fn a_stated_time_never_falls() {
        let origin: Origin = "log.example".parse().unwrap();
        let head = Checkpoint::new(&origin, 0, pinfold_core::merkle::EMPTY_ROOT);
        let key = SigningKey::from_seed(&[1; 32]);
        let note = SignedCheckpoint::sign(head, &origin.key_name(), &key).unwrap();
        let head = Head { note, time: 1000 };
        assert_eq!(time_after(None, 5), Some(5));
        assert_eq!(time_after(Some(&head), 1000), Some(1000));
        assert_eq!(time_after(Some(&head), 1001), Some(1001));
        assert_eq!(time_after(Some(&head), 700), Some(1000));
        assert_eq!(time_after(Some(&head), 699), None);
    }
}
