//! What differs between processes only in what volatile rules let vary, and how such differences are brought about.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::json::{self, ReadLimits, Value};
use pinfold_core::volatile::{Passed, Rule, RuleKind, learn, propose_days, propose_paths};
use pinfold_gate::guardian::Command;

use super::session::{Said, Session};
use super::stability::{Unstable, differences};

/// What may vary in the objects of a capture, by their digests.
pub(crate) type Rules = BTreeMap<Digest, Vec<Rule>>;

/// A zone in which hardly anybody lives: a server that writes the zone, or the local day, says something else there.
const ANOTHER_ZONE: &str = "Pacific/Kiritimati";

/// The same command in another time zone, unless its entry says in which one it runs: that is the same wherever the
/// server is started.
pub(crate) fn in_another_zone(command: &Command, has_zone: bool) -> Command {
    let mut command = command.clone();
    if has_zone {
        return command;
    }
    command.env.retain(|(name, _)| name != "TZ");
    command.env.push(("TZ".into(), ANOTHER_ZONE.into()));
    command
}

/// What is passed to a server that is started so.
pub(crate) fn passed(command: &Command) -> Passed {
    let text = |text: &OsStr| text.to_str().map(str::to_owned);
    let home = command.env.iter().rev().find(|(name, _)| name == "HOME");
    Passed {
        home: home.and_then(|(_, value)| text(value)),
        folder: text(command.folder.as_os_str()),
        arguments: command.args.iter().filter_map(|word| text(word)).collect(),
    }
}

/// The rules under which the other processes said what the first one did. `alike` are processes that must have said the
/// same objects; what `others` said otherwise is used where rules explain it.
///
/// # Errors
/// What no rules explain, object by object.
pub(super) fn explain(
    first: &Session,
    alike: &[&Session],
    others: &[&Session],
    passed: &Passed,
) -> Result<Rules, Vec<Unstable>> {
    let mut unstable: Vec<Unstable> = Vec::new();
    for difference in alike.iter().flat_map(|session| differences(first, session)) {
        let is_named =
            unstable.iter().any(|one| (one.kind, &one.name) == (difference.kind, &difference.name));
        let is_open = difference.pointer.is_none() || {
            let mut of_name = first.said.iter().filter(|said| is_of(said, difference.kind, &difference.name));
            of_name.any(|said| learned(said, &of_the_name(said, alike), passed).is_none())
        };
        if is_open && !is_named {
            unstable.push(difference);
        }
    }
    if !unstable.is_empty() {
        return Err(unstable);
    }
    let mut rules = Rules::new();
    for said in &first.said {
        let needed = of_the_name(said, alike);
        let mut of_object = learned(said, &needed, passed).unwrap_or_default();
        for more in of_the_name(said, others) {
            let with_it: Vec<Said> = needed.iter().cloned().chain([more]).collect();
            of_object = learned(said, &with_it, passed).unwrap_or(of_object);
        }
        rules.insert(said.digest, of_object);
    }
    let is_clock = |rule: &Rule| rule.kind == RuleKind::DateTime;
    let has_clock = rules.values().flatten().any(is_clock);
    for said in &first.said {
        let (Ok(object), Some(of_object)) =
            (json::read(&said.bytes, &ReadLimits::LISTING), rules.get_mut(&said.digest))
        else {
            continue;
        };
        propose_paths(said.kind, &object, passed, of_object);
        if has_clock {
            propose_days(said.kind, &object, of_object);
        }
    }
    rules.retain(|_, rules| !rules.is_empty());
    Ok(rules)
}

/// Whether an object is the other one, if need be under that one's rules.
pub(super) fn is_equal(pinned: &Said, rules: &Rules, other: &Said, passed: &Passed) -> bool {
    let of_object = rules.get(&pinned.digest).map_or(&[][..], Vec::as_slice);
    pinned.digest == other.digest
        || with_values(pinned, std::slice::from_ref(other), |pinned_value, others| {
            let matches = pinfold_core::volatile::matches;
            others.iter().all(|other| matches(pinned.kind, pinned_value, of_object, other, passed))
        })
        .unwrap_or(false)
}

pub(super) fn learned(said: &Said, others: &[Said], passed: &Passed) -> Option<Vec<Rule>> {
    with_values(said, others, |value, others| learn(said.kind, value, others, passed))?
}

fn with_values<T>(
    said: &Said,
    others: &[Said],
    look: impl FnOnce(&Value<'_>, &[&Value<'_>]) -> T,
) -> Option<T> {
    let value = json::read(&said.bytes, &ReadLimits::LISTING).ok()?;
    let others = others.iter().map(|other| json::read(&other.bytes, &ReadLimits::LISTING).ok());
    let others = others.collect::<Option<Vec<_>>>()?;
    Some(look(&value, &others.iter().collect::<Vec<_>>()))
}

/// What the sessions said under the name of an object.
fn of_the_name(said: &Said, sessions: &[&Session]) -> Vec<Said> {
    let found = sessions.iter().flat_map(|session| &session.said);
    found.filter(|other| is_of(other, said.kind, &said.name)).cloned().collect()
}

fn is_of(said: &Said, kind: ObjectKind, name: &str) -> bool {
    said.kind == kind && said.name == name
}
