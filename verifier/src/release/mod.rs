//! The decision on a bundle: a verified release, or one refusal with its step and code.
//!
//! Source: `spec/verification.md`. Bytes, trust, marks and the time in; a report on every step out.

mod freshness;
mod marks;
mod question;
mod step;

pub use freshness::{Freshness, FreshnessOutcome, judge_freshness};
pub use marks::{HeadMark, Marks, NameMark, NewMarks};
pub use question::{Identity, Question, Requirements};
pub use step::Step;
