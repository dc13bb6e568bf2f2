//! The course of one client: every session, in the order in which a user would live through them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cases::{CASES, Case, NOTICE};
use super::client::SERVER_KEY;
use super::eye::Turn;
use super::gate;
use super::judge;
use super::model::Step;
use super::server::{State, When};
use super::session::{Bench, Outcome};
use super::verdict::{Leg, Verdict};

/// How long the model thinks when the server changes in mid-session.
const NEWS_TRAVELS: Duration = Duration::from_millis(1500);

/// How long it thinks behind the gate before its last call: the client lists again when it finds the time, and one that
/// missed the news is told again after 0.5 s and 1.5 s.
const NEWS_IS_TOLD_AGAIN: Duration = Duration::from_millis(2500);

/// The same behind the gate where the server keeps silent: the gate looks after a call, but at most every 5 seconds.
const SILENCE_IS_FOUND_OUT: Duration = Duration::from_secs(7);

/// What is run, and what is kept of it.
#[derive(Debug, Clone)]
pub(crate) struct Course {
    /// The program to test; without one only the unprotected sessions are run.
    pub(crate) pinfold: Option<PathBuf>,
    /// Where request bodies are kept.
    pub(crate) bodies: PathBuf,
    /// Keep the bodies of sessions that passed, too.
    pub(crate) keep: bool,
}

impl Course {
    /// Runs all sessions of the bench's client.
    ///
    /// # Errors
    /// When a session cannot be set up; one that fails is a verdict.
    pub(crate) fn run(&self, bench: &Bench) -> io::Result<Vec<Verdict>> {
        let mut verdicts = Vec::new();
        let server = bench.server()?;

        let mut direct = None;
        let verdict = Verdict::new(bench.client, Leg::Unprotected, "unchanged");
        verdicts.push(self.session(verdict, |verdict| {
            let outcome = bench.run(&server, &State::default(), &steps(&judge::PLAN, Duration::ZERO))?;
            direct = judge::direct(verdict, &outcome);
            Ok(outcome)
        })?);

        for case in CASES {
            let verdict = Verdict::new(bench.client, Leg::Unprotected, case.name);
            let plan = steps(&judge::PLAN, pause(case, Leg::Unprotected));
            verdicts.push(self.session(verdict, |verdict| {
                let outcome = bench.run(&server, &case.state(), &plan)?;
                judge::unprotected(verdict, &outcome, case);
                Ok(outcome)
            })?);
        }
        if let Some(pinfold) = &self.pinfold {
            self.behind_the_gate(bench, pinfold, direct.as_deref(), &mut verdicts)?;
        }
        Ok(verdicts)
    }

    fn behind_the_gate(
        &self,
        bench: &Bench,
        pinfold: &Path,
        direct: Option<&[Turn]>,
        verdicts: &mut Vec<Verdict>,
    ) -> io::Result<()> {
        let server = gate::before(pinfold, &bench.server()?);
        let unchanged = State::default();

        for (name, launch_approved) in [("never seen", false), ("launch approved", true)] {
            let verdict = Verdict::new(bench.client, Leg::Gated, name);
            let mut verdict = self.session(verdict, |verdict| {
                let plan = steps(&[NOTICE, judge::PLAN[0]], Duration::ZERO);
                let outcome = bench.run(&server, &unchanged, &plan)?;
                judge::first_use(verdict, &outcome, launch_approved);
                Ok(outcome)
            })?;
            let approved = gate::approve(pinfold, bench);
            if let Err(why) = &approved {
                verdict.check(false, format!("without this approval the other sessions were not run: {why}"));
            }
            verdicts.push(verdict);
            if approved.is_err() {
                return Ok(());
            }
        }
        self.unchanged(bench, "unchanged", 0, direct, verdicts)?;
        self.unchanged(bench, "needs 30 s to start", 30, direct, verdicts)?;
        for case in CASES {
            self.changed(bench, case, verdicts)?;
        }
        self.settle(bench)?;
        self.unchanged(bench, "as approved again", 0, direct, verdicts)
    }

    /// One session whose outcome is not looked at. What was held last is still in the gate's memory of answers until a
    /// session has stood without it, so a client that asks before the server was looked at can be given the notice once.
    fn settle(&self, bench: &Bench) -> io::Result<()> {
        let Some(pinfold) = &self.pinfold else { return Ok(()) };
        let server = gate::before(pinfold, &bench.server()?);
        bench.run(&server, &State::default(), &steps(&judge::PLAN, Duration::ZERO)).map(|_| ())
    }

    fn unchanged(
        &self,
        bench: &Bench,
        name: &'static str,
        start_seconds: u64,
        direct: Option<&[Turn]>,
        verdicts: &mut Vec<Verdict>,
    ) -> io::Result<()> {
        let Some(pinfold) = &self.pinfold else { return Ok(()) };
        let server = gate::before(pinfold, &bench.server()?);
        let state = State { start_seconds, ..State::default() };
        verdicts.push(self.session(Verdict::new(bench.client, Leg::Gated, name), |verdict| {
            let outcome = bench.run(&server, &state, &steps(&judge::PLAN, Duration::ZERO))?;
            judge::same(verdict, &outcome, direct);
            Ok(outcome)
        })?);
        Ok(())
    }

    fn changed(&self, bench: &Bench, case: &Case, verdicts: &mut Vec<Verdict>) -> io::Result<()> {
        let Some(pinfold) = &self.pinfold else { return Ok(()) };
        let server = gate::before(pinfold, &bench.server()?);
        let plan = until_news_travelled(steps(&judge::gated_plan(case), pause(case, Leg::Gated)));
        verdicts.push(self.session(Verdict::new(bench.client, Leg::Gated, case.name), |verdict| {
            let outcome = bench.run(&server, &case.state(), &plan)?;
            judge::gated(verdict, &outcome, case);
            Ok(outcome)
        })?);
        Ok(())
    }

    /// Runs and judges a session; a second time if it failed by nothing that never may happen. What is wrong with `verdict`
    /// before it is wrong each time.
    ///
    /// # Errors
    /// When a session cannot be set up or a body not be kept.
    pub(crate) fn session(
        &self,
        verdict: Verdict,
        mut run: impl FnMut(&mut Verdict) -> io::Result<Outcome>,
    ) -> io::Result<Verdict> {
        let mut first = verdict.clone();
        let outcome = run(&mut first)?;
        self.told(&first, "", &outcome)?;
        if !first.may_try_again() {
            return Ok(first);
        }
        let mut second = verdict;
        let outcome = run(&mut second)?;
        second.second_try_after(&first);
        self.told(&second, ", second try", &outcome)?;
        Ok(second)
    }

    /// Says on stderr how it went, and keeps the bodies where they are wanted.
    fn told(&self, verdict: &Verdict, which: &str, outcome: &Outcome) -> io::Result<()> {
        let word = if verdict.passed() { verdict.word } else { "FAILED" };
        let (client, leg) = (verdict.client.name(), verdict.leg.as_str());
        eprintln!("clients: {client:<9} {leg:<12} {:<24} {word}{which}  {:.1?}", verdict.case, outcome.took);
        if self.keep || !verdict.passed() {
            let folder = self.bodies.join(client).join(format!("{leg}, {}{which}", verdict.case));
            fs::create_dir_all(&folder)?;
            for (number, request) in outcome.requests.iter().enumerate() {
                fs::write(folder.join(format!("{number}.json")), &request.body)?;
            }
        }
        Ok(())
    }
}

/// How long the model thinks before its second call.
fn pause(case: &Case, leg: Leg) -> Duration {
    match (case.when, leg) {
        (When::AtStart, _) => Duration::ZERO,
        (When::AfterFirstCallSilently, Leg::Gated) => SILENCE_IS_FOUND_OUT,
        (When::AfterFirstCallNotified | When::AfterFirstCallSilently, _) => NEWS_TRAVELS,
    }
}

/// The plan with time before its last call.
pub(super) fn until_news_travelled(mut plan: Vec<Step>) -> Vec<Step> {
    if let Some(last) = plan.last_mut() {
        last.pause = last.pause.max(NEWS_IS_TOLD_AGAIN);
    }
    plan
}

/// The plan: these calls, the second one after a pause.
pub(super) fn steps(tools: &[&'static str], pause: Duration) -> Vec<Step> {
    let before = |number| if number == 1 { pause } else { Duration::ZERO };
    tools
        .iter()
        .enumerate()
        .map(|(number, tool)| Step { key: SERVER_KEY, tool, pause: before(number) })
        .collect()
}
