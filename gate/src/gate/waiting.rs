//! Requests that wait until what they rely on is verified, in the order in which they came.

use pinfold_core::framing::IdKey;
use pinfold_core::reason::ReasonCode;

use super::client_side::Route;
use super::{Effect, Gate};
use crate::clock::Moment;
use crate::words::{self, code};

/// The most requests that wait at once.
pub(super) const MAX_WAITING: usize = 256;

/// The most bytes of requests that wait at once.
pub(super) const MAX_WAITING_BYTES: usize = 64 << 20;

/// A request that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) line: Vec<u8>,
    pub(super) id: Box<[u8]>,
    pub(super) key: IdKey,
    pub(super) since: Moment,
    /// A call is answered with a result that says why; anything else with an error.
    pub(super) is_call: bool,
}

impl Gate {
    /// Lets a request wait, or refuses it when too many do.
    pub(super) fn wait(&mut self, waiting: Waiting, out: &mut Vec<Effect>) {
        if self.waiting.len() >= MAX_WAITING || self.waiting_bytes + waiting.line.len() > MAX_WAITING_BYTES {
            let words = "Too many requests wait for the MCP server.";
            return out.push(Effect::ToClient(words::error_line(
                Some(&waiting.id),
                code::INTERNAL,
                words,
                None,
            )));
        }
        self.waiting_bytes += waiting.line.len();
        self.waiting.push_back(waiting);
    }

    /// Withdraws a request that waits; false: none waits under this id.
    pub(super) fn withdraw(&mut self, key: &IdKey) -> bool {
        let place = self.waiting.iter().position(|waiting| waiting.key == *key);
        let found = place.and_then(|place| self.waiting.remove(place));
        self.waiting_bytes -= found.as_ref().map_or(0, |waiting| waiting.line.len());
        found.is_some()
    }

    /// Decides anew about what waits, in order, until one has to wait on.
    pub(super) fn drain(&mut self, now: Moment, out: &mut Vec<Effect>) {
        while let Some(front) = self.waiting.pop_front() {
            match self.route_again(&front.line, now, out) {
                Route::Done => {}
                Route::Forward => {
                    self.waiting_bytes -= front.line.len();
                    out.push(Effect::ToServer(front.line));
                    continue;
                }
                Route::Wait { .. } => return self.waiting.push_front(front),
            }
            self.waiting_bytes -= front.line.len();
        }
    }

    /// Answers what has waited too long.
    pub(super) fn tick_waiting(&mut self, now: Moment, out: &mut Vec<Effect>) {
        while self.waiting.front().is_some_and(|front| front.since.is_past(self.waits.answer, now)) {
            let Some(front) = self.waiting.pop_front() else { return };
            self.waiting_bytes -= front.line.len();
            let words = "The MCP server could not be verified in time, so this request was not sent.";
            out.push(Effect::ToClient(self.refusal(
                &front.id,
                front.is_call,
                ReasonCode::ServerSilent,
                words,
            )));
        }
    }

    /// Answers everything that has no answer yet, in fixed words: the server is gone.
    pub(super) fn answer_all(&mut self, words: &str, reason: ReasonCode, out: &mut Vec<Effect>) {
        if let Some(id) = self.client.greeting.take_waiting() {
            out.push(Effect::ToClient(words::error_line(Some(&id), code::INTERNAL, words, Some(reason))));
        }
        let open = std::mem::take(&mut self.server.open);
        let waiting = std::mem::take(&mut self.waiting).into_iter().map(|waiting| waiting.id);
        self.waiting_bytes = 0;
        let asked = self.listings.iter_mut().flat_map(|listing| std::mem::take(&mut listing.asked_by));
        let ids = open.into_values().map(|open| open.id).chain(waiting).chain(asked.map(|(id, _)| id));
        for id in ids {
            out.push(Effect::ToClient(words::error_line(Some(&id), code::INTERNAL, words, Some(reason))));
        }
    }

    /// Refuses everything that has no answer yet, because the server is held as a whole; listings are answered alone.
    pub(super) fn refuse_everything(&mut self, reason: ReasonCode, out: &mut Vec<Effect>) {
        self.refuse_all(reason, &words::held_server(self.said_label(), reason), out);
        for kind in super::listings::KINDS {
            self.answer_askers(kind, out);
        }
    }

    /// Refuses every request that has no answer yet, those for listings left out. Of what the server has already nobody can
    /// say that it was not done.
    pub(super) fn refuse_all(&mut self, reason: ReasonCode, words: &str, out: &mut Vec<Effect>) {
        for (_, request) in std::mem::take(&mut self.server.open) {
            let words = words::cut_off(reason);
            out.push(Effect::ToClient(self.refusal(&request.id, request.is_call, reason, &words)));
        }
        for waiting in std::mem::take(&mut self.waiting) {
            out.push(Effect::ToClient(self.refusal(&waiting.id, waiting.is_call, reason, words)));
        }
        self.waiting_bytes = 0;
    }

    /// One request refused: a call by a result that the model reads, anything else by an error.
    pub(super) fn refusal(&self, id: &[u8], is_call: bool, reason: ReasonCode, words: &str) -> Vec<u8> {
        if is_call {
            words::result_line(id, &words::refused_call(&self.label, reason, words))
        } else {
            words::error_line(Some(id), code::HELD, words, Some(reason))
        }
    }
}
