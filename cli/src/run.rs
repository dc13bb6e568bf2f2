//! `run` behind the words: what goes between the gate, which knows no disk, and the store, which knows no gate.

mod desk;
mod detail;
mod ending;
mod judge;
mod watch;

pub(crate) use desk::Desk;
pub(crate) use detail::{Detail, NEEDS_RECONNECT};
pub(crate) use ending::ended;
pub(crate) use judge::{Judgement, LaunchJudge};
pub(crate) use watch::Watch;

use std::time::{SystemTime, UNIX_EPOCH};

use pinfold_core::pins::UnixSeconds;

/// The time of day. A clock before 1970 reads as 1970.
pub(crate) fn unix_now() -> UnixSeconds {
    UnixSeconds(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}
