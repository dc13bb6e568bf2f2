//! The public half as OpenSSH writes it, for people who compare keys with `ssh-keygen`.

use pinfold_core::signature::PublicKey;
use ssh_key::HashAlg;
use ssh_key::public::{Ed25519PublicKey, KeyData};

/// `ssh-ed25519 AAAA…`, as `ssh-keygen -y` prints it, without comment.
pub fn public_line(key: &PublicKey) -> String {
    let key = ssh_key::PublicKey::from(data(key));
    key.to_openssh().expect("an Ed25519 key has an OpenSSH form")
}

/// `SHA256:…`, as `ssh-keygen -l` prints it. It is not the key id of the log's formats.
pub fn ssh_fingerprint(key: &PublicKey) -> String {
    data(key).fingerprint(HashAlg::Sha256).to_string()
}

fn data(key: &PublicKey) -> KeyData {
    KeyData::Ed25519(Ed25519PublicKey(*key.as_bytes()))
}
