//! What a server says today, for a person who wants to go on using it: as `capture`, but what breaks a rule or differs
//! at every start is told and does not spoil the rest.

use std::collections::BTreeMap;

use pinfold_core::digest::ObjectKind;
use pinfold_gate::gate::ReportedObject;
use pinfold_gate::guardian::Command;

use super::session::{Capabilities, Said, Session};
use super::stability::differences;
use super::{CaptureRefusal, Interrupts};

/// What fresh processes of a server said.
#[derive(Debug, Default)]
pub(crate) struct Today {
    /// Said the same by every process with the same capabilities; a name stands twice where its words depend on those.
    pub(crate) said: Vec<Said>,
    /// Said in two ways by two processes with the same capabilities: the first way and the second.
    pub(crate) unsteady: Vec<(Said, Said)>,
    /// In the listing of one process, absent from that of another with the same capabilities.
    pub(crate) fleeting: Vec<Said>,
    /// What breaks a rule: no gate lets it through, whatever a person says.
    pub(crate) refused: Vec<ReportedObject>,
    /// How many processes were started.
    pub(crate) processes: usize,
}

/// Hears a server in two fresh processes, one for each set of capabilities, and where the two differ in two more.
///
/// # Errors
/// [`CaptureRefusal`]: it could not be asked at all.
pub(crate) fn hear_twice(command: &Command, interrupts: &Interrupts) -> Result<Today, CaptureRefusal> {
    let mut processes = 0;
    let mut start = |capabilities: Capabilities| {
        processes += 1;
        Session::run(command, capabilities, interrupts)
    };
    let plain = start(Capabilities::None)?;
    let able = start(Capabilities::All)?;
    let mut today = Today::default();
    if differences(&plain, &able).is_empty() {
        today.said = able.said;
        today.refused = able.refused;
    } else {
        for first in [plain, able] {
            let again = start(first.capabilities)?;
            today.add(first, again);
        }
    }
    today.processes = processes;
    Ok(today)
}

impl Today {
    /// Takes what two processes with the same capabilities said.
    fn add(&mut self, first: Session, again: Session) {
        let mut second: BTreeMap<(ObjectKind, String), Said> =
            again.said.into_iter().map(|said| ((said.kind, said.name.clone()), said)).collect();
        for said in first.said {
            match second.remove(&(said.kind, said.name.clone())) {
                None => self.fleeting(said),
                Some(other) if other.digest == said.digest => self.steady(said),
                Some(other) => self.unsteady(said, other),
            }
        }
        second.into_values().for_each(|said| self.fleeting(said));
        for refused in first.refused {
            let is_known =
                |known: &ReportedObject| known.digest == refused.digest && known.name == refused.name;
            if !self.refused.iter().any(is_known) {
                self.refused.push(refused);
            }
        }
    }

    fn steady(&mut self, said: Said) {
        if !self.said.iter().any(|known| is_same(known, &said)) {
            self.said.push(said);
        }
    }

    fn unsteady(&mut self, said: Said, other: Said) {
        let is_known = |(known, _): &(Said, Said)| known.kind == said.kind && known.name == said.name;
        if !self.unsteady.iter().any(is_known) {
            self.unsteady.push((said, other));
        }
    }

    fn fleeting(&mut self, said: Said) {
        if !self.fleeting.iter().any(|known| known.kind == said.kind && known.name == said.name) {
            self.fleeting.push(said);
        }
    }
}

fn is_same(one: &Said, other: &Said) -> bool {
    one.kind == other.kind && one.name == other.name && one.digest == other.digest
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pinfold_core::digest::Digest;

    use super::*;

    fn said(name: &str, byte: u8) -> Said {
        Said {
            kind: ObjectKind::Tool,
            name: name.to_owned(),
            digest: Digest::from_bytes([byte; 32]),
            bytes: Arc::from(&b"{}"[..]),
        }
    }

    fn session(said: Vec<Said>) -> Session {
        Session { capabilities: Capabilities::None, said, refused: Vec::new(), junk_lines: 0 }
    }

    fn names(said: &[Said]) -> Vec<(&str, u8)> {
        said.iter().map(|said| (said.name.as_str(), said.digest.as_bytes()[0])).collect()
    }

    #[test]
    fn what_depends_on_the_client_is_kept_and_what_differs_at_every_start_is_set_apart() {
        let mut today = Today::default();
        today.add(
            session(vec![said("same", 1), said("by-client", 1), said("clock", 1), said("once", 1)]),
            session(vec![said("same", 1), said("by-client", 1), said("clock", 2)]),
        );
        today.add(
            session(vec![said("same", 1), said("by-client", 2), said("clock", 3)]),
            session(vec![said("same", 1), said("by-client", 2), said("clock", 4), said("later", 1)]),
        );
        assert_eq!(names(&today.said), [("same", 1), ("by-client", 1), ("by-client", 2)]);
        assert_eq!(today.unsteady.len(), 1);
        assert_eq!(
            names(&[today.unsteady[0].0.clone(), today.unsteady[0].1.clone()]),
            [("clock", 1), ("clock", 2)]
        );
        assert_eq!(names(&today.fleeting), [("once", 1), ("later", 1)]);
    }
}
