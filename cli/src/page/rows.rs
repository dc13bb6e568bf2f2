//! The rows of a change: its place, what it means, and both sides of it; and the rows of a whole object.

use std::collections::BTreeMap;

use pinfold_core::diff::{Alike, Meaning, Reach, Stated, Told, is_known_dialect, tokens};
use pinfold_core::digest::ObjectKind;
use pinfold_core::json::{self, ReadLimits, Value, canonical, pointer_push};

use super::compare::{Detail, compare};
use super::leaves::{Leaf, Shape, leaves, shape};
use crate::screen::{Mark, Part, Screen, plain_name};

/// An object and what of it changed.
pub(super) struct Sides<'a> {
    /// What it is called.
    pub(super) name: &'a str,
    /// Its changes, as [`pinfold_core::diff::told`] gives them.
    pub(super) told: &'a [Told],
    /// What was approved.
    pub(super) old: &'a Value<'a>,
    /// What waits.
    pub(super) new: &'a Value<'a>,
}

/// A text up to this length stands on the row of its place, as JSON.
const ROW_CHARACTERS: usize = 60;
/// A value longer than this is compared word by word.
const VALUE_CHARACTERS: usize = 120;

/// A change in one place or in several alike: a row with the place and what it means, and both sides.
///
/// Whose it is is not printed; [`names`] and [`stars`] do that.
pub(super) fn change(screen: &mut Screen, one: &Alike, objects: &[Sides<'_>], detail: Detail) {
    let ours = tag(one);
    match both(one, objects, detail) {
        Both::Row(values) => one_row(screen, &one.pattern, &values, &ours),
        Both::Texts(old, new) => {
            place(screen, &one.pattern, &ours);
            texts(screen, old.as_deref(), new.as_deref(), detail);
        }
        Both::Folded(characters) => {
            place(screen, &one.pattern, &format!("{ours}; {characters} characters, folded"));
        }
    }
}

/// Changes that are folded, each with its place, both sides if they are short, and the number of its objects.
pub(super) fn folded(screen: &mut Screen, places: &[Vec<&Alike>], objects: &[Sides<'_>]) {
    let listed = places.iter().filter_map(|changes| {
        let first = changes.first()?;
        let mut concerned: Vec<usize> = changes.iter().flat_map(|one| one.objects()).collect();
        concerned.sort_unstable();
        concerned.dedup();
        let values = match both(first, objects, Detail::Changed) {
            Both::Row(values) if changes.len() == 1 && values.chars().count() <= ROW_CHARACTERS => values,
            _ => String::new(),
        };
        let gap = if values.is_empty() { "" } else { "  " };
        let ours = format!("({}, in {})", first.meaning.words(), concerned.len());
        Some(format!("{}{gap}{values} {ours}", quoted(&first.pattern)))
    });
    let listed: Vec<String> = listed.collect();
    screen.foreign_parts(Mark::Place, vec![Part::plain(listed.join("; "))]);
}

/// The same where the place stands in a heading already.
pub(super) fn change_only(screen: &mut Screen, one: &Alike, objects: &[Sides<'_>], detail: Detail) {
    match both(one, objects, detail) {
        Both::Row(values) => screen.foreign_parts(Mark::Plain, vec![Part::plain(values)]),
        Both::Texts(old, new) => texts(screen, old.as_deref(), new.as_deref(), detail),
        Both::Folded(characters) => screen.count(format!("{characters} characters, folded")),
    }
}

/// A change in objects that have it at the same place each with another value: one row for each.
pub(super) fn table(screen: &mut Screen, changes: &[&Alike], objects: &[Sides<'_>], detail: Detail) {
    let Some(first) = changes.first() else { return };
    place(screen, &first.pattern, &format!("{}, in each of {}", tag(first), changes.len()));
    for one in changes {
        let name = word(objects[one.places[0].0].name);
        match both(one, objects, detail) {
            Both::Row(values) => {
                screen.foreign_parts(Mark::Plain, vec![Part::plain(format!("{name}  {values}"))]);
            }
            Both::Texts(old, new) => {
                screen.foreign_parts(Mark::Plain, vec![Part::plain(name)]);
                texts(screen, old.as_deref(), new.as_deref(), detail);
            }
            Both::Folded(characters) => {
                let row = format!("{name}  ({characters} characters, folded)");
                screen.foreign_parts(Mark::Plain, vec![Part::plain(row)]);
            }
        }
    }
}

/// What a change means and who reads it.
pub(super) fn tag(one: &Alike) -> String {
    format!("{}; {}", one.meaning.words(), reach_words(one.reach))
}

/// Both sides of a change.
enum Both {
    /// On one row, as JSON.
    Row(String),
    /// As texts, of which one may not be there.
    Texts(Option<String>, Option<String>),
    /// Not printed: so many characters.
    Folded(usize),
}

fn both(one: &Alike, objects: &[Sides<'_>], detail: Detail) -> Both {
    let (object, number) = one.places[0];
    let sides = &objects[object];
    let change = &sides.told[number].change;
    let length = |one: &Option<Stated>| one.as_ref().map_or(0, |one| one.as_str().chars().count());
    if detail == Detail::Changed && one.meaning == Meaning::Outputs && length(&change.new) > ROW_CHARACTERS {
        return Both::Folded(length(&change.new));
    }
    let old = change.old.as_ref().map(|one| side(sides.old, &change.old_pointer, one));
    let new = change.new.as_ref().map(|one| side(sides.new, &change.pointer, one));
    let texts = || as_texts(change.old.as_ref(), change.new.as_ref());
    match (old, new) {
        (None, Some(new)) => match short(&new) {
            Some(new) => Both::Row(format!("+ {new}")),
            None => texts(),
        },
        (Some(Shape::Json(old)), None) if old.chars().count() > ROW_CHARACTERS => {
            // What is gone was approved once and is not asked about.
            Both::Row(format!("- ({} characters)", old.chars().count()))
        }
        (Some(old), None) => match short(&old) {
            Some(old) => Both::Row(format!("- {old}")),
            None => texts(),
        },
        (Some(Shape::Json(old)), Some(Shape::Json(new)))
            if old.chars().count().max(new.chars().count()) <= VALUE_CHARACTERS =>
        {
            Both::Row(format!("{old} -> {new}"))
        }
        _ => texts(),
    }
}

/// Both sides as they are compared line by line. Of a text and a value that is none the text is quoted: else two that are
/// written with the same letters would look like no change.
fn as_texts(old: Option<&Stated>, new: Option<&Stated>) -> Both {
    let kinds = [old, new].map(|side| side.map(|one| one.text().is_some()));
    let is_mixed = matches!(kinds, [Some(before), Some(after)] if before != after);
    let print = |one: &Stated| match one {
        Stated::Text(text) if is_mixed => quoted_text(text),
        _ => one.as_str().to_owned(),
    };
    Both::Texts(old.map(print), new.map(print))
}

/// A value that fits on the row of its place: JSON, or a short text as JSON.
fn short(shape: &Shape) -> Option<String> {
    match shape {
        Shape::Json(json) => Some(json.clone()),
        Shape::Prose(text) if text.contains('\n') || text.chars().count() > ROW_CHARACTERS => None,
        Shape::Prose(text) => Some(quoted_text(text)),
    }
}

fn texts(screen: &mut Screen, old: Option<&str>, new: Option<&str>, detail: Detail) {
    match (old, new) {
        (Some(old), Some(new)) => compare(screen, old, new, detail),
        (None, Some(new)) => screen.foreign(Mark::New, new),
        (Some(old), None) => screen.foreign(Mark::Gone, old),
        (None, None) => {}
    }
}

/// Whose a change in several objects is: their names, and behind each what the stars of the place stand for.
pub(super) fn names(screen: &mut Screen, one: &Alike, objects: &[Sides<'_>]) {
    let stars = star_places(one);
    let mut found: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for place in &one.places {
        found.entry(place.0).or_default().push(behind_stars(&stars, *place, objects));
    }
    let count = found.len();
    let listed: Vec<String> = found
        .into_iter()
        .map(|(object, places)| match stars.is_empty() {
            true => word(objects[object].name),
            false => format!("{} ({})", word(objects[object].name), places.join(" ")),
        })
        .collect();
    screen.foreign_parts(Mark::Plain, vec![Part::plain(format!("in {count}: {}", listed.join(", ")))]);
}

/// What the stars of a place stand for inside one object; nothing where the place has none.
pub(super) fn stars(screen: &mut Screen, one: &Alike, objects: &[Sides<'_>]) {
    let stars = star_places(one);
    if !stars.is_empty() {
        let places: Vec<String> =
            one.places.iter().map(|place| behind_stars(&stars, *place, objects)).collect();
        screen.foreign_parts(Mark::Plain, vec![Part::plain(format!("* is {}", places.join(", ")))]);
    }
}

/// Which tokens of the place differ.
fn star_places(one: &Alike) -> Vec<usize> {
    if one.places.len() < 2 {
        return Vec::new();
    }
    let tokens = tokens(&one.pattern);
    tokens.iter().enumerate().filter(|(_, token)| *token == "*").map(|(at, _)| at).collect()
}

fn behind_stars(stars: &[usize], (object, number): (usize, usize), objects: &[Sides<'_>]) -> String {
    let tokens = tokens(&objects[object].told[number].change.pointer);
    let of_stars: Vec<&str> = stars.iter().filter_map(|at| Some(tokens.get(*at)?.as_str())).collect();
    word(&of_stars.join("/"))
}

/// All of an object, what reaches the model first.
pub(super) fn whole(screen: &mut Screen, kind: ObjectKind, object: &Value<'_>, detail: Detail) {
    let is_outputs = |pointer: &str| kind == ObjectKind::Tool && pointer.starts_with("/outputSchema");
    let leaves = leaves(kind, object);
    let outputs: usize = leaves.iter().filter(|leaf| is_outputs(&leaf.pointer)).map(Leaf::characters).sum();
    let is_folded = detail == Detail::Changed && outputs > ROW_CHARACTERS;
    for Leaf { pointer, reach, shape } in leaves {
        if is_folded && is_outputs(&pointer) {
            continue;
        }
        let shape =
            if detail == Detail::Changed { without_the_usual(&pointer, shape, object) } else { Some(shape) };
        let Some(shape) = shape else { continue };
        let ours = match reach {
            Reach::Client if kind == ObjectKind::Tool => reach_words(reach),
            _ => "",
        };
        match shape {
            Shape::Prose(text) => {
                place(screen, &pointer, ours);
                screen.foreign(Mark::Plain, &text);
            }
            Shape::Json(text) => one_row(screen, &pointer, &text, ours),
        }
    }
    if is_folded {
        let ours = format!("outputs; clients; {outputs} characters, folded");
        place(screen, "/outputSchema", &ours);
    }
}

/// A row of a whole object without what stands in its heading (a plain name) and without what says nothing in the schema
/// of its parameters: the dialect, that they are an object, that there are no others.
fn without_the_usual(pointer: &str, shape: Shape, object: &Value<'_>) -> Option<Shape> {
    let members = |of: &Value<'_>, is_usual: &dyn Fn(&str, &Value<'_>) -> bool| -> Option<Shape> {
        let Shape::Json(text) = &shape else { return Some(shape.clone()) };
        let read = json::read(text.as_bytes(), &ReadLimits::LISTING).ok()?;
        let kept = read.as_object()?.iter().filter(|member| {
            let stands =
                of.get(&member.name).is_some_and(|value| canonical(value) == canonical(&member.value));
            !(stands && is_usual(&member.name, &member.value))
        });
        let kept: Vec<String> = kept
            .map(|member| format!("{}:{}", json_of(&Value::string(&*member.name)), json_of(&member.value)))
            .collect();
        (!kept.is_empty()).then(|| Shape::Json(format!("{{{}}}", kept.join(", "))))
    };
    match (pointer, object.get("inputSchema")) {
        ("", _) => members(object, &|name, value| {
            matches!(name, "name") && value.as_str().is_some_and(|name| plain_name(name).is_some())
        }),
        ("/inputSchema", Some(schema)) => members(schema, &|name, value| match name {
            "$schema" => value.as_str().is_some_and(is_known_dialect),
            "type" => value.as_str() == Some("object"),
            "additionalProperties" => value.as_bool() == Some(false),
            _ => false,
        }),
        _ => Some(shape),
    }
}

/// How far something goes, in words.
fn reach_words(reach: Reach) -> &'static str {
    match reach {
        Reach::Model => "model",
        Reach::SomeModels => "some models",
        Reach::Client => "clients",
    }
}

/// A row that names a place; the words behind it are ours.
pub(super) fn place(screen: &mut Screen, pointer: &str, ours: &str) {
    let tail = if ours.is_empty() { String::new() } else { format!("  ({ours})") };
    screen.foreign_parts(Mark::Place, vec![Part::plain(format!("{}{tail}", quoted(pointer)))]);
}

/// A place and a small value, or several of one object, on one row. The value is JSON, so that it ends where it does.
fn one_row(screen: &mut Screen, pointer: &str, json: &str, ours: &str) {
    let tail = if ours.is_empty() { String::new() } else { format!("  ({ours})") };
    let at = if pointer.is_empty() { "(top level)".to_owned() } else { quoted(pointer) };
    screen.foreign_parts(Mark::Place, vec![Part::plain(format!("{at}  {json}{tail}"))]);
}

/// A pointer as a word without blanks: as it is where that is one, else as a JSON string.
fn quoted(pointer: &str) -> String {
    if pointer.is_empty() {
        // Neither a pointer nor a JSON string begins with a parenthesis.
        return "(the whole)".to_owned();
    }
    let mut clean = String::new();
    for token in tokens(pointer) {
        pointer_push(&mut clean, &token);
    }
    word(&clean)
}

/// A text as it is where it is a word of a closed alphabet, else as a JSON string.
pub(super) fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '.' | '-' | '$' | '~' | '*');
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    quoted_text(text)
}

fn quoted_text(text: &str) -> String {
    json_of(&Value::string(text))
}

fn json_of(value: &Value<'_>) -> String {
    String::from_utf8_lossy(&canonical(value)).into_owned()
}

/// The shape of one side of a change; as the comparison gave it where the place does not lead to it.
fn side(root: &Value<'_>, pointer: &str, one: &Stated) -> Shape {
    let name = pointer.rsplit('/').next().unwrap_or_default();
    match (root.at_pointer(pointer), one) {
        (Some(value), Stated::Text(text)) if value.as_str() == Some(text) => shape(name, value),
        (_, Stated::Text(text)) => Shape::Prose(text.clone()),
        (_, Stated::Json(json)) => Shape::Json(json.clone()),
    }
}
