//! The page of a release: what it says otherwise than the one before, every new word of it.

use pinfold_core::diff::{Meaning, Reach};

use super::compare::Detail;
use super::group::Group;
use super::subject::{Subject, subjects};
use crate::comparison::{Comparison, ObjectDifference};
use crate::screen::{Mark, Part, Screen};

/// Puts all differences between two releases on the page.
pub(crate) fn differences(screen: &mut Screen, comparison: &Comparison) {
    for field in &comparison.fields {
        let differ = if field.field.ends_with('s') { "differ" } else { "differs" };
        screen.heading(format!("{} {differ}", field.field));
        screen.foreign_parts(Mark::Gone, vec![Part::plain(field.old.as_str())]);
        screen.foreign_parts(Mark::New, vec![Part::plain(field.new.as_str())]);
        screen.gap();
    }
    let mut all: Vec<Subject<'_>> =
        comparison.objects.iter().filter_map(|object| subject(comparison, object)).collect();
    all.sort_by_key(Subject::risk);
    subjects(screen, &all, Detail::Changed);
}

/// One object of a comparison as it stands on the page. `None`: it has no side.
pub(crate) fn subject<'a>(comparison: &'a Comparison, object: &'a ObjectDifference) -> Option<Subject<'a>> {
    let old = object.old.as_ref().map(|side| side.bytes.as_slice());
    let new = object.new.as_ref().map(|side| side.bytes.as_slice());
    let from = object.renamed_from.and_then(|at| comparison.objects.get(at));
    let from = from.and_then(|from| Some((from, from.old.as_ref()?.bytes.as_slice())));
    let (word, shown) = (object.word(), new.or(old)?);
    let base = new.and(old).or(from.map(|(_, bytes)| bytes));
    let mut subject = Subject::new(object.kind, &object.name, word, base, shown);
    if new.is_none() {
        subject.group = Group::of(Meaning::Removed, Reach::Client);
        subject.is_gone = true;
    }
    if let Some((from, _)) = from {
        subject.alone = true;
        subject.group = subject.group.min(Group::New);
        subject.notes.own("   Probably this one under another name, and compared with it:");
        subject.notes.foreign_parts(Mark::Plain, vec![Part::plain(from.name.as_str())]);
    }
    Some(subject)
}
