//! The publisher's side of a log: which one, what it says about a name, and how something gets into it.
//!
//! Everything that a log says is verified before it is used; what it answers to a submission is verified as a bundle
//! before a file of it is written.

mod log;
mod names;
mod question;
mod release;
mod signer;
mod submit;

pub(crate) use log::{after_logging, choose as choose_log, garbage, no_answer, patiently, refuse_own_word};
pub(crate) use names::Standing;
pub(crate) use question::{Asked, agree, ask};
pub(crate) use release::{LoggedRelease, bundle_of, bundle_path, logged_release, release_at};
pub(crate) use signer::{Claiming, claiming};
pub(crate) use submit::{Outcome, submit};
