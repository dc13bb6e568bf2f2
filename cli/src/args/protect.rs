//! The command lines of `protect` and `unprotect`.

use clap::Args;

use super::Form;

const PROTECT_HELP: &str = "\
Examples:
  pinfold protect --dry-run        say what would become of every server; start nothing, write nothing
  pinfold protect                  all clients, one page, one question
  pinfold protect claude-code      one client
  pinfold protect --project        also the files of the project in this folder, which are often committed

Each server of your own files is started twice, with the variables and folder of its entry, to hear what it says today. \
Then one page shows all of them, what stays unprotected and why, and asks once. Typing the short text under it approves \
these commands and these words; `e` shows every word first; `n` leaves everything as it was. Switched off entries, \
entries that the client fills in, and those of a project are put behind the gate without a start.

Entries keep their names, variables and flags. Each changed file keeps a backup, and a second run changes nothing. It \
works only at a terminal that no agent started; elsewhere, and with --json, it prints names and reasons and starts \
nothing.

Clients: claude-code claude-desktop cursor vscode windsurf zed cline roo gemini codex opencode goose continue \
lm-studio kiro junie jetbrains copilot";

/// `pinfold protect`.
#[derive(Args, Debug)]
#[command(after_help = PROTECT_HELP)]
pub struct ProtectArgs {
    /// Which files.
    #[command(flatten)]
    pub which: WhichFiles,
}

const UNPROTECT_HELP: &str = "\
Examples:
  pinfold unprotect --dry-run      say which entries would be put back
  pinfold unprotect                all clients
  pinfold unprotect cursor         one client

What was approved stays in the store: `pinfold protect` finds it again. Nothing is needed but the files themselves, so \
it works when the store is lost. Each changed file keeps a backup.";

/// `pinfold unprotect`.
#[derive(Args, Debug)]
#[command(after_help = UNPROTECT_HELP)]
pub struct UnprotectArgs {
    /// Which files.
    #[command(flatten)]
    pub which: WhichFiles,
}

/// What `protect` and `unprotect` look at, and how they answer.
#[derive(Args, Debug)]
pub struct WhichFiles {
    /// Only these clients; without any, all
    #[arg(value_name = "CLIENT")]
    pub clients: Vec<String>,
    /// Say what would be done; start nothing and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Also the clients' files in this folder, which others of the project may read too
    #[arg(long)]
    pub project: bool,
    /// How to answer.
    #[command(flatten)]
    pub form: Form,
}
