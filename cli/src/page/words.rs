//! The page of held objects: what changed against the last version a person approved, or the whole of what is new.

use pinfold_core::diff::{Change, changes};
use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::json::{ReadLimits, Value, read};
use pinfold_core::reason::ReasonCode;

use super::compare::compare;
use super::group::Group;
use super::leaves::{Leaf, Shape, leaves, shape};
use super::rank::{Reader, reader, tokens};
use crate::challenge::Shown;
use crate::screen::{Mark, Part, Screen, plain_name};

/// What a held object is compared with.
#[derive(Clone, Debug)]
pub struct Base {
    /// Its digest.
    pub digest: Digest,
    /// When it was approved, as people read it.
    pub approved: String,
    /// The approved bytes; `None`: the store does not have them any more.
    pub bytes: Option<Vec<u8>>,
}

/// One object that waits for a person.
#[derive(Clone, Debug)]
pub struct Item {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name; foreign.
    pub name: String,
    /// Its digest.
    pub digest: Digest,
    /// Its bytes as received; foreign.
    pub bytes: Vec<u8>,
    /// Why it is held.
    pub reason: ReasonCode,
    /// Where in it; foreign.
    pub pointer: String,
    /// Since when, as people read it.
    pub since: String,
    /// The last version that a person approved; `None`: nothing of this name was.
    pub base: Option<Base>,
    /// When a person rejected exactly this, as people read it.
    pub rejected: Option<String>,
    /// It breaks a rule, so that no yes lets it through: what exactly, made visible.
    pub barred: Option<String>,
    /// Names that are taken for its own, approved or waiting; foreign.
    pub resembles: Vec<String>,
}

/// Puts objects on the page, and what a yes would stand for into `shown`.
///
/// `also`: a yes keeps what is approved now beside the new one.
pub fn words(screen: &mut Screen, shown: &mut Shown, label: &str, items: &[Item], also: bool) {
    let judged = ordered(items);
    screen.own(summary(label, &judged));
    let mut group = None;
    for (place, one) in judged.iter().enumerate() {
        if group != Some(one.group) {
            group = Some(one.group);
            let count = judged.iter().filter(|other| other.group == one.group).count();
            screen.gap();
            screen.heading(format!("== {} ({count})", one.group.heading()));
        }
        screen.gap();
        object(screen, place + 1, one);
        if one.item.barred.is_none() {
            shown.digest(one.item.kind.as_str(), &one.item.digest);
            if let Some(base) = &one.item.base {
                shown.digest(if also { "beside" } else { "replaces" }, &base.digest);
            }
        }
    }
}

/// What waits, counted by group; the same line stands above the page and above the question.
pub fn summary(label: &str, judged: &[Judged<'_>]) -> String {
    let counted = Group::ALL.iter().filter_map(|group| {
        let count = judged.iter().filter(|one| one.group == *group).count();
        (count > 0).then(|| format!("{count} {}", group.counted()))
    });
    let parts: Vec<String> = counted.collect();
    let objects = if judged.len() == 1 { "object waits" } else { "objects wait" };
    format!("{label}: {} {objects}: {}", judged.len(), parts.join(", "))
}

/// A held object with its changes.
#[derive(Clone, Debug)]
pub struct Judged<'a> {
    /// The object.
    pub item: &'a Item,
    /// Its group.
    pub group: Group,
    old: Option<Value<'a>>,
    new: Option<Value<'a>>,
    changes: Vec<Change>,
}

/// The objects in the order of the page: by group, then as they were given.
pub fn ordered(items: &[Item]) -> Vec<Judged<'_>> {
    let mut judged: Vec<Judged<'_>> = items.iter().map(judge).collect();
    judged.sort_by_key(|one| one.group);
    judged
}

fn judge(item: &Item) -> Judged<'_> {
    let new = read(&item.bytes, &ReadLimits::LISTING).ok();
    let old_bytes = item.base.as_ref().and_then(|base| base.bytes.as_deref());
    let old = old_bytes.and_then(|bytes| read(bytes, &ReadLimits::LISTING).ok());
    let changes = match (&old, &new) {
        (Some(old), Some(new)) => changes(item.kind, old, new),
        _ => Vec::new(),
    };
    let group = if item.barred.is_some() {
        Group::Barred
    } else if item.reason == ReasonCode::NameConfusable {
        Group::Lookalike
    } else if item.base.is_none() {
        Group::New
    } else {
        Group::of_changes(changes.iter().map(|change| change.class))
    };
    Judged { item, group, old, new, changes }
}

fn object(screen: &mut Screen, number: usize, one: &Judged<'_>) {
    let item = one.item;
    let kind = item.kind.as_str();
    match plain_name(&item.name) {
        Some(name) if name == kind => screen.heading(format!("{number}. {kind}: {}", item.reason)),
        Some(name) => screen.heading(format!("{number}. {kind} {name}: {}", item.reason)),
        None => {
            screen.heading(format!("{number}. {kind} with this name: {}", item.reason));
            screen.foreign_parts(Mark::Plain, vec![Part::plain(item.name.as_str())]);
        }
    }
    screen.own(format!("   {} Held since {}.", item.reason.meaning(), item.since));
    if let Some(rejected) = &item.rejected {
        screen.own(format!("   A person rejected exactly this on {rejected}."));
    }
    if let Some(barred) = &item.barred {
        screen.own("   No yes lets it through:");
        screen.foreign_parts(Mark::Plain, vec![Part::spelled(barred.as_str())]);
        if !item.pointer.is_empty() {
            place(screen, &item.pointer, "");
        }
    }
    if !item.resembles.is_empty() {
        screen.own("   People or clients take its name for:");
        for name in &item.resembles {
            screen.foreign_parts(Mark::Plain, vec![Part::plain(name.as_str())]);
        }
    }
    if let Some(base) = &item.base {
        screen.own(format!("   approved {}  {}", base.digest, base.approved));
        screen.own(format!("   now      {}", item.digest));
    } else {
        screen.own(format!("   {}", item.digest));
    }
    match (&one.old, &one.new) {
        (Some(old), Some(new)) => differences(screen, item.kind, &one.changes, old, new),
        (None, Some(new)) => whole(screen, item.kind, new),
        // What the reader refuses is shown as it came; it cannot be approved.
        (_, None) => screen.foreign(Mark::Plain, &String::from_utf8_lossy(&item.bytes)),
    }
}

/// The words of one object: what differs from `old`, or all of it where there is none. Both are JSON as received.
pub fn body(screen: &mut Screen, kind: ObjectKind, old: Option<&[u8]>, new: &[u8]) {
    let old = old.and_then(|bytes| read(bytes, &ReadLimits::LISTING).ok());
    match (&old, read(new, &ReadLimits::LISTING)) {
        (Some(old), Ok(new)) => differences(screen, kind, &changes(kind, old, &new), old, &new),
        (None, Ok(new)) => whole(screen, kind, &new),
        (_, Err(_)) => screen.foreign(Mark::Plain, &String::from_utf8_lossy(new)),
    }
}

fn whole(screen: &mut Screen, kind: ObjectKind, object: &Value<'_>) {
    let mut reader = None;
    for Leaf { pointer, reader: by, shape } in leaves(kind, object) {
        reader_heading(screen, &mut reader, by);
        match shape {
            Shape::Prose(text) => {
                place(screen, &pointer, "");
                screen.foreign(Mark::Plain, &text);
            }
            Shape::Json(text) => one_row(screen, &pointer, &text),
        }
    }
}

fn differences(screen: &mut Screen, kind: ObjectKind, changes: &[Change], old: &Value<'_>, new: &Value<'_>) {
    let mut sorted: Vec<(Reader, &Change)> =
        changes.iter().map(|change| (reader(kind, &tokens(&change.pointer)), change)).collect();
    sorted.sort_by_key(|(by, _)| *by);
    let mut last = None;
    for (by, change) in sorted {
        reader_heading(screen, &mut last, by);
        let old = change.old.as_ref().map(|text| side(old, &change.pointer, text));
        let new = change.new.as_ref().map(|text| side(new, &change.pointer, text));
        let (old, new) = alike(change, old, new);
        difference(screen, change, old, new);
    }
}

/// The shape of one side of a change; the text as the comparison gave it where the place does not lead to it.
fn side(root: &Value<'_>, pointer: &str, text: &str) -> Shape {
    let name = pointer.rsplit('/').next().unwrap_or_default();
    match root.at_pointer(pointer).map(|value| (value.as_str(), shape(name, value))) {
        Some((Some(string), shape)) if string == text => shape,
        Some((None, shape)) if shape == Shape::Json(text.to_owned()) => shape,
        _ => Shape::Prose(text.to_owned()),
    }
}

/// Two texts of which one is shown as prose are both shown so, or every word would seem to have changed.
fn alike(change: &Change, old: Option<Shape>, new: Option<Shape>) -> (Option<Shape>, Option<Shape>) {
    match (&old, &new, &change.old, &change.new) {
        (Some(Shape::Json(_)), Some(Shape::Prose(_)), Some(text), _) => {
            (Some(Shape::Prose(text.clone())), new)
        }
        (Some(Shape::Prose(_)), Some(Shape::Json(_)), _, Some(text)) => {
            (old, Some(Shape::Prose(text.clone())))
        }
        _ => (old, new),
    }
}

fn difference(screen: &mut Screen, change: &Change, old: Option<Shape>, new: Option<Shape>) {
    let text = |shape: &Shape| match shape {
        Shape::Prose(text) | Shape::Json(text) => text.clone(),
    };
    let class = change.class;
    match (&old, &new) {
        // Mechanical changes take one row.
        (Some(Shape::Json(old)), Some(Shape::Json(new))) if Group::of_class(class) == Group::Mechanical => {
            one_row(screen, &change.pointer, &format!("{old} -> {new}"));
        }
        (None, Some(Shape::Json(new))) if Group::of_class(class) == Group::Mechanical => {
            one_row(screen, &change.pointer, &format!("(nothing) -> {new}"));
        }
        (Some(Shape::Json(old)), None) if Group::of_class(class) == Group::Mechanical => {
            one_row(screen, &change.pointer, &format!("{old} -> (nothing)"));
        }
        (Some(old), Some(new)) => {
            place(screen, &change.pointer, class.as_str());
            compare(screen, &text(old), &text(new));
        }
        (None, Some(new)) => {
            place(screen, &change.pointer, &format!("{class}, was not there"));
            screen.foreign(Mark::New, &text(new));
        }
        (Some(old), None) => {
            place(screen, &change.pointer, &format!("{class}, is gone"));
            screen.foreign(Mark::Gone, &text(old));
        }
        (None, None) => place(screen, &change.pointer, class.as_str()),
    }
}

fn reader_heading(screen: &mut Screen, last: &mut Option<Reader>, now: Reader) {
    if *last != Some(now) {
        *last = Some(now);
        screen.own(format!("   {}", now.heading()));
    }
}

/// A row that names a place; the words behind it are ours.
fn place(screen: &mut Screen, pointer: &str, ours: &str) {
    let tail = if ours.is_empty() { String::new() } else { format!("  ({ours})") };
    screen.foreign_parts(Mark::Place, vec![Part::plain(format!("{}{tail}", quoted(pointer)))]);
}

/// A place and a small value, or several of one object, on one row.
fn one_row(screen: &mut Screen, pointer: &str, json: &str) {
    if pointer.is_empty() {
        return screen.foreign_parts(Mark::Place, vec![Part::plain(format!("(top level)  {json}"))]);
    }
    screen.foreign_parts(Mark::Place, vec![Part::plain(format!("{}  {json}", quoted(pointer)))]);
}

/// A pointer as a word without blanks: as it is where that is one, else as a JSON string.
fn quoted(pointer: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '.' | '-' | '$' | '~');
    if pointer.is_empty() {
        // Neither a pointer nor a JSON string begins with a parenthesis.
        return "(the whole)".to_owned();
    }
    if pointer.chars().all(word) {
        return pointer.to_owned();
    }
    String::from_utf8_lossy(&pinfold_core::json::canonical(&Value::string(pointer))).into_owned()
}

#[cfg(test)]
mod tests;
