//! Limits of key files (`spec/key-files.md`, *Limits*).

/// Bytes of a key file. One of RSA with 4,096 bits has 3,369 bytes, ours have under 500.
pub const FILE_BYTES: usize = 64 * 1024;
/// Rounds of bcrypt that are run to open a file; `ssh-keygen` writes 16 to 24 unless it is told otherwise.
pub const READ_ROUNDS: u32 = 1024;
/// Rounds of bcrypt in files that are made here.
pub const WRITTEN_ROUNDS: u32 = 24;
/// Bytes of a comment.
pub const COMMENT_BYTES: usize = 256;
/// Fewest bytes of a new passphrase, as `ssh-keygen` has it.
pub const SHORTEST_PASSPHRASE_BYTES: usize = 5;
/// Most bytes of a passphrase.
pub const LONGEST_PASSPHRASE_BYTES: usize = 1024;
