//! The index of a log: what it says about a name and a namespace, in one hash, with proofs.
//!
//! Source: `spec/index.md`. The index is a [`trie`](crate::trie) whose root stands in the map-head at the end of every
//! published tree. Its values are what `admit` folds; nothing here decides what they become.

mod history;
mod key;
mod map_head;
mod proof;
mod proof_error;
mod value;
mod verified;
mod withdrawn;

pub use history::HistoryHead;
pub use key::IndexKey;
pub use map_head::{MAP_HEAD_FORMAT, MAX_MAP_HEAD_BYTES, MapHead, MapHeadError};
pub use proof::{IndexProof, NameState, Side};
pub use proof_error::{IndexError, KeyOf};
pub use value::{IndexValue, NameStatus, NameValue, NamespaceValue, Newest};
pub use verified::VerifiedIndex;
pub use withdrawn::{MAX_WITHDRAWN_RANGES, WithdrawnError, WithdrawnRanges};

/// The index in memory. A clone is a snapshot.
pub type Index = crate::trie::Trie<IndexKey, IndexValue>;
