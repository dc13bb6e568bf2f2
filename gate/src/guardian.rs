//! The guardian: a small process that owns the server's process tree.
//!
//! A gate can be killed at any moment, and then nobody is left to end what it started. So the gate starts our own
//! binary again as a guardian, and the guardian starts the server: it is a subreaper (whatever a server leaves behind
//! becomes its child), it holds one end of a socket whose other end the gate holds, and when that socket closes, for
//! whatever reason, it ends the whole tree: end of input, SIGTERM, a grace period, SIGKILL.
//!
//! The command comes over the inherited socket from the parent gate, never from arguments. Called by hand the guardian
//! starts nothing. See `spec/gate.md`, *Lifetime*.

mod keeper;
mod message;
mod process_tree;
mod starter;

use keeper::keep;
pub use message::{Command, ServerExit};
pub use process_tree::end_descendants;
pub(crate) use starter::next_event;
pub use starter::{GUARDIAN_VERB, Guarded, GuardianEvent, StartError, start};

use std::process::ExitCode;
use std::time::Duration;

/// The whole program of a guardian process: exit 0 when the tree has ended, 2 when there is no parent gate.
pub fn main() -> ExitCode {
    match keep() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            eprintln!("hint: use `pinfold run --as LABEL -- CMD…`");
            ExitCode::from(2)
        }
    }
}

/// How long a server may take to leave by itself after its input has ended.
pub const GRACE_AFTER_END_OF_INPUT: Duration = Duration::from_millis(1000);

/// How long a process tree has between SIGTERM and SIGKILL. Container clients need two seconds at least to take their
/// container along.
pub const GRACE_AFTER_TERM: Duration = Duration::from_millis(3000);
