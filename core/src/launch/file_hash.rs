//! The digest of a file too large to hold: fed piece by piece by whoever reads it.

use sha2::{Digest as _, Sha256};

use crate::digest::Digest;

/// Plain SHA-256 over pieces, as [`crate::digest::file_digest`] over the whole.
#[derive(Clone, Default)]
pub struct FileHash(Sha256);

impl FileHash {
    /// The hash of no bytes yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes added.
    pub fn finish(self) -> Digest {
        Digest::from_bytes(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::file_digest;

    #[test]
    fn pieces_and_whole_agree() {
        let mut hash = FileHash::new();
        hash.update(b"ab");
        hash.update(b"");
        hash.update(b"c");
        assert_eq!(hash.finish(), file_digest(b"abc"));
    }
}
