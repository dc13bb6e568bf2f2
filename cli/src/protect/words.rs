//! What a yes would approve of one server: the words that it says today, and what in them may differ tomorrow.

use std::collections::BTreeSet;

use pinfold_core::digest::ObjectKind;
use pinfold_core::json::{self, ReadLimits};
use pinfold_core::pins::Approval;
use pinfold_core::reason::ReasonCode;
use pinfold_core::volatile::{Passed, Rule, propose, propose_paths};
use pinfold_store::StoredObject;

use crate::capture::{Said, Today};
use crate::launch::ExecPlan;

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
    /// The words that fresh processes said, with the rules under which they said the same.
    pub(crate) fn of(today: Today, passed: &Passed) -> Words {
        let mut words = Words::default();
        for said in today.said.into_iter().chain(today.fleeting) {
            let rules = with_paths(&said, Vec::new(), passed);
            words.approvable.push((said, rules));
        }
        for (first, second) in today.unsteady {
            match rules_between(&first, &second, passed) {
                Some(rules) => {
                    let rules = with_paths(&first, rules, passed);
                    words.approvable.push((first, rules));
                }
                None => words.held.push(HeldWord {
                    kind: first.kind,
                    name: first.name,
                    reason: ReasonCode::ListUnstable,
                }),
            }
        }
        words.held.extend(today.refused.into_iter().map(|object| HeldWord {
            kind: object.kind,
            name: object.name,
            reason: object.reason,
        }));
        words
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

    /// As the store keeps them.
    pub(crate) fn objects(&self) -> impl Iterator<Item = StoredObject> {
        self.approvable.iter().map(|(said, _)| StoredObject {
            kind: said.kind,
            digest: said.digest,
            bytes: said.bytes.to_vec(),
        })
    }
}

/// What is passed to a server that is started so.
pub(crate) fn passed(exec: &ExecPlan) -> Passed {
    let text = |text: &std::ffi::OsStr| text.to_str().map(str::to_owned);
    let home = exec.env.iter().rev().find(|(name, _)| name == "HOME");
    Passed {
        home: home.and_then(|(_, value)| text(value)),
        folder: text(exec.folder.as_os_str()),
        arguments: exec.argv.iter().skip(1).filter_map(|word| text(word)).collect(),
    }
}

fn rules_between(first: &Said, second: &Said, passed: &Passed) -> Option<Vec<Rule>> {
    let pinned = json::read(&first.bytes, &ReadLimits::LISTING).ok()?;
    let live = json::read(&second.bytes, &ReadLimits::LISTING).ok()?;
    propose(first.kind, &pinned, &live, passed)
}

/// The rules of an object, and those for the home and the folder in its words.
fn with_paths(said: &Said, mut rules: Vec<Rule>, passed: &Passed) -> Vec<Rule> {
    if let Ok(object) = json::read(&said.bytes, &ReadLimits::LISTING) {
        propose_paths(said.kind, &object, passed, &mut rules);
    }
    rules.sort();
    rules
}
