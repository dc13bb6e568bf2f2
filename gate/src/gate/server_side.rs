//! Deciding about what the server says.

use pinfold_core::digest::ObjectKind;
use pinfold_core::framing::{FrameError, FrameKind, FrameLimits, Id, IdKey, parse_frame, salvage_id};
use pinfold_core::pins::{ApprovalState, Ask};
use pinfold_core::reason::ReasonCode;
use pinfold_verifier::policy::{Passing, Sampling};

use super::client_side::trimmed;
use super::own_requests::Own;
use super::{Effect, Ending, Gate, Phase, Report};
use crate::clock::Moment;
use crate::mcp::{ServerAsk, ServerSays, read_server};
use crate::words::{self, code};

/// How much of a line that is no message is reported.
const MAX_JUNK_BYTES: usize = 800;

/// Of how many lines that are no messages something is reported; of further ones only that they came. A server can write
/// them faster than anybody takes reports.
pub const MAX_JUNK_TOLD: usize = 20;

/// The most questions of a server that its client has at once.
const MAX_ASKS_OPEN: usize = 256;

impl Gate {
    /// A line came from the server.
    pub fn server_line(&mut self, line: Vec<u8>, now: Moment, out: &mut Vec<Effect>) {
        self.line_of_server(line, true, now, out);
    }

    /// The last line of the server's output came without its end: a message, or a part of one.
    pub fn server_line_without_end(&mut self, mut line: Vec<u8>, now: Moment, out: &mut Vec<Effect>) {
        line.push(b'\n');
        self.line_of_server(line, false, now, out);
    }

    fn line_of_server(&mut self, line: Vec<u8>, has_end: bool, now: Moment, out: &mut Vec<Effect>) {
        if matches!(self.server.phase, Phase::Off | Phase::Parked | Phase::Gone(_)) {
            return;
        }
        let forward = {
            let text = trimmed(&line);
            match parse_frame(text, &FrameLimits::TRAFFIC) {
                Ok(frame) => {
                    let message = read_server(&frame);
                    let body = match &frame.kind {
                        FrameKind::Result { result, .. } => Some(Ok(result.bytes())),
                        FrameKind::Error { error, .. } => Some(Err(error.bytes())),
                        _ => None,
                    };
                    let token = message.token.clone();
                    self.server_says(&message.says, message.id.as_ref(), token, body, now, out)
                }
                Err(error) => {
                    let report = self.dropped(text, &error, has_end);
                    out.push(Effect::Report(report));
                    self.server_broken(text, &error, now, out);
                    false
                }
            }
        };
        if forward {
            out.push(Effect::ToClient(line));
        }
    }

    /// The server wrote a line longer than any that is read. Which answer it held cannot be known.
    pub fn server_line_too_long(&mut self, out: &mut Vec<Effect>) {
        if self.is_from_pins() && !self.server.settled {
            return self.start_failed(ReasonCode::LimitLine, out);
        }
        self.answer_all("The MCP server sent a line that is too long.", ReasonCode::LimitLine, out);
        out.push(Effect::End(Ending::ServerLineTooLong));
    }

    /// A line that is no message: dropped and counted. Where its id can be made out, whoever waits for it is told.
    fn server_broken(&mut self, line: &[u8], error: &FrameError, now: Moment, out: &mut Vec<Effect>) {
        if error.is_junk() {
            return;
        }
        let reason = error.reason().unwrap_or(ReasonCode::MessageInvalid);
        let Some(salvaged) = salvage_id(line, &FrameLimits::TRAFFIC) else { return };
        if salvaged.has_method {
            let words = "Pinfold does not pass this on.";
            let answer = words::error_line(Some(salvaged.id.raw), code::INVALID_REQUEST, words, Some(reason));
            return out.push(Effect::ToServer(answer));
        }
        let key = salvaged.id.key();
        match self.server.own.answered(&key) {
            Some(Own::Hello) => self.handshake_refused(reason, out),
            Some(Own::Page(kind)) => self.refuse_walk(kind, reason, now, out),
            None => {
                if let Some(request) = self.server.open.remove(&key) {
                    let words =
                        "The MCP server's answer breaks the rules of the protocol, so it was not passed on.";
                    out.push(Effect::ToClient(self.refusal(&request.id, request.is_call, reason, words)));
                }
            }
        }
    }

    /// True when the line goes on to the client as it is.
    fn server_says(
        &mut self,
        says: &ServerSays,
        id: Option<&Id<'_>>,
        token: Option<IdKey>,
        body: Option<Result<&[u8], &[u8]>>,
        now: Moment,
        out: &mut Vec<Effect>,
    ) -> bool {
        match says {
            ServerSays::Answers => {
                let (Some(id), Some(body)) = (id, body) else { return self.drop_it(out) };
                self.server_answers(id, body, now, out)
            }
            ServerSays::Asks(ask) => {
                let Some(id) = id else { return self.drop_it(out) };
                self.server_asks(*ask, id, token, out)
            }
            ServerSays::Progress(token)
                if self.server.open.values().any(|open| open.token.as_ref() == Some(token)) =>
            {
                true
            }
            // The client need not answer it any more.
            ServerSays::Cancels(key) => self.server.asks_open.remove(key).is_some() || self.drop_it(out),
            ServerSays::ListChanged(kind) => {
                if let Some(kind) = kind {
                    self.server_announces(*kind, now, out);
                }
                // Resources are data and share this notification with their templates.
                matches!(kind, Some(ObjectKind::ResourceTemplate))
                    && self.is_verified()
                    && self.client.greeting.declares_resources()
            }
            ServerSays::Tells if self.is_verified() => true,
            _ => self.drop_it(out),
        }
    }

    fn server_answers(
        &mut self,
        id: &Id<'_>,
        body: Result<&[u8], &[u8]>,
        now: Moment,
        out: &mut Vec<Effect>,
    ) -> bool {
        let key = id.key();
        match self.server.own.answered(&key) {
            Some(Own::Hello) => {
                self.server_greets(body, now, out);
                return false;
            }
            Some(Own::Page(kind)) => {
                self.server_lists(kind, body, now, out);
                return false;
            }
            None => {}
        }
        match self.server.open.remove(&key) {
            Some(request) => {
                if request.is_call {
                    self.renew_after_call(now, out);
                }
                true
            }
            None => self.drop_it(out),
        }
    }

    fn server_asks(
        &mut self,
        ask: ServerAsk,
        id: &Id<'_>,
        token: Option<IdKey>,
        out: &mut Vec<Effect>,
    ) -> bool {
        let held = |reason| {
            words::error_line(Some(id.raw), code::HELD, "Pinfold does not pass this on.", Some(reason))
        };
        let answer = match ask {
            ServerAsk::Ping => words::result_line(id.raw, b"{}"),
            ServerAsk::Unknown => words::error_line(
                Some(id.raw),
                code::METHOD_NOT_FOUND,
                "The client does not know this method.",
                None,
            ),
            _ if !self.client.greeting.is_given() || self.client.gone => held(ReasonCode::AskNotApproved),
            _ if self.server.asks_open.len() >= MAX_ASKS_OPEN
                || self.server.asks_open.contains_key(&id.key()) =>
            {
                held(ReasonCode::IdCollision)
            }
            ServerAsk::Roots if self.policy.roots == Passing::Allow => return self.pass_ask(id, token),
            ServerAsk::Elicitation if self.policy.elicitation == Passing::Allow && self.is_verified() => {
                return self.pass_ask(id, token);
            }
            ServerAsk::Sampling if self.policy.sampling == Sampling::Ask => {
                let is_approved = self.sampling() == Some(ApprovalState::Approved);
                if is_approved && self.is_verified() {
                    return self.pass_ask(id, token);
                }
                if is_approved {
                    out.push(Effect::ToServer(held(ReasonCode::AskNotApproved)));
                    return false;
                }
                if self.asked.insert(Ask::Sampling) {
                    out.push(Effect::Report(Report::Asked(Ask::Sampling)));
                }
                out.push(Effect::ToServer(held(ReasonCode::UnpinnedTooldef)));
                self.announce(out);
                return false;
            }
            ServerAsk::Roots | ServerAsk::Elicitation | ServerAsk::Sampling => {
                held(ReasonCode::AskNotApproved)
            }
        };
        out.push(Effect::ToServer(answer));
        false
    }

    fn pass_ask(&mut self, id: &Id<'_>, token: Option<IdKey>) -> bool {
        self.server.asks_open.insert(id.key(), token);
        true
    }

    fn drop_it(&self, out: &mut Vec<Effect>) -> bool {
        out.push(Effect::Report(Report::Dropped));
        false
    }

    /// What is told of a line that is dropped.
    fn dropped(&mut self, text: &[u8], error: &FrameError, has_end: bool) -> Report {
        match error.reason() {
            Some(reason) if !error.is_junk() || !has_end => Report::Broken { bytes: text.len(), reason },
            _ if self.junk_told >= MAX_JUNK_TOLD => Report::Junk(Vec::new()),
            _ => {
                self.junk_told += 1;
                Report::Junk(text[..text.len().min(MAX_JUNK_BYTES)].to_vec())
            }
        }
    }
}
