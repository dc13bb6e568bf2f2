//! Words that a publisher answers for, behind the gate: first use by a bundle, changes that are published and changes
//! that are not, every reason for which a release is refused in a review, look-ups, and updates by the policy, the approved words among them.
#![allow(clippy::unwrap_used)]

#[path = "../../../verifier/tests/tiny_log/mod.rs"]
mod tiny_log;

#[path = "../lying_log/mod.rs"]
mod lying_log;

mod files;
mod later;
mod review;
mod tls;
mod words;
mod world;
