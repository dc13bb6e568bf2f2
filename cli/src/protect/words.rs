//! What a yes would approve of one server: the words that it says today, and what in them may differ tomorrow.

use std::collections::BTreeSet;

use pinfold_core::answer::Answer;
use pinfold_core::digest::ObjectKind;
use pinfold_core::pins::Approval;
use pinfold_core::reason::ReasonCode;
use pinfold_core::volatile::Rule;
use pinfold_store::StoredObject;

use crate::capture::{Said, Today};

/// The words of one server.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// What a yes approves, in the order of the listing, each with what may vary in it.
    pub(crate) approvable: Vec<(Said, Vec<Rule>)>,
    /// What stays held whatever is answered.
    pub(crate) held: Vec<HeldWord>,
}

/// Something that no yes on this page lets through.
#[derive(Clone, Debug)]
pub(crate) struct HeldWord {
    pub(crate) kind: ObjectKind,
    /// Foreign text.
    pub(crate) name: String,
    /// The code that the gate would hold it for.
    pub(crate) reason: ReasonCode,
}

impl Words {
    /// The words that fresh processes said.
    pub(crate) fn of(today: Today) -> Words {
        let unsteady = today.unsteady.into_iter().map(|said| HeldWord {
            kind: said.kind,
            name: said.name,
            reason: ReasonCode::ListUnstable,
        });
        let refused = today.refused.into_iter().map(|object| HeldWord {
            kind: object.kind,
            name: object.name,
            reason: object.reason,
        });
        Words { approvable: today.said, held: unsteady.chain(refused).collect() }
    }

    /// How many names of a kind a yes approves.
    pub(crate) fn count(&self, kind: ObjectKind) -> usize {
        let of_kind = self.approvable.iter().filter(|(said, _)| said.kind == kind);
        of_kind.map(|(said, _)| said.name.as_str()).collect::<BTreeSet<_>>().len()
    }

    /// The names of a kind in the order of the listing, each once. Foreign text.
    pub(crate) fn names(&self, kind: ObjectKind) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (said, _) in self.approvable.iter().filter(|(said, _)| said.kind == kind) {
            if !names.contains(&said.name.as_str()) {
                names.push(&said.name);
            }
        }
        names
    }

    /// As the decision has them.
    pub(crate) fn approvals(&self) -> Vec<Approval> {
        let approval = |(said, rules): &(Said, Vec<Rule>)| Approval {
            kind: said.kind,
            name: said.name.clone(),
            digest: said.digest,
            replaces: None,
            rules: rules.clone(),
        };
        self.approvable.iter().map(approval).collect()
    }

    /// An answer as a gate would note it after the yes: what differs by rules counts as what is approved.
    pub(crate) fn as_approved(&self, mut answer: Answer) -> Answer {
        for object in &mut answer.objects {
            let of_name: Vec<&(Said, Vec<Rule>)> = self
                .approvable
                .iter()
                .filter(|(said, _)| said.kind == object.kind && said.name == object.name)
                .collect();
            if let [(said, rules)] = of_name[..]
                && !rules.is_empty()
            {
                object.digest = said.digest;
            }
        }
        answer
    }

    /// As the store keeps them.
    pub(crate) fn objects(&self) -> impl Iterator<Item = StoredObject> {
        self.approvable.iter().map(|(said, _)| StoredObject {
            kind: said.kind,
            digest: said.digest,
            bytes: said.bytes.to_vec(),
        })
    }
}
