//! Pins: what a person approved, as the fold of a chain of decisions (spec/pins.md).
//!
//! In scope: the decisions, their canonical JSON, the hash chain that links them, and the fold that turns a chain into
//! the pins of each label. Out of scope: where the chain is stored and how its head is guarded (spec/store.md), what a
//! listing may release (the verifier), who was asked and how (the command line).
//!
//! Nothing but a decision approves anything, so this fold is the whole answer to "why is this allowed?".

mod decision;
mod fold;
mod limits;
mod state;

pub use decision::{Approval, Ask, Decision, MarkerPoint, TamperReason};
pub use fold::FoldRefusal;
pub use limits::{
    MAX_APPROVALS_A_DECISION, MAX_HOME_BYTES, MAX_NAME_BYTES, MAX_PATH_BYTES, MAX_REPLACED_LAUNCHES,
};
pub use state::{
    ApprovalState, DigestPin, InterpreterPin, LabelPins, LaunchPin, NamePins, Pins, UnixSeconds,
};
