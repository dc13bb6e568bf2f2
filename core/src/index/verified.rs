//! What an index proof shows.

use super::IndexKey;
use super::proof::{IndexProof, NameState, Side};
use super::proof_error::{IndexError, KeyOf};
use super::value::{NameStatus, NamespaceValue};
use crate::merkle::{Hash, verify_inclusion};
use crate::registry_name::RegistryName;
use crate::trie::{Absence, Path, ProofError};

/// The last bit of a key of 32 bytes.
const LAST_BIT: u16 = 255;

/// What a log says about a name, proven under the root that was given. Made by [`IndexProof::verify`] alone.
///
/// Not shown by it: that the root is the log's (signatures), that it is new (freshness), and that the log put the right
/// values in (someone replays it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedIndex {
    head_index: u64,
    time: u64,
    previous: Option<u64>,
    name: Option<NameState>,
    namespace: Option<NamespaceValue>,
}

impl IndexProof {
    /// Checks the proof under the tree of `size` entries with the root `root`.
    ///
    /// # Errors
    /// An [`IndexError`]; [`IndexError::HeadNotLast`] if the map-head is not at `size` − 1 of that tree, which is also
    /// what a proof under another checkpoint gives.
    pub fn verify(&self, name: &RegistryName, size: u64, root: &Hash) -> Result<VerifiedIndex, IndexError> {
        let index = size.checked_sub(1).ok_or(IndexError::HeadNotLast)?;
        let leaf = self.entry.leaf_hash();
        verify_inclusion(leaf, index, size, &self.path, root).map_err(|_| IndexError::HeadNotLast)?;
        if let Some(previous) = self.head.previous.filter(|&previous| previous >= index) {
            return Err(IndexError::HeadPrevious { index, previous });
        }
        let key = IndexKey::name(name);
        self.name.verify(KeyOf::Name, &key, |state| state.value.to_bytes(), &self.head.root)?;
        let key = IndexKey::namespace(&name.namespace());
        self.namespace.verify(KeyOf::Namespace, &key, NamespaceValue::to_bytes, &self.head.root)?;
        if let Side::Present { value, .. } = &self.name {
            check_name(value, index)?;
        }
        Ok(VerifiedIndex {
            head_index: index,
            time: self.head.time,
            previous: self.head.previous,
            name: self.name.value().cloned(),
            namespace: self.namespace.value().cloned(),
        })
    }
}

impl VerifiedIndex {
    /// Index of the map-head: the last entry of the tree.
    pub const fn head_index(&self) -> u64 {
        self.head_index
    }

    /// Time of the map-head, in seconds since 1970 UTC: the log's word.
    pub const fn time(&self) -> u64 {
        self.time
    }

    /// Index of the map-head before, as this one names it.
    pub const fn previous(&self) -> Option<u64> {
        self.previous
    }

    /// What stands under the name, whichever claim it is of. Most callers want [`VerifiedIndex::current_name`].
    pub const fn name(&self) -> Option<&NameState> {
        self.name.as_ref()
    }

    /// What stands under the namespace.
    pub const fn namespace(&self) -> Option<&NamespaceValue> {
        self.namespace.as_ref()
    }

    /// What stands under the name, if it is of the claim that is in force: a name of an earlier claim counts as absent.
    pub fn current_name(&self) -> Option<&NameState> {
        let claim = self.namespace.as_ref()?.claim;
        self.name.as_ref().filter(|state| state.value.claim == claim)
    }
}

impl<V> Side<V> {
    fn value(&self) -> Option<&V> {
        match self {
            Self::Present { value, .. } => Some(value),
            Self::Absent { .. } => None,
        }
    }

    fn verify(
        &self,
        of: KeyOf,
        key: &IndexKey,
        encode: impl FnOnce(&V) -> Vec<u8>,
        root: &Hash,
    ) -> Result<(), IndexError> {
        if !self.has_our_keys() {
            return Err(IndexError::KeyLength { of });
        }
        let outcome: Result<(), ProofError> = match self {
            Self::Present { value, path } => path.verify(key.as_ref(), &encode(value), root),
            Self::Absent { proof } => proof.verify(key.as_ref(), root),
        };
        outcome.map_err(|error| IndexError::Trie { of, error })
    }

    /// Whether every key that the proof shows something of has 32 bytes.
    fn has_our_keys(&self) -> bool {
        let shallow = |path: &Path| path.steps().first().is_none_or(|step| step.bit <= LAST_BIT);
        match self {
            Self::Present { path, .. } => shallow(path),
            Self::Absent { proof } => Absence::neighbour(proof)
                .is_none_or(|neighbour| neighbour.key().len() == 32 && shallow(neighbour.path())),
        }
    }
}

/// What a name's value and its withdrawn sequences say about each other.
fn check_name(state: &NameState, head_index: u64) -> Result<(), IndexError> {
    let (value, withdrawn) = (&state.value, &state.withdrawn);
    if withdrawn.digest() != value.withdrawn {
        return Err(IndexError::WithdrawnMismatch);
    }
    let newest_withdrawn = withdrawn.contains(value.newest.sequence);
    let beyond = withdrawn.ranges().last().is_some_and(|range| range.1 > value.newest.sequence);
    if beyond || newest_withdrawn != (value.status == NameStatus::Withdrawn) {
        return Err(IndexError::WithdrawnContradiction);
    }
    if value.newest.index >= head_index {
        return Err(IndexError::NewestAfterHead { newest: value.newest.index, index: head_index });
    }
    Ok(())
}
