//! The decisions of Pinfold: a listing against what a person approved.
//!
//! Pure like `pinfold-core`: bytes, pins and policy in, a verdict out.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod arguments;
pub mod listing;
pub mod policy;
