//! The gate as a pure state machine: what was said and what is known, in; what to send, start, end and report, out.
//!
//! It is two sessions, one with the client and one with the server, each with its own handshake. It asks no clock, reads
//! no file and starts no process: [`crate::pump`] does, by the [`Effect`]s that come out. Rules: `spec/gate.md`.

mod announcements;
mod client_side;
mod effects;
mod greeting;
mod listings;
mod memory;
mod offers;
mod own_requests;
mod renewal;
mod rules;
mod server_side;
mod sightings;
mod waiting;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::framing::IdKey;
use pinfold_core::pins::{ApprovalState, Ask, LabelPins, UnixSeconds};
use pinfold_core::reason::ReasonCode;
use pinfold_core::volatile::Passed;
use pinfold_verifier::arguments::ArgumentCheck;
use pinfold_verifier::listing::{Approved, SessionNames};
use pinfold_verifier::policy::LabelPolicy;

pub use effects::{Effect, Ending, Report, ReportedObject};

use crate::clock::Moment;
use crate::guardian::ServerExit;
use crate::mcp::Hello;
use greeting::Greeting;
use listings::Listing;
use own_requests::OwnRequests;
use waiting::Waiting;

/// Gives the bytes of an object by its digest, as they were received when a person approved it; `None`: not at hand.
pub type ObjectBytes = Arc<dyn Fn(&Digest) -> Option<Arc<[u8]>> + Send + Sync>;

/// Gives the time of day. It is asked for one thing only: whether a person's yes to calls of a tool still lasts.
pub type UnixNow = Arc<dyn Fn() -> UnixSeconds + Send + Sync>;

/// What a gate is made of.
pub struct Setup {
    /// The label of the server, as the entry gives it.
    pub label: String,
    /// What is decided about this label; `None`: nothing is, the store does not know it.
    pub pins: Option<LabelPins>,
    /// What policy says about this label.
    pub policy: LabelPolicy,
    /// The bytes of what was approved.
    pub object_bytes: ObjectBytes,
    /// The time of day.
    pub unix_now: UnixNow,
    /// Names that were seen to be gone from this server's listings.
    pub absent_names: BTreeSet<(ObjectKind, String)>,
    /// What is passed to the server when it is started, for volatile rules.
    pub passed: Passed,
    /// Whether the launch may be carried out.
    pub launch: LaunchStanding,
    /// The waits.
    pub waits: Waits,
}

/// Whether a launch may be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaunchStanding {
    /// A person approved it.
    Approved,
    /// It is not approved, or not any more: nothing is started.
    Held(ReasonCode),
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    /// For the server's handshake, for a listing, and for a request that waits for either. Clients give up at 60 s.
    pub answer: Duration,
    /// After this time a listing is renewed before a call that relies on it.
    pub listing_age: Duration,
    /// After a call the listings are renewed, at most this often.
    pub renewal: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(50),
            listing_age: Duration::from_secs(30),
            renewal: Duration::from_secs(5),
        }
    }
}

/// The gate of one client's session with one server.
pub struct Gate {
    label: String,
    label_is_known: bool,
    policy: LabelPolicy,
    object_bytes: ObjectBytes,
    unix_now: UnixNow,
    absent_names: BTreeSet<(ObjectKind, String)>,
    waits: Waits,
    passed: Passed,
    launch: LaunchStanding,
    approved: Approved,
    pins: Option<LabelPins>,
    names: SessionNames,
    client: Client,
    server: Server,
    listings: [Listing; 3],
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    /// Why requests that wait for a listing are refused now: only while a failed walk is being dealt with.
    refusing: Option<(ObjectKind, ReasonCode)>,
    checks: HashMap<Digest, ArgumentCheck>,
    /// The passing names of each listing that were reported last.
    reported: HashMap<ObjectKind, Vec<String>>,
    asked: BTreeSet<Ask>,
    /// The reason for a hold of the whole server that was reported last.
    reported_hold: Option<ReasonCode>,
}

/// The session with the client.
#[derive(Debug, Default)]
struct Client {
    hello: Option<Hello>,
    greeting: Greeting,
    /// It said that the handshake is complete.
    ready: bool,
    /// Its input ended.
    gone: bool,
}

/// The session with the server.
#[derive(Debug, Default)]
struct Server {
    phase: Phase,
    own: OwnRequests,
    /// The client's requests that were sent on and have no answer yet.
    open: HashMap<IdKey, OpenRequest>,
    /// The server's requests that were sent on and have no answer yet, with their progress token.
    asks_open: HashMap<IdKey, Option<IdKey>>,
    handshake: Option<greeting::Judged>,
    /// The handshake does not fit the one that was given to the client.
    clash: bool,
    flooded: bool,
    announcements: announcements::Announcements,
    settled: bool,
    start_failed: bool,
}

/// How far the server is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Not started.
    #[default]
    Off,
    /// To be started.
    Starting,
    /// Started; nothing was said yet, because the client said nothing yet.
    Started,
    /// The handshake was asked for.
    Greeting(Moment),
    /// The handshake is made.
    Open,
    /// Ended by us, because it is held as a whole; approval starts it anew.
    Parked,
    /// Ended.
    Gone(ServerExit),
}

/// A client's request that the server has.
#[derive(Debug)]
struct OpenRequest {
    /// The id as the client wrote it.
    id: Box<[u8]>,
    /// The token under which progress may come.
    token: Option<IdKey>,
    /// It is a call, after which listings are renewed.
    is_call: bool,
}

impl Gate {
    /// A gate before anything was said.
    pub fn new(setup: Setup) -> Self {
        Self {
            label: setup.label,
            label_is_known: setup.pins.is_some(),
            policy: setup.policy,
            object_bytes: setup.object_bytes,
            unix_now: setup.unix_now,
            absent_names: setup.absent_names,
            waits: setup.waits,
            passed: setup.passed,
            launch: setup.launch,
            approved: setup.pins.as_ref().map(Approved::at_start).unwrap_or_default(),
            pins: setup.pins,
            names: SessionNames::default(),
            client: Client::default(),
            server: Server::default(),
            listings: listings::KINDS.map(Listing::new),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            refusing: None,
            checks: HashMap::new(),
            reported: HashMap::new(),
            asked: BTreeSet::new(),
            reported_hold: None,
        }
    }

    /// Begins: an approved server is started before the client has said a word, so that it is there sooner.
    pub fn begin(&mut self, out: &mut Vec<Effect>) {
        if self.launch == LaunchStanding::Approved {
            self.start_server(out);
        } else {
            out.push(Effect::Report(Report::WaitsForLaunch));
        }
    }

    /// The client's input ended: what waits is dropped, and the server's input ends.
    pub fn client_ended(&mut self, out: &mut Vec<Effect>) {
        self.client.gone = true;
        self.waiting.clear();
        self.waiting_bytes = 0;
        for listing in &mut self.listings {
            listing.asked_by.clear();
        }
        out.push(Effect::End(Ending::ClientLeft));
    }

    /// The pins of the label changed.
    pub fn pins_changed(&mut self, pins: Option<LabelPins>, now: Moment, out: &mut Vec<Effect>) {
        self.label_is_known = pins.is_some();
        self.approved = pins.as_ref().map(|pins| self.approved.renewed(pins)).unwrap_or_default();
        self.pins = pins;
        self.judge_handshake_again(out);
        for kind in listings::KINDS {
            self.judge_again(kind, out);
        }
        if self.server.phase == Phase::Parked && self.whole_hold().is_none() {
            self.start_server(out);
        }
        self.drain(now, out);
        self.announce(out);
    }

    /// Whether the launch may be carried out has changed. A server that runs goes on until its session ends, unless
    /// its launch is held now.
    pub fn launch_changed(&mut self, launch: LaunchStanding, out: &mut Vec<Effect>) {
        let before = std::mem::replace(&mut self.launch, launch);
        match (before, launch) {
            (LaunchStanding::Held(_), LaunchStanding::Approved) => {
                self.server.start_failed = false;
                self.start_server(out);
            }
            (LaunchStanding::Approved, LaunchStanding::Held(_)) => self.park(out),
            _ => {}
        }
        self.announce(out);
    }

    /// The server could not be started, or its launch did not check out right before the start.
    pub fn server_not_started(&mut self, reason: ReasonCode, out: &mut Vec<Effect>) {
        self.server.phase = Phase::Off;
        self.server.start_failed = true;
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
        self.server.phase = Phase::Gone(exit);
        self.answer_all(&format!("The MCP server {exit}."), ReasonCode::ServerEnded, out);
        out.push(Effect::Report(Report::ServerEnded { exit, early }));
        if !self.client.gone {
            out.push(Effect::End(Ending::ServerEnded { exit, early }));
        }
    }

    /// Time passed.
    pub fn tick(&mut self, now: Moment, out: &mut Vec<Effect>) {
        if let Phase::Greeting(since) = self.server.phase
            && since.is_past(self.waits.answer, now)
        {
            self.answer_all("The MCP server did not answer in time.", ReasonCode::ServerSilent, out);
            out.push(Effect::End(Ending::ServerSilent));
            return;
        }
        self.tick_listings(now, out);
        self.tick_waiting(now, out);
    }

    /// When [`Gate::tick`] has something to do next; `None`: only after something else happens.
    pub fn deadline(&self) -> Option<Moment> {
        let greeting = match self.server.phase {
            Phase::Greeting(since) => Some(since.after(self.waits.answer)),
            _ => None,
        };
        let waiting = self.waiting.front().map(|waiting| waiting.since.after(self.waits.answer));
        let listings = self.listings.iter().filter_map(|listing| listing.deadline(self.waits.answer));
        greeting.into_iter().chain(waiting).chain(listings).min()
    }

    /// Why the server is held as a whole, if it is.
    fn whole_hold(&self) -> Option<ReasonCode> {
        if let LaunchStanding::Held(reason) = self.launch {
            return Some(reason);
        }
        if self.server.flooded {
            return Some(ReasonCode::NotifyFlood);
        }
        if self.server.clash {
            return Some(ReasonCode::ReconnectNeeded);
        }
        let handshake = self.server.handshake.as_ref().and_then(greeting::Judged::hold);
        handshake.or_else(|| self.listings.iter().find_map(Listing::server_hold))
    }

    /// Everything that the server says about itself was looked at, and it is not held as a whole.
    fn is_verified(&self) -> bool {
        self.server.phase == Phase::Open
            && self.whole_hold().is_none()
            && self.listings.iter().all(|listing| !listing.declared || listing.has_answer())
    }

    /// The label for fixed words: an entry's own label could spell a sentence, so only a known one is said.
    fn said_label(&self) -> Option<&str> {
        self.label_is_known.then_some(&*self.label)
    }

    /// What was decided about the client's model being used by the server.
    fn sampling(&self) -> Option<ApprovalState> {
        self.pins.as_ref().and_then(|pins| pins.ask_state(Ask::Sampling))
    }

    fn start_server(&mut self, out: &mut Vec<Effect>) {
        self.server = Server { announcements: self.server.announcements, ..Server::default() };
        self.server.phase = Phase::Starting;
        self.reported.clear();
        for listing in &mut self.listings {
            listing.forget_server();
        }
        self.approved = self.pins.as_ref().map(Approved::at_start).unwrap_or_default();
        self.names = SessionNames::default();
        out.push(Effect::StartServer);
    }

    /// Ends the server's process and keeps the session with the client.
    fn park(&mut self, out: &mut Vec<Effect>) {
        if matches!(self.server.phase, Phase::Off | Phase::Parked | Phase::Gone(_)) {
            return;
        }
        let reason = self.whole_hold().unwrap_or(ReasonCode::ServerUnknown);
        self.refuse_everything(reason, out);
        self.server.phase = Phase::Parked;
        out.push(Effect::EndServer);
    }
}
