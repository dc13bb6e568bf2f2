//! The server's answers.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pinfold_tests::scenario::{Scenario, Step, Trigger};
use serde_json::{Value, json};

use crate::append;
use crate::restless;
use crate::wire::Wire;

pub(crate) struct Server {
    folder: PathBuf,
    scenario: Scenario,
    wire: Wire,
    counts: Mutex<Counts>,
    asked: Mutex<HashMap<String, Sender<String>>>,
}

/// What moves the listings on.
#[derive(Default)]
struct Counts {
    calls: u32,
    calls_of: BTreeMap<String, u32>,
    listings: BTreeMap<String, u32>,
    announced: BTreeMap<String, usize>,
}

/// One message that is being worked on.
struct Message {
    line: String,
    value: Value,
    reply: String,
}

enum Then {
    AnswerAsUsual,
    Answered,
}

impl Server {
    pub(crate) fn new(folder: PathBuf, scenario: Scenario) -> Server {
        Server { folder, scenario, wire: Wire::default(), counts: Mutex::default(), asked: Mutex::default() }
    }

    /// Runs the hook `start` and watches the state file where a listing is announced.
    pub(crate) fn start(self: &Arc<Server>) {
        let mut message = Message { line: String::new(), value: Value::Null, reply: String::new() };
        for step in self.steps("start") {
            self.act(&step, &mut message);
        }
        if self.scenario.listings.values().any(|listing| listing.notify) {
            let server = Arc::clone(self);
            server.announce_changes(false);
            std::thread::spawn(move || {
                loop {
                    std::thread::sleep(Duration::from_millis(20));
                    server.announce_changes(true);
                }
            });
        }
    }

    /// Works on one line. What has to wait does so in a thread of its own.
    pub(crate) fn receive(self: &Arc<Server>, line: &[u8]) {
        let line = String::from_utf8_lossy(line).trim_end().to_owned();
        append(&self.folder, "received.log", &line);
        let Ok(value) = serde_json::from_str::<Value>(&line) else { return };
        let Some(method) = value.get("method").and_then(Value::as_str).map(str::to_owned) else {
            if let Some(waiting) =
                self.asked.lock().expect("no holder panics").remove(&value["id"].to_string())
            {
                let _ = waiting.send(line);
            }
            return;
        };
        let name = value.pointer("/params/name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut steps = self.steps(&format!("{method} {name}"));
        if steps.is_empty() {
            steps = self.steps(&method);
        }
        let mut message = Message { line, value, reply: String::new() };
        if steps.iter().any(|step| matches!(step, Step::Ask { .. } | Step::Sleep(_) | Step::Hang)) {
            let server = Arc::clone(self);
            std::thread::spawn(move || server.work(&method, &name, &steps, &mut message));
        } else {
            self.work(&method, &name, &steps, &mut message);
        }
    }

    fn work(&self, method: &str, name: &str, steps: &[Step], message: &mut Message) {
        for step in steps {
            if let Then::Answered = self.act(step, message) {
                self.count(method, name);
                return;
            }
        }
        if message.value.get("id").is_some() {
            self.answer_as_usual(method, name, message);
        }
        self.count(method, name);
    }

    fn answer_as_usual(&self, method: &str, name: &str, message: &Message) {
        match method {
            "initialize" => self.answer(message, &self.scenario.initialize),
            "ping" => self.answer(message, "{}"),
            "tools/call" => self.answer_text(message, &format!("{name} was called")),
            "prompts/get" => {
                let text = json!({"messages": [{"role": "user", "content": {"type": "text", "text": format!("prompt {name}")}}]});
                self.answer(message, &text.to_string());
            }
            "resources/read" => {
                let uri = message.value.pointer("/params/uri").cloned().unwrap_or_default();
                let text = json!({"contents": [{"uri": uri, "text": "resource text"}]});
                self.answer(message, &text.to_string());
            }
            _ => match self.page(method, message.value.pointer("/params/cursor").and_then(Value::as_str)) {
                Some(Ok(result)) => self.answer(message, &result),
                Some(Err(())) => self.refuse(message, r#"{"code":-32602,"message":"Unknown cursor"}"#),
                None => self.refuse(message, r#"{"code":-32601,"message":"Method not found"}"#),
            },
        }
    }

    /// The page of a listing that a cursor asks for.
    fn page(&self, method: &str, cursor: Option<&str>) -> Option<Result<String, ()>> {
        let listing = self.scenario.listings.get(method)?;
        let pages = listing.generations.get(self.generation(method))?;
        let fits = |own: &Option<String>| match (own.as_deref(), cursor) {
            (None, None) => true,
            (Some(own), Some(cursor)) => own == cursor || own == "*",
            _ => false,
        };
        Some(pages.iter().find(|page| fits(&page.cursor)).map(|page| page.result.clone()).ok_or(()))
    }

    fn generation(&self, method: &str) -> usize {
        let Some(listing) = self.scenario.listings.get(method) else { return 0 };
        let counts = self.counts.lock().expect("no holder panics");
        let fired = listing.advance.iter().filter(|trigger| match trigger {
            Trigger::Calls(count) => counts.calls >= *count,
            Trigger::CallOf(name) => counts.calls_of.contains_key(name),
            Trigger::Listings(count) => counts.listings.get(method).copied().unwrap_or(0) >= *count,
        });
        let generation = fired.count() + self.state() as usize;
        generation.min(listing.generations.len().saturating_sub(1))
    }

    fn state(&self) -> u32 {
        let text = std::fs::read_to_string(self.folder.join("state")).unwrap_or_default();
        text.trim().parse().unwrap_or(0)
    }

    fn count(&self, method: &str, name: &str) {
        {
            let mut counts = self.counts.lock().expect("no holder panics");
            if method == "tools/call" {
                counts.calls += 1;
                *counts.calls_of.entry(name.to_owned()).or_default() += 1;
            }
            if self.scenario.listings.contains_key(method) {
                *counts.listings.entry(method.to_owned()).or_default() += 1;
            }
        }
        self.announce_changes(true);
    }

    /// Sends `list_changed` for each announced listing whose generation moved on since the last look.
    fn announce_changes(&self, aloud: bool) {
        for (method, listing) in self.scenario.listings.iter().filter(|(_, listing)| listing.notify) {
            let generation = self.generation(method);
            let mut counts = self.counts.lock().expect("no holder panics");
            let before = counts.announced.insert(method.clone(), generation);
            if aloud && before.is_some_and(|before| before != generation) && !listing.generations.is_empty() {
                let kind = method.split('/').next().unwrap_or_default();
                self.wire
                    .line(&format!(r#"{{"jsonrpc":"2.0","method":"notifications/{kind}/list_changed"}}"#));
            }
        }
    }

    fn steps(&self, moment: &str) -> Vec<Step> {
        let state = self.state();
        let is_set = |name: &String| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let mut hooks = self.scenario.hooks.iter().filter(|hook| hook.on == moment && state >= hook.from);
        let hook = hooks.find(|hook| hook.with.iter().all(is_set));
        hook.map(|hook| hook.steps.clone()).unwrap_or_default()
    }

    #[expect(clippy::disallowed_methods, reason = "a server that dies in mid-sentence is what a step plays")]
    fn act(&self, step: &Step, message: &mut Message) -> Then {
        match step {
            Step::Line(text) => self.wire.line(&self.fill(text, message)),
            Step::Part(text) => self.wire.bytes(text.as_bytes()),
            Step::Flood { line, times } => {
                for number in 0..*times {
                    self.wire.line(&line.replace("@N@", &number.to_string()));
                }
            }
            Step::Blob { megabytes } => self.wire.blob(*megabytes),
            Step::BigAnswer { bytes } => {
                self.answer_text(message, &"b".repeat(*bytes as usize));
                return Then::Answered;
            }
            Step::Complain(text) => eprintln!("{text}"),
            Step::Ask { id, method, params } => message.reply = self.ask(id, method, params),
            Step::Progress(token) => self.report_progress(token.clone(), message),
            Step::Sleep(milliseconds) => std::thread::sleep(Duration::from_millis(*milliseconds)),
            Step::Hang => crate::sleep_for_ever(),
            Step::Answer(result) => {
                self.answer(message, result);
                return Then::Answered;
            }
            Step::Refuse(error) => {
                self.refuse(message, error);
                return Then::Answered;
            }
            Step::ReportVariables(names) => {
                let values: BTreeMap<_, _> =
                    names.iter().map(|name| (name, std::env::var(name).ok())).collect();
                self.answer_text(message, &json!(values).to_string());
                return Then::Answered;
            }
            Step::ReportProcess => {
                let arguments: Vec<_> = std::env::args().collect();
                let folder = std::env::current_dir().unwrap_or_default();
                self.answer_text(message, &json!({"arguments": arguments, "folder": folder}).to_string());
                return Then::Answered;
            }
            Step::Silence => return Then::Answered,
            Step::Exit(status) => std::process::exit(*status),
            Step::Grandchild { holds_output } => self.leave_a_grandchild(*holds_output),
        }
        Then::AnswerAsUsual
    }

    fn ask(&self, id: &str, method: &str, params: &str) -> String {
        let (sender, reply) = channel();
        let key = serde_json::from_str::<Value>(id).expect("the id of a request is JSON").to_string();
        self.asked.lock().expect("no holder panics").insert(key, sender);
        self.wire.line(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#));
        reply.recv().expect("the server lives as long as its input")
    }

    fn report_progress(&self, token: Option<String>, message: &Message) {
        let own = message.value.pointer("/params/_meta/progressToken").map(Value::to_string);
        let Some(token) = token.or(own) else { return };
        for progress in 1..=3 {
            self.wire.line(&format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{token},"progress":{progress},"total":3}}}}"#
            ));
        }
    }

    #[expect(clippy::zombie_processes, reason = "nobody waits for it: that is what it plays")]
    fn leave_a_grandchild(&self, holds_output: bool) {
        let program = std::env::current_exe().expect("a program knows where it is");
        let mut command = Command::new(program);
        command.arg("--grandchild").arg(&self.folder).stdin(Stdio::null());
        if !holds_output {
            command.stdout(Stdio::null()).stderr(Stdio::null());
        }
        command.spawn().expect("a grandchild starts");
    }

    fn answer_text(&self, message: &Message, text: &str) {
        self.answer(message, &json!({"content": [{"type": "text", "text": text}]}).to_string());
    }

    fn answer(&self, message: &Message, result: &str) {
        let id = &message.value["id"];
        self.wire.line(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{}}}"#, self.fill(result, message)));
    }

    fn refuse(&self, message: &Message, error: &str) {
        let id = &message.value["id"];
        self.wire.line(&format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{}}}"#, self.fill(error, message)));
    }

    fn fill(&self, text: &str, message: &Message) -> String {
        if !text.contains('@') {
            return text.to_owned();
        }
        let at = |pointer: &str, otherwise: &str| {
            message.value.pointer(pointer).and_then(Value::as_str).unwrap_or(otherwise).to_owned()
        };
        let number: u32 = {
            let counts = self.counts.lock().expect("no holder panics");
            counts.listings.values().sum()
        };
        let text = text
            .replace("@VERSION@", &at("/params/protocolVersion", "2025-11-25"))
            .replace("@NAME@", &at("/params/name", ""))
            .replace("@REQUEST@", &inside(&message.line))
            .replace("@REPLY@", &inside(&message.reply))
            .replace("@N@", &number.to_string());
        restless::fill(&text, &self.folder)
    }
}

/// The text as the inside of a JSON string.
fn inside(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}
