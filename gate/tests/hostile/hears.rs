//! What must hold of each word that reaches the client or the server.

use std::collections::BTreeSet;

use pinfold_core::digest::ObjectKind;
use pinfold_core::pins::{ApprovalState, Ask};
use pinfold_gate::gate::LaunchStanding;
use serde_json::Value;

use crate::play::{Asked, Given, KINDS, Play, Why};
use crate::world::Way;

const CHANGED: [&str; 3] = [
    "notifications/tools/list_changed",
    "notifications/prompts/list_changed",
    "notifications/resources/list_changed",
];

impl Play {
    pub(crate) fn client_hears(&mut self, line: &str) {
        self.tell(format!("  to client: {}", line.trim_end()));
        assert!(line.ends_with('\n') && line.matches(['\n', '\r']).count() == 1, "one line");
        let message: Value = serde_json::from_str(line).unwrap();
        for at in self.world.words_in(line).collect::<Vec<_>>() {
            assert!(self.world.may_reach(at), "{} may not reach the client", self.world.things[at].word);
            assert!(!self.is_denied(at), "a tool that policy denies is in no listing");
            assert!(line.contains(self.world.things[at].text) || !is_listing(&message), "byte for byte");
        }
        if let Some(method) = message["method"].as_str() {
            if let Some(id) = message.get("id") {
                self.ask_is_passed(&id.to_string(), method);
            }
            if let Some(slot) = CHANGED.iter().position(|changed| *changed == method) {
                self.is_told_news(slot);
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
        if let Some(capabilities) =
            message["result"].get("capabilities").filter(|_| self.known.declared.is_none())
        {
            let declares = |name: &str| capabilities.get(name).is_some_and(|value| !value.is_null());
            self.known.declared = Some(["tools", "prompts", "resources"].map(declares));
        }
        for (slot, (_, _, member)) in KINDS.iter().enumerate() {
            if let Some(listed) = message["result"].get(member).and_then(Value::as_array) {
                self.was_listed(slot, listed);
            }
        }
    }

    pub(crate) fn is_denied(&self, at: usize) -> bool {
        let thing = &self.world.things[at];
        self.denies && thing.kind == ObjectKind::Tool && (thing.name == "send" || thing.name == "find")
    }

    fn is_told_news(&mut self, slot: usize) {
        let is_repeated = self.why == Why::TimePassed;
        // Resources are data and share this notification with their templates.
        let is_foreign = slot == 2 && self.why == Why::ResourcesAnnounced;
        assert!(is_foreign || self.known.ready.is_some(), "news for a client that is ready");
        self.known.listed[slot] = None;
        let mut tally = self.tally.borrow_mut();
        tally.news += 1;
        tally.news_again += usize::from(is_repeated);
        self.known.news[slot].told(self.now, is_repeated, is_foreign);
    }

    /// A listing was given: each definition is one that may pass, whole, and no name comes twice.
    fn was_listed(&mut self, slot: usize, listed: &[Value]) {
        let mut names = BTreeSet::new();
        let mut given = Vec::new();
        for object in listed {
            let name = object["name"].as_str().unwrap().to_owned();
            assert!(names.insert(name.clone()), "{name} is listed twice");
            if name == "pinfold_notice" {
                continue;
            }
            let things = self.world.things.iter().enumerate();
            let (at, _) = things
                .filter(|(_, thing)| thing.kind == KINDS[slot].0)
                .find(|(_, thing)| thing.value == *object)
                .expect("a definition as it was approved");
            given.push(at);
        }
        self.known.listed[slot] = Some(self.was_given(slot, &given));
    }

    /// What each of these counts as for the client.
    fn was_given(&mut self, slot: usize, given: &[usize]) -> Given {
        let themselves = given.iter().map(|at| (*at, BTreeSet::from([*at]))).collect();
        let has_greeted = self.process.as_ref().is_some_and(|process| process.has_greeted);
        let Some(process) = self.process.as_mut().filter(|process| process.shown[slot].is_some()) else {
            if self.memory.is_from_pins && !has_greeted {
                self.was_answered_from_pins(slot, given);
            }
            return themselves;
        };
        let mut known = Given::new();
        let shown = process.shown[slot].clone().unwrap_or_default();
        for at in given {
            // Of the definitions that the server showed, those for which the client may be given this one.
            let ways: BTreeSet<(usize, Way)> = shown
                .iter()
                .flat_map(|live| self.world.ways(*live).into_iter().map(|way| (*live, way)))
                .filter(|(live, way)| way.seen(*live) == *at)
                .collect();
            assert!(!ways.is_empty(), "what the server showed, or what the pins say until it does");
            let thing = &self.world.things[*at];
            let counts: BTreeSet<usize> = ways.iter().map(|(_, way)| way.counts_as()).collect();
            let key = (thing.kind, thing.name.clone());
            let before = process.given.get(&key).cloned().unwrap_or_default();
            let same: BTreeSet<usize> = counts.intersection(&before).copied().collect();
            let is_switched = !before.is_empty() && same.is_empty();
            let may_switch = counts.iter().any(|pinned| !self.world.could_pass_at_start(*pinned));
            assert!(!is_switched || may_switch, "{} was given with other words", thing.name);
            let counts = if same.is_empty() { counts } else { same };
            known.push((*at, counts.clone()));
            process.given.insert(key, counts);
            let mut tally = self.tally.borrow_mut();
            match ways.iter().next() {
                Some((_, Way::Replaced { .. })) => tally.kept += 1,
                Some((live, Way::AsReceived(pinned))) if live != pinned => tally.by_rule += 1,
                Some((live, _)) if !self.world.is_released(*live) => tally.let_through += 1,
                _ => tally.as_approved += 1,
            }
        }
        self.has_all_that_passes(slot, &shown, given);
        known
    }

    /// Where the client has anything of a listing, the server is not held as a whole: then it has all that is approved,
    /// but for a name that was given under other words before.
    fn has_all_that_passes(&self, slot: usize, shown: &[usize], given: &[usize]) {
        if given.is_empty() {
            return;
        }
        let process = self.process.as_ref().unwrap();
        for live in shown.iter().filter(|live| !self.is_denied(**live)) {
            let thing = &self.world.things[*live];
            let ways = self.world.ways(*live);
            let before = process.given.get(&(KINDS[slot].0, thing.name.clone()));
            let is_given = ways.iter().any(|way| given.contains(&way.seen(*live)));
            let is_free =
                before.is_none_or(|before| ways.iter().any(|way| before.contains(&way.counts_as())));
            let judged = &process.judged[&(KINDS[slot].0, thing.name.clone())];
            let is_first = judged.iter().all(|judged| ways.iter().any(|way| way.counts_as() == *judged));
            assert!(ways.is_empty() || is_given || !is_free || !is_first, "{} is missing", thing.word);
        }
    }

    /// What was shown may have been judged now, and then counts for the rest of the session.
    pub(crate) fn notes_what_may_be_judged(&mut self) {
        let Some(process) = &mut self.process else { return };
        for live in process.shown.iter().flatten().flatten() {
            let thing = &self.world.things[*live];
            let judged = process.judged.entry((thing.kind, thing.name.clone())).or_default();
            judged.extend(self.world.ways(*live).into_iter().map(Way::counts_as));
        }
    }

    /// Before the server has said anything: those of the answer that are approved now, in its order.
    fn was_answered_from_pins(&self, slot: usize, given: &[usize]) {
        let Some(answer) = &self.memory.recalled else { panic!("an answer that was remembered") };
        let of_kind = answer.objects.iter().filter(|object| object.kind == KINDS[slot].0);
        let names: BTreeSet<&str> = of_kind.clone().map(|object| &*object.name).collect();
        let comes_twice = names.len() < of_kind.clone().count();
        let expected: Vec<usize> = of_kind
            .filter_map(|object| self.world.answered(object))
            .filter(|at| !self.is_denied(*at))
            .collect();
        let is_held = given.is_empty() && (self.process.is_none() || self.launch != LaunchStanding::Approved);
        assert!(is_held || comes_twice || given == expected, "what is approved of the answer: {expected:?}");
        assert!(given.iter().all(|at| expected.contains(at)), "{given:?} of {expected:?}");
    }

    /// After whatever happened: a client that is ready has nothing that may not reach it any more, or was told.
    pub(crate) fn is_told_of_changes(&mut self) {
        let Some(declared) = self.known.declared.filter(|_| self.known.ready.is_some()) else { return };
        if self.ending.is_some() {
            return;
        }
        for slot in (0..3).filter(|slot| declared[*slot]) {
            let Some(listed) = &self.known.listed[slot] else { continue };
            let shown = self.process.as_ref().and_then(|process| process.shown[slot].as_ref());
            let is_held = |(at, counts): &&(usize, BTreeSet<usize>)| match shown {
                // What the pins say stands until two looks agree.
                Some(_) if self.memory.is_from_pins => false,
                Some(shown) => {
                    let may_have = |live: &usize, way: Way| {
                        // The same bytes may stand for something else by now: approved themselves, say.
                        counts.contains(&way.counts_as()) || (live == at && matches!(way, Way::AsReceived(_)))
                    };
                    !shown
                        .iter()
                        .any(|live| self.world.ways(*live).into_iter().any(|way| may_have(live, way)))
                }
                None if self.memory.is_from_pins && self.process.is_none() => !self.world.may_reach(*at),
                None => false,
            };
            let held = listed.iter().find(is_held);
            assert!(
                held.is_none(),
                "the client is told that it may not have {held:?} of {} any more",
                KINDS[slot].1
            );
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

    pub(crate) fn server_hears(&mut self, line: &str) {
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
    fn call_is_sent(&mut self, params: &Value) {
        assert_eq!(self.launch, LaunchStanding::Approved, "a call under a launch that is held");
        let name = params["name"].as_str().unwrap();
        let process = self.process.as_ref().expect("a server that is called");
        let shown = process.shown[0].as_ref().expect("a listing that was shown whole");
        let is_it = |at: &&usize| self.world.things[**at].name == name;
        let named: Vec<usize> = shown.iter().filter(is_it).copied().collect();
        assert_eq!(named.len(), 1, "{name} is listed once");
        let ways = self.world.ways(named[0]);
        assert!(!ways.is_empty(), "a call of {name}, which is held");
        assert!(!self.is_denied(named[0]), "a call of {name}, which policy denies");
        let (things, arguments) = (&self.world.things, params.get("arguments"));
        let live = &things[named[0]];
        let takes = |way: &Way| match *way {
            Way::AsReceived(pinned) => things[pinned].takes(arguments, false),
            Way::Replaced { base, is_closed } => {
                things[base].takes(arguments, is_closed) && live.takes(arguments, false)
            }
        };
        assert!(ways.iter().any(takes), "arguments that the schema forbids: {arguments:?}");
        let mut tally = self.tally.borrow_mut();
        tally.calls += 1;
        tally.calls_by_update += usize::from(!self.world.is_released(named[0]));
    }
}

fn is_listing(message: &Value) -> bool {
    KINDS.iter().any(|(_, _, member)| message["result"].get(member).is_some())
}
