//! The gate's own requests to the server: they carry ids that no client's request has.

use std::collections::HashMap;

use pinfold_core::digest::ObjectKind;
use pinfold_core::framing::IdKey;

/// All our ids begin so. A client's request with such an id is refused.
const PREFIX: &str = "pinfold/";

/// What the gate asked the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    Hello,
    Page(ObjectKind),
}

/// Questions of our own that have no answer yet.
#[derive(Debug, Default)]
pub(super) struct OwnRequests {
    next: u64,
    open: HashMap<u64, Own>,
}

impl OwnRequests {
    /// A new id for a question.
    pub(super) fn ask(&mut self, own: Own) -> String {
        self.next += 1;
        self.open.insert(self.next, own);
        format!("{PREFIX}{}", self.next)
    }

    /// What an answer answers, if it answers one of ours; each is answered once.
    pub(super) fn answered(&mut self, id: &IdKey) -> Option<Own> {
        self.open.remove(&number(id)?)
    }

    /// Gives up on every question about a listing of this kind: a late answer is nobody's.
    pub(super) fn forget(&mut self, own: Own) {
        self.open.retain(|_, open| *open != own);
    }
}

/// Whether an id is one of ours.
pub(super) fn is_ours(id: &IdKey) -> bool {
    matches!(id, IdKey::Text(text) if text.starts_with(PREFIX))
}

fn number(id: &IdKey) -> Option<u64> {
    match id {
        IdKey::Text(text) => text.strip_prefix(PREFIX)?.parse().ok(),
        IdKey::Integer(_) => None,
    }
}
