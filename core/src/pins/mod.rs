//! Pins: what a person approved, as the fold of a chain of decisions (spec/pins.md).
//!
//! In scope: the decisions, their canonical JSON, the hash chain that links them, the fold that turns a chain into the
//! pins of each label, and the judgement of a stored chain by its marker. Out of scope: the files in which chain and
//! marker lie (the store), what a listing may release (the verifier), who was asked and how (the command line).
//!
//! Nothing but a decision approves anything, so this fold is the whole answer to "why is this allowed?".

mod chain;
mod decision;
mod fold;
mod json;
mod limits;
mod marker;
mod publisher;
mod settled;
mod state;

pub use crate::document::{DocumentError, DocumentFault};
pub use chain::{Chain, ChainHead, ChainRefusal, DECISION_FORMAT, Envelope};
pub use decision::{Approval, Ask, Decision, MarkerPoint, TamperReason};
pub use fold::FoldRefusal;
pub use limits::{
    MAX_ALLOWED_SECONDS, MAX_APPROVALS_A_DECISION, MAX_DECISION_BYTES, MAX_DECISIONS, MAX_HISTORY,
    MAX_HOME_BYTES, MAX_NAME_BYTES, MAX_PATH_BYTES, MAX_REPLACED_LAUNCHES,
};
pub use marker::{
    BirthTime, FolderIdentity, FolderProof, FoundStore, MARKER_FORMAT, MAX_MARKER_BYTES, Marker, Standing,
    StoreId, judge,
};
pub use publisher::{Publication, Publisher};
pub use state::{
    Allowance, ApprovalState, DigestPin, InterpreterPin, LabelPins, LaunchPin, NamePins, Pins, UnixSeconds,
};
