//! What becomes of an object of an update, and the rules that failed where a person is asked.

use pinfold_core::digest::Digest;

/// What becomes of one object of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A person approved exactly this: no update is needed.
    Approved,
    /// A published update that adds no power: it passes as it was signed.
    LetThrough {
        /// The approved object that it was compared with.
        base: Digest,
    },
    /// The client is served the approved object in its place, and calls are checked by that one.
    KeptWords {
        /// The approved object.
        base: Digest,
        /// There is a parameter that the approved schema does not know: members of arguments that it does not name are
        /// refused.
        closed: bool,
    },
    /// It is new and is not given to the client; nobody is asked.
    WaitsUnseen,
    /// It is held, and a person decides.
    Asks(Asked),
}

/// Why a person is asked about an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// No update of this release passes.
    Release(ReleaseRule),
    /// The release does not have this object: it is no signed change.
    NotPublished,
    /// A person said no to exactly this.
    Rejected,
    /// It was approved once, and something newer took its place.
    Returned,
    /// Nothing of this name is approved.
    New,
    /// Nothing of this name is approved, and a name of which something is looks like it.
    LooksAlike,
    /// The approved object is not at hand, or not the one that was approved.
    BaseNotAtHand,
    /// It can do or get more than what is approved.
    Adds(AddedPower),
    /// Other words, which the policy does not let through.
    Words,
    /// Other words, which speak of another server's tool; those that are approved do not.
    SpeaksOfOthers,
}

/// How an object can do or get more. What is not known to add nothing is [`AddedPower::Other`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddedPower {
    /// Text that nobody sees.
    HiddenText,
    /// A parameter, which the policy does not keep the approved words for or which cannot be left out.
    Parameter,
    /// A parameter beside a schema that accepts members without naming them.
    OpenParameters,
    /// Parameters that accept or demand something else, or that are not known to accept less.
    Schema,
    /// Parameters of which less can be checked, such as a schema that is none: nothing of it would be enforced.
    Unenforced,
    /// A dialect in which the schema means something else.
    Dialect,
    /// A hint that promises more care, or less: clients ask less for the one, and the other keeps less.
    Annotation,
    /// What the tool says it answers.
    Outputs,
    /// A text inside the schema that is a value and no description: a default, an example, a pattern.
    Value,
    /// Anything else.
    Other,
}

/// The rule that a release breaks, so that no update of it passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseRule {
    /// The policy lets no update through.
    PolicyAsks,
    /// The label has no publisher: nothing approved under it was ever published.
    Unsigned,
    /// The release is another claim's than the label's publisher.
    OtherClaim,
    /// It stands in another log.
    OtherLog,
    /// It has another name.
    OtherName,
    /// It shows less of the claim's keyset history than was seen.
    HistoryCut,
    /// The claim was recovered since its history was seen.
    Recovered,
    /// Its sequence is below the one approved.
    SequenceLower,
    /// Its version is not above the one approved, though its sequence is.
    VersionNotHigher,
    /// Its version and the one approved cannot be put in order.
    VersionUnordered,
    /// The log has no witnesses, so there is no time.
    NoWitnesses,
    /// The head was not witnessed of late.
    NotFresh,
    /// The log has a newer release of the name.
    Superseded,
    /// It is younger than the policy wants, or its age is not known.
    TooYoung,
}

impl Outcome {
    /// The name in documents and vectors, without what it holds.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::LetThrough { .. } => "let-through",
            Self::KeptWords { closed: false, .. } => "kept-words",
            Self::KeptWords { closed: true, .. } => "kept-words-closed",
            Self::WaitsUnseen => "waits-unseen",
            Self::Asks(_) => "asks",
        }
    }

    /// Whether a person is asked.
    pub const fn asks(&self) -> bool {
        matches!(self, Self::Asks(_))
    }
}

impl Asked {
    /// The name in documents and vectors.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Release(rule) => rule.as_str(),
            Self::NotPublished => "not-published",
            Self::Rejected => "rejected",
            Self::Returned => "returned",
            Self::New => "new",
            Self::LooksAlike => "looks-alike",
            Self::BaseNotAtHand => "base-not-at-hand",
            Self::Adds(power) => power.as_str(),
            Self::Words => "words",
            Self::SpeaksOfOthers => "speaks-of-others",
        }
    }
}

impl AddedPower {
    /// The name in documents and vectors.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HiddenText => "hidden-text",
            Self::Parameter => "parameter",
            Self::OpenParameters => "open-parameters",
            Self::Schema => "schema",
            Self::Unenforced => "unenforced",
            Self::Dialect => "dialect",
            Self::Annotation => "annotation",
            Self::Outputs => "outputs",
            Self::Value => "value",
            Self::Other => "other",
        }
    }
}

impl ReleaseRule {
    /// The name in documents and vectors.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PolicyAsks => "policy-asks",
            Self::Unsigned => "unsigned",
            Self::OtherClaim => "other-claim",
            Self::OtherLog => "other-log",
            Self::OtherName => "other-name",
            Self::HistoryCut => "history-cut",
            Self::Recovered => "recovered",
            Self::SequenceLower => "sequence-lower",
            Self::VersionNotHigher => "version-not-higher",
            Self::VersionUnordered => "version-unordered",
            Self::NoWitnesses => "no-witnesses",
            Self::NotFresh => "not-fresh",
            Self::Superseded => "superseded",
            Self::TooYoung => "too-young",
        }
    }
}
