//! What `pinfold-log` and `pinfold-witness` share as programs: how a command ends, what they read, and how they listen.
//!
//! Nothing of what they decide or store is here: a witness that shared that with the log would repeat its mistakes.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod connections;
mod file;
mod home;
mod listen;
mod problem;
mod usage;

pub use connections::{Bounded, Bounds, Seat};
pub use file::read_file;
pub use home::home;
pub use listen::bind;
pub use problem::{Exit, Problem, end, finish, print, say};
pub use usage::{completions, usage};
