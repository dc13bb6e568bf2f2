//! What waits for a person, and in which order it is shown.

use pinfold_core::diff::Told;
use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::reason::ReasonCode;
use pinfold_core::volatile::Rule;
use pinfold_verifier::listing::added;

use super::group::Group;
use super::rows::place;
use super::subject::Subject;
use super::volatile::may_vary;
use crate::rejected::Rejection;
use crate::screen::{Mark, Part, Screen};

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
    /// The no that a person said to exactly this before.
    pub rejected: Option<Rejection>,
    /// It breaks a rule, so that no yes lets it through: what exactly, made visible.
    pub barred: Option<String>,
    /// Names that are taken for its own, approved or waiting; foreign.
    pub resembles: Vec<String>,
    /// The object that it probably is under another name.
    pub renamed: Option<Renamed>,
    /// What a yes lets vary in it.
    pub rules: Vec<Rule>,
}

impl Item {
    /// An object of whose name nothing was decided.
    pub(crate) fn added(
        kind: ObjectKind,
        name: &str,
        digest: Digest,
        bytes: &[u8],
        rules: &[Rule],
        since: &str,
    ) -> Item {
        Item {
            kind,
            name: name.to_owned(),
            digest,
            bytes: bytes.to_vec(),
            reason: added(kind),
            pointer: String::new(),
            since: since.to_owned(),
            base: None,
            rejected: None,
            barred: None,
            resembles: Vec::new(),
            renamed: None,
            rules: rules.to_vec(),
        }
    }
}

/// An approved object that is gone, and whose words are nearly those of a new one.
#[derive(Clone, Debug)]
pub struct Renamed {
    /// Its name; foreign.
    pub from: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// An item with its place on the page.
pub struct Judged<'a> {
    /// The object.
    pub item: &'a Item,
    /// Its group.
    pub group: Group,
    pub(super) subject: Subject<'a>,
}

impl Judged<'_> {
    /// Whether it was gone, replaced or rejected, and is back.
    pub fn is_back(&self) -> bool {
        is_back(self.item.reason)
    }

    /// What changed against the approved version, the most harmful first; empty where nothing is compared.
    pub fn told(&self) -> &[Told] {
        self.subject.told()
    }
}

/// The objects in the order of the page: by group, then by their most harmful change, then as they were given.
pub fn ordered(items: &[Item]) -> Vec<Judged<'_>> {
    let mut judged: Vec<Judged<'_>> = items.iter().map(judge).collect();
    judged.sort_by_key(|one| one.subject.risk());
    judged
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

fn judge(item: &Item) -> Judged<'_> {
    let renamed = item.renamed.as_ref().map(|renamed| renamed.bytes.as_slice());
    let old = item.base.as_ref().and_then(|base| base.bytes.as_deref()).or(renamed);
    let word = item.reason.as_str();
    let mut subject = Subject::new(item.kind, &item.name, word, old, &item.bytes);
    subject.group = match () {
        () if item.barred.is_some() => Group::Barred,
        () if item.reason == ReasonCode::NameConfusable => Group::Lookalike,
        () if is_back(item.reason) && subject.group != Group::Hidden => Group::Returned,
        () if item.base.is_some() && old.is_none() => Group::Words,
        // What it is compared with is another object: nothing of this one was approved.
        () if item.base.is_none() => subject.group.min(Group::New),
        () => subject.group,
    };
    subject.alone =
        item.renamed.is_some() || matches!(subject.group, Group::Barred | Group::Lookalike | Group::Returned);
    // What may vary is shown for each object by itself.
    subject.alone |= !item.rules.is_empty();
    notes(&mut subject.notes, item, subject.group);
    Judged { item, group: subject.group, subject }
}

fn is_back(reason: ReasonCode) -> bool {
    matches!(
        reason,
        ReasonCode::RetiredReturned | ReasonCode::ToolReappearedChanged | ReasonCode::PreviouslyRejected
    )
}

/// What is said of an object beside its changes.
fn notes(screen: &mut Screen, item: &Item, group: Group) {
    if matches!(group, Group::Barred | Group::Lookalike | Group::Returned) {
        screen.own(format!("   {} Held since {}.", item.reason.meaning(), item.since));
    }
    if let Some(rejected) = &item.rejected {
        screen.own(format!("   A person rejected exactly this {rejected}."));
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
    if let Some(renamed) = &item.renamed {
        screen.own("   Probably this one under another name; it is compared with it, and stays approved:");
        screen.foreign_parts(Mark::Plain, vec![Part::plain(renamed.from.as_str())]);
    }
    if item.base.as_ref().is_some_and(|base| base.bytes.is_none()) {
        screen.own("   The approved text is not in the store any more: all of it is shown.");
    }
    if item.barred.is_none() {
        may_vary(screen, &item.bytes, &item.rules);
    }
}
