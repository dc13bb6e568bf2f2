//! What a server says about its listings by itself: each word of it begins a check, and too many end the server.

use std::time::Duration;

use pinfold_core::digest::ObjectKind;

use super::listings::slot;
use super::{Effect, Gate};
use crate::clock::Moment;

/// How many walks notifications may begin at once, and how long each further one waits. An honest server was seen to
/// send four in its first second and a half.
const ANNOUNCED_WALKS: u32 = 8;
const ANNOUNCED_WALK_WAIT: Duration = Duration::from_millis(250);

/// The most `list_changed` notifications in [`FLOOD_WINDOW`]; beyond it the server is ended.
pub(super) const MAX_ANNOUNCEMENTS: u32 = 2000;
const FLOOD_WINDOW: Duration = Duration::from_secs(10);

/// Counts a server's `list_changed` notifications.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Announcements {
    window_began: Moment,
    in_window: u32,
    walks_used: u32,
    walks_refilled: Moment,
}

impl Gate {
    /// The server says that a listing changed: that begins a new check and nothing else.
    pub(super) fn server_announces(&mut self, kind: ObjectKind, now: Moment, out: &mut Vec<Effect>) {
        let counts = &mut self.server.announcements;
        if counts.window_began.is_past(FLOOD_WINDOW, now) {
            (counts.window_began, counts.in_window) = (now, 0);
        }
        counts.in_window += 1;
        if counts.in_window > MAX_ANNOUNCEMENTS {
            self.server.flooded = true;
            self.park(out);
            return self.announce(out);
        }
        let listing = &mut self.listings[slot(kind)];
        if !listing.declared {
            return;
        }
        if let Some(walk) = &mut listing.walk {
            return walk.listing_changed();
        }
        listing.stale = true;
        if self.server.announcements.may_walk(now) {
            self.begin_walk(kind, now, out);
        } else if self.listings[slot(kind)].due.is_none_or(|due| due > now.after(ANNOUNCED_WALK_WAIT)) {
            self.listings[slot(kind)].due = Some(now.after(ANNOUNCED_WALK_WAIT));
        }
    }
}

impl Announcements {
    /// Whether a notification may begin a walk now.
    fn may_walk(&mut self, now: Moment) -> bool {
        while self.walks_used > 0 && self.walks_refilled.is_past(ANNOUNCED_WALK_WAIT, now) {
            self.walks_used -= 1;
            self.walks_refilled = self.walks_refilled.after(ANNOUNCED_WALK_WAIT);
        }
        if self.walks_used == 0 {
            self.walks_refilled = now;
        }
        let may = self.walks_used < ANNOUNCED_WALKS;
        self.walks_used += u32::from(may);
        may
    }
}
