//! `run` behind the words: what goes between the gate, which knows no disk, and the store, which knows no gate.

mod desk;
mod detail;
mod ending;
mod ground;
mod judge;
mod memory;
mod murmur;
mod update;
mod watch;

pub(crate) use desk::{Desk, held_of};
pub(crate) use detail::{Detail, NEEDS_RECONNECT};
pub(crate) use ending::ended;
pub(crate) use ground::Ground;
pub(crate) use judge::{Judgement, LaunchJudge, command_of, interpreters_pass};
pub(crate) use memory::{QuestionKey, recall};
pub(crate) use murmur::Murmur;
pub(crate) use update::{Planned, Update, planned};
pub(crate) use watch::Watch;
