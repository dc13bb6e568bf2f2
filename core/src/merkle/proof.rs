//! Proofs as lists of hashes, no longer than any tree can need.

use super::hash::{HASH_BYTES, Hash};

/// Hashes of a proof at most: a tree of at most 2^63 − 1 leaves needs no more.
pub const MAX_PROOF_HASHES: usize = 63;

/// The hashes beside the way from a leaf to the root, the leaf's sibling first. At most 63.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InclusionPath(Vec<Hash>);

/// The hashes that link an older root to a newer one, in the order of RFC 6962 section 2.1.2. At most 63.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConsistencyProof(Vec<Hash>);

/// Why bytes or hashes are no proof of any tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofBytesError {
    /// More hashes than any tree needs.
    #[error("a proof of {found} hashes; none has more than {MAX_PROOF_HASHES}")]
    TooLong {
        /// Hashes found.
        found: usize,
    },
    /// The bytes are not a whole number of hashes.
    #[error("{found_bytes} bytes are no whole number of hashes")]
    Ragged {
        /// Bytes found.
        found_bytes: usize,
    },
}

macro_rules! list_of_hashes {
    ($name:ident) => {
        impl $name {
            /// Takes hashes in the order in which they stand in a proof.
            ///
            /// # Errors
            /// [`ProofBytesError::TooLong`] above [`MAX_PROOF_HASHES`].
            pub fn new(hashes: Vec<Hash>) -> Result<Self, ProofBytesError> {
                if hashes.len() > MAX_PROOF_HASHES {
                    return Err(ProofBytesError::TooLong { found: hashes.len() });
                }
                Ok(Self(hashes))
            }

            /// Reads hashes that stand one after the other, 32 bytes each.
            ///
            /// # Errors
            /// A length that is no multiple of 32, or more than [`MAX_PROOF_HASHES`] hashes.
            pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProofBytesError> {
                if bytes.len() % HASH_BYTES != 0 {
                    return Err(ProofBytesError::Ragged { found_bytes: bytes.len() });
                }
                if bytes.len() / HASH_BYTES > MAX_PROOF_HASHES {
                    return Err(ProofBytesError::TooLong { found: bytes.len() / HASH_BYTES });
                }
                Ok(Self(Hash::many(bytes)))
            }

            /// The hashes one after the other.
            pub fn to_bytes(&self) -> Vec<u8> {
                self.0.iter().flat_map(|hash| *hash.as_bytes()).collect()
            }

            /// The hashes, in order.
            pub fn hashes(&self) -> &[Hash] {
                &self.0
            }

            /// Hashes that a tree of checked size gave.
            pub(super) fn of_tree(hashes: Vec<Hash>) -> Self {
                debug_assert!(hashes.len() <= MAX_PROOF_HASHES, "a tree of checked size needs no more");
                Self(hashes)
            }
        }
    };
}

list_of_hashes!(InclusionPath);
list_of_hashes!(ConsistencyProof);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_whole_hashes_and_not_too_many() {
        let bytes = [7; 63 * HASH_BYTES];
        let path = InclusionPath::from_bytes(&bytes).unwrap();
        assert_eq!((path.hashes().len(), path.to_bytes()), (63, bytes.to_vec()));
        assert_eq!(InclusionPath::from_bytes(&[]), Ok(InclusionPath::default()));
        assert_eq!(InclusionPath::from_bytes(&[0; 33]), Err(ProofBytesError::Ragged { found_bytes: 33 }));
        let longer = [7; 64 * HASH_BYTES];
        assert_eq!(ConsistencyProof::from_bytes(&longer), Err(ProofBytesError::TooLong { found: 64 }));
        assert_eq!(ConsistencyProof::new(Hash::many(&longer)), Err(ProofBytesError::TooLong { found: 64 }));
    }
}
