//! The three listings that are pinned: walking them, judging them, and what of them the client is offered.

use std::time::Duration;

use pinfold_core::digest::ObjectKind;
use pinfold_core::framing::{Id, IdKey};
use pinfold_core::reason::ReasonCode;
use pinfold_core::surface::Received;
use pinfold_verifier::listing::{ListingVerdict, VerifiedObject, judge_listing};

use super::answering::FromPins;
use super::memory::GateMemory;
use super::offers::Offer;
use super::own_requests::Own;
use super::rules::without_denied;
use super::second_look::Doubt;
use super::waiting::MAX_WAITING;
use super::{Effect, Gate, LaunchStanding, Phase, Report};
use crate::clock::Moment;
use crate::mcp::methods;
use crate::pages::Pages;
use crate::walk::{Step, Walk, WalkFailure};
use crate::words::{self, code};

/// The listings that are pinned, in the order of their slots.
pub(super) const KINDS: [ObjectKind; 3] =
    [ObjectKind::Tool, ObjectKind::Prompt, ObjectKind::ResourceTemplate];

/// Where a kind stands in [`KINDS`].
pub(super) fn slot(kind: ObjectKind) -> usize {
    match kind {
        ObjectKind::Tool => 0,
        ObjectKind::Prompt => 1,
        _ => 2,
    }
}

/// One listing.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) kind: ObjectKind,
    /// The server has such a listing.
    pub(super) declared: bool,
    pub(super) walk: Option<Walk>,
    pub(super) last_began: Option<Moment>,
    /// When to walk again, if nothing else makes us.
    pub(super) due: Option<Moment>,
    /// The server said that it changed, and no walk has begun since.
    pub(super) stale: bool,
    snapshot: Option<Snapshot>,
    /// The client's requests for this listing, as written and as a key.
    pub(super) asked_by: Vec<(Box<[u8]>, IdKey)>,
    /// What the client knows: what was given to it, or announced to it.
    pub(super) known_to_client: Option<Offer>,
    /// What is answered from the pins until the server has shown it.
    pub(super) from_pins: Option<FromPins>,
    pub(super) doubt: Doubt,
    /// The pages of the last whole walk.
    pages: Pages,
}

/// A listing that was walked and judged.
#[derive(Debug)]
struct Snapshot {
    taken: Moment,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Judged {
        received: Vec<Received>,
        verdict: ListingVerdict,
    },
    /// Nothing of it can be released.
    Refused(ReasonCode),
    /// The server declared it and does not know it.
    Unknown,
}

/// Whether requests may rely on a listing now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Verified,
    Waits,
    Held(ReasonCode),
}

impl Listing {
    pub(super) fn new(kind: ObjectKind) -> Self {
        Self {
            kind,
            declared: false,
            walk: None,
            last_began: None,
            due: None,
            stale: false,
            snapshot: None,
            asked_by: Vec::new(),
            known_to_client: None,
            from_pins: None,
            doubt: Doubt::Unseen,
            pages: Pages::default(),
        }
    }

    /// Another process of the server begins: nothing that the old one said counts.
    pub(super) fn forget_server(&mut self) {
        let asked_by = std::mem::take(&mut self.asked_by);
        let known_to_client = self.known_to_client.take();
        let from_pins = self.from_pins.take();
        *self = Self { asked_by, known_to_client, from_pins, ..Self::new(self.kind) };
    }

    pub(super) fn has_answer(&self) -> bool {
        self.snapshot.is_some()
    }

    /// Why this listing holds the whole server.
    pub(super) fn server_hold(&self) -> Option<ReasonCode> {
        self.verdict()?.server_hold.as_ref().map(|hold| hold.reason)
    }

    pub(super) fn released(&self, name: &str) -> Option<&VerifiedObject> {
        self.verdict()?.released.iter().find(|object| object.name() == name)
    }

    pub(super) fn held(&self, name: &str) -> Option<ReasonCode> {
        self.verdict()?.held.iter().find(|object| object.name == name).map(|object| object.hold.reason)
    }

    pub(super) fn deadline(&self, answer: Duration) -> Option<Moment> {
        self.walk.as_ref().map(|walk| walk.since.after(answer)).into_iter().chain(self.due).min()
    }

    /// Withdraws a request of the client for this listing.
    pub(super) fn withdraw(&mut self, key: &IdKey) -> bool {
        let before = self.asked_by.len();
        self.asked_by.retain(|(_, asker)| asker != key);
        self.asked_by.len() < before
    }

    pub(super) fn verdict(&self) -> Option<&ListingVerdict> {
        match &self.snapshot.as_ref()?.content {
            Content::Judged { verdict, .. } => Some(verdict),
            Content::Refused(_) | Content::Unknown => None,
        }
    }

    /// What the server listed, if it could be judged.
    pub(super) fn received(&self) -> Option<&[Received]> {
        match &self.snapshot.as_ref()?.content {
            Content::Judged { received, .. } => Some(received),
            Content::Refused(_) | Content::Unknown => None,
        }
    }

    /// The server declared this listing and then did not know it.
    pub(super) fn is_unknown_to_server(&self) -> bool {
        matches!(self.snapshot, Some(Snapshot { content: Content::Unknown, .. }))
    }

    /// Why nothing of it can be released.
    pub(super) fn refused(&self) -> Option<ReasonCode> {
        match self.snapshot.as_ref()?.content {
            Content::Refused(reason) => Some(reason),
            Content::Judged { .. } | Content::Unknown => None,
        }
    }

    fn held_count(&self) -> usize {
        let from_pins = self.from_pins.as_ref().filter(|_| !self.has_answer());
        self.verdict().map_or(0, |verdict| verdict.held.len())
            + usize::from(self.refused().is_some())
            + from_pins.map_or(0, |from_pins| from_pins.left_out)
    }
}

impl Gate {
    pub(super) fn listing(&self, kind: ObjectKind) -> &Listing {
        &self.listings[slot(kind)]
    }

    pub(super) fn listing_mut(&mut self, kind: ObjectKind) -> &mut Listing {
        &mut self.listings[slot(kind)]
    }

    /// How many things are held.
    pub(super) fn held_count(&self) -> usize {
        let objects: usize = self.listings.iter().map(Listing::held_count).sum();
        let words = self.server.handshake.as_ref().map_or(0, |judged| judged.held().count());
        let asks = self.asked.len() - usize::from(self.sampling().is_some() && !self.asked.is_empty());
        let whole = usize::from(self.whole_hold().is_some());
        (objects + words + asks).max(whole)
    }

    /// Whether the notice is listed.
    pub(super) fn has_notice(&self) -> bool {
        self.gives_notice && self.held_count() > 0
    }

    /// The client asks for a listing: it makes or joins a walk, so what it gets was just verified.
    pub(super) fn client_lists(
        &mut self,
        kind: ObjectKind,
        id: &Id<'_>,
        cursor: Option<&str>,
        now: Moment,
        out: &mut Vec<Effect>,
    ) {
        if cursor.is_some_and(|cursor| !cursor.is_empty()) {
            let words = "The gate gives a listing in one piece and hands out no cursor.";
            return out.push(Effect::ToClient(words::error_line(
                Some(id.raw),
                code::INVALID_PARAMS,
                words,
                None,
            )));
        }
        if self.listing(kind).asked_by.len() >= MAX_WAITING {
            let words = "Too many requests wait for this listing.";
            return out.push(Effect::ToClient(words::error_line(Some(id.raw), code::INTERNAL, words, None)));
        }
        self.heeds_news(kind, now);
        self.listing_mut(kind).asked_by.push((id.raw.into(), id.key()));
        let is_undeclared = self.is_from_pins() && !self.client.greeting.declares(kind);
        if self.lists_from_pins(kind) || (is_undeclared && self.server.phase != Phase::Open) {
            return self.answer_askers(kind, out);
        }
        let waits_for_server =
            matches!(self.server.phase, Phase::Starting | Phase::Started | Phase::Greeting(_))
                && self.launch == LaunchStanding::Approved;
        if waits_for_server {
            return;
        }
        if self.server.phase == Phase::Open && self.listing(kind).declared {
            self.begin_walk(kind, now, out);
        } else {
            self.answer_askers(kind, out);
        }
    }

    /// Whether requests may rely on a listing; if it has to be renewed first, that begins now.
    pub(super) fn standing(&mut self, kind: ObjectKind, now: Moment, out: &mut Vec<Effect>) -> Standing {
        if let Some(reason) = self.whole_hold() {
            return Standing::Held(reason);
        }
        match self.server.phase {
            Phase::Open => {}
            Phase::Gone(_) => return Standing::Held(ReasonCode::ServerEnded),
            _ => {
                self.start_if_off(out);
                return Standing::Waits;
            }
        }
        let age = self.waits.listing_age;
        let listing = self.listing(kind);
        if !listing.declared {
            return Standing::Verified;
        }
        let too_old = listing.snapshot.as_ref().is_none_or(|snapshot| snapshot.taken.is_past(age, now));
        if (too_old || listing.stale || self.is_rechecking(kind)) && listing.refused().is_none() {
            if let Some((_, reason)) = self.refusing.filter(|(refused, _)| *refused == kind) {
                return Standing::Held(reason);
            }
            if too_old {
                self.begin_walk(kind, now, out);
            }
            return Standing::Waits;
        }
        self.listing(kind).refused().map_or(Standing::Verified, Standing::Held)
    }

    /// A walk is under way because the server said that the listing changed.
    fn is_rechecking(&self, kind: ObjectKind) -> bool {
        self.listing(kind).walk.as_ref().is_some_and(Walk::was_announced)
    }

    /// Begins a walk, or joins the one under way.
    pub(super) fn begin_walk(&mut self, kind: ObjectKind, now: Moment, out: &mut Vec<Effect>) {
        if self.server.phase != Phase::Open || self.listing(kind).walk.is_some() {
            return;
        }
        let listing = self.listing_mut(kind);
        let announced = std::mem::take(&mut listing.stale);
        listing.walk = Some(Walk::new(kind, now, announced));
        listing.last_began = Some(now);
        listing.due = None;
        self.ask_for_page(kind, None, out);
    }

    fn ask_for_page(&mut self, kind: ObjectKind, cursor: Option<&str>, out: &mut Vec<Effect>) {
        let params = cursor.map_or_else(|| "{}".to_owned(), |cursor| format!("{{\"cursor\":{cursor}}}"));
        let id = self.server.own.ask(Own::Page(kind));
        out.push(Effect::ToServer(words::request_line(&id, methods::listing(kind).0, params.as_bytes())));
    }

    /// The server answers one of our questions for a page.
    pub(super) fn server_lists(
        &mut self,
        kind: ObjectKind,
        body: Result<&[u8], &[u8]>,
        now: Moment,
        out: &mut Vec<Effect>,
    ) {
        let Listing { walk: Some(walk), pages, .. } = self.listing_mut(kind) else { return };
        let step = match body {
            Ok(result) => walk.page(result, pages),
            Err(error) => Step::Failed(WalkFailure::of_error(error)),
        };
        match step {
            Step::Next(cursor) => self.ask_for_page(kind, Some(&cursor), out),
            Step::Again => {
                self.listing_mut(kind).stale = false;
                self.ask_for_page(kind, None, out);
            }
            Step::Done(received, pages) => {
                self.listing_mut(kind).pages = pages;
                let verdict = self.judge(kind, received.clone());
                self.end_walk(kind, Content::Judged { received, verdict }, now, out);
            }
            Step::Failed(failure) => self.walk_failed(kind, failure, now, out),
        }
    }

    /// Ends a walk whose page could not even be framed.
    pub(super) fn refuse_walk(
        &mut self,
        kind: ObjectKind,
        reason: ReasonCode,
        now: Moment,
        out: &mut Vec<Effect>,
    ) {
        if self.listing(kind).walk.is_some() {
            self.walk_failed(kind, WalkFailure::Refused(reason), now, out);
        }
    }

    pub(super) fn walk_failed(
        &mut self,
        kind: ObjectKind,
        failure: WalkFailure,
        now: Moment,
        out: &mut Vec<Effect>,
    ) {
        self.server.own.forget(Own::Page(kind));
        let reason = match failure {
            WalkFailure::Refused(reason) => {
                out.push(Effect::Report(Report::ListingRefused(kind, reason)));
                return self.end_walk(kind, Content::Refused(reason), now, out);
            }
            WalkFailure::ServerError { unknown_method: true } => {
                return self.end_walk(kind, Content::Unknown, now, out);
            }
            WalkFailure::ServerError { unknown_method: false } => ReasonCode::ListingInvalid,
            WalkFailure::Silent => ReasonCode::ServerSilent,
        };
        out.push(Effect::Report(Report::ListingFailed(kind, reason)));
        self.listing_mut(kind).walk = None;
        let words = "The MCP server did not give this listing.";
        for (id, _) in std::mem::take(&mut self.listing_mut(kind).asked_by) {
            out.push(Effect::ToClient(words::error_line(Some(&id), code::INTERNAL, words, Some(reason))));
        }
        self.refusing = Some((kind, reason));
        self.drain(now, out);
        self.refusing = None;
    }

    fn end_walk(&mut self, kind: ObjectKind, content: Content, now: Moment, out: &mut Vec<Effect>) {
        let listing = self.listing_mut(kind);
        listing.walk = None;
        listing.snapshot = Some(Snapshot { taken: now, content });
        self.weigh(kind, now);
        self.report_listing(kind, out);
        self.answer_askers(kind, out);
        self.settle(out);
        self.remember(false, out);
        self.drain(now, out);
        self.announce(out);
    }

    /// Judges the last listing anew, after the pins changed.
    pub(super) fn judge_again(&mut self, kind: ObjectKind, out: &mut Vec<Effect>) {
        let received = match self.listing(kind).snapshot.as_ref().map(|snapshot| &snapshot.content) {
            Some(Content::Judged { received, .. }) => received.clone(),
            _ => return,
        };
        let verdict = self.judge(kind, received.clone());
        if let Some(snapshot) = &mut self.listing_mut(kind).snapshot {
            snapshot.content = Content::Judged { received, verdict };
        }
        self.report_listing(kind, out);
    }

    fn judge(&mut self, kind: ObjectKind, received: Vec<Received>) -> ListingVerdict {
        let memory = GateMemory::of(&self.object_bytes, &self.absent_names);
        let verdict = judge_listing(kind, received, &self.approved, &mut self.names, &memory, &self.passed);
        without_denied(&self.policy, kind, verdict)
    }
}
