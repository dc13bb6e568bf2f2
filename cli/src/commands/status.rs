//! `status`: being written.

use crate::args::StatusArgs;
use crate::exit::Exit;
use crate::output::{Output, Problem};

/// Says that this build does not have the command.
pub fn run(_args: &StatusArgs, output: &mut Output<'_>) -> Exit {
    output.problem(&Problem::new(Exit::Undetermined, "NOT_BUILT", "this build cannot do that yet", ""));
    Exit::Undetermined
}
