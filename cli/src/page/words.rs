//! The page of held objects: what changed against the last version a person approved, or the whole of what is new.

use pinfold_core::digest::ObjectKind;
use pinfold_core::json::{ReadLimits, canonical, read};

use super::compare::Detail;
use super::rows::whole;
use super::subject::subjects;
use crate::challenge::Shown;
use crate::screen::{Mark, Screen};

pub use super::item::{Base, Item, Judged, Renamed, ordered, summary};

/// Puts objects on the page, and what a yes would stand for into `shown`.
///
/// Nothing is folded. `also`: a yes keeps what is approved now beside the new one. A single object is shown with its
/// digests.
pub fn words(screen: &mut Screen, shown: &mut Shown, label: &str, items: &[Item], also: bool) {
    words_in(screen, shown, label, items, also, Detail::Whole);
}

/// The same, with what is folded or without it.
pub fn words_in(
    screen: &mut Screen,
    shown: &mut Shown,
    label: &str,
    items: &[Item],
    also: bool,
    detail: Detail,
) {
    let mut judged = ordered(items);
    screen.own(summary(label, &judged));
    for one in judged.iter().filter(|one| one.item.barred.is_none()) {
        shown.digest(one.item.kind.as_str(), &one.item.digest);
        if let Some(base) = &one.item.base {
            shown.digest(if also { "beside" } else { "replaces" }, &base.digest);
        }
        for rule in &one.item.rules {
            let rule = canonical(&rule.to_value_of(one.item.digest));
            shown.answer("may-vary", &String::from_utf8_lossy(&rule));
        }
    }
    if let [one] = judged.as_mut_slice() {
        digests(&mut one.subject.notes, one.item);
    }
    let all: Vec<_> = judged.into_iter().map(|one| one.subject).collect();
    subjects(screen, &all, detail);
}

fn digests(screen: &mut Screen, item: &Item) {
    if let Some(base) = &item.base {
        screen.own(format!("   approved {}  {}", base.digest, base.approved));
    }
    screen.own(format!("   now      {}  {}", item.digest, item.since));
}

/// The words of one object, all of it. JSON as received.
pub fn body(screen: &mut Screen, kind: ObjectKind, object: &[u8]) {
    match read(object, &ReadLimits::LISTING) {
        Ok(object) => whole(screen, kind, &object, Detail::Whole),
        Err(_) => screen.foreign(Mark::Plain, &String::from_utf8_lossy(object)),
    }
}

#[cfg(test)]
mod tests;
