//! Changes that are the same in many places and many objects, so that a person reads each of them once.
//!
//! The median release that changes anything changes nearly every tool of its server, mostly in the same way.

use std::collections::BTreeMap;

use super::Stated;
use super::meaning::{Meaning, Told};
use super::reach::{Reach, tokens};
use super::words::{Piece, text_diff};
use crate::json::pointer_push;
use crate::reason::ReasonCode;

/// Changed words from which on two comparisons of words are called the same though the words around them differ, in
/// bytes. Below it (a "not") what stands around decides what the change means.
const OWN_SENSE_BYTES: usize = 24;

/// One change in several places that differ only in the names of parameters and definitions and in numbers: the same
/// old value and the same new one, or words with the same words taken out and put in.
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
    /// What stood at the first of the places. Foreign text.
    pub old: Option<Stated>,
    /// What stands there now. Foreign text.
    pub new: Option<Stated>,
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
    type Key = (Meaning, Reach, ReasonCode, String, Option<Stated>, Option<Stated>);
    let mut found: BTreeMap<Key, Vec<(usize, usize)>> = BTreeMap::new();
    for (object, all) in objects.iter().enumerate() {
        for (number, one) in all.iter().enumerate() {
            let Told { change, meaning, reach } = one;
            let (old, new) = sense(*meaning, change.old.as_ref(), change.new.as_ref());
            let key = (*meaning, *reach, change.class, pattern(&change.pointer), old, new);
            found.entry(key).or_default().push((object, number));
        }
    }
    let mut alike: Vec<Alike> = found
        .into_iter()
        .map(|((meaning, reach, class, ..), places)| {
            let first = &objects[places[0].0][places[0].1].change;
            Alike {
                meaning,
                class,
                reach,
                pattern: common(&places, objects),
                old: first.old.clone(),
                new: first.new.clone(),
                places,
            }
        })
        .collect();
    alike.sort_by_key(|one| (one.meaning, one.reach, usize::MAX - one.places.len(), one.places[0]));
    alike
}

/// What two changes have to share to be the same: both values, or of long enough words those that differ.
fn sense(meaning: Meaning, old: Option<&Stated>, new: Option<&Stated>) -> (Option<Stated>, Option<Stated>) {
    let whole = (old.cloned(), new.cloned());
    let (Meaning::Prose, Some(Stated::Text(old)), Some(Stated::Text(new))) = (meaning, old, new) else {
        return whole;
    };
    let (mut gone, mut came) = (String::new(), String::new());
    for piece in text_diff(old, new) {
        match piece {
            Piece::Same(_) => {
                gone.push('\0');
                came.push('\0');
            }
            Piece::Gone(text) => gone.push_str(text.trim()),
            Piece::New(text) => came.push_str(text.trim()),
        }
    }
    if gone.len().max(came.len()) < OWN_SENSE_BYTES {
        return whole;
    }
    (Some(Stated::Text(gone)), Some(Stated::Text(came)))
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
