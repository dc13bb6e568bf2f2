//! When a listing is walked again though nobody asked: after calls, and when its time has come.

use std::time::Duration;

use super::listings::{KINDS, Listing};
use super::{Effect, Gate};
use crate::clock::Moment;
use crate::walk::WalkFailure;

impl Gate {
    /// How long a walk may take: longer only while the pins speak for its listing, so that no client waits for it.
    pub(super) fn walk_patience(&self, listing: &Listing) -> Duration {
        if listing.has_answer() { self.waits.answer } else { self.first_patience() }
    }

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
        for kind in KINDS {
            let patience = self.walk_patience(self.listing(kind));
            let listing = self.listing_mut(kind);
            if listing.walk.as_ref().is_some_and(|walk| walk.since.is_past(patience, now)) {
                self.walk_failed(kind, WalkFailure::Silent, now, out);
            } else if listing.due.is_some_and(|due| due <= now) {
                listing.due = None;
                self.begin_walk(kind, now, out);
            }
        }
    }
}
