//! `review --store`: what is wrong with a store, its last decisions, and taking it over as it is.

use pinfold_store::{Inspection, Store, StoreError};
use serde::Serialize;

use super::{Body, policy_digest};
use crate::challenge::Shown;
use crate::decisions::words_of;
use crate::exit::Exit;
use crate::home;
use crate::keys::{Answer, Offers};
use crate::output::{Output, Problem};
use crate::screen::{Mark, Part, Screen};
use crate::terminal::Terminal;
use crate::time;

/// How many of the last decisions are shown.
const SHOWN_DECISIONS: usize = 20;

#[derive(Serialize)]
pub(crate) struct StorePart {
    /// `edited`, `older`, `other`, `absent` or `unreadable`.
    reason: &'static str,
    /// Decisions that accepting would keep.
    kept: u64,
    /// Rows of decisions that accepting would drop.
    dropped: u64,
    /// Stored objects that accepting would drop.
    wrong_objects: u64,
    /// Whether accepting would set the database aside and write what is kept to a new one.
    sets_aside: bool,
}

/// Looks at the store and, at a terminal, asks whether to take it over.
pub(super) fn review(body: &mut Body, output: &mut Output<'_>) -> Result<Exit, Problem> {
    let places = home::places()?;
    let Some(found) = Inspection::of(&places).map_err(|error| home::problem(&error))? else {
        output.line("The store is sound: store and marker agree.");
        return Ok(Exit::Done);
    };
    body.store = Some(StorePart {
        reason: found.reason.as_str(),
        kept: found.kept.len() as u64,
        dropped: found.dropped,
        wrong_objects: found.wrong_objects,
        sets_aside: found.sets_aside,
    });
    if output.is_json() {
        return Ok(Exit::Waits);
    }
    let terminal = Terminal::open(|name| std::env::var_os(name)).map_err(|none| {
        output.line(format!("The store is not the one that was left: {}.", found.reason.as_str()));
        none.problem("pinfold review --store")
    })?;
    let policy = policy_digest(&places)?;
    let screen = page(&found);
    let mut shown = Shown::new("store", "-");
    shown.digest("inspection", &found.digest());
    match terminal
        .ask_page(&screen, &shown, Offers::default())
        .map_err(|error| super::Review::lost(&error))?
    {
        Answer::Approve => {
            Store::accept(&places, &found, time::now(), policy).map_err(|error| match error {
                StoreError::Raced => Problem::new(
                    Exit::Refused,
                    "CHANGED_WHILE_SHOWN",
                    "the store changed before you answered; nothing was accepted",
                    "run `pinfold review --store` again",
                ),
                other => home::problem(&other),
            })?;
            body.store = None;
            output.note("accepted. Running gates take it up by themselves.");
            super::after::tell("The store was accepted as it is.", &places);
            Ok(Exit::Done)
        }
        _ => {
            output.note("not accepted; nothing counts as approved until it is.");
            Ok(Exit::Refused)
        }
    }
}

fn page(found: &Inspection) -> Screen {
    let mut screen = Screen::new();
    screen.heading(format!("The store is not the one that was left: {}.", found.reason.as_str()));
    screen.own(match found.reason.as_str() {
        "edited" => "Something changed it without Pinfold.",
        "older" => "It is an earlier state, as a backup would be.",
        "other" => "It is another store, as a copy from elsewhere would be.",
        "absent" => "It is gone, and the marker knows that there was one.",
        _ => "Store or marker cannot be read.",
    });
    screen.own("If you did not do this yourself, find out who did before you accept it.");
    screen.gap();
    match found.marker {
        Some(marker) => screen.own(format!("the marker knows {} decisions", marker.counter)),
        None => screen.own("there is no readable marker"),
    }
    screen.own(format!("{} decisions are kept, {} are dropped", found.kept.len(), found.dropped));
    if found.wrong_objects > 0 {
        screen.own(format!(
            "{} stored texts have other bytes than their digests and are dropped",
            found.wrong_objects
        ));
    }
    if found.sets_aside {
        screen.own("The database is set aside in the store's folder; what is kept goes into a new one.");
    }
    let skipped = found.kept.len().saturating_sub(SHOWN_DECISIONS);
    if !found.kept.is_empty() {
        screen.gap();
        screen.own(format!("the last {} decisions:", found.kept.len() - skipped));
    }
    for envelope in &found.kept[skipped..] {
        let words = format!("{}  {}", time::for_people(envelope.at), words_of(&envelope.decision));
        screen.foreign_parts(Mark::Plain, vec![Part::plain(words)]);
    }
    screen.gap();
    screen.own("A yes takes the store over as shown: what it approves is approved.");
    screen
}
