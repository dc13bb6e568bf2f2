//! Key files: OpenSSH private keys of publishers, logs and witnesses.
