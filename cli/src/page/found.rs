//! Findings on a page: facts about words, before the words themselves.

use pinfold_core::findings::{Detail, Finding};

use super::rows::{place, word};
use crate::screen::{Mark, Part, Screen, plain_name};

/// Puts findings on the page; nothing if there are none.
pub(crate) fn findings(screen: &mut Screen, found: &[Finding]) {
    if found.is_empty() {
        return;
    }
    screen.gap();
    screen.heading(format!("== worth a look ({})", found.len()));
    for one in found {
        let kind = one.kind.as_str();
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
            Detail::OfferedBy(labels) => screen.own(format!("   offered by {} too", labels.join(", "))),
            Detail::Unseen { .. } | Detail::PushedAway | Detail::AsksFor(_) => {
                place(screen, &one.pointer, "")
            }
        }
    }
}
