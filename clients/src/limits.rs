//! Limits of configuration files. The largest real values are those of 280 files of real clients.

/// Bytes of one file. Largest real one: 55 kB, a client's own state with its history in it.
pub const MAX_FILE_BYTES: usize = 32 * 1024 * 1024;

/// Maps and lists inside each other. Largest real number: 9.
pub const MAX_DEPTH: usize = 128;

/// Values of one file, at all levels together.
pub const MAX_VALUES: usize = 2_000_000;

/// Servers of one file. Largest real number: 22.
pub const MAX_SERVERS: usize = 1_000;

/// Members of one entry, and of each map in it. Largest real number: 12.
pub const MAX_ENTRY_MEMBERS: usize = 1_000;
