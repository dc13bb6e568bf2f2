//! `run`: the gate around one server.

use crate::args::RunArgs;
use crate::exit::Exit;
use crate::output::{Output, Problem};

/// Stands in the gate's place until it is there: starts nothing.
pub fn run(_args: &RunArgs, output: &mut Output<'_>) -> Exit {
    output.problem(&Problem::new(
        Exit::Undetermined,
        "GATE_MISSING",
        "this build has no gate; nothing was started",
        "build the whole workspace",
    ));
    Exit::Undetermined
}
