//! What a log did against its rules.

use pinfold_core::admit::Refusal;
use pinfold_core::entry::EntryError;
use pinfold_core::merkle::Hash;

use crate::evidence::Fork;

/// What a log did against its rules. Anybody who replays it finds the same.
#[derive(Debug, thiserror::Error)]
pub enum Finding {
    /// Two signed heads contradict each other; the evidence holds by itself.
    #[error(
        "it signed two heads that cannot both be of one log, of {} and {} entries",
        .0.sizes().0,
        .0.sizes().1
    )]
    Forked(Box<Fork>),
    /// It shows fewer entries than it had published.
    #[error("it shows {shown} entries and had published {seen}")]
    RolledBack {
        /// Entries of the head seen before.
        seen: u64,
        /// Entries now.
        shown: u64,
    },
    /// Bytes that are no entry.
    #[error("entry {index} is none: {error}")]
    NoEntry {
        /// Where it stands.
        index: u64,
        /// What is wrong with it.
        error: EntryError,
    },
    /// A payload that stands in the log already.
    #[error("entry {index} has the payload of an earlier entry")]
    Twice {
        /// Where it stands the second time.
        index: u64,
    },
    /// An entry that may not stand where it does.
    #[error("entry {index} is against the rules: {refusal}")]
    AgainstTheRules {
        /// Where it stands.
        index: u64,
        /// The rule that it breaks.
        refusal: Box<Refusal>,
    },
    /// A map-head with another root than the entries before it give.
    #[error("map-head {index} states the index {stated}, and the entries before it give {computed}")]
    WrongIndex {
        /// Where it stands.
        index: u64,
        /// The root that it states.
        stated: Hash,
        /// The root that follows from the entries.
        computed: Hash,
    },
    /// The entries give another root than the head has.
    #[error("the {size} entries give another root than its head has")]
    WrongRoot {
        /// Entries of the head.
        size: u64,
    },
    /// A published head whose last entry is no map-head.
    #[error("the last entry of its published head of {size} entries is no map-head")]
    NoMapHead {
        /// Entries of the head.
        size: u64,
    },
    /// A map-head that is later than the witnesses' time allows.
    #[error("map-head {index} is of second {time}, and its head was witnessed at {witnessed}")]
    MapHeadAhead {
        /// Where it stands.
        index: u64,
        /// The time that it states.
        time: u64,
        /// When a quorum had witnessed the head.
        witnessed: u64,
    },
}

impl Finding {
    /// The name of the finding in records.
    pub fn name(&self) -> &'static str {
        match self {
            Finding::Forked(_) => "Forked",
            Finding::RolledBack { .. } => "RolledBack",
            Finding::NoEntry { .. } => "NoEntry",
            Finding::Twice { .. } => "Twice",
            Finding::AgainstTheRules { .. } => "AgainstTheRules",
            Finding::WrongIndex { .. } => "WrongIndex",
            Finding::WrongRoot { .. } => "WrongRoot",
            Finding::NoMapHead { .. } => "NoMapHead",
            Finding::MapHeadAhead { .. } => "MapHeadAhead",
        }
    }

    /// The name of the rule of admission that was broken, if it was one.
    pub fn rule(&self) -> Option<&'static str> {
        match self {
            Finding::AgainstTheRules { refusal, .. } => Some(refusal.name()),
            Finding::NoEntry { error, .. } => Some(error.name()),
            _ => None,
        }
    }

    /// The entry at fault, if it is one entry.
    pub fn index(&self) -> Option<u64> {
        match self {
            Finding::NoEntry { index, .. }
            | Finding::Twice { index }
            | Finding::AgainstTheRules { index, .. }
            | Finding::WrongIndex { index, .. }
            | Finding::MapHeadAhead { index, .. } => Some(*index),
            Finding::Forked(_)
            | Finding::RolledBack { .. }
            | Finding::WrongRoot { .. }
            | Finding::NoMapHead { .. } => None,
        }
    }
}
