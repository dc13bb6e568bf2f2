//! Whether updates of a release may pass at all: whose it is, and how new, old and witnessed it is.

use std::cmp::Ordering;

use pinfold_core::pins::Publisher;

use super::ReleaseRule;
use super::version_order;
use crate::policy::{UpdatePolicy, Updates};
use crate::release::{FreshnessOutcome, Release, Verified};

/// Judges a release by the rules of `spec/updates.md`, in their order.
///
/// # Errors
/// The first rule that it breaks.
///
/// Not judged again: what makes it a verified release, among that that it was not withdrawn.
pub(super) fn may_pass(
    release: &Verified<Release>,
    publisher: Option<&Publisher>,
    policy: &UpdatePolicy,
) -> Result<(), ReleaseRule> {
    if policy.updates == Updates::Ask {
        return Err(ReleaseRule::PolicyAsks);
    }
    let publisher = publisher.ok_or(ReleaseRule::Unsigned)?;
    is_of(release, publisher)?;
    is_later(release, publisher)?;
    if !release.has_quorum() {
        return Err(ReleaseRule::NoWitnesses);
    }
    if release.freshness().outcome != FreshnessOutcome::Fresh {
        return Err(ReleaseRule::NotFresh);
    }
    if !release.is_newest() {
        return Err(ReleaseRule::Superseded);
    }
    match release.age_seconds() {
        Some(age) if age >= policy.min_age.seconds() => Ok(()),
        _ => Err(ReleaseRule::TooYoung),
    }
}

/// The same claim, log and name, and nothing happened to the claim that needs a person.
fn is_of(release: &Verified<Release>, publisher: &Publisher) -> Result<(), ReleaseRule> {
    if release.claim() != publisher.claim {
        return Err(ReleaseRule::OtherClaim);
    }
    if *release.origin() != publisher.origin {
        return Err(ReleaseRule::OtherLog);
    }
    if release.statement().name.lower() != publisher.name.lower() {
        return Err(ReleaseRule::OtherName);
    }
    let seen = usize::try_from(publisher.history).unwrap_or(usize::MAX);
    let since = release.keyset_steps().get(seen..).ok_or(ReleaseRule::HistoryCut)?;
    if since.iter().any(|step| step.kind.is_recovery()) {
        return Err(ReleaseRule::Recovered);
    }
    Ok(())
}

/// A higher sequence and a higher version; or the release of which something was approved last, the rest of which did not
/// become less of an update by that.
fn is_later(release: &Verified<Release>, publisher: &Publisher) -> Result<(), ReleaseRule> {
    let statement = release.statement();
    match statement.sequence.cmp(&publisher.sequence) {
        Ordering::Less => return Err(ReleaseRule::SequenceLower),
        Ordering::Equal if statement.version == publisher.version => return Ok(()),
        Ordering::Equal | Ordering::Greater => {}
    }
    match version_order(statement.version.as_str(), publisher.version.as_str()) {
        Some(Ordering::Greater) => Ok(()),
        Some(Ordering::Equal | Ordering::Less) => Err(ReleaseRule::VersionNotHigher),
        None => Err(ReleaseRule::VersionUnordered),
    }
}
