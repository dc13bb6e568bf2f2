//! The page of a release: what it says otherwise than the one before, every new word of it.

use pinfold_core::diff::{Meaning, Reach, probable_renames};
use pinfold_core::json::{ReadLimits, Value, read};

use super::compare::Detail;
use super::group::Group;
use super::subject::{Subject, subjects};
use crate::comparison::{Comparison, ObjectDifference};
use crate::screen::{Mark, Part, Screen};

/// Puts all differences between two releases on the page.
pub(crate) fn differences(screen: &mut Screen, comparison: &Comparison) {
    for field in &comparison.fields {
        screen.heading(format!("{} differs", field.field));
        screen.foreign_parts(Mark::Gone, vec![Part::plain(field.old.as_str())]);
        screen.foreign_parts(Mark::New, vec![Part::plain(field.new.as_str())]);
        screen.gap();
    }
    let renamed = renamed(comparison);
    let mut all: Vec<Subject<'_>> = Vec::new();
    for (at, object) in comparison.objects.iter().enumerate() {
        let from = renamed.iter().find(|(_, new)| *new == at).map(|(old, _)| &comparison.objects[*old]);
        all.extend(subject(object, from));
    }
    all.sort_by_key(Subject::risk);
    subjects(screen, &all, Detail::Changed);
}

/// Places of objects that are gone and of new ones that are probably they under another name.
fn renamed(comparison: &Comparison) -> Vec<(usize, usize)> {
    let side = |is_new: bool| -> Vec<(usize, Value<'_>)> {
        let objects = comparison.objects.iter().enumerate();
        let sides = objects.filter_map(|(at, object)| match (&object.old, &object.new) {
            (None, Some(side)) if is_new => Some((at, side)),
            (Some(side), None) if !is_new => Some((at, side)),
            _ => None,
        });
        sides.filter_map(|(at, side)| Some((at, read(&side.bytes, &ReadLimits::LISTING).ok()?))).collect()
    };
    let (gone, new) = (side(false), side(true));
    let values = |side: &[(usize, Value<'_>)]| -> Vec<Value<'static>> {
        side.iter().map(|(_, value)| value.clone().into_owned()).collect()
    };
    let (old_values, new_values) = (values(&gone), values(&new));
    let pairs =
        probable_renames(&old_values.iter().collect::<Vec<_>>(), &new_values.iter().collect::<Vec<_>>());
    let places = pairs.into_iter().map(|(before, after)| (gone[before].0, new[after].0));
    places.filter(|(old, new)| comparison.objects[*old].kind == comparison.objects[*new].kind).collect()
}

fn subject<'a>(object: &'a ObjectDifference, renamed: Option<&'a ObjectDifference>) -> Option<Subject<'a>> {
    let old = object.old.as_ref().map(|side| side.bytes.as_slice());
    let new = object.new.as_ref().map(|side| side.bytes.as_slice());
    let from = renamed.and_then(|from| Some((from, from.old.as_ref()?.bytes.as_slice())));
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
