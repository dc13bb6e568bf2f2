//! Limits that more than one module needs. Each format's own limits stand in its module.

/// Bytes of one line of traffic. Largest real listing: 358,189 bytes on one line; results of calls (pictures, whole
/// files) are larger, and nobody splits them.
pub const MAX_LINE_BYTES: usize = 64 << 20;

/// Levels of arrays and objects in anything that is hashed. Largest real one: 22.
pub const MAX_HASHED_DEPTH: u8 = 64;

/// Levels of arrays and objects in a line of traffic, which is passed on and not built into a tree.
pub const MAX_TRAFFIC_DEPTH: usize = 512;
