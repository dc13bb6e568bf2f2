//! The publisher's commands on the built program: keys, capture, signing, publishing, withdrawing (`spec/publish.md`,
//! `spec/capture.md`, `spec/key-files.md`).
#![allow(clippy::unwrap_used)]

mod bad_log;
mod capture;
mod documents;
mod errors;
mod faults;
mod key;
mod log;
mod readers;
mod real;
mod sign;
mod support;
