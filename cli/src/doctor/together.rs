//! Findings about entries beside each other: one label in two clients, and the program that all of them start.

use std::collections::BTreeMap;
use std::path::Path;

use pinfold_clients::Entry;

use super::finding::{Code, Remedy};
use super::{Finding, Ward, found};
use crate::elsewhere;
use crate::protect::{ConfigHere, copy_place, is_own};

/// What is found about entries beside each other.
pub(super) fn findings(ward: &Ward) -> Vec<Finding> {
    let mut all = disagreements(ward);
    all.extend(programs(ward));
    all
}

type Spot<'a> = (&'a ConfigHere, &'a Entry);

/// Entries of one label that start two things, where only one launch is approved.
fn disagreements(ward: &Ward) -> Vec<Finding> {
    let mut by_label: BTreeMap<String, Vec<Spot<'_>>> = BTreeMap::new();
    for (file, entry) in wrapped(ward) {
        let Some(wrapper) = &entry.wrapped else { continue };
        by_label.entry(wrapper.label.to_lowercase()).or_default().push((file, entry));
    }
    let mut all = Vec::new();
    for (label, spots) in by_label {
        let approved = ward.pins.labels().find(|known| known.spelling().key() == label);
        let launches = approved.map_or(0, |known| known.approved_launches().count());
        let Some(((first_file, first), others)) = spots.split_first() else { continue };
        for (file, entry) in others.iter().filter(|(_, entry)| launches < 2 && !is_alike(first, entry)) {
            let words = format!(
                "starts something else under the label `{}` than {} does: one of them is held",
                elsewhere::name(&label),
                first_file.shown()
            );
            let fix = "make the two entries equal, or give one of them another label";
            all.push(found(Code::ClientsDisagree, file, entry, words, fix));
        }
    }
    all
}

fn is_alike(one: &Entry, other: &Entry) -> bool {
    let names = |entry: &Entry| {
        let mut names = entry.wrapped.as_ref().map(|wrapper| wrapper.env_names.clone()).unwrap_or_default();
        names.sort();
        names.dedup();
        names
    };
    one.command_line() == other.command_line() && names(one) == names(other)
}

fn wrapped(ward: &Ward) -> impl Iterator<Item = Spot<'_>> {
    let entries = ward
        .files
        .read
        .iter()
        .flat_map(|file| file.document.entries().iter().map(move |entry| (file, entry)));
    entries.filter(|(_, entry)| entry.is_read && entry.wrapped.is_some())
}

/// Programs of wrappers whose bytes are not ours: an older Pinfold, or something else of that name.
fn programs(ward: &Ward) -> Vec<Finding> {
    let mut by_program: BTreeMap<&str, Vec<Spot<'_>>> = BTreeMap::new();
    for (file, entry) in wrapped(ward) {
        let Some(wrapper) = &entry.wrapped else { continue };
        by_program.entry(&wrapper.program).or_default().push((file, entry));
    }
    let mut all = Vec::new();
    for (program, spots) in by_program {
        let path = Path::new(program);
        let is_other = path.is_absolute() && path.is_file() && !is_own(path);
        let (true, Some((file, entry))) = (is_other, spots.first()) else { continue };
        let words = format!("starts {}, which is another build than this one", elsewhere::name(program));
        let mut finding = if path == copy_place(&ward.places) {
            found(Code::GateProgramOther, file, entry, words, "`pinfold doctor --fix` renews that copy")
                .remedy(Remedy::RenewCopy)
        } else {
            found(Code::GateProgramOther, file, entry, words, "update the older one of the two")
        };
        finding.labels = spots
            .iter()
            .filter_map(|(_, entry)| entry.wrapped.as_ref().map(|wrapper| elsewhere::name(&wrapper.label)))
            .collect();
        finding.labels.sort();
        finding.labels.dedup();
        all.push(finding);
    }
    all
}
