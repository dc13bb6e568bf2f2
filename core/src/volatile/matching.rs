//! Whether a live object is the pinned one, but for what rules let vary.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::kind::{self, DATE_TIME_BYTES, RuleKind};
use super::{Passed, Rule, check, list};
use crate::digest::ObjectKind;
use crate::json::{self, Node, Value};

/// Whether putting the pinned spans back makes the live object equal to the pinned one, with each live span of its kind.
///
/// Rules that do not fit the pinned object match nothing. Without rules nothing but an equal object matches. That the
/// pinned object is the approved one is for the caller to see to.
pub fn matches(
    kind: ObjectKind,
    pinned: &Value<'_>,
    rules: &[Rule],
    live: &Value<'_>,
    passed: &Passed,
) -> bool {
    if check(kind, pinned, rules).is_err() {
        return false;
    }
    let mut put_back = live.clone();
    for of_one_string in rules.chunk_by(|one, other| one.pointer == other.pointer) {
        let pointer = &of_one_string[0].pointer;
        let Some(pinned_text) = pinned.at_pointer(pointer).and_then(Value::as_str) else { return false };
        let Some(place) = put_back.at_pointer_mut(pointer) else { return false };
        let Node::String(live_text) = &mut place.node else { return false };
        if !text_matches(pinned_text, of_one_string, live_text, passed) {
            return false;
        }
        *live_text = Cow::Owned(pinned_text.to_owned());
    }
    json::canonical(&put_back) == json::canonical(pinned)
}

/// Whether the live string is the pinned one with other spans of their kinds. All ways to part it are tried at once: the
/// set of places that the text so far can reach.
pub(super) fn text_matches(pinned: &str, rules: &[Rule], live: &str, passed: &Passed) -> bool {
    let mut reached = BTreeSet::from([0]);
    let mut done = 0;
    for rule in rules {
        let Some(fixed) = pinned.get(done..rule.start) else { return false };
        let Some(span) = pinned.get(rule.start..rule.end) else { return false };
        let mut next = BTreeSet::new();
        for place in reached {
            let Some(rest) = live.get(place..).and_then(|rest| rest.strip_prefix(fixed)) else { continue };
            let from = place + fixed.len();
            next.extend(live_spans(rule.kind, span, rest, passed).into_iter().map(|bytes| from + bytes));
        }
        reached = next;
        done = rule.end;
    }
    let Some(tail) = pinned.get(done..) else { return false };
    reached.into_iter().any(|place| live.get(place..) == Some(tail))
}

/// How many bytes at the front of a live text can be a span of the kind, longest first.
pub(super) fn live_spans(kind: RuleKind, pinned: &str, live: &str, passed: &Passed) -> Vec<usize> {
    let mut found: Vec<usize> = match kind {
        RuleKind::DateTime => {
            DATE_TIME_BYTES.filter(|bytes| live.get(..*bytes).is_some_and(kind::is_date_time)).collect()
        }
        RuleKind::Date => {
            live.get(..10).filter(|day| kind::is_date(day.as_bytes())).map(str::len).into_iter().collect()
        }
        RuleKind::Zone => kind::zones().filter(|zone| live.starts_with(zone)).map(str::len).collect(),
        RuleKind::Home | RuleKind::Folder | RuleKind::Argument => {
            passed.paths(kind).filter(|path| live.starts_with(path)).map(str::len).collect()
        }
        RuleKind::Permutation(separator) => {
            let same = live.get(..pinned.len()).filter(|live| list::is_permutation(pinned, live, separator));
            same.map(str::len).into_iter().collect()
        }
    };
    found.sort_unstable_by(|one, other| other.cmp(one));
    found.dedup();
    found
}
