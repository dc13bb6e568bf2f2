//! The set of member names seen so far in one object.

use std::borrow::Cow;
use std::collections::BTreeSet;

/// Names that are compared one by one before a tree takes over.
const FEW: usize = 16;

/// A set of names that costs no allocation for an ordinary object and stays O(n log n) for a hostile one.
///
/// A tree, not a hash table: with a fixed hash an attacker can choose colliding names, and a random one is not for a
/// crate whose functions depend on their arguments alone.
#[derive(Default)]
pub(crate) struct Names<'a> {
    few: [&'a str; FEW],
    count_few: usize,
    /// Names beyond the first few, and those that had to be decoded.
    others: BTreeSet<Cow<'a, str>>,
    count: usize,
}

impl<'a> Names<'a> {
    /// Adds a name; `false` if it was there already.
    pub(crate) fn insert(&mut self, name: Cow<'a, str>) -> bool {
        if self.few[..self.count_few].contains(&&*name) {
            return false;
        }
        self.count += 1;
        match name {
            Cow::Borrowed(text) if self.count_few < FEW && !self.others.contains(text) => {
                self.few[self.count_few] = text;
                self.count_few += 1;
                true
            }
            name => self.others.insert(name),
        }
    }

    /// How many names were added.
    pub(crate) fn count(&self) -> usize {
        self.count
    }
}
