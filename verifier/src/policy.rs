//! The user's policy: what a server may ask of its client, which tools are barred or confirmed, when a server is started,
//! which published updates pass, and how a person is told.
//!
//! Source: `spec/policy.md`. One file, strict TOML, one reader. A policy approves no words: it narrows what is asked and
//! what passes. Two things in it let something through: the locks that a person accepts, and published updates. Absent,
//! unreadable and empty are three things: without a file [`Policy::default`] holds, an empty file lacks its version and is
//! an error, like every file that does not follow the format.

mod file;
mod tools;
mod updates;

use std::collections::{BTreeMap, BTreeSet};

use pinfold_core::digest::{Digest, file_digest};
use pinfold_core::name::Label;

pub use tools::{MAX_PATTERN_BYTES, ToolList, ToolPattern};
pub use updates::{Prose, UpdatePolicy, Updates};

/// The longest policy file, in bytes. One with every word for as many labels as are allowed has about 165,000.
pub const MAX_POLICY_BYTES: usize = 256 << 10;

/// The most labels with a section of their own. Most servers in one real client configuration: 22.
pub const MAX_POLICY_LABELS: usize = 1_024;

/// The most entries of one list of tools. Most tools of one real server: 401.
pub const MAX_POLICY_TOOLS: usize = 512;

/// The most locks that a policy names.
pub const MAX_POLICY_LOCKS: usize = 1_024;

/// The most words of the command that tells a person, the program included.
pub const MAX_NOTIFY_WORDS: usize = 16;

/// The longest of these words, in bytes: `PATH_MAX` of Linux.
pub const MAX_NOTIFY_WORD_BYTES: usize = 4_096;

/// A policy that was read, or the one that holds without a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    defaults: LabelPolicy,
    /// By [`Label::key`].
    labels: BTreeMap<String, LabelPolicy>,
    notify_desktop: bool,
    /// A program's absolute path and its arguments; empty without one.
    notify_command: Vec<String>,
    locks: BTreeSet<Digest>,
    digest: Digest,
}

/// What holds for one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelPolicy {
    /// Requests to ask the person something in mid-call.
    pub elicitation: Passing,
    /// Requests to ask the client's model something.
    pub sampling: Sampling,
    /// Requests for the client's folders.
    pub roots: Passing,
    /// When the server's process is started.
    pub start: Start,
    /// Tools that are never listed nor called, whatever was approved: those of the defaults and of the label.
    pub deny: ToolList,
    /// Tools of which every call waits for a yes at the terminal that has an end: those of both.
    pub confirm: ToolList,
    /// Which published updates pass. In a home folder that is not the account's and in which nothing was decided, whoever
    /// asks takes the default in its place.
    pub updates: UpdatePolicy,
}

/// What policy says about one tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolRule<'a> {
    /// Nothing.
    Free,
    /// It is listed, and called only while a person's yes lasts.
    Confirm(&'a ToolPattern),
    /// It is neither listed nor called.
    Deny(&'a ToolPattern),
}

/// When the server of a label is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// As soon as a client starts the gate.
    Always,
    /// At the first call or other request that the pins do not answer.
    OnCall,
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
    /// A text in a list of tools is neither a name nor a beginning of names.
    Tool,
    /// The command that tells a person is none: no absolute path, a NUL, or over its limits.
    Command,
    /// A text in the list of locks is no SHA-256.
    Lock,
    /// An age is no duration.
    Age,
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
            Self::Tool => "tool",
            Self::Command => "command",
            Self::Lock => "lock",
            Self::Age => "age",
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
        let Some(own) = self.labels.get(&label.key()) else { return self.defaults.clone() };
        LabelPolicy {
            deny: own.deny.union(&self.defaults.deny),
            confirm: own.confirm.union(&self.defaults.confirm),
            ..own.clone()
        }
    }

    /// What holds for a server without a section of its own.
    pub fn defaults(&self) -> &LabelPolicy {
        &self.defaults
    }

    /// Whether a desktop notification is sent.
    pub fn notify_desktop(&self) -> bool {
        self.notify_desktop
    }

    /// The command that is run to tell a person: the absolute path of a program, then its arguments. Whether the program
    /// is there is not checked.
    pub fn notify_command(&self) -> Option<(&str, &[String])> {
        self.notify_command.split_first().map(|(program, arguments)| (program.as_str(), arguments))
    }

    /// Whether the person named the lock whose file has this plain SHA-256. In a home folder that is not the account's
    /// and in which nothing was decided, a policy may only narrow: whoever asks there treats every lock as not named.
    pub fn names_lock(&self, file: &Digest) -> bool {
        self.locks.contains(file)
    }

    /// The locks that the person named, ascending.
    pub fn locks(&self) -> impl Iterator<Item = &Digest> {
        self.locks.iter()
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

/// Without a file: elicitation and roots pass, sampling is asked about, servers are started at once, no tool is barred,
/// desktop notifications are sent, no command is run, no lock is named.
impl Default for Policy {
    fn default() -> Self {
        Self {
            defaults: LabelPolicy::default(),
            labels: BTreeMap::new(),
            notify_desktop: true,
            notify_command: Vec::new(),
            locks: BTreeSet::new(),
            digest: file_digest(b""),
        }
    }
}

impl Default for LabelPolicy {
    fn default() -> Self {
        Self {
            elicitation: Passing::Allow,
            sampling: Sampling::Ask,
            roots: Passing::Allow,
            start: Start::Always,
            deny: ToolList::default(),
            confirm: ToolList::default(),
            updates: UpdatePolicy::default(),
        }
    }
}

impl LabelPolicy {
    /// What holds for the tool of this name; `deny` wins over `confirm`.
    pub fn tool(&self, name: &str) -> ToolRule<'_> {
        let confirmed = || self.confirm.naming(name).map_or(ToolRule::Free, ToolRule::Confirm);
        self.deny.naming(name).map_or_else(confirmed, ToolRule::Deny)
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

impl Start {
    /// The word in the file and in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::OnCall => "on-call",
        }
    }
}
