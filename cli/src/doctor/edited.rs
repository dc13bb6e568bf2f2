//! A wrapped entry whose words are not those of a launch that was approved under its label.

use std::collections::BTreeSet;

use pinfold_clients::Entry;
use pinfold_core::launch::{Launch, Masked, mask_arguments};
use pinfold_core::name::Label;

use super::finding::Code;
use super::{Finding, Ward, found};
use crate::protect::ConfigHere;

/// What is found about the words of an entry: command, arguments, names of variables. A label without an approved launch
/// is asked about anyway, and what the client fills in is not known here.
pub(super) fn finding(ward: &Ward, file: &ConfigHere, entry: &Entry, label: &Label) -> Option<Finding> {
    let wrapper = entry.wrapped.as_ref()?;
    let line = entry.command_line().filter(|_| entry.placeholders.is_empty())?;
    let known = ward.pins.label(label).filter(|known| known.is_known())?;
    let args = mask_arguments(&line.command, &line.args);
    let names: BTreeSet<&String> = wrapper.env_names.iter().collect();
    let mut best: Option<Vec<&str>> = None;
    for (_, launch) in known.approved_launches() {
        let parts = differing(launch, &line.command, &args, &names);
        if best.as_ref().is_none_or(|best| parts.len() < best.len()) {
            best = Some(parts);
        }
    }
    let parts = best.filter(|parts| !parts.is_empty())?.join(" and ");
    let words =
        format!("{parts} of what it starts are not those that you approved: it is held at its next start");
    let fix =
        format!("put it back, or run `pinfold status --live {label}` and then `pinfold review {label}`");
    Some(found(Code::EntryEdited, file, entry, words, fix))
}

fn differing(
    launch: &Launch,
    command: &str,
    args: &[Masked],
    names: &BTreeSet<&String>,
) -> Vec<&'static str> {
    let is_other = [
        (launch.command != command, "the command"),
        (launch.args != args, "the arguments"),
        (launch.env.keys().ne(names.iter().copied()), "the declared variables"),
    ];
    is_other.into_iter().filter(|(other, _)| *other).map(|(_, word)| word).collect()
}
