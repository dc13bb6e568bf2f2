//! Key files: the OpenSSH private keys of publishers, logs and witnesses (`spec/key-files.md`).
//!
//! [`create`] makes one and never overwrites anything; [`read`] reads one, ours or one that `ssh-keygen` made. Whoever
//! calls says where a passphrase comes from ([`AskPassphrase`]).
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod create;
mod error;
pub mod limits;
mod passphrase;
mod public_line;
mod read;

pub use create::{Protection, create, create_from_seed};
pub use error::{CreateError, NoPassphrase, ReadError};
pub use passphrase::{AskPassphrase, NeverAsk, Passphrase, PassphraseError};
pub use public_line::{public_line, ssh_fingerprint};
pub use read::{Key, read};

use std::path::Path;

/// Whether a key file lies in a folder `.ssh`, where login keys live.
///
/// An agent that is forwarded with a login would sign with such a key; callers warn.
pub fn lies_among_login_keys(path: &Path) -> bool {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    whole.parent().is_some_and(|folder| folder.ancestors().any(|part| part.ends_with(".ssh")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_below_the_ssh_folder_lies_among_login_keys() {
        for (path, expected) in [
            ("/home/a/.ssh/id_ed25519", true),
            ("/home/a/.ssh/pinfold/key", true),
            ("/home/a/keys/.ssh", false),
            ("/home/a/my.ssh/key", false),
            ("/home/a/.config/pinfold/key", false),
        ] {
            assert_eq!(lies_among_login_keys(Path::new(path)), expected, "{path}");
        }
    }
}
