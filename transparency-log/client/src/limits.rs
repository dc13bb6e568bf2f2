//! Limits of what a server may answer. A body is counted as it is after decompression.

use std::time::Duration;

/// Time for one whole exchange with a log, from looking up the name to the last byte.
pub const MAX_EXCHANGE_TIME: Duration = Duration::from_secs(30);
/// Time for one whole submission: the log answers only when the entry is published.
pub const MAX_SUBMIT_TIME: Duration = Duration::from_secs(60);
/// Time for one whole exchange with a witness. Its answer is small and waits for one write.
pub const MAX_WITNESS_TIME: Duration = Duration::from_secs(10);
/// Time to reach a server.
pub const MAX_CONNECT_TIME: Duration = Duration::from_secs(10);
/// Bytes of the headers of an answer.
pub const MAX_HEADER_BYTES: usize = 32 << 10;
/// Bytes of a URL that a user or a policy gives.
pub const MAX_URL_BYTES: usize = 2048;

/// Bytes of a published checkpoint: a note with 64 signatures of 5 kB each still fits.
pub const MAX_CHECKPOINT_BYTES: usize = 1 << 20;
/// Bytes of a full tile of hashes.
pub const MAX_TILE_BYTES: usize = 256 * 32;
/// Bytes of a full bundle of entries, each at most 65,535 bytes and a length.
pub const MAX_ENTRY_TILE_BYTES: usize = 256 * (2 + 65_535);
/// Bytes of the answer to a submission, and of any refusal.
pub const MAX_SMALL_ANSWER_BYTES: usize = 1 << 20;
/// Bytes of the parts of a bundle, without its manifest.
pub const MAX_PARTS_BYTES: usize = 12 << 20;
/// Bytes of a manifest.
pub const MAX_MANIFEST_BYTES: usize = 4 << 20;
/// Bytes of a witness's answer; cosignature lines only.
pub const MAX_WITNESS_BYTES: usize = 64 << 10;
/// Characters of a server's own words that an error repeats.
pub const MAX_QUOTED_CHARS: usize = 300;
/// How often a busy log is asked in all, where it says when to come back.
pub const MAX_TRIES: usize = 4;
/// The longest pause that is kept between two tries, in seconds; a log that wants a longer one is left alone.
pub const MAX_PAUSE_SECONDS: u64 = 5;
