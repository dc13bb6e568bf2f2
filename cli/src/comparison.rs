//! What two manifests say differently: the fields of the release, and each object of the surface.

use std::collections::{BTreeMap, BTreeSet};

use pinfold_core::diff::{Told, probable_renames, told};
use pinfold_core::digest::{Digest, ObjectKind, file_digest};
use pinfold_core::json::{ReadLimits, Value, read};
use pinfold_core::manifest::{Condition, Manifest, SurfaceObject};
use pinfold_core::reason::ReasonCode;

use crate::elsewhere;

/// All differences between two manifests.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// Name, version, files, addresses, conditions.
    pub(crate) fields: Vec<FieldDifference>,
    /// By kind, then by name.
    pub(crate) objects: Vec<ObjectDifference>,
}

/// A field of the release that differs. Both sides hold our own words and names of a closed alphabet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FieldDifference {
    pub(crate) field: &'static str,
    pub(crate) old: String,
    pub(crate) new: String,
}

/// An object that one manifest has and the other has not, or has otherwise.
#[derive(Debug)]
pub(crate) struct ObjectDifference {
    pub(crate) kind: ObjectKind,
    /// Foreign text.
    pub(crate) name: String,
    pub(crate) old: Option<Side>,
    pub(crate) new: Option<Side>,
    /// The place of the object that is gone and that this new one probably is under another name.
    pub(crate) renamed_from: Option<usize>,
    /// What changed in it, or against what it is renamed from, the most harmful first; empty where nothing is compared.
    /// Holds foreign text.
    pub(crate) told: Vec<Told>,
}

/// One version of an object.
#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) digest: Digest,
    pub(crate) bytes: Vec<u8>,
}

impl ObjectDifference {
    /// `added`, `removed` or `changed`.
    pub(crate) fn word(&self) -> &'static str {
        match (&self.old, &self.new) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        }
    }

    /// Each class once, with the first place where it stands.
    pub(crate) fn classes(&self) -> Vec<(ReasonCode, &str)> {
        let mut seen = BTreeSet::new();
        let told = self.told.iter().filter(|_| self.renamed_from.is_none());
        let classes = told.map(|one| (one.change.class, one.change.pointer.as_str()));
        classes.filter(|(class, _)| seen.insert(class.as_str())).collect()
    }

    /// One line without any of the server's words.
    pub(crate) fn line(&self) -> String {
        let mut line = format!("{} {} {}", self.word(), self.kind, elsewhere::name(&self.name));
        let classes = self.classes();
        if !classes.is_empty() {
            let classes: Vec<String> = classes
                .iter()
                .map(|(class, pointer)| match *pointer {
                    "" => class.as_str().to_owned(),
                    pointer => format!("{class} at {}", elsewhere::pointer(pointer)),
                })
                .collect();
            line.push_str(&format!(": {}", classes.join(", ")));
        }
        line
    }
}

impl Comparison {
    /// Compares two manifests.
    pub(crate) fn of(old: &Manifest, new: &Manifest) -> Comparison {
        let mut fields = Vec::new();
        let mut field = |field, old: String, new: String| {
            if old != new {
                fields.push(FieldDifference { field, old, new });
            }
        };
        field("name", old.name().as_str().to_owned(), new.name().as_str().to_owned());
        field("version", old.version().as_str().to_owned(), new.version().as_str().to_owned());
        field("artifacts", artifacts(old), artifacts(new));
        field("remotes", addresses(old), addresses(new));
        field("conditions", conditions(old), conditions(new));
        field("what may vary", volatile(old), volatile(new));
        let mut objects = objects(old, new);
        pair_renamed(&mut objects);
        Comparison { fields, objects }
    }

    /// Nothing differs.
    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.objects.is_empty()
    }

    /// The first difference in one line, without any of the server's words.
    pub(crate) fn first(&self) -> Option<String> {
        let field = self.fields.first();
        let field = field.map(|field| format!("{} is {} and was {}", field.field, field.new, field.old));
        self.objects.first().map(ObjectDifference::line).or(field)
    }

    /// `2 tools changed, 1 prompt added`, or that the words are the same.
    pub(crate) fn summary(&self) -> String {
        let mut counts: BTreeMap<(ObjectKind, &'static str), usize> = BTreeMap::new();
        for object in &self.objects {
            *counts.entry((object.kind, object.word())).or_default() += 1;
        }
        if counts.is_empty() {
            return "the words are the same".to_owned();
        }
        let parts = counts.iter().map(|((kind, word), count)| {
            let plural = if *count == 1 { "" } else { "s" };
            match kind {
                ObjectKind::Instructions | ObjectKind::ServerInfo => format!("{kind} {word}"),
                _ => format!("{count} {kind}{plural} {word}"),
            }
        });
        parts.collect::<Vec<_>>().join(", ")
    }
}

/// Each rule with the name of its object, without the words in its span.
fn volatile(manifest: &Manifest) -> String {
    let of_object = |object: &SurfaceObject| {
        let name = elsewhere::name(&object.name);
        let rules = manifest.rules(&object.digest).iter();
        let rules = rules
            .map(|rule| format!("{} at {} of {name}", rule.kind.as_str(), elsewhere::pointer(&rule.pointer)));
        rules.collect::<Vec<_>>()
    };
    let mut all: Vec<String> = manifest.surface().iter().flat_map(of_object).collect();
    all.sort();
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}

/// How many tools a manifest has, by name: what is listed under several conditions counts once.
pub(crate) fn tool_count(manifest: &Manifest) -> usize {
    let names: BTreeSet<&str> = manifest
        .surface()
        .iter()
        .filter(|object| object.kind == ObjectKind::Tool)
        .map(|object| object.name.as_str())
        .collect();
    names.len()
}

type Versions<'m> = BTreeMap<(ObjectKind, &'m str), BTreeMap<Digest, &'m [u8]>>;

fn versions(manifest: &Manifest) -> Versions<'_> {
    let mut versions = Versions::new();
    for object in manifest.surface() {
        let of_name = versions.entry((object.kind, object.name.as_str())).or_default();
        of_name.insert(object.digest, manifest.object_bytes(object));
    }
    versions
}

/// A name can have several versions, one for each condition; those that both manifests have are no difference.
fn objects(old: &Manifest, new: &Manifest) -> Vec<ObjectDifference> {
    let (old, new) = (versions(old), versions(new));
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).copied().collect();
    let none = BTreeMap::new();
    let mut found = Vec::new();
    for key in keys {
        let (before, after) = (old.get(&key).unwrap_or(&none), new.get(&key).unwrap_or(&none));
        let gone = before.iter().filter(|(digest, _)| !after.contains_key(digest));
        let came = after.iter().filter(|(digest, _)| !before.contains_key(digest));
        let (mut gone, mut came) = (gone.map(side), came.map(side));
        loop {
            let (old, new) = (gone.next(), came.next());
            if old.is_none() && new.is_none() {
                break;
            }
            let told = told_of(key.0, old.as_ref(), new.as_ref());
            let name = key.1.to_owned();
            found.push(ObjectDifference { kind: key.0, name, old, new, renamed_from: None, told });
        }
    }
    found
}

fn side((digest, bytes): (&Digest, &&[u8])) -> Side {
    Side { digest: *digest, bytes: bytes.to_vec() }
}

fn told_of(kind: ObjectKind, old: Option<&Side>, new: Option<&Side>) -> Vec<Told> {
    match (old.and_then(value), new.and_then(value)) {
        (Some(old), Some(new)) => told(kind, &old, &new),
        _ => Vec::new(),
    }
}

fn value(side: &Side) -> Option<Value<'_>> {
    read(&side.bytes, &ReadLimits::LISTING).ok()
}

/// Compares new objects with those that are gone and whose words are nearly theirs.
fn pair_renamed(objects: &mut [ObjectDifference]) {
    for kind in [ObjectKind::Tool, ObjectKind::Prompt, ObjectKind::ResourceTemplate] {
        let of_kind = || objects.iter().enumerate().filter(|(_, object)| object.kind == kind);
        let gone = of_kind().filter(|(_, object)| object.new.is_none());
        let gone: Vec<_> = gone.filter_map(|(at, one)| Some((at, value(one.old.as_ref()?)?))).collect();
        let new = of_kind().filter(|(_, object)| object.old.is_none());
        let new: Vec<_> = new.filter_map(|(at, one)| Some((at, value(one.new.as_ref()?)?))).collect();
        let pairs = probable_renames(
            &gone.iter().map(|(_, value)| value).collect::<Vec<_>>(),
            &new.iter().map(|(_, value)| value).collect::<Vec<_>>(),
        );
        let pairs = pairs.into_iter().map(|(before, after)| {
            let ((from, old), (to, new)) = (&gone[before], &new[after]);
            (*from, *to, told(kind, old, new))
        });
        for (from, to, told) in pairs.collect::<Vec<_>>() {
            (objects[to].renamed_from, objects[to].told) = (Some(from), told);
        }
    }
}

fn artifacts(manifest: &Manifest) -> String {
    let artifacts = manifest.artifacts().iter();
    listed(artifacts.map(|one| format!("{} {} {}", one.file, one.purl, one.sha256)).collect())
}

fn addresses(manifest: &Manifest) -> String {
    listed(manifest.remotes().to_vec())
}

/// Conditions as far as they say something about the release: the order of a listing is none of it.
fn conditions(manifest: &Manifest) -> String {
    let shown = |condition: &Condition| {
        // Which ones, whatever their order.
        let objects: BTreeSet<Digest> = condition
            .objects
            .iter()
            .filter_map(|index| manifest.surface().get(*index))
            .map(|o| o.digest)
            .collect();
        let which: Vec<u8> = objects.iter().flat_map(|digest| *digest.as_bytes()).collect();
        format!(
            "{} with capabilities {} and variables {}: {} objects ({})",
            condition.era,
            listed(condition.capabilities.clone()),
            listed(condition.variables.iter().map(|name| elsewhere::name(name)).collect()),
            objects.len(),
            file_digest(&which).short(),
        )
    };
    let mut all: Vec<String> = manifest.conditions().iter().map(shown).collect();
    all.sort();
    listed(all)
}

fn listed(parts: Vec<String>) -> String {
    if parts.is_empty() { "none".to_owned() } else { parts.join("; ") }
}
