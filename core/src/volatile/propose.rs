//! Which rules would make two captures equal. What comes out is a proposal for a person or a publisher, nothing more.

use std::collections::BTreeSet;

use super::kind::{self, RuleKind, Separator};
use super::matching::{live_spans, matches};
use super::{MAX_PATH_SPAN_BYTES, MAX_RULES_AN_OBJECT, MAX_SPAN_BYTES, Passed, Rule, list, place};
use crate::digest::ObjectKind;
use crate::json::{Node, Value, pointer_push};

/// Spans that are tried for the strings of one object, at most; beyond it nothing is proposed.
const MAX_TRIES: usize = 1_024;

/// The rules under which the live object is the pinned one; empty if they are equal as they are. `None`: no rules make
/// them equal, because something differs that is of no closed kind, or that may not vary.
///
/// `passed` is what was passed to the server that gave the live object. What is proposed passes [`matches()`].
pub fn propose(kind: ObjectKind, pinned: &Value<'_>, live: &Value<'_>, passed: &Passed) -> Option<Vec<Rule>> {
    let mut search = Search { kind, passed, tries: MAX_TRIES, failed: BTreeSet::new(), rules: Vec::new() };
    search.value(&mut String::new(), pinned, live)?;
    let mut rules = search.rules;
    rules.sort();
    matches(kind, pinned, &rules, live, passed).then_some(rules)
}

/// Adds a rule for every place where the words hold the passed home folder or working directory: in another home or
/// folder they would be other words. `rules` are those of the object already; a place that one of them covers or touches
/// is left out.
///
/// `passed` is what was passed to the server that gave this object.
pub fn propose_paths(kind: ObjectKind, object: &Value<'_>, passed: &Passed, rules: &mut Vec<Rule>) {
    let mut kinds = [RuleKind::Home, RuleKind::Folder];
    kinds.sort_by_key(|kind| std::cmp::Reverse(passed.paths(*kind).map(str::len).max()));
    let mut texts = Vec::new();
    strings(&mut String::new(), object, &mut texts);
    for (pointer, text) in texts.into_iter().filter(|(pointer, _)| place::may_vary(kind, pointer)) {
        for kind in kinds {
            let Some(path) = passed.paths(kind).next() else { continue };
            for (start, found) in text.match_indices(path) {
                let rule = Rule { pointer: pointer.clone(), start, end: start + found.len(), kind };
                let is_free = !rules.iter().any(|one| one.touches(&rule));
                if rules.len() < MAX_RULES_AN_OBJECT && is_free && stands_alone(text, rule.start, rule.end) {
                    rules.push(rule);
                }
            }
        }
    }
    rules.sort();
}

/// Whether a path is not the middle of a longer name: `/home/u` in `/home/user` is not.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).and_then(|text| text.chars().next_back());
    let after = text.get(end..).and_then(|text| text.chars().next());
    !before.is_some_and(|letter| kind::is_path_letter(letter) && !matches!(letter, ':' | '='))
        && !after.is_some_and(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-'))
}

/// Every string of an object, with its pointer.
pub(super) fn strings<'v>(pointer: &mut String, value: &'v Value<'_>, found: &mut Vec<(String, &'v str)>) {
    match &value.node {
        Node::String(text) => found.push((pointer.clone(), text)),
        Node::Object(members) => {
            for member in members {
                below(pointer, &member.name, |pointer| strings(pointer, &member.value, found));
            }
        }
        Node::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                below(pointer, &index.to_string(), |pointer| strings(pointer, element, found));
            }
        }
        _ => {}
    }
}

fn below<T>(pointer: &mut String, token: &str, inside: impl FnOnce(&mut String) -> T) -> T {
    let length = pointer.len();
    pointer_push(pointer, token);
    let result = inside(pointer);
    pointer.truncate(length);
    result
}

struct Search<'p> {
    kind: ObjectKind,
    passed: &'p Passed,
    tries: usize,
    /// Places of the two texts at hand behind which nothing fits: looked at once.
    failed: BTreeSet<(usize, usize)>,
    rules: Vec<Rule>,
}

impl Search<'_> {
    /// Goes over both objects at once. Whatever differs but strings ends it.
    fn value(&mut self, pointer: &mut String, pinned: &Value<'_>, live: &Value<'_>) -> Option<()> {
        match (&pinned.node, &live.node) {
            (Node::Object(members), Node::Object(others)) => {
                if members.len() != others.len() {
                    return None;
                }
                members.iter().try_for_each(|member| {
                    let other = live.get(&member.name)?;
                    below(pointer, &member.name, |pointer| self.value(pointer, &member.value, other))
                })
            }
            (Node::Array(elements), Node::Array(others)) => {
                if elements.len() != others.len() {
                    return None;
                }
                elements.iter().zip(others).enumerate().try_for_each(|(index, (element, other))| {
                    below(pointer, &index.to_string(), |pointer| self.value(pointer, element, other))
                })
            }
            (Node::String(text), Node::String(other)) if text != other => {
                if !place::may_vary(self.kind, pointer) {
                    return None;
                }
                self.failed.clear();
                let spans = self.text(text, other, 0, 0)?;
                let pointer = &*pointer;
                self.rules.extend(spans.into_iter().map(|(start, end, kind)| Rule {
                    pointer: pointer.clone(),
                    start,
                    end,
                    kind,
                }));
                Some(())
            }
            // Numbers are compared by the canonical form, at the end.
            _ => Some(()),
        }
    }

    /// The spans that make the rest of one string the rest of the other: at the first difference each span that could
    /// stand there is tried.
    fn text(
        &mut self,
        pinned: &str,
        live: &str,
        from: usize,
        live_from: usize,
    ) -> Option<Vec<(usize, usize, RuleKind)>> {
        let (rest, live_rest) = (pinned.get(from..)?, live.get(live_from..)?);
        if rest == live_rest {
            return Some(Vec::new());
        }
        if self.failed.contains(&(from, live_from)) {
            return None;
        }
        let common = rest.bytes().zip(live_rest.bytes()).take_while(|(one, other)| one == other).count();
        let mut first = from + common;
        while !pinned.is_char_boundary(first) {
            first -= 1;
        }
        // Spans of one string do not touch.
        let earliest = if from == 0 { 0 } else { from + 1 };
        for (start, end, kind) in candidates(pinned, first, self.passed) {
            if start < earliest || start > first || end < first {
                continue;
            }
            let live_start = live_from + (start - from);
            let Some(live_rest) = live.get(live_start..) else { continue };
            for bytes in live_spans(kind, &pinned[start..end], live_rest, self.passed) {
                self.tries = self.tries.checked_sub(1)?;
                if let Some(mut spans) = self.text(pinned, live, end, live_start + bytes) {
                    spans.insert(0, (start, end, kind));
                    return Some(spans);
                }
            }
        }
        self.failed.insert((from, live_from));
        None
    }
}

/// The spans of the pinned text that hold a place or end there, the most telling kinds first.
fn candidates(pinned: &str, at: usize, passed: &Passed) -> Vec<(usize, usize, RuleKind)> {
    let mut found = Vec::new();
    for bytes in kind::DATE_TIME_BYTES.rev() {
        typed(pinned, at, bytes, RuleKind::DateTime, &mut found);
    }
    typed(pinned, at, 10, RuleKind::Date, &mut found);
    zones(pinned, at, &mut found);
    paths(pinned, at, passed, &mut found);
    for separator in Separator::ALL {
        lists(pinned, at, separator, &mut found);
    }
    found
}

/// Spans of one length that are of the kind.
fn typed(pinned: &str, at: usize, bytes: usize, kind: RuleKind, found: &mut Vec<(usize, usize, RuleKind)>) {
    let spans = (at.saturating_sub(bytes)..=at).map(|start| (start, start + bytes));
    let fits = |(start, end): &(usize, usize)| {
        pinned.get(*start..*end).is_some_and(|span| kind.admits(span)) && is_word(pinned, *start, *end)
    };
    found.extend(spans.filter(fits).map(|(start, end)| (start, end, kind)));
}

/// Names of zones, the longest first.
fn zones(pinned: &str, at: usize, found: &mut Vec<(usize, usize, RuleKind)>) {
    let mut spans = Vec::new();
    for start in at.saturating_sub(kind::MAX_ZONE_BYTES)..=at {
        let Some(rest) =
            pinned.get(start..).filter(|rest| rest.starts_with(|letter: char| letter.is_ascii_uppercase()))
        else {
            continue;
        };
        let names = kind::zones().filter(|zone| rest.starts_with(zone));
        spans.extend(names.map(|zone| (start, start + zone.len(), RuleKind::Zone)));
    }
    spans.retain(|(start, end, _)| *end >= at && is_word(pinned, *start, *end));
    spans.sort_by_key(|(start, end, _)| std::cmp::Reverse(end - start));
    found.extend(spans);
}

/// Whether a span is not the middle of a longer word.
fn is_word(text: &str, start: usize, end: usize) -> bool {
    let in_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    !text[..start].chars().next_back().is_some_and(in_word)
        && !text[end..].chars().next().is_some_and(in_word)
}

/// Paths that begin at or before a place and end at or behind it, at the end of any of their parts.
fn paths(pinned: &str, at: usize, passed: &Passed, found: &mut Vec<(usize, usize, RuleKind)>) {
    let kinds = [RuleKind::Home, RuleKind::Folder, RuleKind::Argument];
    let kinds: Vec<RuleKind> =
        kinds.into_iter().filter(|kind| passed.paths(*kind).next().is_some()).collect();
    if kinds.is_empty() {
        return;
    }
    let begins = pinned[..at].char_indices().rev().take_while(|(_, letter)| kind::is_path_letter(*letter));
    let begin = begins.last().map_or(at, |(place, _)| place);
    let run: usize =
        pinned[begin..].chars().take_while(|letter| kind::is_path_letter(*letter)).map(char::len_utf8).sum();
    let end = (begin + run).min(begin + MAX_PATH_SPAN_BYTES);
    let is_end = |place: &usize| {
        pinned[*place..]
            .chars()
            .next()
            .is_none_or(|letter| !(letter.is_alphanumeric() || matches!(letter, '_' | '-')))
    };
    let starts = (begin..=at).filter(|place| pinned.as_bytes().get(*place) == Some(&b'/'));
    for start in starts.filter(|start| stands_alone(pinned, *start, *start)) {
        let ends = (at.max(start + 1)..=end).rev().filter(|place| pinned.is_char_boundary(*place));
        for end in ends.filter(is_end).filter(|end| kind::is_path(&pinned[start..*end])) {
            found.extend(kinds.iter().map(|kind| (start, end, *kind)));
        }
    }
}

/// The longest list around a place, and shorter ones without the brackets and stops around it.
fn lists(pinned: &str, at: usize, separator: Separator, found: &mut Vec<(usize, usize, RuleKind)>) {
    let bytes = pinned.as_bytes();
    let part = separator.as_str().as_bytes();
    let is_letter = |place: usize| bytes.get(place).copied().is_some_and(list::is_item_letter);
    let mut start = at;
    while at - start < MAX_SPAN_BYTES {
        if start > 0 && is_letter(start - 1) {
            start -= 1;
        } else if bytes[..start].ends_with(part) && start > part.len() && is_letter(start - part.len() - 1) {
            start -= part.len();
        } else {
            break;
        }
    }
    let mut end = at;
    while end - at < MAX_SPAN_BYTES {
        if is_letter(end) {
            end += 1;
        } else if bytes[end..].starts_with(part) && is_letter(end + part.len()) {
            end += part.len();
        } else {
            break;
        }
    }
    let opening = bytes[start..end].iter().take(3).take_while(|byte| b"([{<'\"`".contains(byte)).count();
    let closing =
        bytes[start..end].iter().rev().take(3).take_while(|byte| b")]}>.:!?'\"`".contains(byte)).count();
    for cut in 0..=opening {
        for cut_behind in 0..=closing {
            let (start, end) = (start + cut, end - cut_behind);
            if start < end && pinned.get(start..end).is_some_and(|span| list::is_list(span, separator)) {
                found.push((start, end, RuleKind::Permutation(separator)));
            }
        }
    }
}
