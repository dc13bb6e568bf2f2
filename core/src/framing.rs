//! Messages of MCP on a byte stream: one JSON document a line, judged without being converted.
//!
//! Traffic (calls, results, everything that is only passed on) gets this half of the strict rules. A line is gone over
//! once and nothing is copied: no number is turned into a double, no string inside of a result is decoded, and what is
//! passed on are slices of the line. Source: `spec/framing.md`.

mod error;
mod id;
mod message;
mod raw;
mod salvage;
mod walk;

use std::borrow::Cow;

use crate::limits::{MAX_LINE_BYTES, MAX_TRAFFIC_DEPTH};

pub use error::{BadId, FrameError, Shape};
pub use id::{Id, IdKey};
pub use raw::{Raw, RawFault};
pub use salvage::{Salvaged, salvage_id};

/// What one line may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameLimits {
    /// Bytes of the line, its end not counted.
    pub max_bytes: usize,
    /// Levels of arrays and objects, the message itself being the first. More than [`MAX_TRAFFIC_DEPTH`] counts as that.
    pub max_depth: usize,
    /// Members of each object whose names are judged.
    pub max_members: usize,
    /// Bytes of an id as written.
    pub max_id_bytes: usize,
}

impl FrameLimits {
    /// Messages between a client and a server. Largest real listing: 358,189 bytes, depth 22; real ids are short
    /// numbers or UUIDs.
    pub const TRAFFIC: FrameLimits = FrameLimits {
        max_bytes: MAX_LINE_BYTES,
        max_depth: MAX_TRAFFIC_DEPTH,
        max_members: 65_536,
        max_id_bytes: 1_024,
    };
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The line without white space at its ends. It holds no line break.
    pub line: &'a [u8],
    /// What it says.
    pub kind: FrameKind<'a>,
}

/// The four kinds of message. Members that the protocol does not name stay in the line and are not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrameKind<'a> {
    /// Wants an answer.
    Request {
        /// What the answer will carry.
        id: Id<'a>,
        /// What is asked.
        method: Cow<'a, str>,
        /// An object, if there.
        params: Option<Raw<'a>>,
    },
    /// Wants none.
    Notification {
        /// What is said.
        method: Cow<'a, str>,
        /// An object, if there.
        params: Option<Raw<'a>>,
    },
    /// Answers a request.
    Result {
        /// The request's.
        id: Id<'a>,
        /// Any value; MCP's are objects, which is not checked.
        result: Raw<'a>,
    },
    /// Answers a request that failed.
    Error {
        /// The request's; none where it could not be read (`null` or absent).
        id: Option<Id<'a>>,
        /// An object; its members are not checked.
        error: Raw<'a>,
    },
}

/// Reads one line, given without its line feed. A carriage return before it is white space.
///
/// Well-formedness is judged first: a line that is not JSON is [`FrameError::NotJson`] whatever else is wrong with it.
/// Duplicate names are refused in the message, in `params`, in `params.arguments` and in `result`, deeper they are not
/// looked for; so are names that a peer without case would take for a protocol member's, in the message and `params`.
///
/// # Errors
/// See [`FrameError`]; [`FrameError::is_junk`] tells what is no JSON from what is no message.
pub fn parse_frame<'a>(line: &'a [u8], limits: &FrameLimits) -> Result<Frame<'a>, FrameError> {
    let text = walk::text_of(line, limits)?;
    let found = message::message(text, limits)?;
    Ok(Frame { line: walk::without_lead(text).as_bytes(), kind: found.into_kind(limits)? })
}
