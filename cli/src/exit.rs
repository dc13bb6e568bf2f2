//! Exit statuses: five meanings, the same for every command (`spec/command-line.md`).

use std::process::ExitCode;

/// What a command's end means to its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Done, and nothing is held.
    Done = 0,
    /// Something was refused, is held, or changed while it was shown.
    Refused = 1,
    /// The command line itself, or a policy file it named, says something that cannot be meant.
    Usage = 2,
    /// It could not be determined: input or output failed, or the store cannot be trusted.
    Undetermined = 3,
    /// A person has to decide, and there is none here: no terminal, or an agent's marker.
    Waits = 4,
}

impl Exit {
    /// The number that the process ends with.
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}
