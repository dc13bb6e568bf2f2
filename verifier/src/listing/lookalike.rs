//! Names of one listing that come twice, or that a person or a client would take for one another.

use std::collections::BTreeMap;

use pinfold_core::digest::ObjectKind;
use pinfold_core::name::skeleton;
use pinfold_core::surface::Received;

use super::Approved;

/// The first object whose name an earlier one has. Objects without a readable name are not compared: each is held for
/// that by itself.
pub(super) fn first_duplicate(received: &[Received]) -> Option<&Received> {
    let mut seen = BTreeMap::new();
    received.iter().find(|object| {
        let has_name = !object.name.is_empty();
        has_name && seen.insert(object.name.as_str(), object.index).is_some()
    })
}

/// How many objects of a listing have each skeleton. Broken objects count: what nobody can judge must not make a
/// look-alike of it pass.
pub(super) struct Lookalikes {
    listed: BTreeMap<String, usize>,
}

impl Lookalikes {
    pub(super) fn of(received: &[Received]) -> Self {
        let mut listed = BTreeMap::new();
        for object in received.iter().filter(|object| !object.name.is_empty()) {
            *listed.entry(skeleton(&object.name)).or_default() += 1;
        }
        Self { listed }
    }

    /// Whether a name that nobody approved looks like another one: of this listing, or approved at any time, even if
    /// that one is not listed now.
    pub(super) fn confuses(&self, kind: ObjectKind, name: &str, approved: &Approved) -> bool {
        self.listed.get(&skeleton(name)).is_some_and(|count| *count > 1) || approved.has_lookalike(kind, name)
    }
}
