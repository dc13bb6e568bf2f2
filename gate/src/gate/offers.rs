//! What the client is offered of a listing, and what it knows of it.

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_verifier::listing::VerifiedObject;

use super::listings::KINDS;
use super::{Effect, Gate, Phase};
use crate::words::{self, code};

/// What a client is offered of one listing; two that are equal look the same to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    digests: Vec<Digest>,
    notice: bool,
}

impl Gate {
    /// Answers everybody who asked for a listing.
    pub(super) fn answer_askers(&mut self, kind: ObjectKind, out: &mut Vec<Effect>) {
        if self.listing(kind).asked_by.is_empty() {
            return;
        }
        let askers = std::mem::take(&mut self.listing_mut(kind).asked_by);
        let Some(result) = self.listing_result(kind) else {
            for (id, _) in askers {
                let words = "The MCP server does not have this listing.";
                out.push(Effect::ToClient(words::error_line(Some(&id), code::METHOD_NOT_FOUND, words, None)));
            }
            return;
        };
        for (id, _) in askers {
            out.push(Effect::ToClient(words::result_line(&id, &result)));
        }
        self.listing_mut(kind).known_to_client = self.offer(kind);
    }

    /// The complete answer: the verified slices, and the notice while something is held.
    fn listing_result(&self, kind: ObjectKind) -> Option<Vec<u8>> {
        let notice = kind == ObjectKind::Tool && self.has_notice();
        let listing = self.listing(kind);
        let whole = self.whole_hold().is_some();
        let is_there = if listing.declared { !listing.is_unknown_to_server() } else { self.is_told_of(kind) };
        if !whole && !notice && !is_there {
            return None;
        }
        let objects = self
            .offered_objects(kind)
            .iter()
            .map(|object| &**object.bytes())
            .chain(notice.then_some(words::notice_tool()));
        Some(words::listing_result(kind, objects))
    }

    /// What the client would be offered now; `None`: not known yet.
    fn offer(&self, kind: ObjectKind) -> Option<Offer> {
        let notice = kind == ObjectKind::Tool && self.has_notice();
        if self.whole_hold().is_some() {
            return Some(Offer { digests: Vec::new(), notice });
        }
        let listing = self.listing(kind);
        let is_absent = !listing.declared && self.server.phase == Phase::Open;
        if !is_absent && !listing.has_answer() && !self.lists_from_pins(kind) {
            return None;
        }
        let digests = self.offered_objects(kind).iter().map(VerifiedObject::digest).collect();
        Some(Offer { digests, notice })
    }

    /// The objects of a listing that the client may have now: those that the server showed, or, until it did, those of
    /// the pins.
    pub(super) fn offered_objects(&self, kind: ObjectKind) -> &[VerifiedObject] {
        let listing = self.listing(kind);
        if self.whole_hold().is_some() {
            return &[];
        }
        match (&listing.from_pins, listing.verdict()) {
            (Some(from_pins), _) if self.lists_from_pins(kind) => &from_pins.released,
            (_, Some(verdict)) if listing.declared => &verdict.released,
            _ => &[],
        }
    }

    /// The client was told from the pins that there is such a listing: it has one, whatever the server says now.
    fn is_told_of(&self, kind: ObjectKind) -> bool {
        self.is_from_pins() && self.client.greeting.declares(kind)
    }

    /// Tells the client about every listing that is not what it knows.
    pub(super) fn announce(&mut self, out: &mut Vec<Effect>) {
        self.report_whole_hold(out);
        if self.client.ready.is_none() || !self.client.greeting.is_given() || self.client.gone {
            return;
        }
        for kind in KINDS {
            if !self.client.greeting.declares(kind) || self.is_in_doubt(kind) {
                continue;
            }
            let (Some(known), Some(offer)) = (&self.listing(kind).known_to_client, self.offer(kind)) else {
                continue;
            };
            if *known != offer {
                self.listing_mut(kind).known_to_client = Some(offer);
                self.tell(kind, out);
            }
        }
        if self.answering.owes_resources && self.is_verified() {
            self.answering.owes_resources = false;
            self.tell(ObjectKind::ResourceTemplate, out);
        }
    }
}
