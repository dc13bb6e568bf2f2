//! How a committed head leaves: record, witnesses, first publication. A start does the same for the stored head.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pinfold_core::checkpoint::SignedCheckpoint;
use pinfold_core::note::NoteSignature;
use pinfold_service::say;

use crate::clock::QuorumTime;
use crate::limits::STOP_TIME;
use crate::published::Published;
use crate::round::gate::Signing;
use crate::round::rules::Rules;
use crate::round::sequencer::{Fatal, Left, Sequencer};
use crate::round::tree::Nodes;
use crate::store::write::first_publication;
use crate::store::{Reader, StoreError};
use crate::witnesses::Outcome;

/// How often a round that waits for its quorum looks whether the process is stopping.
const LOOK: Duration = Duration::from_millis(100);

impl Sequencer {
    /// Lets the committed head leave. Called for every round, and by every start for the stored head.
    ///
    /// # Errors
    /// [`Fatal`]: the head is committed and perhaps cosigned; the next start finds out.
    pub(crate) fn leave(&mut self, round_start: u64, nodes: Nodes) -> Result<Left, Fatal> {
        self.record.write(&self.folder, &self.memory.signed)?;
        let Some(cosigned) = self.gather()? else { return Ok(Left::Kept) };
        self.publish(cosigned, round_start, nodes)?;
        Ok(Left::Published)
    }

    /// Keeps the head as first published, if it never was, and publishes it.
    pub(crate) fn publish(
        &mut self,
        cosigned: SignedCheckpoint,
        round_start: u64,
        nodes: Nodes,
    ) -> Result<(), Fatal> {
        let size = self.memory.head.size;
        let first = match Reader(&self.database.connection).published(size)? {
            Some(note) => SignedCheckpoint::parse(&note).map_err(|error| {
                StoreError::Damaged(format!("the published head of size {size}: {error}"))
            })?,
            None => {
                first_publication(&self.database.connection, size, &cosigned.to_bytes())?;
                cosigned.clone()
            }
        };
        let rules = self.memory.rules.as_ref();
        self.showcase.put(Published {
            first: Arc::new(first),
            head: cosigned,
            round_start,
            nodes: Arc::new(nodes),
            names: rules.map(Rules::names),
        });
        self.offered = Instant::now();
        self.learn_time();
        Ok(())
    }

    /// Offers the head and waits for the quorum. `None`: it will not come before this process ends.
    fn gather(&mut self) -> Result<Option<SignedCheckpoint>, Fatal> {
        let size = self.memory.head.size;
        let mut lines: BTreeMap<usize, NoteSignature> = BTreeMap::new();
        self.witnesses.offer(&self.memory.signed);
        let mut stopping: Option<Instant> = None;
        let begun = Instant::now();
        let mut has_complained = false;
        loop {
            if self.witnesses.policy().is_met_by(|place| lines.contains_key(&place)) {
                if has_complained {
                    say(format_args!("size {size} has its quorum"));
                }
                return self.with_lines(lines.into_values()).map(Some);
            }
            if let Signing::Stopped(_) = self.gate.get() {
                return Ok(None);
            }
            if self.queue.is_closed() && stopping.get_or_insert_with(Instant::now).elapsed() > STOP_TIME {
                say(format_args!("stopping without a quorum for size {size}; the next start asks again"));
                return Ok(None);
            }
            if !has_complained && begun.elapsed() > Duration::from_secs(5) {
                has_complained = true;
                say(format_args!("size {size} waits for its quorum; nothing larger is signed meanwhile"));
            }
            let Some(event) = self.witnesses.next(LOOK) else { continue };
            match event.outcome {
                Outcome::Contradicts(what) => self.stop_signing(event.witness, &what),
                Outcome::Cosigned(line) if event.size == size => {
                    lines.insert(event.witness, line);
                }
                // Of an older head, from a witness that was slow.
                Outcome::Cosigned(_) => {}
            }
        }
    }

    /// The signed head with cosignature lines.
    pub(crate) fn with_lines(
        &self,
        lines: impl IntoIterator<Item = NoteSignature>,
    ) -> Result<SignedCheckpoint, Fatal> {
        let mut head = self.memory.signed.clone();
        for line in lines {
            head = head.with_signature(line).map_err(|error| Fatal::Sign(error.to_string()))?;
        }
        Ok(head)
    }

    /// Publishes the same head with one more, or a newer, cosignature.
    pub(crate) fn add_cosignature(&mut self, line: NoteSignature) {
        let Some(published) = self.showcase.get().filter(|shown| shown.size() == self.memory.head.size)
        else {
            return;
        };
        match published.head.clone().with_signature(line) {
            Ok(head) => {
                self.showcase.put(Published { head, ..(*published).clone() });
                self.learn_time();
            }
            Err(error) => say(format_args!("a cosignature does not fit: {error}")),
        }
    }

    /// Takes the quorum's time from the published head.
    fn learn_time(&mut self) {
        let Some(published) = self.showcase.get() else { return };
        let Ok(judged) = self.witnesses.policy().judge(&published.head) else { return };
        let fresh = judged.times_at((self.now)()).fresh;
        if let Some(time) = fresh.filter(|time| self.quorum_time.is_none_or(|known| known.time < *time)) {
            self.quorum_time = Some(QuorumTime { time, learned: Instant::now() });
        }
    }
}
