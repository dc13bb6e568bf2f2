//! Talking to a log and to witnesses over HTTP, and replaying a whole log.
//!
//! Everything here only carries bytes: what an answer proves is decided by `pinfold_core` and `pinfold_verifier`. A log
//! may answer garbage, endlessly or not at all; every answer has a limit of bytes and of time, and none redirects.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod answers;
pub mod audit;
mod base_url;
mod evidence;
mod head;
mod http;
pub mod limits;
mod log;
mod submit;
mod tiles;
mod witness;

pub use answers::{HistoryAnswer, LookupAnswer, MAX_HISTORY_ITEMS};
pub use base_url::{BaseUrl, BaseUrlError};
pub use evidence::{EvidenceError, Fork, MAX_EVIDENCE_BYTES};
pub use head::{Head, HeadError};
pub use http::{FetchError, Http, HttpAnswer};
pub use log::{LogClient, LogError};
pub use submit::{SubmitError, Submitted};
pub use tiles::LogTiles;
pub use witness::{AddRequest, WitnessAnswer, WitnessClient, WitnessError};
