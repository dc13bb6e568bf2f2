//! What a release is, read from the publisher's own files: name, version, published files, remote addresses.
//!
//! Source: `spec/publish.md`, *Name, version, files*. Options only override; where two files disagree, nothing is guessed.

mod artifact;
mod facts;
pub(crate) mod names;
mod project;
mod registry;
mod tarball;
mod wheel;

pub(crate) use facts::{Asked, Facts};
pub(crate) use registry::{Awaited, wait_until_visible};
