//! What the gate saw, written down. Nothing here approves anything, and a store that cannot be written stops no call.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use pinfold_core::answer::Answer;
use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::name::Label;
use pinfold_core::reason::ReasonCode;
use pinfold_core::text;
use pinfold_gate::gate::{ClientQuestion, MAX_JUNK_TOLD, Report, ReportedObject};
use pinfold_gate::guardian::ServerExit;
use pinfold_store::{
    Access, Counters, Exit as ServerEnd, GateRow, GateState, Held, Noted, Places, ProcessStamp, Request,
    Store, StoreError, StoredObject,
};

use super::detail::{Detail, NEEDS_RECONNECT};
use super::memory::QuestionKey;
use super::murmur::Murmur;
use crate::notify::Voice;
use crate::time;

/// How much of a server's lines that are no messages is shown.
const MAX_JUNK_CHARS: usize = 200;

/// How many held objects are said one by one; of more only the count is.
const MAX_HELD_LINES: usize = 5;

/// Why a text that is approved, or passes by an update, is held all the same.
const SWITCHED: &str = "it may pass, but this session knows the name with another text; reconnect the client";

/// How often counters are written.
const COUNTERS_EVERY: Duration = Duration::from_secs(5);

/// Who writes down what a gate reports.
pub(crate) struct Desk {
    pub(crate) label: Label,
    /// Digest of the launch as it is now; `None`: the command could not be resolved.
    pub(crate) launch: Option<Digest>,
    /// What to leave in the store if the launch has to be asked about.
    pub(crate) request: Option<Request>,
    pub(crate) places: Places,
    /// What the store is opened for.
    pub(crate) access: Access,
    /// Opened when the work begins, so that nobody waits for it; `None`: it could not be.
    pub(crate) store: Option<Store>,
    pub(crate) voice: Voice,
    pub(crate) murmur: Murmur,
    pub(crate) process: Option<ProcessStamp>,
    pub(crate) counters: Counters,
    pub(crate) junk_seen: usize,
    pub(crate) warned: bool,
    pub(crate) waits_for_launch: bool,
    /// Names of variables that are set and that the server does not get.
    pub(crate) withheld: Vec<String>,
    /// What runs the server and only root can change: path and digest.
    pub(crate) interpreters: Vec<(String, Digest)>,
    /// What was said to be held already, for each digest and reason.
    pub(crate) said: BTreeSet<(Digest, ReasonCode)>,
    /// How questions of this launch are remembered.
    pub(crate) questions: Option<QuestionKey>,
    /// The client has its answers from the pins.
    pub(crate) from_pins: bool,
    /// How the server ended last, or why it was not started, in our words.
    pub(crate) last_failure: String,
}

impl Desk {
    /// Takes reports until the gate is gone.
    pub(crate) fn work(mut self, reports: &Receiver<Report>) {
        self.store = Store::open(&self.places, self.access).ok();
        let mut counters_due = Instant::now() + COUNTERS_EVERY;
        loop {
            match reports.recv_timeout(counters_due.saturating_duration_since(Instant::now())) {
                Ok(Report::SessionOver) | Err(RecvTimeoutError::Disconnected) => return self.close(),
                Ok(report) => self.take(report),
                Err(RecvTimeoutError::Timeout) => {
                    self.write_counters();
                    counters_due = Instant::now() + COUNTERS_EVERY;
                }
            }
        }
    }

    fn close(mut self) {
        self.write_counters();
        if let (Some(store), Some(process)) = (&self.store, &self.process) {
            let _ = store.remove_gate(process);
        }
    }

    fn take(&mut self, report: Report) {
        match report {
            Report::WaitsForLaunch => {
                self.leave_request();
                self.say(GateState::Waiting, "");
                if let Some(launch) = self.launch {
                    let reason =
                        self.request.as_ref().map_or(ReasonCode::LaunchChanged, |request| request.reason);
                    self.notify(launch, reason, "waits for your approval of its command");
                }
                self.tell(&format!("not started; run `pinfold review {}` in your own terminal", self.label));
                self.waits_for_launch = true;
            }
            Report::AnsweredFromPins => {
                self.from_pins = true;
                self.say(GateState::Answering, "");
            }
            Report::Starting => {
                self.record_interpreters();
                if self.from_pins {
                    self.say(GateState::Answering, "");
                }
            }
            Report::StartFailed(reason) => self.start_failed(reason),
            Report::Answered { question, answer, spelled, unoffered, at_the_end } => {
                let noted = if at_the_end { Noted::AtTheEnd } else { Noted::Meanwhile(&unoffered) };
                self.remember(&question, &answer, noted);
                let stored = |(kind, digest, bytes): (_, _, Arc<[u8]>)| StoredObject {
                    kind,
                    digest,
                    bytes: bytes.to_vec(),
                };
                let spelled: Vec<StoredObject> = spelled.into_iter().map(stored).collect();
                self.observe(|_, _, store| store.respell(&spelled));
            }
            Report::AnswerVoid(question) => self.forget(&question),
            Report::ServerGreeted => {
                self.waits_for_launch = false;
                self.say(GateState::Showing, "");
            }
            Report::Seen { kind, held, passing, unseen } => {
                self.hold(held);
                // What waits unseen is no question any more, if an earlier session made it one.
                let settled: Vec<_> = passing.into_iter().chain(unseen).map(|name| (kind, name)).collect();
                self.observe(|label, _, store| store.settle_passing(label, &settled));
            }
            Report::Missing(kind, names) => {
                let what = kind_words(kind);
                self.tell(&match names.len() {
                    1 => format!("an approved {what} is no longer listed"),
                    count => format!("of what is approved, {count} ({what}) are no longer listed"),
                });
                let names: Vec<_> = names.into_iter().map(|name| (kind, name)).collect();
                self.observe(|label, _, store| store.record_absent(label, &names, time::now()));
            }
            Report::ClientNamed(name) => {
                if let Some(request) = &mut self.request {
                    request.client = name;
                }
                if self.waits_for_launch {
                    self.leave_request();
                }
            }
            Report::ListingRefused(kind, reason) => {
                let words =
                    format!("its listing of {}s breaks the rules ({})", kind_words(kind), reason.as_str());
                self.tell(&words);
                self.observe(|label, launch, store| {
                    store.record_hold(label, launch, Some((reason, "")), time::now())
                });
            }
            Report::ConfirmNeeded => {
                let words = "a call waits for your yes";
                self.tell(&format!("{words} ({})", ReasonCode::ConfirmNeeded.as_str()));
                let body = format!(
                    "{}: {words}. Run: pinfold policy allow {} TOOL --for 10m",
                    self.label, self.label
                );
                self.voice.say(self.label.as_str(), ReasonCode::ConfirmNeeded.as_str(), &body);
            }
            Report::WholeHold(reason) => {
                if let Some(reason) = reason {
                    self.tell(&format!("held as a whole ({})", reason.as_str()));
                }
                let hold = reason.map(|reason| (reason, ""));
                self.observe(|label, launch, store| match hold {
                    // Nearly every session: nothing is written then.
                    None if store.holds(label)?.is_empty() => Ok(()),
                    _ => store.record_hold(label, launch, hold, time::now()),
                });
            }
            Report::HandshakeRefused(reason) => {
                self.tell(&format!("its handshake breaks the rules ({})", reason.as_str()));
            }
            Report::Asked(ask) => {
                self.tell(&format!("asks for {}, which nobody approved", ask.as_str()));
                self.observe(|label, launch, store| store.record_ask(label, launch, ask, time::now()));
            }
            Report::Settled { needs_reconnect, held } => {
                let detail = if needs_reconnect { NEEDS_RECONNECT } else { "" };
                self.say(GateState::Ready, detail);
                if held > 0 {
                    self.tell(&format!("{held} held; run `pinfold review {}`", self.label));
                }
            }
            Report::ListingFailed(kind, reason) => {
                let what = kind_words(kind);
                self.tell(&format!("the server did not list its {what}s ({})", reason.as_str()));
            }
            Report::Junk(line) => self.junk(|| {
                let start = &line[..line.len().min(4 * MAX_JUNK_CHARS)];
                text::visible(&String::from_utf8_lossy(start))
            }),
            Report::Broken { bytes, reason } => self.junk(|| format!("{bytes} bytes ({})", reason.as_str())),
            Report::Dropped => self.counters.dropped_notifications += 1,
            Report::NotStarted(errno) => {
                let why = std::io::Error::from_raw_os_error(errno).to_string();
                self.say(GateState::Failed, &why);
                self.last_failure = format!("the server could not be started: {why}");
                self.tell(&self.last_failure);
            }
            Report::GuardianNotStarted(why) => {
                self.say(GateState::Failed, &why);
                self.tell(&why);
                self.last_failure = why;
            }
            Report::ServerEnded { exit, .. } => self.server_ended(exit),
            Report::SessionOver => {}
        }
    }

    /// Bytes that pass without a question are noted, so that `status` can say since when they are there.
    fn record_interpreters(&mut self) {
        for (path, digest) in std::mem::take(&mut self.interpreters) {
            self.observe(|_, _, store| store.record_interpreter(&path, &digest, time::now()));
        }
    }

    fn start_failed(&mut self, reason: ReasonCode) {
        match reason {
            ReasonCode::ServerSilent => {
                self.last_failure = "the server did not show its listings in time".to_owned()
            }
            ReasonCode::LimitLine => {
                self.last_failure = "the server sent a line of more than 64 MiB".to_owned()
            }
            _ => {}
        }
        let words = std::mem::take(&mut self.last_failure);
        self.tell(&format!("{words}; its tools stay listed, and the next call starts it again"));
        self.say(GateState::Failed, &words);
    }

    fn remember(&mut self, question: &ClientQuestion, answer: &Answer, noted: Noted<'_>) {
        let Some(key) = self.questions.as_ref().and_then(|questions| questions.of(question)) else { return };
        self.observe(|label, _, store| store.record_answer(label, &key, answer, noted, time::now()));
    }

    fn forget(&mut self, question: &ClientQuestion) {
        let Some(key) = self.questions.as_ref().and_then(|questions| questions.of(question)) else { return };
        self.observe(|label, _, store| store.forget_answer(label, &key));
    }

    fn leave_request(&mut self) {
        if let Some(request) = self.request.clone() {
            self.observe(|_, _, store| store.record_request(&request));
        }
    }

    /// Writes down what is held, and says what is new of it.
    fn hold(&mut self, objects: Vec<ReportedObject>) {
        if objects.is_empty() {
            return;
        }
        let said = &mut self.said;
        let new: Vec<&ReportedObject> =
            objects.iter().filter(|object| said.insert((object.digest, object.reason))).collect();
        let lines: Vec<String> = new
            .iter()
            .map(|object| format!("holds a {} ({})", kind_words(object.kind), object.reason.as_str()))
            .collect();
        let first = new.first().map(|object| (object.digest, object.reason));
        if lines.len() <= MAX_HELD_LINES {
            lines.iter().for_each(|line| self.tell(line));
        }
        let held: Vec<Held> = objects.into_iter().map(held_of).collect();
        self.observe(|label, launch, store| store.record_held(label, launch, &held, time::now()));
        if let Some((digest, reason)) = first {
            let words = match lines.len() {
                1 => "holds 1 thing that changed or is new".to_owned(),
                count => format!("holds {count} things that changed or are new"),
            };
            self.notify(digest, reason, &words);
        }
    }

    fn junk(&mut self, line: impl FnOnce() -> String) {
        self.counters.junk_lines += 1;
        self.junk_seen += 1;
        match self.junk_seen {
            seen if seen <= MAX_JUNK_TOLD => {
                let shown: String = line().chars().take(MAX_JUNK_CHARS).collect();
                self.tell(&format!("not a message, dropped: {shown}"));
            }
            seen if seen == MAX_JUNK_TOLD + 1 => {
                self.tell("more lines that are no messages; they are only counted from here on");
            }
            _ => {}
        }
    }

    fn server_ended(&mut self, exit: ServerExit) {
        let how = exit.to_string();
        self.last_failure = format!("the server {how} before it was verified");
        self.observe(|label, launch, store| {
            store.record_exit(label, &ServerEnd { launch: *launch, at: time::now(), how })
        });
    }

    fn say(&mut self, state: GateState, words: &str) {
        let Some(process) = self.process.clone() else { return };
        let detail = Detail { words: words.to_owned(), withheld: self.withheld.clone() }.to_string();
        self.observe(|label, launch, store| {
            store.set_gate(&GateRow {
                process,
                label: label.clone(),
                launch: *launch,
                state,
                detail,
                updated: time::now(),
            })
        });
    }

    /// One line on standard error. Labels are the entry's, everything else is ours.
    fn tell(&self, words: &str) {
        self.murmur.say(format!("pinfold: {}: {words}", self.label));
    }

    fn write_counters(&mut self) {
        let counters = std::mem::take(&mut self.counters);
        if counters != Counters::default() {
            self.observe(|label, _, store| store.add_counters(label, counters));
        }
    }

    /// Tells the person once for each digest.
    fn notify(&mut self, digest: Digest, reason: ReasonCode, words: &str) {
        let due =
            self.store.as_ref().is_some_and(|store| store.notify_once(&digest, time::now()).unwrap_or(false));
        if due {
            let body = format!("{} {words}. Run: pinfold review {}", self.label, self.label);
            self.voice.say(self.label.as_str(), reason.as_str(), &body);
        }
    }

    /// Writes something down. What cannot be written is said once; the gate goes on.
    fn observe<T>(&mut self, write: impl FnOnce(&Label, &Digest, &Store) -> Result<T, StoreError>) {
        let (Some(store), Some(launch)) = (&self.store, &self.launch) else { return };
        if let Err(error) = write(&self.label, launch, store)
            && !std::mem::replace(&mut self.warned, true)
        {
            let hint = error.hint();
            self.tell(&format!("what was seen could not be written down: {error}; {hint}"));
        }
    }
}

/// An object that is held as the store keeps it.
pub(crate) fn held_of(object: ReportedObject) -> Held {
    Held {
        object: StoredObject { kind: object.kind, digest: object.digest, bytes: object.bytes.to_vec() },
        name: object.name,
        reason: object.reason,
        pointer: object.pointer,
        compared_with: object.compared_with,
        // Approval cannot help here; a new session does.
        fault: object
            .fault
            .or_else(|| (object.reason == ReasonCode::MidsessionChange).then(|| SWITCHED.to_owned())),
    }
}

fn kind_words(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Tool => "tool",
        ObjectKind::Prompt => "prompt",
        ObjectKind::ResourceTemplate => "resource template",
        ObjectKind::Resource => "resource",
        ObjectKind::Instructions => "text of instructions",
        ObjectKind::ServerInfo => "description of itself",
    }
}
