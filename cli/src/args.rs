//! The command line, as people read it in `--help`.

mod log;
mod protect;
mod publisher;
mod verify;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

pub use log::{AuditArgs, LogArgs, LogCommand, WhichLog};
pub use protect::{ProtectArgs, UnprotectArgs};
pub use publisher::{
    CaptureArgs, DiffArgs, KeyArgs, KeyCommand, KeyNewArgs, PassphraseArgs, PublishArgs, ReleaseArgs,
    SignArgs, SigningArgs, ToLog, WithdrawArgs,
};
pub use verify::VerifyArgs;

const AFTER_HELP: &str = "\
First use:
  pinfold protect --dry-run    lists the servers of your MCP clients and what would become of them
  pinfold protect              hears what they say today, shows one page, and asks once
After that the same words pass by themselves. Whatever changed is held until you look at it:
  pinfold review LABEL
`pinfold unprotect` puts every configuration back.

A release of your own server:
  pinfold key new
  pinfold publish --log URL --artifact FILE -- CMD...
A release in one file:
  pinfold verify FILE.pinfold                      judges it with no network, step by step
  pinfold policy trust FILE.pinfold --log POLICY   shows who published it, and asks whether you trust them

Exit status: 0 done, 1 refused or held, 2 usage, 3 could not be determined, 4 waits for a person.";

/// Runs MCP servers behind a gate that lets only approved words through.
#[derive(Debug, Parser)]
#[command(name = "pinfold", version, after_help = AFTER_HELP, max_term_width = 110)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs. One that is not here does not exist.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a server behind the gate (this is what a client's configuration starts)
    Run(RunArgs),
    /// Put every server of your MCP clients behind the gate, with one question
    Protect(ProtectArgs),
    /// Take the gate out of your clients' configurations again, byte for byte
    Unprotect(UnprotectArgs),
    /// Show what waits for you, and decide about it at this terminal
    Review(ReviewArgs),
    /// Say what is approved, what is held, and why
    Status(StatusArgs),
    /// Find what is unprotected, broken or risky in your clients' files, and what mends it
    Doctor(DoctorArgs),
    /// Write what is approved into a file for teams and CI
    Lock(LockArgs),
    /// Check and explain your policy file, and say whom you trust
    Policy(PolicyArgs),
    /// Sign a release of a server, log it, and write one file that anybody can verify
    Publish(PublishArgs),
    /// Sign a captured manifest (a step of publishing)
    Sign(SignArgs),
    /// Take a release back, in the log
    Withdraw(WithdrawArgs),
    /// Write down what a server says, without signing it (a step of publishing)
    Capture(CaptureArgs),
    /// Compare two releases
    Diff(DiffArgs),
    /// Make a signing key
    Key(KeyArgs),
    /// Judge a release from its one file, with no network
    Verify(VerifyArgs),
    /// Ask a transparency log, and check each proof
    Log(LogArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

impl Command {
    /// The names after `--env`; whether they are names is not checked.
    pub fn declared_names(&self) -> &[String] {
        match self {
            Command::Run(args) => &args.env,
            Command::Review(args) => &args.env,
            Command::Verify(args) => &args.env,
            Command::Capture(args) => &args.release.env,
            Command::Publish(args) => &args.release.env,
            _ => &[],
        }
    }
}

/// How a command answers.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Form {
    /// Print one JSON document on stdout, also on failure
    #[arg(long)]
    pub json: bool,
}

const RUN_HELP: &str = "\
Examples:
  pinfold run --as files -- npx -y @modelcontextprotocol/server-filesystem /home/me/docs
  pinfold run --as github --env GITHUB_TOKEN,GITHUB_HOST -- github-mcp-server stdio

The standard streams are the conversation with the client. A server that nobody approved is not started, and one \
whose words or command changed is held; `pinfold review LABEL` shows why. No option and no variable approves \
anything.";

const LOCK_HELP: &str = "\
Examples:
  pinfold lock                        all servers that are approved, to ./pinfold.lock
  pinfold lock files web -o ci.lock   two of them

`pinfold run --locked[=FILE] ...` serves exactly the tools that a lock names. A lock approves only where the user's own \
policy names its digest:
  [locks]
  sha256 = [\"...\"]
The file holds digests, names and launches, no secrets, no values of variables, no resolved paths.";

/// `pinfold lock`.
#[derive(Args, Debug)]
#[command(after_help = LOCK_HELP)]
pub struct LockArgs {
    /// Labels to lock; without one, all that are approved
    #[arg(value_name = "LABEL")]
    pub labels: Vec<String>,
    /// The file to write
    #[arg(short, long, value_name = "FILE", default_value = "pinfold.lock")]
    pub output: PathBuf,
    /// How to answer
    #[command(flatten)]
    pub form: Form,
}

/// `pinfold run`.
#[derive(Args, Debug)]
#[command(after_help = RUN_HELP)]
pub struct RunArgs {
    /// The local name of the server; its approvals belong to this name
    #[arg(long = "as", value_name = "LABEL")]
    pub label: String,
    /// Names of the variables that the client's entry sets for this server
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub env: Vec<String>,
    /// Serve exactly what a lock says, and nothing that only the store approves
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "pinfold.lock"
    )]
    pub locked: Option<PathBuf>,
    /// The server's command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

const REVIEW_HELP: &str = "\
Examples:
  pinfold review                    list what waits
  pinfold review files              show and decide what waits for `files`
  pinfold review files --sarif      what waits, for a program that collects findings
  pinfold review files -- ./server  start this command here and now, and decide
  pinfold review files --bundle files-1.2.0.pinfold   a publisher's release says whose the words are
  pinfold review files --name io.github.acme/files    the same, out of the log that you trust for it
  pinfold review files --unseen     what a published update adds and your policy keeps out without a question
  pinfold review --store            look at a store that does not match its marker

Approving means typing the short text that is printed under what was shown; `n` refuses. It works only at a \
terminal that no agent started. Elsewhere, and with --json, the command prints names, reasons and digests, never a \
server's words, and decides nothing.";

/// `pinfold review`.
#[derive(Args, Debug)]
#[command(after_help = REVIEW_HELP)]
pub struct ReviewArgs {
    /// The server to decide about; without it, what waits is listed
    #[arg(value_name = "LABEL")]
    pub label: Option<String>,
    /// Let a publisher's release answer whose the words are: this file, as `pinfold publish` wrote it
    #[arg(long, value_name = "FILE", requires = "label")]
    pub bundle: Option<PathBuf>,
    /// The registry name of the server: the release must have it, and without a file its log is asked
    #[arg(long, value_name = "NAME", requires = "label")]
    pub name: Option<String>,
    /// Show and ask about what a published update adds and the policy keeps out without a question
    #[arg(long, requires = "label")]
    pub unseen: bool,
    /// Look at a store that fails its check, and accept it or not
    #[arg(long, conflicts_with_all = ["label", "command", "env", "bundle", "name", "unseen"])]
    pub store: bool,
    /// Print what waits as a SARIF document on stdout, and ask nothing
    #[arg(long, requires = "label", conflicts_with_all = ["json", "command", "store", "bundle", "name", "unseen"])]
    pub sarif: bool,
    /// With CMD: names of the variables that the client's entry sets for this server
    #[arg(long, value_name = "NAME", value_delimiter = ',', requires = "command")]
    pub env: Vec<String>,
    /// Start this command now with this terminal's environment and folder
    #[arg(last = true, value_name = "CMD", requires = "label")]
    pub command: Vec<OsString>,
    /// How to answer.
    #[command(flatten)]
    pub form: Form,
}

const STATUS_HELP: &str = "\
Examples:
  pinfold status                  all servers, one line each
  pinfold status files            one server: launch, held and missing objects, each with its reason
  pinfold status files read_file  one tool: why it passes or is held, since when
  pinfold status --history        what was decided, newest last
  pinfold status --live           start each approved server anew and compare (for cron and CI)
  pinfold status --follow         a JSON line whenever something changes, until it is ended

The exit status is 1 while something is held.";

/// `pinfold status`.
#[derive(Args, Debug)]
#[command(after_help = STATUS_HELP)]
pub struct StatusArgs {
    /// One server
    #[arg(value_name = "LABEL")]
    pub label: Option<String>,
    /// One tool, prompt or template of that server
    #[arg(value_name = "TOOL", requires = "label")]
    pub tool: Option<String>,
    /// What was decided, of all servers or of one
    #[arg(long, conflicts_with = "tool")]
    pub history: bool,
    /// Start every approved server anew, and compare what it says with what was approved
    #[arg(long, conflicts_with_all = ["tool", "history", "follow"])]
    pub live: bool,
    /// Print a JSON line for each server, and another one whenever something of it changes, until it is ended
    #[arg(long, conflicts_with_all = ["tool", "history"])]
    pub follow: bool,
    /// How to answer.
    #[command(flatten)]
    pub form: Form,
}

const DOCTOR_HELP: &str = "\
Examples:
  pinfold doctor          everything that is found, each with what mends it
  pinfold doctor --fix    mend what needs no question: rights of files, our own copy of the program, old notes
  pinfold doctor --json   the same for a program

It reads the files of all known clients, starts nothing, and prints no value and no word of a server. The exit status \
is 1 while a problem is left; warnings and notes do not count.";

/// `pinfold doctor`.
#[derive(Args, Debug)]
#[command(after_help = DOCTOR_HELP)]
pub struct DoctorArgs {
    /// Mend what can be mended without a question; nothing of it approves anything
    #[arg(long)]
    pub fix: bool,
    /// How to answer.
    #[command(flatten)]
    pub form: Form,
}

const POLICY_HELP: &str = "\
Examples:
  pinfold policy check                     check your own policy file
  pinfold policy check draft.toml          check another file
  pinfold policy explain                   what is in force, for every server
  pinfold policy explain files             what is in force for `files`
  pinfold policy allow mail send --for 10m let `send`, which your policy wants confirmed, be called
  pinfold policy trust files-1.2.0.pinfold trust the publisher of a release

Your policy is ~/.config/pinfold/policy.toml, whom you trust stands in trust.toml beside it. Without one, the defaults that `explain` prints are in force.";

/// `pinfold policy`.
#[derive(Args, Debug)]
#[command(after_help = POLICY_HELP, arg_required_else_help = true, disable_help_subcommand = true)]
pub struct PolicyArgs {
    /// Which question about the policy.
    #[command(subcommand)]
    pub command: PolicyCommand,
}

/// The verbs of `pinfold policy`.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Say whether a policy file is valid, with line and column of the first fault
    Check {
        /// The file; yours if it is left out
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// How to answer.
        #[command(flatten)]
        form: Form,
    },
    /// Show who published a release, and trust that publisher at this terminal
    Trust {
        /// A release of the publisher
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The tlog-policy of its log, if that log is not trusted yet: its key and its witnesses
        #[arg(long, value_name = "POLICY")]
        log: Option<PathBuf>,
        /// How to answer.
        #[command(flatten)]
        form: Form,
    },
    /// Let a tool that your policy wants confirmed be called for a while, at this terminal
    Allow {
        /// The server
        #[arg(value_name = "LABEL")]
        label: String,
        /// Its tool
        #[arg(value_name = "TOOL")]
        tool: String,
        /// For how long: 90s, 10m, 2h; a day at most
        #[arg(long = "for", value_name = "TIME", value_parser = crate::commands::policy::allow::seconds_of)]
        seconds: u64,
        /// How to answer.
        #[command(flatten)]
        form: Form,
    },
    /// Say what is in force, and whether a file or a default says so
    Explain {
        /// One server
        #[arg(value_name = "LABEL")]
        label: Option<String>,
        /// How to answer.
        #[command(flatten)]
        form: Form,
    },
}

const COMPLETIONS_HELP: &str = "\
Examples:
  pinfold completions bash > ~/.local/share/bash-completion/completions/pinfold
  pinfold completions zsh > ~/.zfunc/_pinfold
  pinfold completions fish > ~/.config/fish/completions/pinfold.fish";

/// `pinfold completions`.
#[derive(Args, Debug)]
#[command(after_help = COMPLETIONS_HELP)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
    /// How to answer.
    #[command(flatten)]
    pub form: Form,
}
