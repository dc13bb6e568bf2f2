//! Volatile rules: exceptions to equality for the parts of a definition that an honest server writes anew at each start.
//!
//! Source: `spec/volatile-rules.md`. A digest is always of the object as received. A [`Rule`] says of one span of one
//! string of one pinned object that something else of the same closed kind may stand there: a clock, a zone, a path that
//! was passed, an unordered list. There are no patterns, and no kind takes prose.
//!
//! In scope: what a rule is, its JSON, whether rules fit the object that they are about ([`check`]), whether a live object
//! is equal under them ([`matches()`]), and which rules would make captures equal ([`propose`], [`learn`],
//! [`propose_paths`], [`propose_days`]). Out
//! of scope: who approved a rule, and whether a pinned object has the digest that it is kept under (the caller's part).

mod carry;
mod check;
mod json;
mod kind;
mod learn;
mod list;
mod matching;
mod place;
mod propose;

use std::fmt;

pub use carry::carry;
pub use check::{RuleFault, check, check_form};
pub(crate) use json::{read_all, write_all};
pub use kind::{RuleKind, Separator};
pub use learn::{learn, propose_days};
pub use matching::matches;
pub use propose::{propose, propose_paths};

/// Rules of one object, at most. Largest real number that we know: 2.
pub const MAX_RULES_AN_OBJECT: usize = 64;
/// Bytes of a rule's pointer, at most. Largest real one that we know: 42.
pub const MAX_RULE_POINTER_BYTES: usize = 1_024;
/// Bytes of a pinned span, at most. Largest real one that we know: 85 (eleven items).
pub const MAX_SPAN_BYTES: usize = 8_192;
/// Bytes of a path that may stand in a span, at most.
pub const MAX_PATH_SPAN_BYTES: usize = 1_024;
/// Items of a list, at most. Largest real number that we know: 11.
pub const MAX_LIST_ITEMS: usize = 256;
/// Bytes of one item of a list, at most.
pub const MAX_LIST_ITEM_BYTES: usize = 64;

/// One exception: what stands in a span of a pinned string may be something else of its kind.
///
/// A value of this type is not checked: [`check`] does, beside the object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rule {
    /// JSON Pointer to a string of the pinned object; `""` is the object itself (instructions). Foreign text.
    pub pointer: String,
    /// First byte of the span, in the UTF-8 bytes of the decoded pinned string.
    pub start: usize,
    /// First byte after the span.
    pub end: usize,
    /// What may stand there.
    pub kind: RuleKind,
}

impl Rule {
    /// Whether the spans of two rules of one object overlap or touch: then they cannot stand together.
    pub fn touches(&self, other: &Rule) -> bool {
        self.pointer == other.pointer && self.start <= other.end && other.start <= self.end
    }
}

/// What a gate itself passed to the server that it started. Never stored and never printed: arguments can be secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Passed {
    /// The value of `HOME` in the server's environment, if it has one.
    pub home: Option<String>,
    /// The server's working directory.
    pub folder: Option<String>,
    /// The server's arguments, without the command.
    pub arguments: Vec<String>,
}

impl fmt::Debug for Passed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Passed").field("arguments", &self.arguments.len()).finish_non_exhaustive()
    }
}

impl Passed {
    /// Every path that was passed and may stand in a span of this kind.
    fn paths(&self, kind: RuleKind) -> impl Iterator<Item = &str> {
        let single = match kind {
            RuleKind::Home => self.home.as_deref(),
            RuleKind::Folder => self.folder.as_deref(),
            _ => None,
        };
        let arguments = if kind == RuleKind::Argument { self.arguments.as_slice() } else { &[] };
        single.into_iter().chain(arguments.iter().map(String::as_str)).filter(|path| kind::is_path(path))
    }
}
