//! No byte of a session stays: whatever clients and servers say to each other, and whatever variables hold, is in no file
//! that Pinfold wrote and in no line that it printed. Excepted are the server's own standard error and junk lines, which
//! `run` passes on to standard error.
#![allow(clippy::unwrap_used)]

mod control;
mod protect;
mod publish;
mod search;
mod session;
mod world;
