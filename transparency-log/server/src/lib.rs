//! The log: admission, sequencer, storage and HTTP.
