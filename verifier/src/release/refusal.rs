//! Why a bundle is refused: one variant for each reason, each belonging to one step.

use pinfold_core::admit;
use pinfold_core::bundle::BundleError;
use pinfold_core::checkpoint::Origin;
use pinfold_core::digest::Digest;
use pinfold_core::index::IndexError;
use pinfold_core::merkle::ProofError;
use pinfold_core::pins::UnixSeconds;
use pinfold_core::registry_name::{Namespace, RegistryName};
use pinfold_core::statement::ManifestMismatch;
use pinfold_core::text::visible;
use pinfold_core::tlog_policy::PolicyRefusal;
use thiserror::Error;

use super::Step;
use super::words::ago;

/// One of the two checkpoints of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichHead {
    /// The one that first published the release.
    First,
    /// The one that every proof but `first` is under.
    Head,
}

/// Who named the publisher that a bundle is not of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownBy {
    /// The trust file.
    Trust,
    /// The reader's pin.
    Pin,
}

/// Why a bundle is refused. Foreign text in the words is made visible.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the words of each variant name its fields")]
pub enum Refusal {
    #[error("this is no bundle: {0}")]
    Bundle(BundleError),
    #[error("the manifest was changed: it is {found}, and the publisher signed {stated}")]
    OtherManifest { stated: Digest, found: Digest },
    #[error("{0}")]
    Subject(ManifestMismatch),
    #[error("this is {found}, and {expected} was expected")]
    OtherName { expected: RegistryName, found: RegistryName },
    #[error("the keysets are of the namespace {found}, and the release is {name}")]
    KeysetNamespace { found: Namespace, name: RegistryName },
    #[error("the keysets are of the claim {found}, and the release of {stated}")]
    KeysetClaim { found: Digest, stated: Digest },
    #[error("the head is of the log {:?}, and no log has that name", visible(.origin))]
    NoOrigin { origin: String },
    #[error("the keysets are no chain of this log: {0}")]
    KeysetRule(admit::Refusal),
    #[error("a keyset is not signed by those who may: {0}")]
    KeysetSigners(admit::Refusal),
    #[error("the {} does not hold this entry: {error}", named(*.head))]
    EntryNotIn { head: WhichHead, error: ProofError },
    #[error("the release is proven at {index}, and as first published at {first}")]
    IndexesDiffer { index: u64, first: u64 },
    #[error("the head that first published it has {first} entries, and the newer one {size}")]
    FirstLarger { first: u64, size: u64 },
    #[error("the log {:?} is not one that you trust", visible(.origin))]
    UnknownLog { origin: String },
    #[error("the {} is of the log {:?}, and the other of {:?}", named(WhichHead::First), visible(.first), visible(.origin))]
    OriginsDiffer { first: String, origin: String },
    #[error("the {} has no signature by {origin}", named(*.head))]
    LogSignatureMissing { head: WhichHead, origin: Origin },
    #[error("on the {}: {refusal}", named(*.head))]
    LogSignatureBad { head: WhichHead, refusal: PolicyRefusal },
    #[error("on the {}: {refusal}", named(*.head))]
    CosignatureBad { head: WhichHead, refusal: PolicyRefusal },
    #[error("the {} was witnessed by {}, and that is too few", named(*.head), list(.cosigners))]
    TooFewWitnesses { head: WhichHead, cosigners: Vec<String> },
    #[error("keyset {version} is not in the log: {error}")]
    KeysetNotLogged { version: usize, error: ProofError },
    #[error("the local clock shows {}, and witnesses have signed at {}", .now.0, .seen.0)]
    ClockBehind { now: UnixSeconds, seen: UnixSeconds },
    #[error("the log was last seen {}, and a fresh head is required", seen(*.age_seconds))]
    NotFresh { age_seconds: Option<u64> },
    #[error("the log was last seen {}, which is past its grace", seen(*.age_seconds))]
    PastGrace { age_seconds: Option<u64> },
    #[error("the index is not that of the head: {0}")]
    IndexHead(IndexError),
    #[error("the index proof does not hold: {0}")]
    Index(IndexError),
    #[error("the index does not know the name {name}, though the log holds this release")]
    NameAbsent { name: RegistryName },
    #[error("the index has {name} under the claim {found}")]
    NameOfOtherClaim { name: RegistryName, found: Digest },
    #[error(
        "the index states sequence {newest} at entry {at} as the newest, and this is sequence {sequence} at {index}"
    )]
    NewestContradicts { newest: u64, at: u64, sequence: u64, index: u64 },
    #[error("the index does not know the namespace {0}")]
    NamespaceAbsent(Namespace),
    #[error("the namespace {namespace} belongs to the claim {found} now")]
    OtherClaimInForce { namespace: Namespace, found: Digest },
    #[error("the bundle has {found} keysets, and the log knows {count}")]
    KeysetCount { found: usize, count: u64 },
    #[error("the log knows other keysets of this claim than the bundle has")]
    KeysetHistory,
    #[error("a key that signed may not: {0}")]
    KeyNotInForce(admit::Refusal),
    #[error("the release is not signed as it must be: {0}")]
    Signatures(admit::Refusal),
    #[error("sequence {newest} is newer than this, sequence {sequence}")]
    Superseded { sequence: u64, newest: u64 },
    #[error("the publisher withdrew it")]
    Withdrawn,
    #[error("it is of the claim {found}, and {} {known}", known_by(*.by))]
    OtherClaim { by: KnownBy, known: Digest, found: Digest },
    #[error("the claim's keys were recovered since they were {}, by keyset entry {place}", match .by { KnownBy::Trust => "trusted", KnownBy::Pin => "pinned" })]
    Recovered { by: KnownBy, place: usize },
    #[error("it is in the log {found}, and {} the log {known}", known_by(*.by))]
    OtherLog { by: KnownBy, known: Origin, found: Origin },
    #[error("the log signed two different trees of {size} entries")]
    Fork { size: u64 },
    #[error(
        "the log's tree of {size} entries does not continue the one of {seen} that was seen before: {error}"
    )]
    Inconsistent { size: u64, seen: u64, error: ProofError },
    #[error("the index states sequence {newest} as the newest, and sequence {seen} was seen before")]
    HistoryShrank { newest: u64, seen: u64 },
    #[error(
        "sequence {sequence} stands at entry {index}, where the log had none of this name when it had {size} entries"
    )]
    HistoryInserted { sequence: u64, index: u64, size: u64 },
    #[error("it is sequence {sequence}, and sequence {seen} was seen before")]
    Rollback { sequence: u64, seen: u64 },
    #[error("nobody said that the claim {claim} speaks for {namespace}")]
    ClaimUntrusted { namespace: Namespace, claim: Digest },
    #[error("witnesses are required, and this log is trusted without any")]
    NoWitnesses,
    #[error("it is {} old, and {} are required", age(*.age_seconds), super::words::span(*.min_seconds))]
    TooYoung { age_seconds: Option<u64>, min_seconds: u64 },
}

impl Refusal {
    /// The step that it belongs to.
    pub const fn step(&self) -> Step {
        match self {
            Self::Bundle(_) => Step::Bundle,
            Self::OtherManifest { .. } => Step::Manifest,
            Self::Subject(_) | Self::OtherName { .. } => Step::Subject,
            Self::KeysetNamespace { .. }
            | Self::KeysetClaim { .. }
            | Self::NoOrigin { .. }
            | Self::KeysetRule(_) => Step::Keysets,
            Self::KeysetSigners(_) => Step::KeysetSignatures,
            Self::EntryNotIn { .. } | Self::IndexesDiffer { .. } | Self::FirstLarger { .. } => Step::Entry,
            Self::UnknownLog { .. }
            | Self::OriginsDiffer { .. }
            | Self::LogSignatureMissing { .. }
            | Self::LogSignatureBad { .. } => Step::Log,
            Self::CosignatureBad { .. } | Self::TooFewWitnesses { .. } => Step::Witnesses,
            Self::KeysetNotLogged { .. } => Step::KeysetsLogged,
            Self::ClockBehind { .. } => Step::Clock,
            Self::NotFresh { .. } | Self::PastGrace { .. } => Step::Freshness,
            Self::IndexHead(_) => Step::IndexHead,
            Self::Index(_)
            | Self::NameAbsent { .. }
            | Self::NameOfOtherClaim { .. }
            | Self::NewestContradicts { .. } => Step::Index,
            Self::NamespaceAbsent(_)
            | Self::OtherClaimInForce { .. }
            | Self::KeysetCount { .. }
            | Self::KeysetHistory => Step::KeysetHistory,
            Self::KeyNotInForce(_) => Step::KeyInForce,
            Self::Signatures(_) => Step::Signatures,
            Self::Superseded { .. } => Step::Newest,
            Self::Withdrawn => Step::Withdrawn,
            Self::OtherClaim { .. } | Self::OtherLog { .. } | Self::Recovered { .. } => Step::Continuity,
            Self::Fork { .. }
            | Self::Inconsistent { .. }
            | Self::HistoryShrank { .. }
            | Self::HistoryInserted { .. } => Step::LogHistory,
            Self::Rollback { .. } => Step::Rollback,
            Self::ClaimUntrusted { .. } => Step::Claim,
            Self::NoWitnesses | Self::TooYoung { .. } => Step::Policy,
        }
    }

    /// What a person can do, in fixed words; commands are the caller's to name.
    pub const fn hint(&self) -> &'static str {
        match self.step() {
            Step::Bundle => "get the file again from where it was published; nothing was read from it",
            Step::Manifest => "do not use this file; get it again from the publisher or from the log",
            Step::Subject => "check that this is the file of the server and version that you meant",
            Step::Keysets | Step::KeysetSignatures | Step::KeysetsLogged | Step::KeysetHistory => {
                "renew the file from the log; if that does not help, ask the publisher by another way"
            }
            Step::Entry => "do not use this file; its proof speaks of something else",
            Step::Log => "trust a log only after you checked its key by another way",
            Step::Witnesses => {
                "renew the file from the log; a log that stays without its witnesses may show each reader another tree"
            }
            Step::Clock => "set the clock of this machine",
            Step::Freshness => "renew the file from the log",
            Step::IndexHead | Step::Index => {
                "renew the file from the log; keep this one as evidence if that does not help"
            }
            Step::KeyInForce | Step::Signatures => {
                "do not use this release; ask the publisher by another way"
            }
            Step::Newest => "get the newest release",
            Step::Withdrawn => "use another release",
            Step::Continuity => "this may be another publisher; a person must decide",
            Step::LogHistory => "keep this file: it shows that the log contradicts itself",
            Step::Rollback => "use the release that you had, or a newer one",
            Step::Claim => "check by another way that this claim is the publisher's, then trust it",
            Step::Policy => "wait, or change your policy",
        }
    }
}

const fn named(head: WhichHead) -> &'static str {
    match head {
        WhichHead::First => "head that first published it",
        WhichHead::Head => "head",
    }
}

const fn known_by(by: KnownBy) -> &'static str {
    match by {
        KnownBy::Trust => "the trusted one is",
        KnownBy::Pin => "the pinned one is",
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "nobody known".to_owned() } else { visible(&names.join(", ")) }
}

fn seen(age_seconds: Option<u64>) -> String {
    age_seconds.map_or_else(|| "at no witnessed time".to_owned(), ago)
}

fn age(age_seconds: Option<u64>) -> String {
    age_seconds.map_or_else(|| "of unknown age, so not known to be".to_owned(), super::words::span)
}
