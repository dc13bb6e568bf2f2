//! What a person should look at beside the servers themselves: findings in their words, and lists of clients. Pure.

use std::path::Path;

use pinfold_clients::{Client, ListPurpose};
use pinfold_core::findings::Finding;

use super::page::{Page, named};
use crate::output::counted;
use crate::screen::{Mark, Part, Screen};

/// So many findings that differ in the object's name alone stand together.
const ALIKE: usize = 3;

/// What was found in the words; what is found alike in many objects of a server stands once, with their names.
pub(super) fn findings(findings: &[Finding], screen: &mut Screen) {
    if findings.is_empty() {
        return;
    }
    screen.gap();
    screen.heading(format!("== look at these before a yes ({})", findings.len()));
    for (index, finding) in findings.iter().enumerate() {
        let words = format!("{}: {} {}", finding.label, finding.reason, finding.detail.words());
        let alike: Vec<&Finding> = findings.iter().filter(|other| is_alike(finding, other)).collect();
        if alike.len() < ALIKE {
            named(screen, finding.kind.as_str(), &finding.name, &words);
        } else if !findings[..index].iter().any(|before| is_alike(before, finding)) {
            screen.own(format!("   {} of {words}:", counted(alike.len() as u64, finding.kind.as_str())));
            let names: Vec<&str> = alike.iter().map(|one| one.name.as_str()).collect();
            screen.foreign_parts(Mark::Plain, vec![Part::plain(names.join("  "))]);
        }
    }
}

fn is_alike(one: &Finding, other: &Finding) -> bool {
    (one.kind, &one.label, one.reason, &one.detail) == (other.kind, &other.label, other.reason, &other.detail)
}

/// Lists in an entry, in which a notice of ours does not stand or which let tools run unasked.
pub(super) fn lists(page: &Page<'_>, screen: &mut Screen) {
    for spot in page.plan.servers.iter().flat_map(|server| &server.spots) {
        let file = &page.files.read[spot.file];
        let entry = file.document.entry(&spot.place);
        for list in entry.iter().flat_map(|entry| &entry.tool_lists) {
            let words = match list.purpose {
                ListPurpose::Allow => "hides our notice of held tools; a desktop notification still comes",
                ListPurpose::AutoApprove => {
                    "lets these tools run without a question; what changed is held all the same"
                }
                ListPurpose::Deny => continue,
            };
            screen.own(format!("{}: the list at {} {words}:", spot.client, list.position));
            screen.foreign_parts(Mark::Plain, vec![Part::plain(spot.key.as_str())]);
        }
    }
}

/// The same from files of the client's own: for each of them, the servers of which it lets tools run unasked.
pub(super) fn permissions(page: &Page<'_>, screen: &mut Screen) {
    let mut files: Vec<(Client, &Path)> =
        page.permissions.iter().map(|(client, path, _)| (*client, path.as_path())).collect();
    files.dedup();
    for (client, path) in files {
        let of_file = || page.permissions.iter().filter(|(_, other, _)| other.as_path() == path);
        let spots = page.plan.servers.iter().flat_map(|server| &server.spots);
        let named: Vec<&str> = spots
            .filter(|spot| spot.client == client)
            .filter(|spot| of_file().any(|(_, _, permission)| permission.tools_of(&spot.key).is_some()))
            .map(|spot| spot.key.as_str())
            .collect();
        if named.is_empty() {
            continue;
        }
        screen.own(format!(
            "{client}: `permissions.allow` in this file lets tools of these run without a question; what changed"
        ));
        screen.own("is held all the same:");
        screen.foreign_parts(Mark::Plain, vec![Part::plain(path.to_string_lossy().into_owned())]);
        screen.foreign_parts(Mark::Plain, vec![Part::plain(named.join("  "))]);
    }
}
