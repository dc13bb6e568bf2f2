//! Making a key file: whole or not at all, for its owner alone, never over something that stands there.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use pinfold_core::hex;
use pinfold_core::signature::SigningKey;
use ssh_key::private::{Ed25519Keypair, Ed25519PrivateKey, KeypairData};
use ssh_key::public::Ed25519PublicKey;
use ssh_key::{Cipher, Kdf, LineEnding, PrivateKey};
use zeroize::Zeroizing;

use crate::error::CreateError;
use crate::limits;
use crate::passphrase::Passphrase;
use crate::read::Key;

/// Whether a new file is encrypted.
#[derive(Clone, Copy, Debug)]
pub enum Protection<'a> {
    /// Whoever reads the file has the key.
    None,
    /// Encrypted as `ssh-keygen` does: bcrypt and AES-256 in counter mode.
    Passphrase(&'a Passphrase),
}

/// Makes a new Ed25519 key from the system's randomness and writes it to `path` with mode 0600.
///
/// `comment` is printed by `ssh-keygen` and by nobody trusted. The folder must be there.
///
/// # Errors
///
/// [`CreateError`]; nothing is left behind then, and what stood at `path` was not touched.
pub fn create(path: &Path, comment: &str, protection: Protection<'_>) -> Result<Key, CreateError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(CreateError::Random)?;
    create_from_seed(path, &seed, comment, protection)
}

/// As [`create`], with a seed that the caller has; for tests and for keys that come from elsewhere.
///
/// # Errors
///
/// [`CreateError`].
pub fn create_from_seed(
    path: &Path,
    seed: &[u8; 32],
    comment: &str,
    protection: Protection<'_>,
) -> Result<Key, CreateError> {
    let printable =
        comment.chars().all(|c| !c.is_control()) && pinfold_core::text::visible(comment) == comment;
    if comment.len() > limits::COMMENT_BYTES || !printable {
        return Err(CreateError::Comment);
    }
    // Said before the slow part; the link below is what guarantees it.
    if path.symlink_metadata().is_ok() {
        return Err(CreateError::Exists { path: path.to_owned() });
    }
    let signing = SigningKey::from_seed(seed);
    let text = encode(&signing, seed, comment, protection)?;
    write_exclusively(path, text.as_bytes())?;
    let encrypted = matches!(protection, Protection::Passphrase(_));
    Ok(Key::new(signing, comment.to_owned(), encrypted))
}

fn encode(
    signing: &SigningKey,
    seed: &[u8; 32],
    comment: &str,
    protection: Protection<'_>,
) -> Result<Zeroizing<String>, CreateError> {
    let pair = Ed25519Keypair {
        public: Ed25519PublicKey(*signing.public_key().as_bytes()),
        private: Ed25519PrivateKey::from_bytes(seed),
    };
    let key = PrivateKey::new(KeypairData::Ed25519(pair), comment).map_err(CreateError::Encoding)?;
    let key = match protection {
        Protection::None => key,
        Protection::Passphrase(passphrase) => {
            let (mut salt, mut check) = ([0; 16], [0; 4]);
            getrandom::fill(&mut salt)
                .and_then(|()| getrandom::fill(&mut check))
                .map_err(CreateError::Random)?;
            let kdf = Kdf::Bcrypt { salt: salt.to_vec(), rounds: limits::WRITTEN_ROUNDS };
            key.encrypt_with(Cipher::Aes256Ctr, kdf, u32::from_be_bytes(check), passphrase.as_bytes())
                .map_err(CreateError::Encoding)?
        }
    };
    key.to_openssh(LineEnding::LF).map_err(CreateError::Encoding)
}

/// Writes and syncs a file beside the final one, then gives it the final name, which must be free.
fn write_exclusively(path: &Path, bytes: &[u8]) -> Result<(), CreateError> {
    let name = path.file_name().ok_or_else(|| CreateError::NoName { path: path.to_owned() })?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(CreateError::NoFolder { folder: folder.to_owned() });
    }
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => CreateError::Exists { path: path.to_owned() },
        _ => CreateError::Io { path: path.to_owned(), source },
    };
    let beside = Beside(folder.join(temporary_name(name)?));
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside.0).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    // A link fails if the name is taken, where a rename would replace.
    fs::hard_link(&beside.0, path).map_err(failed)?;
    drop(beside);
    // The key is whole under its name; a folder that cannot be synced (some network disks) is no failure.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

fn temporary_name(name: &std::ffi::OsStr) -> Result<OsString, CreateError> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(CreateError::Random)?;
    let mut text = OsString::from(".");
    text.push(name);
    text.push(format!(".{}.new", hex::encode(&random)));
    Ok(text)
}

/// The file under its temporary name, which is gone whatever happens.
struct Beside(PathBuf);

impl Drop for Beside {
    fn drop(&mut self) {
        // It may not have been made.
        let _ = fs::remove_file(&self.0);
    }
}
