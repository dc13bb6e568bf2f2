//! The lock: what is approved in one store, for teams and CI, as a file that can be read in a review.
//!
//! Source: `spec/lock.md`. In scope: the document, its one spelling, and its digest. Out of scope: who believes a lock (the
//! user's policy), and what a start makes of it (the command line).

mod layout;
mod server;

use thiserror::Error;

use crate::digest::{Digest, file_digest};
use crate::document::{DocumentError, DocumentFault, Fields, Place};
use crate::json::{self, ReadLimits, Value};
use crate::limits::MAX_HASHED_DEPTH;
use crate::name::Label;
use crate::volatile::RuleFault;

pub use server::{LockedLaunch, LockedObject, LockedServer, MAX_LOCKED_LAUNCHES, MAX_LOCKED_OBJECTS};

/// The member `format`.
pub const LOCK_FORMAT: &str = "pinfold/lock/v1";
/// Bytes of a lock, at most. The lock of the largest real server (401 tools) has about 90,000.
pub const MAX_LOCK_BYTES: usize = 8 << 20;
/// Servers of a lock, at most.
pub const MAX_LOCKED_SERVERS: usize = 256;

/// Levels around an object: the document, `servers`, the server, `objects`, the element.
const LEVELS_AROUND_AN_OBJECT: u8 = 5;

const LIMITS: ReadLimits = ReadLimits {
    max_bytes: MAX_LOCK_BYTES,
    max_depth: MAX_HASHED_DEPTH + LEVELS_AROUND_AN_OBJECT,
    max_string_bytes: 1 << 20,
    max_members: 4_096,
    max_values: 1 << 20,
};

/// A lock that was read or built.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    bytes: Vec<u8>,
    servers: Vec<LockedServer>,
}

/// Why bytes are no lock.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum LockError {
    /// Not the document.
    #[error("the lock is not readable: {0}")]
    Document(#[from] DocumentError),
    /// The document in another spelling than the one that is written.
    #[error("the lock is not written as `pinfold lock` writes it")]
    Layout,
    /// More servers, launches or objects than allowed; the text names which.
    #[error("the lock has too many {0}")]
    TooMany(&'static str),
    /// Servers or objects do not rise, or one stands twice.
    #[error("the lock is not sorted at server {server}")]
    Order {
        /// The server, from 0.
        server: usize,
    },
    /// A server without a launch.
    #[error("server {server} of the lock has no launch")]
    NoLaunch {
        /// The server, from 0.
        server: usize,
    },
    /// An object that rules are about is absent, is there without rules, or has another digest, kind or name.
    #[error("an object of server {server} of the lock is not the one that its digest names")]
    Object {
        /// The server, from 0.
        server: usize,
    },
    /// The rules of an object do not fit it.
    #[error("an object of server {server} of the lock: {fault}")]
    Rules {
        /// The server, from 0.
        server: usize,
        /// What does not fit.
        fault: RuleFault,
    },
}

impl LockError {
    /// The name of the refusal in spec/lock.md.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Document(error) => error.name(),
            Self::Layout => "LOCK_LAYOUT",
            Self::TooMany(_) => "LOCK_TOO_MANY",
            Self::Order { .. } => "LOCK_ORDER",
            Self::NoLaunch { .. } => "LOCK_NO_LAUNCH",
            Self::Object { .. } => "LOCK_OBJECT",
            Self::Rules { fault, .. } => fault.name(),
        }
    }
}

impl Lock {
    /// A lock of these servers, in any order.
    ///
    /// # Errors
    /// A [`LockError`]; what comes back passed every check of [`Lock::from_bytes`].
    pub fn build(mut servers: Vec<LockedServer>) -> Result<Self, LockError> {
        servers.sort_by_key(|server| server.label.key());
        servers.iter_mut().for_each(LockedServer::sort);
        let document = Value::object(vec![
            ("format", Value::string(LOCK_FORMAT)),
            ("servers", Value::array(servers.iter().map(LockedServer::to_value).collect())),
        ]);
        Self::from_bytes(&layout::write(&document))
    }

    /// Reads a lock.
    ///
    /// # Errors
    /// A [`LockError`]. Any other spelling of the same document is refused too, so that a line in a review is a line of the
    /// file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LockError> {
        let value = json::read(bytes, &LIMITS).map_err(|error| DocumentError {
            pointer: error.pointer.clone(),
            fault: DocumentFault::Json(error),
        })?;
        let fields = Fields::of(&value, Place::Document, &["format", "servers"])?;
        fields.format(LOCK_FORMAT)?;
        let elements = fields.array("servers")?;
        if elements.len() > MAX_LOCKED_SERVERS {
            return Err(LockError::TooMany("servers"));
        }
        let place = fields.place_of("servers");
        let mut servers = Vec::with_capacity(elements.len());
        let mut last: Option<String> = None;
        for (index, element) in elements.iter().enumerate() {
            let server = LockedServer::read(element, Place::Element(&place, index), index)?;
            let key = server.label.key();
            if last.is_some_and(|before| before >= key) {
                return Err(LockError::Order { server: index });
            }
            last = Some(key);
            servers.push(server);
        }
        if layout::write(&value) != bytes {
            return Err(LockError::Layout);
        }
        Ok(Self { bytes: bytes.to_vec(), servers })
    }

    /// The bytes of the file.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Plain SHA-256 of the file, which a policy names.
    pub fn digest(&self) -> Digest {
        file_digest(&self.bytes)
    }

    /// The servers, by label.
    pub fn servers(&self) -> &[LockedServer] {
        &self.servers
    }

    /// The server of a label, whatever the case of its letters.
    pub fn server(&self, label: &Label) -> Option<&LockedServer> {
        self.servers.iter().find(|server| server.label.key() == label.key())
    }
}

/// Whether the keys rise strictly.
fn rises<K: Ord>(keys: impl Iterator<Item = K>) -> bool {
    let keys: Vec<K> = keys.collect();
    keys.windows(2).all(|pair| pair[0] < pair[1])
}
