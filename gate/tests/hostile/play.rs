//! A gate between a client and a server that say whatever the dice say, and what must hold after each word.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use pinfold_core::digest::ObjectKind;
use pinfold_core::pins::{ApprovalState, Ask, UnixSeconds};
use pinfold_core::reason::ReasonCode;
use pinfold_gate::clock::Moment;
use pinfold_gate::gate::{Effect, Ending, Gate, LaunchStanding, Recalled, Report, Setup, Waits};
use pinfold_verifier::listing::Passing;
use pinfold_verifier::policy::Policy;
use serde_json::Value;

use crate::world::{Dice, World};

pub(crate) const KINDS: [(ObjectKind, &str, &str); 3] = [
    (ObjectKind::Tool, "tools/list", "tools"),
    (ObjectKind::Prompt, "prompts/list", "prompts"),
    (ObjectKind::ResourceTemplate, "resources/templates/list", "resourceTemplates"),
];

/// What the server was asked and has not answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Asked {
    Hello,
    /// A page of this listing.
    Page(usize),
    /// A request of the client that was sent on.
    Sent,
}

/// How a request of the client stands.
#[derive(Default)]
pub(crate) struct Standing {
    pub(crate) answers: usize,
    pub(crate) is_cancelled: bool,
}

/// One process of the server, as the driver knows it.
#[derive(Default)]
pub(crate) struct Process {
    /// By id as JSON.
    pub(crate) asked: BTreeMap<String, Asked>,
    /// The pages of the walk under way, and whether it was announced that they do not count.
    pub(crate) pages: [Vec<usize>; 3],
    pub(crate) is_torn: [bool; 3],
    /// What the last whole walk showed, if it could be read.
    pub(crate) shown: [Option<Vec<usize>>; 3],
    /// Under which definition the client was given a name by this process.
    given: HashMap<(ObjectKind, String), usize>,
    /// Its own questions, and how often each was answered.
    pub(crate) asks: BTreeMap<String, usize>,
    /// Its questions that the client has.
    pub(crate) asks_open: Vec<String>,
}

pub(crate) struct Play {
    pub(crate) dice: Dice,
    pub(crate) world: World,
    pub(crate) gate: Gate,
    pub(crate) now: u64,
    pub(crate) launch: LaunchStanding,
    recalled: Arc<Mutex<Option<Recalled>>>,
    /// Begun and not yet said to be.
    pub(crate) is_starting: bool,
    pub(crate) process: Option<Process>,
    pub(crate) requests: BTreeMap<u64, Standing>,
    pub(crate) ending: Option<Ending>,
    pub(crate) has_hello: bool,
    denies: bool,
    /// What happened, for whoever looks into a failure.
    pub(crate) story: Vec<String>,
}

impl Play {
    pub(crate) fn new(seed: u64) -> Play {
        let mut dice = Dice(seed);
        let mut world = World::new(&mut dice);
        world.begins();
        let denies = dice.one_in(4);
        let mut policy = "version = 1\n[defaults]\n".to_owned();
        policy += if denies { "deny = [\"send\", \"find\"]\n" } else { "" };
        policy += if dice.one_in(3) { "start = \"on-call\"\n" } else { "" };
        let launch = match dice.below(6) {
            0 => LaunchStanding::Held(ReasonCode::LaunchChanged),
            _ => LaunchStanding::Approved,
        };
        let recalled = Arc::new(Mutex::new(None));
        let (asked, bytes) = (Arc::clone(&recalled), world.bytes());
        let gate = Gate::new(Setup {
            label: "demo".into(),
            pins: Some(world.pins().clone()),
            policy: Policy::parse(&policy).unwrap().for_label(&"demo".parse().unwrap()),
            passing: Passing::default(),
            object_bytes: Arc::new(move |digest| bytes.get(digest).map(|text| text.as_bytes().into())),
            unix_now: Arc::new(|| UnixSeconds(0)),
            absent_names: BTreeSet::new(),
            passed: Default::default(),
            gives_notice: true,
            launch,
            recall: Arc::new(move |_| asked.lock().unwrap().clone()),
            waits: Waits::default(),
        });
        let mut play = Play {
            dice,
            world,
            gate,
            now: 0,
            launch,
            recalled,
            is_starting: false,
            process: None,
            requests: BTreeMap::new(),
            ending: None,
            has_hello: false,
            denies,
            story: Vec::new(),
        };
        play.act(|gate, _, out| gate.begin(out));
        play
    }

    pub(crate) fn act(&mut self, decide: impl FnOnce(&mut Gate, Moment, &mut Vec<Effect>)) {
        let mut out = Vec::new();
        decide(&mut self.gate, Moment::from_milliseconds(self.now), &mut out);
        for effect in out {
            self.carry_out(effect);
        }
    }

    pub(crate) fn tell(&mut self, what: impl Into<String>) {
        self.story.push(format!("{:>7} {}", self.now, what.into()));
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::ToClient(line) => self.client_hears(&String::from_utf8(line).unwrap()),
            Effect::ToServer(line) => self.server_hears(&String::from_utf8(line).unwrap()),
            Effect::StartServer => {
                self.tell("EFFECT start");
                assert_eq!(self.launch, LaunchStanding::Approved, "a launch that is held is not started");
                self.world.begins();
                self.is_starting = true;
                self.process = None;
            }
            Effect::EndServer => {
                self.tell("EFFECT end of the server");
                self.is_starting = false;
                self.process = None;
            }
            Effect::End(ending) => {
                self.tell(format!("EFFECT end: {ending:?}"));
                self.ending = Some(ending);
            }
            Effect::Report(Report::ListingFailed(kind, _)) => {
                // The walk was given up: an answer that comes late is nobody's.
                let given_up = KINDS.iter().position(|(of, _, _)| *of == kind).map(Asked::Page);
                if let Some(process) = &mut self.process {
                    process.asked.retain(|_, asked| Some(&*asked) != given_up.as_ref());
                }
            }
            Effect::Report(_) => {}
        }
    }

    fn client_hears(&mut self, line: &str) {
        self.tell(format!("  to client: {}", line.trim_end()));
        assert!(line.ends_with('\n') && line.matches(['\n', '\r']).count() == 1, "one line");
        let message: Value = serde_json::from_str(line).unwrap();
        for at in self.world.words_in(line).collect::<Vec<_>>() {
            assert!(self.world.may_pass(at), "{} may not reach the client", self.world.things[at].word);
            assert!(!self.is_denied(at), "a tool that policy denies is in no listing");
        }
        if message.get("method").is_some() {
            if let Some(id) = message.get("id") {
                self.ask_is_passed(&id.to_string(), message["method"].as_str().unwrap());
            }
            return;
        }
        let Some(id) = message["id"].as_u64() else {
            assert!(message["id"].is_null(), "an answer to nothing");
            return;
        };
        let standing = self.requests.get_mut(&id).expect("an answer to a question that was asked");
        standing.answers += 1;
        assert_eq!(standing.answers, 1, "one answer to {id}");
        for (slot, (_, _, member)) in KINDS.iter().enumerate() {
            if let Some(listed) = message["result"].get(member).and_then(Value::as_array) {
                self.was_listed(slot, listed);
            }
        }
    }

    fn is_denied(&self, at: usize) -> bool {
        let thing = &self.world.things[at];
        self.denies && thing.kind == ObjectKind::Tool && (thing.name == "send" || thing.name == "find")
    }

    /// A listing was given: each definition is one that may pass, whole, and no name comes twice.
    fn was_listed(&mut self, slot: usize, listed: &[Value]) {
        let mut names = BTreeSet::new();
        for object in listed {
            let name = object["name"].as_str().unwrap().to_owned();
            assert!(names.insert(name.clone()), "{name} is listed twice");
            if name == "pinfold_notice" {
                continue;
            }
            let things = self.world.things.iter().enumerate();
            let (at, thing) = things
                .filter(|(_, thing)| thing.kind == KINDS[slot].0)
                .find(|(_, thing)| serde_json::from_str::<Value>(thing.text).unwrap() == *object)
                .expect("a definition as it was approved");
            let Some(process) = &mut self.process else { continue };
            let Some(shown) = &process.shown[slot] else { continue };
            assert!(shown.contains(&at), "what the server showed, or what the pins say until it does");
            let before = process.given.insert((thing.kind, thing.name.clone()), at);
            let is_switched = before.is_some_and(|before| before != at);
            assert!(!is_switched || !self.world.at_start.contains(&at), "{name} was given with other words");
        }
    }

    fn ask_is_passed(&mut self, id: &str, method: &str) {
        let sampling = self.world.pins().ask_state(Ask::Sampling);
        let process = self.process.as_mut().expect("a server that asks");
        assert!(process.asks.contains_key(id), "a question that the server asked");
        if method == "sampling/createMessage" {
            assert_eq!(sampling, Some(ApprovalState::Approved), "sampling that nobody approved");
        }
        process.asks_open.push(id.to_owned());
    }

    fn server_hears(&mut self, line: &str) {
        self.tell(format!("  to server: {}", line.trim_end()));
        let message: Value = serde_json::from_str(line).unwrap();
        let Some(id) = message.get("id").map(Value::to_string) else { return };
        if message.get("method").is_none() {
            let process = self.process.as_mut().expect("a server that asked");
            let answers = process.asks.get_mut(&id).expect("a question that the server asked");
            *answers += 1;
            assert_eq!(*answers, 1, "one answer to the server's {id}");
            return;
        }
        let method = message["method"].as_str().unwrap();
        if method == "tools/call" {
            self.call_is_sent(&message["params"]);
        }
        let process = self.process.as_mut().expect("a server that is asked");
        let asked = match (method, KINDS.iter().position(|(_, listing, _)| *listing == method)) {
            ("initialize", _) => Asked::Hello,
            (_, Some(slot)) => {
                if message["params"].get("cursor").is_none() {
                    process.pages[slot].clear();
                    process.is_torn[slot] = false;
                }
                Asked::Page(slot)
            }
            _ => Asked::Sent,
        };
        let is_ours = id.starts_with("\"pinfold/");
        assert_eq!(is_ours, asked != Asked::Sent, "listings and handshakes are the gate's own questions");
        assert!(process.asked.insert(id, asked).is_none(), "an id that is in use");
    }

    /// A call reaches the server: what it names was shown by this process, may pass, and takes these arguments.
    fn call_is_sent(&self, params: &Value) {
        assert_eq!(self.launch, LaunchStanding::Approved, "a call under a launch that is held");
        let name = params["name"].as_str().unwrap();
        let process = self.process.as_ref().expect("a server that is called");
        let shown = process.shown[0].as_ref().expect("a listing that was shown whole");
        let is_it = |at: &&usize| self.world.things[**at].name == name;
        let named: Vec<usize> = shown.iter().filter(is_it).copied().collect();
        assert_eq!(named.len(), 1, "{name} is listed once");
        assert!(self.world.may_pass(named[0]), "a call of {name}, which is held");
        assert!(!self.is_denied(named[0]), "a call of {name}, which policy denies");
        if name == "look" {
            let count = params.get("arguments").and_then(|arguments| arguments.get("count"));
            assert!(
                count.is_none_or(|count| count.is_null() || count.is_i64()),
                "arguments that the schema forbids"
            );
        }
    }

    /// What the gate is told when it asks its memory.
    pub(crate) fn set_memory(&mut self) {
        let knows = !self.dice.one_in(3);
        let answer = (knows && !self.dice.one_in(3)).then(|| self.world.remembered(&mut self.dice));
        let recalled = Recalled { pins: Some(self.world.pins().clone()), launch: self.launch, answer };
        *self.recalled.lock().unwrap() = knows.then_some(recalled);
    }

    pub(crate) fn client(&mut self, line: &str) {
        self.tell(format!("client: {line}"));
        let line = format!("{line}\n").into_bytes();
        self.act(|gate, now, out| gate.client_line(line, now, out));
    }

    pub(crate) fn server(&mut self, line: &str) {
        self.tell(format!("server: {line}"));
        let line = format!("{line}\n").into_bytes();
        self.act(|gate, now, out| gate.server_line(line, now, out));
    }

    pub(crate) fn tick(&mut self) {
        self.act(|gate, now, out| gate.tick(now, out));
    }

    /// Lets time pass, with a look at the gate whenever it wants one.
    pub(crate) fn pass(&mut self, milliseconds: u64) {
        let end = self.now + milliseconds;
        let mut looks = 0;
        while self.ending.is_none()
            && let Some(due) = self.gate.deadline().filter(|due| due.milliseconds() <= end)
        {
            looks = if due.milliseconds() > self.now { 0 } else { looks + 1 };
            assert!(looks < 20, "the gate wants to be looked at again and again at one moment");
            self.now = self.now.max(due.milliseconds());
            self.tick();
        }
        self.now = end;
    }

    /// The ids of the client that have no answer, though the client waits for one.
    pub(crate) fn unanswered(&self) -> Vec<u64> {
        let waits = |(id, standing): (&u64, &Standing)| {
            (standing.answers == 0 && !standing.is_cancelled).then_some(*id)
        };
        self.requests.iter().filter_map(waits).collect()
    }
}
