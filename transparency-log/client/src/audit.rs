//! Replaying a whole log: every entry, tile, signature and rule, and every index root (`spec/audit.md`).
//!
//! [`Audit`] is what was replayed so far. It goes on under a newer head from where it stopped; the newer head must continue
//! the one before. What breaks a rule is a [`Finding`], and ends the replay: what follows it means nothing.

mod file;
mod finding;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use pinfold_core::admit::{EvidenceFact, Facts, State, admit};
use pinfold_core::checkpoint::{Origin, SignedCheckpoint};
use pinfold_core::digest::Digest;
use pinfold_core::entry::{Entry, Payload};
use pinfold_core::index::Index;
use pinfold_core::merkle::{
    Frontier, ProveError, TileError, TileSource, TileTree, leaf_hash, prove_consistency, verify_consistency,
};
use pinfold_core::note::VerifierKey;
use pinfold_core::tlog_policy::CLOCK_TOLERANCE_SECONDS;

use crate::evidence::Fork;
use crate::head::Head;

pub use file::{AuditFileError, MAX_AUDIT_FILE_BYTES};
pub use finding::Finding;

/// Entries of a full bundle.
const BUNDLE: u64 = 256;

/// A log as far as it was replayed.
pub struct Audit {
    origin: Origin,
    key: VerifierKey,
    state: State,
    index: Index,
    frontier: Frontier,
    counts: Counts,
    /// Payloads of all keysets. What is logged twice is no second entry; for every other kind the rules see to that.
    keysets: BTreeSet<Digest>,
    /// The head under which everything so far was authenticated. `None`: nothing was replayed yet.
    head: Option<SignedCheckpoint>,
}

/// What was replayed, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Releases.
    pub releases: u64,
    /// Keysets.
    pub keysets: u64,
    /// Withdrawals.
    pub withdrawals: u64,
    /// Map-heads, each with the root of the index.
    pub map_heads: u64,
}

/// Why a replay did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum AuditError<E> {
    /// The log broke a rule.
    #[error(transparent)]
    Finding(#[from] Finding),
    /// The tiles could not be had, or are not those of the signed tree.
    #[error("{0}")]
    Tiles(TileError<E>),
    /// The head is of another log.
    #[error("the head is of another log than what was replayed so far")]
    OtherLog,
    /// The caller stopped it. What was replayed so far stands.
    #[error("the audit was stopped")]
    Stopped,
}

impl Audit {
    /// Nothing replayed yet.
    pub fn new(origin: Origin, key: VerifierKey) -> Audit {
        Audit {
            origin,
            key,
            state: State::new(),
            index: Index::new(),
            frontier: Frontier::new(),
            counts: Counts::default(),
            keysets: BTreeSet::new(),
            head: None,
        }
    }

    /// The log.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The key by which its heads are signed.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// Entries replayed so far.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// What was replayed, by kind.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Names that were released.
    pub fn names(&self) -> usize {
        self.state.names()
    }

    /// The head that was replayed last, whole or in part.
    pub fn head(&self) -> Option<&SignedCheckpoint> {
        self.head.as_ref()
    }

    /// Goes on to the end of `head`, whose tree is `tree`. `step` is told after each bundle, at the latest every 256
    /// entries, and may stop the replay; what was replayed until then stands.
    ///
    /// # Errors
    ///
    /// [`AuditError`]. After a finding, what was replayed before it stands; the entry at fault is not taken in.
    pub fn replay<S: TileSource>(
        &mut self,
        head: &Head,
        tree: &TileTree<S>,
        mut step: impl FnMut(&Audit) -> ControlFlow<()>,
    ) -> Result<(), AuditError<S::Error>> {
        self.accept(head, tree)?;
        while self.size() < head.size() {
            let bundle = tree.entries(self.size() / BUNDLE).map_err(AuditError::Tiles)?;
            let skip = usize::try_from(self.size() % BUNDLE).expect("less than 256");
            for bytes in bundle.entries().skip(skip) {
                self.entry(bytes)?;
            }
            if step(self).is_break() && self.size() < head.size() {
                return Err(AuditError::Stopped);
            }
        }
        Ok(self.finish(head)?)
    }

    /// Takes a newer head as the one to go on under, if it continues the one before.
    fn accept<S: TileSource>(&mut self, head: &Head, tree: &TileTree<S>) -> Result<(), AuditError<S::Error>> {
        let new = head.signed();
        if new.checkpoint().origin() != self.origin.as_str() {
            return Err(AuditError::OtherLog);
        }
        if let Some(before) = &self.head {
            let old = before.checkpoint();
            if old.size() > head.size() {
                return Err(Finding::RolledBack { seen: old.size(), shown: head.size() }.into());
            }
            let continues = match old.size() {
                0 => true,
                size if size == head.size() => *old.root() == head.root(),
                size => {
                    let proof = prove_consistency(tree, size, head.size()).map_err(of_prove)?;
                    verify_consistency(size, old.root(), head.size(), &head.root(), &proof).is_ok()
                }
            };
            if !continues {
                let fork = Fork::new(&self.key, before.clone(), new.clone(), Some(tree)).map_err(of_prove)?;
                return Err(Finding::Forked(Box::new(fork)).into());
            }
        }
        self.head = Some(new.clone());
        Ok(())
    }

    /// Takes one entry in, if the rules allow it where it stands.
    fn entry(&mut self, bytes: &[u8]) -> Result<(), Finding> {
        let index = self.size();
        let entry = Entry::parse(bytes).map_err(|error| Finding::NoEntry { index, error })?;
        let is_keyset = matches!(entry.payload(), Payload::Keyset(_));
        if is_keyset && self.keysets.contains(&entry.payload_digest()) {
            return Err(Finding::Twice { index });
        }
        // What is logged, the log has found true; that is its word, and said so.
        let facts = Facts { origin: &self.origin, index, evidence: EvidenceFact::Accepted };
        let change = admit(&self.state, &entry, &facts)
            .map_err(|refusal| Finding::AgainstTheRules { index, refusal: Box::new(refusal) })?;
        if let Payload::MapHead(stated) = entry.payload()
            && stated.root != self.index.root()
        {
            return Err(Finding::WrongIndex { index, stated: stated.root, computed: self.index.root() });
        }
        let touched = self.state.apply(change);
        self.state.say_in(&mut self.index, &touched);
        self.frontier.push(leaf_hash(bytes));
        if is_keyset {
            self.keysets.insert(entry.payload_digest());
        }
        let count = match entry.payload() {
            Payload::Release(_) => &mut self.counts.releases,
            Payload::Keyset(_) => &mut self.counts.keysets,
            Payload::Withdrawal(_) => &mut self.counts.withdrawals,
            Payload::MapHead(_) => &mut self.counts.map_heads,
        };
        *count += 1;
        Ok(())
    }

    /// What only the end of a published tree shows.
    fn finish(&self, head: &Head) -> Result<(), Finding> {
        if self.frontier.root() != head.root() {
            return Err(Finding::WrongRoot { size: head.size() });
        }
        let Some(last) = head.size().checked_sub(1) else { return Ok(()) };
        match self.state.last_map_head() {
            Some((index, time)) if index == last => match head.times().fresh {
                Some(fresh) if time > fresh.saturating_add(CLOCK_TOLERANCE_SECONDS) => {
                    Err(Finding::MapHeadAhead { index, time, witnessed: fresh })
                }
                _ => Ok(()),
            },
            _ => Err(Finding::NoMapHead { size: head.size() }),
        }
    }
}

fn of_prove<E>(error: ProveError<TileError<E>>) -> AuditError<E> {
    match error {
        ProveError::Read(error) => AuditError::Tiles(error),
        // Sizes are checked before a proof is made, and the tree answers with what it is asked for.
        ProveError::SizeTooLarge { size }
        | ProveError::IndexOutOfTree { size, .. }
        | ProveError::OldLargerThanNew { new_size: size, .. } => {
            AuditError::Tiles(TileError::SizeTooLarge { size })
        }
        ProveError::OldIsEmpty | ProveError::WrongCount { .. } => {
            AuditError::Tiles(TileError::NotInTree { size: 0 })
        }
    }
}
