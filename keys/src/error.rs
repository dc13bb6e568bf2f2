//! Why a key file was not read or not made: one variant for one refusal, one line each.

use std::io;
use std::path::PathBuf;

use pinfold_core::text::visible_path;
use thiserror::Error;

use crate::limits;

/// Why a key file cannot be used. Nothing of a refused file is kept.
#[derive(Debug, Error)]
pub enum ReadError {
    /// No such file.
    #[error("there is no key file {}", visible_path(.path))]
    Absent {
        /// The file.
        path: PathBuf,
    },
    /// The system did not let it be read.
    #[error("the key file {} cannot be read: {source}", visible_path(.path))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder, a pipe or a device.
    #[error("{} is not a regular file", visible_path(.path))]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// Others may read or change it.
    #[error("others may read or change the key file {} (mode {mode:04o})", visible_path(.path))]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// More bytes than any key has.
    #[error("{} has more than {} bytes", visible_path(.path), limits::FILE_BYTES)]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The public half of a pair.
    #[error("{} is a public key", visible_path(.path))]
    Public {
        /// The file.
        path: PathBuf,
    },
    /// A private key in another file format: PKCS #8, PEM of OpenSSL, PuTTY, minisign.
    #[error("{} is a private key, but not in OpenSSH's file format", visible_path(.path))]
    OtherFormat {
        /// The file.
        path: PathBuf,
    },
    /// Not a private key at all, or a damaged one.
    #[error("{} is not an OpenSSH private key, or it is damaged", visible_path(.path))]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// A key of another algorithm.
    #[error("{} is a key of type {algorithm}, not ssh-ed25519", visible_path(.path))]
    OtherType {
        /// The file.
        path: PathBuf,
        /// OpenSSH's name of the algorithm, made visible.
        algorithm: String,
    },
    /// Encrypted in a way that is not read here.
    #[error("{} is encrypted with {cipher}, which is not supported", visible_path(.path))]
    OtherCipher {
        /// The file.
        path: PathBuf,
        /// OpenSSH's name of the cipher.
        cipher: String,
    },
    /// So many rounds that opening it would take minutes.
    #[error("{} is encrypted with {rounds} rounds, more than {}", visible_path(.path), limits::READ_ROUNDS)]
    TooManyRounds {
        /// The file.
        path: PathBuf,
        /// The rounds.
        rounds: u32,
    },
    /// The file is encrypted and no passphrase was given.
    #[error("{} is encrypted and there is no passphrase: {why}", visible_path(.path))]
    NoPassphrase {
        /// The file.
        path: PathBuf,
        /// Why there is none.
        why: NoPassphrase,
    },
    /// Not the passphrase of this file.
    #[error("the passphrase of {} is wrong", visible_path(.path))]
    WrongPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// Public and private half do not belong together, or the key is one of the weak ones.
    #[error("the two halves of the key {} do not belong together", visible_path(.path))]
    Inconsistent {
        /// The file.
        path: PathBuf,
    },
}

/// Why nobody gave a passphrase.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct NoPassphrase(String);

impl NoPassphrase {
    /// One line of our own words.
    pub fn new(why: impl Into<String>) -> NoPassphrase {
        NoPassphrase(why.into())
    }
}

/// Why no key file was made. Nothing was left behind.
#[derive(Debug, Error)]
pub enum CreateError {
    /// Something stands there; it was not touched.
    #[error("{} exists already", visible_path(.path))]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The folder is not there.
    #[error("there is no folder {}", visible_path(.folder))]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// The path ends in no file name.
    #[error("{} is not the name of a file", visible_path(.path))]
    NoName {
        /// The path.
        path: PathBuf,
    },
    /// The comment is too long or has a character that shows nothing.
    #[error("a comment has at most {} bytes of printable text on one line", limits::COMMENT_BYTES)]
    Comment,
    /// The system has no randomness.
    #[error("the system gave no random bytes: {0}")]
    Random(getrandom::Error),
    /// Writing failed.
    #[error("the key file {} cannot be written: {source}", visible_path(.path))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The key could not be put into OpenSSH's format.
    #[error("the key could not be written in OpenSSH's format: {0}")]
    Encoding(ssh_key::Error),
}

impl ReadError {
    /// What a person can do about it; one line.
    pub fn hint(&self) -> String {
        match self {
            ReadError::Absent { path } => format!("`pinfold key new {}` makes one", visible_path(path)),
            ReadError::OpenToOthers { path, .. } => format!("`chmod 600 {}`", visible_path(path)),
            ReadError::Public { path } => {
                let text = visible_path(path);
                match text.strip_suffix(".pub") {
                    Some(private) => format!("name the private key, {private}"),
                    None => "name the private key instead".to_owned(),
                }
            }
            ReadError::OtherFormat { path } => {
                format!("if it is an Ed25519 key, `ssh-keygen -p -f {}` may rewrite it", visible_path(path))
            }
            ReadError::OtherType { .. } => {
                "make an Ed25519 key with `pinfold key new` or `ssh-keygen -t ed25519`".to_owned()
            }
            ReadError::OtherCipher { path, .. } | ReadError::TooManyRounds { path, .. } => {
                format!("`ssh-keygen -p -f {}` encrypts it anew", visible_path(path))
            }
            ReadError::NoPassphrase { .. } => {
                "run this at a terminal, or give the passphrase by variable or descriptor".to_owned()
            }
            ReadError::WrongPassphrase { .. } => "nothing was signed; try again".to_owned(),
            ReadError::Malformed { .. } | ReadError::NotAFile { .. } | ReadError::TooLarge { .. } => {
                "name a file that `pinfold key new` or `ssh-keygen -t ed25519` made".to_owned()
            }
            ReadError::Inconsistent { .. } => "restore the key from a backup, or make a new one".to_owned(),
            ReadError::Io { .. } => "look at the file and its folder".to_owned(),
        }
    }
}
