//! Why an entry is not admitted.

use thiserror::Error;

use super::{LONE_HEAD_SECONDS, WAITING_PERIOD_SECONDS};
use crate::checkpoint::Origin;
use crate::digest::Digest;
use crate::index::MAX_WITHDRAWN_RANGES;
use crate::keyset::Role;
use crate::signature::KeyId;

/// Why an entry is not admitted: one variant a rule, with words for whoever sent it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The entry does not stand directly after the last one.
    #[error("the next entry of this log has the index {expected}")]
    WrongIndex {
        /// The index that comes next.
        expected: u64,
    },
    /// The keyset is for another log.
    #[error("the keyset names the log {named}; it counts there only")]
    ForeignOrigin {
        /// The log that it names.
        named: Origin,
    },
    /// The namespace has a claim, and the new one has no evidence.
    #[error("the namespace is claimed already, by {claim}; another claim needs evidence")]
    ClaimInForce {
        /// The claim in force.
        claim: Digest,
    },
    /// Another claim waits.
    #[error("another claim of this namespace waits to come into force: keyset {keyset}")]
    ClaimPending {
        /// Digest of its keyset.
        keyset: Digest,
    },
    /// A recovery waits.
    #[error("a recovery of this claim waits to come into force: keyset {keyset}")]
    RecoveryPending {
        /// Digest of its keyset.
        keyset: Digest,
    },
    /// Nobody claimed the namespace.
    #[error("nobody has claimed this namespace here; publish a keyset first")]
    Unclaimed,
    /// The entry belongs to another claim than the one in force.
    #[error("the claim in force is {in_force}, and this entry belongs to another")]
    ClaimNotInForce {
        /// The claim in force.
        in_force: Digest,
    },
    /// The keyset does not have the next version.
    #[error("the next keyset of this claim has the version {expected}")]
    KeysetVersion {
        /// The version that comes next.
        expected: u64,
    },
    /// The keyset follows another one than that in force.
    #[error("the keyset follows another one than that in force, {in_force}")]
    KeysetPrevious {
        /// Digest of the keyset in force.
        in_force: Digest,
    },
    /// The keyset has no evidence, and the one before it has.
    #[error("a claim with evidence cannot go back to none")]
    EvidenceDropped,
    /// The evidence was not found true.
    #[error("the evidence of the keyset was not found true")]
    EvidenceNotAccepted,
    /// The key that the evidence names did not sign.
    #[error("the key that the evidence names, {key_id}, did not sign")]
    EvidenceUnsigned {
        /// The key.
        key_id: KeyId,
    },
    /// A signature by a key that the keyset does not have.
    #[error("signed by {key_id}, a key that the keyset does not have")]
    UnknownSigner {
        /// The key.
        key_id: KeyId,
    },
    /// A signature by a key that may not sign this.
    #[error("signed by {key_id}, a key that may not sign this")]
    WrongRole {
        /// The key.
        key_id: KeyId,
    },
    /// A signature by, or a keyset with, a key that was withdrawn.
    #[error("the key {key_id} was withdrawn")]
    KeyWithdrawn {
        /// The key.
        key_id: KeyId,
    },
    /// A signature that does not verify.
    #[error("the signature of {key_id} does not verify")]
    SignatureBad {
        /// The key that it is said to be of.
        key_id: KeyId,
    },
    /// Too few keys of a role signed.
    #[error("{have} of {need} {role} keys of keyset {version} signed")]
    ThresholdNotMet {
        /// The role.
        role: Role,
        /// The version of the keyset whose threshold it is.
        version: u64,
        /// Keys that must sign.
        need: usize,
        /// Keys that did.
        have: usize,
    },
    /// Another release has this sequence.
    #[error("the entry {winner} of this log has this sequence already; release again after it")]
    SequenceTaken {
        /// Index of the release that has it.
        winner: u64,
    },
    /// The sequence leaves one out.
    #[error("the next release of this name has the sequence {expected}")]
    SequenceGap {
        /// The sequence that comes next.
        expected: u64,
    },
    /// `previous` is not the payload of the release before.
    #[error("the release follows another one than the newest of this name")]
    PreviousMismatch {
        /// Digest of the newest release's payload.
        newest: Digest,
    },
    /// Another release of the name had this version in this claim.
    #[error("the entry {index} of this log released this version already; a version is never used again")]
    VersionUsed {
        /// Index of that release.
        index: u64,
    },
    /// No release of this name has that sequence and version in this claim.
    #[error("no release of this name has that sequence and version")]
    NoSuchRelease,
    /// It is withdrawn already.
    #[error("the release is withdrawn already")]
    AlreadyWithdrawn,
    /// Withdrawn releases of the name lie too far apart.
    #[error(
        "more than {MAX_WITHDRAWN_RANGES} separate ranges of withdrawn releases; withdraw one next to them"
    )]
    TooManyRanges,
    /// The keyset in force does not have that key.
    #[error("the keyset in force does not have the key {key_id}")]
    NoSuchKey {
        /// The key.
        key_id: KeyId,
    },
    /// The claim has withdrawn as many keys as it may.
    #[error("this claim has withdrawn as many keys as one claim may")]
    TooManyWithdrawnKeys,
    /// Nothing waits, or something else.
    #[error("no keyset with that digest waits")]
    NothingPending,
    /// `previous` is not the map-head before.
    #[error("the map-head follows another one than the last")]
    MapHeadPrevious {
        /// Index of the last one.
        last: Option<u64>,
    },
    /// Time goes back.
    #[error("the map-head is older than the one before it, of second {last}")]
    TimeWentBack {
        /// Time of the last one, in seconds since 1970.
        last: u64,
    },
    /// A map-head with nothing before it that it closes.
    #[error(
        "the map-head closes nothing; while a keyset waits, one is allowed every {LONE_HEAD_SECONDS} seconds"
    )]
    EmptyBatch,
    /// Offline: the first entry of a claim's history is not its keyset 1.
    #[error("the history does not begin with keyset 1")]
    HistoryStart,
    /// Offline: an entry of another kind, or a keyset 1 in the middle.
    #[error("the history holds an entry that is no keyset or withdrawal of a key of this claim")]
    HistoryEntry,
    /// Offline: more entries than a claim can have.
    #[error("the history has more entries than one claim can have")]
    HistoryTooLong,
    /// Offline: entries do not stand in the order in which they came into force.
    #[error("the history is not in the order in which its entries came into force")]
    HistoryOrder,
    /// Offline: the entry came into force at its own index, or after a wait, and the history says otherwise.
    #[error("the history says another point of coming into force than the rules give")]
    HistorySince,
    /// Offline: no keyset was in force at that index.
    #[error("no keyset of this claim was in force at that index")]
    NotInForce,
}

impl Refusal {
    /// The name of the rule, in UpperCamel: stable, for programs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::WrongIndex { .. } => "WrongIndex",
            Self::ForeignOrigin { .. } => "ForeignOrigin",
            Self::ClaimInForce { .. } => "ClaimInForce",
            Self::ClaimPending { .. } => "ClaimPending",
            Self::RecoveryPending { .. } => "RecoveryPending",
            Self::Unclaimed => "Unclaimed",
            Self::ClaimNotInForce { .. } => "ClaimNotInForce",
            Self::KeysetVersion { .. } => "KeysetVersion",
            Self::KeysetPrevious { .. } => "KeysetPrevious",
            Self::EvidenceDropped => "EvidenceDropped",
            Self::EvidenceNotAccepted => "EvidenceNotAccepted",
            Self::EvidenceUnsigned { .. } => "EvidenceUnsigned",
            Self::UnknownSigner { .. } => "UnknownSigner",
            Self::WrongRole { .. } => "WrongRole",
            Self::KeyWithdrawn { .. } => "KeyWithdrawn",
            Self::SignatureBad { .. } => "SignatureBad",
            Self::ThresholdNotMet { .. } => "ThresholdNotMet",
            Self::SequenceTaken { .. } => "SequenceTaken",
            Self::SequenceGap { .. } => "SequenceGap",
            Self::PreviousMismatch { .. } => "PreviousMismatch",
            Self::VersionUsed { .. } => "VersionUsed",
            Self::NoSuchRelease => "NoSuchRelease",
            Self::AlreadyWithdrawn => "AlreadyWithdrawn",
            Self::TooManyRanges => "TooManyRanges",
            Self::NoSuchKey { .. } => "NoSuchKey",
            Self::TooManyWithdrawnKeys => "TooManyWithdrawnKeys",
            Self::NothingPending => "NothingPending",
            Self::MapHeadPrevious { .. } => "MapHeadPrevious",
            Self::TimeWentBack { .. } => "TimeWentBack",
            Self::EmptyBatch => "EmptyBatch",
            Self::HistoryStart => "HistoryStart",
            Self::HistoryEntry => "HistoryEntry",
            Self::HistoryTooLong => "HistoryTooLong",
            Self::HistoryOrder => "HistoryOrder",
            Self::HistorySince => "HistorySince",
            Self::NotInForce => "NotInForce",
        }
    }

    /// The index of the entry that won, where another entry did.
    pub const fn winner(&self) -> Option<u64> {
        match self {
            Self::SequenceTaken { winner } => Some(*winner),
            Self::VersionUsed { index } => Some(*index),
            _ => None,
        }
    }

    /// What to do about it, where that is not plain.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::ClaimPending { .. } | Self::RecoveryPending { .. } => Some(format!(
                "wait {} days, or cancel what waits by a withdrawal",
                WAITING_PERIOD_SECONDS / 86_400
            )),
            _ => None,
        }
    }
}
