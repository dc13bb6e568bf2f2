//! What readers see: the published head and everything as of it. Replaced whole, never changed.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use pinfold_core::checkpoint::SignedCheckpoint;
use pinfold_core::entry::Entry;
use pinfold_core::index::{Index, IndexKey, WithdrawnRanges};

use crate::round::tree::Nodes;

/// The withdrawn sequences of each name that has some.
pub(crate) type Withdrawn = Arc<HashMap<IndexKey, WithdrawnRanges>>;

/// The index as of a head.
#[derive(Clone)]
pub(crate) struct Names {
    /// The index over all entries before the map-head.
    pub(crate) index: Index,
    /// The lists that belong to the values of names.
    pub(crate) withdrawn: Withdrawn,
    /// The map-head, which is the last entry; `None` in an empty log.
    pub(crate) map_head: Option<Arc<Entry>>,
}

/// A published head and what is read under it.
#[derive(Clone)]
pub(crate) struct Published {
    /// The head, with the newest cosignatures.
    pub(crate) head: SignedCheckpoint,
    /// The head as it was first published, and kept in the database.
    pub(crate) first: Arc<SignedCheckpoint>,
    /// The first entry that the newest round appended.
    pub(crate) round_start: u64,
    /// Hashes for proofs of the newest entries.
    pub(crate) nodes: Arc<Nodes>,
    /// The index; `None` in a log without rules, and after a start until the newest head has its quorum.
    pub(crate) names: Option<Names>,
}

impl Published {
    /// Entries under the head.
    pub(crate) fn size(&self) -> u64 {
        self.head.checkpoint().size()
    }

    /// Whether the newest round appended the entry, so that the published head is the one that first published it.
    pub(crate) fn first_covers(&self, index: u64) -> bool {
        (self.round_start..self.size()).contains(&index)
    }
}

/// The place where readers find it; empty until the first publication.
#[derive(Default)]
pub(crate) struct Showcase(RwLock<Option<Arc<Published>>>);

impl Showcase {
    /// What is published now.
    pub(crate) fn get(&self) -> Option<Arc<Published>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Publishes.
    pub(crate) fn put(&self, published: Published) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(published));
    }
}
