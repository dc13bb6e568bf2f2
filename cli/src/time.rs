//! Moments as people and programs read them.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pinfold_core::pins::UnixSeconds;

/// The time of day. A clock before 1970 reads as 1970.
pub(crate) fn now() -> UnixSeconds {
    UnixSeconds(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}

/// Local time to the minute, such as `2026-11-25 20:10`.
pub(crate) fn for_people(at: UnixSeconds) -> String {
    match timestamp(at) {
        Some(timestamp) => timestamp.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string(),
        None => "a time that no calendar has".to_owned(),
    }
}

/// Local time of what [`for_programs`] wrote.
pub(crate) fn read_for_people(text: Option<&str>) -> String {
    let seconds = text.and_then(|text| text.parse::<Timestamp>().ok()).map(Timestamp::as_second);
    for_people(UnixSeconds(seconds.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(u64::MAX)))
}

/// RFC 3339 in UTC, such as `2026-11-25T20:10:05Z`; `None` outside the calendar.
pub(crate) fn for_programs(at: UnixSeconds) -> Option<String> {
    timestamp(at).map(|timestamp| timestamp.to_string())
}

fn timestamp(at: UnixSeconds) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(at.0).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_read_rfc_3339() {
        assert_eq!(for_programs(UnixSeconds(1_764_100_205)).as_deref(), Some("2025-11-25T19:50:05Z"));
        assert_eq!(for_programs(UnixSeconds(u64::MAX)), None);
        assert_eq!(for_people(UnixSeconds(u64::MAX)), "a time that no calendar has");
    }
}
