//! An object that differs, as documents tell it: the one shape that `diff`, `review` and the publisher's commands have.
//!
//! Meanings, classes, places, reach and digests; never a server's words (`spec/command-line.md`, *Changes*).

use pinfold_core::diff::{Meaning, Reach, Told, reach, tokens};
use pinfold_core::digest::{Digest, ObjectKind};
use serde::Serialize;

use crate::comparison::{Comparison, ObjectDifference};
use crate::elsewhere;
use crate::page::group::Group;
use crate::page::release::subject;
use crate::page::words::Judged;

/// One object that differs.
#[derive(Debug, Serialize)]
pub(crate) struct ObjectPart {
    kind: &'static str,
    name: String,
    /// `added`, `removed`, `changed` or `returned`; `null`: it is held for what it is.
    change: Option<&'static str>,
    /// Where it stands on a person's page.
    group: &'static str,
    /// The object that it probably is under another name.
    renamed_from: Option<String>,
    old: Option<String>,
    new: Option<String>,
    /// The most harmful first; never empty.
    changes: Vec<ChangePart>,
}

/// One change of an object, at one place.
#[derive(Debug, Serialize)]
struct ChangePart {
    /// `null`: nothing can be compared.
    meaning: Option<&'static str>,
    /// `null`: the object as a whole.
    class: Option<&'static str>,
    pointer: String,
    reach: &'static str,
}

impl ObjectPart {
    /// Every object of a comparison of two releases, by kind and name.
    pub(crate) fn all(comparison: &Comparison) -> Vec<ObjectPart> {
        comparison.objects.iter().map(|object| ObjectPart::between(comparison, object)).collect()
    }

    fn between(comparison: &Comparison, object: &ObjectDifference) -> ObjectPart {
        let digest = |side: &Option<crate::comparison::Side>| side.as_ref().map(|side| side.digest);
        let renamed_from = object.renamed_from.and_then(|at| comparison.objects.get(at));
        let whole = match (&object.old, &object.new) {
            (None, _) if renamed_from.is_some() => Some(Meaning::ProbableRename),
            (None, _) => Some(Meaning::Added),
            (_, None) => Some(Meaning::Removed),
            _ => None,
        };
        let mut changes: Vec<ChangePart> =
            whole.into_iter().map(|meaning| ChangePart::whole(object.kind, meaning)).collect();
        changes.extend(object.told.iter().map(ChangePart::of));
        ObjectPart {
            change: Some(object.word()),
            group: subject(comparison, object).map_or(Group::Words, |one| one.group).as_str(),
            renamed_from: renamed_from.map(|from| elsewhere::name(&from.name)),
            changes,
            ..ObjectPart::new(object.kind, &object.name, digest(&object.old), digest(&object.new))
        }
    }

    /// An object that waits, compared with what was approved last.
    pub(crate) fn waiting(judged: &Judged<'_>) -> ObjectPart {
        let item = judged.item;
        let is_new = item.base.is_none() && item.barred.is_none();
        let (change, whole) = match () {
            () if judged.is_back() => (Some("returned"), Some(Meaning::Returned)),
            () if is_new && item.renamed.is_some() => (Some("added"), Some(Meaning::ProbableRename)),
            () if is_new => (Some("added"), Some(Meaning::Added)),
            () if item.base.is_some() => (Some("changed"), None),
            () => (None, None),
        };
        let mut changes: Vec<ChangePart> =
            whole.into_iter().map(|meaning| ChangePart::whole(item.kind, meaning)).collect();
        changes.extend(judged.told().iter().map(ChangePart::of));
        if changes.is_empty() {
            changes.push(ChangePart {
                meaning: None,
                class: Some(item.reason.as_str()),
                pointer: elsewhere::pointer(&item.pointer),
                reach: reach(item.kind, &tokens(&item.pointer)).as_str(),
            });
        }
        ObjectPart {
            change,
            group: judged.group.as_str(),
            renamed_from: item.renamed.as_ref().map(|renamed| elsewhere::name(&renamed.from)),
            changes,
            ..ObjectPart::new(
                item.kind,
                &item.name,
                item.base.as_ref().map(|base| base.digest),
                Some(item.digest),
            )
        }
    }

    fn new(kind: ObjectKind, name: &str, old: Option<Digest>, new: Option<Digest>) -> ObjectPart {
        ObjectPart {
            kind: kind.as_str(),
            name: elsewhere::name(name),
            change: None,
            group: Group::Words.as_str(),
            renamed_from: None,
            old: old.map(|digest| digest.to_string()),
            new: new.map(|digest| digest.to_string()),
            changes: Vec::new(),
        }
    }
}

impl ChangePart {
    fn of(told: &Told) -> ChangePart {
        ChangePart {
            meaning: Some(told.meaning.as_str()),
            class: Some(told.change.class.as_str()),
            pointer: elsewhere::pointer(&told.change.pointer),
            reach: told.reach.as_str(),
        }
    }

    /// An object that is new, gone or back reaches as far as its name.
    fn whole(kind: ObjectKind, meaning: Meaning) -> ChangePart {
        let reach: Reach = reach(kind, &["name"]);
        ChangePart {
            meaning: Some(meaning.as_str()),
            class: None,
            pointer: String::new(),
            reach: reach.as_str(),
        }
    }
}
