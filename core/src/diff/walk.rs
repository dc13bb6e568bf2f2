//! The common part of all comparisons: a place, a class, two values.

use std::collections::BTreeMap;

use super::{Change, Stated, is_same};
use crate::json::{Node, Value, pointer_push};
use crate::reason::ReasonCode;

/// A value on one side, if there is one.
pub(super) type Side<'v, 'a> = Option<&'v Value<'a>>;

/// A walk over two versions at once. Recursion follows the values, whose depth the reader bounded.
#[derive(Default)]
pub(super) struct Walk {
    /// Into the new version; where there is nothing, into the old one.
    pointer: String,
    /// Into the old version likewise.
    old_pointer: String,
    changes: Vec<Change>,
}

impl Walk {
    pub(super) fn into_changes(self) -> Vec<Change> {
        self.changes
    }

    /// Goes one step down for as long as `inside` runs.
    pub(super) fn at(&mut self, token: &str, inside: impl FnOnce(&mut Self)) {
        self.at_both(token, token, inside);
    }

    /// Goes one step down into two lists, in which the same element may stand at different places. Not both are `None`.
    pub(super) fn at_pair(&mut self, old: Option<usize>, new: Option<usize>, inside: impl FnOnce(&mut Self)) {
        let token = |one: Option<usize>, other| one.or(other).unwrap_or_default().to_string();
        self.at_both(&token(old, new), &token(new, old), inside);
    }

    fn at_both(&mut self, old: &str, new: &str, inside: impl FnOnce(&mut Self)) {
        let (length, old_length) = (self.pointer.len(), self.old_pointer.len());
        pointer_push(&mut self.pointer, new);
        pointer_push(&mut self.old_pointer, old);
        inside(self);
        self.pointer.truncate(length);
        self.old_pointer.truncate(old_length);
    }

    /// Notes one change here.
    pub(super) fn change(&mut self, class: ReasonCode, old: Side<'_, '_>, new: Side<'_, '_>) {
        self.changes.push(Change {
            pointer: self.pointer.clone(),
            old_pointer: self.old_pointer.clone(),
            class,
            old: old.map(Stated::of),
            new: new.map(Stated::of),
        });
    }

    /// How many changes were noted so far.
    pub(super) fn count(&self) -> usize {
        self.changes.len()
    }

    /// Whether one of the changes noted since then has this class.
    pub(super) fn has_since(&self, count: usize, class: ReasonCode) -> bool {
        self.changes[count..].iter().any(|change| change.class == class)
    }

    /// Gives the changes noted since then, as far as they have one class, another one.
    pub(super) fn reclass_since(&mut self, count: usize, from: ReasonCode, to: ReasonCode) {
        for change in &mut self.changes[count..] {
            if change.class == from {
                change.class = to;
            }
        }
    }

    /// One change here if the two values differ at all.
    pub(super) fn whole(&mut self, class: ReasonCode, old: &Value<'_>, new: &Value<'_>) {
        if !is_same(old, new) {
            self.change(class, Some(old), Some(new));
        }
    }

    /// Values without a meaning of their own: every differing leaf, all in one class.
    pub(super) fn data(&mut self, class: ReasonCode, old: Side<'_, '_>, new: Side<'_, '_>) {
        match (old.map(|value| &value.node), new.map(|value| &value.node)) {
            (Some(Node::Object(_)), Some(Node::Object(_))) => {
                for (name, old, new) in members(old, new) {
                    self.at(name, |walk| walk.data(class, old, new));
                }
            }
            (Some(Node::Array(before)), Some(Node::Array(after))) => {
                for index in 0..before.len().max(after.len()) {
                    self.at(&index.to_string(), |walk| walk.data(class, before.get(index), after.get(index)));
                }
            }
            _ => self.leaf(class, old, new),
        }
    }

    /// One change here unless both sides are the same.
    pub(super) fn leaf(&mut self, class: ReasonCode, old: Side<'_, '_>, new: Side<'_, '_>) {
        match (old, new) {
            (None, None) => {}
            (Some(old), Some(new)) => self.whole(class, old, new),
            _ => self.change(class, old, new),
        }
    }
}

/// The members of two objects, by name, with the value on each side. What is absent or no object has none.
pub(super) fn members<'v, 'a, 'w, 'b>(
    old: Side<'v, 'a>,
    new: Side<'w, 'b>,
) -> Vec<(&'v str, Side<'v, 'a>, Side<'w, 'b>)>
where
    'w: 'v,
{
    let mut both: BTreeMap<&'v str, (Side<'v, 'a>, Side<'w, 'b>)> = BTreeMap::new();
    for member in old.and_then(Value::as_object).unwrap_or_default() {
        both.entry(&member.name).or_default().0 = Some(&member.value);
    }
    for member in new.and_then(Value::as_object).unwrap_or_default() {
        both.entry(&member.name).or_default().1 = Some(&member.value);
    }
    both.into_iter().map(|(name, (old, new))| (name, old, new)).collect()
}
