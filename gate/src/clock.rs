//! Time as an argument: the state machine asks no clock.

use std::time::Duration;

/// A moment of the gate's life, in milliseconds since it began. It never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Moment(u64);

impl Moment {
    /// The moment that is `milliseconds` after the gate began.
    pub const fn from_milliseconds(milliseconds: u64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since the gate began.
    pub const fn milliseconds(self) -> u64 {
        self.0
    }

    /// The moment that is `wait` later.
    pub(crate) fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(wait.as_millis() as u64))
    }

    /// Whether `wait` has passed since then.
    pub(crate) fn is_past(self, wait: Duration, now: Self) -> bool {
        now.0.saturating_sub(self.0) >= wait.as_millis() as u64
    }
}
