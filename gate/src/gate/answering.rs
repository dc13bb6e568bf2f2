//! Answering from the pins: the handshake and the listings that were answered to the same question last, built from what
//! is approved now, while the server is still to be verified. Rules: `spec/answers.md`.

use pinfold_core::answer::{Answer, AnsweredObject};
use pinfold_core::digest::ObjectKind;
use pinfold_core::json::{self, ReadLimits, Value};
use pinfold_core::pins::ApprovalState;
use pinfold_core::surface::{self, Handshake, Received};
use pinfold_verifier::listing::{
    HandshakeVerdict, Instructions, SessionNames, VerifiedObject, judge_handshake, judge_listing,
};

use super::listings::KINDS;
use super::recall::ClientQuestion;
use super::rules::without_denied;
use super::{Effect, Gate, LaunchStanding, Phase, Report};
use crate::clock::Moment;
use crate::mcp::methods;

/// What a session knows of its question.
#[derive(Debug, Default)]
pub(super) struct Answering {
    /// What the client asked; `None`: nothing yet.
    pub(super) question: Option<ClientQuestion>,
    /// The answer that the client has from the pins.
    pub(super) answer: Option<Answer>,
    /// The answer that was reported last.
    pub(super) noted: Option<Answer>,
    /// The longest answer that is known: recalled, or seen in this session.
    pub(super) longest: Option<Answer>,
    /// `resources/list` was answered as empty, and the client is to ask again once the server is verified.
    pub(super) owes_resources: bool,
}

/// A listing as it is answered from the pins.
#[derive(Debug, Default)]
pub(super) struct FromPins {
    /// Approved now, in the order of the answer.
    pub(super) released: Vec<VerifiedObject>,
    /// How many objects of the answer are not.
    pub(super) left_out: usize,
}

impl Gate {
    /// The client has its handshake from the pins.
    pub(super) fn is_from_pins(&self) -> bool {
        self.answering.answer.is_some()
    }

    /// Looks once more, and answers the client's first request at once where that can be done.
    pub(super) fn recall(&mut self, now: Moment, out: &mut Vec<Effect>) {
        let Some(hello) = &self.client.hello else { return };
        let question = ClientQuestion::of(hello);
        self.answering.question = Some(question.clone());
        if self.launch != LaunchStanding::Approved {
            return;
        }
        let Some(recalled) = (self.recall)(&question) else { return };
        if recalled.pins != self.pins {
            self.pins_changed(recalled.pins, now, out);
        }
        self.launch_changed(recalled.launch, out);
        self.answering.longest.clone_from(&recalled.answer);
        if self.launch == LaunchStanding::Approved
            && let Some(answer) = recalled.answer
        {
            self.greet_from_pins(answer, out);
        }
    }

    /// Answers the client's first request as the server did last time, unless that cannot be done with approved words.
    fn greet_from_pins(&mut self, answer: Answer, out: &mut Vec<Effect>) {
        if !methods::INITIALIZE_ERA.contains(&&*answer.version) {
            return;
        }
        let Some((handshake, verdict)) = self.handshake_from_pins(&answer) else { return };
        self.answering.answer = Some(answer);
        self.recall_listings();
        self.greet_with(&handshake, &verdict, out);
        out.push(Effect::Report(Report::AnsweredFromPins));
    }

    /// The handshake of an answer with the words that are approved now; `None` without its instructions.
    fn handshake_from_pins(&self, answer: &Answer) -> Option<(Handshake, HandshakeVerdict)> {
        let words = |kind: ObjectKind| {
            let mut objects = answer.objects.iter();
            let object = objects.find(|object| object.kind == kind && !self.is_unseen(object))?;
            Some(self.approved_now(object).map(|received| received.bytes))
        };
        let instructions = words(ObjectKind::Instructions).map_or(Some(None), |bytes| bytes.map(Some))?;
        let words = words(ObjectKind::ServerInfo).flatten();
        let read = |bytes| json::read(bytes, &ReadLimits::LISTING).ok();
        let mut info = vec![
            ("name".into(), Value::string(&*answer.server_name)),
            ("version".into(), Value::string(&*answer.server_version)),
        ];
        if let Some(words) = words.as_deref() {
            let words = read(words)?;
            info.extend(words.as_object()?.iter().map(|word| (word.name.clone(), word.value.clone())));
        }
        let mut members = vec![
            ("capabilities", read(&answer.capabilities)?),
            ("protocolVersion", Value::string(&*answer.version)),
            ("serverInfo", Value::object(info)),
        ];
        if let Some(instructions) = instructions.as_deref() {
            members.push(("instructions", read(instructions)?));
        }
        let handshake = surface::read_handshake(&json::canonical(&Value::object(members))).ok()?;
        let verdict = judge_handshake(&handshake, &self.approved, &self.memory(), &self.passed);
        let is_held = matches!(verdict.instructions, Instructions::Hold(_));
        (!is_held).then_some((handshake, verdict))
    }

    /// Builds the listings of the answer anew, from what is approved now.
    pub(super) fn recall_listings(&mut self) {
        let Some(answer) = &self.answering.answer else { return };
        let recalled = KINDS.map(|kind| self.listing_from_pins(answer, kind));
        for (listing, recalled) in self.listings.iter_mut().zip(recalled) {
            listing.from_pins = Some(recalled);
        }
    }

    fn listing_from_pins(&self, answer: &Answer, kind: ObjectKind) -> FromPins {
        let named = answer.objects.iter().filter(|object| object.kind == kind);
        let objects: Vec<Received> = named
            .clone()
            .filter_map(|object| self.approved_now(object))
            .enumerate()
            .map(|(index, received)| received.with_index_after(index))
            .collect();
        // The session is none yet: what the server itself says first is what a name stands for.
        let mut session = SessionNames::default();
        let verdict =
            judge_listing(kind, objects, &self.approved, &mut session, &self.memory(), &self.passed);
        let released = without_denied(&self.policy, kind, verdict).released;
        let denied = |name: &str| kind == ObjectKind::Tool && self.policy.deny.naming(name).is_some();
        let wanted = named.filter(|object| !denied(&object.name) && !self.is_unseen(object)).count();
        FromPins { left_out: wanted.saturating_sub(released.len()), released }
    }

    /// An object of an answer as it is approved now: with its digest, or with that of the words by which a person replaced
    /// it, or which stand for it by a published update. Nothing else does: what was held then, or is rejected now, is not
    /// answered. Bytes at hand that are not those of the digest are none.
    pub(super) fn approved_now(&self, object: &AnsweredObject) -> Option<Received> {
        let (kind, name) = (object.kind, &*object.name);
        let state = |digest| self.approved.state(kind, name, digest);
        let digest = match state(&object.digest) {
            Some(ApprovalState::Approved) => object.digest,
            Some(ApprovalState::Retired) => self.approved.base(kind, name)?,
            Some(ApprovalState::Rejected) => return None,
            None => self.approved.stands_for(kind, name, &object.digest)?,
        };
        let is_approved = state(&digest).is_none_or(|state| state == ApprovalState::Approved);
        let bytes = is_approved.then(|| (self.object_bytes)(&digest)).flatten()?;
        let received = surface::read_object(kind, &bytes).ok()?;
        (received.digest == digest && received.name == name).then_some(received)
    }

    /// Whether an object of an answer waits without a question, so that nothing is left out for want of a yes.
    fn is_unseen(&self, object: &AnsweredObject) -> bool {
        self.approved.waits_unseen(object.kind, &object.name, &object.digest)
    }

    /// Whether a listing is answered from the pins now: the client was told of it, and the server has not shown it yet.
    pub(super) fn lists_from_pins(&self, kind: ObjectKind) -> bool {
        let listing = self.listing(kind);
        self.is_from_pins()
            && self.client.greeting.declares(kind)
            && self.whole_hold().is_none()
            && !listing.has_answer()
            && (self.server.phase != Phase::Open || listing.declared)
    }

    /// Whether the data listing `resources/list` is answered as empty now. The client is then owed its `list_changed`.
    pub(super) fn lists_no_resources_yet(&mut self) -> bool {
        let is_early = self.is_from_pins() && !self.is_verified();
        // A client gives up a server of which one listing fails, and with it the notice.
        let is_empty = self.client.greeting.declares_resources() && (is_early || self.whole_hold().is_some());
        self.answering.owes_resources |= is_empty;
        is_empty
    }
}
