//! The sentence at the end of a verification, for a person.

use pinfold_verifier::release::{FreshnessOutcome, Release};

use crate::elsewhere;
use crate::output::counted;

/// What was verified, in one sentence; and a second one where the log was last seen long ago.
pub(super) fn verified(release: &Release) -> String {
    let statement = release.statement();
    let newest = if release.is_newest() { "the newest release" } else { "a release" };
    let sentence = format!(
        "Verified: {} {} is {newest} of the publisher you trust for {}, entry {} of the log {}.",
        statement.name,
        elsewhere::name(statement.version.as_str()),
        statement.name.namespace(),
        release.index(),
        release.origin(),
    );
    format!("{sentence} {}", age(release))
}

fn age(release: &Release) -> String {
    let freshness = release.freshness();
    if !release.has_quorum() {
        return "No witness signed the log's head, so nobody says how old this is.".to_owned();
    }
    let ago = freshness.age.map_or_else(|| "at no known time".to_owned(), ago);
    let held = "what is approved goes on; nothing new is approved by it without you";
    match freshness.outcome {
        _ if freshness.older_than_seen => format!("A newer head of this log was seen before: {held}."),
        FreshnessOutcome::Fresh => format!("The log was last witnessed {ago}."),
        FreshnessOutcome::Stale => format!("The log was last witnessed {ago}, so this is stale: {held}."),
        FreshnessOutcome::PastGrace => {
            format!("The log was last witnessed {ago}, which is past its grace: {held}.")
        }
    }
}

/// A span of the past, in the largest unit of which there are at least two.
fn ago(seconds: u64) -> String {
    for (length, unit) in [(86_400, "days"), (3_600, "hours"), (60, "minutes")] {
        if seconds >= 2 * length {
            return format!("{} {unit} ago", seconds / length);
        }
    }
    match seconds {
        0 => "just now".to_owned(),
        seconds => format!("{} ago", counted(seconds, "second")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_the_largest_unit_that_says_enough() {
        assert_eq!(ago(0), "just now");
        assert_eq!(ago(1), "1 second ago");
        assert_eq!(ago(119), "119 seconds ago");
        assert_eq!(ago(120), "2 minutes ago");
        assert_eq!(ago(21 * 86_400), "21 days ago");
    }
}
