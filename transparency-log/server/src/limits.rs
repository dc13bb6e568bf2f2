//! Every limit of the log, in one place (spec/log.md, Limits).

use std::time::Duration;

/// Bytes of a submission's body.
pub(crate) const MAX_BODY_BYTES: usize = 4_404_019;
/// Submissions that wait for a round.
pub(crate) const MAX_WAITING: usize = 4096;
/// Bytes of bodies that are being read or wait, all together.
pub(crate) const MAX_WAITING_BYTES: usize = 256 << 20;
/// Entries of one round, without its map-head.
pub(crate) const MAX_BATCH_ENTRIES: usize = 2048;
/// Bytes of entries and manifests of one round. One submission alone is always taken.
pub(crate) const MAX_BATCH_BYTES: usize = 32 << 20;
/// Bytes of an entry in a log made for tests: what a bundle of tlog-tiles can hold.
pub(crate) const MAX_TEST_ENTRY_BYTES: usize = 65_535;
/// Time to read a request's body.
pub(crate) const BODY_TIME: Duration = Duration::from_secs(20);
/// Time until a submitter is told to ask again; its entry may be published all the same.
pub(crate) const ANSWER_TIME: Duration = Duration::from_secs(25);
/// Seconds in `Retry-After`.
pub(crate) const RETRY_AFTER_SECONDS: u32 = 1;
/// Bytes that the disk must have free beside those of the round, or nothing is signed.
pub(crate) const MIN_FREE_BYTES: u64 = 64 << 20;
/// Seconds by which clocks may differ.
pub(crate) const CLOCK_TOLERANCE_SECONDS: u64 = 300;
/// Items of one answer of `/history`.
pub(crate) const MAX_HISTORY_ITEMS: usize = 1000;
/// Bytes of a witness policy file.
pub(crate) const MAX_POLICY_BYTES: usize = 1 << 20;
/// Shortest and longest pause before a witness that failed is asked again for the same head.
pub(crate) const WITNESS_PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// Time that the batch in hand gets after SIGTERM.
pub(crate) const STOP_TIME: Duration = Duration::from_secs(10);
/// Threads that read the database, each with a connection of its own.
pub(crate) const MAX_READING_THREADS: usize = 32;
/// Pause between two lines that say the same trouble.
pub(crate) const COMPLAINT_PAUSE: Duration = Duration::from_secs(10);
/// Connections that are served at a time. Each may hold a file of the process, of which many systems give 1,024.
pub(crate) const MAX_CONNECTIONS: usize = 512;
/// Further connections that are told that there is no place. What goes beyond waits until one ends.
pub(crate) const MAX_TURNED_AWAY: usize = 64;
/// How long a connection may be open without an answer being written to it: longer than a body and its answer take.
pub(crate) const MAX_SILENCE: Duration = Duration::from_secs(90);
