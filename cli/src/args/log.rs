//! `pinfold log`, as people read it in `--help`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Form;

const LOG_HELP: &str = "\
Examples:
  pinfold log info                              the head of the log that you trust
  pinfold log lookup io.github.acme/files       the newest release of a name, with proof
  pinfold log history io.github.acme/files      every release and withdrawal of a name, with proof
  pinfold log show 7                            one entry
  pinfold log consistency 9 23                  that the tree of 23 entries continues that of 9
  pinfold log audit https://log.example         replay the whole log

Every proof is checked and said. Which log is asked: the only one of ~/.config/pinfold/trust.toml, or the one that \
--log names, by its origin or its URL. Its key and its witnesses come from that file, or from --policy FILE; of a log \
that neither knows, its own word is taken and called so.";

/// `pinfold log`.
#[derive(Args, Debug)]
#[command(after_help = LOG_HELP, arg_required_else_help = true, disable_help_subcommand = true)]
pub struct LogArgs {
    /// Which question about a log.
    #[command(subcommand)]
    pub command: LogCommand,
}

/// The verbs of `pinfold log`.
#[derive(Debug, Subcommand)]
pub enum LogCommand {
    /// Say what the published head is, who signed it, and how old it is
    Info(WhichLog),
    /// Say what is the newest release of a name, or that there is none, with proof
    Lookup {
        /// The name in the registry, such as io.github.acme/files
        #[arg(value_name = "NAME")]
        name: String,
        /// The log.
        #[command(flatten)]
        which: WhichLog,
    },
    /// List every release and withdrawal of a name, with proof that none is missing
    History {
        /// The name in the registry, such as io.github.acme/files
        #[arg(value_name = "NAME")]
        name: String,
        /// The log.
        #[command(flatten)]
        which: WhichLog,
    },
    /// Show one entry, with proof that it is in the log
    Show {
        /// The entry's index, counted from 0
        #[arg(value_name = "INDEX")]
        index: u64,
        /// The log.
        #[command(flatten)]
        which: WhichLog,
    },
    /// Check that one state of the log continues another: sizes, or files with checkpoints
    Consistency {
        /// The older state: a number of entries, or a file with a checkpoint
        #[arg(value_name = "OLD")]
        old: String,
        /// The newer state: a number of entries, or a file with a checkpoint
        #[arg(value_name = "NEW")]
        new: String,
        /// The log.
        #[command(flatten)]
        which: WhichLog,
    },
    /// Replay the whole log: entries, tiles, index, signatures, the rules of names
    Audit(AuditArgs),
}

/// Which log is asked, and by whose word it is judged.
#[derive(Args, Clone, Debug, Default)]
pub struct WhichLog {
    /// The log, by its origin or its URL
    #[arg(long, value_name = "LOG")]
    pub log: Option<String>,
    /// Take the log's key and its witnesses from this tlog-policy file
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// How to answer.
    #[command(flatten)]
    pub form: Form,
}

const AUDIT_HELP: &str = "\
Examples:
  pinfold log audit https://log.example
  pinfold log audit https://log.example --policy log.policy
  pinfold log audit https://log.example --state /var/lib/audit/log.example

What was replayed is kept, so that the next audit goes on from there; an interrupted one loses nothing. The exit \
status is 0 if everything holds, 1 if the log broke a rule, 3 if it could not be determined.";

/// `pinfold log audit`.
#[derive(Args, Debug)]
#[command(after_help = AUDIT_HELP)]
pub struct AuditArgs {
    /// The URL of the log
    #[arg(value_name = "URL")]
    pub url: String,
    /// Take the log's key and its witnesses from this tlog-policy file
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Where to keep what was replayed; by default below ~/.local/state/pinfold
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// How to answer.
    #[command(flatten)]
    pub form: Form,
}
