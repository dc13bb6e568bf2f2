//! What a server says today, for a person who wants to go on using it: as `capture`, but what breaks a rule or differs
//! at every start is told and does not spoil the rest.

use std::collections::BTreeSet;

use pinfold_clients::Greeting;
use pinfold_core::answer::Answer;
use pinfold_core::digest::ObjectKind;
use pinfold_core::json::{self, ReadLimits};
use pinfold_core::volatile::{Passed, Rule, RuleKind, propose_days, propose_paths};
use pinfold_gate::gate::{ClientQuestion, ReportedObject};
use pinfold_gate::guardian::Command;

use super::session::{Capabilities, Said, Session};
use super::volatile::{learned, passed};
use super::{CaptureRefusal, Interrupts};

/// What fresh processes of a server said.
#[derive(Debug, Default)]
pub(crate) struct Today {
    /// What can be approved, in the order of the listing, each with what may vary in it. A name stands twice where its
    /// words depend on what the client can do.
    pub(crate) said: Vec<(Said, Vec<Rule>)>,
    /// What two processes with the same capabilities said in two ways that no rules explain.
    pub(crate) unsteady: Vec<Said>,
    /// What breaks a rule: no gate lets it through, whatever a person says.
    pub(crate) refused: Vec<ReportedObject>,
    /// How many processes were started.
    pub(crate) processes: usize,
    /// What each process answered to its client's greeting.
    pub(crate) answers: Vec<(ClientQuestion, Answer)>,
}

/// Hears a server in two fresh processes: one with the greeting of its client (or as a client that can do nothing),
/// started as `elsewhere`, which is the command in another time zone, and one for a client that can do everything. Where
/// they differ by more than volatile rules explain, each set of capabilities is heard once more. One process more is
/// started for each further greeting.
///
/// # Errors
/// [`CaptureRefusal`]: it could not be asked at all.
pub(crate) fn hear_twice(
    command: &Command,
    elsewhere: &Command,
    greetings: &BTreeSet<Greeting>,
    interrupts: &Interrupts,
) -> Result<Today, CaptureRefusal> {
    let passed = passed(command);
    let mut greetings = greetings.iter().copied().map(Capabilities::Client);
    let modest = greetings.next().unwrap_or(Capabilities::None);
    let mut plain_elsewhere = Session::run(elsewhere, modest, interrupts)?;
    let mut able = Session::run(command, Capabilities::All, interrupts)?;
    let mut answers: Vec<_> =
        [&mut plain_elsewhere, &mut able].into_iter().filter_map(|session| session.answered.take()).collect();
    let mut today = match same_but_for_rules(&able, &plain_elsewhere, &passed) {
        Some(said) => Today { said, refused: able.refused, processes: 2, ..Today::default() },
        None => {
            let able_again = Session::run(command, Capabilities::All, interrupts)?;
            let plain = Session::run(command, modest, interrupts)?;
            four(able, &able_again, plain, &plain_elsewhere, &passed)
        }
    };
    for greeting in greetings {
        let mut session = Session::run(command, greeting, interrupts)?;
        answers.extend(session.answered.take());
        today.processes += 1;
        today.add_other(&session, &session, &passed);
    }
    today.answers = answers;
    add_paths_and_days(&mut today.said, &passed);
    Ok(today)
}

/// What the first session said, with the rules under which the other one said the same; `None`: it did not.
fn same_but_for_rules(one: &Session, other: &Session, passed: &Passed) -> Option<Vec<(Said, Vec<Rule>)>> {
    if one.said.len() != other.said.len() {
        return None;
    }
    let with_rules = |said: &Said| {
        let same = of_name(other, said)?;
        Some((said.clone(), learned(said, std::slice::from_ref(same), passed)?))
    };
    one.said.iter().map(with_rules).collect()
}

/// Sorts out four processes, two for each set of capabilities.
fn four(
    able: Session,
    able_again: &Session,
    plain: Session,
    plain_elsewhere: &Session,
    passed: &Passed,
) -> Today {
    let mut today = Today { processes: 4, ..Today::default() };
    for said in &able.said {
        let again: Vec<Said> = of_name(able_again, said).into_iter().cloned().collect();
        let Some(mut rules) = learned(said, &again, passed) else {
            today.unsteady.push(said.clone());
            continue;
        };
        let mut others = again;
        for session in [&plain, plain_elsewhere] {
            let more: Vec<Said> = others.iter().chain(of_name(session, said)).cloned().collect();
            if let Some(learned) = learned(said, &more, passed) {
                (rules, others) = (learned, more);
            }
        }
        today.said.push((said.clone(), rules));
    }
    // What a client that can do less is told otherwise, and what only some of the processes listed.
    for (session, again) in [(&plain, plain_elsewhere), (able_again, &able), (plain_elsewhere, &plain)] {
        today.add_other(session, again, passed);
    }
    for refused in able.refused.into_iter().chain(plain.refused) {
        let is_known = |known: &ReportedObject| known.digest == refused.digest && known.name == refused.name;
        if !today.refused.iter().any(is_known) {
            today.refused.push(refused);
        }
    }
    today
}

impl Today {
    /// Adds what a session said otherwise than those before it; `again` is another one with the same greeting.
    fn add_other(&mut self, session: &Session, again: &Session, passed: &Passed) {
        for said in &session.said {
            let is_known = self.is_unsteady(said)
                || self.said.iter().any(|(known, rules)| is_equal(known, rules, said, passed));
            if !is_known {
                let same: Vec<Said> = of_name(again, said).into_iter().cloned().collect();
                self.said.push((said.clone(), learned(said, &same, passed).unwrap_or_default()));
            }
        }
    }

    fn is_unsteady(&self, said: &Said) -> bool {
        self.unsteady.iter().any(|known| is_named(known, said.kind, &said.name))
    }
}

/// Rules for places that are as they are only on this machine or this day.
fn add_paths_and_days(said: &mut [(Said, Vec<Rule>)], passed: &Passed) {
    let has_clock = said.iter().flat_map(|(_, rules)| rules).any(|rule| rule.kind == RuleKind::DateTime);
    for (said, rules) in said {
        let Ok(object) = json::read(&said.bytes, &ReadLimits::LISTING) else { continue };
        propose_paths(said.kind, &object, passed, rules);
        if has_clock {
            propose_days(said.kind, &object, rules);
        }
        rules.sort();
    }
}

fn is_equal(pinned: &Said, rules: &[Rule], other: &Said, passed: &Passed) -> bool {
    if !is_named(pinned, other.kind, &other.name) {
        return false;
    }
    let limits = ReadLimits::LISTING;
    pinned.digest == other.digest
        || matches!(
            (json::read(&pinned.bytes, &limits), json::read(&other.bytes, &limits)),
            (Ok(one), Ok(two)) if pinfold_core::volatile::matches(pinned.kind, &one, rules, &two, passed)
        )
}

fn of_name<'s>(session: &'s Session, said: &Said) -> Option<&'s Said> {
    session.said.iter().find(|other| is_named(other, said.kind, &said.name))
}

fn is_named(said: &Said, kind: ObjectKind, name: &str) -> bool {
    said.kind == kind && said.name == name
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pinfold_core::digest::tagged_digest;

    use super::*;

    fn said(name: &str, words: &str) -> Said {
        let text =
            format!(r#"{{"description":"{words}","inputSchema":{{"type":"object"}},"name":"{name}"}}"#);
        Said {
            kind: ObjectKind::Tool,
            name: name.to_owned(),
            digest: tagged_digest("test", text.as_bytes()),
            bytes: Arc::from(text.as_bytes()),
        }
    }

    fn session(said: Vec<Said>) -> Session {
        Session { capabilities: Capabilities::None, said, refused: Vec::new(), junk_lines: 0, answered: None }
    }

    fn shown(said: &[(Said, Vec<Rule>)]) -> Vec<(String, usize)> {
        let words = |said: &Said| {
            let text = String::from_utf8_lossy(&said.bytes).into_owned();
            text.split('"').nth(3).unwrap_or_default().to_owned()
        };
        said.iter().map(|(said, rules)| (format!("{}: {}", said.name, words(said)), rules.len())).collect()
    }

    #[test]
    fn what_depends_on_the_client_is_kept_and_what_differs_at_every_start_is_set_apart() {
        let able = session(vec![
            said("same", "one"),
            said("by-client", "for able ones"),
            said("clock", "It is 2026-11-26T02:44:11Z."),
            said("prose", "first"),
            said("once", "seen"),
        ]);
        let able_again = session(vec![
            said("same", "one"),
            said("by-client", "for able ones"),
            said("clock", "It is 2026-11-26T02:44:12Z."),
            said("prose", "second"),
        ]);
        let plain = session(vec![
            said("same", "one"),
            said("by-client", "for others"),
            said("clock", "It is 2026-11-26T02:44:13Z."),
            said("prose", "third"),
            said("plain-only", "less"),
        ]);
        let elsewhere = session(vec![
            said("same", "one"),
            said("by-client", "for others"),
            said("clock", "It is 2026-11-26T16:44:14+14:00."),
            said("prose", "fourth"),
            said("plain-only", "less"),
        ]);
        let today = four(able, &able_again, plain, &elsewhere, &Passed::default());
        let expected = [
            ("same: one", 0),
            ("by-client: for able ones", 0),
            ("clock: It is 2026-11-26T02:44:11Z.", 1),
            ("once: seen", 0),
            ("by-client: for others", 0),
            ("plain-only: less", 0),
        ];
        assert_eq!(shown(&today.said), expected.map(|(words, rules)| (words.to_owned(), rules)));
        let unsteady: Vec<&str> = today.unsteady.iter().map(|said| said.name.as_str()).collect();
        assert_eq!(unsteady, ["prose"]);
    }

    #[test]
    fn two_processes_are_enough_where_rules_explain_the_difference() {
        let able = session(vec![said("zone", "Local zone is 'Europe/Zurich'."), said("same", "one")]);
        let elsewhere =
            session(vec![said("same", "one"), said("zone", "Local zone is 'Pacific/Kiritimati'.")]);
        let same = same_but_for_rules(&able, &elsewhere, &Passed::default()).unwrap();
        assert_eq!(
            shown(&same),
            [("zone: Local zone is 'Europe/Zurich'.".to_owned(), 1), ("same: one".to_owned(), 0)]
        );
        let other = session(vec![said("zone", "Local zone is none."), said("same", "one")]);
        assert!(same_but_for_rules(&able, &other, &Passed::default()).is_none());
    }
}
