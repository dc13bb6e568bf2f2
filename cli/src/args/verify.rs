//! `pinfold verify`, as people read it in `--help`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::Form;

const VERIFY_HELP: &str = "\
Examples:
  pinfold verify files-1.2.0.pinfold                      judge a release, with no network
  pinfold verify files-1.2.0.pinfold --name io.github.acme/files
  pinfold verify files-1.2.0.pinfold -- npx -y @acme/files
                                                          compare a live server with it
  pinfold verify files-1.2.0.pinfold --inspect            what is in the file, without judging it
  pinfold verify files-1.2.0.pinfold --refresh            renew its proofs from the log

Whom to believe stands in ~/.config/pinfold/trust.toml, or in the file that --policy names. `pinfold policy trust \
FILE` adds a publisher to it. But for --refresh no socket is opened.";

/// `pinfold verify`.
#[derive(Args, Debug)]
#[command(after_help = VERIFY_HELP)]
pub struct VerifyArgs {
    /// The bundle
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Believe the logs and claims of this trust file
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// The name in the registry that the release must have
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Say what is in the file without judging it
    #[arg(long, conflicts_with_all = ["refresh", "name", "policy", "command"])]
    pub inspect: bool,
    /// Renew the proofs from the log, if the renewed file verifies
    #[arg(long, conflicts_with = "command")]
    pub refresh: bool,
    /// With CMD: names of the variables that the server needs
    #[arg(long, value_name = "NAME", value_delimiter = ',', requires = "command")]
    pub env: Vec<String>,
    /// Start this server and compare what it says with the release
    #[arg(last = true, value_name = "CMD")]
    pub command: Vec<OsString>,
    /// How to answer.
    #[command(flatten)]
    pub form: Form,
}
