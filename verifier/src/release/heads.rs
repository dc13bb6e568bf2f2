//! Steps V6 to V9 and V11: what the two checkpoints of a bundle are worth.

use pinfold_core::bundle::Bundle;
use pinfold_core::checkpoint::{Origin, SignedCheckpoint};
use pinfold_core::pins::UnixSeconds;
use pinfold_core::tlog_policy::{Judged, PolicyRefusal};

use super::freshness::{Freshness, FreshnessOutcome, judge_freshness};
use super::question::Requirements;
use super::refusal::{Refusal, WhichHead};
use super::verify::Said;
use super::words::{ago, count};
use crate::trust::{Trust, TrustedLog};

/// V6: from the leaf of this very entry, both proofs lead to their heads.
pub(super) fn entry(bundle: &Bundle) -> Result<Said, Refusal> {
    let leaf = bundle.entry().leaf_hash();
    for (head, proof) in [(WhichHead::Head, bundle.proof()), (WhichHead::First, bundle.first())] {
        proof.verify_path(leaf).map_err(|error| Refusal::EntryNotIn { head, error })?;
    }
    let (index, first) = (bundle.proof().index(), bundle.first().index());
    if index != first {
        return Err(Refusal::IndexesDiffer { index, first });
    }
    let (head, first) = (bundle.proof().checkpoint().checkpoint(), bundle.first().checkpoint().checkpoint());
    if first.size() > head.size() {
        return Err(Refusal::FirstLarger { first: first.size(), size: head.size() });
    }
    Ok(Said::Passed(format!("entry {index} of {}", head.size())))
}

/// The signatures of both heads under the policy of a trusted log.
pub(super) struct Signatures<'t> {
    pub(super) log: &'t TrustedLog,
    head: Result<Judged<'t>, PolicyRefusal>,
    /// `None`: the first head is the head.
    first: Option<Result<Judged<'t>, PolicyRefusal>>,
}

/// V7: both heads are of a trusted log and signed by its key.
pub(super) fn log<'t>(
    bundle: &Bundle,
    origin: &Origin,
    trust: &'t Trust,
) -> Result<(Signatures<'t>, Said), Refusal> {
    let (head, first) = (bundle.proof().checkpoint(), bundle.first().checkpoint());
    if first.checkpoint().origin() != origin.as_str() {
        let first = first.checkpoint().origin().to_owned();
        return Err(Refusal::OriginsDiffer { first, origin: origin.to_string() });
    }
    let log = trust.log(origin).ok_or_else(|| Refusal::UnknownLog { origin: origin.to_string() })?;
    let judge = |which, checkpoint: &SignedCheckpoint| {
        let judged = log.policy().judge(checkpoint);
        check_log(which, log, checkpoint, &judged)?;
        Ok(judged)
    };
    let signatures = Signatures {
        log,
        head: judge(WhichHead::Head, head)?,
        first: if first == head { None } else { Some(judge(WhichHead::First, first)?) },
    };
    Ok((signatures, Said::Passed(format!("signed by {origin}"))))
}

fn check_log(
    head: WhichHead,
    log: &TrustedLog,
    checkpoint: &SignedCheckpoint,
    judged: &Result<Judged<'_>, PolicyRefusal>,
) -> Result<(), Refusal> {
    let missing = || Err(Refusal::LogSignatureMissing { head, origin: log.origin().clone() });
    match judged {
        Ok(judged) if judged.log().is_some() => Ok(()),
        Ok(_) => missing(),
        Err(refusal @ PolicyRefusal::LogSignature { .. }) => {
            Err(Refusal::LogSignatureBad { head, refusal: refusal.clone() })
        }
        // A bad cosignature is the next step's; here it must not hide that the log did not sign.
        Err(PolicyRefusal::Cosignature { .. }) => {
            let is_signed = log.policy().logs().iter().any(|log| checkpoint.verify_log(&log.key).is_ok());
            if is_signed { Ok(()) } else { missing() }
        }
    }
}

/// What the witnesses prove.
pub(super) struct Heads {
    pub(super) cosigners: Vec<String>,
    pub(super) has_quorum: bool,
    pub(super) fresh_time: Option<UnixSeconds>,
    /// Seconds from the time at which the release was seen first to the newest time.
    pub(super) age_seconds: Option<u64>,
}

/// V8: both heads meet the quorum.
pub(super) fn witnesses(signatures: &Signatures<'_>, now: UnixSeconds) -> Result<(Heads, Said), Refusal> {
    let head = quorum(WhichHead::Head, &signatures.head)?;
    let first = match &signatures.first {
        Some(first) => quorum(WhichHead::First, first)?,
        None => head,
    };
    let policy = signatures.log.policy();
    let (newest, oldest) = (head.times_at(now.0), first.times_at(now.0));
    let cosigners: Vec<String> = head.cosigners().map(str::to_owned).collect();
    let has_quorum = !policy.needs_no_witness();
    let said = if has_quorum {
        let names = cosigners.join(", ");
        Said::Passed(format!("witnessed by {} of {}: {names}", cosigners.len(), policy.witnesses().len()))
    } else {
        Said::NotRequired("trusted without witnesses: there is no time".to_owned())
    };
    let heads = Heads {
        cosigners,
        has_quorum,
        fresh_time: newest.fresh.map(UnixSeconds),
        age_seconds: newest.fresh.zip(oldest.seen).map(|(fresh, seen)| fresh.saturating_sub(seen)),
    };
    Ok((heads, said))
}

fn quorum<'j, 't>(
    head: WhichHead,
    judged: &'j Result<Judged<'t>, PolicyRefusal>,
) -> Result<&'j Judged<'t>, Refusal> {
    let judged =
        judged.as_ref().map_err(|refusal| Refusal::CosignatureBad { head, refusal: refusal.clone() })?;
    if !judged.quorum_is_met() {
        return Err(Refusal::TooFewWitnesses {
            head,
            cosigners: judged.cosigners().map(str::to_owned).collect(),
        });
    }
    Ok(judged)
}

/// V9: every keyset stands in the head, proven from its own bytes.
pub(super) fn keysets_logged(bundle: &Bundle) -> Result<Said, Refusal> {
    for (place, keyset) in bundle.keysets().iter().enumerate() {
        let proven = keyset.proof.verify_path(keyset.entry.leaf_hash());
        proven.map_err(|error| Refusal::KeysetNotLogged { version: place + 1, error })?;
    }
    Ok(Said::Passed(format!("{} in the log", count(bundle.keysets().len(), "keyset entry"))))
}

impl Heads {
    /// How old the head is.
    pub(super) fn freshness(&self, log: &TrustedLog, now: UnixSeconds, older_than_seen: bool) -> Freshness {
        let (max_age, grace) = (log.max_age().seconds(), log.grace().seconds());
        judge_freshness(self.fresh_time, now, older_than_seen, max_age, grace)
    }
}

/// V11: as fresh as is asked.
pub(super) fn freshness(freshness: &Freshness, requirements: &Requirements) -> Result<Said, Refusal> {
    let age_seconds = freshness.age;
    if requirements.fresh && freshness.outcome != FreshnessOutcome::Fresh {
        return Err(Refusal::NotFresh { age_seconds });
    }
    if requirements.within_grace && freshness.outcome == FreshnessOutcome::PastGrace {
        return Err(Refusal::PastGrace { age_seconds });
    }
    let words = match freshness.outcome {
        FreshnessOutcome::Fresh => "fresh",
        FreshnessOutcome::Stale => "stale",
        FreshnessOutcome::PastGrace => "past grace",
    };
    let age = age_seconds
        .map_or_else(|| "no witnessed time".to_owned(), |age| format!("last witnessed {}", ago(age)));
    let older = if freshness.older_than_seen { "; older than the head seen before" } else { "" };
    let detail = format!("{words}: {age}{older}");
    let is_asked = requirements.fresh || requirements.within_grace;
    Ok(if is_asked { Said::Passed(detail) } else { Said::NotRequired(detail) })
}
