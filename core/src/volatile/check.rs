//! Whether rules fit the object that they are about.

use thiserror::Error;

use super::{MAX_RULE_POINTER_BYTES, MAX_RULES_AN_OBJECT, MAX_SPAN_BYTES, Rule, place};
use crate::digest::ObjectKind;
use crate::json::Value;

/// Why rules are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RuleFault {
    /// More than [`MAX_RULES_AN_OBJECT`] rules.
    #[error("more than {MAX_RULES_AN_OBJECT} volatile rules for one object")]
    TooMany,
    /// A pointer or a span is longer than allowed.
    #[error("a volatile rule has a pointer or a span that is too long")]
    TooLong,
    /// A span without bytes.
    #[error("a volatile rule has an empty span")]
    Empty,
    /// Rules do not rise by pointer and span, or two spans overlap or touch.
    #[error("volatile rules are not sorted, or their spans overlap or touch")]
    Order,
    /// The place is none where something may vary.
    #[error("a volatile rule stands where nothing may vary")]
    Place,
    /// No string of the object is there, or the span is not whole characters of it.
    #[error("a volatile rule has a span that the object does not have")]
    NoSpan,
    /// What stands there is not of the rule's kind.
    #[error("a volatile rule has a span that is not of its kind")]
    NotOfKind,
}

impl RuleFault {
    /// The name of the refusal in spec/volatile-rules.md.
    pub const fn name(self) -> &'static str {
        match self {
            RuleFault::TooMany => "RULES_TOO_MANY",
            RuleFault::TooLong => "RULE_TOO_LONG",
            RuleFault::Empty => "RULE_EMPTY",
            RuleFault::Order => "RULES_ORDER",
            RuleFault::Place => "RULE_PLACE",
            RuleFault::NoSpan => "RULE_NO_SPAN",
            RuleFault::NotOfKind => "RULE_NOT_OF_KIND",
        }
    }
}

/// Checks what can be said of the rules of one object without that object.
///
/// # Errors
/// The first [`RuleFault`] in the order of the specification.
pub fn check_form(kind: ObjectKind, rules: &[Rule]) -> Result<(), RuleFault> {
    if rules.len() > MAX_RULES_AN_OBJECT {
        return Err(RuleFault::TooMany);
    }
    for rule in rules {
        if rule.pointer.len() > MAX_RULE_POINTER_BYTES || rule.end.saturating_sub(rule.start) > MAX_SPAN_BYTES
        {
            return Err(RuleFault::TooLong);
        }
        if rule.start >= rule.end {
            return Err(RuleFault::Empty);
        }
        if !place::may_vary(kind, &rule.pointer) {
            return Err(RuleFault::Place);
        }
    }
    let rises = |pair: &[Rule]| match pair[0].pointer.cmp(&pair[1].pointer) {
        std::cmp::Ordering::Less => true,
        std::cmp::Ordering::Equal => pair[0].end < pair[1].start,
        std::cmp::Ordering::Greater => false,
    };
    if rules.windows(2).all(rises) { Ok(()) } else { Err(RuleFault::Order) }
}

/// Checks the rules of one object beside it.
///
/// # Errors
/// The first [`RuleFault`] in the order of the specification.
pub fn check(kind: ObjectKind, pinned: &Value<'_>, rules: &[Rule]) -> Result<(), RuleFault> {
    check_form(kind, rules)?;
    for rule in rules {
        let text = pinned.at_pointer(&rule.pointer).and_then(Value::as_str).ok_or(RuleFault::NoSpan)?;
        let span = text.get(rule.start..rule.end).ok_or(RuleFault::NoSpan)?;
        if !rule.kind.admits(span) {
            return Err(RuleFault::NotOfKind);
        }
    }
    Ok(())
}
