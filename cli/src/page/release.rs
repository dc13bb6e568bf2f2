//! The page of a release: what it says otherwise than the one before, every word of it.

use super::words::body;
use crate::comparison::{Comparison, ObjectDifference};
use crate::screen::{Mark, Part, Screen, plain_name};

/// Puts all differences between two releases on the page.
pub(crate) fn differences(screen: &mut Screen, comparison: &Comparison) {
    for field in &comparison.fields {
        screen.heading(format!("{} differs", field.field));
        screen.foreign_parts(Mark::Gone, vec![Part::plain(field.old.as_str())]);
        screen.foreign_parts(Mark::New, vec![Part::plain(field.new.as_str())]);
        screen.gap();
    }
    for object in &comparison.objects {
        one(screen, object);
        screen.gap();
    }
}

fn one(screen: &mut Screen, object: &ObjectDifference) {
    let (kind, word) = (object.kind.as_str(), object.word());
    match plain_name(&object.name) {
        Some(name) if name == kind => screen.heading(format!("{kind}: {word}")),
        Some(name) => screen.heading(format!("{kind} {name}: {word}")),
        None => {
            screen.heading(format!("{kind} with this name: {word}"));
            screen.foreign_parts(Mark::Plain, vec![Part::plain(object.name.as_str())]);
        }
    }
    for (class, _) in object.classes() {
        screen.own(format!("   {class}: {}", class.meaning()));
    }
    if let Some(old) = &object.old {
        screen.own(format!("   was {}", old.digest));
    }
    match (&object.old, &object.new) {
        (old, Some(new)) => {
            screen.own(format!("   now {}", new.digest));
            body(screen, object.kind, old.as_ref().map(|old| old.bytes.as_slice()), &new.bytes);
        }
        (Some(old), None) => body(screen, object.kind, None, &old.bytes),
        (None, None) => {}
    }
}
