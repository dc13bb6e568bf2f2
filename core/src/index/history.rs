//! Histories: which entries there were, in order, as a count and one hash.

use crate::digest::{Digest, tagged_digest};
use crate::merkle::Hash;

/// The tag under which a history is chained.
const HISTORY_TAG: &str = "pinfold/history/v1";

/// The end of a history. Whoever kept one asks for the entries since only, and continues the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HistoryHead {
    /// Number of entries.
    pub count: u64,
    /// The end of the chain; 32 zero bytes before the first entry.
    pub head: Digest,
}

impl HistoryHead {
    /// The history without entries.
    pub const EMPTY: Self = Self { count: 0, head: Digest::from_bytes([0; 32]) };

    /// The history with one more entry: SHA-256(tag ‖ 0x00 ‖ head before ‖ u64be index ‖ leaf hash).
    ///
    /// Not checked: that indexes rise, and that the entry stands at that index.
    #[must_use]
    pub fn with(&self, index: u64, leaf: &Hash) -> Self {
        let link = [self.head.as_bytes().as_slice(), &index.to_be_bytes(), leaf.as_bytes()].concat();
        Self { count: self.count + 1, head: tagged_digest(HISTORY_TAG, &link) }
    }
}

impl Default for HistoryHead {
    fn default() -> Self {
        Self::EMPTY
    }
}
