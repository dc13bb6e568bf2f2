//! What is found in words that wait: by themselves, and beside the approved words of other servers.

use pinfold_core::digest::ObjectKind;
use pinfold_core::findings::{Finding, Server, all, in_server};
use pinfold_core::name::Label;
use pinfold_core::pins::LabelPins;
use pinfold_core::surface::{Received, read_object};
use pinfold_store::Store;
use serde::Serialize;

use crate::comparison::{Comparison, ObjectDifference, Side};
use crate::elsewhere;
use crate::page::words::Item;

/// Findings of objects that wait under a label. What the approved version of an object shows too is left out: a person
/// has said yes to it.
pub(crate) fn found(store: &Store, label: &Label, items: &[Item]) -> Vec<Finding> {
    let waiting: Vec<Received> = items.iter().filter_map(|item| read(item.kind, &item.bytes)).collect();
    let bases = items.iter().filter_map(|item| Some((item.kind, item.base.as_ref()?.bytes.as_ref()?)));
    let approved: Vec<Received> = bases.filter_map(|(kind, bytes)| read(kind, bytes)).collect();
    let others = others(store, label);
    new_ones(&of(label, &approved, &others), of(label, &waiting, &others))
}

/// Findings of what a release says newly or otherwise than the one before, in its own words alone.
pub(crate) fn found_between(comparison: &Comparison) -> Vec<Finding> {
    let side = |of: fn(&ObjectDifference) -> &Option<Side>| -> Vec<Received> {
        let sides = comparison.objects.iter().filter_map(|one| Some((one.kind, of(one).as_ref()?)));
        sides.filter_map(|(kind, side)| read(kind, &side.bytes)).collect()
    };
    let (before, now) = (side(|one| &one.old), side(|one| &one.new));
    let in_words = |objects: &[Received]| in_server(&Server { label: "", objects });
    new_ones(&in_words(&before), in_words(&now))
}

/// Those that were not there before, at the same place with the same words.
fn new_ones(before: &[Finding], mut now: Vec<Finding>) -> Vec<Finding> {
    now.retain(|one| {
        !before.iter().any(|old| {
            (old.kind, &old.name, &old.pointer, &old.detail)
                == (one.kind, &one.name, &one.pointer, &one.detail)
        })
    });
    now
}

/// A finding in a document.
#[derive(Debug, Serialize)]
pub(crate) struct FindingPart {
    kind: &'static str,
    name: String,
    digest: String,
    code: &'static str,
    pointer: String,
}

impl FindingPart {
    pub(crate) fn of(finding: &Finding) -> FindingPart {
        FindingPart {
            kind: finding.kind.as_str(),
            name: elsewhere::name(&finding.name),
            digest: finding.digest.to_string(),
            code: finding.reason.as_str(),
            pointer: elsewhere::pointer(&finding.pointer),
        }
    }

    /// The finding in a line for people, without foreign words.
    pub(crate) fn line(&self, words: &str) -> String {
        let at = if self.pointer.is_empty() { String::new() } else { format!(" at {}", self.pointer) };
        format!("worth a look: {} {}{at}: {words} ({})", self.kind, self.name, self.code)
    }
}

/// The approved tools of all other servers, by their labels, as far as the store has their bytes: what it does not have any
/// more has no words to compare with.
pub(crate) fn others(store: &Store, label: &Label) -> Vec<(String, Vec<Received>)> {
    let others = store.pins().labels().filter(|pins| pins.spelling().key() != label.key());
    let of_label = |pins: &LabelPins| {
        let tools = pins.objects().iter().filter(|((kind, _), _)| *kind == ObjectKind::Tool);
        let tools = tools.filter_map(|(_, name)| store.object(&name.latest()?).ok());
        let read = tools.filter_map(|object| read(ObjectKind::Tool, &object.bytes));
        (pins.spelling().to_string(), read.collect())
    };
    others.map(of_label).collect()
}

fn of(label: &Label, objects: &[Received], others: &[(String, Vec<Received>)]) -> Vec<Finding> {
    let mut servers = vec![Server { label: label.as_str(), objects }];
    servers.extend(others.iter().map(|(label, objects)| Server { label, objects }));
    all(&servers).into_iter().filter(|one| one.label == label.as_str()).collect()
}

fn read(kind: ObjectKind, bytes: &[u8]) -> Option<Received> {
    read_object(kind, bytes).ok()
}
