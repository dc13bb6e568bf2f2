//! The command line, as people read it in `--help`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

const AFTER_HELP: &str = "\
A log on this machine, in two commands:
  pinfold-log init --dir /var/lib/pinfold-log --origin log.example --url https://log.example
  pinfold-log serve --dir /var/lib/pinfold-log --listen 127.0.0.1:8080

`init` makes the key and the database, once, and prints the verifier key and a policy that publishers and users can \
be given. `serve` makes neither: where they are missing, something is wrong, and it says so.

Exit status: 0 done, 1 refused or a check failed, 2 usage, 3 could not be determined.";

/// A transparency log for signed MCP server releases.
#[derive(Debug, Parser)]
#[command(name = "pinfold-log", version, after_help = AFTER_HELP, max_term_width = 110)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub(crate) struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The verbs. One that is not here does not exist.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a new log: its key and its database, once
    Init(InitArgs),
    /// Serve a log over HTTP: take submissions, publish heads
    Serve(ServeArgs),
    /// Re-derive everything in a log from its entries, and say whether it adds up
    Check(CheckArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

const INIT_HELP: &str = "\
Example:
  pinfold-log init --dir /var/lib/pinfold-log --origin log.example --url https://log.example

The origin is the log's name for ever: a bare host name, signed into every head. The key is an OpenSSH private key \
file; back it up apart from the database. The last-signed record is what keeps an old backup from signing a second \
history: leave it out of every backup.";

/// `pinfold-log init`.
#[derive(Args, Debug)]
#[command(after_help = INIT_HELP)]
pub(crate) struct InitArgs {
    /// The log's folder; made if it does not exist
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// The log's name: a host name without port and path
    #[arg(long, value_name = "NAME")]
    pub(crate) origin: String,
    /// Where the log will be reached; stands in the policy that is printed
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// The last-signed record [default: ~/.local/state/pinfold-log/<origin>.last]
    #[arg(long, value_name = "FILE")]
    pub(crate) last_signed: Option<PathBuf>,
    /// Make a log without rules, for testing other tools of the tlog-tiles world
    #[arg(long)]
    pub(crate) test: bool,
    /// Print one JSON document on stdout, also on failure
    #[arg(long)]
    pub(crate) json: bool,
}

const SERVE_HELP: &str = "\
Examples:
  pinfold-log serve --dir /var/lib/pinfold-log --listen 127.0.0.1:8080
  pinfold-log serve --dir /var/lib/pinfold-log --listen 127.0.0.1:8080 --witness-policy witnesses.policy

A witness policy is a C2SP tlog-policy file: one `log` line with this log's verifier key, a `witness` line with a URL \
for each witness, and a `quorum`. No head is published without the quorum. Without a policy the quorum is none, and \
nobody can tell how old a head is.

SIGTERM finishes the batch in hand. A start after a crash is an ordinary start.";

/// `pinfold-log serve`.
#[derive(Args, Debug)]
#[command(after_help = SERVE_HELP)]
pub(crate) struct ServeArgs {
    /// The log's folder, made by `pinfold-log init`
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: SocketAddr,
    /// Witnesses and quorum, as a tlog-policy file
    #[arg(long, value_name = "FILE")]
    pub(crate) witness_policy: Option<PathBuf>,
    /// Do without this witness when the start waits for answers; said at every start
    #[arg(long, value_name = "NAME")]
    pub(crate) without_witness: Vec<String>,
    /// The last-signed record [default: ~/.local/state/pinfold-log/<origin>.last]
    #[arg(long, value_name = "FILE")]
    pub(crate) last_signed: Option<PathBuf>,
    /// How long an idle head goes without new cosignatures
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) rewitness: u64,
    /// Take raw entries at POST /add without any rules; only for a log made by `init --test`, only on loopback
    #[arg(long)]
    pub(crate) test_add: bool,
}

const CHECK_HELP: &str = "\
Example:
  pinfold-log check --dir /var/lib/pinfold-log

Reads every entry and derives everything else again: tree, tiles, rules of names, index, heads, published notes, \
manifests. Changes nothing; may run beside `serve`. It ends in one sentence: exit 0 if all adds up, 1 if something \
does not, 3 if it could not be read.";

/// `pinfold-log check`.
#[derive(Args, Debug)]
#[command(after_help = CHECK_HELP)]
pub(crate) struct CheckArgs {
    /// The log's folder
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Print one JSON document on stdout, also on failure
    #[arg(long)]
    pub(crate) json: bool,
}

/// `pinfold-log completions`.
#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: Shell,
}
