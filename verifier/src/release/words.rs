//! Spans of time in words.

const UNITS: [(u64, &str); 4] = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];

/// `21 days`, `1 hour`, `0 seconds`: whole units of the largest kind, of which there are at least two, or of the kind
/// below.
pub(super) fn span(seconds: u64) -> String {
    let unit = UNITS.into_iter().find(|(length, _)| seconds >= 2 * length || seconds == *length);
    let (length, name) = unit.unwrap_or((1, "second"));
    let count = seconds / length;
    if count == 1 { format!("1 {name}") } else { format!("{count} {name}s") }
}

/// [`span`], as of the past.
pub(super) fn ago(seconds: u64) -> String {
    if seconds == 0 { "just now".to_owned() } else { format!("{} ago", span(seconds)) }
}

/// `1 keyset`, `3 keysets`, `2 entries`.
pub(super) fn count(count: usize, name: &str) -> String {
    match (count, name.strip_suffix('y')) {
        (1, _) => format!("1 {name}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {name}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_the_largest_unit_that_says_enough() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (60, "1 minute"),
            (90, "90 seconds"),
            (120, "2 minutes"),
            (3_600, "1 hour"),
            (86_399, "23 hours"),
            (86_400, "1 day"),
            (100_000, "27 hours"),
            (21 * 86_400, "21 days"),
        ] {
            assert_eq!(span(seconds), words);
        }
        assert_eq!((ago(0).as_str(), ago(60).as_str()), ("just now", "1 minute ago"));
        let counts = [count(1, "entry"), count(2, "entry"), count(0, "keyset")];
        assert_eq!(counts, ["1 entry", "2 entries", "0 keysets"]);
    }
}
