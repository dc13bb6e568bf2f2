//! The user's policy: what a server may ask of its client, and how a person is told.
//!
//! Source: `spec/policy.md`. One file, strict TOML, one reader. A policy approves nothing: it narrows what is asked and
//! what passes. Absent, unreadable and empty are three things: without a file [`Policy::default`] holds, an empty file
//! lacks its version and is an error, like every file that does not follow the format.

mod file;

use std::collections::BTreeMap;

use pinfold_core::digest::{Digest, file_digest};
use pinfold_core::name::Label;

/// The longest policy file, in bytes. One with every member for as many labels as are allowed has about 145,000.
pub const MAX_POLICY_BYTES: usize = 256 << 10;

/// The most labels with a section of their own. Most servers in one real client configuration: 22.
pub const MAX_POLICY_LABELS: usize = 1_024;

/// A policy that was read, or the one that holds without a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    defaults: LabelPolicy,
    /// By [`Label::key`].
    labels: BTreeMap<String, LabelPolicy>,
    notify_desktop: bool,
    digest: Digest,
}

/// What holds for one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelPolicy {
    /// Requests to ask the person something in mid-call.
    pub elicitation: Passing,
    /// Requests to ask the client's model something.
    pub sampling: Sampling,
    /// Requests for the client's folders.
    pub roots: Passing,
}

/// Whether a kind of request passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passing {
    /// It passes once the server's surface is verified.
    Allow,
    /// The server gets an error.
    Refuse,
}

/// What becomes of requests for sampling. No policy lets them pass by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampling {
    /// The server gets an error and a person is asked; it passes once it is approved.
    Ask,
    /// The server gets an error, whatever was approved.
    Refuse,
}

/// Why a policy file is not one, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct PolicyError {
    /// Which rule it breaks.
    pub refusal: PolicyRefusal,
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// What is wrong, one line. May quote the file, made visible.
    pub message: String,
}

/// The rule that a policy file breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyRefusal {
    /// It is larger than [`MAX_POLICY_BYTES`], or has more sections than [`MAX_POLICY_LABELS`].
    Size,
    /// It is no TOML, lacks the version, or has a section, a member or a value that is not listed.
    Format,
    /// A version other than 1.
    Version,
    /// The name of a section is no label.
    Label,
    /// Two sections are of one label; case does not count.
    LabelTwice,
}

impl PolicyRefusal {
    /// The name in vectors.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Format => "format",
            Self::Version => "version",
            Self::Label => "label",
            Self::LabelTwice => "label-twice",
        }
    }
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// What is wrong first: TOML that is none, an unknown section or member, another value than the listed ones, a
    /// missing or other `version`, a label that is none or comes twice, and a file over the limits.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        file::parse(text)
    }

    /// What holds for a server.
    pub fn for_label(&self, label: &Label) -> LabelPolicy {
        self.labels.get(&label.key()).copied().unwrap_or(self.defaults)
    }

    /// Whether a desktop notification is sent.
    pub fn notify_desktop(&self) -> bool {
        self.notify_desktop
    }

    /// The labels that have a section of their own, in lower case, ascending.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.labels.keys().map(String::as_str)
    }

    /// Plain SHA-256 of the file as it was read; without a file, of nothing. It stands in every decision.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

/// Without a file: elicitation and roots pass, sampling is asked about, desktop notifications are sent.
impl Default for Policy {
    fn default() -> Self {
        Self {
            defaults: LabelPolicy::default(),
            labels: BTreeMap::new(),
            notify_desktop: true,
            digest: file_digest(b""),
        }
    }
}

impl Default for LabelPolicy {
    fn default() -> Self {
        Self { elicitation: Passing::Allow, sampling: Sampling::Ask, roots: Passing::Allow }
    }
}

impl Passing {
    /// The word in the file and in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Refuse => "refuse",
        }
    }
}

impl Sampling {
    /// The word in the file and in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Refuse => "refuse",
        }
    }
}
