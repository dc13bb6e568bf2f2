//! Asking witnesses for cosignatures: one thread a witness, so that a slow one holds up nobody but itself.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use pinfold_core::checkpoint::SignedCheckpoint;
use pinfold_core::merkle::{ConsistencyProof, prove_consistency};
use pinfold_core::note::{NoteSignature, parse_signature_lines};
use pinfold_core::tlog_policy::{PolicyWitness, TlogPolicy};
use pinfold_core::witnessing::AddCheckpoint;
use pinfold_log_client::{AddRequest, BaseUrl, WitnessAnswer, WitnessClient};
use pinfold_service::say;

use crate::limits::WITNESS_PAUSE;
use crate::round::tree::{StoredTree, prove_error};
use crate::store::StoreError;
use crate::store::readers::Readers;

/// What a witness's thread found out.
#[derive(Debug)]
pub(crate) struct Event {
    /// The witness, by its place in the policy.
    pub(crate) witness: usize,
    /// The size that it was offered.
    pub(crate) size: u64,
    /// What came of it.
    pub(crate) outcome: Outcome,
}

/// What came of offering a head.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A cosignature that verifies.
    Cosigned(NoteSignature),
    /// It has seen a larger tree of this log, or another one of this size: somebody signed what we do not know.
    Contradicts(String),
}

/// The witnesses of a policy, each with its thread. The threads end with this value.
#[derive(Debug)]
pub(crate) struct Witnesses {
    policy: TlogPolicy,
    mailboxes: Vec<Option<Arc<Mailbox>>>,
    events: Receiver<Event>,
}

/// The newest head that a witness is to be offered; an older one that was not taken yet gives way.
#[derive(Debug, Default)]
struct Mailbox {
    inner: Mutex<Inbox>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inbox {
    head: Option<SignedCheckpoint>,
    closed: bool,
}

impl Witnesses {
    /// Starts a thread for each witness that has a URL.
    pub(crate) fn start(policy: TlogPolicy, readers: &Arc<Readers>) -> Witnesses {
        let (sender, events) = channel();
        let mailboxes = policy.witnesses().iter().enumerate().map(|(place, witness)| {
            let base: BaseUrl = witness.url.as_deref()?.parse().ok()?;
            let mailbox = Arc::new(Mailbox::default());
            let asker = Asker {
                place,
                witness: witness.clone(),
                client: WitnessClient::new(&base),
                readers: readers.clone(),
                mailbox: mailbox.clone(),
                events: sender.clone(),
                known_size: 0,
                last_complaint: String::new(),
            };
            thread::spawn(move || asker.run());
            Some(mailbox)
        });
        Witnesses { mailboxes: mailboxes.collect(), policy, events }
    }

    /// The policy.
    pub(crate) fn policy(&self) -> &TlogPolicy {
        &self.policy
    }

    /// Offers a head, signed by the log alone, to every witness. Answers come as events.
    pub(crate) fn offer(&self, head: &SignedCheckpoint) {
        for mailbox in self.mailboxes.iter().flatten() {
            mailbox.lock().head = Some(head.clone());
            mailbox.changed.notify_all();
        }
    }

    /// The next event, if one comes within `patience`.
    pub(crate) fn next(&self, patience: Duration) -> Option<Event> {
        match self.events.recv_timeout(patience) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                // A policy without witnesses: nobody will ever say anything.
                thread::sleep(patience);
                None
            }
        }
    }

    /// An event that is there already.
    pub(crate) fn poll(&self) -> Option<Event> {
        self.events.try_recv().ok()
    }

    /// The name of a witness in the policy.
    pub(crate) fn name(&self, place: usize) -> &str {
        self.policy.witnesses().get(place).map_or("?", |witness| witness.name.as_str())
    }
}

impl Drop for Witnesses {
    fn drop(&mut self) {
        for mailbox in self.mailboxes.iter().flatten() {
            mailbox.lock().closed = true;
            mailbox.changed.notify_all();
        }
    }
}

impl Mailbox {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inbox> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a head; `None` when there will be none.
    fn take(&self) -> Option<SignedCheckpoint> {
        let mut inbox = self.lock();
        loop {
            if inbox.closed {
                return None;
            }
            if let Some(head) = inbox.head.take() {
                return Some(head);
            }
            inbox = self.changed.wait(inbox).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits before the same head is offered again; `false` if another one came, or the end.
    fn pause(&self, pause: Duration) -> bool {
        let until = Instant::now() + pause;
        let mut inbox = self.lock();
        loop {
            if inbox.closed || inbox.head.is_some() {
                return false;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            inbox = self.changed.wait_timeout(inbox, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// The thread of one witness.
struct Asker {
    place: usize,
    witness: PolicyWitness,
    client: WitnessClient,
    readers: Arc<Readers>,
    mailbox: Arc<Mailbox>,
    events: Sender<Event>,
    /// What the witness cosigned last, as far as we know; 0 asks it.
    known_size: u64,
    last_complaint: String,
}

/// Why a head was not cosigned, and whether asking again may help.
enum Failure {
    Again(String, Option<Duration>),
    Contradicts(String),
}

impl Asker {
    fn run(mut self) {
        while let Some(head) = self.mailbox.take() {
            let mut pause = WITNESS_PAUSE.0;
            loop {
                let size = head.checkpoint().size();
                let outcome = match self.ask(&head) {
                    Ok(signature) => {
                        self.known_size = size;
                        self.complain(String::new());
                        Outcome::Cosigned(signature)
                    }
                    Err(Failure::Contradicts(what)) => Outcome::Contradicts(what),
                    Err(Failure::Again(why, after)) => {
                        self.known_size = 0;
                        self.complain(why);
                        if !self.mailbox.pause(after.unwrap_or(pause).min(WITNESS_PAUSE.1)) {
                            break;
                        }
                        pause = (pause * 2).min(WITNESS_PAUSE.1);
                        continue;
                    }
                };
                if self.events.send(Event { witness: self.place, size, outcome }).is_err() {
                    return;
                }
                break;
            }
        }
    }

    /// Says what is wrong once, and once that it is over.
    fn complain(&mut self, why: String) {
        if why != self.last_complaint {
            let name = &self.witness.name;
            if why.is_empty() {
                say(format_args!("witness {name}: cosigns again"));
            } else {
                say(format_args!("witness {name}: {why}; asked again"));
            }
            self.last_complaint = why;
        }
    }

    fn ask(&self, head: &SignedCheckpoint) -> Result<NoteSignature, Failure> {
        let size = head.checkpoint().size();
        let request = AddRequest { size, old_size: self.known_size };
        let answer = self.client.add_checkpoint(request, |old_size| self.body(head, old_size));
        match answer {
            Ok(WitnessAnswer::Cosigned(lines)) => self.verified(head, &lines),
            Ok(WitnessAnswer::Ahead { size: theirs }) => {
                let what = format!("it has cosigned a head of size {theirs}, ours has {size}");
                Err(Failure::Contradicts(what))
            }
            Ok(WitnessAnswer::Inconsistent { status }) => {
                let what = format!("it has cosigned another tree than ours of size {size} (status {status})");
                Err(Failure::Contradicts(what))
            }
            Ok(WitnessAnswer::UnknownLog { status }) => {
                let why = format!("it does not know this log or its key (status {status})");
                Err(Failure::Again(why, Some(WITNESS_PAUSE.1)))
            }
            Ok(WitnessAnswer::Later { status, retry_after_seconds }) => {
                let after = retry_after_seconds.map(Duration::from_secs);
                Err(Failure::Again(format!("it asks for a pause (status {status})"), after))
            }
            Ok(WitnessAnswer::Refused { status }) => {
                Err(Failure::Again(format!("it refuses the request (status {status})"), None))
            }
            Ok(WitnessAnswer::Unsettled { size }) => {
                Err(Failure::Again(format!("it named one size after the other, {size} last"), None))
            }
            Ok(WitnessAnswer::Garbage { status }) => {
                Err(Failure::Again(format!("it answers with something else (status {status})"), None))
            }
            Err(error) => Err(Failure::Again(error.to_string(), None)),
        }
    }

    /// The request from an old size. The witness is sent the log's signature alone.
    fn body(&self, head: &SignedCheckpoint, old_size: u64) -> Result<Vec<u8>, StoreError> {
        let size = head.checkpoint().size();
        let proof = if old_size == 0 || old_size >= size {
            ConsistencyProof::default()
        } else {
            self.readers
                .with(|reader| prove_consistency(&StoredTree(reader), old_size, size).map_err(prove_error))?
        };
        Ok(AddCheckpoint { old_size, proof, checkpoint: head.clone() }.to_bytes())
    }

    /// The line of this witness among those that it answered, verified.
    fn verified(&self, head: &SignedCheckpoint, lines: &[u8]) -> Result<NoteSignature, Failure> {
        let again = |why: String| Failure::Again(why, None);
        let text = std::str::from_utf8(lines).map_err(|_| again("its cosignature is no text".into()))?;
        let lines = parse_signature_lines(text).map_err(|error| again(format!("its answer: {error}")))?;
        let key = &self.witness.key;
        let line = lines.into_iter().find(|line| line.name == *key.name() && line.id == key.id());
        let line = line.ok_or_else(|| again("it does not cosign with the policy's key".into()))?;
        let signed = head.clone().with_signature(line.clone()).map_err(|error| again(error.to_string()))?;
        match signed.cosigned_at(key) {
            Ok(times) if !times.is_empty() => Ok(line),
            Ok(_) => Err(again("it does not cosign with the policy's key".into())),
            Err(error) => Err(again(error.to_string())),
        }
    }
}
