//! The rules of names: one pure fold over a log's entries.
//!
//! Source: `spec/admission.md`. [`admit`] says whether an entry may stand at an index, and [`State::apply`] what is true
//! after it. The log asks before it appends, an auditor while it replays, and [`ClaimHistory`] offline for the few entries
//! that a verifier has: the same code. What the index says about a name or a namespace *is* this state.
//!
//! Not here: the tree, the root of the index in a map-head (the caller compares it), duplicates (equal kind and payload:
//! the caller gives the first answer again), and how a log finds out whether evidence is true.

mod authority;
mod change;
mod history;
mod keyring;
mod keysets;
mod map_head;
mod profile;
mod refusal;
mod release_list;
mod releases;
mod row_values;
mod rows;
mod state;
mod withdrawals;

pub use change::{Change, Touched};
pub use history::{ClaimHistory, LoggedEntry, MAX_HISTORY_ENTRIES, Step, StepKind};
pub use profile::{Unsupported, profile};
pub use refusal::Refusal;
pub use row_values::RowFault;
pub use rows::{RowError, RowKey};
pub use state::{PendingKind, PendingView, State};

use crate::checkpoint::Origin;
use crate::entry::{Entry, Payload};

/// How long a keyset waits that replaces a claim with evidence, or a lost root: seven days of credited time.
pub const WAITING_PERIOD_SECONDS: u64 = 7 * MAX_CREDIT_SECONDS;
/// What one map-head adds to credited time, at most: a day. A clock that jumps ahead ends no wait.
pub const MAX_CREDIT_SECONDS: u64 = 86_400;
/// Time between map-heads, at least, where a batch has nothing else and something waits.
pub const LONE_HEAD_SECONDS: u64 = 3_600;

/// What is true about an entry beyond its bytes. Its time is that of the map-head that closes its batch, which says it
/// itself.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The log's name.
    pub origin: &'a Origin,
    /// The index at which the entry stands or shall stand.
    pub index: u64,
    /// Whether the evidence that a keyset names is true.
    pub evidence: EvidenceFact,
}

/// What is known about the evidence that a keyset names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceFact {
    /// Nobody looked. Enough for every entry but a keyset with new evidence.
    NotChecked,
    /// The log looked and found it true; for whoever replays a log: it is logged, so the log found it true.
    Accepted,
}

/// Whether an entry may stand at an index.
///
/// Pure: the same arguments give the same answer, and the state is not changed.
///
/// # Errors
/// The first rule that it breaks. Rules are told before signatures are verified, so a refusal for a signature means that
/// everything else was right.
pub fn admit(state: &State, entry: &Entry, facts: &Facts<'_>) -> Result<Change, Refusal> {
    if facts.index != state.size() {
        return Err(Refusal::WrongIndex { expected: state.size() });
    }
    let effect = match entry.payload() {
        Payload::Keyset(keyset) => keysets::judge(state, entry, keyset, facts)?,
        Payload::Release(statement) => releases::judge(state, entry, statement)?,
        Payload::Withdrawal(withdrawal) => withdrawals::judge(state, entry, withdrawal)?,
        Payload::MapHead(head) => map_head::judge(state, head)?,
    };
    Ok(Change { index: facts.index, leaf: entry.leaf_hash(), effect })
}
