//! Strict JSON: a reader that refuses what two parsers could read differently, and the RFC 8785 writer.
//!
//! Everything that is hashed, signed or pinned is read by [`read`] and written by [`canonical`]. Source:
//! `spec/strict-json.md`. Traffic that is only passed on goes through [`crate::framing`] instead, where numbers keep
//! their digits.
//!
//! The reader goes over a document once. Each [`Value`] knows its span in it, so a caller hashes and forwards the very
//! bytes that were judged.

mod canonical;
mod error;
mod fold;
mod names;
mod number;
mod pointer;
mod read;
pub(crate) mod scan;
mod value;

pub use canonical::{canonical, canonical_into};
pub use error::{ReadError, ReadRefusal};
pub use fold::folds_onto;
pub(crate) use names::Names;
pub use number::MAX_SAFE_INTEGER;
pub(crate) use pointer::array_index;
pub use pointer::{pointer_push, pointer_tokens};
pub use read::{ReadLimits, read, read_canonical};
pub use value::{Member, Node, Number, Span, Value};
