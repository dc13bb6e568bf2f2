//! A gate between a client and a server that say whatever the dice say.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use pinfold_core::answer::Answer;
use pinfold_core::digest::ObjectKind;
use pinfold_core::pins::UnixSeconds;
use pinfold_core::reason::ReasonCode;
use pinfold_core::volatile::Passed;
use pinfold_gate::clock::Moment;
use pinfold_gate::gate::{Effect, Ending, Gate, LaunchStanding, Recalled, Setup, Waits};
use pinfold_verifier::listing::Passing;
use pinfold_verifier::policy::{Policy, Prose, UpdatePolicy, Updates};
use pinfold_verifier::update::{Terms, plan};

use crate::dice::Dice;
use crate::home::{Home, Releases};
use crate::news::News;
use crate::tally::Tally;
use crate::things::RELEASES;
use crate::world::World;

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
    /// It has answered the handshake, in whatever way.
    pub(crate) has_greeted: bool,
    /// The pages of the walk under way, and whether it was announced that they do not count.
    pub(crate) pages: [Vec<usize>; 3],
    pub(crate) is_torn: [bool; 3],
    /// What the last whole walk showed, if it could be read.
    pub(crate) shown: [Option<Vec<usize>>; 3],
    /// As which definitions the client may have been given a name by this process.
    pub(crate) given: HashMap<(ObjectKind, String), BTreeSet<usize>>,
    /// As which definitions it may have been judged to pass, whether it was given or not.
    pub(crate) judged: HashMap<(ObjectKind, String), BTreeSet<usize>>,
    /// Its own questions, and how often each was answered.
    pub(crate) asks: BTreeMap<String, usize>,
    /// Its questions that the client has.
    pub(crate) asks_open: Vec<String>,
}

/// What a listing gave, each with what it may count as.
pub(crate) type Given = Vec<(usize, BTreeSet<usize>)>;

/// What the client has.
#[derive(Default)]
pub(crate) struct Known {
    /// The listings that its handshake declares; `None`: it has none yet.
    pub(crate) declared: Option<[bool; 3]>,
    /// When it said that the handshake is complete.
    pub(crate) ready: Option<u64>,
    /// What it was given of each listing, until it was told that this is another one.
    pub(crate) listed: [Option<Given>; 3],
    pub(crate) news: [News; 3],
}

/// What was remembered for and by this session.
#[derive(Default)]
pub(crate) struct Memory {
    /// The version that the client asked for.
    pub(crate) version: String,
    /// What the gate was told when it asked.
    pub(crate) recalled: Option<Answer>,
    pub(crate) is_from_pins: bool,
    /// What it had noted, in order.
    pub(crate) noted: Vec<Answer>,
}

/// Why the gate is looked at now.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Why {
    /// Somebody said something.
    Said,
    /// The person did.
    Decided,
    /// The server said that resources changed, which may pass as it is.
    ResourcesAnnounced,
    /// The server showed a page, and whoever speaks for it looks whether that was the last.
    PageShown,
    TimePassed,
    /// The session ends, or the server did in an orderly way.
    Ends,
}

pub(crate) struct Play {
    pub(crate) name: String,
    pub(crate) dice: Dice,
    pub(crate) home: Rc<RefCell<Home>>,
    pub(crate) world: World,
    pub(crate) gate: Gate,
    pub(crate) now: u64,
    pub(crate) launch: LaunchStanding,
    recalled: Arc<Mutex<Option<Recalled>>>,
    has_asked: Arc<AtomicBool>,
    /// The server answers most things at once.
    pub(crate) is_brisk: bool,
    /// Begun and not yet said to be.
    pub(crate) is_starting: bool,
    pub(crate) process: Option<Process>,
    pub(crate) requests: BTreeMap<u64, Standing>,
    pub(crate) ending: Option<Ending>,
    pub(crate) has_hello: bool,
    pub(crate) denies: bool,
    pub(crate) known: Known,
    pub(crate) memory: Memory,
    pub(crate) why: Why,
    /// What happened, for whoever looks into a failure.
    pub(crate) story: Rc<RefCell<Vec<String>>>,
    pub(crate) tally: Rc<RefCell<Tally>>,
}

/// What every session of a history has in common.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) dice: Dice,
    pub(crate) home: Rc<RefCell<Home>>,
    pub(crate) story: Rc<RefCell<Vec<String>>>,
    pub(crate) tally: Rc<RefCell<Tally>>,
}

impl Play {
    /// Another gate of the home folder begins.
    pub(crate) fn new(name: String, scene: &Scene, releases: &Releases) -> Play {
        let Scene { dice, home, story, tally } = scene.clone();
        let kept = home.borrow();
        let home_folder = dice.pick(&[None, Some("/home/w23"), Some("/home/w24")]).map(str::to_owned);
        let passed = Passed { home: home_folder, ..Passed::default() };
        let mut world = World::new(&kept, passed);
        let passing = find_release(&mut world, &kept, releases, &dice);
        let denies = dice.one_in(4);
        let mut policy = "version = 1\n[defaults]\n".to_owned();
        policy += if denies { "deny = [\"send\", \"find\"]\n" } else { "" };
        policy += if dice.one_in(3) { "start = \"on-call\"\n" } else { "" };
        let launch = match dice.below(30) {
            0 => LaunchStanding::Held(ReasonCode::LaunchChanged),
            _ => LaunchStanding::Approved,
        };
        let (recalled, has_asked) = (Arc::new(Mutex::new(None)), Arc::new(AtomicBool::new(false)));
        let (told, asked) = (Arc::clone(&recalled), Arc::clone(&has_asked));
        let bytes = kept.bytes();
        let gate = Gate::new(Setup {
            label: "demo".into(),
            pins: Some(world.pins().clone()),
            policy: Policy::parse(&policy).unwrap().for_label(&"demo".parse().unwrap()),
            passing,
            object_bytes: Arc::new(move |digest| bytes.get(digest).map(|text| text.as_bytes().into())),
            unix_now: Arc::new(|| UnixSeconds(0)),
            absent_names: kept.absent.clone(),
            passed: world.passed.clone(),
            gives_notice: true,
            launch,
            recall: Arc::new(move |_| {
                asked.store(true, Ordering::Relaxed);
                told.lock().unwrap().clone()
            }),
            waits: Waits::default(),
        });
        drop(kept);
        let mut play = Play {
            name,
            is_brisk: !dice.one_in(3),
            dice,
            home,
            world,
            gate,
            now: 0,
            launch,
            recalled,
            has_asked,
            is_starting: false,
            process: None,
            requests: BTreeMap::new(),
            ending: None,
            has_hello: false,
            denies,
            known: Known::default(),
            memory: Memory::default(),
            why: Why::Said,
            story,
            tally,
        };
        play.tell(format!("a session begins; home {:?}, policy {policy:?}", play.world.passed.home));
        play.act(Why::Said, |gate, _, out| gate.begin(out));
        play
    }

    pub(crate) fn act(&mut self, why: Why, decide: impl FnOnce(&mut Gate, Moment, &mut Vec<Effect>)) {
        let mut out = Vec::new();
        decide(&mut self.gate, Moment::from_milliseconds(self.now), &mut out);
        let has_asked = self.has_asked.swap(false, Ordering::Relaxed);
        if has_asked && let Some(recalled) = &*self.recalled.lock().unwrap() {
            self.world.told(recalled.pins.clone().unwrap());
            self.memory.recalled.clone_from(&recalled.answer);
        }
        self.why = why;
        if has_asked || matches!(why, Why::Decided | Why::PageShown) {
            self.notes_what_may_be_judged();
        }
        for effect in out {
            self.carry_out(effect);
        }
        if why != Why::PageShown {
            self.is_told_of_changes();
        }
    }

    pub(crate) fn tell(&mut self, what: impl Into<String>) {
        self.story.borrow_mut().push(format!("{} {:>7} {}", self.name, self.now, what.into()));
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
                self.tally.borrow_mut().starts += 1;
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
            Effect::Report(report) => self.is_reported(report),
        }
    }

    /// What the gate is told when it asks its memory: mostly what is stored, and sometimes what somebody wrote there.
    pub(crate) fn set_memory(&mut self, version: &str) {
        self.memory.version = version.to_owned();
        let home = self.home.borrow();
        let knows = !self.dice.one_in(5);
        let answer = match self.dice.below(4) {
            0 => None,
            1 => Some(home.forged(version, &self.dice)),
            _ => home.answers.get(version).cloned(),
        };
        let recalled = Recalled { pins: Some(home.pins.clone()), launch: self.launch, answer };
        *self.recalled.lock().unwrap() = knows.then_some(recalled);
    }

    /// The gate is told what the person decided meanwhile.
    pub(crate) fn hears_of_decisions(&mut self) {
        self.tell("the gate is told of the decisions");
        let pins = self.home.borrow().pins.clone();
        self.world.told(pins.clone());
        self.act(Why::Decided, |gate, now, out| gate.pins_changed(Some(pins), now, out));
    }

    pub(crate) fn client(&mut self, line: &str) {
        self.tell(format!("client: {line}"));
        let line = format!("{line}\n").into_bytes();
        self.act(Why::Said, |gate, now, out| gate.client_line(line, now, out));
    }

    pub(crate) fn server(&mut self, line: &str) {
        self.server_because(Why::Said, line);
    }

    pub(crate) fn server_because(&mut self, why: Why, line: &str) {
        self.tell(format!("server: {line}"));
        let line = format!("{line}\n").into_bytes();
        self.act(why, |gate, now, out| gate.server_line(line, now, out));
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
            self.news_was_told_before(due.milliseconds());
            self.now = self.now.max(due.milliseconds());
            self.act(Why::TimePassed, |gate, now, out| gate.tick(now, out));
        }
        self.news_was_told_before(end + 1);
        self.now = end;
    }

    fn news_was_told_before(&mut self, moment: u64) {
        if self.ending.is_some() {
            return;
        }
        for (news, (_, listing, _)) in self.known.news.iter_mut().zip(KINDS) {
            assert!(news.was_told_before(moment), "news of {listing} is told again until the client asks");
        }
    }

    /// The ids of the client that have no answer, though the client waits for one.
    pub(crate) fn unanswered(&self) -> Vec<u64> {
        let waits = |(id, standing): (&u64, &Standing)| {
            (standing.answers == 0 && !standing.is_cancelled).then_some(*id)
        };
        self.requests.iter().filter_map(waits).collect()
    }
}

/// The gate finds a release, or none; what passes of it, and what may by the specification.
fn find_release(world: &mut World, home: &Home, releases: &Releases, dice: &Dice) -> Passing {
    if dice.one_in(3) {
        return Passing::default();
    }
    let (release, words) = (&releases.verified[home.release], RELEASES[home.release]);
    let policy = UpdatePolicy {
        updates: dice.pick(&[Updates::Ask, Updates::Signed, Updates::ApprovedWords, Updates::ApprovedWords]),
        prose: dice.pick(&[Prose::Ask, Prose::Ask, Prose::Allow]),
        ..UpdatePolicy::default()
    };
    world.finds_release(words, &policy);
    let terms = Terms { pins: world.pins(), policy: &policy, memory: home, others: &[] };
    plan(release, &terms).passing()
}
