//! Random histories of a log, and what the rules of names make of them.

pub(crate) mod model;
pub(crate) mod world;
