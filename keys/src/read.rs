//! Reading a key file: bytes under limits, then OpenSSH's format, then the passphrase, then the two halves.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use pinfold_core::signature::SigningKey;
use pinfold_core::text::visible;
use ssh_key::private::KeypairData;
use ssh_key::{Algorithm, Cipher, Kdf, PrivateKey};
use zeroize::Zeroizing;

use crate::error::ReadError;
use crate::limits;
use crate::passphrase::AskPassphrase;

/// A key that can sign, as it stood in its file.
#[derive(Debug)]
pub struct Key {
    signing: SigningKey,
    comment: String,
    encrypted: bool,
}

impl Key {
    pub(crate) fn new(signing: SigningKey, comment: String, encrypted: bool) -> Key {
        Key { signing, comment, encrypted }
    }

    /// The key.
    pub fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// The key, without the rest.
    pub fn into_signing(self) -> SigningKey {
        self.signing
    }

    /// The comment of the file; foreign text, to be made visible before it is printed.
    pub fn comment(&self) -> &str {
        &self.comment
    }

    /// Whether the file is encrypted by a passphrase.
    pub fn is_encrypted(&self) -> bool {
        self.encrypted
    }
}

/// Reads an Ed25519 key from an OpenSSH private key file, and asks for a passphrase if the file has one.
///
/// # Errors
///
/// [`ReadError`]: one variant for one refusal. Not checked: who owns the file and its folder.
pub fn read(path: &Path, ask: &mut dyn AskPassphrase) -> Result<Key, ReadError> {
    let bytes = read_bytes(path)?;
    let parsed = parse(path, &bytes)?;
    let encrypted = parsed.is_encrypted();
    let opened = if encrypted { decrypt(path, &parsed, ask)? } else { parsed };
    let KeypairData::Ed25519(pair) = opened.key_data() else {
        return Err(other_type(path, &opened.algorithm()));
    };
    let seed = Zeroizing::new(pair.private.to_bytes());
    let signing = SigningKey::from_seed(&seed);
    let inconsistent = || ReadError::Inconsistent { path: path.to_owned() };
    // Signing with a public half that is another's gives the private half away.
    let outer = opened.public_key().key_data().ed25519().ok_or_else(inconsistent)?;
    let derived = signing.public_key();
    if derived.as_bytes() != &pair.public.0 || derived.as_bytes() != &outer.0 {
        return Err(inconsistent());
    }
    Ok(Key::new(signing, opened.comment().to_owned(), encrypted))
}

fn read_bytes(path: &Path) -> Result<Zeroizing<Vec<u8>>, ReadError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => ReadError::Absent { path: path.to_owned() },
        _ => ReadError::Io { path: path.to_owned(), source },
    };
    // A pipe without a writer must not make us wait.
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::CLOEXEC | rustix::fs::OFlags::NOCTTY;
    let file =
        OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if !about.is_file() {
        return Err(ReadError::NotAFile { path: path.to_owned() });
    }
    let bytes = read_limited(&file, limits::FILE_BYTES).map_err(failed)?;
    let bytes = bytes.ok_or_else(|| ReadError::TooLarge { path: path.to_owned() })?;
    let mode = about.mode() & 0o7777;
    // A public key may be read by all, and is better told what it is.
    if mode & 0o077 != 0 && !is_public(&bytes) {
        return Err(ReadError::OpenToOthers { path: path.to_owned(), mode });
    }
    Ok(bytes)
}

/// All bytes, or `None` if there are more than `limit`.
fn read_limited(file: &File, limit: usize) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    // Allocated once, so that no copy of the key stays behind when it grows.
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit + 1));
    file.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= limit).then_some(bytes))
}

fn parse(path: &Path, bytes: &[u8]) -> Result<PrivateKey, ReadError> {
    let path = || path.to_owned();
    if is_public(bytes) {
        return Err(ReadError::Public { path: path() });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ReadError::Malformed { path: path() })?;
    if !text.contains("-----BEGIN OPENSSH PRIVATE KEY-----") {
        const OTHERS: [&str; 4] =
            ["PRIVATE KEY-----", "PuTTY-User-Key-File", "untrusted comment: ", "SSH PRIVATE KEY FILE FORMAT"];
        return Err(match OTHERS.iter().any(|sign| text.contains(sign)) {
            true => ReadError::OtherFormat { path: path() },
            false => ReadError::Malformed { path: path() },
        });
    }
    let key = PrivateKey::from_openssh(text).map_err(|error| match error {
        ssh_key::Error::PublicKey => ReadError::Inconsistent { path: path() },
        // Algorithms that the reader of the format was built without.
        ssh_key::Error::AlgorithmUnknown => {
            ReadError::OtherType { path: path(), algorithm: "unknown here".to_owned() }
        }
        _ => ReadError::Malformed { path: path() },
    })?;
    let algorithm = key.public_key().algorithm();
    if algorithm != Algorithm::Ed25519 {
        return Err(other_type(&path(), &algorithm));
    }
    Ok(key)
}

fn decrypt(path: &Path, key: &PrivateKey, ask: &mut dyn AskPassphrase) -> Result<PrivateKey, ReadError> {
    let path = || path.to_owned();
    match key.kdf() {
        Kdf::Bcrypt { rounds, .. } if *rounds > limits::READ_ROUNDS => {
            return Err(ReadError::TooManyRounds { path: path(), rounds: *rounds });
        }
        Kdf::Bcrypt { .. } => {}
        _ => return Err(ReadError::Malformed { path: path() }),
    }
    if key.cipher() == Cipher::TDesCbc {
        return Err(ReadError::OtherCipher { path: path(), cipher: key.cipher().to_string() });
    }
    let passphrase = ask.passphrase(&path()).map_err(|why| ReadError::NoPassphrase { path: path(), why })?;
    // Two equal random numbers, or an authentication tag, tell the right key; all else is the wrong one.
    key.decrypt(passphrase.as_bytes()).map_err(|error| match error {
        ssh_key::Error::PublicKey => ReadError::Inconsistent { path: path() },
        _ => ReadError::WrongPassphrase { path: path() },
    })
}

fn other_type(path: &Path, algorithm: &Algorithm) -> ReadError {
    ReadError::OtherType { path: path.to_owned(), algorithm: visible(algorithm.as_str()) }
}

/// One line `ssh-… AAAA…`, or a PEM that says so.
fn is_public(bytes: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 6] = [
        b"ssh-",
        b"ecdsa-sha2-",
        b"sk-ssh-",
        b"sk-ecdsa-",
        b"-----BEGIN PUBLIC KEY-----",
        b"---- BEGIN SSH2 PUBLIC KEY ----",
    ];
    BEGINNINGS.iter().any(|beginning| bytes.starts_with(beginning))
}
