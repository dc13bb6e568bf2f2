//! The configuration files of MCP clients: which servers they name, and edits that change nothing else.
//!
//! Text in, text out (spec/client-configurations.md). In scope: where each client keeps its file, how strictly it reads
//! it, what its entries mean, and edits of byte ranges. Out of scope: files, processes, and what a server says.
//!
//! Arguments, values of variables and URLs hold secrets in real files. No type here shows them under `{:?}`.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod admin;
mod client;
mod document;
mod edit;
mod entry;
mod file;
mod find;
mod greeting;
mod launch;
pub mod limits;
mod members;
mod placeholder;
mod position;
mod read;
mod site;
mod standing;
mod table;
mod tool_lists;
mod treatment;
mod tree;
mod wrapper;

pub use admin::AdminList;
pub use client::Client;
pub use document::{Document, Hint, HintKind, Place, read};
pub use edit::{EditError, Obstacle, Wrapping};
pub use entry::{CommandLine, Entry, Kind, ListPurpose, RemoteUrl, ToolList, Variable};
pub use file::{Base, ConfigFile, Roots, Scope, Syntax};
pub use greeting::Greeting;
pub use launch::{PackageLaunch, Recognised, Registry, VersionSpec};
pub use position::Position;
pub use read::{ReadError, ReadRefusal};
pub use standing::{StandingPermission, permission_files, standing_permissions};
pub use treatment::{Looseness, NotProtected, Treatment};
pub use wrapper::{PROGRAM_NAME, Wrapped};
