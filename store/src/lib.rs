//! What Pinfold remembers, in SQLite: the chain of decisions, objects as received, and observations (spec/store.md).
//!
//! In scope: where the files lie, who may have written them, that store and marker agree, one writer at a time, and
//! that nothing is lost or half written. Out of scope: what decisions mean and whether a chain adds up
//! (`pinfold_core::pins`), who was asked (the command line), the network.
//!
//! Two kinds of rows: *decisions* are the only thing that approves and are checked against the marker; *observations*
//! (requests, held objects, gates, counters) approve nothing, and a caller may go on when one cannot be written.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod accept;
mod answers;
mod check;
mod database;
mod decide;
mod error;
mod file_digests;
mod folder;
mod gates;
mod history;
mod home;
mod lock;
mod marker_file;
mod notes;
mod objects;
mod observe;
mod open;
mod passing;
mod pending;
mod places;
mod process;
mod requests;
mod schema;
mod stamp;
mod take_over;
mod wrappers;

pub use accept::Inspection;
pub use answers::{MAX_ANSWERS_A_LABEL, Noted};
pub use decide::{Decided, Ruling};
pub use error::{FolderFault, HomeFault, StoreError, TamperCause};
pub use file_digests::FileKey;
pub use gates::{GateRow, GateState};
pub use home::HomeStanding;
pub use notes::{Counters, Exit};
pub use objects::StoredObject;
pub use open::{Access, Store};
pub use pending::{Held, MAX_PENDING_A_LABEL, MAX_PENDING_BYTES, PendingAsk, PendingObject, ServerHold};
pub use pinfold_core::pins::TamperReason;
pub use places::Places;
pub use process::ProcessStamp;
pub use requests::{MAX_REQUEST_BYTES, MAX_REQUESTS, MAX_REQUESTS_A_FOLDER, Request};
pub use schema::SCHEMA_VERSION;
pub use stamp::ChangeStamp;
pub use wrappers::{MAX_WRAPPERS, Wrapper};
