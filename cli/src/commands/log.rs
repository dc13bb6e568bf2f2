//! `log`: questions to a transparency log, each answered with the proof checked and said (`spec/command-line.md`).

mod audit;
mod consistency;
mod entry;
mod evidence;
mod history;
mod info;
mod lookup;
mod problems;
mod show;
mod which;

use pinfold_core::checkpoint::Origin;
use pinfold_core::tlog_policy::TlogPolicy;
use pinfold_log_client::LogTiles;
use serde::Serialize;

use crate::args::{LogArgs, LogCommand};
use crate::exit::Exit;
use crate::output::{Output, Problem};

pub(crate) use entry::{EntryPart, evidence_words};
pub(crate) use history::{check_length, proven_history};
pub(crate) use lookup::look_up;
pub(crate) use problems::{certificate_hint, garbage, unreachable};

/// Runs the command.
pub fn run(args: &LogArgs) -> Exit {
    let output = |json| Output::of_process(json);
    match &args.command {
        LogCommand::Info(which) => info::run(which, &mut output(which.form.json)),
        LogCommand::Lookup { name, which } => lookup::run(name, which, &mut output(which.form.json)),
        LogCommand::History { name, which } => history::run(name, which, &mut output(which.form.json)),
        LogCommand::Show { index, which } => show::run(*index, which, &mut output(which.form.json)),
        LogCommand::Consistency { old, new, which } => {
            consistency::run(old, new, which, &mut output(which.form.json))
        }
        LogCommand::Audit(args) => audit::run(args, &mut output(args.form.json)),
    }
}

/// One thing that was checked, in words.
#[derive(Clone, Debug, Serialize)]
struct Checked {
    check: String,
}

/// What was checked so far; printed and put into the document.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
struct Checks(Vec<Checked>);

impl Checks {
    /// Says that something holds.
    fn hold(&mut self, check: impl Into<String>, output: &mut Output<'_>) {
        let check = check.into();
        output.line(format!("  checked  {check}"));
        self.0.push(Checked { check });
    }
}

/// A name of the registry from the command line.
pub(crate) fn parse_name(text: &str) -> Result<pinfold_core::registry_name::RegistryName, Problem> {
    text.parse().map_err(|error| {
        Problem::new(
            Exit::Usage,
            "REGISTRY_NAME_INVALID",
            format!("`{}` is no name of the registry: {error}", pinfold_core::text::visible(text)),
            "a name is written namespace/name, such as io.github.acme/files",
        )
    })
}

/// The problem of two heads of one size that a log signed, with the evidence kept.
pub(crate) fn kept_fork(origin: &Origin, policy: &TlogPolicy, notes: [&[u8]; 2]) -> Problem {
    evidence::forked(origin, policy, notes, None::<&pinfold_core::merkle::TileTree<LogTiles<'_>>>)
}
