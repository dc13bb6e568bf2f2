//! The numbers of `spec/witness.md`, Limits, that belong to the program and not to the exchange.

use std::time::Duration;

/// Connections at a time. Further ones wait until one ends.
pub(crate) const MAX_CONNECTIONS: usize = 512;

/// How long a connection may be open without an answer being written to it, be it idle or slow.
pub(crate) const MAX_SILENCE: Duration = Duration::from_secs(30);

/// Requests that wait for the disk. Further ones are answered 503.
pub(crate) const MAX_WAITING: usize = 256;

/// Requests that are decided in one transaction.
pub(crate) const MAX_BATCH: usize = 64;

/// How long answers may take after SIGTERM.
pub(crate) const STOP_TIME: Duration = Duration::from_secs(5);

/// Verifier keys of logs.
pub(crate) const MAX_LOG_KEYS: usize = 1024;

/// Bytes of a file of verifier keys.
pub(crate) const MAX_LOGS_FILE_BYTES: usize = 1 << 20;

/// Requests kept as evidence, all logs together.
pub(crate) const MAX_EVIDENCE_FILES: usize = 1000;

/// How far the clock may fall below the last time stated and be taken for a correction, in seconds.
pub(crate) const CLOCK_STEP_SECONDS: u64 = 300;
