//! The protocol's member names, which no other member may equal except for case.
//!
//! Source: MCP schema 2024-11-05 to 2026-07-28. Members of one kind of object are refused in the others too: a client
//! decodes more than one kind with one set of names.

use crate::json::{self, Value};

/// Members of tools, prompts, templates and resources.
pub(super) const OBJECT: &[&str] = &[
    "name",
    "title",
    "description",
    "icons",
    "inputSchema",
    "outputSchema",
    "annotations",
    "execution",
    "_meta",
    "arguments",
    "uriTemplate",
    "uri",
    "mimeType",
    "size",
];

/// Members of `annotations`, of tools and of resources.
pub(super) const ANNOTATIONS: &[&str] = &[
    "title",
    "readOnlyHint",
    "destructiveHint",
    "idempotentHint",
    "openWorldHint",
    "audience",
    "priority",
    "lastModified",
];

/// Members of an element of a prompt's `arguments`.
pub(super) const PROMPT_ARGUMENT: &[&str] = &["name", "title", "description", "required"];

/// Members of the result of a listing.
pub(super) const LISTING: &[&str] = &[
    "tools",
    "prompts",
    "resources",
    "resourceTemplates",
    "nextCursor",
    "_meta",
    "ttlMs",
    "cacheScope",
    "resultType",
];

/// Members of the result of a handshake.
pub(super) const HANDSHAKE: &[&str] =
    &["protocolVersion", "capabilities", "serverInfo", "instructions", "_meta"];

/// Members of `serverInfo`.
pub(super) const SERVER_INFO: &[&str] = &["name", "version", "title", "description", "websiteUrl", "icons"];

/// The first member of an object that differs from a known one in case only: its own name, and the known one.
pub(super) fn first_fold<'v>(
    object: &'v Value<'_>,
    known: &[&'static str],
) -> Option<(&'v str, &'static str)> {
    let members = object.as_object()?;
    members
        .iter()
        .find_map(|member| json::folds_onto(&member.name, known).map(|known| (&*member.name, known)))
}
