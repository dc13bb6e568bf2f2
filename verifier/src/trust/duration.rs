//! Durations with a written unit.

use std::fmt;
use std::str::FromStr;

/// The longest duration.
pub const MAX_DURATION_DAYS: u64 = 3_650;

const DAY: u64 = 86_400;
const UNITS: [(char, u64); 4] = [('d', DAY), ('h', 3_600), ('m', 60), ('s', 1)];

/// Whole seconds, at least one and at most ten years of 365 days. Written as a number and one of `s`, `m`, `h`, `d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

/// Why a text is no duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// No number, no unit, or another unit.
    #[error("a duration is a whole number and one of the units s, m, h, d, such as 24h")]
    Form,
    /// Zero, or more than ten years.
    #[error("a duration is at least 1s and at most {MAX_DURATION_DAYS}d")]
    Bounds,
}

impl Duration {
    /// A day: what `max_age` is where none is stated.
    pub const DEFAULT_MAX_AGE: Self = Self(DAY);

    /// Three days: what `min_age` of updates is where none is stated.
    pub const DEFAULT_MIN_AGE: Self = Self(3 * DAY);

    /// Two weeks: what `grace` is where none is stated.
    pub const DEFAULT_GRACE: Self = Self(14 * DAY);

    /// That many seconds.
    ///
    /// # Errors
    /// Zero, or more than ten years.
    pub fn from_seconds(seconds: u64) -> Result<Self, DurationError> {
        if (1..=MAX_DURATION_DAYS * DAY).contains(&seconds) {
            Ok(Self(seconds))
        } else {
            Err(DurationError::Bounds)
        }
    }

    /// In seconds.
    pub const fn seconds(self) -> u64 {
        self.0
    }
}

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unit = text.chars().next_back().ok_or(DurationError::Form)?;
        let (_, seconds) = UNITS.iter().find(|(letter, _)| *letter == unit).ok_or(DurationError::Form)?;
        let digits = &text[..text.len() - 1];
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(DurationError::Form);
        }
        if digits.starts_with('0') && digits.len() > 1 {
            return Err(DurationError::Form);
        }
        let number: u64 = digits.parse().map_err(|_| DurationError::Bounds)?;
        Self::from_seconds(number.checked_mul(*seconds).ok_or(DurationError::Bounds)?)
    }
}

impl fmt::Display for Duration {
    /// In the largest unit that divides it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (letter, seconds) =
            UNITS.into_iter().find(|(_, seconds)| self.0.is_multiple_of(*seconds)).unwrap_or(('s', 1));
        write!(out, "{}{letter}", self.0 / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_written_and_bounds_hold() {
        for (text, seconds, shown) in [
            ("1s", 1, "1s"),
            ("24h", 86_400, "1d"),
            ("14d", 14 * 86_400, "14d"),
            ("90m", 5_400, "90m"),
            ("3650d", MAX_DURATION_DAYS * 86_400, "3650d"),
        ] {
            let duration: Duration = text.parse().unwrap();
            assert_eq!((duration.seconds(), duration.to_string().as_str()), (seconds, shown));
        }
        for bad in
            ["", "24", "h", "24 h", "+1h", "-1h", "1.5h", "024h", "1w", "24H", "1hour", "\u{661}h", "h1"]
        {
            assert_eq!(bad.parse::<Duration>(), Err(DurationError::Form), "{bad:?}");
        }
        for bad in ["0s", "3651d", "99999999999999999999s", "999999999999999999d"] {
            assert_eq!(bad.parse::<Duration>(), Err(DurationError::Bounds), "{bad:?}");
        }
    }
}
