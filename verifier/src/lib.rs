//! The decisions of Pinfold: a listing against what a person approved, and a bundle against what a reader believes.
//!
//! Pure like `pinfold-core`: bytes, pins and policy in, a verdict out. No file, no clock, no network: another client
//! embeds this crate and decides as the gate does.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod arguments;
pub mod listing;
pub mod policy;
pub mod release;
mod strict_toml;
pub mod trust;
pub mod update;
