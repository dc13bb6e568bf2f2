//! News that the client may have missed: it is told again until it lists.
//!
//! A client can come to heed `list_changed` only some time after its first listing, and what it was told before is lost.
//! Claude Code without a terminal is one: it sets its handler when it has taken in what it listed.

use std::time::Duration;

use pinfold_core::digest::ObjectKind;

use super::listings::{KINDS, slot};
use super::{Effect, Gate};
use crate::clock::Moment;
use crate::mcp::methods;
use crate::words;

/// The waits between two tellings of the same news. A client that never lists again is left alone after the last.
const WAITS: [Duration; 6] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(16),
];

/// What the client was told of each listing and did not act on. Resources and their templates have one notification, so
/// asking for either is acting on it.
#[derive(Debug, Default)]
pub(super) struct News([Option<Unheeded>; KINDS.len()]);

/// A `list_changed` after which the client has not listed.
#[derive(Debug, Default, Clone, Copy)]
struct Unheeded {
    told_again: usize,
    /// When it is told again; `None`: the wait begins with the next tick.
    next: Option<Moment>,
}

impl Gate {
    /// Tells the client that a listing is not what it knows.
    pub(super) fn tell(&mut self, kind: ObjectKind, out: &mut Vec<Effect>) {
        self.client.news.0[slot(kind)] = Some(Unheeded::default());
        out.push(Effect::ToClient(words::note_line(methods::list_changed(kind))));
    }

    /// Tells again what is due.
    pub(super) fn tick_news(&mut self, now: Moment, out: &mut Vec<Effect>) {
        if self.client.gone {
            self.client.news = News::default();
        }
        for kind in KINDS {
            let news = &mut self.client.news.0[slot(kind)];
            if news.as_mut().is_some_and(|unheeded| unheeded.is_due(now)) {
                out.push(Effect::ToClient(words::note_line(methods::list_changed(kind))));
            }
            if news.is_some_and(|unheeded| unheeded.told_again == WAITS.len()) {
                *news = None;
            }
        }
    }
}

impl News {
    /// The client asks for a listing.
    pub(super) fn heeded(&mut self, kind: ObjectKind) {
        self.0[slot(kind)] = None;
    }

    /// When the next of it is told again.
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.0.iter().flatten().map(|unheeded| unheeded.next.unwrap_or_default()).min()
    }
}

impl Unheeded {
    /// Whether it is told again now; the next wait begins.
    fn is_due(&mut self, now: Moment) -> bool {
        let is_due = self.next.is_some_and(|next| next <= now);
        self.told_again += usize::from(is_due);
        if is_due || self.next.is_none() {
            self.next = WAITS.get(self.told_again).map(|wait| now.after(*wait));
        }
        is_due
    }
}
