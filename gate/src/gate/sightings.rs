//! What was seen in a listing, for the store and for `review`.

use pinfold_core::digest::ObjectKind;
use pinfold_verifier::listing::{HeldObject, Instructions, ServerWords};

use super::greeting::Judged;
use super::listings::Listing;
use super::{Effect, Gate, Report, ReportedObject};

impl Gate {
    /// Reports what became of a listing: each time while something of it is held, so that what another session took
    /// off the list of open questions comes back to it, else when it is not what was reported before.
    pub(super) fn report_listing(&mut self, kind: ObjectKind, out: &mut Vec<Effect>) {
        let Some(verdict) = self.listing(kind).verdict() else { return };
        let held: Vec<ReportedObject> = verdict.held.iter().map(reported).collect();
        let passing: Vec<String> = verdict.released.iter().map(|object| object.name().to_owned()).collect();
        let unseen = verdict.unseen.iter().map(|object| object.name.clone()).collect();
        let missing = verdict.missing.clone();
        let absent = &mut self.absent_names;
        let gone: Vec<String> =
            missing.into_iter().filter(|name| absent.insert((kind, name.clone()))).collect();
        if !gone.is_empty() {
            out.push(Effect::Report(Report::Missing(kind, gone)));
        }
        // A name that passes again is no memory any more; one that came back with other words stays one.
        self.absent_names.retain(|(of, name)| *of != kind || !passing.contains(name));
        self.report_seen(kind, held, [passing, unseen], out);
    }

    /// Reports what became of the words of the handshake.
    pub(super) fn report_handshake(&mut self, out: &mut Vec<Effect>) {
        let Some(Judged::Read(_, verdict)) = &self.server.handshake else { return };
        let name = || vec![ObjectKind::Instructions.as_str().to_owned()];
        let (held, passing) = match &verdict.instructions {
            Instructions::Hold(object) => (vec![reported(object)], Vec::new()),
            Instructions::Verified(_) | Instructions::Unseen | Instructions::Absent => (Vec::new(), name()),
        };
        let (words_held, words_passing) = match &verdict.server_words {
            ServerWords::LeftOut(object) => (vec![reported(object)], Vec::new()),
            ServerWords::Verified(_) | ServerWords::Unseen | ServerWords::Absent => {
                (Vec::new(), vec!["serverInfo".to_owned()])
            }
        };
        self.report_seen(ObjectKind::Instructions, held, [passing, Vec::new()], out);
        self.report_seen(ObjectKind::ServerInfo, words_held, [words_passing, Vec::new()], out);
    }

    /// Reports a change in whether, and why, the server is held as a whole. A whole listing that is held was reported by
    /// itself; that it is not any more is part of this.
    pub(super) fn report_whole_hold(&mut self, out: &mut Vec<Effect>) {
        let whole = self.whole_hold();
        let hold = whole.or_else(|| self.listings.iter().find_map(Listing::refused));
        // What an earlier session left behind ends when this one has looked at everything, not before.
        let is_early = hold.is_none() && self.reported_hold.is_none() && !self.server.settled;
        if is_early || self.reported_hold == Some(hold) {
            return;
        }
        self.reported_hold = Some(hold);
        if whole.is_some() || hold.is_none() {
            out.push(Effect::Report(Report::WholeHold(whole)));
        }
    }

    fn report_seen(
        &mut self,
        kind: ObjectKind,
        held: Vec<ReportedObject>,
        others: [Vec<String>; 2],
        out: &mut Vec<Effect>,
    ) {
        let is_new = self.reported.get(&kind) != Some(&others);
        if is_new || !held.is_empty() {
            self.reported.insert(kind, others.clone());
            let [passing, unseen] = others;
            out.push(Effect::Report(Report::Seen { kind, held, passing, unseen }));
        }
    }
}

fn reported(object: &HeldObject) -> ReportedObject {
    ReportedObject {
        kind: object.kind,
        name: object.name.clone(),
        digest: object.digest,
        bytes: object.bytes.clone(),
        reason: object.hold.reason,
        pointer: object.hold.pointer.clone(),
        compared_with: object.hold.compared_with,
        fault: object.fault.as_ref().map(|fault| fault.detail.to_string()),
    }
}
