//! Deciding about what the client says.

use pinfold_core::digest::ObjectKind;
use pinfold_core::framing::{FrameError, FrameLimits, Id, parse_frame, salvage_id};
use pinfold_core::reason::ReasonCode;
use pinfold_verifier::arguments::CallCheck;

use super::listings::{self, Standing};
use super::own_requests::is_ours;
use super::waiting::Waiting;
use super::{Effect, Gate, OpenRequest, Phase, Report};
use crate::clock::Moment;
use crate::mcp::{ClientSays, Message, Question, read_client};
use crate::words::{self, code};

/// The most requests of a client that the server has at once.
const MAX_OPEN: usize = 4096;

/// What becomes of a line.
#[derive(Debug)]
pub(super) enum Route {
    /// It needs nothing more.
    Done,
    /// It goes on as it is.
    Forward,
    /// It waits.
    Wait {
        /// A call.
        is_call: bool,
    },
}

impl Gate {
    /// A line came from the client.
    pub fn client_line(&mut self, line: Vec<u8>, now: Moment, out: &mut Vec<Effect>) {
        let waiting = {
            let frame = match parse_frame(trimmed(&line), &FrameLimits::TRAFFIC) {
                Ok(frame) => frame,
                Err(error) => return self.client_broken(trimmed(&line), &error, out),
            };
            let message = read_client(&frame);
            match self.route(&message, true, now, out) {
                Route::Done => return,
                Route::Forward => None,
                Route::Wait { is_call } => {
                    message.id.as_ref().map(|id| (Box::from(id.raw), id.key(), is_call))
                }
            }
        };
        match waiting {
            None => out.push(Effect::ToServer(line)),
            Some((id, key, is_call)) => self.wait(Waiting { line, id, key, since: now, is_call }, out),
        }
    }

    /// The client wrote a line longer than any that is read.
    pub fn client_line_too_long(&mut self, out: &mut Vec<Effect>) {
        self.client_broken(b"", &FrameError::TooLong { limit_bytes: FrameLimits::TRAFFIC.max_bytes }, out);
    }

    /// Decides anew about a line that waits.
    pub(super) fn route_again(&mut self, line: &[u8], now: Moment, out: &mut Vec<Effect>) -> Route {
        match parse_frame(trimmed(line), &FrameLimits::TRAFFIC) {
            Ok(frame) => self.route(&read_client(&frame), false, now, out),
            // It was read once already, so this does not happen; if it did, nothing would be sent.
            Err(_) => Route::Done,
        }
    }

    /// A line that is no message is answered, under its id where that can be made out, so that nobody waits for ever.
    fn client_broken(&mut self, line: &[u8], error: &FrameError, out: &mut Vec<Effect>) {
        let reason = error.reason().unwrap_or(ReasonCode::JsonSyntax);
        let (code, words) = match reason {
            ReasonCode::JsonSyntax | ReasonCode::JsonBadUnicode => (code::PARSE, "This line is not JSON."),
            ReasonCode::JsonDupKey => (code::INVALID_REQUEST, "A member of this message stands in it twice."),
            ReasonCode::JsonKeyFold => {
                (code::INVALID_REQUEST, "A member of this message is a protocol member in another spelling.")
            }
            ReasonCode::LimitLine => (code::INVALID_REQUEST, "This message is too long."),
            ReasonCode::JsonDepth => (code::INVALID_REQUEST, "This message is nested too deeply."),
            _ => (code::INVALID_REQUEST, "This is no message of the Model Context Protocol."),
        };
        let salvaged = salvage_id(line, &FrameLimits::TRAFFIC).filter(|_| !error.is_junk());
        if let Some(answer) = salvaged.as_ref().filter(|salvaged| !salvaged.has_method) {
            out.push(Effect::Report(Report::Dropped));
            if self.server.asks_open.remove(&answer.id.key()).is_some() {
                let words = "The client's answer breaks the rules of the protocol, so it was not passed on.";
                let line = words::error_line(Some(answer.id.raw), code::INTERNAL, words, Some(reason));
                out.push(Effect::ToServer(line));
            }
            return;
        }
        let id = salvaged.as_ref().map(|salvaged| salvaged.id.raw);
        out.push(Effect::ToClient(words::error_line(id, code, words, Some(reason))));
    }

    fn route(
        &mut self,
        message: &Message<'_, ClientSays<'_>>,
        fresh: bool,
        now: Moment,
        out: &mut Vec<Effect>,
    ) -> Route {
        match (&message.says, &message.id) {
            (ClientSays::Hello(hello), Some(id)) => {
                self.client_hello(id, hello, now, out);
                Route::Done
            }
            (ClientSays::Asks(question), Some(id)) => {
                if fresh && self.is_in_use(id) {
                    let words = "This id is in use.";
                    let line = words::error_line(
                        Some(id.raw),
                        code::INVALID_REQUEST,
                        words,
                        Some(ReasonCode::IdCollision),
                    );
                    out.push(Effect::ToClient(line));
                    return Route::Done;
                }
                self.question(id, question, message, fresh, now, out)
            }
            (ClientSays::Ready, _) => {
                self.client.ready.get_or_insert(now);
                self.announce(out);
                Route::Done
            }
            (ClientSays::Answers, Some(id)) if self.server.asks_open.remove(&id.key()).is_some() => {
                self.if_open(out)
            }
            (ClientSays::Cancels(key), _) => {
                let asked = self.listings.iter_mut().any(|listing| listing.withdraw(key));
                if asked || self.withdraw(key) {
                    return Route::Done;
                }
                if let Some(open) = self.server.open.get_mut(key) {
                    open.is_cancelled = true;
                }
                // A cancellation that comes after the answer is ordinary traffic.
                self.if_open(out)
            }
            (ClientSays::Progress(token), _)
                if self.server.asks_open.values().any(|open| open.as_ref() == Some(token)) =>
            {
                self.if_open(out)
            }
            (ClientSays::Tells, _) if self.is_verified() => Route::Forward,
            _ => {
                out.push(Effect::Report(Report::Dropped));
                Route::Done
            }
        }
    }

    fn question(
        &mut self,
        id: &Id<'_>,
        question: &Question<'_>,
        message: &Message<'_, ClientSays<'_>>,
        fresh: bool,
        now: Moment,
        out: &mut Vec<Effect>,
    ) -> Route {
        if fresh && matches!(question, Question::Resources) {
            self.heeds_news(ObjectKind::ResourceTemplate, now);
        }
        let answer = match question {
            Question::Ping => words::result_line(id.raw, b"{}"),
            Question::Unknown => words::error_line(
                Some(id.raw),
                code::METHOD_NOT_FOUND,
                "The gate does not know this method.",
                None,
            ),
            Question::Malformed(words) => words::error_line(Some(id.raw), code::INVALID_PARAMS, words, None),
            _ if self.client.hello.is_none() => words::error_line(
                Some(id.raw),
                code::INVALID_REQUEST,
                "The first request of a session is initialize.",
                None,
            ),
            Question::List(kind, cursor) => {
                self.client_lists(*kind, id, cursor.as_deref(), now, out);
                return Route::Done;
            }
            Question::Call { name, .. } if name == words::NOTICE_TOOL => {
                words::result_line(id.raw, &words::notice_result(self.said_label(), self.held_count()))
            }
            Question::Call { name, arguments } => match self.call(name, *arguments, now, out) {
                Decided::Pass => return self.pass(message, true, fresh),
                Decided::Wait => return Route::Wait { is_call: true },
                Decided::Hold(reason, words) => self.refusal(id.raw, true, reason, &words),
                Decided::NoSuchThing => words::error_line(
                    Some(id.raw),
                    code::INVALID_PARAMS,
                    "The server does not offer this tool.",
                    Some(ReasonCode::ToolNotApproved),
                ),
            },
            Question::Prompt(name) | Question::Complete(_, name) => {
                let kind = match question {
                    Question::Complete(kind, _) => *kind,
                    _ => ObjectKind::Prompt,
                };
                match self.offered(kind, name, now, out) {
                    Decided::Pass => return self.pass(message, false, fresh),
                    Decided::Wait => return Route::Wait { is_call: false },
                    Decided::Hold(reason, words) => self.refusal(id.raw, false, reason, &words),
                    Decided::NoSuchThing => words::error_line(
                        Some(id.raw),
                        code::INVALID_PARAMS,
                        "The server does not offer this.",
                        None,
                    ),
                }
            }
            Question::Resources if self.lists_no_resources_yet() => {
                words::result_line(id.raw, br#"{"resources":[]}"#)
            }
            Question::Data | Question::Resources => match self.data(now, out) {
                Decided::Hold(reason, words) => self.refusal(id.raw, false, reason, &words),
                Decided::Wait => return Route::Wait { is_call: false },
                Decided::Pass | Decided::NoSuchThing => return self.pass(message, false, fresh),
            },
        };
        out.push(Effect::ToClient(answer));
        Route::Done
    }

    /// Sends a request on, unless others wait before it.
    fn pass(&mut self, message: &Message<'_, ClientSays<'_>>, is_call: bool, fresh: bool) -> Route {
        let Some(id) = &message.id else { return Route::Done };
        if self.server.open.len() >= MAX_OPEN {
            self.server.open.retain(|_, open| !open.is_cancelled);
        }
        if (fresh && !self.waiting.is_empty()) || self.server.open.len() >= MAX_OPEN {
            return Route::Wait { is_call };
        }
        let token = message.token.clone();
        let open = OpenRequest { id: id.raw.into(), token, is_call, is_cancelled: false };
        self.server.open.insert(id.key(), open);
        Route::Forward
    }

    /// A call of a tool: the name against the policy and the verified listing, then the arguments against the approved
    /// schema.
    fn call(&mut self, name: &str, arguments: Option<&[u8]>, now: Moment, out: &mut Vec<Effect>) -> Decided {
        let ruled_out = self.ruled_out(name);
        if let Some(reason @ ReasonCode::ToolDenied) = ruled_out {
            return Decided::Hold(reason, self.rule_words(reason, out));
        }
        let offered = match (self.offered(ObjectKind::Tool, name, now, out), ruled_out) {
            // A call that waits is looked at again when it goes; one that would be refused then need not wait.
            (Decided::Pass | Decided::Wait, Some(reason)) => {
                return Decided::Hold(reason, self.rule_words(reason, out));
            }
            (other, _) => other,
        };
        if !matches!(offered, Decided::Pass) {
            return offered;
        }
        let tools = &self.listings[listings::slot(ObjectKind::Tool)];
        let Some(object) = tools.released(name) else { return Decided::NoSuchThing };
        let stands_for = object.keeps_words().then(|| object.received_digest());
        let check =
            self.checks.entry((object.digest(), stands_for)).or_insert_with(|| CallCheck::of(object).0);
        match check.check(arguments) {
            Ok(()) => Decided::Pass,
            Err(fault) => Decided::Hold(
                ReasonCode::ArgumentsInvalid,
                format!(
                    "Pinfold did not make this call ({}): the arguments do not fit the tool's schema. At `{}`: {}.",
                    ReasonCode::ArgumentsInvalid.as_str(),
                    fault.pointer,
                    fault.expected
                ),
            ),
        }
    }

    /// Whether a name may be used now.
    fn offered(&mut self, kind: ObjectKind, name: &str, now: Moment, out: &mut Vec<Effect>) -> Decided {
        match self.standing(kind, now, out) {
            Standing::Waits => Decided::Wait,
            Standing::Held(reason) => Decided::Hold(reason, words::held_server(self.said_label(), reason)),
            Standing::Verified => {
                let listing = self.listing(kind);
                if listing.released(name).is_some() {
                    Decided::Pass
                } else if self.may_still_come(kind, name) {
                    Decided::Wait
                } else if let Some(reason) = listing.held(name) {
                    Decided::Hold(reason, words::held_tool(self.said_label(), reason))
                } else {
                    Decided::NoSuchThing
                }
            }
        }
    }

    /// Whether data may pass: once everything was verified for the first time. What of that failed is tried again.
    fn data(&mut self, now: Moment, out: &mut Vec<Effect>) -> Decided {
        self.start_if_off(out);
        if let Some(reason) = self.whole_hold() {
            return Decided::Hold(reason, words::held_server(self.said_label(), reason));
        }
        match self.refusing {
            Some((_, reason)) => Decided::Hold(reason, words::held_server(self.said_label(), reason)),
            None if self.is_verified() => Decided::Pass,
            None => {
                for kind in listings::KINDS {
                    if self.listing(kind).declared && !self.listing(kind).has_answer() {
                        self.begin_walk(kind, now, out);
                    }
                }
                Decided::Wait
            }
        }
    }

    fn if_open(&self, out: &mut Vec<Effect>) -> Route {
        if self.server.phase == Phase::Open {
            return Route::Forward;
        }
        out.push(Effect::Report(Report::Dropped));
        Route::Done
    }

    fn is_in_use(&self, id: &Id<'_>) -> bool {
        let key = id.key();
        is_ours(&key)
            || self.server.open.contains_key(&key)
            || self.waiting.iter().any(|waiting| waiting.key == key)
            || self.listings.iter().any(|listing| listing.asked_by.iter().any(|(_, asker)| *asker == key))
    }
}

/// What was decided about a request.
enum Decided {
    Pass,
    Wait,
    /// Refused, in our words.
    Hold(ReasonCode, String),
    NoSuchThing,
}

/// A line without its end.
pub(super) fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
