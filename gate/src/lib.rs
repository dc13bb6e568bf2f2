//! The gate between an MCP client and an MCP server: what a person approved passes byte for byte, all else is held.
//!
//! [`gate::Gate`] is a pure state machine; [`pump::Pump`] puts it between two sides with plain threads;
//! [`guardian`] owns the server's processes. Rules: `spec/gate.md`.
//!
//! Not here: what is approved (the caller gives pins and is told what was seen), the disk, the terminal, the log.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod clock;
pub mod gate;
pub mod guardian;
mod mcp;
mod pages;
pub mod pump;
mod walk;
pub mod words;
