//! `review --json`: what waits, object by object, with what each change means.

use pinfold_core::findings::Finding;
use pinfold_core::name::Label;
use pinfold_store::Store;
use serde::Serialize;

use super::Body;
use crate::changed::ObjectPart;
use crate::found;
use crate::home;
use crate::output::Problem;
use crate::page::words::ordered;
use crate::renames::items;
use crate::waiting::Waiting;

/// An object that waits.
#[derive(Serialize)]
pub(super) struct WaitingPart {
    label: String,
    #[serde(flatten)]
    object: ObjectPart,
}

/// Something that a person should see before a yes.
#[derive(Serialize)]
pub(super) struct FindingPart {
    label: String,
    #[serde(flatten)]
    found: found::FindingPart,
}

/// Adds the objects that wait under a label, in the order of the page, and what is found in their words.
pub(super) fn add(body: &mut Body, store: &Store, label: &Label, waiting: &Waiting) -> Result<(), Problem> {
    let items = items(store, label, waiting).map_err(|error| home::problem(&error))?;
    body.objects.extend(
        ordered(&items)
            .iter()
            .map(|judged| WaitingPart { label: label.to_string(), object: ObjectPart::waiting(judged) }),
    );
    body.findings.extend(found::found(store, label, &items).iter().map(FindingPart::of));
    Ok(())
}

impl FindingPart {
    fn of(finding: &Finding) -> FindingPart {
        FindingPart { label: finding.label.clone(), found: found::FindingPart::of(finding) }
    }
}
