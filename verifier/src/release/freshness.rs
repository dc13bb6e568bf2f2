//! How long ago a head was witnessed, and what that makes of it.

use pinfold_core::pins::UnixSeconds;

/// What the witnesses' times say of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// The outcome.
    pub outcome: FreshnessOutcome,
    /// The largest time at or above which cosignatures meet the quorum. `None`: there is no witnessed time.
    pub fresh_time: Option<UnixSeconds>,
    /// Seconds from that time to now, 0 if it lies ahead.
    pub age: Option<u64>,
    /// Whether a larger head of this log was seen before and nothing shows that this one is a part of it.
    pub older_than_seen: bool,
}

/// Fresh, stale, or past grace: three outcomes, none of them an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FreshnessOutcome {
    /// Witnessed less than `max_age` ago.
    Fresh,
    /// Not fresh: what is approved goes on, nothing new passes by policy.
    Stale,
    /// Stale for as long as `grace` or longer: the same, and said at every start.
    PastGrace,
}

/// What the trusted log's `max_age` and `grace` make of a time. An age of exactly `max_age` is stale, one of exactly
/// `max_age` + `grace` past grace.
pub fn judge_freshness(
    fresh_time: Option<UnixSeconds>,
    now: UnixSeconds,
    older_than_seen: bool,
    max_age_seconds: u64,
    grace_seconds: u64,
) -> Freshness {
    let age = fresh_time.map(|time| now.0.saturating_sub(time.0));
    let outcome = match age {
        Some(age) if age >= max_age_seconds.saturating_add(grace_seconds) => FreshnessOutcome::PastGrace,
        Some(age) if age < max_age_seconds && !older_than_seen => FreshnessOutcome::Fresh,
        _ => FreshnessOutcome::Stale,
    };
    Freshness { outcome, fresh_time, age, older_than_seen }
}

impl FreshnessOutcome {
    /// The outcome in records: `fresh`, `stale`, `past-grace`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::PastGrace => "past-grace",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_lie_where_the_specification_says() {
        let outcome = |age: u64, older| {
            judge_freshness(Some(UnixSeconds(1_000_000 - age)), UnixSeconds(1_000_000), older, 100, 1_000)
                .outcome
        };
        assert_eq!(outcome(0, false), FreshnessOutcome::Fresh);
        assert_eq!(outcome(99, false), FreshnessOutcome::Fresh);
        assert_eq!(outcome(100, false), FreshnessOutcome::Stale);
        assert_eq!(outcome(1_099, false), FreshnessOutcome::Stale);
        assert_eq!(outcome(1_100, false), FreshnessOutcome::PastGrace);
        assert_eq!(outcome(0, true), FreshnessOutcome::Stale);
        assert_eq!(outcome(1_100, true), FreshnessOutcome::PastGrace);
        let ahead = judge_freshness(Some(UnixSeconds(1_000_300)), UnixSeconds(1_000_000), false, 100, 1_000);
        assert_eq!((ahead.outcome, ahead.age), (FreshnessOutcome::Fresh, Some(0)));
        let none = judge_freshness(None, UnixSeconds(1_000_000), false, u64::MAX, u64::MAX);
        assert_eq!((none.outcome, none.age), (FreshnessOutcome::Stale, None));
    }
}
