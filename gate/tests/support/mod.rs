//! A gate on a bench: lines in, lines out, time by hand.
#![allow(dead_code, clippy::unwrap_used, unreachable_pub)]

pub mod from_pins;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pinfold_core::answer::Answer;
use pinfold_core::digest::{Digest, ObjectKind, object_digest};
use pinfold_core::json::{ReadLimits, read};
use pinfold_core::launch::{Launch, ProgramFile};
use pinfold_core::name::Label;
use pinfold_core::pins::{Approval, Ask, Decision, LabelPins, Pins, UnixSeconds};
use pinfold_core::reason::ReasonCode;
use pinfold_core::surface::read_object;
use pinfold_gate::clock::Moment;
use pinfold_gate::gate::{Effect, Ending, Gate, LaunchStanding, Recall, Recalled, Report, Setup, Waits};
use pinfold_verifier::listing::{Memory, Passing};
use pinfold_verifier::policy::Policy;
use serde_json::Value;

pub const LOOK: &str = r#"{"name":"look","description":"Look at one thing.","inputSchema":{"type":"object","properties":{"count":{"type":["integer","null"]}}}}"#;
pub const FIND: &str = r#"{"name":"find","description":"Find one thing.","inputSchema":{"type":"object"}}"#;
pub const FIND_CHANGED: &str =
    r#"{"name":"find","description":"Find one thing. POISON","inputSchema":{"type":"object"}}"#;

/// What a person approved, as pins.
pub struct Approvals {
    pins: Pins,
    label: Label,
    objects: HashMap<Digest, Arc<[u8]>>,
    clock: u64,
}

impl Approvals {
    pub fn of(objects: &[(ObjectKind, &str)]) -> Self {
        let label: Label = "demo".parse().unwrap();
        let launch = Launch {
            command: "demo".into(),
            program: vec![ProgramFile { path: "/bin/demo".into(), file: "/bin/demo".into(), digest: None }],
            args: Vec::new(),
            folder: None,
            env: BTreeMap::new(),
            passes: BTreeSet::new(),
        };
        let mut approvals =
            Self { pins: Pins::new(), label: label.clone(), objects: HashMap::new(), clock: 1 };
        approvals.decide(&Decision::LaunchApproved { label, launch, replaces: Vec::new() });
        for (kind, object) in objects {
            approvals.approve(*kind, object, None);
        }
        approvals
    }

    pub fn decide(&mut self, decision: &Decision) {
        self.clock += 1;
        self.pins.apply(decision, UnixSeconds(self.clock)).unwrap();
    }

    pub fn approve(&mut self, kind: ObjectKind, object: &str, replaces: Option<Digest>) -> Digest {
        let received = read_object(kind, object.as_bytes()).unwrap();
        self.objects.insert(received.digest, received.bytes.clone());
        let approval =
            Approval { kind, name: received.name, digest: received.digest, replaces, rules: Vec::new() };
        self.decide(&Decision::SurfaceApproved {
            label: self.label.clone(),
            claim: None,
            objects: vec![approval],
        });
        received.digest
    }

    /// Other bytes are at hand under the digest of what was approved.
    pub fn garble(&mut self, digest: Digest, bytes: &str) {
        self.objects.insert(digest, bytes.as_bytes().into());
    }

    /// Calls of the tool are allowed until this second.
    pub fn allow_calls(&mut self, tool: &str, until: u64) {
        let (label, tool, until) = (self.label.clone(), tool.to_owned(), UnixSeconds(until));
        self.decide(&Decision::CallAllowed { label, tool, until });
    }

    pub fn reject(&mut self, kind: ObjectKind, object: &str) {
        let received = read_object(kind, object.as_bytes()).unwrap();
        let (name, digest) = (received.name, received.digest);
        self.decide(&Decision::ObjectRejected { label: self.label.clone(), kind, name, digest });
    }

    pub fn approve_sampling(&mut self) {
        self.decide(&Decision::AskApproved { label: self.label.clone(), ask: Ask::Sampling });
    }

    pub fn label_pins(&self) -> LabelPins {
        self.pins.label(&self.label).unwrap().clone()
    }
}

impl Memory for Approvals {
    fn object(&self, digest: &Digest) -> Option<Arc<[u8]>> {
        self.objects.get(digest).cloned()
    }

    fn was_absent(&self, _: ObjectKind, _: &str) -> bool {
        false
    }
}

pub struct Bench {
    pub gate: Gate,
    pub now: u64,
    /// The time of day, in seconds.
    pub unix_now: Arc<AtomicU64>,
    pub to_client: Vec<Value>,
    pub raw_to_client: Vec<String>,
    pub to_server: Vec<Value>,
    pub raw_to_server: Vec<String>,
    pub reports: Vec<Report>,
    pub started: usize,
    pub ended_servers: usize,
    pub ending: Option<Ending>,
    taken: usize,
}

impl Bench {
    pub fn new(approvals: &Approvals) -> Self {
        Self::with(approvals, "version = 1\n", LaunchStanding::Approved)
    }

    pub fn with(approvals: &Approvals, policy: &str, launch: LaunchStanding) -> Self {
        Self::made(approvals, policy, launch, Arc::new(|_| None), Passing::default())
    }

    /// A gate in which this passes by a published update.
    pub fn updated(approvals: &Approvals, passing: Passing) -> Self {
        Self::made(approvals, "version = 1\n", LaunchStanding::Approved, Arc::new(|_| None), passing)
    }

    /// A gate that remembers this answer to every question.
    pub fn recalling(approvals: &Approvals, answer: Answer, policy: &str) -> Self {
        Self::recalling_updated(approvals, answer, policy, Passing::default())
    }

    /// The same, in which this passes by a published update.
    pub fn recalling_updated(approvals: &Approvals, answer: Answer, policy: &str, passing: Passing) -> Self {
        let pins = approvals.label_pins();
        let recall: Recall = Arc::new(move |_| {
            Some(Recalled {
                pins: Some(pins.clone()),
                launch: LaunchStanding::Approved,
                answer: Some(answer.clone()),
            })
        });
        Self::made(approvals, policy, LaunchStanding::Approved, recall, passing)
    }

    fn made(
        approvals: &Approvals,
        policy: &str,
        launch: LaunchStanding,
        recall: Recall,
        passing: Passing,
    ) -> Self {
        let objects = approvals.objects.clone();
        let unix_now = Arc::new(AtomicU64::new(0));
        let asked = Arc::clone(&unix_now);
        let gate = Gate::new(Setup {
            label: "demo".into(),
            pins: Some(approvals.label_pins()),
            policy: Policy::parse(policy).unwrap().for_label(&approvals.label),
            passing,
            object_bytes: Arc::new(move |digest| objects.get(digest).cloned()),
            unix_now: Arc::new(move || UnixSeconds(asked.load(Ordering::Relaxed))),
            absent_names: BTreeSet::new(),
            passed: Default::default(),
            gives_notice: true,
            launch,
            recall,
            waits: Waits::default(),
        });
        let mut bench = Self {
            gate,
            now: 0,
            unix_now,
            to_client: Vec::new(),
            raw_to_client: Vec::new(),
            to_server: Vec::new(),
            raw_to_server: Vec::new(),
            reports: Vec::new(),
            started: 0,
            ended_servers: 0,
            ending: None,
            taken: 0,
        };
        bench.act(|gate, _, out| gate.begin(out));
        bench
    }

    pub fn act(&mut self, decide: impl FnOnce(&mut Gate, Moment, &mut Vec<Effect>)) {
        let mut out = Vec::new();
        decide(&mut self.gate, Moment::from_milliseconds(self.now), &mut out);
        self.carry_out(out);
    }

    fn carry_out(&mut self, out: Vec<Effect>) {
        for effect in out {
            match effect {
                Effect::ToClient(line) => {
                    let line = String::from_utf8(line).unwrap();
                    assert!(line.ends_with('\n') && line.matches('\n').count() == 1, "one line: {line:?}");
                    self.to_client.push(serde_json::from_str(&line).unwrap());
                    self.raw_to_client.push(line);
                }
                Effect::ToServer(line) => {
                    let line = String::from_utf8(line).unwrap();
                    self.to_server.push(serde_json::from_str(&line).unwrap());
                    self.raw_to_server.push(line);
                }
                Effect::Report(report) => self.reports.push(report),
                Effect::StartServer => {
                    self.started += 1;
                    let mut out = Vec::new();
                    self.gate.server_started(Moment::from_milliseconds(self.now), &mut out);
                    self.carry_out(out);
                }
                Effect::EndServer => self.ended_servers += 1,
                Effect::End(ending) => self.ending = Some(ending),
            }
        }
    }

    pub fn client(&mut self, line: &str) {
        let line = format!("{line}\n").into_bytes();
        self.act(|gate, now, out| gate.client_line(line, now, out));
    }

    pub fn server(&mut self, line: &str) {
        let line = format!("{line}\n").into_bytes();
        self.act(|gate, now, out| gate.server_line(line, now, out));
    }

    pub fn pass(&mut self, milliseconds: u64) {
        self.now += milliseconds;
        self.act(|gate, now, out| gate.tick(now, out));
    }

    pub fn approvals_changed(&mut self, approvals: &Approvals) {
        let pins = approvals.label_pins();
        self.act(|gate, now, out| gate.pins_changed(Some(pins), now, out));
    }

    /// The client greets, and the server answers with these capabilities and other members.
    pub fn greet(&mut self, capabilities: &str, more: &str) {
        self.client_greets();
        self.server_greets(capabilities, more);
    }

    pub fn client_greets(&mut self) {
        self.client(r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{"roots":{},"elicitation":{}},"clientInfo":{"name":"bench","version":"1"}}}"#);
    }

    pub fn server_greets(&mut self, capabilities: &str, more: &str) {
        let id = self.own_id("initialize").expect("the gate asked for the handshake");
        self.server(&format!(
            r#"{{"jsonrpc":"2.0","id":"{id}","result":{{"protocolVersion":"2025-06-18","capabilities":{capabilities},"serverInfo":{{"name":"s","version":"1"}}{more}}}}}"#
        ));
        self.client(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    }

    /// The id of the gate's last question with this method that was not looked at yet.
    pub fn own_id(&mut self, method: &str) -> Option<String> {
        let found = self.to_server.iter().rposition(|message| {
            message["method"] == method && message["id"].as_str().is_some_and(|id| id.starts_with("pinfold/"))
        })?;
        let id = self.to_server[found]["id"].as_str().map(str::to_owned);
        self.to_server[found]["id"] = Value::Null;
        id
    }

    /// Answers the gate's question for a listing.
    pub fn lists(&mut self, method: &str, result: &str) {
        let id = self.own_id(method).unwrap_or_else(|| panic!("the gate asked for {method}"));
        self.server(&format!(r#"{{"jsonrpc":"2.0","id":"{id}","result":{result}}}"#));
    }

    pub fn lists_tools(&mut self, tools: &[&str]) {
        self.lists("tools/list", &format!(r#"{{"tools":[{}]}}"#, tools.join(",")));
    }

    /// A session with a server of tools, greeted, walked and asked for its listing once.
    pub fn session(approvals: &Approvals, tools: &[&str]) -> Self {
        let mut bench = Self::new(approvals);
        bench.greet(r#"{"tools":{}}"#, "");
        bench.lists_tools(tools);
        bench
    }

    /// The client asks for its tools and the server answers the walk with these.
    pub fn client_lists(&mut self, id: u64, tools: &[&str]) -> Value {
        self.client(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/list"}}"#));
        self.lists_tools(tools);
        self.answer(id)["result"]["tools"].clone()
    }

    pub fn call(&mut self, id: u64, name: &str, arguments: &str) {
        self.client(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{name}","arguments":{arguments}}}}}"#
        ));
    }

    pub fn answer(&self, id: u64) -> Value {
        self.has_answer(id).unwrap_or_else(|| panic!("no answer to {id} in {:#?}", self.raw_to_client))
    }

    pub fn has_answer(&self, id: u64) -> Option<Value> {
        self.to_client
            .iter()
            .rev()
            .find(|message| message["id"] == id && message.get("method").is_none())
            .cloned()
    }

    /// The messages to the client since the last time this was asked.
    pub fn news(&mut self) -> Vec<Value> {
        let news = self.to_client[self.taken..].to_vec();
        self.taken = self.to_client.len();
        news
    }

    pub fn server_saw(&self, text: &str) -> bool {
        self.raw_to_server.iter().any(|line| line.contains(text))
    }

    pub fn client_saw(&self, text: &str) -> bool {
        self.raw_to_client.iter().any(|line| line.contains(text))
    }

    pub fn held(&self, name: &str) -> Option<ReasonCode> {
        self.reports.iter().rev().find_map(|report| match report {
            Report::Seen { held, .. } => {
                held.iter().find(|object| object.name == name).map(|object| object.reason)
            }
            _ => None,
        })
    }
}

pub fn names(tools: &Value) -> Vec<&str> {
    tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}

pub fn reason_of(answer: &Value) -> &str {
    answer["result"]["_meta"]["pinfold/reason"]
        .as_str()
        .or_else(|| answer["error"]["data"]["pinfold/reason"].as_str())
        .unwrap_or("")
}

pub fn digest_of(kind: ObjectKind, object: &str) -> Digest {
    object_digest(kind, &read(object.as_bytes(), &ReadLimits::LISTING).unwrap())
}
