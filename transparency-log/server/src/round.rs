//! One round at a time: admit, write, sign, commit, witness, publish, answer (spec/log.md, Rounds).

pub(crate) mod draft;
pub(crate) mod gate;
pub(crate) mod leave;
pub(crate) mod memory;
pub(crate) mod queue;
pub(crate) mod rules;
pub(crate) mod sequencer;
#[cfg(test)]
mod sequencer_tests;
pub(crate) mod start;
pub(crate) mod submission;
pub(crate) mod tree;
