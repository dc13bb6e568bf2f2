//! Rules of one object taken over to another that says the same in the strings that they are about.

use std::collections::BTreeSet;

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
        let mut texts = Texts { old: &old, new: &new, passed, failed: BTreeSet::new() };
        let Some(spans) = texts.spans(0, of_one_string, 0) else { continue };
        let rules = of_one_string.iter().zip(spans);
        carried.extend(rules.map(|(rule, (start, end))| Rule { start, end, ..rule.clone() }));
    }
    if check(kind, new, &carried).is_ok() { carried } else { Vec::new() }
}

struct Texts<'t> {
    old: &'t str,
    new: &'t str,
    passed: &'t Passed,
    /// How many rules were left at which place of the new text, where nothing fits: looked at once.
    failed: BTreeSet<(usize, usize)>,
}

impl Texts<'_> {
    /// Where the spans are in the new text, behind these places of both.
    fn spans(&mut self, done: usize, rules: &[Rule], at: usize) -> Option<Vec<(usize, usize)>> {
        let Some((rule, rest)) = rules.split_first() else {
            return (self.old.get(done..)? == self.new.get(at..)?).then(Vec::new);
        };
        if self.failed.contains(&(rules.len(), at)) {
            return None;
        }
        let fixed = self.old.get(done..rule.start)?;
        let live = self.new.get(at..)?.strip_prefix(fixed)?;
        let start = at + fixed.len();
        for bytes in live_spans(rule.kind, self.old.get(rule.start..rule.end)?, live, self.passed) {
            if let Some(mut found) = self.spans(rule.end, rest, start + bytes) {
                found.insert(0, (start, start + bytes));
                return Some(found);
            }
        }
        self.failed.insert((rules.len(), at));
        None
    }
}
