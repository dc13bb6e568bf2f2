//! A listing that lacks what was answered from the pins is looked at again before the client is told.

use std::collections::BTreeSet;
use std::time::Duration;

use pinfold_core::digest::ObjectKind;

use super::{Gate, Phase};
use crate::clock::Moment;

/// The pause before the next look. An honest server was seen to announce four changes in its first second and a half.
const PAUSE: Duration = Duration::from_secs(1);

/// How often a listing that lacks a name is looked at, when no two looks agree.
const MAX_LOOKS: u32 = 4;

/// Whether a listing is what it will be.
#[derive(Debug, Default)]
pub(super) enum Doubt {
    /// The server has not shown it yet.
    #[default]
    Unseen,
    /// It lacks a name that was answered: how often it was looked at, and which names stood in it last.
    Lacks(u32, Vec<String>),
    /// It holds every name that was answered, or two looks agreed.
    Settled,
}

impl Gate {
    /// A listing was walked: whether it has to be looked at once more.
    pub(super) fn weigh(&mut self, kind: ObjectKind, now: Moment) {
        let listing = self.listing(kind);
        let (Some(from_pins), Some(received)) = (&listing.from_pins, listing.received()) else { return };
        let listed: BTreeSet<&str> = received.iter().map(|object| &*object.name).collect();
        let lacks = from_pins.released.iter().any(|object| !listed.contains(object.name()));
        let names: Vec<String> = received.iter().map(|object| object.name.clone()).collect();
        let doubt = match &listing.doubt {
            Doubt::Settled => Doubt::Settled,
            _ if !lacks => Doubt::Settled,
            Doubt::Unseen => Doubt::Lacks(1, names),
            Doubt::Lacks(looks, before) if *before == names || looks + 1 >= MAX_LOOKS => Doubt::Settled,
            Doubt::Lacks(looks, _) => Doubt::Lacks(looks + 1, names),
        };
        let listing = self.listing_mut(kind);
        if matches!(doubt, Doubt::Lacks(..)) {
            listing.due = Some(now.after(PAUSE));
        }
        listing.doubt = doubt;
    }

    /// Whether a name that was answered is missing, and may still come.
    pub(super) fn may_still_come(&self, kind: ObjectKind, name: &str) -> bool {
        let listing = self.listing(kind);
        let answered = listing.from_pins.as_ref().map_or(&[][..], |from_pins| &from_pins.released);
        matches!(listing.doubt, Doubt::Lacks(..)) && answered.iter().any(|object| object.name() == name)
    }

    /// Whether the client is told later what a listing is, because it is looked at once more: an ended server is not.
    pub(super) fn is_in_doubt(&self, kind: ObjectKind) -> bool {
        self.server.phase == Phase::Open && matches!(self.listing(kind).doubt, Doubt::Lacks(..))
    }
}
