//! The document of `status`, and how it is read from the store.

use pinfold_core::digest::ObjectKind;
use pinfold_core::name::Label;
use pinfold_core::pins::{ApprovalState, Decision, Envelope, LabelPins, UnixSeconds};
use pinfold_store::{GateState, Store, StoreError};
use pinfold_verifier::policy::{Policy, ToolRule};
use serde::Serialize;

use super::now;
use super::runs::{self, Interpreter};
use super::vary::{self, Vary};
use crate::decisions::words_of;
use crate::doctor::{Finding, Ward};
use crate::elsewhere;
use crate::home;
use crate::output::Problem;
use crate::parts::{AskPart, HeldPart, HoldPart, RequestPart};
use crate::published::lookup::{self, Lookup};
use crate::published::part::{PublisherPart, UpdatePart};
use crate::run::{Detail, planned};
use crate::time;
use crate::waiting::{Waiting, gates};

/// The document.
#[derive(Default, Serialize)]
pub(super) struct Body {
    pub(super) store: Option<StorePart>,
    pub(super) servers: Vec<Server>,
    /// Only with `--history`, the oldest first.
    pub(super) history: Vec<Decided>,
}

/// Where the store stands.
#[derive(Serialize)]
pub(super) struct StorePart {
    /// `account`, `other-decided` or `other-undecided`.
    pub(super) home: &'static str,
    pub(super) decisions: u64,
}

/// One server.
#[derive(Serialize)]
pub(super) struct Server {
    pub(super) label: String,
    /// Whether a launch is approved.
    pub(super) known: bool,
    /// Whom it knows as the publisher of its words.
    pub(super) publisher: Option<PublisherPart>,
    /// What the last look-up in the publisher's log found.
    pub(super) lookup: Option<Lookup>,
    /// What of a newer release passes by the policy; `null`: the policy asks about all, or there is no newer release.
    pub(super) update: Option<UpdatePart>,
    pub(super) launches: Vec<LaunchPart>,
    pub(super) requests: Vec<RequestPart>,
    pub(super) server_holds: Vec<HoldPart>,
    pub(super) held: Vec<HeldPart>,
    /// Everything that was decided about names, each digest once.
    pub(super) decided: Vec<NamePart>,
    pub(super) asks: Vec<AskPart>,
    pub(super) gates: Vec<GatePart>,
    pub(super) junk_lines: u64,
    pub(super) dropped_notifications: u64,
    pub(super) last_exit: Option<ExitPart>,
    /// What keeps its entries in clients' files from the gate, as `doctor` finds it.
    pub(super) entries: Vec<Finding>,
    /// What the policy says about its approved tools.
    pub(super) rules: Vec<RulePart>,
}

/// A launch that was decided about.
#[derive(Serialize)]
pub(super) struct LaunchPart {
    pub(super) launch: String,
    pub(super) state: &'static str,
    pub(super) since: Option<String>,
    /// The command as it was approved, secrets by place; `null` for one that was not.
    pub(super) command: Option<String>,
    /// Names that pass although the entry does not declare them.
    pub(super) passes: Vec<String>,
    /// What differs on this machine now, in our words; paths are those that a person approved, or this machine's.
    pub(super) differences: Vec<String>,
    /// What runs it; of approved launches.
    pub(super) interpreters: Vec<Interpreter>,
}

/// What was decided about one digest of one name.
#[derive(Serialize)]
pub(super) struct NamePart {
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) digest: String,
    /// `approved`, `retired` or `rejected`.
    pub(super) state: &'static str,
    pub(super) since: Option<String>,
    /// Since when the name is missing from the server's listings, if it is.
    pub(super) missing_since: Option<String>,
    /// What may vary in it without a question.
    pub(super) may_vary: Vec<Vary>,
}

/// A gate that runs.
#[derive(Serialize)]
pub(super) struct GatePart {
    pub(super) pid: u32,
    pub(super) launch: String,
    pub(super) state: &'static str,
    pub(super) since: Option<String>,
    /// Why its server did not come up, in our words; `null` if it did, or is still on its way.
    pub(super) failure: Option<String>,
    /// Names of variables that are set where it runs and that the server does not get.
    pub(super) withheld: Vec<String>,
}

/// A tool that the policy denies, or wants confirmed.
#[derive(Serialize)]
pub(super) struct RulePart {
    pub(super) name: String,
    /// `deny` or `confirm`.
    pub(super) rule: &'static str,
    pub(super) pattern: String,
    /// Until when calls are allowed, if they are.
    pub(super) allowed_until: Option<String>,
}

/// How the server ended last.
#[derive(Serialize)]
pub(super) struct ExitPart {
    pub(super) at: Option<String>,
    pub(super) how: String,
}

/// One decision of the chain.
#[derive(Serialize)]
pub(super) struct Decided {
    pub(super) sequence: u64,
    pub(super) at: Option<String>,
    pub(super) decision: &'static str,
    pub(super) label: Option<String>,
    /// The names that it is about; empty for others.
    pub(super) names: Vec<String>,
    #[serde(skip)]
    pub(super) line: String,
}

impl Server {
    pub(super) fn of(store: &Store, label: &Label) -> Result<Server, Problem> {
        let waiting = Waiting::of(store, label)?;
        Server::with(store, label, &waiting).map_err(|error| home::problem(&error))
    }

    fn with(store: &Store, label: &Label, waiting: &Waiting) -> Result<Server, StoreError> {
        let pins = store.pins().label(label);
        let spelling = pins.map_or(label, LabelPins::spelling).to_string();
        let running = gates(store, label)?;
        let counters = store.counters(label)?;
        let gates_for = |launch| running.iter().filter(|gate| gate.launch == launch).count();
        let mut asks: Vec<AskPart> =
            waiting.asks.iter().map(|ask| AskPart::waiting(&spelling, ask)).collect();
        for (ask, (state, since)) in pins.into_iter().flat_map(|pins| pins.asks()) {
            asks.push(AskPart::new(&spelling, ask.as_str(), state.as_str(), *since));
        }
        Ok(Server {
            known: pins.is_some_and(LabelPins::is_known),
            publisher: pins.and_then(LabelPins::publisher).map(PublisherPart::of),
            lookup: None,
            update: None,
            launches: pins.map(|pins| launches(store, pins)).transpose()?.unwrap_or_default(),
            requests: waiting
                .requests
                .iter()
                .map(|request| RequestPart::of(request, gates_for(request.launch.digest())))
                .collect(),
            server_holds: waiting.holds.iter().map(|hold| HoldPart::of(&spelling, hold)).collect(),
            held: waiting.held.iter().map(|held| HeldPart::of(&spelling, held)).collect(),
            decided: decided(store, label, pins)?,
            asks,
            gates: running
                .iter()
                .map(|gate| GatePart {
                    pid: gate.process.pid,
                    launch: gate.launch.to_string(),
                    state: gate.state.as_str(),
                    since: time::for_programs(gate.updated),
                    failure: (gate.state == GateState::Failed)
                        .then(|| pinfold_core::text::visible(&Detail::parse(&gate.detail).words)),
                    withheld: Detail::parse(&gate.detail)
                        .withheld
                        .iter()
                        .map(|name| elsewhere::name(name))
                        .collect(),
                })
                .collect(),
            junk_lines: counters.junk_lines,
            dropped_notifications: counters.dropped_notifications,
            last_exit: store.last_exit(label)?.map(|exit| ExitPart {
                at: time::for_programs(exit.at),
                how: pinfold_core::text::visible(&exit.how),
            }),
            entries: Vec::new(),
            rules: Vec::new(),
            label: spelling,
        })
    }

    /// Adds what stands outside the store: the policy, the files of clients, and what was looked up in a log.
    pub(super) fn with_surroundings(
        mut self,
        store: &Store,
        label: &Label,
        policy: &Policy,
        ward: Option<&Ward>,
    ) -> Server {
        self.entries = ward.map(|ward| ward.of_label(label)).unwrap_or_default();
        let of = policy.for_label(label);
        let known = store.pins().label(label);
        let signed = known.filter(|known| known.publisher().is_some());
        self.lookup = signed.and_then(|known| lookup::last(store.places(), known.spelling()));
        self.update = planned(store.places(), policy, store, label).map(|planned| UpdatePart::of(&planned));
        let tools = known
            .into_iter()
            .flat_map(LabelPins::objects)
            .filter(|((kind, _), name)| *kind == ObjectKind::Tool && name.is_approved());
        let now = time::now();
        self.rules = tools
            .filter_map(|((_, name), _)| {
                let (rule, pattern) = match of.tool(name) {
                    ToolRule::Free => return None,
                    ToolRule::Deny(pattern) => ("deny", pattern),
                    ToolRule::Confirm(pattern) => ("confirm", pattern),
                };
                let allowance = known.and_then(|known| known.allowance(name));
                let allowed = allowance.filter(|allowance| rule == "confirm" && allowance.holds_at(now));
                Some(RulePart {
                    name: elsewhere::name(name),
                    rule,
                    pattern: pattern.to_string(),
                    allowed_until: allowed.and_then(|allowance| time::for_programs(allowance.until)),
                })
            })
            .collect();
        self
    }

    /// Whether anything of it is held.
    pub(super) fn is_held(&self) -> bool {
        let asks = self.asks.iter().any(|ask| ask.reason.is_some());
        asks || !self.requests.is_empty() || !self.server_holds.is_empty() || !self.held.is_empty()
    }

    /// The same with one name alone; `None`: nothing of that name was ever seen.
    pub(super) fn only(mut self, name: &str) -> Option<Server> {
        let name = elsewhere::name(name);
        self.held.retain(|one| one.object.name == name);
        self.decided.retain(|one| one.name == name);
        self.rules.retain(|one| one.name == name);
        self.update = self.update.and_then(|update| update.only(&name));
        (!self.held.is_empty() || !self.decided.is_empty() || self.update.is_some()).then_some(self)
    }
}

impl Decided {
    pub(super) fn of(envelope: &Envelope) -> Decided {
        let names = match &envelope.decision {
            Decision::SurfaceApproved { objects, .. } => {
                objects.iter().map(|object| elsewhere::name(&object.name)).collect()
            }
            Decision::ObjectRejected { name, .. } => vec![elsewhere::name(name)],
            _ => Vec::new(),
        };
        Decided {
            sequence: envelope.sequence,
            at: time::for_programs(envelope.at),
            decision: envelope.decision.type_name(),
            label: envelope.decision.label().map(|label| label.to_string()),
            names,
            line: format!("{}  {}", time::for_people(envelope.at), words_of(&envelope.decision)),
        }
    }

    pub(super) fn is_about(&self, label: &Label) -> bool {
        self.label.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(label.as_str()))
    }
}

fn launches(store: &Store, pins: &LabelPins) -> Result<Vec<LaunchPart>, StoreError> {
    let mut launches: Vec<LaunchPart> = Vec::new();
    for (digest, pin) in pins.launches() {
        // Only what a person said yes to is shown in words.
        let approved = pin.state != ApprovalState::Rejected;
        launches.push(LaunchPart {
            launch: digest.to_string(),
            state: pin.state.as_str(),
            since: time::for_programs(pin.since),
            command: approved.then(|| now::command_line(&pin.launch)),
            passes: pin.launch.passes.iter().map(|name| elsewhere::name(name)).collect(),
            differences: if pin.state == ApprovalState::Approved {
                now::differences(store, &pin.launch)
            } else {
                Vec::new()
            },
            interpreters: if pin.state == ApprovalState::Approved {
                runs::of(store, &pin.launch)?
            } else {
                Vec::new()
            },
        });
    }
    Ok(launches)
}

fn decided(store: &Store, label: &Label, pins: Option<&LabelPins>) -> Result<Vec<NamePart>, StoreError> {
    let absent = store.absent(label)?;
    let mut names = Vec::new();
    for ((kind, name), digests) in pins.into_iter().flat_map(|pins| pins.objects()) {
        let missing: Option<UnixSeconds> = absent.get(&(*kind, name.clone())).copied();
        for (digest, pin) in digests.digests() {
            names.push(NamePart {
                kind: kind.as_str(),
                name: elsewhere::name(name),
                digest: digest.to_string(),
                state: pin.state.as_str(),
                since: time::for_programs(pin.since),
                missing_since: missing.and_then(time::for_programs),
                may_vary: vary::of(store, digest, pin)?,
            });
        }
    }
    Ok(names)
}
