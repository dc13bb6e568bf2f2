//! What may vary in an object that was decided about: where, what a person approved there, and what else may stand there.

use pinfold_core::digest::Digest;
use pinfold_core::json::{ReadLimits, Value, read};
use pinfold_core::pins::{ApprovalState, DigestPin};
use pinfold_core::text::visible;
use pinfold_core::volatile::{Rule, RuleKind};
use pinfold_store::{Store, StoreError};
use serde::Serialize;

use crate::elsewhere;
use crate::output::Output;
use crate::page::volatile::may_be;

/// One span of an object.
#[derive(Serialize)]
pub(super) struct Vary {
    /// Of the string in which it is; `""` of instructions.
    pub(super) pointer: String,
    /// First byte of the span in the decoded string, in UTF-8.
    pub(super) start: usize,
    /// First byte after it.
    pub(super) end: usize,
    /// The kind's name in records.
    pub(super) kind: &'static str,
    /// Of a permutation, what parts its items.
    pub(super) separator: Option<&'static str>,
    /// What a person approved there; `null` where the object is not approved any more, or the store lacks it.
    pub(super) approved: Option<String>,
    #[serde(skip)]
    words: &'static str,
}

/// The spans of an object, in the order of its rules. The object is read only if it has some.
///
/// # Errors
/// The store cannot be read, or what it holds has not the digest.
pub(super) fn of(store: &Store, digest: &Digest, pin: &DigestPin) -> Result<Vec<Vary>, StoreError> {
    if pin.rules.is_empty() {
        return Ok(Vec::new());
    }
    let is_approved = pin.state == ApprovalState::Approved;
    let bytes = match is_approved.then(|| store.object(digest)).transpose() {
        Ok(object) => object.map(|object| object.bytes).unwrap_or_default(),
        Err(StoreError::ObjectMissing(_)) => Vec::new(),
        Err(error) => return Err(error),
    };
    let object = read(&bytes, &ReadLimits::LISTING).ok();
    Ok(pin.rules.iter().map(|rule| Vary::of(rule, object.as_ref())).collect())
}

/// As people read it.
pub(super) fn print(spans: &[Vary], output: &mut Output<'_>) {
    for span in spans {
        let place = if span.pointer.is_empty() { "the whole text" } else { &span.pointer };
        output.line(format!("    may vary at {place}, bytes {} to {}", span.start, span.end));
        if let Some(approved) = &span.approved {
            output.line(format!("      approved: {}", visible(approved)));
        }
        output.line(format!("      or, in its place, {}", span.words));
    }
}

impl Vary {
    fn of(rule: &Rule, object: Option<&Value<'_>>) -> Vary {
        let text = object.and_then(|object| object.at_pointer(&rule.pointer)).and_then(Value::as_str);
        let approved = text.and_then(|text| text.get(rule.start..rule.end)).map(str::to_owned);
        let separator = match rule.kind {
            RuleKind::Permutation(separator) => Some(separator.as_str()),
            _ => None,
        };
        Vary {
            pointer: elsewhere::pointer(&rule.pointer),
            start: rule.start,
            end: rule.end,
            kind: rule.kind.as_str(),
            separator,
            approved,
            words: may_be(rule.kind),
        }
    }
}
