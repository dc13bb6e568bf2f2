//! What one object and one page may cost. Those of a walk over several pages stand with the gate.

use crate::json::ReadLimits;

/// The reader's limits for one answer. A string has no limit of its own there: one that is too long holds its object and
/// not the whole page.
pub(super) const PAGE: ReadLimits =
    ReadLimits { max_string_bytes: ReadLimits::LISTING.max_bytes, ..ReadLimits::LISTING };

/// Objects on one page. Largest real listing: 401 tools (hostinger-api-mcp), on one page.
pub const MAX_OBJECTS_A_PAGE: usize = 4_096;

/// Bytes of one object as received. Largest real one: 82,176 (brave-search-mcp-server, a tool with a large
/// `outputSchema`).
pub const MAX_OBJECT_BYTES: usize = 1 << 20;

/// Bytes of one string or member name in an object, decoded. Largest real one: 34,728 (a description of the drawio
/// server).
pub const MAX_OBJECT_STRING_BYTES: usize = 256 << 10;

/// Bytes of the instructions, decoded. Largest real ones: 4,121 (firecrawl-mcp).
pub const MAX_INSTRUCTIONS_BYTES: usize = 64 << 10;

/// Bytes of `name` and of `version` in `serverInfo` that are passed on. Largest real ones: 33 and 26.
pub const MAX_SERVER_FIELD_BYTES: usize = 256;
