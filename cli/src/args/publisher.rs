//! The verbs of publishers.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Form;

const KEY_HELP: &str = "\
Examples:
  pinfold key new                                     make ~/.config/pinfold/key
  pinfold key new release.key --passphrase-env PASS   the passphrase is in PASS
  pinfold key new ci.key --no-passphrase              for CI: not encrypted

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

const DIFF_HELP: &str = "\
Examples:
  pinfold diff demo-1.0.0.pinfold demo-1.0.1.pinfold   two bundles
  pinfold diff demo-1.0.0.pinfold manifest.json        a bundle and a captured manifest

At a terminal every changed word is shown. Elsewhere, and with --json or --sarif, names, classes, places and digests are, never a \
server's words. Nothing is verified: `pinfold verify` does that.";

/// `pinfold diff`.
#[derive(Args, Debug)]
#[command(after_help = DIFF_HELP)]
pub struct DiffArgs {
    /// A manifest or a bundle
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// The one to compare it with
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// Print the differences as a SARIF document on stdout
    #[arg(long, conflicts_with = "json")]
    pub sarif: bool,
    /// How to answer.
    #[command(flatten)]
    pub form: Form,
}

const CAPTURE_HELP: &str = "\
Examples:
  pinfold capture -o manifest.json -- node dist/index.js
  pinfold capture -o manifest.json --env API_KEY -- python -m demo
  pinfold capture -o manifest.json --add-to manifest.json --env API_KEY -- node dist/index.js

Starts the command at least twice and writes down what it says. Name, version and files are read from server.json, \
package.json (`mcpName`) or a wheel; options override them. Nothing is signed. `pinfold publish` does all steps at once.";

/// `pinfold capture`.
#[derive(Args, Debug)]
#[command(after_help = CAPTURE_HELP)]
pub struct CaptureArgs {
    /// What is released.
    #[command(flatten)]
    pub release: ReleaseArgs,
    /// The manifest to write
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub output: PathBuf,
    /// Keep the conditions of this manifest of the same release
    #[arg(long, value_name = "FILE")]
    pub add_to: Option<PathBuf>,
    /// Compare with this manifest or bundle of the release before
    #[arg(long, value_name = "FILE")]
    pub previous: Option<PathBuf>,
    /// The server's command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub command: Vec<OsString>,
    /// How to answer.
    #[command(flatten)]
    pub form: Form,
}

/// What is released.
#[derive(Args, Clone, Debug, Default)]
pub struct ReleaseArgs {
    /// The registry name, such as io.github.acme/weather
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The version
    #[arg(long, value_name = "VERSION")]
    pub version: Option<String>,
    /// A published file: the tarball of `npm pack`, a wheel, anything else by its digest
    #[arg(long, value_name = "FILE")]
    pub artifact: Vec<PathBuf>,
    /// An address at which the server is offered
    #[arg(long, value_name = "URL")]
    pub remote: Vec<String>,
    /// Names of the variables that the server reads
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub env: Vec<String>,
    /// How many tools the server has, where it is fewer than before
    #[arg(long, value_name = "N")]
    pub expect_tools: Option<usize>,
}

/// The log that is published to.
#[derive(Args, Clone, Debug, Default)]
pub struct ToLog {
    /// The log, by its URL, or by the origin of one that you trust
    #[arg(long, value_name = "LOG")]
    pub log: Option<String>,
    /// Take the log's key and its witnesses from this tlog-policy file
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
}

/// The key that signs.
#[derive(Args, Clone, Debug, Default)]
pub struct SigningArgs {
    /// The key file; ~/.config/pinfold/key if it is left out
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Where its passphrase comes from.
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
    /// Sign without asking, for CI
    #[arg(long)]
    pub yes: bool,
}

const SIGN_HELP: &str = "\
Examples:
  pinfold sign manifest.json -o release.entry --log https://log.example
  pinfold sign manifest.json -o release.entry --previous demo-1.0.0.pinfold   no network
  pinfold sign manifest.json -o release.entry --first log.example             the first release

Shows what differs from the release before and asks. The entry is what the log will hold; `pinfold publish --manifest \
FILE --entry FILE` sends it. `pinfold publish` does all steps at once.";

/// `pinfold sign`.
#[derive(Args, Debug)]
#[command(after_help = SIGN_HELP)]
pub struct SignArgs {
    /// The captured manifest
    #[arg(value_name = "MANIFEST")]
    pub manifest: PathBuf,
    /// The signed entry to write
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub output: PathBuf,
    /// The bundle of the release before; then no log is asked
    #[arg(long, value_name = "FILE", conflicts_with_all = ["first", "log", "policy"])]
    pub previous: Option<PathBuf>,
    /// The first release of the first name, in the log of this origin; then no log is asked
    #[arg(long, value_name = "ORIGIN", conflicts_with_all = ["log", "policy"])]
    pub first: Option<String>,
    /// How many tools the release has, where it is fewer than before
    #[arg(long, value_name = "N")]
    pub expect_tools: Option<usize>,
    /// The log.
    #[command(flatten)]
    pub to: ToLog,
    /// The key.
    #[command(flatten)]
    pub signing: SigningArgs,
    /// How to answer.
    #[command(flatten)]
    pub form: Form,
}

const PUBLISH_HELP: &str = "\
Examples:
  pinfold publish --log https://log.example --artifact acme-demo-1.0.1.tgz -- node dist/index.js
  pinfold publish --env API_KEY --artifact dist/demo-1.0.1-py3-none-any.whl -- python -m demo
  pinfold publish --yes --policy log.policy --registry https://registry.example -- node .

Starts the server at least twice, compares what it says with the release before, asks once, signs, submits, and writes \
NAME-VERSION.pinfold: one file that anybody verifies without a network. Name, version and files are read from \
server.json, package.json (`mcpName`) or a wheel. The first release of a namespace claims it with your key. Run again, \
the same release gives the same entry.";

/// `pinfold publish`.
#[derive(Args, Debug)]
#[command(after_help = PUBLISH_HELP)]
pub struct PublishArgs {
    /// What is released.
    #[command(flatten)]
    pub release: ReleaseArgs,
    /// The log.
    #[command(flatten)]
    pub to: ToLog,
    /// The key.
    #[command(flatten)]
    pub signing: SigningArgs,
    /// Publish this captured manifest instead of starting a command
    #[arg(long, value_name = "FILE", conflicts_with_all = ["command", "artifact", "remote", "env", "name", "version", "registry"])]
    pub manifest: Option<PathBuf>,
    /// Send this entry, which `pinfold sign` made, instead of signing
    #[arg(long, value_name = "FILE", requires = "manifest")]
    pub entry: Option<PathBuf>,
    /// Wait until this registry (as npm's, or as PyPI) shows the packages
    #[arg(long, value_name = "URL")]
    pub registry: Option<String>,
    /// Look-ups at the registry, at most
    #[arg(long, value_name = "N", default_value_t = 30, requires = "registry", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub look_ups: u32,
    /// Seconds between two look-ups
    #[arg(long, value_name = "SECONDS", default_value_t = 5, requires = "registry", value_parser = clap::value_parser!(u64).range(0..=600))]
    pub pause: u64,
    /// The bundle to write; NAME-VERSION.pinfold if it is left out
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The server's command and its arguments
    #[arg(last = true, required_unless_present = "manifest", value_name = "CMD")]
    pub command: Vec<OsString>,
    /// How to answer.
    #[command(flatten)]
    pub form: Form,
}

const WITHDRAW_HELP: &str = "\
Examples:
  pinfold withdraw io.github.acme/demo 1.0.1 --reason defective
  pinfold withdraw io.github.acme/demo 1.0.1 --reason compromised --yes --log https://log.example

Reasons: compromised (somebody else made it, or put something into it), vulnerable, defective, mistaken. The release \
stays in the log, and verifies no more under any later head. It cannot be taken back, and the version cannot be used again.";

/// `pinfold withdraw`.
#[derive(Args, Debug)]
#[command(after_help = WITHDRAW_HELP)]
pub struct WithdrawArgs {
    /// The registry name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The version to withdraw
    #[arg(value_name = "VERSION")]
    pub version: String,
    /// Why: compromised, vulnerable, defective or mistaken
    #[arg(long, value_name = "REASON")]
    pub reason: String,
    /// The log.
    #[command(flatten)]
    pub to: ToLog,
    /// The key.
    #[command(flatten)]
    pub signing: SigningArgs,
    /// How to answer.
    #[command(flatten)]
    pub form: Form,
}
