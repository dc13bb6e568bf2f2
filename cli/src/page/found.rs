//! Findings on a page: facts about words, before the words themselves.

use pinfold_core::findings::{Detail, Finding};

use super::rows::{place, word};
use crate::output::counted;
use crate::screen::{Mark, Part, Screen, plain_name};

/// So many tools that the same other servers offer stand together.
const ALIKE: usize = 3;

/// Puts findings on the page; nothing if there are none.
pub(crate) fn findings(screen: &mut Screen, found: &[Finding]) {
    if found.is_empty() {
        return;
    }
    screen.gap();
    screen.heading(format!("== worth a look ({})", found.len()));
    for (index, one) in found.iter().enumerate() {
        let kind = one.kind.as_str();
        let alike: Vec<&Finding> = found.iter().filter(|other| is_alike(one, other)).collect();
        if alike.len() >= ALIKE {
            if !found[..index].iter().any(|before| is_alike(before, one)) {
                screen.own(format!("   {}: {}", counted(alike.len() as u64, kind), one.detail.words()));
                let names: Vec<&str> = alike.iter().map(|one| one.name.as_str()).collect();
                screen.foreign_parts(Mark::Plain, vec![Part::plain(names.join("  "))]);
                offered(screen, &one.detail);
            }
            continue;
        }
        match plain_name(&one.name) {
            Some(name) if name == kind => screen.own(format!("   {kind}: {}", one.detail.words())),
            Some(name) => screen.own(format!("   {kind} {name}: {}", one.detail.words())),
            None => {
                screen.own(format!("   {kind} with this name: {}", one.detail.words()));
                screen.foreign_parts(Mark::Plain, vec![Part::plain(one.name.as_str())]);
            }
        }
        match &one.detail {
            Detail::SpeaksOf(tools) => {
                place(screen, &one.pointer, "");
                let tools: Vec<String> =
                    tools.iter().map(|(label, tool)| format!("{} of {label}", word(tool))).collect();
                screen.foreign_parts(Mark::Plain, vec![Part::plain(tools.join(", "))]);
            }
            Detail::OfferedBy(_) => offered(screen, &one.detail),
            Detail::Unseen { .. } | Detail::PushedAway | Detail::AsksFor(_) => {
                place(screen, &one.pointer, "")
            }
        }
    }
}

fn offered(screen: &mut Screen, detail: &Detail) {
    if let Detail::OfferedBy(labels) = detail {
        screen.own(format!("   offered by {} too", labels.join(", ")));
    }
}

/// Whether two findings differ in the name alone, and nothing in the text has to be pointed at.
fn is_alike(one: &Finding, other: &Finding) -> bool {
    matches!(one.detail, Detail::OfferedBy(_)) && (one.kind, &one.detail) == (other.kind, &other.detail)
}
