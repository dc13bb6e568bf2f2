//! What must hold of each thing that a gate reports, and what the home folder keeps of it.

use std::collections::BTreeSet;

use pinfold_core::answer::{Answer, AnsweredObject};
use pinfold_core::digest::ObjectKind;
use pinfold_core::pins::ApprovalState;
use pinfold_core::reason::ReasonCode;
use pinfold_gate::gate::{Report, ReportedObject};

use crate::play::{Asked, KINDS, Play, Why};

impl Play {
    pub(crate) fn is_reported(&mut self, report: Report) {
        match report {
            Report::ListingFailed(kind, _) => {
                // The walk was given up: an answer that comes late is nobody's.
                let given_up = KINDS.iter().position(|(of, _, _)| *of == kind).map(Asked::Page);
                if let Some(process) = &mut self.process {
                    process.asked.retain(|_, asked| Some(&*asked) != given_up.as_ref());
                }
            }
            Report::AnsweredFromPins => {
                let answer = self.memory.recalled.as_ref().expect("an answer that was remembered");
                let stored = self.home.borrow().answers.get(&self.memory.version) == Some(answer);
                self.memory.is_from_pins = true;
                let mut tally = self.tally.borrow_mut();
                tally.from_pins += 1;
                tally.recalled_from_another_session += usize::from(stored);
            }
            Report::Answered { question, answer, unoffered, at_the_end, spelled } => {
                assert_eq!(question.version, self.memory.version);
                for (kind, digest, bytes) in spelled {
                    let at = self.world.of(kind, &digest).expect("a definition that the server showed");
                    assert_eq!(&*bytes, self.world.things[at].text.as_bytes(), "as the server writes it");
                }
                self.is_noted(answer, &unoffered, at_the_end);
            }
            Report::AnswerVoid(question) => drop(self.home.borrow_mut().answers.remove(&question.version)),
            Report::Missing(kind, names) => {
                let mut home = self.home.borrow_mut();
                for name in names {
                    home.absent.insert((kind, name.clone()));
                    home.ever_absent.insert((kind, name));
                }
            }
            Report::Seen { kind, held, passing, unseen } => self.is_seen(kind, &held, &passing, &unseen),
            Report::StartFailed(_) => self.tally.borrow_mut().went_on_without_its_server += 1,
            _ => {}
        }
    }

    /// What is held has its reason, and of what waits unseen nobody is asked.
    fn is_seen(&mut self, kind: ObjectKind, held: &[ReportedObject], passing: &[String], unseen: &[String]) {
        for object in held {
            let Some(at) = self.world.of(kind, &object.digest) else { panic!("a definition of the server") };
            let is_twice = object.reason == ReasonCode::DupToolName;
            let is_sound = self.world.things[at].is_sound && !is_twice;
            let is_free = self.world.ways(at).is_empty() || object.reason == ReasonCode::MidsessionChange;
            assert!(is_free || is_twice, "{} passes", object.name);
            let is_rejected = self.world.state(at) == Some(ApprovalState::Rejected);
            let is_said_rejected = object.reason == ReasonCode::PreviouslyRejected;
            assert!(
                !is_sound || is_rejected == is_said_rejected,
                "{} is held: {:?}",
                object.name,
                object.reason
            );
            let is_asked_for_nothing =
                self.world.is_unseen(at) && object.reason != ReasonCode::NameConfusable && !is_twice;
            assert!(!is_asked_for_nothing, "nobody is asked about {}", object.name);
            let was_absent = self.home.borrow().ever_absent.contains(&(kind, object.name.clone()));
            let is_said_absent = object.reason == ReasonCode::ToolReappearedChanged;
            assert!(!is_said_absent || was_absent, "{} was never gone", object.name);
            self.home.borrow_mut().pending.insert(at);
        }
        let things = self.world.things.iter().enumerate().filter(|(_, thing)| thing.kind == kind);
        for name in unseen {
            let waits = things.clone().any(|(at, thing)| thing.name == *name && self.world.is_unseen(at));
            assert!(waits, "{name} waits by an update");
            assert!(!passing.contains(name), "{name} is not given");
        }
        self.tally.borrow_mut().unseen += unseen.len();
        let mut home = self.home.borrow_mut();
        home.absent.retain(|(of, name)| *of != kind || !passing.contains(name));
    }

    /// An answer is to be remembered: how the session began, and what passes now; at the end of a session only one in which
    /// the server stood until then.
    fn is_noted(&mut self, answer: Answer, unoffered: &BTreeSet<(ObjectKind, String)>, at_the_end: bool) {
        let objects: Vec<(&str, String)> =
            answer.objects.iter().map(|object| (&*object.name, object.digest.to_string())).collect();
        self.story.borrow_mut().push(format!("{} noted, at the end {at_the_end}: {objects:?}", self.name));
        assert!(!at_the_end || self.why == Why::Ends, "the session goes on");
        let process = self.process.as_ref().expect("a server that stands, or did so until now");
        let before = self.memory.noted.last();
        for object in &answer.objects {
            let was_noted = before.is_some_and(|before| before.objects.contains(object));
            let Some(at) = self.world.of(object.kind, &object.digest) else { panic!("words of a server") };
            let passes = self.world.may_reach(at);
            assert!(before.is_none() || was_noted || passes, "{} is not how it began", object.name);
            let slot = KINDS.iter().position(|(kind, _, _)| *kind == object.kind);
            let Some(shown) = slot.and_then(|slot| process.shown[slot].as_ref()) else { continue };
            let live = shown.iter().find(|live| self.world.things[**live].name == object.name);
            let live = *live.expect("a name that the server showed");
            let counts = self.world.ways(live).iter().any(|way| way.counts_as() == at);
            assert!(was_noted || counts || live == at, "{} has the digest that is approved", object.name);
        }
        let mut known = self.memory.noted.iter().chain(&self.memory.recalled);
        for name in unoffered {
            let is_it = |object: &&AnsweredObject| (object.kind, &object.name) == (name.0, &name.1);
            assert!(!answer.objects.iter().any(|object| is_it(&object)), "{name:?} is not gone");
            let was_held = known.clone().any(|known| {
                known.objects.iter().filter(is_it).any(|object| self.world.answered(object).is_none())
            });
            assert!(was_held, "{name:?} would be offered");
        }
        assert!(!at_the_end || known.any(|known| answer.lacks(known).next().is_some()), "it lacks a name");
        self.home.borrow_mut().note(&self.memory.version, &answer, unoffered, at_the_end);
        let mut tally = self.tally.borrow_mut();
        tally.noted += 1;
        tally.noted_at_the_end += usize::from(at_the_end);
        self.memory.noted.push(answer);
    }
}
