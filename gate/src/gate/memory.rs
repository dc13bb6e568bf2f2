//! What the decision may ask about the past.

use std::collections::BTreeSet;
use std::sync::Arc;

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_verifier::listing::Memory;

use super::{Gate, ObjectBytes};

/// The gate's memory: objects from the store, and the names that were seen to be gone.
pub(super) struct GateMemory<'a> {
    object_bytes: &'a ObjectBytes,
    absent_names: &'a BTreeSet<(ObjectKind, String)>,
}

impl Memory for GateMemory<'_> {
    fn object(&self, digest: &Digest) -> Option<Arc<[u8]>> {
        (self.object_bytes)(digest)
    }

    fn was_absent(&self, kind: ObjectKind, name: &str) -> bool {
        self.absent_names.contains(&(kind, name.to_owned()))
    }
}

impl<'a> GateMemory<'a> {
    pub(super) fn of(
        object_bytes: &'a ObjectBytes,
        absent_names: &'a BTreeSet<(ObjectKind, String)>,
    ) -> Self {
        Self { object_bytes, absent_names }
    }
}

impl Gate {
    pub(super) fn memory(&self) -> GateMemory<'_> {
        GateMemory::of(&self.object_bytes, &self.absent_names)
    }

    /// Whether nothing of this server's words was ever approved.
    pub(super) fn is_first_look(&self) -> bool {
        self.pins.as_ref().is_none_or(|pins| pins.objects().values().all(|name| name.latest().is_none()))
    }
}
