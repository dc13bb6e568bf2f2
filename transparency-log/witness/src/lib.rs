//! A small witness: checks that a log only grows, and cosigns its heads (`spec/witness.md`).
//!
//! It keeps one row of each log: the head that it cosigned last. The decision is a function of [`pinfold_core`]; what is
//! here sees to it that two requests are never decided on the same state, and that a new state is on the disk before
//! its cosignature leaves the process.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod cli;
mod clock;
mod database;
mod evidence;
mod http;
mod keeper;
mod limits;
mod logs;
mod record;

pub use cli::{command_line, run};
