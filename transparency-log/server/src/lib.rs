//! The log: admission, sequencer, storage and HTTP (spec/log.md).
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod check;
mod cli;
mod clock;
mod http;
mod last_signed;
mod limits;
mod proofs;
mod published;
mod round;
mod store;
mod witnesses;

pub use cli::{command_line, run};
