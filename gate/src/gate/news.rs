//! News that the client may have missed: it is told again until it lists.
//!
//! A client can come to heed `list_changed` only some time after its first listing, and what it was told before is lost.
//! Claude Code without a terminal is one: it sets its handler when it has taken in what it listed. Another heeds it too
//! early: what Gemini CLI lists because of news, while it still discovers its servers, is replaced by what it listed
//! first. So news that was heeded in a client's first moments is told once more.

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

/// How long a client may still be taking in its first listing, after it said that the handshake is complete.
const FIRST_MOMENTS: Duration = Duration::from_secs(2);

/// The wait before news that was heeded in a client's first moments is told once more.
const ONCE_MORE: [Duration; 1] = [Duration::from_secs(1)];

/// What the client was told of each listing and did not act on. Resources and their templates have one notification, so
/// asking for either is acting on it.
#[derive(Debug, Default)]
pub(super) struct News([Option<Untold>; KINDS.len()]);

/// A `list_changed` that is to be told again.
#[derive(Debug, Clone, Copy)]
struct Untold {
    /// The waits before it is told again.
    waits: &'static [Duration],
    /// When it is told again; `None`: the wait begins with the next tick.
    next: Option<Moment>,
    /// The client has acted on it once.
    was_heeded: bool,
}

impl Gate {
    /// Tells the client that a listing is not what it knows.
    pub(super) fn tell(&mut self, kind: ObjectKind, out: &mut Vec<Effect>) {
        self.client.news.0[slot(kind)] = Some(Untold::again_after(&WAITS));
        out.push(Effect::ToClient(words::note_line(methods::list_changed(kind))));
    }

    /// The client asks for a listing.
    pub(super) fn heeds_news(&mut self, kind: ObjectKind, now: Moment) {
        let is_early = self.client.ready.is_none_or(|ready| !ready.is_past(FIRST_MOMENTS, now));
        let news = &mut self.client.news.0[slot(kind)];
        let is_first = news.take().is_some_and(|untold| !untold.was_heeded);
        if is_first && is_early {
            *news = Some(Untold { was_heeded: true, ..Untold::again_after(&ONCE_MORE) });
        }
    }

    /// Tells again what is due.
    pub(super) fn tick_news(&mut self, now: Moment, out: &mut Vec<Effect>) {
        if self.client.gone {
            self.client.news = News::default();
        }
        for kind in KINDS {
            let news = &mut self.client.news.0[slot(kind)];
            if news.as_mut().is_some_and(|untold| untold.is_due(now)) {
                out.push(Effect::ToClient(words::note_line(methods::list_changed(kind))));
            }
            if news.is_some_and(|untold| untold.waits.is_empty()) {
                *news = None;
            }
        }
    }
}

impl News {
    /// When the next of it is told again.
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.0.iter().flatten().map(|untold| untold.next.unwrap_or_default()).min()
    }
}

impl Untold {
    fn again_after(waits: &'static [Duration]) -> Self {
        Self { waits, next: None, was_heeded: false }
    }

    /// Whether it is told again now; the next wait begins.
    fn is_due(&mut self, now: Moment) -> bool {
        let is_due = self.next.is_some_and(|next| next <= now);
        if is_due {
            self.waits = self.waits.split_first().map_or(&[], |(_, rest)| rest);
        }
        if is_due || self.next.is_none() {
            self.next = self.waits.first().map(|wait| now.after(*wait));
        }
        is_due
    }
}
