//! The gate as a pure state machine: what was said and what is known, in; what to send, start, end and report, out.
//!
//! It is two sessions, one with the client and one with the server, each with its own handshake. It asks no clock, reads
//! no file and starts no process: [`crate::pump`] does, by the [`Effect`]s that come out. Rules: `spec/gate.md`.

mod announcements;
mod answering;
mod client_side;
mod effects;
mod greeting;
mod listings;
mod memory;
mod news;
mod offers;
mod own_requests;
mod recall;
mod remembering;
mod renewal;
mod rules;
mod second_look;
mod server_side;
mod sightings;
mod starting;
mod waiting;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::framing::IdKey;
use pinfold_core::pins::{ApprovalState, Ask, LabelPins, UnixSeconds};
use pinfold_core::reason::ReasonCode;
use pinfold_core::volatile::Passed;
use pinfold_verifier::arguments::CallCheck;
use pinfold_verifier::listing::{Approved, Passing, SessionNames};
use pinfold_verifier::policy::{LabelPolicy, Start};

pub use effects::{Effect, Ending, Report, ReportedObject};
pub use recall::{ClientQuestion, Recall, Recalled};
pub use server_side::MAX_JUNK_TOLD;

use crate::clock::Moment;
use crate::guardian::ServerExit;
use crate::mcp::Hello;
use answering::Answering;
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
    /// What of a published update passes by that policy, as long as this gate lives.
    pub passing: Passing,
    /// The bytes of what was approved, and of what an update lets through.
    pub object_bytes: ObjectBytes,
    /// The time of day.
    pub unix_now: UnixNow,
    /// Names that were seen to be gone from this server's listings.
    pub absent_names: BTreeSet<(ObjectKind, String)>,
    /// What is passed to the server when it is started, for volatile rules.
    pub passed: Passed,
    /// Whether the notice is listed while something is held; not where a lock says exactly what is served.
    pub gives_notice: bool,
    /// Whether the launch may be carried out.
    pub launch: LaunchStanding,
    /// What was answered before, and a last look at the moment of the question.
    pub recall: Recall,
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
    /// For handshake and listings of a server whose client was answered from the pins: nobody waits for them but calls,
    /// which have their own limit, and a package that is being fetched takes its time.
    pub start: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(50),
            listing_age: Duration::from_secs(30),
            renewal: Duration::from_secs(5),
            start: Duration::from_secs(600),
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
    recall: Recall,
    waits: Waits,
    passed: Passed,
    gives_notice: bool,
    launch: LaunchStanding,
    approved: Approved,
    passing: Passing,
    pins: Option<LabelPins>,
    names: SessionNames,
    client: Client,
    answering: Answering,
    server: Server,
    listings: [Listing; 3],
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    /// Why requests that wait for a listing are refused now: only while a failed walk is being dealt with.
    refusing: Option<(ObjectKind, ReasonCode)>,
    /// By the approved object, and by the published one in whose place it is given.
    checks: HashMap<(Digest, Option<Digest>), CallCheck>,
    /// Of each listing, the names that pass and those that wait unseen, as they were reported last.
    reported: HashMap<ObjectKind, [Vec<String>; 2]>,
    asked: BTreeSet<Ask>,
    /// Why the server, or a whole listing of it, is held, as it was reported last; `None`: not yet.
    reported_hold: Option<Option<ReasonCode>>,
    /// How many lines of the server that are no messages were reported.
    junk_told: usize,
}

/// What a server's process that starts now may release.
fn at_start(pins: Option<&LabelPins>, passing: &Passing) -> Approved {
    pins.map(|pins| Approved::at_start(pins).with_passing(passing.clone())).unwrap_or_default()
}

/// The session with the client.
#[derive(Debug, Default)]
struct Client {
    hello: Option<Hello>,
    greeting: Greeting,
    /// When it said that the handshake is complete.
    ready: Option<Moment>,
    /// Its input ended.
    gone: bool,
    news: news::News,
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
    /// The client withdrew it, so that the server may leave it without an answer.
    is_cancelled: bool,
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
            recall: setup.recall,
            waits: setup.waits,
            passed: setup.passed,
            gives_notice: setup.gives_notice,
            launch: setup.launch,
            approved: at_start(setup.pins.as_ref(), &setup.passing),
            passing: setup.passing,
            pins: setup.pins,
            names: SessionNames::default(),
            client: Client::default(),
            answering: Answering::default(),
            server: Server::default(),
            listings: listings::KINDS.map(Listing::new),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            refusing: None,
            checks: HashMap::new(),
            reported: HashMap::new(),
            asked: BTreeSet::new(),
            reported_hold: None,
            junk_told: 0,
        }
    }

    /// Begins: an approved server is started before the client has said a word, so that it is there sooner; unless
    /// policy says that it is started on call.
    pub fn begin(&mut self, out: &mut Vec<Effect>) {
        match (self.launch, self.policy.start) {
            (LaunchStanding::Approved, Start::Always) => self.start_server(out),
            (LaunchStanding::Approved, Start::OnCall) => {}
            (LaunchStanding::Held(_), _) => out.push(Effect::Report(Report::WaitsForLaunch)),
        }
    }

    /// The client's input ended: what waits is dropped, and the server's input ends.
    pub fn client_ended(&mut self, out: &mut Vec<Effect>) {
        self.ends(Ending::ClientLeft, out);
    }

    /// A signal asked for the end of the session.
    pub fn stop(&mut self, out: &mut Vec<Effect>) {
        self.ends(Ending::Asked, out);
    }

    fn ends(&mut self, ending: Ending, out: &mut Vec<Effect>) {
        self.remember(true, out);
        self.client.gone = true;
        self.waiting.clear();
        self.waiting_bytes = 0;
        for listing in &mut self.listings {
            listing.asked_by.clear();
        }
        out.push(Effect::End(ending));
    }

    /// The pins of the label changed.
    pub fn pins_changed(&mut self, pins: Option<LabelPins>, now: Moment, out: &mut Vec<Effect>) {
        self.label_is_known = pins.is_some();
        self.approved = pins.as_ref().map(|pins| self.approved.renewed(pins)).unwrap_or_default();
        self.pins = pins;
        self.recall_listings();
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
                if !self.is_from_pins() || self.policy.start == Start::Always {
                    self.start_server(out);
                } else {
                    // A client that was answered from the pins may never need the server.
                    self.forget_server();
                }
            }
            (LaunchStanding::Approved, LaunchStanding::Held(_)) => self.park(out),
            _ => {}
        }
        self.announce(out);
    }

    /// Time passed.
    pub fn tick(&mut self, now: Moment, out: &mut Vec<Effect>) {
        if let Phase::Greeting(since) = self.server.phase
            && since.is_past(self.first_patience(), now)
        {
            if self.is_from_pins() {
                return self.start_failed(ReasonCode::ServerSilent, out);
            }
            self.answer_all("The MCP server did not answer in time.", ReasonCode::ServerSilent, out);
            out.push(Effect::End(Ending::ServerSilent));
            return;
        }
        self.tick_listings(now, out);
        self.tick_news(now, out);
        self.tick_waiting(now, out);
    }

    /// When [`Gate::tick`] has something to do next; `None`: only after something else happens.
    pub fn deadline(&self) -> Option<Moment> {
        let greeting = match self.server.phase {
            Phase::Greeting(since) => Some(since.after(self.first_patience())),
            _ => None,
        };
        let waiting = self.waiting.front().map(|waiting| waiting.since.after(self.waits.answer));
        let listings =
            self.listings.iter().filter_map(|listing| listing.deadline(self.walk_patience(listing)));
        greeting.into_iter().chain(waiting).chain(listings).chain(self.client.news.deadline()).min()
    }

    /// How long handshake and listings may take: longer while the pins speak for the server.
    fn first_patience(&self) -> Duration {
        let is_first = self.is_from_pins() && !self.server.settled;
        if is_first { self.waits.start } else { self.waits.answer }
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
}
