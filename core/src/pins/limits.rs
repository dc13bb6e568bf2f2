//! Limits of decisions; each with the largest real value (listings of 99 servers, 2,378 tools).

/// Most objects that one decision approves. Largest real listing: 401 tools.
pub const MAX_APPROVALS_A_DECISION: usize = 8_192;

/// Longest name of an object, in bytes of UTF-8. Tool names end at 128 (longest real one: 52); a resource template is
/// named by its URI template, for which no standard sets a limit.
pub const MAX_NAME_BYTES: usize = 8_192;

/// Most approved launches that one decision replaces.
pub const MAX_REPLACED_LAUNCHES: usize = 64;

/// The longest time for which one decision lets a tool be called, in seconds: a day.
pub const MAX_ALLOWED_SECONDS: u64 = 86_400;

/// Longest path of an interpreter, in bytes: `PATH_MAX` of Linux.
pub const MAX_PATH_BYTES: usize = 4_096;

/// Longest path of a home folder, in bytes: `PATH_MAX` of Linux.
pub const MAX_HOME_BYTES: usize = 4_096;

/// Largest envelope, in bytes. The approval of the largest real listing (401 tools) has about 100,000.
pub const MAX_DECISION_BYTES: usize = 4 * 1024 * 1024;

/// Longest chain. A person who decides fifty times a day fills it in five years.
pub const MAX_DECISIONS: u64 = 100_000;

/// Most elements of a claim's keyset history: those that a bundle holds.
pub const MAX_HISTORY: u64 = 512;
