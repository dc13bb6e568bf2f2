//! Parts that several `--json` documents share. Nothing in them is prose of a server (`spec/command-line.md`).

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::pins::UnixSeconds;
use pinfold_core::reason::ReasonCode;
use pinfold_gate::gate::ReportedObject;
use pinfold_store::{PendingAsk, PendingObject, Request, ServerHold};
use serde::Serialize;

use crate::elsewhere;
use crate::held_lines::Held;
use crate::time;
use crate::waiting::barred;

/// A launch that waits.
#[derive(Serialize)]
pub(crate) struct RequestPart {
    pub(crate) label: String,
    pub(crate) launch: String,
    pub(crate) reason: &'static str,
    pub(crate) since: Option<String>,
    /// Running gates that carry a yes out at once.
    pub(crate) gates_waiting: usize,
}

impl RequestPart {
    pub(crate) fn of(request: &Request, gates_waiting: usize) -> RequestPart {
        RequestPart {
            label: request.label.to_string(),
            launch: request.launch.digest().to_string(),
            reason: request.reason.as_str(),
            since: time::for_programs(request.created),
            gates_waiting,
        }
    }
}

/// An object that is held.
#[derive(Serialize)]
pub(crate) struct HeldPart {
    pub(crate) label: String,
    #[serde(flatten)]
    pub(crate) object: WhyPart,
    pub(crate) since: Option<String>,
    /// Whether a yes would let it through.
    pub(crate) can_be_approved: bool,
}

impl HeldPart {
    pub(crate) fn of(label: &str, held: &PendingObject) -> HeldPart {
        HeldPart {
            label: label.to_owned(),
            object: WhyPart::new(
                (held.kind, &held.name, held.digest),
                (held.reason, &held.pointer, held.compared_with),
            ),
            since: time::for_programs(held.first_seen),
            can_be_approved: barred(held).is_none(),
        }
    }
}

/// An object, and why it is held.
#[derive(Serialize)]
pub(crate) struct WhyPart {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) digest: String,
    pub(crate) reason: &'static str,
    pub(crate) pointer: String,
    pub(crate) compared_with: Option<String>,
}

impl WhyPart {
    /// What a gate reported.
    pub(crate) fn reported(held: &ReportedObject) -> WhyPart {
        WhyPart::new((held.kind, &held.name, held.digest), (held.reason, &held.pointer, held.compared_with))
    }

    /// For a list.
    pub(crate) fn line(&self) -> Held<'_> {
        Held { kind: self.kind, name: &self.name, reason: self.reason, pointer: &self.pointer }
    }

    fn new(
        (kind, name, digest): (ObjectKind, &str, Digest),
        (reason, pointer, compared_with): (ReasonCode, &str, Option<Digest>),
    ) -> WhyPart {
        WhyPart {
            kind: kind.as_str(),
            name: elsewhere::name(name),
            digest: digest.to_string(),
            reason: reason.as_str(),
            pointer: elsewhere::pointer(pointer),
            compared_with: compared_with.map(|digest| digest.to_string()),
        }
    }
}

/// A server that is held whole.
#[derive(Serialize)]
pub(crate) struct HoldPart {
    pub(crate) label: String,
    pub(crate) launch: String,
    pub(crate) reason: &'static str,
    pub(crate) pointer: String,
    pub(crate) since: Option<String>,
}

impl HoldPart {
    pub(crate) fn of(label: &str, hold: &ServerHold) -> HoldPart {
        HoldPart {
            label: label.to_owned(),
            launch: hold.launch.to_string(),
            reason: hold.reason.as_str(),
            pointer: elsewhere::pointer(&hold.pointer),
            since: time::for_programs(hold.since),
        }
    }
}

/// Something that a server asked of its client.
#[derive(Serialize)]
pub(crate) struct AskPart {
    pub(crate) label: String,
    /// `sampling`.
    pub(crate) name: &'static str,
    /// `waiting`, `approved`, `retired` or `rejected`.
    pub(crate) state: &'static str,
    /// The code that the server's request is refused with; only while it waits.
    pub(crate) reason: Option<&'static str>,
    pub(crate) since: Option<String>,
}

impl AskPart {
    pub(crate) fn waiting(label: &str, ask: &PendingAsk) -> AskPart {
        let reason = Some(ReasonCode::UnpinnedTooldef.as_str());
        AskPart { reason, ..AskPart::new(label, ask.ask.as_str(), "waiting", ask.first_seen) }
    }

    pub(crate) fn new(label: &str, name: &'static str, state: &'static str, since: UnixSeconds) -> AskPart {
        AskPart { label: label.to_owned(), name, state, reason: None, since: time::for_programs(since) }
    }
}
