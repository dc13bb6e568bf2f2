//! What a real server says, asked by the gate itself: each time a fresh process, and twice at least.
//!
//! Source: `spec/capture.md`. The server is started by the guardian, its listings are walked by the gate and its words
//! judged by the rules that users' gates apply, so nothing is published that they could not let through.

mod audit;
mod client;
mod interrupt;
mod refusal;
mod session;
mod stability;
mod twice;
mod volatile;

pub(crate) use audit::{Audit, Known, audit};
pub(crate) use client::ASKED_VERSION;
pub(crate) use interrupt::Interrupts;
pub(crate) use refusal::CaptureRefusal;
pub(crate) use session::{Said, Session};
pub(crate) use stability::{Captured, capture};
pub(crate) use twice::{Today, hear_twice};
pub(crate) use volatile::{Rules, in_another_zone, passed};
