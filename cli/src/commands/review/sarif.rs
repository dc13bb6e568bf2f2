//! `review LABEL --sarif`: what waits, for programs.

use pinfold_core::diff::Meaning;
use pinfold_core::name::Label;
use pinfold_core::reason::ReasonCode;
use pinfold_store::Store;

use crate::found::found;
use crate::home;
use crate::output::Problem;
use crate::page::group::Group;
use crate::page::words::ordered;
use crate::renames::items;
use crate::sarif::{About, Report};
use crate::waiting::Waiting;

/// Everything that waits under a label. Nothing is asked.
pub(super) fn report(store: &Store, label: &Label, waiting: &Waiting) -> Result<Report, Problem> {
    let mut report = Report::default();
    for request in &waiting.requests {
        report.server(label.as_str(), request.reason, &request.launch.digest());
    }
    for hold in &waiting.holds {
        report.server(label.as_str(), hold.reason, &hold.launch);
    }
    let items = items(store, label, waiting).map_err(|error| home::problem(&error))?;
    for one in ordered(&items) {
        let item = one.item;
        let about = About { kind: item.kind, name: &item.name, digest: item.digest };
        match one.group {
            Group::Barred | Group::Lookalike => report.held(about, item.reason, &item.pointer),
            Group::Returned => {
                report.whole(about, Meaning::Returned);
                report.changes(about, one.told());
            }
            _ if item.renamed.is_some() => report.whole(about, Meaning::ProbableRename),
            _ if item.base.is_none() => report.whole(about, Meaning::Added),
            _ if one.told().is_empty() => report.held(about, item.reason, &item.pointer),
            _ => report.changes(about, one.told()),
        }
    }
    found(store, label, &items).iter().for_each(|finding| report.finding(finding));
    if !waiting.asks.is_empty() {
        for ask in &waiting.asks {
            report.server(label.as_str(), ReasonCode::AskNotApproved, &ask.launch);
        }
    }
    Ok(report)
}
