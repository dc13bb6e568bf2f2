//! The verbs of publishers.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Form;

const KEY_HELP: &str = "\
Examples:
  pinfold key new                                     make ~/.config/pinfold/key, ask for a passphrase
  pinfold key new release.key --passphrase-env PASS   read the passphrase from the variable PASS
  pinfold key new ci.key --no-passphrase              for CI, where the secret store protects the file

The file is an OpenSSH private key (Ed25519): `ssh-keygen -y -f FILE` prints its public half, `ssh-keygen -p -f FILE` \
changes its passphrase. Whoever has file and passphrase can publish in your name. Without it you cannot: keep a copy.";

/// `pinfold key`.
#[derive(Args, Debug)]
#[command(after_help = KEY_HELP, arg_required_else_help = true, disable_help_subcommand = true)]
pub struct KeyArgs {
    /// What to do with keys.
    #[command(subcommand)]
    pub command: KeyCommand,
}

/// The verbs of `pinfold key`.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a signing key; nothing is ever overwritten
    New(KeyNewArgs),
}

/// `pinfold key new`.
#[derive(Args, Debug)]
#[command(after_help = KEY_HELP)]
pub struct KeyNewArgs {
    /// The file to make; ~/.config/pinfold/key if it is left out
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// A comment inside the file, for people
    #[arg(long, value_name = "TEXT", default_value = "pinfold")]
    pub comment: String,
    /// Do not encrypt the file
    #[arg(long, conflicts_with_all = ["passphrase_env", "passphrase_fd"])]
    pub no_passphrase: bool,
    /// Where the passphrase comes from.
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
    /// How to answer.
    #[command(flatten)]
    pub form: Form,
}

/// Where a passphrase comes from; without either, it is asked for at the terminal.
#[derive(Args, Clone, Debug, Default)]
pub struct PassphraseArgs {
    /// Read the key's passphrase from this variable
    #[arg(long, value_name = "NAME", conflicts_with = "passphrase_fd")]
    pub passphrase_env: Option<String>,
    /// Read the key's passphrase from this file descriptor (0 is standard input)
    #[arg(long, value_name = "N")]
    pub passphrase_fd: Option<u32>,
}
