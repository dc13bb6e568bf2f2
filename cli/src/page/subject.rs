//! Objects that differ, put on the page by what their changes can do, and what is the same in many of them once.

use std::collections::BTreeSet;

use pinfold_core::diff::{Alike, Meaning, Reach, Told, alike, told};
use pinfold_core::digest::ObjectKind;
use pinfold_core::json::{ReadLimits, Value, read};

use super::compare::Detail;
use super::group::Group;
use super::rows::{Sides, change, change_only, folded, names, stars, table, tag, whole};
use crate::screen::{Mark, Part, Screen, plain_name};

/// One object on a page of changes.
pub struct Subject<'a> {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name; foreign.
    pub name: &'a str,
    /// Our word behind the name: a reason code, or `changed`.
    pub word: &'static str,
    /// The group of its most harmful change.
    pub group: Group,
    /// Lines under its heading.
    pub notes: Screen,
    /// Whether it is shown by itself even if others changed alike.
    pub alone: bool,
    /// Whether it is gone: then its name says all.
    pub is_gone: bool,
    bytes: &'a [u8],
    old: Option<Value<'a>>,
    new: Option<Value<'a>>,
    told: Vec<Told>,
}

impl<'a> Subject<'a> {
    /// An object that is `new`, compared with `old` if there is one; both JSON as received. The group is that of its
    /// changes, or [`Group::New`] without an old side.
    pub fn new(
        kind: ObjectKind,
        name: &'a str,
        word: &'static str,
        old: Option<&'a [u8]>,
        new: &'a [u8],
    ) -> Self {
        let value = read(new, &ReadLimits::LISTING).ok();
        let old_value = old.and_then(|bytes| read(bytes, &ReadLimits::LISTING).ok());
        let told = match (&old_value, &value) {
            (Some(old), Some(new)) => told(kind, old, new),
            _ => Vec::new(),
        };
        let group = match old {
            None => Group::New,
            Some(_) => Group::of_all(told.iter().map(|one| (one.meaning, one.reach))),
        };
        Subject {
            kind,
            name,
            word,
            group,
            notes: Screen::new(),
            alone: false,
            is_gone: false,
            bytes: new,
            old: old_value,
            new: value,
            told,
        }
    }

    /// What changed, the most harmful first.
    pub fn told(&self) -> &[Told] {
        &self.told
    }

    /// What decides its place inside its group.
    pub fn risk(&self) -> (Group, Option<(Meaning, Reach)>) {
        (self.group, self.told.first().map(|one| (one.meaning, one.reach)))
    }

    fn sides(&self) -> Option<Sides<'_>> {
        let (old, new) = (self.old.as_ref()?, self.new.as_ref()?);
        Some(Sides { name: self.name, told: &self.told, old, new })
    }
}

/// Rows that belong together: changes, and the objects (by their place among the subjects) that have them.
struct Entry<'p> {
    group: Group,
    objects: Vec<usize>,
    changes: Vec<&'p Alike>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// The same changes in several objects.
    Same,
    /// A change at the same place in several objects, in each with another value.
    Table,
    /// One object with the changes that only it has; without any it is shown whole.
    One,
}

/// Puts the objects on the page: groups in order, in each what several objects share before what one has.
///
/// Every change of every object is on the page, and every name at least once.
pub fn subjects(screen: &mut Screen, subjects: &[Subject<'_>], detail: Detail) {
    // Objects that are not compared with anything have no changes to share.
    let compared: Vec<usize> =
        (0..subjects.len()).filter(|at| subjects[*at].sides().is_some() && !subjects[*at].alone).collect();
    let sides: Vec<Sides<'_>> = compared.iter().filter_map(|at| subjects[*at].sides()).collect();
    let all: Vec<&[Told]> = sides.iter().map(|one| one.told).collect();
    let alike = alike(&all);
    let entries = entries(subjects, &compared, &alike);
    let (mut group, mut number, mut named) = (None, 0, Vec::new());
    for entry in &entries {
        if group.replace(entry.group) != Some(entry.group) {
            let of_group = entries.iter().filter(|other| other.group == entry.group);
            let concerned: BTreeSet<usize> =
                of_group.flat_map(|other| other.objects.iter().copied()).collect();
            screen.gap();
            screen.heading(format!("== {} ({})", entry.group.heading(), concerned.len()));
            if entry.group == Group::Mechanical && detail == Detail::Changed {
                fold(screen, &entries, &sides);
            }
        }
        if entry.group == Group::Mechanical && detail == Detail::Changed && !entry.changes.is_empty() {
            continue;
        }
        match entry.kind {
            Kind::Same => same(screen, entry, &sides, detail, &mut named),
            Kind::Table => table(screen, &entry.changes, &sides, detail),
            Kind::One => {
                number += 1;
                one(screen, number, &subjects[entry.objects[0]], &entry.changes, &sides, detail);
            }
        }
    }
}

fn entries<'p>(subjects: &[Subject<'_>], compared: &[usize], alike: &'p [Alike]) -> Vec<Entry<'p>> {
    let mut entries: Vec<Entry<'p>> = Vec::new();
    let mut own: Vec<&Alike> = Vec::new();
    let of = |one: &Alike| Group::of(one.meaning, one.reach);
    for one in alike {
        let objects: Vec<usize> = one.objects().into_iter().map(|object| compared[object]).collect();
        if objects.len() == 1 {
            own.push(one);
            continue;
        }
        let bundle = entries.iter_mut().find(|entry| entry.group == of(one) && entry.objects == objects);
        match bundle {
            Some(entry) => entry.changes.push(one),
            None => entries.push(Entry { group: of(one), objects, changes: vec![one], kind: Kind::Same }),
        }
    }
    let mut one_by_one: Vec<Vec<&Alike>> = vec![Vec::new(); subjects.len()];
    for one in &own {
        let alike = |other: &&&Alike| (of(other), &other.pattern) == (of(one), &one.pattern);
        // What can do harm stands with the object that does it.
        let is_in_table = of(one) == Group::Mechanical
            || (of(one) == Group::Client && own.iter().filter(alike).count() > 1);
        let at = compared[one.places[0].0];
        let place = |entry: &&mut Entry<'_>| {
            entry.kind == Kind::Table && entry.group == of(one) && entry.changes[0].pattern == one.pattern
        };
        match entries.iter_mut().find(place) {
            _ if !is_in_table => one_by_one[at].push(one),
            Some(entry) => {
                entry.changes.push(one);
                entry.objects.push(at);
            }
            None => entries.push(Entry {
                group: of(one),
                objects: vec![at],
                changes: vec![one],
                kind: Kind::Table,
            }),
        }
    }
    let is_covered: BTreeSet<usize> =
        entries.iter().flat_map(|entry| entry.objects.iter().copied()).collect();
    for (at, (subject, changes)) in subjects.iter().zip(one_by_one).enumerate() {
        if !changes.is_empty() || !is_covered.contains(&at) {
            let group = changes.iter().map(|one| of(one)).min().unwrap_or(subject.group);
            entries.push(Entry { group, objects: vec![at], changes, kind: Kind::One });
        }
    }
    let risk = |entry: &Entry<'_>| entry.changes.first().map(|one| (one.meaning, one.reach));
    entries.sort_by_key(|entry| (entry.group, entry.kind, risk(entry)));
    entries
}

/// All mechanical changes, each place once; whose they are is not told.
fn fold(screen: &mut Screen, entries: &[Entry<'_>], sides: &[Sides<'_>]) {
    let mut places: Vec<Vec<&Alike>> = Vec::new();
    let of_group = entries.iter().filter(|entry| entry.group == Group::Mechanical);
    for one in of_group.flat_map(|entry| entry.changes.iter().copied()) {
        let is_alike = |other: &&Alike| {
            (other.meaning, other.reach, &other.pattern) == (one.meaning, one.reach, &one.pattern)
        };
        match places.iter_mut().find(|place| place.first().is_some_and(is_alike)) {
            Some(place) => place.push(one),
            None => places.push(vec![one]),
        }
    }
    folded(screen, &places, sides);
}

/// The same changes in several objects. `named` are the sets of objects that were listed so far.
fn same(
    screen: &mut Screen,
    entry: &Entry<'_>,
    sides: &[Sides<'_>],
    detail: Detail,
    named: &mut Vec<Vec<usize>>,
) {
    let has_stars = |one: &Alike| one.pattern.split('/').any(|token| token == "*");
    for one in &entry.changes {
        change(screen, one, sides, detail);
        if has_stars(one) {
            names(screen, one, sides);
        }
    }
    let Some(plain) = entry.changes.iter().rfind(|one| !has_stars(one)) else { return };
    match named.last() {
        Some(last) if *last == entry.objects => {
            screen.count(format!("in the same {} as above", entry.objects.len()));
        }
        _ => {
            names(screen, plain, sides);
            named.push(entry.objects.clone());
        }
    }
}

fn one(
    screen: &mut Screen,
    number: usize,
    subject: &Subject<'_>,
    changes: &[&Alike],
    sides: &[Sides<'_>],
    detail: Detail,
) {
    let kind = subject.kind.as_str();
    let name = plain_name(subject.name);
    if let ([only], Some(name), true) = (changes, name, subject.notes.is_empty())
        && let Some(pointer) = plain_name(&only.pattern)
        && only.places.len() == 1
    {
        let name = if name == kind { String::new() } else { format!(" {name}") };
        screen.heading(format!("{number}. {kind}{name} {pointer}  ({})", tag(only)));
        return change_only(screen, only, sides, detail);
    }
    let word = subject.word;
    match name {
        Some(name) if name == kind => screen.heading(format!("{number}. {kind}: {word}")),
        Some(name) => screen.heading(format!("{number}. {kind} {name}: {word}")),
        None => {
            screen.heading(format!("{number}. {kind} with this name: {word}"));
            screen.foreign_parts(Mark::Plain, vec![Part::plain(subject.name)]);
        }
    }
    screen.append(&subject.notes);
    for one in changes {
        change(screen, one, sides, detail);
        stars(screen, one, sides);
    }
    match (subject.sides(), &subject.new) {
        _ if !changes.is_empty() || subject.is_gone => {}
        (Some(sides), _) => {
            let sides = [sides];
            for one in &alike(&[&subject.told]) {
                change(screen, one, &sides, detail);
                stars(screen, one, &sides);
            }
        }
        (None, Some(new)) => whole(screen, subject.kind, new, detail),
        // What the reader refuses is shown as it came; it cannot be approved.
        (None, None) => screen.foreign(Mark::Plain, &String::from_utf8_lossy(subject.bytes)),
    }
}
