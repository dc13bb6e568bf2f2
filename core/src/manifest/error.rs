//! Why bytes are no manifest.

use thiserror::Error;

use super::{
    MAX_CONDITION_NAMES, MAX_CONDITIONS, MAX_MANIFEST_BYTES, MAX_MANIFEST_RULES, MAX_REMOTES,
    MAX_SURFACE_OBJECTS,
};
use crate::digest::ObjectKind;
use crate::document::DocumentError;
use crate::statement::MAX_ARTIFACTS;
use crate::surface::Fault;
use crate::volatile::RuleFault;

/// Why bytes are no manifest, or parts make none.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ManifestError {
    /// Not the document.
    #[error("the manifest is not readable: {0}")]
    Document(#[from] DocumentError),
    /// Too many bytes, inside another document.
    #[error("the manifest has more than {MAX_MANIFEST_BYTES} bytes")]
    TooLarge,
    /// `grants` is reserved.
    #[error("the manifest proposes grants of isolation, which this version does not know")]
    GrantsUnsupported,
    /// More volatile rules than allowed.
    #[error("more than {MAX_MANIFEST_RULES} volatile rules")]
    TooManyRules,
    /// The objects of the rules do not rise.
    #[error("volatile rule {index} stands behind one of a larger digest")]
    RulesOrder {
        /// The rule, from 0.
        index: usize,
    },
    /// A rule of an object that the surface does not have.
    #[error("a volatile rule is about an object that the surface does not have")]
    RuleOfNoObject,
    /// The rules of an object do not fit it.
    #[error("object {index} of the surface: {fault}")]
    Rules {
        /// The object, from 0.
        index: usize,
        /// What does not fit.
        fault: RuleFault,
    },
    /// More files than allowed.
    #[error("more than {MAX_ARTIFACTS} artifacts")]
    TooManyArtifacts,
    /// Two artifacts of one file name.
    #[error("artifact {index} has the file name of one before it")]
    FileTwice {
        /// The later one, from 0.
        index: usize,
    },
    /// More URLs than allowed.
    #[error("more than {MAX_REMOTES} remote URLs")]
    TooManyRemotes,
    /// A URL stands twice.
    #[error("remote URL {index} stands before already")]
    RemoteTwice {
        /// The later one, from 0.
        index: usize,
    },
    /// More objects than allowed.
    #[error("more than {MAX_SURFACE_OBJECTS} objects")]
    TooManyObjects,
    /// The object has another digest than stands beside it.
    #[error("object {index} of the surface has another digest than stands beside it")]
    DigestMismatch {
        /// The object, from 0.
        index: usize,
    },
    /// Digests do not rise.
    #[error("object {index} of the surface does not have a larger digest than the one before it")]
    SurfaceOrder {
        /// The object, from 0.
        index: usize,
    },
    /// The object breaks a rule of surfaces.
    #[error("object {index} of the surface breaks a rule: {}", fault.detail)]
    ObjectFault {
        /// The object, from 0.
        index: usize,
        /// The rule.
        fault: Fault,
    },
    /// No condition.
    #[error("no condition says when the surface was captured")]
    NoCondition,
    /// More conditions than allowed.
    #[error("more than {MAX_CONDITIONS} conditions")]
    TooManyConditions,
    /// More capabilities or variables than allowed.
    #[error("condition {condition} has more than {MAX_CONDITION_NAMES} capabilities or variables")]
    TooManyNames {
        /// The condition, from 0.
        condition: usize,
    },
    /// Capabilities or variables do not rise.
    #[error("the capabilities or variables of condition {condition} are not sorted, each once")]
    NamesOrder {
        /// The condition, from 0.
        condition: usize,
    },
    /// Two conditions are the same question.
    #[error("condition {condition} stands before already")]
    ConditionTwice {
        /// The later one, from 0.
        condition: usize,
    },
    /// An index that no object of the surface has.
    #[error("condition {condition} lists an object that the surface does not have")]
    NoSuchObject {
        /// The condition, from 0.
        condition: usize,
    },
    /// An object twice, or two of one kind and name.
    #[error("condition {condition} lists two objects of one kind and name")]
    NameTwice {
        /// The condition, from 0.
        condition: usize,
    },
    /// An object that no condition lists.
    #[error("no condition lists object {index} of the surface")]
    Unlisted {
        /// The object, from 0.
        index: usize,
    },
    /// When building: an object that is no strict JSON, or whose canonical form is none (a whole number of 2^53 or more
    /// that was written with an exponent). No live object could ever be compared with it.
    #[error("a {kind} cannot be written so that it is read again")]
    Unrepeatable {
        /// What it is.
        kind: ObjectKind,
    },
}

impl ManifestError {
    /// The name of the refusal in spec/manifest.md.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Document(error) => error.name(),
            Self::TooLarge => "LIMIT_BYTES",
            Self::GrantsUnsupported => "GRANTS_UNSUPPORTED",
            Self::TooManyRules => "TOO_MANY_RULES",
            Self::RulesOrder { .. } => "RULES_ORDER",
            Self::RuleOfNoObject => "RULE_NO_OBJECT",
            Self::Rules { fault, .. } => fault.name(),
            Self::TooManyArtifacts => "TOO_MANY_ARTIFACTS",
            Self::FileTwice { .. } => "FILE_TWICE",
            Self::TooManyRemotes => "TOO_MANY_REMOTES",
            Self::RemoteTwice { .. } => "REMOTE_TWICE",
            Self::TooManyObjects => "TOO_MANY_OBJECTS",
            Self::DigestMismatch { .. } => "DIGEST_MISMATCH",
            Self::SurfaceOrder { .. } => "SURFACE_ORDER",
            Self::ObjectFault { .. } => "OBJECT_FAULT",
            Self::NoCondition => "NO_CONDITION",
            Self::TooManyConditions => "TOO_MANY_CONDITIONS",
            Self::TooManyNames { .. } => "TOO_MANY_NAMES",
            Self::NamesOrder { .. } => "NAMES_ORDER",
            Self::ConditionTwice { .. } => "CONDITION_TWICE",
            Self::NoSuchObject { .. } => "NO_SUCH_OBJECT",
            Self::NameTwice { .. } => "NAME_TWICE",
            Self::Unlisted { .. } => "UNLISTED",
            Self::Unrepeatable { .. } => "UNREPEATABLE",
        }
    }
}
