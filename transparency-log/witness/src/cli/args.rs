//! The command line, as people read it in `--help`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

const AFTER_HELP: &str = "\
A witness on this machine, in two commands:
  pinfold-witness init --dir /var/lib/pinfold-witness --name witness.example/w1
  pinfold-witness serve --dir /var/lib/pinfold-witness --listen 127.0.0.1:8090 --log VKEY

VKEY is the verifier key of a log, as its operator gives it (name+id+base64). `init` prints the witness's own one, \
which goes into the policies of those who rely on it. `init` makes the key and the database, once; `serve` makes \
neither: where they are missing, something is wrong, and it says so.

Exit status: 0 done, 1 refused, 2 usage, 3 could not be determined.";

/// A witness: cosigns the heads of logs that only grow.
#[derive(Debug, Parser)]
#[command(name = "pinfold-witness", version, after_help = AFTER_HELP, max_term_width = 110)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub(super) struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
}

/// The verbs. One that is not here does not exist.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a new witness: its key and its database, once
    Init(InitArgs),
    /// Take heads of logs over HTTP and cosign them
    Serve(ServeArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

const INIT_HELP: &str = "\
Example:
  pinfold-witness init --dir /var/lib/pinfold-witness --name witness.example/w1

The name stands in every cosignature; a host name that is yours, with a path if you run several, keeps it apart from \
others. The key is an OpenSSH private key file. Never give it to a second witness: two witnesses with one key can be \
shown two histories.";

/// `pinfold-witness init`.
#[derive(Args, Debug)]
#[command(after_help = INIT_HELP)]
pub(super) struct InitArgs {
    /// The witness's folder; made if it does not exist
    #[arg(long, value_name = "DIR")]
    pub(super) dir: PathBuf,
    /// The witness's name, without white space and plus signs
    #[arg(long, value_name = "NAME")]
    pub(super) name: String,
    /// Print one JSON document on stdout, also on failure
    #[arg(long)]
    pub(super) json: bool,
}

const SERVE_HELP: &str = "\
Examples:
  pinfold-witness serve --dir /var/lib/pinfold-witness --listen 127.0.0.1:8090 --log VKEY --log VKEY
  pinfold-witness serve --dir /var/lib/pinfold-witness --listen 127.0.0.1:8090 --logs logs.txt

A file of logs has one verifier key a line; empty lines and lines that begin with # say nothing. What is known of a \
log stays when it is left out, and counts again when it comes back.

The last-signed record is what keeps an old copy of the database from cosigning a second history. Leave it out of \
every backup. When the database was put back from a backup on purpose and you know that no newer one exists, \
--new-record says so; it is asked for once and then refused.

Before the first answer leaves, point the logs at http://ADDRESS:PORT; put a proxy with TLS in front where others \
reach it. SIGTERM ends it after the answers in hand.";

/// `pinfold-witness serve`.
#[derive(Args, Debug)]
#[command(after_help = SERVE_HELP)]
pub(super) struct ServeArgs {
    /// The witness's folder, made by `pinfold-witness init`
    #[arg(long, value_name = "DIR")]
    pub(super) dir: PathBuf,
    /// Address and port to listen on; port 0 takes a free one and prints it
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(super) listen: SocketAddr,
    /// The verifier key of a log to cosign for; may be given several times
    #[arg(long = "log", value_name = "VKEY")]
    pub(super) logs: Vec<String>,
    /// A file with verifier keys of logs, one a line
    #[arg(long = "logs", value_name = "FILE")]
    pub(super) logs_file: Option<PathBuf>,
    /// The last-signed record [default: ~/.local/state/pinfold-witness/<key id>.last]
    #[arg(long, value_name = "FILE")]
    pub(super) last_signed: Option<PathBuf>,
    /// Make a new last-signed record: you state that no newer database of this witness exists
    #[arg(long)]
    pub(super) new_record: bool,
}

/// `pinfold-witness completions`.
#[derive(Args, Debug)]
pub(super) struct CompletionsArgs {
    /// The shell
    pub(super) shell: Shell,
}
