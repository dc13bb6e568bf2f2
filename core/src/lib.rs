//! Formats and arithmetic of Pinfold, one module per specification.
//!
//! Nothing here reads a file, opens a socket, asks for the time, waits, or draws a random number: every function is a
//! function of its arguments. See `spec/` for the normative text.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod admit;
pub mod answer;
pub mod bundle;
pub mod checkpoint;
pub mod diff;
pub mod digest;
pub mod document;
pub mod entry;
pub mod findings;
pub mod framing;
pub mod hex;
pub mod index;
pub mod json;
pub mod keyset;
pub mod launch;
pub mod limits;
mod lines;
pub mod lockfile;
pub mod manifest;
pub mod merkle;
pub mod name;
pub mod note;
pub mod pins;
pub mod reason;
pub mod registry_name;
pub mod signature;
pub mod statement;
pub mod surface;
pub mod text;
pub mod tlog_policy;
pub mod tlog_proof;
pub mod trie;
pub mod volatile;
pub mod withdrawal;
pub mod witnessing;
