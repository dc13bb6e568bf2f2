//! Evidence that a log contradicted itself: two heads that it signed and that cannot both be of one log
//! (`spec/evidence.md`).

use pinfold_core::checkpoint::{CheckpointError, LogSignatureError, SignedCheckpoint};
use pinfold_core::json::{self, Node, ReadError, ReadLimits, Value};
use pinfold_core::merkle::{
    ConsistencyProof, Hash, HashReader, ProofError, ProveError, prove_consistency, root, verify_consistency,
};
use pinfold_core::note::VerifierKey;

const FORMAT: &str = "pinfold/evidence/v1";

/// Bytes of the document: two notes of at most 1 MiB each, which JSON at most doubles, and 63 hashes.
pub const MAX_EVIDENCE_BYTES: usize = (4 << 20) + (16 << 10);

const LIMITS: ReadLimits = ReadLimits {
    max_bytes: MAX_EVIDENCE_BYTES,
    max_depth: 3,
    max_string_bytes: 2 << 20,
    max_members: 16,
    max_values: 256,
};

/// Two heads that one key signed and of which the newer one does not continue the older one. Holds by itself: whoever has
/// the log's key can check it with [`Fork::check`] and needs nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    key: VerifierKey,
    older: SignedCheckpoint,
    newer: SignedCheckpoint,
    /// Of heads of two sizes: the root that the newer tree has at the older size, and the proof of that.
    inside: Option<(Hash, ConsistencyProof)>,
}

/// Why a document is no evidence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// Not the document.
    #[error("it cannot be read: {0}")]
    Json(ReadError),
    /// Members are missing, too many, or of another type.
    #[error("it has not the members that it must have")]
    Members,
    /// A note is no checkpoint.
    #[error("a note is no checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// A note is not signed by the key.
    #[error("a note is not signed by the key: {0}")]
    Signature(#[from] LogSignatureError),
    /// The proof does not lead to the newer head.
    #[error("the proof fails: {0}")]
    Proof(#[from] ProofError),
    /// The heads do not contradict each other.
    #[error("the two heads do not contradict each other")]
    NoContradiction,
}

impl Fork {
    /// Puts the two heads together; `newer` has at least as many entries. `tree` is the tree of the newer head, and only
    /// asked where the sizes differ.
    ///
    /// # Errors
    ///
    /// The reader's; [`ProveError::OldLargerThanNew`].
    pub fn new<R: HashReader>(
        key: &VerifierKey,
        older: SignedCheckpoint,
        newer: SignedCheckpoint,
        tree: Option<&R>,
    ) -> Result<Fork, ProveError<R::Error>> {
        let sizes = (older.checkpoint().size(), newer.checkpoint().size());
        let inside = match tree {
            Some(tree) if sizes.0 != sizes.1 => {
                Some((root(tree, sizes.0)?, prove_consistency(tree, sizes.0, sizes.1)?))
            }
            _ => None,
        };
        Ok(Fork { key: key.clone(), older, newer, inside })
    }

    /// Checks that both heads are signed and cannot both be of one log.
    ///
    /// # Errors
    ///
    /// [`EvidenceError`].
    pub fn check(&self) -> Result<(), EvidenceError> {
        self.older.verify_log(&self.key)?;
        self.newer.verify_log(&self.key)?;
        let (older, newer) = (self.older.checkpoint(), self.newer.checkpoint());
        let contradicts = match &self.inside {
            None => older.size() == newer.size() && older.root() != newer.root(),
            Some((root, proof)) => {
                verify_consistency(older.size(), root, newer.size(), newer.root(), proof)?;
                root != older.root()
            }
        };
        if contradicts { Ok(()) } else { Err(EvidenceError::NoContradiction) }
    }

    /// The document.
    pub fn to_bytes(&self) -> Vec<u8> {
        let note = |signed: &SignedCheckpoint| {
            Value::string(String::from_utf8(signed.to_bytes()).expect("a note is UTF-8"))
        };
        let (root, proof) = match &self.inside {
            None => (Value::null(), Value::null()),
            Some((root, proof)) => {
                let hashes = proof.hashes().iter().map(|hash| Value::string(hash.to_string()));
                (Value::string(root.to_string()), Value::array(hashes.collect()))
            }
        };
        json::canonical(&Value::object(vec![
            ("format", Value::string(FORMAT)),
            ("key", Value::string(self.key.to_string())),
            ("kind", Value::string("fork")),
            ("newer", note(&self.newer)),
            ("older", note(&self.older)),
            ("proof", proof),
            ("root", root),
        ]))
    }

    /// Reads a document.
    ///
    /// # Errors
    ///
    /// [`EvidenceError`]. Not checked: that it proves anything; see [`Fork::check`].
    pub fn parse(bytes: &[u8]) -> Result<Fork, EvidenceError> {
        let document = json::read_canonical(bytes, &LIMITS).map_err(EvidenceError::Json)?;
        let text = |name: &str| document.get(name).and_then(Value::as_str).ok_or(EvidenceError::Members);
        let members = document.as_object().map_or(0, <[_]>::len);
        if members != 7 || text("format")? != FORMAT || text("kind")? != "fork" {
            return Err(EvidenceError::Members);
        }
        let inside = match (document.get("root").map(|root| &root.node), document.get("proof")) {
            (Some(Node::Null), Some(proof)) if proof.is_null() => None,
            (Some(Node::String(root)), Some(proof)) => Some((
                root.parse().map_err(|_| EvidenceError::Members)?,
                hashes(proof).ok_or(EvidenceError::Members)?,
            )),
            _ => return Err(EvidenceError::Members),
        };
        Ok(Fork {
            key: text("key")?.parse().map_err(|_| EvidenceError::Members)?,
            older: SignedCheckpoint::parse(text("older")?.as_bytes())?,
            newer: SignedCheckpoint::parse(text("newer")?.as_bytes())?,
            inside,
        })
    }

    /// Sizes of the older and the newer head.
    pub fn sizes(&self) -> (u64, u64) {
        (self.older.checkpoint().size(), self.newer.checkpoint().size())
    }
}

fn hashes(value: &Value<'_>) -> Option<ConsistencyProof> {
    let hashes: Option<Vec<Hash>> =
        value.as_array()?.iter().map(|hash| hash.as_str()?.parse().ok()).collect();
    ConsistencyProof::new(hashes?).ok()
}

#[cfg(test)]
mod tests {
    use pinfold_core::checkpoint::{Checkpoint, Origin};
    use pinfold_core::merkle::{HashReader, MemoryTree, leaf_hash};
    use pinfold_core::signature::SigningKey;

    use super::*;

    fn tree(leaves: &[&str]) -> MemoryTree {
        let mut tree = MemoryTree::new();
        leaves.iter().for_each(|leaf| {
            tree.push(leaf_hash(leaf.as_bytes()));
        });
        tree
    }

    fn setting() -> (SigningKey, VerifierKey, Origin) {
        let key = SigningKey::from_seed(&[7; 32]);
        let origin: Origin = "log.example".parse().unwrap();
        let verifier = VerifierKey::ed25519(origin.key_name(), key.public_key());
        (key, verifier, origin)
    }

    fn head<R: HashReader<Error: std::fmt::Debug>>(of: &R, size: u64) -> SignedCheckpoint {
        let (key, _, origin) = setting();
        let checkpoint = Checkpoint::new(&origin, size, root(of, size).unwrap());
        SignedCheckpoint::sign(checkpoint, &origin.key_name(), &key).unwrap()
    }

    #[test]
    fn two_sizes_that_do_not_continue_each_other_are_evidence() {
        let (_, verifier, _) = setting();
        let (one, other) = (tree(&["a", "b", "c"]), tree(&["a", "B", "c", "d", "e"]));
        let fork = Fork::new(&verifier, head(&one, 3), head(&other, 5), Some(&other)).unwrap();
        fork.check().unwrap();
        let again = Fork::parse(&fork.to_bytes()).unwrap();
        assert_eq!(again, fork);
        again.check().unwrap();
    }

    #[test]
    fn one_size_with_two_roots_is_evidence() {
        let (_, verifier, _) = setting();
        let (one, other) = (tree(&["a", "b"]), tree(&["a", "c"]));
        let fork = Fork::new::<MemoryTree>(&verifier, head(&one, 2), head(&other, 2), None).unwrap();
        fork.check().unwrap();
        assert_eq!(Fork::parse(&fork.to_bytes()).unwrap(), fork);
    }

    #[test]
    fn an_honest_log_gives_no_evidence() {
        let (_, verifier, _) = setting();
        let honest = tree(&["a", "b", "c", "d"]);
        let fork = Fork::new(&verifier, head(&honest, 2), head(&honest, 4), Some(&honest)).unwrap();
        assert_eq!(fork.check(), Err(EvidenceError::NoContradiction));
        let same = Fork::new::<MemoryTree>(&verifier, head(&honest, 2), head(&honest, 2), None).unwrap();
        assert_eq!(same.check(), Err(EvidenceError::NoContradiction));
        // Two sizes alone contradict nothing.
        let sizes = Fork::new::<MemoryTree>(&verifier, head(&honest, 2), head(&honest, 4), None).unwrap();
        assert_eq!(sizes.check(), Err(EvidenceError::NoContradiction));
    }

    #[test]
    fn a_changed_proof_or_another_key_is_none() {
        let (_, verifier, origin) = setting();
        let (one, other) = (tree(&["a", "b", "c"]), tree(&["a", "B", "c", "d", "e"]));
        let fork = Fork::new(&verifier, head(&one, 3), head(&other, 5), Some(&other)).unwrap();
        let mut wrong = fork.clone();
        wrong.inside = fork.inside.clone().map(|(_, proof)| (*wrong.older.checkpoint().root(), proof));
        assert!(matches!(wrong.check(), Err(EvidenceError::Proof(_))));
        let stranger = SigningKey::from_seed(&[8; 32]);
        let key = VerifierKey::ed25519(origin.key_name(), stranger.public_key());
        assert!(matches!(Fork { key, ..fork }.check(), Err(EvidenceError::Signature(_))));
    }
}
