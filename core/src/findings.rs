//! Findings: what stands in a server's words that a person should look at before a yes, and how the words of several
//! servers touch each other.
//!
//! Source: `spec/changes.md`, *Findings*. A finding is a fact about texts, found by closed lists and exact names, never
//! a judgement: without one the words are not safe, and with one they are not hostile. Nothing is held for a finding.
//! What breaks a rule of the surface is its fault, told there, and not found again here.

mod cross;
mod text;

use crate::digest::{Digest, ObjectKind};
use crate::reason::ReasonCode;
use crate::surface::Received;

pub use cross::cross_server;
pub use text::in_server;

/// What one server says, under its label.
#[derive(Debug, Clone, Copy)]
pub struct Server<'a> {
    /// Its label.
    pub label: &'a str,
    /// Its objects of all kinds, in any order.
    pub objects: &'a [Received],
}

/// A fact about one object that a person should see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The code that stands for it in output.
    pub reason: ReasonCode,
    /// The label of the server whose object it is.
    pub label: String,
    /// What the object is.
    pub kind: ObjectKind,
    /// Its name. Foreign text.
    pub name: String,
    /// Its digest.
    pub digest: Digest,
    /// JSON Pointer inside the object; `""` is the object itself. Foreign text.
    pub pointer: String,
    /// What exactly.
    pub detail: Detail,
}

/// What exactly was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// Characters that show nothing: how many, and the first of them.
    Unseen {
        /// All of them in this text.
        count: usize,
        /// The first.
        first: char,
    },
    /// So many blanks or empty lines that what follows stands out of sight.
    PushedAway,
    /// A parameter whose name asks the model for something that no tool needs: the known name that it equals.
    AsksFor(&'static str),
    /// The text names tools of other servers: (label, tool). The tools' names are foreign.
    SpeaksOf(Vec<(String, String)>),
    /// Other servers, by label, offer a tool of the same name.
    OfferedBy(Vec<String>),
}

impl Detail {
    /// What was found, in our own words; no foreign text, and of labels only their number.
    pub fn words(&self) -> String {
        match self {
            Detail::Unseen { count: 1, first } => {
                format!("1 character that shows nothing (U+{:04X})", u32::from(*first))
            }
            Detail::Unseen { count, first } => {
                format!("{count} characters that show nothing (the first is U+{:04X})", u32::from(*first))
            }
            Detail::PushedAway => "text behind so many blanks that it stands out of sight".to_owned(),
            Detail::AsksFor(word) => {
                format!("a parameter named like `{word}`, which the model would fill in")
            }
            Detail::SpeaksOf(tools) if tools.len() == 1 => "speaks of another server's tool".to_owned(),
            Detail::SpeaksOf(tools) => format!("speaks of {} tools of other servers", tools.len()),
            Detail::OfferedBy(labels) if labels.len() == 1 => {
                "another server offers a tool of this name".to_owned()
            }
            Detail::OfferedBy(labels) => format!("{} other servers offer a tool of this name", labels.len()),
        }
    }
}

/// The codes of findings, what matters most first.
pub const BY_WEIGHT: &[ReasonCode] = &[
    ReasonCode::InvisibleChars,
    ReasonCode::CrossServerRef,
    ReasonCode::ParamNameSensitive,
    ReasonCode::NameCollision,
];

/// Everything that is found in these servers and between them, what matters most first, then by label and name.
///
/// Costs time in proportion to the bytes of all objects. Objects that the reader refuses have no findings.
pub fn all(servers: &[Server<'_>]) -> Vec<Finding> {
    let mut found: Vec<Finding> = servers.iter().flat_map(in_server).collect();
    found.extend(cross_server(servers));
    sort(&mut found);
    found
}

fn sort(found: &mut [Finding]) {
    let weight = |reason: ReasonCode| BY_WEIGHT.iter().position(|known| *known == reason);
    found.sort_by(|a, b| {
        let key = |one: &Finding| (weight(one.reason), one.label.clone(), one.kind);
        key(a).cmp(&key(b)).then_with(|| (&a.name, &a.pointer).cmp(&(&b.name, &b.pointer)))
    });
}

fn finding(label: &str, object: &Received, pointer: &str, reason: ReasonCode, detail: Detail) -> Finding {
    Finding {
        reason,
        label: label.to_owned(),
        kind: object.kind,
        name: object.name.clone(),
        digest: object.digest,
        pointer: pointer.to_owned(),
        detail,
    }
}
