//! What was seen in a listing, for the store and for `review`.

use pinfold_core::digest::ObjectKind;
use pinfold_verifier::listing::HeldObject;

use super::{Effect, Gate, Report, ReportedObject};

impl Gate {
    pub(super) fn report_listing(&mut self, kind: ObjectKind, out: &mut Vec<Effect>) {
        let Some(verdict) = self.listing(kind).verdict() else { return };
        let held: Vec<HeldObject> = verdict.held.clone();
        let missing: Vec<String> = verdict.missing.clone();
        let present: Vec<String> = verdict
            .released
            .iter()
            .map(|object| object.name().to_owned())
            .chain(held.iter().map(|object| object.name.clone()))
            .collect();
        for object in &held {
            self.report_held(object, out);
        }
        for name in missing {
            if self.absent_names.insert((kind, name.clone())) {
                out.push(Effect::Report(Report::Missing(kind, name)));
            }
        }
        for name in present {
            if self.absent_names.contains(&(kind, name.clone()))
                && self.listing(kind).released(&name).is_some()
            {
                self.absent_names.remove(&(kind, name.clone()));
                out.push(Effect::Report(Report::Present(kind, name)));
            }
        }
    }

    /// Reports a change in whether, and why, the server is held as a whole.
    pub(super) fn report_whole_hold(&mut self, out: &mut Vec<Effect>) {
        let hold = self.whole_hold();
        if std::mem::replace(&mut self.reported_hold, hold) != hold {
            out.push(Effect::Report(Report::WholeHold(hold)));
        }
    }

    pub(super) fn report_held(&mut self, object: &HeldObject, out: &mut Vec<Effect>) {
        let reason = object.hold.reason;
        if self.reported.insert((object.kind, object.name.clone(), object.digest, reason)) {
            out.push(Effect::Report(Report::Held(ReportedObject {
                kind: object.kind,
                name: object.name.clone(),
                digest: object.digest,
                bytes: object.bytes.clone(),
                reason,
                pointer: object.hold.pointer.clone(),
                compared_with: object.hold.compared_with,
                fault: object.fault.as_ref().map(|fault| fault.detail.to_string()),
            })));
        }
    }
}
