//! Steps V4, V5, V15, V16, V19 and V22: who signed, whether they may, and whether anybody knows them.

use pinfold_core::admit::{self, ClaimHistory, LoggedEntry};
use pinfold_core::bundle::Bundle;
use pinfold_core::checkpoint::Origin;
use pinfold_core::digest::Digest;

use super::question::Question;
use super::refusal::{KnownBy, Refusal};
use super::report::Release;
use super::verify::Said;
use super::words::count;

/// The keys of the claim through time, and the log that they are for.
pub(super) struct Chain {
    pub(super) origin: Origin,
    pub(super) history: ClaimHistory,
}

/// Folds the keysets of a bundle by the rules of admission.
pub(super) fn chain(bundle: &Bundle) -> Result<Chain, Refusal> {
    let origin = bundle.proof().checkpoint().checkpoint().origin();
    let origin: Origin = origin.parse().map_err(|_| Refusal::NoOrigin { origin: origin.to_owned() })?;
    let entries: Vec<LoggedEntry<'_>> = bundle
        .keysets()
        .iter()
        .map(|keyset| LoggedEntry { index: keyset.proof.index(), since: keyset.since, entry: &keyset.entry })
        .collect();
    let history = ClaimHistory::fold(&entries, &origin).map_err(|refusal| {
        if is_about_signatures(&refusal) {
            Refusal::KeysetSigners(refusal)
        } else {
            Refusal::KeysetRule(refusal)
        }
    })?;
    Ok(Chain { origin, history })
}

/// V4: one chain, of the statement's claim and namespace.
pub(super) fn keysets(bundle: &Bundle, chain: &Result<Chain, Refusal>) -> Result<Said, Refusal> {
    let statement = bundle.statement();
    let entries = count(bundle.keysets().len(), "keyset entry");
    let history = match chain {
        Ok(chain) => &chain.history,
        // The next step says it.
        Err(Refusal::KeysetSigners(_)) => return Ok(Said::Passed(format!("{entries} in order"))),
        Err(refusal) => return Err(refusal.clone()),
    };
    if history.claim() != statement.claim {
        return Err(Refusal::KeysetClaim { found: history.claim(), stated: statement.claim });
    }
    if !history.namespace().holds(&statement.name) {
        let (found, name) = (history.namespace().clone(), statement.name.clone());
        return Err(Refusal::KeysetNamespace { found, name });
    }
    Ok(Said::Passed(format!(
        "{entries} of {}, keyset {} the last",
        history.namespace(),
        history.newest_keyset().version()
    )))
}

/// V5: each was signed by those who may.
pub(super) fn keyset_signatures(
    bundle: &Bundle,
    chain: Result<Chain, Refusal>,
) -> Result<(Chain, Said), Refusal> {
    let signatures = bundle.keysets().iter().map(|keyset| keyset.entry.signatures().len()).sum();
    Ok((chain?, Said::Passed(format!("{} on keysets", count(signatures, "signature")))))
}

/// V15 and V16 in one: the rules do not part them.
pub(super) fn signed(bundle: &Bundle, chain: &Chain) -> Result<(), admit::Refusal> {
    chain.history.check_release(bundle.entry(), bundle.proof().index())
}

/// V15: every signer could sign at the release's index.
pub(super) fn key_in_force(
    bundle: &Bundle,
    chain: &Chain,
    signed: &Result<(), admit::Refusal>,
) -> Result<Said, Refusal> {
    match signed {
        Err(refusal) if !is_about_counting(refusal) => Err(Refusal::KeyNotInForce(refusal.clone())),
        _ => Ok(Said::Passed(format!("keyset {} was in force", version_in_force(bundle, chain)))),
    }
}

/// V16: all signatures verify, and are enough. Gives the version of the keyset in force.
pub(super) fn signatures(
    bundle: &Bundle,
    chain: &Chain,
    signed: Result<(), admit::Refusal>,
) -> Result<(u64, Said), Refusal> {
    signed.map_err(Refusal::Signatures)?;
    let said = Said::Passed(count(bundle.entry().signatures().len(), "signature"));
    Ok((version_in_force(bundle, chain), said))
}

fn version_in_force(bundle: &Bundle, chain: &Chain) -> u64 {
    let keyset = chain.history.keyset_in_force_at(bundle.proof().index());
    keyset.map_or(0, pinfold_core::keyset::Keyset::version)
}

/// The claim and log that are known for a namespace.
struct Known<'q> {
    by: KnownBy,
    claim: &'q Digest,
    origin: &'q Origin,
    history: u64,
}

fn known<'q>(bundle: &Bundle, question: &Question<'q>) -> impl Iterator<Item = Known<'q>> {
    let trusted = question.trust.claim(&bundle.statement().name.namespace()).map(|trusted| Known {
        by: KnownBy::Trust,
        claim: &trusted.claim,
        origin: &trusted.log,
        history: trusted.history,
    });
    let pinned = question.pinned.map(|pinned| Known {
        by: KnownBy::Pin,
        claim: &pinned.claim,
        origin: &pinned.origin,
        history: pinned.history,
    });
    trusted.into_iter().chain(pinned)
}

/// V19: whoever is known for the namespace is this publisher.
pub(super) fn continuity(bundle: &Bundle, chain: &Chain, question: &Question<'_>) -> Result<Said, Refusal> {
    let claim = bundle.statement().claim;
    let mut is_known = false;
    for known in known(bundle, question) {
        is_known = true;
        let by = known.by;
        if *known.claim != claim {
            return Err(Refusal::OtherClaim { by, known: *known.claim, found: claim });
        }
        if *known.origin != chain.origin {
            return Err(Refusal::OtherLog { by, known: known.origin.clone(), found: chain.origin.clone() });
        }
        let steps = chain.history.steps().iter().enumerate();
        let mut later = steps.skip(usize::try_from(known.history).unwrap_or(usize::MAX));
        if let Some((place, _)) = later.find(|(_, step)| step.kind.is_recovery()) {
            return Err(Refusal::Recovered { by, place: place + 1 });
        }
    }
    if !is_known {
        return Ok(Said::NotRequired("no claim is known for the namespace".to_owned()));
    }
    Ok(Said::Passed("the claim and the log are the known ones".to_owned()))
}

/// V22: somebody said that the claim speaks for the namespace. V19 has compared it.
pub(super) fn is_believed(release: &Release, question: &Question<'_>) -> Result<Said, Refusal> {
    let namespace = release.statement().name.namespace();
    match known(&release.bundle, question).next() {
        Some(known) => {
            let by = match known.by {
                KnownBy::Trust => "trusted",
                KnownBy::Pin => "pinned",
            };
            Ok(Said::Passed(format!("the claim is {by} for {namespace}")))
        }
        None => Err(Refusal::ClaimUntrusted { namespace, claim: release.claim() }),
    }
}

/// Whether a keyset lacks the signatures that the keys before it had to make, or has bad ones.
const fn is_about_signatures(refusal: &admit::Refusal) -> bool {
    use admit::Refusal as R;
    matches!(
        refusal,
        R::UnknownSigner { .. }
            | R::WrongRole { .. }
            | R::SignatureBad { .. }
            | R::ThresholdNotMet { .. }
            | R::EvidenceUnsigned { .. }
    )
}

/// Whether the signers may sign, and it is their signatures or their number that is wrong.
const fn is_about_counting(refusal: &admit::Refusal) -> bool {
    matches!(refusal, admit::Refusal::SignatureBad { .. } | admit::Refusal::ThresholdNotMet { .. })
}
