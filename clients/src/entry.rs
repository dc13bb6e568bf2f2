//! One entry of a file: a server, and everything about it that counts for its protection.

use std::collections::BTreeSet;
use std::fmt;

use pinfold_core::launch::{mask_arguments, mask_text};

use crate::document::Place;
use crate::edit::Obstacle;
use crate::file::Scope;
use crate::position::Position;
use crate::wrapper::Wrapped;

/// A server that a file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands; the name by which edits know it.
    pub place: Place,
    /// The client's own name for the server. It is never changed: permissions and lists hang on it.
    pub key: String,
    /// For whom it counts.
    pub scope: Scope,
    /// The project's folder, for [`Scope::Local`].
    pub project: Option<String>,
    /// Where its name stands, or the entry itself where it has none.
    pub position: Position,
    /// What it starts or calls. For a wrapped entry, what stands behind the wrapper.
    pub kind: Kind,
    /// The wrapper, if it has one.
    pub wrapped: Option<Wrapped>,
    /// Variables that the entry sets.
    pub variables: Vec<Variable>,
    /// Names of variables that the entry passes on from the client or its keyring.
    pub passed_names: Vec<String>,
    /// The file from which the client takes further variables.
    pub env_file: Option<String>,
    /// The working folder, as written.
    pub cwd: Option<String>,
    /// Whether the client does not start it now.
    pub is_disabled: bool,
    /// Whether the client reads it at all: it can stand under a key of another client.
    pub is_read: bool,
    /// Lists that name tools, empty ones left out.
    pub tool_lists: Vec<ToolList>,
    /// JSON Pointers in the entry to texts with variables that the client may replace before it starts anything.
    pub placeholders: Vec<String>,
    /// Members that this table does not know, in order.
    pub other_members: Vec<String>,
    /// Why [`wrap`](crate::Document::wrap) would refuse it.
    pub obstacle: Option<Obstacle>,
}

/// What an entry starts or calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A program that speaks on its standard input and output.
    Stdio(CommandLine),
    /// A server behind a URL.
    Remote(RemoteUrl),
    /// A URL whose host is not known before the client has filled it in.
    Placeholder(RemoteUrl),
    /// A part of the client or of an extension; the file does not say what runs.
    BuiltIn,
    /// Nothing that the client could start; why.
    Malformed(&'static str),
}

/// A command and its arguments, as the entry writes them. Never split at spaces.
#[derive(Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// The program.
    pub command: String,
    /// The arguments. Half of the clear secrets of real files stand here.
    pub args: Vec<String>,
}

/// The address of a remote server.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteUrl {
    /// As written; may hold a secret.
    pub url: String,
    /// The member that holds it.
    pub member: &'static str,
    /// Whether the client reads remote entries in this file.
    pub is_read: bool,
    /// Whether it speaks the older transport with server-sent events.
    pub is_sse: bool,
}

/// A variable that an entry sets.
#[derive(Clone, PartialEq, Eq)]
pub struct Variable {
    /// The name.
    pub name: String,
    /// The value as the program gets it, placeholders not replaced; `None` where it is no text, number or truth value.
    pub value: Option<String>,
}

/// A list that names tools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolList {
    /// The member.
    pub member: String,
    /// What it does.
    pub purpose: ListPurpose,
    /// The names; empty where the member speaks of all tools.
    pub tools: Vec<String>,
    /// Where the member stands.
    pub position: Position,
}

/// What a list does with the tools that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListPurpose {
    /// Only these are offered: a notice of ours is not.
    Allow,
    /// These are not offered.
    Deny,
    /// These run without a question, also after a change.
    AutoApprove,
}

impl Entry {
    /// Names of all variables that the entry declares, set and passed on, each once, in the order of the file.
    pub fn declared_names(&self) -> Vec<String> {
        let all = self.variables.iter().map(|variable| &variable.name).chain(&self.passed_names);
        let mut seen = BTreeSet::new();
        all.filter(|name| seen.insert(name.as_str())).cloned().collect()
    }

    /// The launch, if a program is started.
    pub fn command_line(&self) -> Option<&CommandLine> {
        if let Kind::Stdio(line) = &self.kind { Some(line) } else { None }
    }
}

impl fmt::Debug for CommandLine {
    /// Secrets by place.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?} {:?}", mask_text(&self.command), mask_arguments(&self.command, &self.args))
    }
}

impl fmt::Debug for RemoteUrl {
    /// Without the query, which can be a key.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = &self.url[..self.url.find(['?', '#']).unwrap_or(self.url.len())];
        write!(out, "{}: {:?}", self.member, mask_text(plain))
    }
}

impl fmt::Debug for Variable {
    /// The name alone.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints_a_secret() {
        let line = CommandLine {
            command: "npx".to_owned(),
            args: ["-y", "x", "--api-key", "hunter2", "--url=https://u:hunter2@h.example/"]
                .map(str::to_owned)
                .into(),
        };
        let url = RemoteUrl {
            url: "https://u:hunter2@h.example/mcp?k=hunter2".to_owned(),
            member: "url",
            is_read: true,
            is_sse: false,
        };
        let variable = Variable { name: "K".to_owned(), value: Some("hunter2".to_owned()) };
        let shown = format!("{line:?} {url:?} {variable:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("h.example/mcp"), "{shown}");
    }
}
