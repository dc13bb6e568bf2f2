//! Starting and ending the server's process: when it was looked at, and what becomes of the session when that fails.

use pinfold_core::reason::ReasonCode;
use pinfold_verifier::listing::SessionNames;

use super::listings::KINDS;
use super::{Effect, Ending, Gate, LaunchStanding, Phase, Report, Server};
use crate::guardian::ServerExit;
use crate::words;

impl Gate {
    /// The server could not be started, or its launch did not check out right before the start.
    pub fn server_not_started(&mut self, reason: ReasonCode, out: &mut Vec<Effect>) {
        self.server.phase = Phase::Off;
        self.server.start_failed = true;
        if reason == ReasonCode::StartFailed && self.is_from_pins() {
            return self.start_failed(reason, out);
        }
        if reason == ReasonCode::StartFailed && self.client.hello.is_none() {
            // What becomes of it is decided when the client asks: it may be answered from the pins.
            return;
        }
        self.launch = LaunchStanding::Held(reason);
        self.refuse_everything(reason, out);
        if !self.client.greeting.is_given() {
            self.greet_alone(out);
        }
        self.announce(out);
    }

    /// The server's process is gone.
    pub fn server_ended(&mut self, exit: ServerExit, out: &mut Vec<Effect>) {
        if matches!(self.server.phase, Phase::Off | Phase::Parked | Phase::Gone(_)) {
            return;
        }
        let early = self.server.phase != Phase::Open;
        if exit.is_orderly() {
            // A client may end the server together with the gate, and the gate hears of the server first.
            self.remember(true, out);
        }
        self.server.phase = Phase::Gone(exit);
        out.push(Effect::Report(Report::ServerEnded { exit, early }));
        if self.is_from_pins() && !self.server.settled {
            return self.start_failed(ReasonCode::ServerEnded, out);
        }
        // Before the client asks nobody can say whether it is answered from the pins.
        if self.client.hello.is_some() || !early {
            self.end_with_server(exit, early, out);
        }
    }

    /// The session ends because its server did.
    pub(super) fn end_with_server(&mut self, exit: ServerExit, early: bool, out: &mut Vec<Effect>) {
        self.answer_all(&format!("The MCP server {exit}."), ReasonCode::ServerEnded, out);
        if !self.client.gone {
            out.push(Effect::End(Ending::ServerEnded { exit, early }));
        }
    }

    /// The server was not verified, and the client has its answers from the pins: they stay, everything that waits is
    /// refused, and the next request that needs the server tries again.
    pub(super) fn start_failed(&mut self, reason: ReasonCode, out: &mut Vec<Effect>) {
        // Some of it may have been sent already: a call waits for its own listing alone.
        self.refuse_all(reason, &words::failed_start(self.said_label(), reason), out);
        self.forget_server();
        self.server.start_failed = true;
        out.push(Effect::EndServer);
        out.push(Effect::Report(Report::StartFailed(reason)));
        for kind in KINDS {
            self.answer_askers(kind, out);
        }
        self.announce(out);
    }

    /// The server is off, and nothing that it said counts any more: the pins speak for it, where they did.
    pub(super) fn forget_server(&mut self) {
        self.server = Server { announcements: self.server.announcements, ..Server::default() };
        for listing in &mut self.listings {
            listing.forget_server();
        }
        self.recall_listings();
    }

    /// Starts a server that the pins speak for, because a request needs it.
    pub(super) fn start_if_off(&mut self, out: &mut Vec<Effect>) {
        if self.is_from_pins() && self.server.phase == Phase::Off && self.launch == LaunchStanding::Approved {
            self.start_server(out);
        }
    }

    pub(super) fn start_server(&mut self, out: &mut Vec<Effect>) {
        self.approved = super::at_start(self.pins.as_ref(), &self.passing);
        self.names = SessionNames::default();
        self.forget_server();
        self.server.phase = Phase::Starting;
        self.reported.clear();
        out.push(Effect::StartServer);
        out.push(Effect::Report(Report::Starting));
    }

    /// Ends the server's process and keeps the session with the client.
    pub(super) fn park(&mut self, out: &mut Vec<Effect>) {
        let is_running = !matches!(self.server.phase, Phase::Off | Phase::Parked | Phase::Gone(_));
        if !is_running && !self.is_from_pins() {
            return;
        }
        let reason = self.whole_hold().unwrap_or(ReasonCode::ServerUnknown);
        self.refuse_everything(reason, out);
        if is_running {
            self.server.phase = Phase::Parked;
            out.push(Effect::EndServer);
            // It had not shaken hands, perhaps, and the client still waits for that.
            self.greet_alone(out);
        }
    }

    /// Everything was looked at: said once for each start of the server. A server that is held by its instructions is
    /// ended then; one of which nothing was ever approved goes on, so that approval needs no second start.
    pub(super) fn settle(&mut self, out: &mut Vec<Effect>) {
        let walked = self.listings.iter().all(|listing| !listing.declared || listing.has_answer());
        if self.server.phase != Phase::Open || self.server.settled || !walked {
            return;
        }
        self.server.settled = true;
        self.remember(false, out);
        self.report_whole_hold(out);
        let (needs_reconnect, held) = (self.needs_reconnect(), self.held_count());
        out.push(Effect::Report(Report::Settled { needs_reconnect, held }));
        let by_handshake = self.server.handshake.as_ref().is_some_and(|judged| judged.hold().is_some());
        if by_handshake && !self.is_first_look() {
            self.park(out);
        }
    }
}
