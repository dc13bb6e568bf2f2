//! When a listing is walked again though nobody asked: after calls, and when its time has come.

use super::listings::KINDS;
use super::{Effect, Gate};
use crate::clock::Moment;
use crate::walk::WalkFailure;

impl Gate {
    /// After a call: what it changed is noticed behind it.
    pub(super) fn renew_after_call(&mut self, now: Moment, out: &mut Vec<Effect>) {
        let renewal = self.waits.renewal;
        for kind in KINDS {
            let listing = self.listing_mut(kind);
            if !listing.declared || listing.walk.is_some() {
                continue;
            }
            match listing.last_began {
                Some(began) if !began.is_past(renewal, now) => {
                    listing.due = Some(listing.due.unwrap_or(began.after(renewal)).min(began.after(renewal)));
                }
                _ => self.begin_walk(kind, now, out),
            }
        }
    }

    pub(super) fn tick_listings(&mut self, now: Moment, out: &mut Vec<Effect>) {
        let answer = self.first_patience();
        for kind in KINDS {
            let listing = self.listing_mut(kind);
            if listing.walk.as_ref().is_some_and(|walk| walk.since.is_past(answer, now)) {
                self.walk_failed(kind, WalkFailure::Silent, now, out);
            } else if listing.due.is_some_and(|due| due <= now) {
                listing.due = None;
                self.begin_walk(kind, now, out);
            }
        }
    }
}
