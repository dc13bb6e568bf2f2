//! The chain: each decision in an envelope that names the hash of the one before.

use thiserror::Error;

use super::decision::Decision;
use super::fold::FoldRefusal;
use super::limits::{MAX_DECISION_BYTES, MAX_DECISIONS};
use super::state::{Pins, UnixSeconds};
use crate::digest::{Digest, tagged_digest};
use crate::document::{self, DocumentError, Fields, Place, nullable_digest};
use crate::json::{self, Value};

/// The member `format` of an envelope, and the tag under which it is hashed.
pub const DECISION_FORMAT: &str = "pinfold/decision/v1";

/// A decision with its place in the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// Place in the chain, from 1.
    pub sequence: u64,
    /// Hash of the envelope before; of the first one, 32 zero bytes.
    pub previous: Digest,
    /// When it was taken, by the clock of the machine. Not checked: clocks go back.
    pub at: UnixSeconds,
    /// Digest of the policy file that was in force; `None` if there was none.
    pub policy: Option<Digest>,
    /// The decision.
    pub decision: Decision,
}

impl Envelope {
    /// The canonical bytes, which are stored and hashed.
    pub fn to_bytes(&self) -> Vec<u8> {
        json::canonical(&Value::object(vec![
            ("at", Value::uint(self.at.0)),
            ("decision", self.decision.to_value()),
            ("format", Value::string(DECISION_FORMAT)),
            ("policy", nullable_digest(self.policy)),
            ("previous", Value::string(self.previous.to_string())),
            ("sequence", Value::uint(self.sequence)),
        ]))
    }

    /// Reads the canonical bytes and no other spelling.
    ///
    /// # Errors
    /// A [`DocumentError`]. The place in the chain is not checked: [`Chain::append`] does that.
    pub fn from_bytes(bytes: &[u8]) -> Result<Envelope, DocumentError> {
        let value = document::read(bytes, MAX_DECISION_BYTES)?;
        let names = ["at", "decision", "format", "policy", "previous", "sequence"];
        let fields = Fields::of(&value, Place::Document, &names)?;
        fields.format(DECISION_FORMAT)?;
        Ok(Envelope {
            sequence: fields.uint("sequence")?,
            previous: fields.digest("previous")?,
            at: UnixSeconds(fields.uint("at")?),
            policy: fields.nullable("policy", Fields::digest)?,
            decision: Decision::read(fields.value("decision")?, fields.place_of("decision"))?,
        })
    }
}

/// The end of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainHead {
    /// Number of decisions.
    pub sequence: u64,
    /// Hash of the last envelope; of an empty chain, 32 zero bytes.
    pub hash: Digest,
}

impl ChainHead {
    /// The head of an empty chain.
    pub const EMPTY: ChainHead = ChainHead { sequence: 0, hash: Digest::from_bytes([0; 32]) };
}

/// Why an envelope does not continue a chain.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ChainRefusal {
    /// The bytes are no envelope.
    #[error("the decision is not readable: {0}")]
    Document(#[from] DocumentError),
    /// Its number is not the next one.
    #[error("decision {found} stands where decision {expected} belongs")]
    Sequence {
        /// The next number.
        expected: u64,
        /// The number that it has.
        found: u64,
    },
    /// It names another envelope before it.
    #[error("decision {sequence} does not continue the one before it")]
    Previous {
        /// Its number.
        sequence: u64,
    },
    /// The decision makes no sense here.
    #[error(transparent)]
    Fold(#[from] FoldRefusal),
    /// The envelope is larger than [`MAX_DECISION_BYTES`], or the chain longer than [`MAX_DECISIONS`].
    #[error("over the limit: {0}")]
    TooLarge(&'static str),
}

impl ChainRefusal {
    /// The name of the refusal in spec/pins.md.
    pub fn name(&self) -> &'static str {
        match self {
            ChainRefusal::Document(error) => error.name(),
            ChainRefusal::Sequence { .. } => "WRONG_SEQUENCE",
            ChainRefusal::Previous { .. } => "WRONG_PREVIOUS",
            ChainRefusal::Fold(refusal) => refusal.name(),
            ChainRefusal::TooLarge(_) => "OVER_LIMIT",
        }
    }
}

/// A checked chain: its head and what it folds into.
#[derive(Clone, Debug)]
pub struct Chain {
    head: ChainHead,
    pins: Pins,
}

impl Default for Chain {
    fn default() -> Self {
        Chain { head: ChainHead::EMPTY, pins: Pins::new() }
    }
}

impl Chain {
    /// The end of the chain.
    pub fn head(&self) -> ChainHead {
        self.head
    }

    /// What the decisions fold into.
    pub fn pins(&self) -> &Pins {
        &self.pins
    }

    /// Continues the chain by stored bytes.
    ///
    /// # Errors
    /// A [`ChainRefusal`]; the chain is as before.
    pub fn append(&mut self, bytes: &[u8]) -> Result<Envelope, ChainRefusal> {
        if bytes.len() > MAX_DECISION_BYTES {
            return Err(ChainRefusal::TooLarge("bytes of a decision"));
        }
        let envelope = Envelope::from_bytes(bytes)?;
        let expected = self.head.sequence + 1;
        if envelope.sequence != expected {
            return Err(ChainRefusal::Sequence { expected, found: envelope.sequence });
        }
        if expected > MAX_DECISIONS {
            return Err(ChainRefusal::TooLarge("decisions of a chain"));
        }
        if envelope.previous != self.head.hash {
            return Err(ChainRefusal::Previous { sequence: expected });
        }
        self.pins.apply(&envelope.decision, envelope.at)?;
        self.head = ChainHead { sequence: expected, hash: tagged_digest(DECISION_FORMAT, bytes) };
        Ok(envelope)
    }

    /// Continues the chain by a new decision and returns the bytes to store.
    ///
    /// # Errors
    /// A [`ChainRefusal`]; the chain is as before.
    pub fn decide(
        &mut self,
        decision: Decision,
        at: UnixSeconds,
        policy: Option<Digest>,
    ) -> Result<Vec<u8>, ChainRefusal> {
        if at.0 > json::MAX_SAFE_INTEGER {
            return Err(ChainRefusal::TooLarge("seconds of a time"));
        }
        let ChainHead { sequence, hash } = self.head;
        let envelope = Envelope { sequence: sequence + 1, previous: hash, at, policy, decision };
        let bytes = envelope.to_bytes();
        self.append(&bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pins::{Approval, MAX_APPROVALS_A_DECISION};

    fn interpreter() -> Decision {
        Decision::InterpreterAccepted { path: String::from("/usr/bin/node"), digest: ChainHead::EMPTY.hash }
    }

    #[test]
    fn a_chain_ends_at_its_limit() {
        let head = ChainHead { sequence: MAX_DECISIONS - 1, hash: ChainHead::EMPTY.hash };
        let mut chain = Chain { head, pins: Pins::new() };
        chain.decide(interpreter(), UnixSeconds(1), None).unwrap();
        let refusal = chain.decide(interpreter(), UnixSeconds(1), None).unwrap_err();
        assert_eq!(refusal, ChainRefusal::TooLarge("decisions of a chain"));
    }

    #[test]
    fn decisions_over_the_limits_of_size_are_refused() {
        let mut chain = Chain::default();
        let refusal = chain.append(&vec![b' '; MAX_DECISION_BYTES + 1]).unwrap_err();
        assert_eq!(refusal, ChainRefusal::TooLarge("bytes of a decision"));
        let refusal = chain.decide(interpreter(), UnixSeconds(1 << 53), None).unwrap_err();
        assert_eq!(refusal, ChainRefusal::TooLarge("seconds of a time"));

        let launch = crate::launch::Launch {
            command: String::from("server"),
            program: vec![crate::launch::ProgramFile {
                path: String::from("/server"),
                file: String::from("/server"),
                digest: Some(ChainHead::EMPTY.hash),
            }],
            args: Vec::new(),
            folder: None,
            env: Default::default(),
            passes: Default::default(),
        };
        let label: crate::name::Label = "demo".parse().unwrap();
        let approved = Decision::LaunchApproved { label: label.clone(), launch, replaces: Vec::new() };
        chain.decide(approved, UnixSeconds(1), None).unwrap();
        let approval = |number: usize| Approval {
            kind: crate::digest::ObjectKind::Tool,
            name: format!("tool-{number}"),
            digest: ChainHead::EMPTY.hash,
            replaces: None,
            rules: Vec::new(),
        };
        let surface = |count| Decision::SurfaceApproved {
            label: label.clone(),
            claim: None,
            objects: (0..count).map(approval).collect(),
        };
        let refusal = chain.decide(surface(MAX_APPROVALS_A_DECISION + 1), UnixSeconds(1), None).unwrap_err();
        assert_eq!(refusal.name(), "OVER_LIMIT");
        chain.decide(surface(MAX_APPROVALS_A_DECISION), UnixSeconds(1), None).unwrap();
    }
}
