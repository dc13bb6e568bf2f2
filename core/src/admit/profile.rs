//! What today's programs accept of what the formats can say.

use thiserror::Error;

use crate::entry::{Entry, Payload};
use crate::keyset::Keyset;
use crate::withdrawal::Withdrawn;

/// Part of the rules that no program of this version offers, although [`super::admit`] knows it whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unsupported {
    /// A keyset after the first.
    #[error("changing a keyset is not supported yet")]
    KeysetChange,
    /// More than one key.
    #[error("a keyset with more than one key is not supported yet")]
    SeveralKeys,
    /// Evidence.
    #[error("evidence for a namespace is not supported yet")]
    Evidence,
    /// Keys for single names.
    #[error("delegating a name is not supported yet")]
    Delegations,
    /// The withdrawal of a key.
    #[error("withdrawing a key is not supported yet")]
    KeyWithdrawal,
    /// Cancelling what waits: nothing can wait.
    #[error("cancelling a keyset that waits is not supported yet")]
    Cancel,
    /// The log writes its map-heads itself.
    #[error("a map-head is written by the log alone")]
    MapHead,
}

impl Unsupported {
    /// The name in UpperCamel: stable, for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::KeysetChange => "KeysetChangeUnsupported",
            Self::SeveralKeys => "SeveralKeysUnsupported",
            Self::Evidence => "EvidenceUnsupported",
            Self::Delegations => "DelegationsUnsupported",
            Self::KeyWithdrawal => "KeyWithdrawalUnsupported",
            Self::Cancel => "CancelUnsupported",
            Self::MapHead => "MapHeadSubmitted",
        }
    }
}

/// Whether programs of this version take the entry from a publisher: releases, withdrawals of releases, and keyset 1 with
/// one key, no evidence and no delegations.
///
/// # Errors
/// What it has that they do not take.
pub fn profile(entry: &Entry) -> Result<(), Unsupported> {
    match entry.payload() {
        Payload::Release(_) => Ok(()),
        Payload::Keyset(keyset) => profile_of_keyset(keyset),
        Payload::Withdrawal(withdrawal) => match withdrawal.subject {
            Withdrawn::Release { .. } => Ok(()),
            Withdrawn::Key { .. } => Err(Unsupported::KeyWithdrawal),
            Withdrawn::Pending { .. } => Err(Unsupported::Cancel),
        },
        Payload::MapHead(_) => Err(Unsupported::MapHead),
    }
}

/// A keyset of one key has thresholds of one: they cannot be more than its keys.
fn profile_of_keyset(keyset: &Keyset) -> Result<(), Unsupported> {
    if keyset.version() != 1 {
        return Err(Unsupported::KeysetChange);
    }
    if keyset.keys().len() != 1 {
        return Err(Unsupported::SeveralKeys);
    }
    if !keyset.evidence().is_none() {
        return Err(Unsupported::Evidence);
    }
    if !keyset.delegations().is_empty() {
        return Err(Unsupported::Delegations);
    }
    Ok(())
}
