//! What several captures of one object, and one capture by itself, give to propose.

use super::kind::{self, RuleKind};
use super::matching::matches;
use super::propose::{propose, strings};
use super::{MAX_RULES_AN_OBJECT, Passed, Rule, place};
use crate::digest::ObjectKind;
use crate::json::Value;

/// The rules under which every one of the other captures is the first. `None`: no rules make them all equal.
///
/// `passed` is what was passed to each of the servers that gave them.
pub fn learn(
    kind: ObjectKind,
    first: &Value<'_>,
    others: &[&Value<'_>],
    passed: &Passed,
) -> Option<Vec<Rule>> {
    let mut rules: Vec<Rule> = Vec::new();
    for other in others {
        // What is explained already need not be explained in another way.
        if matches(kind, first, &rules, other, passed) {
            continue;
        }
        for rule in propose(kind, first, other, passed)? {
            // Of spans that overlap the longer one: a list was seen to move in two places.
            let length = rule.end - rule.start;
            if rules.iter().any(|known| known.touches(&rule) && known.end - known.start >= length) {
                continue;
            }
            rules.retain(|known| !known.touches(&rule));
            rules.push(rule);
        }
        rules.sort();
    }
    others.iter().all(|other| matches(kind, first, &rules, other, passed)).then_some(rules)
}

/// Adds a rule for every string that is nothing but a date or an instant, for a server that was seen to write a clock: two
/// captures of one day have one date. A place that a rule covers or touches already is left out.
pub fn propose_days(kind: ObjectKind, object: &Value<'_>, rules: &mut Vec<Rule>) {
    let mut texts = Vec::new();
    strings(&mut String::new(), object, &mut texts);
    for (pointer, text) in texts.into_iter().filter(|(pointer, _)| place::may_vary(kind, pointer)) {
        let kind = match text {
            _ if kind::is_date_time(text) => RuleKind::DateTime,
            _ if kind::is_date(text.as_bytes()) => RuleKind::Date,
            _ => continue,
        };
        let rule = Rule { pointer, start: 0, end: text.len(), kind };
        if rules.len() < MAX_RULES_AN_OBJECT && !rules.iter().any(|known| known.touches(&rule)) {
            rules.push(rule);
        }
    }
    rules.sort();
}
