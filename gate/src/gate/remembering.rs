//! What is remembered of a session: what the server answered to the client's question, once it was looked at.

use std::collections::BTreeMap;
use std::sync::Arc;

use pinfold_core::answer::{Answer, AnsweredObject};
use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::json::{self, ReadLimits};
use pinfold_core::surface::{Handshake, Received};
use pinfold_verifier::listing::{HandshakeVerdict, Instructions, ServerWords};

use super::greeting::Judged;
use super::listings::{KINDS, Listing};
use super::{Effect, Gate, Phase, Report};

/// The longest name that is remembered; a listing with a longer one is not.
const MAX_NAME_BYTES: usize = 4096;

impl Gate {
    /// Reports what the server answered, where it is not what was reported before. At the end of the session only an
    /// answer that shrank is reported: others are noted already, and perhaps by a younger session since. What was held
    /// has not shrunk an answer by going.
    pub(super) fn remember(&mut self, at_the_end: bool, out: &mut Vec<Effect>) {
        let Some(question) = &self.answering.question else { return };
        let answer = self.answer_now(at_the_end).map(|answer| self.as_it_began(answer));
        let Some(answer) = answer else { return };
        if !at_the_end && self.answering.noted.as_ref() == Some(&answer) {
            return;
        }
        let lacks = self.answering.longest.iter().flat_map(|longest| answer.lacks(longest));
        let (offered, unoffered): (Vec<_>, Vec<_>) =
            lacks.partition(|object| self.approved_now(object).is_some());
        let shrank = !offered.is_empty();
        if at_the_end && !shrank {
            return;
        }
        let unoffered = unoffered.into_iter().map(|object| (object.kind, object.name.clone())).collect();
        if !shrank {
            self.answering.longest = Some(answer.clone());
        }
        self.answering.noted = Some(answer.clone());
        let question = question.clone();
        let spelled = KINDS.into_iter().flat_map(|kind| self.listing(kind).spelled()).collect();
        out.push(Effect::Report(Report::Answered { question, answer, spelled, unoffered, at_the_end }));
    }

    /// The answer with what is held since this session is under way as it was before: the next session asks a fresh
    /// process, which begins as this one did.
    fn as_it_began(&self, mut answer: Answer) -> Answer {
        let Some(before) = &self.answering.noted else { return answer };
        answer.objects.retain_mut(|object| {
            if self.approved.releases(object.kind, &object.name, &object.digest) {
                return true;
            }
            let same = |known: &&AnsweredObject| known.kind == object.kind && known.name == object.name;
            match before.objects.iter().find(same) {
                Some(known) => {
                    object.digest = known.digest;
                    true
                }
                None => false,
            }
        });
        answer
    }

    /// The server does not answer this question as it did: the next session asks it before it answers.
    pub(super) fn forget_answer(&mut self, out: &mut Vec<Effect>) {
        if let Some(question) = &self.answering.question {
            out.push(Effect::Report(Report::AnswerVoid(question.clone())));
        }
    }

    /// What the server answered, if all of it was looked at and fits the session. At the end a look that the server did not
    /// ask for, and that comes to nothing now, does not count.
    fn answer_now(&self, at_the_end: bool) -> Option<Answer> {
        let is_looked_at = |listing: &Listing| {
            let walk = listing.walk.as_ref();
            walk.is_none_or(|walk| at_the_end && listing.has_answer() && !walk.was_announced())
        };
        let is_whole = self.server.phase == Phase::Open
            && self.server.settled
            && !self.server.clash
            && !self.server.flooded
            && self.listings.iter().all(|listing| is_looked_at(listing) && listing.server_hold().is_none());
        let Some(Judged::Read(handshake, verdict)) = self.server.handshake.as_ref().filter(|_| is_whole)
        else {
            return None;
        };
        let mut objects = words(handshake, verdict);
        for kind in KINDS {
            objects.extend(self.listing(kind).answered()?);
        }
        let capabilities = json::read(&handshake.capabilities, &ReadLimits::LISTING).ok()?;
        objects.iter().all(|object| object.name.len() <= MAX_NAME_BYTES).then(|| Answer {
            version: handshake.protocol_version.clone(),
            capabilities: json::canonical(&capabilities),
            server_name: handshake.server_name.clone(),
            server_version: handshake.server_version.clone(),
            objects,
        })
    }
}

impl Listing {
    /// What stands in it, in its order; `None`: it cannot be said.
    fn answered(&self) -> Option<Vec<AnsweredObject>> {
        if !self.declared || self.is_unknown_to_server() {
            return Some(Vec::new());
        }
        let passed = self.passed()?;
        let answered = self.received()?.iter().map(|object| AnsweredObject {
            kind: object.kind,
            name: object.name.clone(),
            // What passes by a rule, or keeps the approved words, has other bytes than those that are approved.
            digest: passed.get(&object.index).copied().unwrap_or(object.digest),
        });
        Some(answered.collect())
    }

    /// What passed by its own digest, as the server writes it.
    fn spelled(&self) -> Vec<(ObjectKind, Digest, Arc<[u8]>)> {
        let Some((passed, received)) = self.passed().zip(self.received()) else { return Vec::new() };
        let itself = |object: &&Received| passed.get(&object.index) == Some(&object.digest);
        let spelled = |object: &Received| (object.kind, object.digest, Arc::clone(&object.bytes));
        received.iter().filter(itself).map(spelled).collect()
    }

    /// What passed, by its place, and the digest that is approved for it.
    fn passed(&self) -> Option<BTreeMap<usize, Digest>> {
        Some(self.verdict()?.released.iter().map(|object| (object.index(), object.digest())).collect())
    }
}

fn words(handshake: &Handshake, verdict: &HandshakeVerdict) -> Vec<AnsweredObject> {
    let object =
        |kind: ObjectKind, name: &str, digest: Digest| AnsweredObject { kind, name: name.to_owned(), digest };
    let instructions = handshake.instructions.as_ref().map(|received| {
        let digest = match &verdict.instructions {
            Instructions::Verified(verified) => verified.digest(),
            Instructions::Absent | Instructions::Unseen | Instructions::Hold(_) => received.digest,
        };
        object(received.kind, &received.name, digest)
    });
    let server_words = handshake.server_words.as_ref().map(|received| {
        let digest = match &verdict.server_words {
            ServerWords::Verified(verified) => verified.digest(),
            ServerWords::Absent | ServerWords::Unseen | ServerWords::LeftOut(_) => received.digest,
        };
        object(received.kind, &received.name, digest)
    });
    instructions.into_iter().chain(server_words).collect()
}
