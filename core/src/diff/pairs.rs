//! Which element of an old array an element of a new one stands for.

use std::collections::{BTreeMap, VecDeque};

use crate::json::{self, Value};

/// One element on each side, with its index there.
pub(super) type Pair<'v, 'a, 'w, 'b> = (Option<(usize, &'v Value<'a>)>, Option<(usize, &'w Value<'b>)>);

/// The elements of two arrays that differ or stand on one side only, what is left on both sides paired in the order in
/// which it stands. Equal elements, wherever they stand, are left out.
pub(super) fn differing<'v, 'a, 'w, 'b>(
    old: &'v [Value<'a>],
    new: &'w [Value<'b>],
) -> Vec<Pair<'v, 'a, 'w, 'b>> {
    let mut by_form: BTreeMap<Vec<u8>, VecDeque<usize>> = BTreeMap::new();
    for (index, element) in old.iter().enumerate() {
        by_form.entry(json::canonical(element)).or_default().push_back(index);
    }
    let mut is_left = vec![true; old.len()];
    let mut added = VecDeque::new();
    for (index, element) in new.iter().enumerate() {
        match by_form.get_mut(&json::canonical(element)).and_then(VecDeque::pop_front) {
            Some(before) => is_left[before] = false,
            None => added.push_back((index, element)),
        }
    }
    let gone = old.iter().enumerate().filter(|(index, _)| is_left[*index]);
    let mut pairs: Vec<_> = gone.map(|gone| (Some(gone), added.pop_front())).collect();
    pairs.extend(added.into_iter().map(|added| (None, Some(added))));
    pairs
}
