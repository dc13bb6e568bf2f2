//! The two clocks: the calendar's, which can be set, and the one that only runs.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::limits::CLOCK_TOLERANCE_SECONDS;

/// Seconds since 1970 UTC by the system's clock; 0 if that stands before 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The newest time that a quorum has vouched for, and when it was learned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QuorumTime {
    /// The `fresh_time` of a published head, in seconds since 1970.
    pub(crate) time: u64,
    /// When the quorum was met.
    pub(crate) learned: Instant,
}

/// Why nothing is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ClockFault {
    /// Set back, below a time that is in the log.
    #[error("the clock shows {now}, {behind} s before the newest map-head")]
    Behind {
        /// The clock.
        now: u64,
        /// Seconds.
        behind: u64,
    },
    /// Set forward, above what witnesses and the running clock allow.
    #[error("the clock shows {now}, {ahead} s after what the witnesses said")]
    Ahead {
        /// The clock.
        now: u64,
        /// Seconds.
        ahead: u64,
    },
}

/// The time for a map-head: not before the last one, and not away from what a quorum vouched for.
///
/// # Errors
/// [`ClockFault`]
pub(crate) fn map_head_time(
    now: u64,
    last_map_head: u64,
    quorum: Option<(u64, u64)>,
) -> Result<u64, ClockFault> {
    if now + CLOCK_TOLERANCE_SECONDS < last_map_head {
        return Err(ClockFault::Behind { now, behind: last_map_head - now });
    }
    if let Some((time, elapsed)) = quorum {
        let expected = time.saturating_add(elapsed);
        if now > expected.saturating_add(CLOCK_TOLERANCE_SECONDS) {
            return Err(ClockFault::Ahead { now, ahead: now - expected });
        }
    }
    Ok(now.max(last_map_head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_does_not_fall_and_a_clock_that_is_off_stops() {
        assert_eq!(map_head_time(1000, 900, None), Ok(1000));
        assert_eq!(map_head_time(1000, 1300, None), Ok(1300));
        assert_eq!(map_head_time(1000, 1301, None), Err(ClockFault::Behind { now: 1000, behind: 301 }));
        assert_eq!(map_head_time(1000, 0, Some((690, 10))), Ok(1000));
        assert_eq!(map_head_time(1001, 0, Some((690, 10))), Err(ClockFault::Ahead { now: 1001, ahead: 301 }));
        assert_eq!(map_head_time(5, 0, Some((690, 10))), Ok(5));
    }
}
