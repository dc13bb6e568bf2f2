//! The two handshakes: the one that the server gives to the gate, and the one that the gate gives to the client.

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::framing::Id;
use pinfold_core::reason::ReasonCode;
use pinfold_core::surface::{self, Handshake};
use pinfold_verifier::listing::{HandshakeVerdict, HeldObject, Instructions, ServerWords, judge_handshake};

use super::listings::KINDS;
use super::own_requests::Own;
use super::{Effect, Ending, Gate, LaunchStanding, Phase, Report};
use crate::clock::Moment;
use crate::mcp::{Hello, capabilities, methods};
use crate::words::{self, code};

/// The handshake with the client.
#[derive(Debug, Default)]
pub(super) enum Greeting {
    /// The client said nothing yet.
    #[default]
    NotAsked,
    /// The client waits for the answer to its first request.
    Waits(Box<[u8]>),
    /// The answer was given.
    Given(Given),
}

/// The handshake that the client has.
#[derive(Debug)]
pub(super) struct Given {
    version: String,
    /// Which listings the client knows of.
    pub(super) declared: [bool; 3],
    resources: bool,
    /// The instructions that were part of it.
    instructions: Option<Digest>,
}

impl Greeting {
    pub(super) fn is_given(&self) -> bool {
        matches!(self, Self::Given(_))
    }

    /// Whether the client was told of this kind of listing.
    pub(super) fn declares(&self, kind: ObjectKind) -> bool {
        matches!(self, Self::Given(given) if given.declared[super::listings::slot(kind)])
    }

    pub(super) fn declares_resources(&self) -> bool {
        matches!(self, Self::Given(given) if given.resources)
    }

    /// The id of the client's first request, if it has no answer yet; from then on it has one.
    pub(super) fn take_waiting(&mut self) -> Option<Box<[u8]>> {
        match std::mem::take(self) {
            Self::Waits(id) => Some(id),
            other => {
                *self = other;
                None
            }
        }
    }
}

/// The server's handshake, and what was decided about its words.
#[derive(Debug)]
pub(super) enum Judged {
    /// It could not be read.
    Unreadable(ReasonCode),
    /// It was judged.
    Read(Box<Handshake>, Box<HandshakeVerdict>),
}

impl Judged {
    /// Why the handshake holds the whole server.
    pub(super) fn hold(&self) -> Option<ReasonCode> {
        match self {
            Self::Unreadable(reason) => Some(*reason),
            Self::Read(_, verdict) => match &verdict.instructions {
                Instructions::Hold(held) => Some(held.hold.reason),
                Instructions::Absent | Instructions::Unseen | Instructions::Verified(_) => None,
            },
        }
    }

    /// What of the handshake is held.
    pub(super) fn held(&self) -> impl Iterator<Item = &HeldObject> {
        let verdict = match self {
            Self::Unreadable(_) => None,
            Self::Read(_, verdict) => Some(&**verdict),
        };
        verdict.into_iter().flat_map(|verdict| {
            let instructions = match &verdict.instructions {
                Instructions::Hold(held) => Some(held),
                Instructions::Absent | Instructions::Unseen | Instructions::Verified(_) => None,
            };
            let words = match &verdict.server_words {
                ServerWords::LeftOut(held) => Some(held),
                ServerWords::Absent | ServerWords::Unseen | ServerWords::Verified(_) => None,
            };
            instructions.into_iter().chain(words)
        })
    }
}

impl Gate {
    /// The client's first request.
    pub(super) fn client_hello(&mut self, id: &Id<'_>, hello: &Hello, now: Moment, out: &mut Vec<Effect>) {
        if self.client.hello.is_some() {
            let words = "The handshake was made already.";
            return out.push(Effect::ToClient(words::error_line(
                Some(id.raw),
                code::INVALID_REQUEST,
                words,
                None,
            )));
        }
        out.push(Effect::Report(Report::ClientNamed(hello.name.clone())));
        self.client.hello = Some(hello.clone());
        self.client.greeting = Greeting::Waits(id.raw.into());
        self.recall(now, out);
        match (self.launch, self.server.phase) {
            (LaunchStanding::Held(_), _) => self.greet_alone(out),
            (_, Phase::Started) => self.greet_server(now, out),
            // It flooded us before the client had said a word.
            (_, Phase::Parked) => self.greet_alone(out),
            (_, Phase::Gone(_)) if self.is_from_pins() => self.start_failed(ReasonCode::ServerEnded, out),
            (_, Phase::Gone(exit)) => self.end_with_server(exit, true, out),
            (_, Phase::Off) if self.server.start_failed => {
                self.server_not_started(ReasonCode::StartFailed, out);
            }
            (_, Phase::Off) if !self.is_from_pins() => self.start_server(out),
            _ => {}
        }
    }

    /// The server's process runs: its handshake is asked for as soon as the client has said who it is.
    pub fn server_started(&mut self, now: Moment, out: &mut Vec<Effect>) {
        if self.server.phase == Phase::Starting {
            self.server.phase = Phase::Started;
            self.greet_server(now, out);
        }
    }

    /// Asks the server for its handshake, for the version that the client asked for or already has.
    fn greet_server(&mut self, now: Moment, out: &mut Vec<Effect>) {
        let Some(hello) = &self.client.hello else { return };
        let version = match &self.client.greeting {
            Greeting::Given(given) => &given.version,
            _ => &hello.version,
        };
        let params = [
            br#"{"protocolVersion":"#,
            &words::quoted(version)[..],
            br#","capabilities":"#,
            &hello.capabilities,
            br#","clientInfo":"#,
            &hello.info,
            b"}",
        ]
        .concat();
        let id = self.server.own.ask(Own::Hello);
        self.server.phase = Phase::Greeting(now);
        out.push(Effect::ToServer(words::request_line(&id, "initialize", &params)));
    }

    /// The server's handshake.
    pub(super) fn server_greets(&mut self, body: Result<&[u8], &[u8]>, now: Moment, out: &mut Vec<Effect>) {
        let Ok(result) = body else {
            if self.is_from_pins() {
                return self.start_failed(ReasonCode::ServerEnded, out);
            }
            self.answer_all("The MCP server refused the handshake.", ReasonCode::ServerEnded, out);
            return out.push(Effect::End(Ending::ServerSilent));
        };
        self.server.phase = Phase::Open;
        out.push(Effect::Report(Report::ServerGreeted));
        out.push(Effect::ToServer(words::note_line("notifications/initialized")));
        match surface::read_handshake(result) {
            Ok(handshake) => {
                let declares = handshake.declares;
                let verdict = judge_handshake(&handshake, &self.approved, &self.memory(), &self.passed);
                self.server.clash = self.clashes(&handshake, &verdict);
                if self.server.clash && self.is_from_pins() {
                    self.forget_answer(out);
                }
                self.server.handshake = Some(Judged::Read(Box::new(handshake), Box::new(verdict)));
                for (kind, declared) in
                    KINDS.into_iter().zip([declares.tools, declares.prompts, declares.resources])
                {
                    self.listing_mut(kind).declared = declared;
                }
            }
            Err(error) => return self.handshake_refused(error.reason(), out),
        }
        self.report_handshake(out);
        self.greet_client(out);
        for kind in KINDS {
            if self.listing(kind).declared {
                self.begin_walk(kind, now, out);
            } else {
                // Nothing of it will be shown, so nothing of the pins stands for it.
                self.listing_mut(kind).from_pins = None;
                self.answer_askers(kind, out);
            }
        }
        self.settle(out);
        self.drain(now, out);
        self.announce(out);
    }

    /// Whether the server's handshake is another one than the client has: in its version, or, where it was answered from
    /// the pins, in its instructions.
    fn clashes(&self, handshake: &Handshake, verdict: &HandshakeVerdict) -> bool {
        let Greeting::Given(given) = &self.client.greeting else { return false };
        let instructions = match &verdict.instructions {
            Instructions::Verified(words) => Some(words.digest()),
            Instructions::Absent | Instructions::Unseen => None,
            // They hold the server by themselves.
            Instructions::Hold(_) => given.instructions,
        };
        let is_other = self.is_from_pins() && instructions != given.instructions;
        given.version != handshake.protocol_version || is_other
    }

    /// The server's handshake breaks a rule: nothing of the server can be offered.
    pub(super) fn handshake_refused(&mut self, reason: ReasonCode, out: &mut Vec<Effect>) {
        self.server.handshake = Some(Judged::Unreadable(reason));
        out.push(Effect::Report(Report::HandshakeRefused(reason)));
        self.greet_client(out);
        self.park(out);
        self.announce(out);
    }

    /// Judges the handshake anew, after the pins changed.
    pub(super) fn judge_handshake_again(&mut self, out: &mut Vec<Effect>) {
        if let Some(Judged::Read(handshake, _)) = self.server.handshake.take() {
            let verdict = judge_handshake(&handshake, &self.approved, &self.memory(), &self.passed);
            self.server.handshake = Some(Judged::Read(handshake, Box::new(verdict)));
            self.report_handshake(out);
        }
    }

    /// Whether something that is approved did not fit the handshake that the client has.
    pub(super) fn needs_reconnect(&self) -> bool {
        let Greeting::Given(given) = &self.client.greeting else { return false };
        let undeclared =
            KINDS.iter().any(|kind| self.listing(*kind).declared && !self.client.greeting.declares(*kind));
        let instructions = match &self.server.handshake {
            Some(Judged::Read(_, verdict)) => {
                let is_given = given.instructions.is_some();
                !is_given && !matches!(verdict.instructions, Instructions::Absent | Instructions::Unseen)
            }
            _ => false,
        };
        undeclared || instructions || self.server.clash
    }

    /// Answers the client's first request without a server: there is nothing but the notice.
    pub(super) fn greet_alone(&mut self, out: &mut Vec<Effect>) {
        let Some(id) = self.client.greeting.take_waiting() else { return };
        let asked = self.client.hello.as_ref().map_or("", |hello| &hello.version);
        let version =
            if methods::INITIALIZE_ERA.contains(&asked) { asked } else { methods::NEWEST_OF_INITIALIZE_ERA };
        let version = version.to_owned();
        let result = [
            br#"{"protocolVersion":"#,
            &words::quoted(&version)[..],
            br#","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"pinfold","version":"#,
            &words::quoted(env!("CARGO_PKG_VERSION")),
            b"}}",
        ]
        .concat();
        out.push(Effect::ToClient(words::result_line(&id, &result)));
        let declared = [true, false, false];
        self.client.greeting =
            Greeting::Given(Given { version, declared, resources: false, instructions: None });
    }

    /// Answers the client's first request with the server's own handshake.
    fn greet_client(&mut self, out: &mut Vec<Effect>) {
        match self.server.handshake.take() {
            Some(Judged::Read(handshake, verdict)) => {
                self.server.handshake = Some(Judged::Read(handshake.clone(), verdict.clone()));
                self.greet_with(&handshake, &verdict, out);
            }
            other => {
                self.server.handshake = other;
                self.greet_alone(out);
            }
        }
    }

    /// Answers the client's first request with a handshake as it is, except that every listing can change, that tools are
    /// declared where there is a notice, and that words which are not approved are left out.
    pub(super) fn greet_with(
        &mut self,
        handshake: &Handshake,
        verdict: &HandshakeVerdict,
        out: &mut Vec<Effect>,
    ) {
        let Some(id) = self.client.greeting.take_waiting() else { return };
        let notice = self.has_notice();
        let mut result = br#"{"protocolVersion":"#.to_vec();
        result.extend_from_slice(&words::quoted(&handshake.protocol_version));
        result.extend_from_slice(br#","capabilities":"#);
        result.extend_from_slice(&capabilities::given_on(&handshake.capabilities, notice));
        result.extend_from_slice(br#","serverInfo":"#);
        let words = match &verdict.server_words {
            ServerWords::Verified(words) => Some(&**words.bytes()),
            ServerWords::Absent | ServerWords::Unseen | ServerWords::LeftOut(_) => None,
        };
        result.extend_from_slice(&handshake.server_info_for_client(words));
        let instructions = match &verdict.instructions {
            Instructions::Verified(words) => {
                result.extend_from_slice(br#","instructions":"#);
                result.extend_from_slice(words.bytes());
                Some(words.digest())
            }
            Instructions::Absent | Instructions::Unseen | Instructions::Hold(_) => None,
        };
        result.push(b'}');
        out.push(Effect::ToClient(words::result_line(&id, &result)));
        let declares = handshake.declares;
        self.client.greeting = Greeting::Given(Given {
            version: handshake.protocol_version.clone(),
            declared: [declares.tools || notice, declares.prompts, declares.resources],
            resources: declares.resources,
            instructions,
        });
    }
}
