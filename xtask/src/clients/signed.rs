//! A signed server in one client: what its model sees from a first use by a bundle to updates that pass by the policy.
//!
//! Three releases of the scripted server. Without the gate the model sees each as it is; behind it a release's words are
//! there to the byte once somebody answers for them, and not one byte of them before.

mod judge;
mod person;
mod publisher;

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use self::judge::Spelling;
use self::person::Person;
pub(crate) use self::publisher::PublicLog;
use self::publisher::Publisher;
use super::cases::NOTICE;
use super::course::{Course, steps, until_news_travelled};
use super::eye::Turn;
use super::gate;
use super::judge::first_use;
use super::model::Step;
use super::server::State;
use super::session::{Bench, Outcome};
use super::verdict::{Leg, Verdict};
use super::words::{ALPHA, BETA, CHANGED, Carrier, GAMMA, NARROWED};

/// A release of the scripted server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Release {
    /// The words that all cases begin with.
    One,
    /// Other words, a parameter that can be left out, and a new tool.
    Two,
    /// The same, and a parameter that takes less.
    Three,
}

impl Release {
    const ALL: [Self; 3] = [Self::One, Self::Two, Self::Three];

    /// Its row in the report.
    fn name(self) -> &'static str {
        match self {
            Self::One => "release 1",
            Self::Two => "release 2",
            Self::Three => "release 3",
        }
    }

    /// The word for a model that sees exactly this.
    fn seen(self) -> &'static str {
        match self {
            Self::One => "as release 1",
            Self::Two => "as release 2",
            Self::Three => "as release 3",
        }
    }

    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::One => "1.0.0",
            Self::Two => "1.1.0",
            Self::Three => "1.1.1",
        }
    }

    pub(crate) fn state(self) -> State {
        let words = [Carrier::Description, Carrier::PropertyDescription, Carrier::SchemaComment];
        let changed = match self {
            Self::One => Vec::new(),
            Self::Two => [&words[..], &[Carrier::ParameterAdded, Carrier::ToolAdded]].concat(),
            Self::Three => [&Self::Two.state().changed[..], &[Carrier::Narrowed]].concat(),
        };
        State { changed, ..State::default() }
    }

    fn tools(self) -> &'static [&'static str] {
        if self == Self::One { &[ALPHA, BETA] } else { &[ALPHA, BETA, GAMMA] }
    }
}

/// The calls where the model is to see a whole release. The last tool is unknown in the first one.
const PLAN: [&str; 3] = [ALPHA, BETA, GAMMA];

/// The calls where something is held.
const PLAN_HELD: [&str; 4] = [BETA, GAMMA, NOTICE, ALPHA];

/// Runs all sessions of the bench's client; those behind the gate where there are a program and a log.
///
/// # Errors
/// When a session cannot be set up or a release not be published; a session that fails is a verdict.
pub(crate) fn run(course: &Course, bench: &Bench, log: Option<&PublicLog>) -> Result<Vec<Verdict>, String> {
    let mut story = Story { course, bench, direct: Vec::new(), verdicts: Vec::new() };
    for release in Release::ALL {
        story.unprotected(release)?;
    }
    if let (Some(pinfold), Some(log)) = (&course.pinfold, log) {
        story.behind_the_gate(pinfold, log)?;
    }
    Ok(story.verdicts)
}

struct Story<'a> {
    course: &'a Course,
    bench: &'a Bench,
    /// What the model sees of each release without a gate.
    direct: Vec<Option<Vec<Turn>>>,
    verdicts: Vec<Verdict>,
}

impl Story<'_> {
    fn unprotected(&mut self, release: Release) -> Result<(), String> {
        let verdict = Verdict::new(self.bench.client, Leg::Unprotected, release.name());
        let server = self.bench.server().map_err(|error| error.to_string())?;
        let mut turns = None;
        let before = self.direct.last().and_then(Option::as_deref);
        let verdict =
            self.session(verdict, &server, release, &steps(&PLAN, Duration::ZERO), |verdict, outcome| {
                turns = judge::direct(verdict, outcome, release, before);
            })?;
        self.direct.push(turns);
        self.verdicts.push(verdict);
        Ok(())
    }

    fn behind_the_gate(&mut self, pinfold: &Path, log: &PublicLog) -> Result<(), String> {
        let bench = self.bench;
        let person = Person { pinfold, bench };
        let publisher = Publisher::new(pinfold, bench.client, log)?;
        let first = publisher.publish(Release::One)?;

        let server = gate::before(pinfold, &bench.server().map_err(|error| error.to_string())?);
        let verdict = Verdict::new(bench.client, Leg::Gated, "signed, never seen");
        let plan = steps(&[NOTICE, ALPHA], Duration::ZERO);
        let verdict = self.session(verdict, &server, Release::One, &plan, |verdict, outcome| {
            first_use(verdict, outcome, false);
        })?;
        self.verdicts.push(verdict);

        self.shown("first use by its bundle", Release::One, Release::One, |verdict| {
            person.first_use(verdict, &first, log)
        })?;
        // The same again, answered before the server is there.
        self.shown("the session after it", Release::One, Release::One, |_| Ok(()))?;
        self.held("change, not published", Release::Two, |_| Ok(()))?;
        publisher.publish(Release::Two)?;
        self.shown("approved words kept", Release::Two, Release::One, |_| {
            person.lets_updates("approved-words").and_then(|()| person.looks_up())
        })?;
        self.held("published, not decided", Release::Two, |_| person.lets_updates("ask"))?;
        self.shown("published, approved", Release::Two, Release::Two, |verdict| {
            person.approves_what_is_published(verdict)
        })?;
        publisher.publish(Release::Three)?;
        self.held("update, not looked up", Release::Three, |_| {
            person.lets_updates("signed").and_then(|()| person.has_no_look_up())
        })?;
        self.shown("update by the policy", Release::Three, Release::Three, |_| person.looks_up())
    }

    /// A session with a server that says `says`, in which the model must see exactly `sees`.
    fn shown(
        &mut self,
        name: &'static str,
        says: Release,
        sees: Release,
        before: impl FnOnce(&mut Verdict) -> Result<(), String>,
    ) -> Result<(), String> {
        let direct = self.direct.get(sees as usize).and_then(Option::as_deref);
        let by_policy = sees == Release::Three;
        let spelling = if by_policy { Spelling::OfTheManifest } else { Spelling::OfTheServer };
        let mut verdict = self.gated(name, says, &PLAN, before, |verdict, outcome| {
            judge::shown(verdict, outcome, sees, direct, spelling);
        })?;
        self.waits(&mut verdict, false);
        self.verdicts.push(verdict);
        Ok(())
    }

    /// A session with a server that says `says`, of whose changes the model must see nothing.
    fn held(
        &mut self,
        name: &'static str,
        says: Release,
        before: impl FnOnce(&mut Verdict) -> Result<(), String>,
    ) -> Result<(), String> {
        let (changed, works): (&str, &[&str]) = match says {
            Release::Three => (NARROWED, &[BETA, GAMMA]),
            _ => (CHANGED, &[BETA]),
        };
        let mut verdict = self.gated(name, says, &PLAN_HELD, before, |verdict, outcome| {
            judge::held(verdict, outcome, changed, works);
        })?;
        self.waits(&mut verdict, true);
        self.verdicts.push(verdict);
        Ok(())
    }

    /// A session behind the gate after what a person does; that this fails is a fault of the session.
    fn gated(
        &self,
        name: &'static str,
        says: Release,
        plan: &[&'static str],
        before: impl FnOnce(&mut Verdict) -> Result<(), String>,
        judge: impl FnMut(&mut Verdict, &Outcome),
    ) -> Result<Verdict, String> {
        let mut verdict = Verdict::new(self.bench.client, Leg::Gated, name);
        if let Err(why) = before(&mut verdict) {
            verdict.check(false, why);
        }
        let pinfold = self.course.pinfold.as_deref().ok_or("there is no program to test")?;
        let server = gate::before(pinfold, &self.bench.server().map_err(|error| error.to_string())?);
        let is_held = plan.contains(&NOTICE) && self.bench.client.lists_again();
        let mut plan = steps(plan, Duration::ZERO);
        if is_held {
            plan = until_news_travelled(plan);
        }
        self.session(verdict, &server, says, &plan, judge)
    }

    fn session(
        &self,
        verdict: Verdict,
        server: &[OsString],
        says: Release,
        plan: &[Step],
        mut judge: impl FnMut(&mut Verdict, &Outcome),
    ) -> Result<Verdict, String> {
        let verdict = self.course.session(verdict, |verdict| {
            let outcome = self.bench.run(server, &says.state(), plan)?;
            judge(verdict, &outcome);
            Ok(outcome)
        });
        verdict.map_err(|error| error.to_string())
    }

    /// Whether `pinfold review` has a question.
    fn waits(&self, verdict: &mut Verdict, expected: bool) {
        let Some(pinfold) = &self.course.pinfold else { return };
        let person = Person { pinfold, bench: self.bench };
        match person.is_asked() {
            Ok(waits) => {
                let fault = if waits { "a person is asked" } else { "nobody is asked" };
                verdict.check(waits == expected, fault);
            }
            Err(why) => verdict.check(false, why),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::words::Words;
    use super::*;

    #[test]
    fn each_release_lists_its_tools_and_more_than_the_one_before() {
        let mut before = String::new();
        for release in Release::ALL {
            let changed: BTreeSet<Carrier> = release.state().changed.into_iter().collect();
            let said = Words { changed }.tools();
            let listing: serde_json::Value = serde_json::from_str(&said).unwrap();
            let tools = listing["tools"].as_array().unwrap();
            assert_eq!(tools.iter().map(|tool| &tool["name"]).collect::<Vec<_>>(), release.tools());
            assert!(said.len() > before.len(), "{}", release.name());
            assert_eq!(said.contains(CHANGED), release != Release::One);
            assert_eq!(said.contains(NARROWED), release == Release::Three);
            before = said;
        }
    }
}
