//! What the times of cosignatures say about the age of a checkpoint. All times are seconds since 1970.

use super::judge::Judged;

/// How far two honest clocks may be apart, in seconds. A stamp that is further in the future does not count.
pub const CLOCK_TOLERANCE_SECONDS: u64 = 300;

/// What the stamps of a checkpoint prove about time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// The largest t such that the stamps ≥ t meet the quorum: it was the newest head at least until then.
    /// `None` if they never do, and under `quorum none`.
    pub fresh: Option<u64>,
    /// The smallest t such that the stamps ≤ t meet the quorum: it was public at the latest then.
    /// `None` if they never do, and under `quorum none`.
    pub seen: Option<u64>,
}

impl Judged<'_> {
    /// The times, as a clock that shows `now` takes them: stamps more than [`CLOCK_TOLERANCE_SECONDS`] ahead of it do
    /// not count.
    pub fn times_at(&self, now: u64) -> Times {
        self.times(now.saturating_add(CLOCK_TOLERANCE_SECONDS))
    }

    /// The times that all stamps give, however far in the future they are: for what is shown and compared, never for
    /// a decision about age.
    pub fn stated_times(&self) -> Times {
        self.times(u64::MAX)
    }

    fn times(&self, latest: u64) -> Times {
        if self.policy.needs_no_witness() {
            return Times { fresh: None, seen: None };
        }
        let mut stamps: Vec<_> = self.stamps.iter().filter(|stamp| stamp.time <= latest).collect();
        stamps.sort_by_key(|stamp| stamp.time);
        let meets = |from: u64, to: u64| {
            let counts =
                |at| stamps.iter().any(|stamp| stamp.witness == at && (from..=to).contains(&stamp.time));
            self.policy.is_met_by(counts)
        };
        Times {
            fresh: stamps.iter().rev().map(|stamp| stamp.time).find(|time| meets(*time, u64::MAX)),
            seen: stamps.iter().map(|stamp| stamp.time).find(|time| meets(0, *time)),
        }
    }
}

/// Whether the local clock cannot be right: it is more than [`CLOCK_TOLERANCE_SECONDS`] below the highest time that a
/// quorum stated before.
pub fn clock_is_behind(now: u64, highest_quorum_time: u64) -> bool {
    now.saturating_add(CLOCK_TOLERANCE_SECONDS) < highest_quorum_time
}
