//! Rules of one object taken over to another that says the same in the strings that they are about.

use super::matching::live_spans;
use super::{Passed, Rule, check};
use crate::digest::ObjectKind;
use crate::json::Value;

/// The rules of the old object as rules of the new one: for each string that is in the new object the old string with
/// other spans of their kinds. Strings that changed otherwise have none. What comes out fits the new object.
///
/// `passed` is what was passed to the server that gave the new object.
pub fn carry(
    kind: ObjectKind,
    old: &Value<'_>,
    rules: &[Rule],
    new: &Value<'_>,
    passed: &Passed,
) -> Vec<Rule> {
    let mut carried = Vec::new();
    for of_one_string in rules.chunk_by(|one, other| one.pointer == other.pointer) {
        let text = |object: &Value<'_>| -> Option<String> {
            object.at_pointer(&of_one_string[0].pointer).and_then(Value::as_str).map(str::to_owned)
        };
        let (Some(old), Some(new)) = (text(old), text(new)) else { continue };
        let Some(spans) = spans(&old, 0, of_one_string, &new, 0, passed) else { continue };
        let rules = of_one_string.iter().zip(spans);
        carried.extend(rules.map(|(rule, (start, end))| Rule { start, end, ..rule.clone() }));
    }
    if check(kind, new, &carried).is_ok() { carried } else { Vec::new() }
}

/// Where the spans are in the new text, behind these places of both.
fn spans(
    old: &str,
    done: usize,
    rules: &[Rule],
    new: &str,
    at: usize,
    passed: &Passed,
) -> Option<Vec<(usize, usize)>> {
    let Some((rule, rest)) = rules.split_first() else {
        return (old.get(done..)? == new.get(at..)?).then(Vec::new);
    };
    let fixed = old.get(done..rule.start)?;
    let live = new.get(at..)?.strip_prefix(fixed)?;
    let start = at + fixed.len();
    let lengths = live_spans(rule.kind, old.get(rule.start..rule.end)?, live, passed);
    lengths.into_iter().find_map(|bytes| {
        let mut found = spans(old, rule.end, rest, new, start + bytes, passed)?;
        found.insert(0, (start, start + bytes));
        Some(found)
    })
}
