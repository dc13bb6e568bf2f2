//! The decision on a bundle: a verified release, or one refusal with its step and code.
//!
//! Source: `spec/verification.md`. Bytes, trust, marks and the time in; a report on every step out. There is no option
//! that leaves a step out, and [`Verified`] is made here alone.

mod coverage;
mod freshness;
mod heads;
mod index;
mod marks;
mod past;
mod publisher;
mod question;
mod refusal;
mod report;
mod step;
mod verify;
mod words;

pub use coverage::Coverage;
pub use freshness::{Freshness, FreshnessOutcome, judge_freshness};
pub use marks::{HeadMark, Marks, NameMark, NewMarks};
pub use question::{Identity, Question, Requirements};
pub use refusal::{KnownBy, Refusal, WhichHead};
pub use report::{Claimant, Finding, Rejection, Release, Report, StepResult, Verified};
pub use step::Step;
pub use verify::{Opened, verify};
