//! A fresh process of an approved server, judged by the pins as any gate would judge it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use pinfold_core::digest::ObjectKind;
use pinfold_core::name::Label;
use pinfold_core::pins::LabelPins;
use pinfold_core::reason::ReasonCode;
use pinfold_core::volatile::Passed;
use pinfold_gate::gate::{LaunchStanding, ObjectBytes, ReportedObject, Setup};
use pinfold_gate::guardian::Command;
use pinfold_verifier::listing::Passing;
use pinfold_verifier::policy::LabelPolicy;

use super::session::{Capabilities, hear, patient};
use super::{CaptureRefusal, Interrupts};
use crate::time;

/// What is decided about a server.
pub(crate) struct Known {
    pub(crate) label: Label,
    pub(crate) pins: LabelPins,
    pub(crate) policy: LabelPolicy,
    pub(crate) passing: Passing,
    pub(crate) object_bytes: ObjectBytes,
    pub(crate) absent_names: BTreeSet<(ObjectKind, String)>,
    pub(crate) passed: Passed,
}

/// What a gate made of what the process said.
pub(crate) struct Audit {
    /// Objects that are not what a person approved.
    pub(crate) held: Vec<ReportedObject>,
    /// How many approved names pass.
    pub(crate) passing: usize,
    /// Approved names that it does not list.
    pub(crate) missing: Vec<(ObjectKind, String)>,
    /// Why the server is held as a whole.
    pub(crate) whole: Option<ReasonCode>,
}

/// Starts the command, has a gate judge everything that it says, and ends its whole process tree.
///
/// # Errors
/// [`CaptureRefusal`]: it could not be asked, or one of its listings cannot be judged.
pub(crate) fn audit(
    command: &Command,
    known: Known,
    interrupts: &Interrupts,
) -> Result<Audit, CaptureRefusal> {
    // A gate tells these two of every server, also where it has none of them.
    let handshake = [ObjectKind::Instructions, ObjectKind::ServerInfo];
    let untold: Vec<ObjectKind> =
        handshake.into_iter().filter(|kind| !has_approved(&known.pins, *kind)).collect();
    let setup = Setup {
        label: known.label.to_string(),
        pins: Some(known.pins),
        policy: known.policy,
        passing: known.passing,
        object_bytes: known.object_bytes,
        unix_now: Arc::new(time::now),
        absent_names: known.absent_names,
        passed: known.passed,
        gives_notice: true,
        launch: LaunchStanding::Approved,
        // Whatever was answered before, this asks the server.
        recall: Arc::new(|_| None),
        waits: patient(),
    };
    // What a server writes there is its own text, and an agent may be reading ours.
    let quiet = QuietErrors::new().map_err(CaptureRefusal::Pipe)?;
    let heard = hear(command, setup, Capabilities::All, interrupts);
    drop(quiet);
    let heard = heard?;
    Ok(Audit {
        held: heard.seen.into_values().flatten().collect(),
        passing: heard
            .passing
            .iter()
            .filter(|(kind, _)| !untold.contains(kind))
            .map(|(_, count)| count)
            .sum(),
        missing: heard.missing.into_iter().collect(),
        whole: heard.whole,
    })
}

fn has_approved(pins: &LabelPins, kind: ObjectKind) -> bool {
    pins.objects().iter().any(|((of, _), name)| *of == kind && name.is_approved())
}

/// Standard error, led to nowhere for as long as this lives: servers inherit it.
struct QuietErrors(OwnedFd);

impl QuietErrors {
    fn new() -> io::Result<QuietErrors> {
        let before = rustix::io::fcntl_dupfd_cloexec(io::stderr(), 3)?;
        rustix::stdio::dup2_stderr(File::options().write(true).open("/dev/null")?)?;
        Ok(QuietErrors(before))
    }
}

impl Drop for QuietErrors {
    fn drop(&mut self) {
        let _ = rustix::stdio::dup2_stderr(&self.0);
    }
}
