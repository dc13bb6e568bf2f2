//! The trie in memory.

use std::sync::Arc;

use super::bits::{bit, first_difference};
use super::hash::{EMPTY_ROOT, leaf_hash, node_hash};
use super::proof::{Absence, Path, Step};
use crate::merkle::Hash;

/// What stands under a key. Its encoding is what is hashed.
pub trait TrieValue {
    /// Appends the encoding: equal values append equal bytes, at most [`MAX_VALUE_BYTES`](super::MAX_VALUE_BYTES).
    fn encode(&self, out: &mut Vec<u8>);
}

impl TrieValue for Vec<u8> {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
}

/// A map from keys to values with one hash. A clone is cheap and is a snapshot: tries are never changed in place.
///
/// Keys have at most [`MAX_KEY_BYTES`](super::MAX_KEY_BYTES); a longer key or value panics where it is hashed, so both
/// types bound themselves. Depth, and with it the cost of each operation, is at most the number of bits of a key; where
/// somebody else chooses the keys, they are hashes.
pub struct Trie<K, V> {
    root: Option<Link<K, V>>,
    len: usize,
}

/// What a trie says about a key, with the proof.
#[derive(Debug)]
pub enum Answer<'t, V> {
    /// The key has this value.
    Present {
        /// The value.
        value: &'t V,
        /// The proof.
        path: Path,
    },
    /// The key has no value.
    Absent {
        /// The proof.
        proof: Absence,
    },
}

/// Leaves keep no hash: one is wanted only where its sibling changes or is asked for, and costs a hash of 400 bytes.
pub(super) enum Link<K, V> {
    Leaf(Arc<Leaf<K, V>>),
    Inner(Arc<Inner<K, V>>),
}

pub(super) struct Leaf<K, V> {
    pub(super) key: K,
    pub(super) value: V,
}

pub(super) struct Inner<K, V> {
    hash: Hash,
    /// The first bit in which the keys below differ; falls from a node to the nodes above it.
    bit: u16,
    left: Link<K, V>,
    right: Link<K, V>,
}

impl<K: AsRef<[u8]>, V: TrieValue> Trie<K, V> {
    /// The trie without keys.
    pub const fn new() -> Self {
        Self { root: None, len: 0 }
    }

    /// The hash of all keys and values; [`EMPTY_ROOT`] without any.
    pub fn root(&self) -> Hash {
        self.root.as_ref().map_or(EMPTY_ROOT, Link::hash)
    }

    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Option<&V> {
        let leaf = self.root.as_ref()?.nearest(key);
        (leaf.key.as_ref() == key).then_some(&leaf.value)
    }

    /// The trie in which `key` has `value`, and every other key what it has here. Shares all but one path with this one.
    #[must_use]
    pub fn with(&self, key: K, value: V) -> Self {
        let Some(root) = &self.root else { return Self::from_root(Link::leaf(key, value), 1) };
        let difference = first_difference(root.nearest(key.as_ref()).key.as_ref(), key.as_ref());
        let grown = usize::from(difference.is_some());
        Self::from_root(root.with(Leaf { key, value }, difference), self.len + grown)
    }

    /// What is known about a key, with the proof under [`Trie::root`].
    pub fn prove(&self, key: &[u8]) -> Answer<'_, V> {
        let Some(root) = &self.root else { return Answer::Absent { proof: Absence::in_empty_trie() } };
        let mut steps = Vec::with_capacity(32);
        let mut link = root;
        while let Link::Inner(inner) = link {
            let (near, far) = inner.children(key);
            steps.push(Step { bit: inner.bit, sibling: far.hash() });
            link = near;
        }
        steps.reverse();
        let (leaf, path) = (root.nearest(key), Path::new(steps));
        if leaf.key.as_ref() == key {
            return Answer::Present { value: &leaf.value, path };
        }
        let mut value = Vec::new();
        leaf.value.encode(&mut value);
        Answer::Absent { proof: Absence::beside(leaf.key.as_ref(), value, path) }
    }

    /// Number of keys.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no key.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) const fn from_root(root: Link<K, V>, len: usize) -> Self {
        Self { root: Some(root), len }
    }
}

impl<K: AsRef<[u8]>, V: TrieValue> Link<K, V> {
    pub(super) fn leaf(key: K, value: V) -> Self {
        Self::Leaf(Arc::new(Leaf { key, value }))
    }

    /// The node above two, whose keys first differ at `bit`.
    pub(super) fn inner(bit: u16, left: Self, right: Self) -> Self {
        let hash = node_hash(bit, &left.hash(), &right.hash());
        Self::Inner(Arc::new(Inner { hash, bit, left, right }))
    }

    fn hash(&self) -> Hash {
        match self {
            Self::Inner(inner) => inner.hash,
            Self::Leaf(leaf) => {
                let mut value = Vec::with_capacity(400);
                leaf.value.encode(&mut value);
                leaf_hash(leaf.key.as_ref(), &value)
            }
        }
    }

    /// The leaf at which a lookup ends. No key of the trie has more bits in common with `key`.
    fn nearest(&self, key: &[u8]) -> &Leaf<K, V> {
        let mut link = self;
        loop {
            match link {
                Self::Leaf(leaf) => return leaf,
                Self::Inner(inner) => link = inner.children(key).0,
            }
        }
    }

    /// This part with a leaf put in: over the leaf of the same key, or beside what first differs from it at `difference`.
    fn with(&self, leaf: Leaf<K, V>, difference: Option<u16>) -> Self {
        match (self, difference) {
            (Self::Inner(inner), _) if difference.is_none_or(|difference| inner.bit < difference) => {
                let (bit, left, right) = (inner.bit, &inner.left, &inner.right);
                match self::bit(leaf.key.as_ref(), bit) {
                    false => Self::inner(bit, left.with(leaf, difference), right.clone()),
                    true => Self::inner(bit, left.clone(), right.with(leaf, difference)),
                }
            }
            (_, None) => Self::Leaf(Arc::new(leaf)),
            (_, Some(difference)) => {
                let right = bit(leaf.key.as_ref(), difference);
                let leaf = Self::Leaf(Arc::new(leaf));
                match right {
                    false => Self::inner(difference, leaf, self.clone()),
                    true => Self::inner(difference, self.clone(), leaf),
                }
            }
        }
    }
}

impl<K, V> Inner<K, V> {
    /// The child on the key's side, and the other one.
    fn children(&self, key: &[u8]) -> (&Link<K, V>, &Link<K, V>) {
        if bit(key, self.bit) { (&self.right, &self.left) } else { (&self.left, &self.right) }
    }
}

impl<K, V> Clone for Trie<K, V> {
    fn clone(&self) -> Self {
        Self { root: self.root.clone(), len: self.len }
    }
}

impl<K, V> Clone for Link<K, V> {
    fn clone(&self) -> Self {
        match self {
            Self::Leaf(leaf) => Self::Leaf(Arc::clone(leaf)),
            Self::Inner(inner) => Self::Inner(Arc::clone(inner)),
        }
    }
}

impl<K: AsRef<[u8]>, V: TrieValue> Default for Trie<K, V> {
    fn default() -> Self {
        Self::new()
    }
}
