//! Passphrases: what one is, and who is asked for it.

use std::fmt;
use std::path::Path;

use thiserror::Error;
use zeroize::Zeroizing;

use crate::error::NoPassphrase;
use crate::limits;

/// A passphrase, wiped from memory when dropped and never printed. Not empty.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(Zeroizing<Vec<u8>>);

/// Why bytes are no passphrase.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum PassphraseError {
    /// Nothing was given.
    #[error("the passphrase is empty")]
    Empty,
    /// Too short for a new key; a key that exists may have a shorter one.
    #[error("the passphrase has fewer than {} bytes", limits::SHORTEST_PASSPHRASE_BYTES)]
    TooShort,
    /// Longer than anybody types.
    #[error("the passphrase has more than {} bytes", limits::LONGEST_PASSPHRASE_BYTES)]
    TooLong,
    /// A zero byte or a line break: `ssh-keygen` could never be told this passphrase.
    #[error("the passphrase has a line break or a zero byte in it")]
    Unusable,
}

impl Passphrase {
    /// Takes the bytes as they are, without one line feed (or CR LF) at the end.
    ///
    /// # Errors
    ///
    /// [`PassphraseError`], but never `TooShort`: that is asked of new keys only.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Passphrase, PassphraseError> {
        let mut bytes = Zeroizing::new(bytes.into());
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
            if bytes.last() == Some(&b'\r') {
                bytes.pop();
            }
        }
        match bytes.len() {
            0 => Err(PassphraseError::Empty),
            n if n > limits::LONGEST_PASSPHRASE_BYTES => Err(PassphraseError::TooLong),
            _ if bytes.iter().any(|byte| matches!(byte, 0 | b'\n' | b'\r')) => Err(PassphraseError::Unusable),
            _ => Ok(Passphrase(bytes)),
        }
    }

    /// The same, for a key that is made now.
    ///
    /// # Errors
    ///
    /// [`PassphraseError`].
    pub fn new_for_new_key(bytes: impl Into<Vec<u8>>) -> Result<Passphrase, PassphraseError> {
        let passphrase = Passphrase::new(bytes)?;
        match passphrase.0.len() < limits::SHORTEST_PASSPHRASE_BYTES {
            true => Err(PassphraseError::TooShort),
            false => Ok(passphrase),
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// Who knows the passphrase of a key file. Asked only if the file is encrypted.
pub trait AskPassphrase {
    /// The passphrase of the key file `path`.
    ///
    /// # Errors
    ///
    /// [`NoPassphrase`]: why there is none; reading the key ends with it.
    fn passphrase(&mut self, path: &Path) -> Result<Passphrase, NoPassphrase>;
}

/// Nobody to ask: encrypted files cannot be opened.
#[derive(Clone, Copy, Debug, Default)]
pub struct NeverAsk;

impl AskPassphrase for NeverAsk {
    fn passphrase(&mut self, _: &Path) -> Result<Passphrase, NoPassphrase> {
        Err(NoPassphrase::new("nobody was asked for it"))
    }
}

impl AskPassphrase for Passphrase {
    fn passphrase(&mut self, _: &Path) -> Result<Passphrase, NoPassphrase> {
        Ok(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_end_is_not_part_of_a_passphrase() {
        for given in ["open sesame", "open sesame\n", "open sesame\r\n"] {
            assert_eq!(Passphrase::new(given).unwrap().as_bytes(), b"open sesame");
        }
        assert_eq!(Passphrase::new("a\n\n"), Err(PassphraseError::Unusable));
        assert_eq!(Passphrase::new("a\0b"), Err(PassphraseError::Unusable));
    }

    #[test]
    fn lengths_are_inclusive() {
        assert_eq!(Passphrase::new(""), Err(PassphraseError::Empty));
        assert_eq!(Passphrase::new("\n"), Err(PassphraseError::Empty));
        assert_eq!(Passphrase::new_for_new_key("four"), Err(PassphraseError::TooShort));
        assert!(Passphrase::new("four").is_ok());
        assert!(Passphrase::new_for_new_key("fives").is_ok());
        assert!(Passphrase::new(vec![b'a'; 1024]).is_ok());
        assert_eq!(Passphrase::new(vec![b'a'; 1025]), Err(PassphraseError::TooLong));
    }

    #[test]
    fn a_passphrase_is_never_printed() {
        assert!(!format!("{:?}", Passphrase::new("secret").unwrap()).contains("secret"));
    }
}
