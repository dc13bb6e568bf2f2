//! A trie of many entries at once: each node is hashed once.

use super::DuplicateKey;
use super::bits::{first_difference, order};
use super::tree::{Link, Trie, TrieValue};

impl<K: AsRef<[u8]>, V: TrieValue> Trie<K, V> {
    /// The trie of these entries, in any order.
    ///
    /// # Errors
    /// [`DuplicateKey`].
    pub fn build(mut entries: Vec<(K, V)>) -> Result<Self, DuplicateKey> {
        let len = entries.len();
        let in_order = |left: &(K, V), right: &(K, V)| order(left.0.as_ref(), right.0.as_ref());
        if !entries.is_sorted_by(|left, right| in_order(left, right).is_le()) {
            entries.sort_unstable_by(in_order);
        }
        let mut edge = RightEdge::default();
        let mut entries = entries.into_iter().peekable();
        while let Some((key, value)) = entries.next() {
            let difference = match entries.peek() {
                Some((next, _)) => Some(first_difference(key.as_ref(), next.as_ref()).ok_or(DuplicateKey)?),
                None => None,
            };
            edge.push(Link::leaf(key, value), difference);
        }
        Ok(edge.finish().map_or_else(Self::new, |root| Self::from_root(root, len)))
    }
}

/// The finished parts to the left of the next leaf. Each waits for what is on the right of the bit in which its keys
/// first differ from those that follow; these bits rise.
struct RightEdge<K, V> {
    waiting: Vec<(Link<K, V>, u16)>,
    last: Option<Link<K, V>>,
}

impl<K, V> Default for RightEdge<K, V> {
    fn default() -> Self {
        Self { waiting: Vec::new(), last: None }
    }
}

impl<K: AsRef<[u8]>, V: TrieValue> RightEdge<K, V> {
    /// Adds a leaf; `difference` is its first difference to the next one, `None` for the last one.
    fn push(&mut self, leaf: Link<K, V>, difference: Option<u16>) {
        let mut right = leaf;
        // Keys that have more bits in common than this leaf and the next one belong below their node.
        while let Some((left, bit)) =
            self.waiting.pop_if(|(_, bit)| difference.is_none_or(|difference| *bit > difference))
        {
            right = Link::inner(bit, left, right);
        }
        match difference {
            Some(difference) => self.waiting.push((right, difference)),
            None => self.last = Some(right),
        }
    }

    fn finish(self) -> Option<Link<K, V>> {
        self.last
    }
}
