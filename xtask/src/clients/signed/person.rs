//! What the person at the terminal does, and how long a day is.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use pinfold_tests::client::Client as Caller;
use pinfold_tests::stage::run_to_end;
use serde_json::Value;

use super::super::gate::{self, LABEL};
use super::super::real;
use super::super::session::Bench;
use super::super::verdict::Verdict;
use super::super::words::APPROVED;
use super::PublicLog;

/// How long a release may take to be looked up and to be a second old.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who uses the client of a bench.
pub(super) struct Person<'a> {
    pub(super) pinfold: &'a Path,
    pub(super) bench: &'a Bench,
}

impl Person<'_> {
    /// Trusts the publisher, then says yes to the launch and to whose the words are. No words are shown.
    ///
    /// # Errors
    /// When a command is refused.
    pub(super) fn first_use(
        &self,
        verdict: &mut Verdict,
        bundle: &Path,
        log: &PublicLog,
    ) -> Result<(), String> {
        let trust = ["policy".as_ref(), "trust".as_ref(), bundle.as_ref(), "--log".as_ref()];
        gate::answer(self.pinfold, self.bench, &[&trust[..], &[log.policy().as_ref()]].concat())?;
        let review = ["review".as_ref(), LABEL.as_ref(), "--bundle".as_ref(), bundle.as_ref()];
        let screen = gate::answer(self.pinfold, self.bench, &review)?;
        questions(verdict, &screen, 2);
        verdict.check(!screen.contains(APPROVED), "the first use shows the server's words");
        Ok(())
    }

    /// Says yes to a change that is published: one question, which says so.
    ///
    /// # Errors
    /// When the command is refused.
    pub(super) fn approves_what_is_published(&self, verdict: &mut Verdict) -> Result<(), String> {
        let screen = gate::answer(self.pinfold, self.bench, &["review".as_ref(), LABEL.as_ref()])?;
        questions(verdict, &screen, 1);
        verdict.check(screen.contains("published: the release below"), "it is not said that it is published");
        Ok(())
    }

    /// Writes a policy by which these published updates pass, a second after their release.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn lets_updates(&self, updates: &str) -> Result<(), String> {
        let policy = format!("version = 1\n[server.{LABEL}]\nupdates = \"{updates}\"\nmin_age = \"1s\"\n");
        real::write(&self.bench.rooms.home.join(".config/pinfold/policy.toml"), &policy)
    }

    /// A day passes: the next gate looks the newest release up.
    ///
    /// # Errors
    /// When the file of the last look-up cannot be removed.
    pub(super) fn has_no_look_up(&self) -> Result<(), String> {
        let file = format!(".local/state/pinfold/lookups/{LABEL}.json");
        match fs::remove_file(self.bench.rooms.home.join(file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.to_string()),
            _ => Ok(()),
        }
    }

    /// A gate has looked up a newer release, which is old enough.
    ///
    /// # Errors
    /// When that does not come about.
    pub(super) fn looks_up(&self) -> Result<(), String> {
        let end = Instant::now() + PATIENCE;
        loop {
            let server = self.status()?;
            let (outcome, refused) = (&server["lookup"]["outcome"], &server["update"]["refused"]);
            if outcome == "newer" && server["update"].is_object() && refused.is_null() {
                return Ok(());
            }
            if Instant::now() > end {
                return Err(format!(
                    "no update is at hand: the look-up is {}, the update {}",
                    server["lookup"], server["update"]
                ));
            }
            self.has_no_look_up()?;
            self.starts_a_gate(end)?;
        }
    }

    /// Whether `pinfold review` has a question.
    ///
    /// # Errors
    /// When it says neither.
    pub(super) fn is_asked(&self) -> Result<bool, String> {
        let output = run_to_end(self.command(&["review", LABEL, "--json"]));
        match output.status.code() {
            Some(0) => Ok(false),
            Some(4) => Ok(true),
            _ => Err(format!("pinfold review --json ended with {}: {}", output.status, said(&output.stdout))),
        }
    }

    /// Holds a gate open until it has looked up.
    fn starts_a_gate(&self, end: Instant) -> Result<(), String> {
        let server = self.bench.server().map_err(|error| error.to_string())?;
        let line = gate::before(self.pinfold, &server);
        let mut command = self.command(&[]);
        command.args(&line[1..]);
        let caller = Caller::start(command);
        while Instant::now() < end && self.status()?["lookup"].is_null() {
            thread::sleep(Duration::from_millis(100));
        }
        caller.close();
        Ok(())
    }

    fn status(&self) -> Result<Value, String> {
        let output = run_to_end(self.command(&["status", LABEL, "--json"]));
        let document: Value = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("pinfold status --json: {error}: {}", said(&output.stderr)))?;
        Ok(document["servers"][0].clone())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.pinfold);
        command.args(arguments).env_clear().envs(self.bench.environment());
        command.current_dir(&self.bench.rooms.work);
        command
    }
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

fn questions(verdict: &mut Verdict, screen: &str, expected: usize) {
    let asked = screen.matches("to approve, or n to refuse").count();
    verdict.check(asked == expected, format!("{asked} questions, not {expected}:\n{screen}"));
}
