//! Changes that are the same in many places and many objects, so that a person reads each of them once.
//!
//! The median release that changes anything changes nearly every tool of its server, mostly in the same way.

use std::collections::BTreeMap;

use super::meaning::{Meaning, Told};
use super::reach::{Reach, tokens};
use crate::json::pointer_push;
use crate::reason::ReasonCode;

/// One change in several places: the same old value, the same new value, and places that differ only in the names of
/// parameters and definitions and in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    /// What it means, everywhere.
    pub meaning: Meaning,
    /// The class, everywhere.
    pub class: ReasonCode,
    /// Who reads it, everywhere.
    pub reach: Reach,
    /// The place, with `*` for each token in which the places differ. Holds foreign text.
    pub pattern: String,
    /// What stood there. Foreign text.
    pub old: Option<String>,
    /// What stands there now. Foreign text.
    pub new: Option<String>,
    /// Where: for each object its number in the input and the change's number in it, in the order of the input.
    pub places: Vec<(usize, usize)>,
}

impl Alike {
    /// The objects in which it is found, each once, in the order of the input.
    pub fn objects(&self) -> Vec<usize> {
        let mut objects: Vec<usize> = self.places.iter().map(|(object, _)| *object).collect();
        objects.dedup();
        objects
    }
}

/// Every change of every object, the same ones together. Each place is in exactly one element; elements are in the
/// order of risk, those of one meaning and reach by the number of their places, most first.
pub fn alike(objects: &[&[Told]]) -> Vec<Alike> {
    type Key<'k> = (Meaning, Reach, ReasonCode, String, Option<&'k str>, Option<&'k str>);
    let mut found: BTreeMap<Key<'_>, Vec<(usize, usize)>> = BTreeMap::new();
    for (object, all) in objects.iter().enumerate() {
        for (number, one) in all.iter().enumerate() {
            let Told { change, meaning, reach } = one;
            let key = (
                *meaning,
                *reach,
                change.class,
                pattern(&change.pointer),
                change.old.as_deref(),
                change.new.as_deref(),
            );
            found.entry(key).or_default().push((object, number));
        }
    }
    let mut alike: Vec<Alike> = found
        .into_iter()
        .map(|((meaning, reach, class, _, old, new), places)| Alike {
            meaning,
            class,
            reach,
            pattern: common(&places, objects),
            old: old.map(str::to_owned),
            new: new.map(str::to_owned),
            places,
        })
        .collect();
    alike.sort_by_key(|one| (one.meaning, one.reach, usize::MAX - one.places.len(), one.places[0]));
    alike
}

/// A place without what may differ: names of parameters and definitions, and numbers.
fn pattern(pointer: &str) -> String {
    let mut pattern = String::new();
    let mut is_name = false;
    for token in tokens(pointer) {
        let is_number = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
        pointer_push(&mut pattern, if is_name || is_number { "*" } else { &token });
        is_name = !is_name
            && matches!(token.as_str(), "properties" | "patternProperties" | "$defs" | "definitions");
    }
    pattern
}

/// The place that all of these have, `*` where they differ.
fn common(places: &[(usize, usize)], objects: &[&[Told]]) -> String {
    let pointer = |(object, number): &(usize, usize)| tokens(&objects[*object][*number].change.pointer);
    let mut shared = pointer(&places[0]);
    for place in &places[1..] {
        for (token, other) in shared.iter_mut().zip(pointer(place)) {
            if *token != other {
                *token = "*".to_owned();
            }
        }
    }
    let mut pattern = String::new();
    for token in shared {
        pointer_push(&mut pattern, &token);
    }
    pattern
}
